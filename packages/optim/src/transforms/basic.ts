import type { Tensor } from '@fluxion/autograd';
import { at, type Hyper, neg, oneMinus, type Varying } from '../hyper.js';
import { type Transform, transform } from '../transform.js';

/** factor times the update. */
export function scale(factor: Varying): Transform {
  return transform({
    name: 'scale',
    slots: [],
    scalars: step => [at(factor, step)],
    apply: (update, { scalars: [by] }) => ({ update: update.mul(by as Tensor), slots: [] }),
  });
}

/** -rate times the update: the end of a chain that descends. */
export function scaleByLearningRate(rate: Varying): Transform {
  return transform({
    name: 'scaleByLearningRate',
    slots: [],
    scalars: step => [neg(at(rate, step))],
    apply: (update, { scalars: [by] }) => ({ update: update.mul(by as Tensor), slots: [] }),
  });
}

/** update + decay * parameter: L2 regularization before the moments of a rule, decoupled weight decay after them. */
export function addDecayedWeights(decay: Varying): Transform {
  return transform({
    name: 'addDecayedWeights',
    slots: [],
    scalars: step => [at(decay, step)],
    apply: (update, { param, scalars: [factor] }) => ({
      update: update.add(param.mul(factor as Tensor)) as Tensor,
      slots: [],
    }),
  });
}

/** Every element of the update moved into [-limit, limit]. */
export function clipByValue(limit: Varying): Transform {
  return transform({
    name: 'clipByValue',
    slots: [],
    scalars: step => {
      const max = at(limit, step);
      return [neg(max), max];
    },
    apply: (update, { scalars: [min, max] }) => ({ update: update.clamp({ min, max }), slots: [] }),
  });
}

export interface TraceOptions {
  readonly momentum: Varying;
  /** Default 0. */
  readonly dampening?: Varying;
  /** Nesterov's look-ahead. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Momentum: b = momentum * b + (1 - dampening) * update, and b is the new update (with Nesterov: update + momentum * b). The first b is the
 * update itself, undampened, as in PyTorch.
 */
export function trace({ momentum, dampening = 0, nesterov = false }: TraceOptions): Transform {
  return transform({
    name: 'trace',
    slots: ['momentumBuffer'],
    scalars: step => [at(momentum, step), step === 1 ? 1 : oneMinus(at(dampening, step))],
    apply: (update, { slots: [buffer], scalars: [factor, fresh] }) => {
      const next = buffer.mul(factor as Tensor).add(update.mul(fresh as Tensor)) as Tensor;
      const ahead = (): Tensor => update.add(next.mul(factor as Tensor)) as Tensor;
      return { update: nesterov ? ahead() : next, slots: [next] };
    },
  });
}

export interface MovingAverageOptions {
  readonly decay: Varying;
  /** Blend the update in once more. Default false. */
  readonly nesterov?: boolean;
}

/** The exponential mean m = decay * m + (1 - decay) * update, from 0 (with Nesterov: (1 - decay) * update + decay * m). */
export function movingAverage({ decay, nesterov = false }: MovingAverageOptions): Transform {
  return transform({
    name: 'movingAverage',
    slots: ['momentumBuffer'],
    scalars: step => {
      const d = at(decay, step);
      return [d, oneMinus(d)];
    },
    apply: (update, { slots: [buffer], scalars: [d, rest] }) => {
      const next = blend(buffer, d, update, rest);
      return { update: nesterov ? blend(next, d, update, rest) : next, slots: [next] };
    },
  });
}

/** keep * mean + take * x */
export function blend(mean: Tensor, keep: Hyper, x: Tensor, take: Hyper): Tensor {
  return mean.mul(keep as Tensor).add(x.mul(take as Tensor)) as Tensor;
}
