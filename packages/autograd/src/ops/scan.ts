import { type DType, kernels } from '@fluxion/kernels';
import { record } from '../graph/record.js';
import { spanned } from '../graph/spans.js';
import { raw, rawLike } from '../tensor/raw.js';
import { normalizeDim } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { eq, logicalAnd, mul, sub, where } from './binary.js';
import type { Extrema } from './composite/extrema.js';
import { apply, type Primitive, requireFloating, requireTensor, savesNothing } from './define.js';
import { addedUp } from './lanes.js';
import { recurrence, shift } from './recurrence.js';
import { reshapeTo } from './shape.js';
import { abs, exp } from './unary.js';

interface Along {
  readonly dim: number;
  readonly reverse: boolean;
}

/** Sums and products of int32 and bool are int32. */
function countedDType(dtype: DType): DType {
  return dtype === 'bool' ? 'int32' : dtype;
}

const cumsumOp: Primitive<Along> = {
  name: 'cumsum',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(cumsumOp, [g], { dim: n.attributes.dim, reverse: !n.attributes.reverse })],
  forward: (inputs, { dim, reverse }) => {
    const x = inputs[0] as Tensor;
    const out = rawLike(x, countedDType(x.dtype));
    kernels().scan('sum', x, dim, reverse, out, null);
    return out;
  },
};

const cumprodOp: Primitive<Along> = {
  name: 'cumprod',
  savesOutput: true,
  // y[i] is x[j] times what came before, x[0] ... x[j-1], times what came after up to i: the sum over i of these last, each times its
  // gradient, is a recurrence. Nothing is divided by x, which may be 0.
  vjp: (g, n) => {
    const { dim, reverse } = n.attributes;
    const before = shift(n.output(), dim, reverse ? -1 : 1, 1);
    return [mul(before, recurrence(n.tensorInput(0), g, dim, { reverse: !reverse, lag: true })) as Tensor];
  },
  forward: (inputs, { dim, reverse }) => {
    const x = inputs[0] as Tensor;
    const out = rawLike(x, countedDType(x.dtype));
    kernels().scan('prod', x, dim, reverse, out, null);
    return out;
  },
};

/** For every element the product of all others along the dim. */
export function productOfOthers(x: Tensor, dim: number): Tensor {
  const before = shift(apply(cumprodOp, [x], { dim, reverse: false }), dim, 1, 1);
  const after = shift(apply(cumprodOp, [x], { dim, reverse: true }), dim, -1, 1);
  return mul(before, after) as Tensor;
}

/** Where two tensors are the same infinity, whose difference would be NaN. */
function sameInfinity(a: Tensor, b: Tensor): Tensor {
  return logicalAnd(eq(a, b) as Tensor, eq(abs(a), Number.POSITIVE_INFINITY) as Tensor) as Tensor;
}

const logcumsumexpOp: Primitive<number> = {
  name: 'logcumsumexp',
  savesOutput: true,
  // dy[i] / dx[j] = e**(x[j] - y[i]) = e**(x[j] - y[j]) e**(y[j] - y[j+1]) ... e**(y[i-1] - y[i]), all of it at most 1: so the sum over i is
  // a recurrence that cannot overflow, where e**x[j] times a sum of g e**-y would.
  vjp: (g, n) => {
    const dim = n.attributes;
    const [x, y] = [n.tensorInput(0), n.output()];
    const first = sameInfinity(x, y);
    const weight = exp(where(first, 0, sub(x, y) as Tensor) as Tensor);
    const next = shift(y, dim, -1, Number.POSITIVE_INFINITY);
    const still = sameInfinity(y, next);
    // Of equal infinities the last element counts alone.
    const decay = where(
      still,
      sub(1, shift(weight, dim, -1, 0)) as Tensor,
      exp(where(still, 0, sub(y, next) as Tensor) as Tensor),
    ) as Tensor;
    return [mul(weight, recurrence(decay, g, dim, { reverse: true, lag: false })) as Tensor];
  },
  forward: (inputs, dim) => {
    const x = inputs[0] as Tensor;
    const out = rawLike(x);
    kernels().scan('logsumexp', x, dim, false, out, null);
    return out;
  },
};

/** A scan keeps the shape. */
export type ScanFunction = <S extends Shape>(x: Tensor<S>, dim: number) => Tensor<S>;
export type ScanMethod = <S extends Shape>(this: Tensor<S>, dim: number) => Tensor<S>;

function scanned(
  name: string,
  check: (x: Tensor) => void,
  run: (x: Tensor, dim: number) => Tensor,
): ScanFunction {
  return (<S extends Shape>(x: Tensor<S>, dim: number): Tensor => {
    requireTensor(name, x);
    check(x);
    const d = normalizeDim(name, dim, x.ndim);
    return x.ndim === 0 ? reshapeTo(run(reshapeTo(x, [1]), 0), []) : run(x, d);
  }) as ScanFunction;
}

const anything = (): void => {};

/** The running sum along a dim: out[i] = x[0] + ... + x[i]. int32 and bool give int32. */
export const cumsum: ScanFunction = scanned('cumsum', anything, (x, dim) =>
  apply(cumsumOp, [x], { dim, reverse: false }),
);
/** The running product along a dim: out[i] = x[0] ... x[i]. int32 and bool give int32. Its derivatives are exact where factors are 0, too. */
export const cumprod: ScanFunction = scanned('cumprod', anything, (x, dim) =>
  apply(cumprodOp, [x], { dim, reverse: false }),
);
/** ln of the running sum of e**x along a dim, without overflow. float32 or float64. */
export const logcumsumexp: ScanFunction = scanned(
  'logcumsumexp',
  x => requireFloating('logcumsumexp', x),
  (x, dim) => apply(logcumsumexpOp, [x], dim),
);

export type CumulativeExtremumFunction = <S extends Shape>(x: Tensor<S>, dim: number) => Extrema<S>;
export type CumulativeExtremumMethod = <S extends Shape>(this: Tensor<S>, dim: number) => Extrema<S>;

function cumulativeExtremum(name: 'cummax' | 'cummin', kernel: 'max' | 'min'): CumulativeExtremumFunction {
  /** Outputs: the values, and where each was found. */
  const op: Primitive<number> = {
    name,
    savesInput: savesNothing,
    savesOutput: true,
    vjp: (g, n) => [addedUp(n.inputShape(0), n.attributes, n.output(1), g)],
    forward: () => {
      throw new TypeError(`${name} has two outputs: the function below runs it`);
    },
  };
  return spanned(name, (x: Tensor, dim: number): Extrema => {
    requireTensor(name, x);
    const d = normalizeDim(name, dim, x.ndim);
    const from: Tensor = x.ndim === 0 ? reshapeTo(x, [1]) : x;
    const values = rawLike(from);
    const indices = raw(from.shape, 'int32') as Tensor;
    kernels().scan(kernel, from, d, false, values, indices);
    record(op, [from], d, [values, indices]);
    return x.ndim === 0
      ? { values: reshapeTo(values, []), indices: reshapeTo(indices, []) }
      : { values, indices };
  }) as CumulativeExtremumFunction;
}

/**
 * The largest element so far along a dim, and where it is (int32): of equals the last one, which alone receives the gradient. From the first NaN
 * on, NaN.
 */
export const cummax: CumulativeExtremumFunction = cumulativeExtremum('cummax', 'max');
/**
 * The smallest element so far along a dim, and where it is (int32): of equals the last one, which alone receives the gradient. From the first NaN
 * on, NaN.
 */
export const cummin: CumulativeExtremumFunction = cumulativeExtremum('cummin', 'min');
