import { ArgumentError, show } from '@fluxion/autograd';
import { LRScheduler, type PerGroup, perGroup, type Scheduled, type SchedulerOptions } from './scheduler.js';
import { checks, cosineAnnealingWarmRestarts, type Schedule, type WarmRestartsOptions } from './schedules.js';

export interface LambdaOptions {
  /** A function of the step, or one for each group. */
  readonly lrLambda: PerGroup<Schedule>;
}

/** The rate of the beginning times a function of the step. */
export class LambdaLR extends LRScheduler {
  private readonly factors: readonly Schedule[];

  constructor(optimizer: Scheduled, options: LambdaOptions & SchedulerOptions) {
    super(optimizer, options);
    this.factors = functionsOf(this, options?.lrLambda);
    this.begin();
  }

  protected override rates(): readonly number[] {
    return this.baseLrs.map((lr, i) => lr * this.factors[i](this.lastEpoch));
  }
}

/** Multiplies the rate by a function of the step, in every step. */
export class MultiplicativeLR extends LRScheduler {
  private readonly factors: readonly Schedule[];

  constructor(optimizer: Scheduled, options: LambdaOptions & SchedulerOptions) {
    super(optimizer, options);
    this.factors = functionsOf(this, options?.lrLambda);
    this.begin();
  }

  protected override rates(): readonly number[] {
    const { lastEpoch } = this;
    return this.current().map((lr, i) => (lastEpoch > 0 ? lr * (this.factors[i]?.(lastEpoch) ?? 1) : lr));
  }
}

function functionsOf(scheduler: LRScheduler, given: PerGroup<Schedule>): readonly Schedule[] {
  const list = perGroup(scheduler.name, 'lrLambda', given, scheduler.optimizer.groups.length);
  for (const fn of list)
    if (typeof fn !== 'function')
      throw new ArgumentError(`${scheduler.name}: lrLambda is ${show(fn)}; expected a function of the step.`);
  return list;
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
