import { ArgumentError, ShapeError, show } from '@fluxion/autograd';
import type { AnyGroup } from '../base.js';

/** What a schedule drives: an optimizer, or anything else with groups. */
export interface Scheduled {
  readonly name: string;
  readonly groups: readonly AnyGroup[];
}

export interface SchedulerOptions {
  /** The last epoch of a run that is gone on with; -1 (default) starts anew from the rates of the groups. */
  readonly lastEpoch?: number;
}

/** A copy of a scheduler's state: plain numbers. */
export interface SchedulerState {
  readonly scheduler: string;
  readonly lastEpoch: number;
  readonly baseLrs: readonly number[];
  readonly lastLr: readonly number[];
  /** Of the schedulers inside. */
  readonly schedulers?: readonly SchedulerState[];
}

/** The rate of a group as a number. */
export function rateOf(op: string, group: AnyGroup, index: number): number {
  if (typeof group.lr !== 'number')
    throw new ArgumentError(
      `${op}: lr of group ${index} is ${show(group.lr)}; a scheduler needs a number. Schedule a tensor by a pure schedule: sgd({ lr: rate.mul(schedule(step)) }).`,
    );
  return group.lr;
}

/** A value for all groups, or a list with one for each. */
export type PerGroup<T> = T | readonly T[];

export function perGroup<T>(op: string, name: string, value: PerGroup<T>, groups: number): readonly T[] {
  if (!Array.isArray(value)) return new Array<T>(groups).fill(value as T);
  if (value.length !== groups)
    throw new ArgumentError(
      `${op}: got ${value.length} values of ${name} for ${groups} groups; expected one for each.`,
    );
  return value as readonly T[];
}

/**
 * Sets the learning rates of an optimizer, step by step. As in PyTorch most schedulers change the rate that they find, so that several can work on one
 * optimizer, and anybody else too.
 */
export abstract class LRScheduler {
  readonly name: string;
  readonly optimizer: Scheduled;
  lastEpoch: number;
  /** The rates that the schedule started from, by group. */
  protected baseLrs: readonly number[] = [];
  protected lastLr: readonly number[] = [];
  /** Whether this is the first step, which the constructor takes. */
  protected beginning = true;

  constructor(optimizer: Scheduled, { lastEpoch = -1 }: SchedulerOptions = {}) {
    this.name = new.target.name;
    this.optimizer = optimizer;
    if (!Array.isArray(optimizer?.groups))
      throw new ArgumentError(`${this.name}: expected an optimizer, got ${show(optimizer)}.`);
    if (!Number.isInteger(lastEpoch) || lastEpoch < -1)
      throw new ArgumentError(
        `${this.name}: lastEpoch is ${show(lastEpoch)}; expected a whole number from -1.`,
      );
    this.lastEpoch = lastEpoch;
  }

  /** For the end of a constructor: notes where the rates start, and takes the first step. */
  protected begin(): void {
    this.optimizer.groups.forEach((group, i) => {
      const rate = rateOf(this.name, group, i);
      if (this.lastEpoch === -1) group.initialLr ??= rate;
      else if (group.initialLr === undefined)
        throw new ArgumentError(
          `${this.name}: lastEpoch is ${this.lastEpoch}, but group ${i} has no initialLr. Load the state of the optimizer first, or start anew.`,
        );
    });
    this.baseLrs = this.optimizer.groups.map(g => g.initialLr as number);
    this.first();
  }

  /** The first step, also when another scheduler hands over. */
  first(): void {
    this.beginning = true;
    this.step();
    this.beginning = false;
  }

  /** Goes on by one step. Call it after the optimizer's step. */
  step(): void {
    this.moveTo(this.lastEpoch + 1, () => this.rates());
  }

  /** Starts anew at epoch 0 from the rates of the beginning: what `SequentialLR` does at a milestone. */
  restart(): void {
    this.moveTo(0, () => this.closed() ?? this.rates());
  }

  /** Sets the rates of an epoch; when there are none, it has not moved. */
  private moveTo(epoch: number, rates: () => readonly number[]): void {
    const before = this.lastEpoch;
    this.lastEpoch = epoch;
    try {
      this.set(rates());
    } catch (error) {
      this.lastEpoch = before;
      throw error;
    }
  }

  /** The rates of the groups for `lastEpoch`. */
  protected abstract rates(): readonly number[];

  /** The rates for `lastEpoch` from those of the beginning, where there is a formula for them. */
  protected closed(): readonly number[] | null {
    return null;
  }

  protected set(rates: readonly number[]): void {
    this.optimizer.groups.forEach((group, i) => {
      if (i >= rates.length) return;
      // Where the rate should be 0, rounding may leave it a little below, and no optimizer takes that.
      group.lr = rates[i] < 0 && rates[i] > -1e-12 * (this.baseLrs[i] ?? 0) ? 0 : rates[i];
    });
    this.lastLr = this.optimizer.groups.map((group, i) => rateOf(this.name, group, i));
  }

  /** The rates as they are now. */
  protected current(): number[] {
    return this.optimizer.groups.map((group, i) => rateOf(this.name, group, i));
  }

  /** The rates that the last step set. */
  getLastLr(): readonly number[] {
    return this.lastLr;
  }

  /** Options and functions are not part of it; the rates themselves are in the state of the optimizer. */
  stateDict(): SchedulerState {
    const { name, lastEpoch, baseLrs, lastLr } = this;
    return { scheduler: name, lastEpoch, baseLrs: [...baseLrs], lastLr: [...lastLr] };
  }

  /** Goes on from a copy made by `stateDict`; load the state of the optimizer too. Nothing changes when it does not fit. */
  loadStateDict(saved: SchedulerState): void {
    const problems = this.problemsOf(saved);
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.load(saved);
  }

  /** In what a saved state does not fit. */
  problemsOf(saved: SchedulerState): string[] {
    if (typeof saved !== 'object' || saved === null)
      return [`expected what stateDict() gives, got ${show(saved)}`];
    const problems: string[] = [];
    const { groups } = this.optimizer;
    if (saved.scheduler !== this.name)
      problems.push(`it is of ${show(saved.scheduler)}, expected one of ${this.name}`);
    if (!Number.isInteger(saved.lastEpoch)) problems.push(`lastEpoch is ${show(saved.lastEpoch)}`);
    for (const name of ['baseLrs', 'lastLr'] as const)
      if (!Array.isArray(saved[name]) || saved[name].length !== groups.length)
        problems.push(`${name} is ${show(saved[name])}, expected ${groups.length} numbers`);
    return problems;
  }

  load(saved: SchedulerState): void {
    this.lastEpoch = saved.lastEpoch;
    this.baseLrs = [...saved.baseLrs];
    this.lastLr = [...saved.lastLr];
  }
}
