import { ArgumentError, show } from '@fluxion/autograd';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import { checks, cosineAnnealingWarmRestarts, type Schedule, type WarmRestartsOptions } from './schedules.js';

export interface LambdaOptions {
  /** A function of the step, or one for each group. */
  readonly lrLambda: PerGroup<Schedule>;
}

/** With a function of the step for each group. */
abstract class ByFunctions extends LRScheduler {
  protected readonly factors: readonly Schedule[];

  constructor(optimizer: Scheduled, options: LambdaOptions & SchedulerOptions) {
    super(optimizer, options);
    this.factors = perGroup(this.name, 'lrLambda', options?.lrLambda, optimizer.groups.length);
    for (const fn of this.factors)
      if (typeof fn !== 'function')
        throw new ArgumentError(`${this.name}: lrLambda is ${show(fn)}; expected a function of the step.`);
    this.begin();
  }
}

/** The rate of the beginning times a function of the step. */
export class LambdaLR extends ByFunctions {
  protected override rates(): readonly number[] {
    return this.baseLrs.map((lr, i) => lr * this.factors[i](this.lastEpoch));
  }
}

/** Multiplies the rate by a function of the step, in every step. */
export class MultiplicativeLR extends ByFunctions {
  protected override rates(): readonly number[] {
    const { lastEpoch } = this;
    return this.current().map((lr, i) => (lastEpoch > 0 ? lr * (this.factors[i]?.(lastEpoch) ?? 1) : lr));
  }
}

/** Down along a cosine, then back at once and down again (Loshchilov and Hutter 2017). */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  private readonly options: WarmRestartsOptions;

  constructor(optimizer: Scheduled, options: WarmRestartsOptions & SchedulerOptions) {
    super(optimizer, options);
    checks.warmRestarts(options);
    this.options = options;
    this.begin();
  }

  protected override rates(): readonly number[] {
    return this.baseLrs.map(lr => cosineAnnealingWarmRestarts(lr, this.options)(this.lastEpoch));
  }
}
