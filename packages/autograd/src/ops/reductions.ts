import { ShapeError, showShape } from '../errors.js';
import { normalizeDims } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, eq, ne, where } from './binary.js';
import { composite, requireFloating, requireTensor, withoutDerivative } from './define.js';
import {
  amax,
  amin,
  type Dims,
  type Extremes,
  finish,
  mean,
  type ReduceFunction,
  type ReduceMethod,
  type ReduceOptions,
  reduceKernel,
  std,
  sum,
  type VarOptions,
  variance,
} from './reduce.js';
import { to } from './unary.js';

export type MomentsFunction = ReduceFunction<'moments', VarOptions>;
export type MomentsMethod = ReduceMethod<'moments', VarOptions>;

function moments(name: string, spread: typeof variance): MomentsFunction {
  return composite(name, (x: Tensor, dim?: Dims, options?: VarOptions) => {
    requireFloating(name, x);
    const dims = normalizeDims(name, dim, x.ndim);
    return [spread(x, dims, options), mean(x, dims, options)] as readonly Tensor[];
  }) as never;
}

/** `[var, mean]` over the dims (default: all); see `var`. */
export const varMean: MomentsFunction = moments('varMean', variance);
/** `[std, mean]` over the dims (default: all); see `std`. */
export const stdMean: MomentsFunction = moments('stdMean', std);

/** A reduction of whether elements are other than 0 (NaN is). */
function truth(name: string, kernel: 'any' | 'all' | 'sum', why: string): ReduceFunction {
  const run = withoutDerivative<readonly number[]>(name, why, ([x], dims) =>
    reduceKernel(kernel, to(x as Tensor, 'bool'), dims, kernel === 'sum' ? 'int32' : 'bool'),
  );
  return (x, dim, options) => {
    requireTensor(name, x);
    const dims = normalizeDims(name, dim, x.ndim);
    return finish(run([x], dims), dims, options?.keepdim) as never;
  };
}

/** bool: whether an element over the dims (default: all) is other than 0; NaN is. false for nothing. */
export const any: ReduceFunction = truth('any', 'any', 'its output is bool');
/** bool: whether all elements over the dims (default: all) are other than 0; NaN is. true for nothing. */
export const all: ReduceFunction = truth('all', 'all', 'its output is bool');
/** int32: how many elements over the dims (default: all) are other than 0; NaN is. */
export const countNonzero: ReduceFunction = truth('countNonzero', 'sum', 'a count moves in jumps');

const isFloating = (x: Tensor): boolean => x.dtype === 'float32' || x.dtype === 'float64';

/** The sum over the dims (default: all) of what is no NaN; 0 for nothing. int32 and bool give int32. */
export const nansum: ReduceFunction = composite(
  'nansum',
  (x: Tensor, dim?: Dims, options?: ReduceOptions) => {
    const dims = normalizeDims('nansum', dim, x.ndim);
    const numbers = isFloating(x) ? (where(ne(x, x) as Tensor, 0, x) as Tensor) : x;
    return sum(numbers, dims, options) as Tensor;
  },
) as ReduceFunction;

/** The mean over the dims (default: all) of what is no NaN; NaN for nothing. float32 or float64. */
export const nanmean: ReduceFunction = composite(
  'nanmean',
  (x: Tensor, dim?: Dims, options?: ReduceOptions) => {
    requireFloating('nanmean', x);
    const dims = normalizeDims('nanmean', dim, x.ndim);
    const number = eq(x, x) as Tensor;
    const total = sum(where(number, x, 0) as Tensor, dims, options) as Tensor;
    return div(total, to(sum(number, dims, options) as Tensor, x.dtype)) as Tensor;
  },
) as ReduceFunction;

export type AminmaxFunction = ReduceFunction<'extremes'>;
export type AminmaxMethod = ReduceMethod<'extremes'>;

/** `{ min, max }` over the dims (default: all), NaN if an element is; ties share the gradient evenly, as in `amin` and `amax`. */
export const aminmax: AminmaxFunction = ((x: Tensor, dim?: Dims, options?: ReduceOptions): Extremes => {
  requireTensor('aminmax', x);
  const dims = normalizeDims('aminmax', dim, x.ndim);
  for (const d of dims)
    if (x.shape[d] === 0)
      throw new ShapeError(
        `aminmax: dim ${d} of shape ${showShape(x.shape)} is empty, and nothing has no extremes.`,
      );
  return { min: amin(x, dims, options) as Tensor, max: amax(x, dims, options) as Tensor };
}) as AminmaxFunction;
