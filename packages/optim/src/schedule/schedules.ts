import { ArgumentError, show } from '@fluxion/autograd';
import { atLeast1, checkNumber, count, finite, fraction, notNegative, type Range } from '../check.js';

/** The learning rate (or a factor of it) in step `step`, counted from 0. */
export type Schedule = (step: number) => number;

// The schedules of PyTorch as functions, in closed form. The classes of the same names do the same to an optimizer.

export interface StepOptions {
  /** Steps between two decays. */
  readonly stepSize: number;
  /** Default 0.1. */
  readonly gamma?: number;
}

export interface MultiStepOptions {
  /** The steps at which the rate decays; one that is there twice counts twice. */
  readonly milestones: readonly number[];
  /** Default 0.1. */
  readonly gamma?: number;
}

export interface ExponentialOptions {
  readonly gamma: number;
}

export interface ConstantOptions {
  /** Of the rate until `totalIters`. Default 1/3. */
  readonly factor?: number;
  /** Default 5. */
  readonly totalIters?: number;
}

export interface LinearOptions {
  /** Default 1/3. */
  readonly startFactor?: number;
  /** Default 1. */
  readonly endFactor?: number;
  /** Steps from one to the other. Default 5. */
  readonly totalIters?: number;
}

export interface PolynomialOptions {
  /** Steps down to 0. Default 5. */
  readonly totalIters?: number;
  /** Default 1. */
  readonly power?: number;
}

export interface CosineOptions {
  /** Steps from the top to the bottom. */
  readonly tMax: number;
  /** The bottom. Default 0. */
  readonly etaMin?: number;
}

export interface WarmRestartsOptions {
  /** Length of the first period. */
  readonly t0: number;
  /** Each period is so many times as long as the one before. Default 1. */
  readonly tMult?: number;
  /** Default 0. */
  readonly etaMin?: number;
}

export interface WarmupOptions {
  /** Length of the warmup. */
  readonly steps: number;
  /** Where it starts, as a factor. Default 0. */
  readonly startFactor?: number;
}

/** Checks options by name; undefined ones are left to their defaults. */
export function checkAll(op: string, options: object, ranges: Readonly<Record<string, Range>>): void {
  for (const [name, range] of Object.entries(ranges)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) checkNumber(op, name, value, range);
  }
}

/** Checks options that must be there. */
export function checkRequired(op: string, options: object, ranges: Readonly<Record<string, Range>>): void {
  for (const [name, range] of Object.entries(ranges))
    checkNumber(op, name, (options as Record<string, unknown> | undefined)?.[name], range);
}

export const checks = {
  step: (o: StepOptions): void => {
    checkRequired('stepLR', o, { stepSize: atLeast1 });
    checkAll('stepLR', o, { gamma: finite });
  },
  multiStep: (o: MultiStepOptions): void => {
    if (!Array.isArray(o?.milestones))
      throw new ArgumentError(`multiStepLR: milestones is ${show(o?.milestones)}; expected a list of steps.`);
    checkAll('multiStepLR', o, { gamma: finite });
    o.milestones.forEach((m: number, i: number) => {
      checkNumber('multiStepLR', `milestones[${i}]`, m, count);
    });
  },
  exponential: (o: ExponentialOptions): void => checkRequired('exponentialLR', o, { gamma: finite }),
  constant: (o: ConstantOptions): void => checkAll('constantLR', o, { factor: fraction, totalIters: count }),
  linear: (o: LinearOptions): void =>
    checkAll('linearLR', o, { startFactor: fraction, endFactor: fraction, totalIters: atLeast1 }),
  polynomial: (o: PolynomialOptions): void =>
    checkAll('polynomialLR', o, { totalIters: atLeast1, power: finite }),
  cosine: (o: CosineOptions): void => {
    checkRequired('cosineAnnealingLR', o, { tMax: atLeast1 });
    checkAll('cosineAnnealingLR', o, { etaMin: finite });
  },
  warmRestarts: (o: WarmRestartsOptions): void => {
    checkRequired('cosineAnnealingWarmRestarts', o, { t0: atLeast1 });
    checkAll('cosineAnnealingWarmRestarts', o, { tMult: atLeast1, etaMin: finite });
  },
} as const;

/** lr times gamma to the number of whole periods. */
export function stepLR(lr: number, options: StepOptions): Schedule {
  checks.step(options);
  const { stepSize, gamma = 0.1 } = options;
  return step => lr * gamma ** Math.floor(step / stepSize);
}

/** lr times gamma to the number of milestones reached. */
export function multiStepLR(lr: number, options: MultiStepOptions): Schedule {
  checks.multiStep(options);
  const { milestones, gamma = 0.1 } = options;
  return step => lr * gamma ** milestones.filter(m => m <= step).length;
}

/** lr times gamma to the step. */
export function exponentialLR(lr: number, options: ExponentialOptions): Schedule {
  checks.exponential(options);
  return step => lr * options.gamma ** step;
}

/** A factor of lr at first, then lr. */
export function constantLR(lr: number, options: ConstantOptions = {}): Schedule {
  checks.constant(options);
  const { factor = 1 / 3, totalIters = 5 } = options;
  return step => (step >= totalIters ? lr : lr * factor);
}

/** From one factor of lr to another in equal steps. */
export function linearLR(lr: number, options: LinearOptions = {}): Schedule {
  checks.linear(options);
  const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
  return step => lr * (startFactor + ((endFactor - startFactor) * Math.min(totalIters, step)) / totalIters);
}

/** lr times a power of what is left of the steps. */
export function polynomialLR(lr: number, options: PolynomialOptions = {}): Schedule {
  checks.polynomial(options);
  const { totalIters = 5, power = 1 } = options;
  return step => lr * (1 - Math.min(totalIters, step) / totalIters) ** power;
}

/** Down and up along a cosine (Loshchilov and Hutter 2017, without restarts). */
export function cosineAnnealingLR(lr: number, options: CosineOptions): Schedule {
  checks.cosine(options);
  const { tMax, etaMin = 0 } = options;
  return step => etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * step) / tMax))) / 2;
}

/** Down along a cosine, then back to lr at once, and down again (Loshchilov and Hutter 2017). */
export function cosineAnnealingWarmRestarts(lr: number, options: WarmRestartsOptions): Schedule {
  checks.warmRestarts(options);
  const { t0, tMult = 1, etaMin = 0 } = options;
  return step => {
    let period = t0;
    let at = step;
    if (tMult === 1) at %= t0;
    else
      while (at >= period) {
        at -= period;
        period *= tMult;
      }
    return etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * at) / period))) / 2;
  };
}

/** lr times a function of the step. */
export function lambdaLR(lr: number, lrLambda: Schedule): Schedule {
  return step => lr * lrLambda(step);
}

/** lr times the product of what a function gives for the steps from 1 on. */
export function multiplicativeLR(lr: number, lrLambda: Schedule): Schedule {
  return step => {
    let rate = lr;
    for (let t = 1; t <= step; t++) rate *= lrLambda(t);
    return rate;
  };
}

/** One schedule after the other; each counts its own steps, from the milestone where it begins. */
export function sequentialLR(schedules: readonly Schedule[], milestones: readonly number[]): Schedule {
  checkMilestones('sequentialLR', schedules.length, milestones);
  return step => {
    const which = milestones.filter(m => m <= step).length;
    return schedules[which](which === 0 ? step : step - milestones[which - 1]);
  };
}

/** lr times the product of several schedules of factors: `chainedLR(0.1, constantLR(1), exponentialLR(1, { gamma: 0.9 }))`. */
export function chainedLR(lr: number, ...factors: readonly Schedule[]): Schedule {
  return step => factors.reduce((rate, factor) => rate * factor(step), lr);
}

/**
 * A schedule with a warmup before it: for some steps a straight line from startFactor times its first value up to that, then the schedule from its beginning. For a
 * schedule of rates, or of factors: `new LambdaLR(optimizer, { lrLambda: warmup(cosineAnnealingLR(1, { tMax: 90 }), { steps: 10 }) })`.
 */
export function warmup(schedule: Schedule, options: WarmupOptions): Schedule {
  checkRequired('warmup', options, { steps: count });
  checkAll('warmup', options, { startFactor: notNegative });
  const { steps, startFactor = 0 } = options;
  return step => {
    if (step >= steps) return schedule(step - steps);
    return schedule(0) * (startFactor + ((1 - startFactor) * step) / steps);
  };
}

export function checkMilestones(op: string, schedules: number, milestones: readonly number[]): void {
  if (milestones.length !== schedules - 1)
    throw new ArgumentError(
      `${op}: got ${milestones.length} milestones for ${schedules} schedules; expected one less than schedules.`,
    );
  milestones.forEach((m, i) => {
    checkNumber(op, `milestones[${i}]`, m, count);
    if (i > 0 && m <= milestones[i - 1])
      throw new ArgumentError(`${op}: milestones are ${show(milestones)}; expected rising ones.`);
  });
}
