import { type DType, kernels, type Storage } from '@fluxion/kernels';
import { allocate } from '../graph/region.js';
import { contiguousStrides, numel } from './shape.js';
import type { Shape } from './shapeTypes.js';
import { Tensor } from './tensor.js';

/** A contiguous tensor with undefined contents, for a kernel to fill. */
export function raw<S extends Shape>(shape: S, dtype: DType): Tensor<S> {
  return new Tensor(allocate(dtype, numel(shape)), 0, shape, contiguousStrides(shape));
}

/** Like `raw`, with shape and dtype of a tensor whose strides are reused when they are those of C order. */
export function rawLike<S extends Shape>(t: Tensor<S>, dtype: DType = t.dtype): Tensor<S> {
  const strides = t.contiguous ? t.strides : contiguousStrides(t.shape);
  return new Tensor(allocate(dtype, numel(t.shape)), 0, t.shape, strides);
}

/** Another look at the same elements. */
export function view<S extends Shape>(
  t: { readonly storage: Storage },
  offset: number,
  shape: S,
  strides: readonly number[],
): Tensor<S> {
  return new Tensor(t.storage, offset, shape, strides);
}

/** The tensor itself when contiguous, else a contiguous copy; unrecorded. */
export function contiguousCopy(t: Tensor): Tensor {
  const out = raw(t.shape, t.dtype);
  kernels().copy(t, out);
  return out;
}
