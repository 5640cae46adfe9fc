import { ArgumentError, show } from '@fluxion/autograd';
import { LRScheduler, type Scheduled, type SchedulerState } from './scheduler.js';
import { checkMilestones } from './schedules.js';

export interface SequentialOptions {
  readonly schedulers: readonly LRScheduler[];
  /** The steps at which the next scheduler takes over. */
  readonly milestones: readonly number[];
}

/** Schedulers inside another. */
abstract class Composed extends LRScheduler {
  protected readonly schedulers: readonly LRScheduler[];

  constructor(optimizer: Scheduled, schedulers: readonly LRScheduler[]) {
    super(optimizer);
    if (!Array.isArray(schedulers) || schedulers.length === 0)
      throw new ArgumentError(`${this.name}: expected a list of schedulers, got ${show(schedulers)}.`);
    schedulers.forEach((s: LRScheduler, i) => {
      if (!(s instanceof LRScheduler) || s.optimizer !== optimizer)
        throw new ArgumentError(
          `${this.name}: scheduler ${i} is ${s instanceof LRScheduler ? 'of another optimizer' : show(s)}; expected schedulers of one optimizer.`,
        );
    });
    this.schedulers = [...schedulers];
  }

  protected override rates(): readonly number[] {
    return this.current();
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.schedulers.map(s => s.stateDict()) };
  }

  override problemsOf(saved: SchedulerState): string[] {
    const inner = saved?.schedulers;
    if (inner?.length !== this.schedulers.length)
      return [
        ...super.problemsOf(saved),
        `it has ${inner?.length ?? 'no'} schedulers, expected ${this.schedulers.length}`,
      ];
    const problems = this.schedulers.flatMap((s, i) =>
      s.problemsOf(inner[i]).map(problem => `scheduler ${i}: ${problem}`),
    );
    return [...super.problemsOf(saved), ...problems];
  }

  override load(saved: SchedulerState): void {
    super.load(saved);
    this.schedulers.forEach((s, i) => {
      s.load((saved.schedulers as readonly SchedulerState[])[i]);
    });
  }
}

/** One scheduler after the other; each starts anew from the rates of the beginning when its turn comes. */
export class SequentialLR extends Composed {
  private readonly milestones: readonly number[];

  constructor(optimizer: Scheduled, options: SequentialOptions) {
    super(optimizer, options?.schedulers);
    checkMilestones(this.name, this.schedulers.length, options.milestones);
    this.milestones = [...options.milestones];
    // Every scheduler took its first step when it was made; all but the first are undone, and that one begins again.
    for (const group of optimizer.groups) group.lr = group.initialLr;
    for (const s of this.schedulers) s.lastEpoch--;
    this.schedulers[0].first();
    this.lastEpoch = 0;
    this.baseLrs = optimizer.groups.map(g => g.initialLr as number);
    this.lastLr = this.schedulers[0].getLastLr();
  }

  override step(): void {
    this.lastEpoch++;
    const which = this.milestones.filter(m => m <= this.lastEpoch).length;
    const scheduler = this.schedulers[which];
    if (which > 0 && this.milestones[which - 1] === this.lastEpoch) scheduler.restart();
    else scheduler.step();
    this.lastLr = scheduler.getLastLr();
  }
}

/** Several schedulers that all work in every step: their factors multiply. */
export class ChainedScheduler extends Composed {
  constructor(schedulers: readonly LRScheduler[]) {
    super(schedulers?.[0]?.optimizer, schedulers);
    this.lastEpoch = 0;
    this.baseLrs = this.optimizer.groups.map((g, i) => g.initialLr ?? this.current()[i]);
    this.lastLr = this.current();
  }

  override step(): void {
    this.lastEpoch++;
    for (const s of this.schedulers) s.step();
    this.lastLr = this.current();
  }
}
