import { normalizeDim } from '../../tensor/shape.js';
import type { Reduce, Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { requireTensor } from '../define.js';
import { gather } from '../indexing.js';
import { type ArgReduceFunction, amax, amin, argmax, argmin, type ReduceOptions } from '../reduce.js';
import { reshapeTo, squeeze } from '../shape.js';

/** Values and, for one dim, where they were found (int32, the first of equals). */
export interface Extrema<S extends Shape = Shape> {
  readonly values: Tensor<S>;
  readonly indices: Tensor<S>;
}

export interface ExtremumFunction {
  <S extends Shape>(x: Tensor<S>): Tensor<[]>;
  <S extends Shape, const D extends number, const K extends boolean = false>(
    x: Tensor<S>,
    dim: D,
    options?: ReduceOptions<K>,
  ): Extrema<Reduce<S, D, K>>;
}

export interface ExtremumMethod {
  <S extends Shape>(this: Tensor<S>): Tensor<[]>;
  <S extends Shape, const D extends number, const K extends boolean = false>(
    this: Tensor<S>,
    dim: D,
    options?: ReduceOptions<K>,
  ): Extrema<Reduce<S, D, K>>;
}

function extremum(name: string, whole: (x: Tensor) => unknown, arg: ArgReduceFunction): ExtremumFunction {
  return ((x: Tensor, dim?: number, options?: ReduceOptions) => {
    requireTensor(name, x);
    if (dim === undefined) return whole(x);
    const d = normalizeDim(name, dim, x.ndim);
    const indices = arg(x, d, { keepdim: true }) as Tensor;
    // Through the index, so that the gradient reaches the first of equals alone.
    const values = x.ndim === 0 ? reshapeTo(x, []) : gather(x, d, indices);
    if (options?.keepdim === true || x.ndim === 0) return { values, indices };
    return { values: squeeze(values, d), indices: squeeze(indices, d) };
  }) as ExtremumFunction;
}

/** Without a dim the largest element (ties share the gradient); with one `{ values, indices }`, the gradient going to the first of equals. */
export const max: ExtremumFunction = extremum('max', x => amax(x), argmax);
/** Without a dim the smallest element (ties share the gradient); with one `{ values, indices }`, the gradient going to the first of equals. */
export const min: ExtremumFunction = extremum('min', x => amin(x), argmin);
