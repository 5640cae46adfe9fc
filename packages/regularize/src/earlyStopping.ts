import { ArgumentError, DataError, show } from '@fluxion/autograd';
import { checkNumber } from './check.js';

export interface EarlyStoppingOptions {
  /** After how many steps in a row without improvement to stop, a whole number from 1. Default 10. */
  readonly patience?: number;
  /** By how much a metric must be better than the best to count as an improvement, from 0. Default 0. */
  readonly minDelta?: number;
  /** Whether small or large metrics are good. Default 'min'. */
  readonly mode?: 'min' | 'max';
}

/** Structured-cloneable. */
export interface EarlyStoppingState<S> {
  readonly best: number;
  readonly bestStep: number;
  readonly step: number;
  readonly kept: S | null;
}

/**
 * Ends training when a validation metric no longer improves, and keeps what was best:
 *
 * ```ts
 * const stopping = new EarlyStopping({ patience: 5 });
 * for (…) {
 *   if (stopping.step(validate(net), () => net.stateDict())) break;
 * }
 * if (stopping.kept !== null) net.loadStateDict(stopping.kept);
 * ```
 *
 * NaN is no improvement, so that a run that diverges stops.
 */
export class EarlyStopping<S = never> {
  readonly patience: number;
  readonly minDelta: number;
  readonly mode: 'min' | 'max';
  /** The best metric; the worst possible one before the first step. */
  best: number;
  /** The step, counted from 1, that had the best metric; 0 before. */
  bestStep = 0;
  /** How many metrics were given. */
  steps = 0;
  /** What was handed over with the best metric. */
  kept: S | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 10, minDelta = 0, mode = 'min' } = options;
    if (!Number.isInteger(patience) || patience < 1)
      throw new ArgumentError(
        `EarlyStopping: patience is ${show(patience)}; expected a whole number from 1.`,
      );
    checkNumber('EarlyStopping', 'minDelta', minDelta, 0, Number.POSITIVE_INFINITY);
    if (mode !== 'min' && mode !== 'max')
      throw new ArgumentError(`EarlyStopping: mode is ${show(mode)}; expected 'min' or 'max'.`);
    this.patience = patience;
    this.minDelta = minDelta;
    this.mode = mode;
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** Whether the last `patience` steps brought no improvement. */
  get stopped(): boolean {
    return this.steps - this.bestStep >= this.patience;
  }

  /**
   * Takes note of a metric.
   *
   * @param keep called when it is the best so far, for what to keep of it
   * @returns whether to stop
   */
  step(metric: number, keep?: () => S): boolean {
    if (typeof metric !== 'number')
      throw new ArgumentError(
        `EarlyStopping: expected a number as metric, got ${show(metric)}: loss.item().`,
      );
    this.steps++;
    const gain = this.mode === 'min' ? this.best - metric : metric - this.best;
    if (gain > this.minDelta) {
      this.best = metric;
      this.bestStep = this.steps;
      if (keep !== undefined) this.kept = keep();
    }
    return this.stopped;
  }

  stateDict(): EarlyStoppingState<S> {
    return { best: this.best, bestStep: this.bestStep, step: this.steps, kept: this.kept };
  }

  /** Goes on where a state was taken. */
  loadStateDict(state: EarlyStoppingState<S>): void {
    const whole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
    if (
      typeof state !== 'object' ||
      state === null ||
      typeof state.best !== 'number' ||
      !whole(state.step) ||
      !whole(state.bestStep)
    )
      throw new DataError(
        `EarlyStopping: expected a state { best, bestStep, step, kept } as stateDict() gives it, got ${show(state)}.`,
      );
    this.best = state.best;
    this.bestStep = state.bestStep;
    this.steps = state.step;
    this.kept = state.kept;
  }
}
