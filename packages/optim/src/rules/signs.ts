import { ArgumentError } from '@fluxion/autograd';
import type { ParamGroups } from '../base.js';
import { above1, below1, beta, checksOf, notNegative, positive } from '../check.js';
import type { Hyper } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain } from '../transform.js';
import { scale, scaleByLearningRate } from '../transforms/basic.js';
import { scaleByLion } from '../transforms/moments.js';
import { scaleByRprop } from '../transforms/squares.js';
import { decayed, type FrontOptions, type MaximizeOption, turned } from './front.js';

export interface RpropOptions extends MaximizeOption {
  /** The first step size of every element. Default 1e-2. */
  readonly lr?: Hyper;
  /** Factors of the step size where the gradient changes its sign, and where it keeps it. Default [0.5, 1.2]. */
  readonly etas?: readonly [Hyper, Hyper];
  /** Bounds of the step sizes. Default [1e-6, 50]. */
  readonly stepSizes?: readonly [Hyper, Hyper];
}

export interface LionOptions extends FrontOptions {
  /** Learning rate; about a tenth of Adam's. Default 1e-4. */
  readonly lr?: Hyper;
  /** Of the mean in the sign, and of the mean that is kept. Default [0.9, 0.99]. */
  readonly betas?: readonly [Hyper, Hyper];
  /** Subtracted, times lr and the parameter. Default 0. */
  readonly weightDecay?: Hyper;
}

const etas = [0.5, 1.2] as const;
const stepSizes = [1e-6, 50] as const;
const checkRprop = checksOf<RpropOptions>('rprop', {
  lr: notNegative,
  etas: [below1, above1],
  stepSizes: [notNegative, positive],
});

const rpropSpec: RuleSpec<RpropOptions> = {
  name: 'rprop',
  defaults: { lr: 1e-2, etas, stepSizes },
  switches: ['maximize'],
  check: options => {
    checkRprop(options);
    const [min, max] = options.stepSizes ?? stepSizes;
    if (typeof min === 'number' && typeof max === 'number' && min > max)
      throw new ArgumentError(
        `rprop: stepSizes is [${min}, ${max}]; expected the lower bound first: [${max}, ${min}].`,
      );
  },
  transform: options =>
    chain(
      ...turned(options),
      scaleByRprop({
        lr: () => options.lr ?? 1e-2,
        etas: () => options.etas ?? etas,
        stepSizes: () => options.stepSizes ?? stepSizes,
      }),
      scale(-1),
    ),
};

const lionBetas = [0.9, 0.99] as const;

const lionSpec: RuleSpec<LionOptions> = {
  name: 'lion',
  defaults: { lr: 1e-4, betas: lionBetas },
  switches: ['maximize', 'weightDecay'],
  check: checksOf<LionOptions>('lion', { lr: notNegative, betas: [beta, beta], weightDecay: notNegative }),
  transform: options =>
    chain(
      ...turned(options),
      scaleByLion({ betas: () => options.betas ?? lionBetas }),
      ...decayed(options),
      scaleByLearningRate(() => options.lr ?? 1e-4),
    ),
};

/** Resilient propagation: the signs of the gradient alone, with a step size of its own for each element (Riedmiller and Braun 1993). For full batches. */
export function rprop(options: RpropOptions = {}): UpdateRule {
  return ruleOf(rpropSpec, options);
}

/** The sign of a mean of gradients, with decoupled weight decay (Chen et al. 2023). */
export function lion(options: LionOptions = {}): UpdateRule {
  return ruleOf(lionSpec, options);
}

/** `rprop` in place. */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(params: ParamGroups<RpropOptions>, options: RpropOptions = {}) {
    super(rpropSpec, params, options);
  }
}

/** `lion` in place. */
export class Lion extends Optimizer<LionOptions> {
  constructor(params: ParamGroups<LionOptions>, options: LionOptions = {}) {
    super(lionSpec, params, options);
  }
}
