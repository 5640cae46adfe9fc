import { type Tensor, where } from '@fluxion/autograd';
import { type Hyper, neg, oneMinus, pow, reciprocal, sqrt } from './hyper.js';
import type { Transform } from './transform.js';

/** The square root with derivative 0 at 0, where the true one is infinite and would make a meta-gradient NaN. */
function safeSqrt(x: Tensor): Tensor {
  const zero = x.eq(0);
  return where(zero, 0, where(zero, 1, x).sqrt());
}

/** -rate times the update: the end of a chain that descends. `rate` is asked at every step, so that it may change. */
export function descend(rate: () => Hyper): Transform {
  return {
    name: 'descend',
    slots: [],
    scalars: () => [neg(rate())],
    apply: (update, { scalars: [factor] }) => ({ update: update.mul(factor as Tensor), slots: [] }),
  };
}

/** update + decay * parameter: L2 regularization before the moments of a rule, decoupled weight decay after them. */
export function addDecayedWeights(decay: () => Hyper): Transform {
  return {
    name: 'addDecayedWeights',
    slots: [],
    scalars: () => [decay()],
    apply: (update, { param, scalars: [factor] }) => ({
      update: update.add(param.mul(factor as Tensor)),
      slots: [],
    }),
  };
}

export interface TraceOptions {
  readonly momentum: () => Hyper;
  /** Default 0. */
  readonly dampening?: () => Hyper;
  /** Nesterov's look-ahead. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Momentum: b = momentum * b + (1 - dampening) * update, and b is the new update (with Nesterov: update + momentum * b). The first b is the
 * update itself, undampened, as in PyTorch.
 */
export function trace({ momentum, dampening = () => 0, nesterov = false }: TraceOptions): Transform {
  return {
    name: 'trace',
    slots: ['momentumBuffer'],
    scalars: step => [momentum(), step === 1 ? 1 : oneMinus(dampening())],
    apply: (update, { slots: [buffer], scalars: [factor, fresh] }) => {
      const next = buffer.mul(factor as Tensor).add(update.mul(fresh as Tensor));
      return { update: nesterov ? update.add(next.mul(factor as Tensor)) : next, slots: [next] };
    },
  };
}

export interface ScaleByAdamOptions {
  readonly betas: () => readonly [Hyper, Hyper];
  readonly eps: () => Hyper;
  /** Divide by the largest second moment so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

/**
 * m / (1 - b1**t) over sqrt(v) / sqrt(1 - b2**t) + eps, with m and v the decaying means of the update and of its square
 * (Kingma and Ba 2015, algorithm 1).
 */
export function scaleByAdam({ betas, eps, amsgrad = false }: ScaleByAdamOptions): Transform {
  return {
    name: 'scaleByAdam',
    slots: amsgrad ? ['expAvg', 'expAvgSq', 'maxExpAvgSq'] : ['expAvg', 'expAvgSq'],
    scalars: step => {
      const [b1, b2] = betas();
      return [
        b1,
        oneMinus(b1),
        b2,
        oneMinus(b2),
        reciprocal(oneMinus(pow(b1, step))),
        reciprocal(sqrt(oneMinus(pow(b2, step)))),
        eps(),
      ];
    },
    apply: (update, { slots: [m0, v0, max0], scalars }) => {
      const [b1, rest1, b2, rest2, correct1, correct2, epsilon] = scalars as readonly Tensor[];
      const m = m0.mul(b1).add(update.mul(rest1)) as Tensor;
      const v = v0.mul(b2).add(update.square().mul(rest2)) as Tensor;
      const largest = amsgrad ? where(v.gt(max0), v, max0) : v;
      const denominator = safeSqrt(largest).mul(correct2).add(epsilon);
      return { update: m.mul(correct1).div(denominator), slots: amsgrad ? [m, v, largest] : [m, v] };
    },
  };
}
