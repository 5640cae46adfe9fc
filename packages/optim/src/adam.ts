import { checkBeta, checkNotNegative } from './check.js';
import type { Hyper } from './hyper.js';
import { Optimizer, type ParamGroups } from './optimizer.js';
import { rule, type UpdateRule } from './rule.js';
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

const defaults = { lr: 1e-3, betas: [0.9, 0.999] as readonly [number, number], eps: 1e-8 };

function moments(name: string, options: AdamOptions): Transform {
  const { lr = defaults.lr, betas = defaults.betas, eps = defaults.eps, weightDecay } = options;
  checkNotNegative(name, 'lr', lr);
  checkBeta(name, 'betas[0]', betas[0]);
  checkBeta(name, 'betas[1]', betas[1]);
  checkNotNegative(name, 'eps', eps);
  if (weightDecay !== undefined) checkNotNegative(name, 'weightDecay', weightDecay);
  return scaleByAdam({
    betas: () => options.betas ?? defaults.betas,
    eps: () => options.eps ?? defaults.eps,
    amsgrad: options.amsgrad === true,
  });
}

/** The transform of Adam; the options are read at every step. */
export function adamTransform(options: AdamOptions): Transform {
  const scale = moments('adam', options);
  const rate = descend(() => options.lr ?? defaults.lr);
  if (options.weightDecay === undefined) return chain(scale, rate);
  return chain(
    addDecayedWeights(() => options.weightDecay ?? 0),
    scale,
    rate,
  );
}

/** The transform of AdamW; the options are read at every step. */
export function adamwTransform(options: AdamOptions): Transform {
  return chain(
    moments('adamw', options),
    addDecayedWeights(() => options.weightDecay ?? 0.01),
    descend(() => options.lr ?? defaults.lr),
  );
}

/** Adam (Kingma and Ba 2015), with PyTorch's placement of eps: p = p - lr * m / (1 - b1**t) / (sqrt(v) / sqrt(1 - b2**t) + eps). */
export function adam(options: AdamOptions = {}): UpdateRule {
  return rule('adam', adamTransform(options));
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export function adamw(options: AdamOptions = {}): UpdateRule {
  return rule('adamw', adamwTransform(options));
}

/** `adam` in place. */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: ParamGroups<AdamOptions>, options: AdamOptions = {}) {
    super('Adam', params, { ...defaults, ...options }, adamTransform);
  }
}

/** `adamw` in place. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: ParamGroups<AdamOptions>, options: AdamOptions = {}) {
    super('AdamW', params, { ...defaults, weightDecay: 0.01, ...options }, adamwTransform);
  }
}
