import { ArgumentError, mul, noGrad, type Shape, scope, show, sub, Tensor, where } from '@fluxion/autograd';
import { checkNumber, checkStrength, requireFloating } from './check.js';
import { collect, norm, type Penalised } from './penalties.js';

export interface MaxNormOptions {
  /** The dim that counts the units: 0 (default), so that all that leads to one output is a unit. */
  readonly dim?: number;
}

/**
 * w with each unit's weights scaled down to a Euclidean norm of at most `max`; units below it stay as they are (Srivastava et al. 2014).
 *
 * @param max from 0, or a scalar tensor, through which gradients flow
 */
export function maxNorm<S extends Shape>(
  w: Tensor<S>,
  max: number | Tensor,
  options: MaxNormOptions = {},
): Tensor<S> {
  const op = 'maxNorm';
  requireFloating(op, w);
  checkStrength(op, 'the largest norm', max);
  const { dim = 0 } = options;
  return scope(() => {
    if (w.ndim === 0) return maxNorm(w.reshape([1]) as Tensor, max).reshape([]) as never;
    const rows = w.transpose(dim, 0) as Tensor;
    const others = rows.shape.map((_, d) => d).slice(1);
    const norms = norm(rows.square().sum(others, { keepdim: true }) as Tensor);
    const limit = max instanceof Tensor ? ((max as Tensor).reshape([]) as Tensor) : max;
    const over = norms.gt(limit as Tensor) as Tensor;
    // The divisor is masked too: the derivative of the branch not taken must not be NaN.
    const safe = where(over, norms, 1) as Tensor;
    const factor = where(over, mul(safe.reciprocal(), limit as Tensor), 1) as Tensor;
    return rows.mul(factor).transpose(dim, 0) as never;
  });
}

/** Applies `maxNorm` to all tensors in place, outside the graph: to be called after an optimizer's step. Biases (one dim) are left alone. */
export function constrainMaxNorm(params: Penalised, max: number, options: MaxNormOptions = {}): void {
  checkNumber('constrainMaxNorm', 'the largest norm', max, 0, Number.POSITIVE_INFINITY);
  const tensors = collect('constrainMaxNorm', params).filter(w => w.ndim > 1);
  noGrad(() => {
    for (const w of tensors) w.assign(maxNorm(w, max, options));
  });
}

/**
 * Each tensor times 1 - rate * decay: weight decay that no optimizer scales (Loshchilov and Hutter 2019). A pure graph operation, to be applied to what an
 * update rule returns; AdamW and the transform `addDecayedWeights` of @fluxion/optim have it built in.
 *
 * @param rate the learning rate, and `decay` the strength: from 0, or scalar tensors, through which gradients flow
 */
export function decoupledDecay<const T extends readonly Tensor[]>(
  params: T,
  rate: number | Tensor,
  decay: number | Tensor,
): { -readonly [K in keyof T]: T[K] } {
  const op = 'decoupledDecay';
  checkStrength(op, 'the rate', rate);
  checkStrength(op, 'the decay', decay);
  if (!Array.isArray(params))
    throw new ArgumentError(`${op}: expected a list of tensors, got ${show(params)}.`);
  const scalar = (x: number | Tensor): number | Tensor =>
    x instanceof Tensor ? (x as Tensor).reshape([]) : x;
  const product =
    typeof rate === 'number' && typeof decay === 'number'
      ? rate * decay
      : (mul(scalar(rate) as Tensor, scalar(decay) as Tensor) as Tensor);
  return params.map(w => sub(w, mul(w, product as Tensor) as Tensor)) as never;
}
