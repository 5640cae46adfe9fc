import type { ParamGroups } from '../base.js';
import { checksOf, finite, notNegative } from '../check.js';
import type { Hyper } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain } from '../transform.js';
import { scaleByAsgd } from '../transforms/moments.js';
import { type FrontOptions, front } from './front.js';

export interface AsgdOptions extends FrontOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: Hyper;
  /** Decay of the parameters. Default 1e-4. */
  readonly lambd?: Hyper;
  /** The power by which the rate falls. Default 0.75. */
  readonly alpha?: Hyper;
  /** The step from which on there is averaging. Default 1e6. */
  readonly t0?: number;
}

const spec: RuleSpec<AsgdOptions> = {
  name: 'asgd',
  defaults: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6 },
  switches: ['maximize', 'weightDecay'],
  check: checksOf<AsgdOptions>('asgd', {
    lr: notNegative,
    lambd: notNegative,
    alpha: finite,
    t0: notNegative,
    weightDecay: notNegative,
  }),
  transform: options =>
    chain(
      ...front(options),
      scaleByAsgd({
        lr: () => options.lr ?? 1e-2,
        lambd: () => options.lambd ?? 1e-4,
        alpha: () => options.alpha ?? 0.75,
        t0: () => options.t0 ?? 1e6,
      }),
    ),
};

/** Averaged stochastic gradient descent (Polyak and Juditsky 1992): p = p * (1 - lambd * eta) - eta * g; the mean of p is in the state, as `ax`. */
export function asgd(options: AsgdOptions = {}): UpdateRule {
  return ruleOf(spec, options);
}

/** `asgd` in place. */
export class ASGD extends Optimizer<AsgdOptions> {
  constructor(params: ParamGroups<AsgdOptions>, options: AsgdOptions = {}) {
    super(spec, params, options);
  }
}
