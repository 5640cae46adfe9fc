import { ArgumentError, show } from '@fluxion/autograd';
import { checkNumber, count, notNegative } from '../check.js';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import type { Schedule } from './schedules.js';

export interface SwaShape {
  /** Steps until the rate is reached. Default 10. */
  readonly annealEpochs?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
}

export interface SwaLROptions extends SwaShape {
  /** The rate for the time of averaging. */
  readonly swaLr: PerGroup<number>;
}

/** How far the annealing has come, from 0 to 1. */
function progressOf(op: string, options: SwaShape): Schedule {
  const { annealEpochs = 10, annealStrategy = 'cos' } = options;
  checkNumber(op, 'annealEpochs', annealEpochs, count);
  if (annealStrategy !== 'cos' && annealStrategy !== 'linear')
    throw new ArgumentError(`${op}: annealStrategy is ${show(annealStrategy)}; expected 'cos' or 'linear'.`);
  return step => {
    const part = Math.max(0, Math.min(1, step / Math.max(1, annealEpochs)));
    return annealStrategy === 'cos' ? (1 - Math.cos(Math.PI * part)) / 2 : part;
  };
}

/** From lr to swaLr, and then no further (Izmailov et al. 2018). */
export function swaLR(lr: number, swaLr: number, options: SwaShape = {}): Schedule {
  const progress = progressOf('swaLR', options);
  const at = (step: number): number => (options.annealEpochs === 0 ? Math.max(1, step) : step);
  return step => {
    const alpha = progress(at(step));
    return swaLr * alpha + lr * (1 - alpha);
  };
}

/** Moves the rate, from wherever it is, to one that is right for averaging weights (Izmailov et al. 2018). */
export class SWALR extends LRScheduler {
  private readonly targets: readonly number[];
  private readonly progress: Schedule;
  private readonly atOnce: boolean;

  constructor(optimizer: Scheduled, options: SwaLROptions & SchedulerOptions) {
    super(optimizer, options);
    this.targets = perGroup(this.name, 'swaLr', options?.swaLr, optimizer.groups.length);
    for (const target of this.targets) checkNumber(this.name, 'swaLr', target, notNegative);
    this.progress = progressOf(this.name, options);
    this.atOnce = options.annealEpochs === 0;
    this.begin();
  }

  protected override rates(): readonly number[] {
    const step = this.atOnce ? Math.max(1, this.lastEpoch) : this.lastEpoch;
    const before = this.progress(step - 1);
    const alpha = this.progress(step);
    return this.current().map((lr, i) => {
      const target = this.targets[i] ?? lr;
      // The rate that the annealing started from, by what is left of it.
      const start = before === 1 ? target : (lr - before * target) / (1 - before);
      return target * alpha + start * (1 - alpha);
    });
  }
}
