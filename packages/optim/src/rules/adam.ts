import type { ParamGroups } from '../base.js';
import { beta, checksOf, notNegative } from '../check.js';
import type { Hyper } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain, type Transform } from '../transform.js';
import { scaleByLearningRate } from '../transforms/basic.js';
import { scaleByAdam } from '../transforms/moments.js';
import { decayed, front, type MaximizeOption, turned } from './front.js';

export interface AdamOptions extends MaximizeOption {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Decay of the means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [Hyper, Hyper];
  /** Added to the root of the second moment. Default 1e-8. */
  readonly eps?: Hyper;
  /** Adam: added, times the parameter, to the gradient; default 0. AdamW: subtracted, times lr and the parameter; default 0.01. */
  readonly weightDecay?: Hyper;
  /** Divide by the largest second moment so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

const defaults = { lr: 1e-3, betas: [0.9, 0.999] as const, eps: 1e-8 };

function specOf(
  name: string,
  own: AdamOptions,
  parts: (options: AdamOptions, moments: Transform) => readonly Transform[],
): RuleSpec<AdamOptions> {
  return {
    name,
    defaults: { ...defaults, ...own },
    switches: ['maximize', 'weightDecay', 'amsgrad'],
    check: checksOf<AdamOptions>(name, {
      lr: notNegative,
      betas: [beta, beta],
      eps: notNegative,
      weightDecay: notNegative,
    }),
    transform: options => {
      const moments = scaleByAdam({
        betas: () => options.betas ?? defaults.betas,
        eps: () => options.eps ?? defaults.eps,
        amsgrad: options.amsgrad,
      });
      return chain(
        ...parts(options, moments),
        scaleByLearningRate(() => options.lr ?? defaults.lr),
      );
    },
  };
}

const coupled = (options: AdamOptions, moments: Transform): Transform[] => [...front(options), moments];
const adamSpec = specOf('adam', {}, coupled);
const amsgradSpec = specOf('amsgrad', { amsgrad: true }, coupled);
const adamwSpec = specOf('adamw', { weightDecay: 0.01 }, (options, moments) => [
  ...turned(options),
  moments,
  ...decayed(options),
]);

/** Adam (Kingma and Ba 2015), with PyTorch's placement of eps: p = p - lr * m / (1 - b1**t) / (sqrt(v) / sqrt(1 - b2**t) + eps). */
export function adam(options: AdamOptions = {}): UpdateRule {
  return ruleOf(adamSpec, options);
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export function adamw(options: AdamOptions = {}): UpdateRule {
  return ruleOf(adamwSpec, options);
}

/** Adam that divides by the largest second moment so far (Reddi et al. 2018). */
export function amsgrad(options: AdamOptions = {}): UpdateRule {
  return ruleOf(amsgradSpec, options);
}

/** `adam` in place. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: ParamGroups<AdamOptions>, options: AdamOptions = {}) {
    super(adamSpec, params, options);
  }
}

/** `adamw` in place. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: ParamGroups<AdamOptions>, options: AdamOptions = {}) {
    super(adamwSpec, params, options);
  }
}

/** `amsgrad` in place. */
export class AMSGrad extends Optimizer<AdamOptions> {
  constructor(params: ParamGroups<AdamOptions>, options: AdamOptions = {}) {
    super(amsgradSpec, params, options);
  }
}
