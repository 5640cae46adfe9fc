import { ArgumentError } from '@fluxion/autograd';
import { checkNotNegative } from './check.js';
import type { Hyper } from './hyper.js';
import { Optimizer, type ParamGroups } from './optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from './rule.js';
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

const wantsMomentum = ({ momentum }: SgdOptions): boolean => momentum !== undefined && momentum !== 0;

const spec: RuleSpec<SgdOptions> = {
  name: 'sgd',
  defaults: { lr: 1e-3 },
  check: options => {
    const { lr = 0, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    checkNotNegative('sgd', 'lr', lr);
    checkNotNegative('sgd', 'momentum', momentum);
    checkNotNegative('sgd', 'weightDecay', weightDecay);
    if (nesterov && (!wantsMomentum(options) || dampening !== 0))
      throw new ArgumentError('sgd: nesterov needs a momentum above 0 and no dampening.');
  },
  transform: options => {
    const parts: Transform[] = [];
    if (options.weightDecay !== undefined) parts.push(addDecayedWeights(() => options.weightDecay ?? 0));
    if (wantsMomentum(options))
      parts.push(
        trace({
          momentum: () => options.momentum ?? 0,
          dampening: () => options.dampening ?? 0,
          nesterov: options.nesterov,
        }),
      );
    parts.push(descend(() => options.lr ?? 0));
    return chain(...parts);
  },
};

/**
 * Gradient descent: g = grad + weightDecay * p; b = momentum * b + (1 - dampening) * g; p = p - lr * b, with Nesterov p - lr * (g + momentum * b)
 * (Sutskever et al. 2013, in PyTorch's form).
 */
export function sgd(options: SgdOptions = {}): UpdateRule {
  return ruleOf(spec, options);
}

/** `sgd` in place. */
export class SGD extends Optimizer<SgdOptions> {
  constructor(params: ParamGroups<SgdOptions>, options: SgdOptions = {}) {
    super(spec, params, options);
  }
}
