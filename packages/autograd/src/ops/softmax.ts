import { normalizeDim, normalizeDims } from '../tensor/shape.js';
import type { Reduce, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, eq, mul, sub, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating, savesNothing } from './define.js';
import { unrecorded } from './fused.js';
import { amax, type Dims, type ReduceOptions, sum } from './reduce.js';
import { reducing, rowwise } from './rowwise.js';
import { reshapeTo } from './shape.js';
import { abs, exp, log } from './unary.js';

const kept = { keepdim: true } as const;

/** The largest element, with 0 in place of infinities (their difference would be NaN). A constant for the derivative: it cancels. */
function shift(x: Tensor, dims: readonly number[]): Tensor {
  // Unrecorded rather than detached: a node that no walk reaches would hold x for ever.
  const m = unrecorded(() => amax(x, dims, kept) as Tensor);
  m.cut = '';
  return where(eq(abs(m), Number.POSITIVE_INFINITY), 0, m) as Tensor;
}

const logSums = reducing('logsumexp', (dims, x: Tensor) => {
  const m = shift(x, dims);
  return add(log(sum(exp(sub(x, m) as Tensor), dims, kept) as Tensor), m) as Tensor;
});

/** ln(sum(e**x)) over the dims (default: all), without overflow. */
export const logsumexp: <S extends Shape, const D extends Dims = undefined, const K extends boolean = false>(
  x: Tensor<S>,
  dim?: D,
  options?: ReduceOptions<K>,
) => Tensor<Reduce<S, D, K>> = composite('logsumexp', (x: Tensor, dim?: Dims, options?: ReduceOptions) => {
  requireFloating('logsumexp', x);
  const dims = normalizeDims('logsumexp', dim, x.ndim);
  if (dims.some(d => x.shape[d] === 0)) return log(sum(exp(x), dims, options) as Tensor) as Tensor;
  return logSums({ dims, keepdim: options?.keepdim === true }, x);
}) as never;

// These two have rules of their own rather than those of their parts: one saved tensor instead of three, and a third of the work.

const softmaxRows = rowwise('softmax', (dims, x: Tensor) => {
  const e = exp(sub(x, amax(x, dims, kept) as Tensor) as Tensor);
  return [div(e, sum(e, dims, kept) as Tensor) as Tensor];
});

const softmaxGradient = rowwise('softmax', (dims, g: Tensor, y: Tensor) => {
  const gy = mul(g, y) as Tensor;
  return [sub(gy, mul(y, sum(gy, dims, kept) as Tensor)) as Tensor];
});

const softmaxOp: Primitive<number> = {
  name: 'softmax',
  savesInput: savesNothing,
  savesOutput: true,
  vjp: (g, n) => softmaxGradient.derive([n.attributes], g, n.output()),
  forward: ([x], dim) => softmaxRows.compute([dim], x as Tensor)[0],
};

const logSoftmaxRows = rowwise('logSoftmax', (dims, x: Tensor) => {
  const shifted = sub(x, amax(x, dims, kept) as Tensor) as Tensor;
  return [sub(shifted, log(sum(exp(shifted), dims, kept) as Tensor)) as Tensor];
});

const logSoftmaxGradient = rowwise('logSoftmax', (dims, g: Tensor, y: Tensor) => [
  sub(g, mul(exp(y), sum(g, dims, kept) as Tensor)) as Tensor,
]);

const logSoftmaxOp: Primitive<number> = {
  name: 'logSoftmax',
  savesInput: savesNothing,
  savesOutput: true,
  vjp: (g, n) => logSoftmaxGradient.derive([n.attributes], g, n.output()),
  forward: ([x], dim) => logSoftmaxRows.compute([dim], x as Tensor)[0],
};

export type SoftmaxFunction = <S extends Shape>(x: Tensor<S>, dim: number) => Tensor<S>;

function alongDim(op: Primitive<number>): SoftmaxFunction {
  return composite(op.name, (x: Tensor, dim: number) => {
    requireFloating(op.name, x);
    const d = normalizeDim(op.name, dim, x.ndim);
    if (x.ndim === 0) return reshapeTo(apply(op, [reshapeTo(x, [1])], 0), []);
    if (x.size === 0) return exp(x) as Tensor;
    return apply(op, [x], d);
  }) as SoftmaxFunction;
}

/** e**x / sum(e**x) along a dim (Bridle 1990). */
export const softmax: SoftmaxFunction = alongDim(softmaxOp);
/** ln(softmax(x)) along a dim, without losing small probabilities. */
export const logSoftmax: SoftmaxFunction = alongDim(logSoftmaxOp);
