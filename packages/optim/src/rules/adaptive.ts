import type { ParamGroups } from '../base.js';
import { checksOf, fraction, notNegative } from '../check.js';
import { type Hyper, isOn } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain } from '../transform.js';
import { scaleByLearningRate, trace } from '../transforms/basic.js';
import { scaleByAdadelta, scaleByAdagrad, scaleByRms } from '../transforms/squares.js';
import { type FrontOptions, front } from './front.js';

export interface AdagradOptions extends FrontOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: Hyper;
  /** The rate of step t is lr / (1 + (t - 1) * lrDecay). Default 0. */
  readonly lrDecay?: Hyper;
  /** Where the sum of squares starts. Default 0. */
  readonly initialAccumulatorValue?: Hyper;
  /** Added to the root of the sum. Default 1e-10. */
  readonly eps?: Hyper;
}

export interface AdadeltaOptions extends FrontOptions {
  /** Factor of the step. Default 1. */
  readonly lr?: Hyper;
  /** Decay of the means of squares. Default 0.9. */
  readonly rho?: Hyper;
  /** Under the roots. Default 1e-6. */
  readonly eps?: Hyper;
}

export interface RmspropOptions extends FrontOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: Hyper;
  /** Decay of the mean of squares. Default 0.99. */
  readonly alpha?: Hyper;
  /** Added to the root. Default 1e-8. */
  readonly eps?: Hyper;
  /** Default 0, and then no buffer is kept. */
  readonly momentum?: Hyper;
  /** Divide by the deviation instead of the root of the mean of squares. Default false. */
  readonly centered?: boolean;
}

const adagradSpec: RuleSpec<AdagradOptions> = {
  name: 'adagrad',
  defaults: { lr: 1e-2, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 },
  switches: ['maximize', 'weightDecay'],
  check: checksOf<AdagradOptions>('adagrad', {
    lr: notNegative,
    lrDecay: notNegative,
    initialAccumulatorValue: notNegative,
    eps: notNegative,
    weightDecay: notNegative,
  }),
  transform: options =>
    chain(
      ...front(options),
      scaleByAdagrad({
        initialAccumulatorValue: () => options.initialAccumulatorValue ?? 0,
        eps: () => options.eps ?? 1e-10,
        lrDecay: () => options.lrDecay ?? 0,
      }),
      scaleByLearningRate(() => options.lr ?? 1e-2),
    ),
};

const adadeltaSpec: RuleSpec<AdadeltaOptions> = {
  name: 'adadelta',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6 },
  switches: ['maximize', 'weightDecay'],
  check: checksOf<AdadeltaOptions>('adadelta', {
    lr: notNegative,
    rho: fraction,
    eps: notNegative,
    weightDecay: notNegative,
  }),
  transform: options =>
    chain(
      ...front(options),
      scaleByAdadelta({ rho: () => options.rho ?? 0.9, eps: () => options.eps ?? 1e-6 }),
      scaleByLearningRate(() => options.lr ?? 1),
    ),
};

const rmspropSpec: RuleSpec<RmspropOptions> = {
  name: 'rmsprop',
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: 0 },
  switches: ['maximize', 'weightDecay', 'momentum', 'centered'],
  check: checksOf<RmspropOptions>('rmsprop', {
    lr: notNegative,
    alpha: notNegative,
    eps: notNegative,
    momentum: notNegative,
    weightDecay: notNegative,
  }),
  transform: options =>
    chain(
      ...front(options),
      scaleByRms({
        alpha: () => options.alpha ?? 0.99,
        eps: () => options.eps ?? 1e-8,
        centered: options.centered,
      }),
      ...(isOn(options.momentum) ? [trace({ momentum: () => options.momentum ?? 0 })] : []),
      scaleByLearningRate(() => options.lr ?? 1e-2),
    ),
};

/** p = p - lr / (1 + (t - 1) * lrDecay) * g / (sqrt(sum of g**2) + eps) (Duchi et al. 2011). */
export function adagrad(options: AdagradOptions = {}): UpdateRule {
  return ruleOf(adagradSpec, options);
}

/** Steps in the units of the parameters, from the means of the squares of gradients and of steps (Zeiler 2012). */
export function adadelta(options: AdadeltaOptions = {}): UpdateRule {
  return ruleOf(adadeltaSpec, options);
}

/** p = p - lr * g / (sqrt(v) + eps), v the mean of squares or, centered, the variance (Tieleman and Hinton 2012; Graves 2013). */
export function rmsprop(options: RmspropOptions = {}): UpdateRule {
  return ruleOf(rmspropSpec, options);
}

/** `adagrad` in place. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: ParamGroups<AdagradOptions>, options: AdagradOptions = {}) {
    super(adagradSpec, params, options);
  }
}

/** `adadelta` in place. */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: ParamGroups<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(adadeltaSpec, params, options);
  }
}

/** `rmsprop` in place. */
export class RMSprop extends Optimizer<RmspropOptions> {
  constructor(params: ParamGroups<RmspropOptions>, options: RmspropOptions = {}) {
    super(rmspropSpec, params, options);
  }
}
