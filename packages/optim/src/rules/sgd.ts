import { ArgumentError } from '@fluxion/autograd';
import type { ParamGroups } from '../base.js';
import { checksOf, finite, notNegative } from '../check.js';
import { type Hyper, isOn } from '../hyper.js';
import { Optimizer } from '../optimizer.js';
import { type RuleSpec, ruleOf, type UpdateRule } from '../rule.js';
import { chain } from '../transform.js';
import { scaleByLearningRate, trace } from '../transforms/basic.js';
import { type FrontOptions, front } from './front.js';

export interface SgdOptions extends FrontOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: Hyper;
  /** Default 0, and then no buffer is kept. */
  readonly momentum?: Hyper;
  /** Taken from the share of the gradient in the momentum. Default 0. */
  readonly dampening?: Hyper;
  /** Nesterov momentum; needs momentum, and no dampening. Default false. */
  readonly nesterov?: boolean;
}

function specOf(name: string, defaults: SgdOptions): RuleSpec<SgdOptions> {
  const check = checksOf<SgdOptions>(name, {
    lr: notNegative,
    momentum: notNegative,
    dampening: finite,
    weightDecay: notNegative,
  });
  return {
    name,
    defaults,
    switches: ['maximize', 'weightDecay', 'momentum', 'nesterov'],
    check: options => {
      check(options);
      if (isOn(options.nesterov) && (!isOn(options.momentum) || isOn(options.dampening)))
        throw new ArgumentError(`${name}: nesterov needs a momentum above 0 and no dampening.`);
    },
    transform: options => {
      const momentum = trace({
        momentum: () => options.momentum ?? 0,
        dampening: () => options.dampening ?? 0,
        nesterov: options.nesterov,
      });
      return chain(
        ...front(options),
        ...(isOn(options.momentum) ? [momentum] : []),
        scaleByLearningRate(() => options.lr ?? 0),
      );
    },
  };
}

const sgdSpec = specOf('sgd', { lr: 1e-3, momentum: 0 });
const momentumSpec = specOf('momentum', { lr: 1e-3, momentum: 0.9 });
const nesterovSpec = specOf('nesterov', { lr: 1e-3, momentum: 0.9, nesterov: true });

/**
 * Gradient descent: g = grad + weightDecay * p; b = momentum * b + (1 - dampening) * g; p = p - lr * b, with Nesterov p - lr * (g + momentum * b)
 * (Sutskever et al. 2013, in PyTorch's form).
 */
export function sgd(options: SgdOptions = {}): UpdateRule {
  return ruleOf(sgdSpec, options);
}

/** `sgd` with momentum, 0.9 unless said otherwise. */
export function momentum(options: SgdOptions = {}): UpdateRule {
  return ruleOf(momentumSpec, options);
}

/** `sgd` with Nesterov momentum, 0.9 unless said otherwise. */
export function nesterov(options: SgdOptions = {}): UpdateRule {
  return ruleOf(nesterovSpec, options);
}

/** `sgd` in place. */
export class SGD extends Optimizer<SgdOptions> {
  constructor(params: ParamGroups<SgdOptions>, options: SgdOptions = {}) {
    super(sgdSpec, params, options);
  }
}

/** `momentum` in place. */
export class Momentum extends Optimizer<SgdOptions> {
  constructor(params: ParamGroups<SgdOptions>, options: SgdOptions = {}) {
    super(momentumSpec, params, options);
  }
}

/** `nesterov` in place. */
export class Nesterov extends Optimizer<SgdOptions> {
  constructor(params: ParamGroups<SgdOptions>, options: SgdOptions = {}) {
    super(nesterovSpec, params, options);
  }
}
