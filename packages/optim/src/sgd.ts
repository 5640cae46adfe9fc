import { ArgumentError } from '@fluxion/autograd';
import { checkNotNegative } from './check.js';
import type { Hyper } from './hyper.js';
import { Optimizer, type ParamGroups } from './optimizer.js';
import { rule, type UpdateRule } from './rule.js';
import { chain, type Transform } from './transform.js';
import { addDecayedWeights, descend, trace } from './transforms.js';

export interface SgdOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Default: none, and then no buffer is kept. */
  readonly momentum?: Hyper;
  /** Taken from the share of the gradient in the momentum. Default 0. */
  readonly dampening?: Hyper;
  /** Adds this times the parameter to the gradient. Default: none. */
  readonly weightDecay?: Hyper;
  /** Nesterov momentum; needs momentum, and no dampening. Default false. */
  readonly nesterov?: boolean;
}

export const sgdDefaults: { readonly lr: number } = { lr: 1e-3 };

/** The transform of stochastic gradient descent; the options are read at every step. */
export function sgdTransform(options: SgdOptions): Transform {
  const { lr = sgdDefaults.lr, momentum, dampening, weightDecay, nesterov = false } = options;
  checkNotNegative('sgd', 'lr', lr);
  if (momentum !== undefined) checkNotNegative('sgd', 'momentum', momentum);
  if (weightDecay !== undefined) checkNotNegative('sgd', 'weightDecay', weightDecay);
  const wantsMomentum = momentum !== undefined && momentum !== 0;
  if (nesterov && (!wantsMomentum || (dampening !== undefined && dampening !== 0)))
    throw new ArgumentError('sgd: nesterov needs a momentum above 0 and no dampening.');
  const parts: Transform[] = [];
  if (weightDecay !== undefined) parts.push(addDecayedWeights(() => options.weightDecay ?? 0));
  if (wantsMomentum)
    parts.push(
      trace({ momentum: () => options.momentum ?? 0, dampening: () => options.dampening ?? 0, nesterov }),
    );
  parts.push(descend(() => options.lr ?? sgdDefaults.lr));
  return chain(...parts);
}

/**
 * Gradient descent: g = grad + weightDecay * p; b = momentum * b + (1 - dampening) * g; p = p - lr * b, with Nesterov p - lr * (g + momentum * b)
 * (Sutskever et al. 2013, in PyTorch's form).
 */
export function sgd(options: SgdOptions = {}): UpdateRule {
  return rule('sgd', sgdTransform(options));
}

/** `sgd` in place. */
export class SGD extends Optimizer<SgdOptions> {
  constructor(params: ParamGroups<SgdOptions>, options: SgdOptions = {}) {
    super('SGD', params, { ...sgdDefaults, ...options }, sgdTransform);
  }
}
