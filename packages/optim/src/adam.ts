import { checkBeta, checkNotNegative } from './check.js';
import type { Hyper } from './hyper.js';
import { Optimizer, type ParamGroups } from './optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from './rule.js';
import { chain, type Transform } from './transform.js';
import { addDecayedWeights, descend, scaleByAdam } from './transforms.js';

export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Decay of the means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [Hyper, Hyper];
  /** Added to the root of the second moment. Default 1e-8. */
  readonly eps?: Hyper;
  /** Adam: added, times the parameter, to the gradient; default none. AdamW: subtracted, times lr and the parameter; default 0.01. */
  readonly weightDecay?: Hyper;
  /** Divide by the largest second moment so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

const defaults = { lr: 1e-3, betas: [0.9, 0.999] as const, eps: 1e-8 };

function check(name: string, options: AdamOptions): void {
  const { lr = 0, betas = defaults.betas, eps = 0, weightDecay = 0 } = options;
  checkNotNegative(name, 'lr', lr);
  checkBeta(name, 'betas[0]', betas[0]);
  checkBeta(name, 'betas[1]', betas[1]);
  checkNotNegative(name, 'eps', eps);
  checkNotNegative(name, 'weightDecay', weightDecay);
}

const moments = (options: AdamOptions): Transform =>
  scaleByAdam({
    betas: () => options.betas ?? defaults.betas,
    eps: () => options.eps ?? defaults.eps,
    amsgrad: options.amsgrad === true,
  });

const adamSpec: RuleSpec<AdamOptions> = {
  name: 'adam',
  defaults,
  check: options => check('adam', options),
  transform: options => {
    const rest = [moments(options), descend(() => options.lr ?? defaults.lr)];
    if (options.weightDecay === undefined) return chain(...rest);
    return chain(
      addDecayedWeights(() => options.weightDecay ?? 0),
      ...rest,
    );
  },
};

const adamwSpec: RuleSpec<AdamOptions> = {
  name: 'adamw',
  defaults: { ...defaults, weightDecay: 0.01 },
  check: options => check('adamw', options),
  transform: options =>
    chain(
      moments(options),
      addDecayedWeights(() => options.weightDecay ?? 0),
      descend(() => options.lr ?? defaults.lr),
    ),
};

/** Adam (Kingma and Ba 2015), with PyTorch's placement of eps: p = p - lr * m / (1 - b1**t) / (sqrt(v) / sqrt(1 - b2**t) + eps). */
export function adam(options: AdamOptions = {}): UpdateRule {
  return ruleOf(adamSpec, options);
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export function adamw(options: AdamOptions = {}): UpdateRule {
  return ruleOf(adamwSpec, options);
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
