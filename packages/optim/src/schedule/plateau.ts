import { ArgumentError, ShapeError, show, Tensor } from '@fluxion/autograd';
import { checkNumber, count, finite, notNegative } from '../check.js';
import { type PerGroup, perGroup, rateOf, type Scheduled } from './scheduler.js';
import { checkAll } from './schedules.js';

export interface PlateauOptions {
  /** Whether less or more is better. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** Default 0.1. */
  readonly factor?: number;
  /** So many steps without an improvement are borne. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  readonly threshold?: number;
  /** Whether that is a part of the best so far, or a difference. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Steps after a reduction in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** Default 0. */
  readonly minLr?: PerGroup<number>;
  /** Smaller reductions are left out. Default 1e-8. */
  readonly eps?: number;
}

export interface PlateauState {
  readonly scheduler: string;
  readonly lastEpoch: number;
  readonly best: number;
  readonly numBadEpochs: number;
  readonly cooldownCounter: number;
  readonly lastLr: readonly number[];
}

/** Multiplies the rates by a factor when a measure, given at every step, has stopped improving. */
export class ReduceLROnPlateau {
  readonly name = 'ReduceLROnPlateau';
  readonly optimizer: Scheduled;
  lastEpoch = 0;
  best: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  private readonly options: Required<Omit<PlateauOptions, 'minLr'>>;
  private readonly minLrs: readonly number[];
  private lastLr: readonly number[];

  constructor(optimizer: Scheduled, options: PlateauOptions = {}) {
    const all = {
      mode: 'min' as const,
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel' as const,
      cooldown: 0,
      eps: 1e-8,
      ...options,
    };
    checkNumber(this.name, 'factor', all.factor, {
      ok: v => v >= 0 && v < 1,
      expected: 'a number in [0, 1)',
    });
    checkAll(this.name, all, { patience: count, threshold: finite, cooldown: count, eps: notNegative });
    if (all.mode !== 'min' && all.mode !== 'max')
      throw new ArgumentError(`${this.name}: mode is ${show(all.mode)}; expected 'min' or 'max'.`);
    if (all.thresholdMode !== 'rel' && all.thresholdMode !== 'abs')
      throw new ArgumentError(
        `${this.name}: thresholdMode is ${show(all.thresholdMode)}; expected 'rel' or 'abs'.`,
      );
    if (!Array.isArray(optimizer?.groups))
      throw new ArgumentError(`${this.name}: expected an optimizer, got ${show(optimizer)}.`);
    this.optimizer = optimizer;
    this.options = all;
    this.minLrs = perGroup(this.name, 'minLr', options.minLr ?? 0, optimizer.groups.length);
    for (const min of this.minLrs) checkNumber(this.name, 'minLr', min, notNegative);
    this.best = all.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.lastLr = optimizer.groups.map((g, i) => rateOf(this.name, g, i));
  }

  /** One step with the measure of it: a number, or a tensor with one element. */
  step(metric: number | Tensor): void {
    const current = metric instanceof Tensor ? metric.item() : metric;
    if (typeof current !== 'number')
      throw new ArgumentError(
        `${this.name}: expected the measure of this step, a number, got ${show(metric)}.`,
      );
    this.lastEpoch++;
    if (this.isBetter(current)) {
      this.best = current;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.options.patience) {
      this.reduce();
      this.cooldownCounter = this.options.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.optimizer.groups.map((g, i) => rateOf(this.name, g, i));
  }

  private isBetter(current: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? current < bar : current > bar;
  }

  private reduce(): void {
    this.optimizer.groups.forEach((group, i) => {
      const old = rateOf(this.name, group, i);
      const next = Math.max(old * this.options.factor, this.minLrs[i] ?? 0);
      if (old - next > this.options.eps) group.lr = next;
    });
  }

  getLastLr(): readonly number[] {
    return this.lastLr;
  }

  stateDict(): PlateauState {
    const { name, lastEpoch, best, numBadEpochs, cooldownCounter, lastLr } = this;
    return { scheduler: name, lastEpoch, best, numBadEpochs, cooldownCounter, lastLr: [...lastLr] };
  }

  /** Goes on from a copy made by `stateDict`; load the state of the optimizer too. Nothing changes when it does not fit. */
  loadStateDict(saved: PlateauState): void {
    const problems: string[] = [];
    if (saved?.scheduler !== this.name)
      problems.push(`it is of ${show(saved?.scheduler)}, expected one of ${this.name}`);
    for (const key of ['lastEpoch', 'best', 'numBadEpochs', 'cooldownCounter'] as const)
      if (typeof saved?.[key] !== 'number')
        problems.push(`${key} is ${show(saved?.[key])}, expected a number`);
    if (saved?.lastLr?.length !== this.optimizer.groups.length)
      problems.push(`lastLr is ${show(saved?.lastLr)}, expected ${this.optimizer.groups.length} numbers`);
    if (problems.length > 0)
      throw new ShapeError(`${this.name}.loadStateDict: the state does not fit: ${problems.join('; ')}.`);
    this.lastEpoch = saved.lastEpoch;
    this.best = saved.best;
    this.numBadEpochs = saved.numBadEpochs;
    this.cooldownCounter = saved.cooldownCounter;
    this.lastLr = [...saved.lastLr];
  }
}
