import { LRScheduler, type Scheduled, type SchedulerOptions } from './scheduler.js';
import {
  type ConstantOptions,
  type CosineOptions,
  checks,
  constantLR,
  cosineAnnealingLR,
  type ExponentialOptions,
  exponentialLR,
  type LinearOptions,
  linearLR,
  type MultiStepOptions,
  multiStepLR,
  type PolynomialOptions,
  polynomialLR,
  type Schedule,
  type StepOptions,
  stepLR,
} from './schedules.js';

/** A scheduler that makes the next rate from the one it finds, as PyTorch does, and has a closed form to start anew from. */
abstract class Chainable<O extends object> extends LRScheduler {
  protected readonly options: O;
  private readonly formula: (lr: number, options: O) => Schedule;

  constructor(
    optimizer: Scheduled,
    options: O & SchedulerOptions,
    check: (options: O) => void,
    formula: (lr: number, options: O) => Schedule,
  ) {
    super(optimizer, options);
    check(options);
    this.options = options;
    this.formula = formula;
    this.begin();
  }

  /** The rate in step `step`, from 1 on, after the one before it. */
  protected abstract next(lr: number, step: number, base: number): number;
  /** The rate in step 0. */
  protected start(lr: number): number {
    return lr;
  }

  protected override rates(): readonly number[] {
    const step = this.lastEpoch;
    return this.current().map((lr, i) =>
      step === 0 ? this.start(lr) : this.next(lr, step, this.baseLrs[i] ?? lr),
    );
  }

  protected override closed(): readonly number[] {
    return this.baseLrs.map(base => this.formula(base, this.options)(this.lastEpoch));
  }
}

/** Multiplies the rate by gamma every `stepSize` steps. */
export class StepLR extends Chainable<StepOptions> {
  constructor(optimizer: Scheduled, options: StepOptions & SchedulerOptions) {
    super(optimizer, options, checks.step, stepLR);
  }

  protected override next(lr: number, step: number): number {
    return step % this.options.stepSize === 0 ? lr * (this.options.gamma ?? 0.1) : lr;
  }
}

/** Multiplies the rate by gamma at every milestone. */
export class MultiStepLR extends Chainable<MultiStepOptions> {
  constructor(optimizer: Scheduled, options: MultiStepOptions & SchedulerOptions) {
    super(optimizer, options, checks.multiStep, multiStepLR);
  }

  protected override next(lr: number, step: number): number {
    const { milestones, gamma = 0.1 } = this.options;
    const times = milestones.filter(m => m === step).length;
    return times === 0 ? lr : lr * gamma ** times;
  }
}

/** Multiplies the rate by gamma in every step. */
export class ExponentialLR extends Chainable<ExponentialOptions> {
  constructor(optimizer: Scheduled, options: ExponentialOptions & SchedulerOptions) {
    super(optimizer, options, checks.exponential, exponentialLR);
  }

  protected override next(lr: number): number {
    return lr * this.options.gamma;
  }
}

/** Multiplies the rate by a factor for the first steps. */
export class ConstantLR extends Chainable<ConstantOptions> {
  constructor(optimizer: Scheduled, options: ConstantOptions & SchedulerOptions = {}) {
    super(optimizer, options, checks.constant, constantLR);
  }

  protected override start(lr: number): number {
    return lr * (this.options.factor ?? 1 / 3);
  }

  protected override next(lr: number, step: number): number {
    const { factor = 1 / 3, totalIters = 5 } = this.options;
    return step === totalIters ? lr * (1 / factor) : lr;
  }
}

/** Moves the rate from one factor of it to another in equal steps. */
export class LinearLR extends Chainable<LinearOptions> {
  constructor(optimizer: Scheduled, options: LinearOptions & SchedulerOptions = {}) {
    super(optimizer, options, checks.linear, linearLR);
  }

  protected override start(lr: number): number {
    return lr * (this.options.startFactor ?? 1 / 3);
  }

  protected override next(lr: number, step: number): number {
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = this.options;
    if (step > totalIters) return lr;
    const rise = endFactor - startFactor;
    return lr * (1 + rise / (totalIters * startFactor + (step - 1) * rise));
  }
}

/** Lowers the rate to 0 like a power of what is left of the steps. */
export class PolynomialLR extends Chainable<PolynomialOptions> {
  constructor(optimizer: Scheduled, options: PolynomialOptions & SchedulerOptions = {}) {
    super(optimizer, options, checks.polynomial, polynomialLR);
  }

  protected override next(lr: number, step: number): number {
    const { totalIters = 5, power = 1 } = this.options;
    if (step > totalIters) return lr;
    return lr * ((1 - step / totalIters) / (1 - (step - 1) / totalIters)) ** power;
  }
}

/** Moves the rate down and up along a cosine (Loshchilov and Hutter 2017, without restarts). */
export class CosineAnnealingLR extends Chainable<CosineOptions> {
  constructor(optimizer: Scheduled, options: CosineOptions & SchedulerOptions) {
    super(optimizer, options, checks.cosine, cosineAnnealingLR);
  }

  protected override next(lr: number, step: number, base: number): number {
    const { tMax, etaMin = 0 } = this.options;
    if (this.beginning) return cosineAnnealingLR(base, this.options)(step);
    // At the bottom the ratio below is 0 over 0: from there it goes up by what the first step down was.
    if ((step - 1 - tMax) % (2 * tMax) === 0)
      return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    const height = (t: number): number => 1 + Math.cos((Math.PI * t) / tMax);
    return (height(step) / height(step - 1)) * (lr - etaMin) + etaMin;
  }
}
