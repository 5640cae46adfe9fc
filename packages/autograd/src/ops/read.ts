import { kernels, type TypedArray } from '@fluxion/kernels';
import { ShapeError, showShape } from '../errors.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';

/** Numbers (or booleans) nested as deep as the tensor has dims. */
type Nested = number | boolean | Nested[];

/** The value of a tensor with one element: a number, or 0 and 1 for bool. */
export function item(t: Tensor): number {
  if (t.size !== 1)
    throw new ShapeError(
      `item: a tensor of shape ${showShape(t.shape)} has ${t.size} elements; item reads tensors with one. Use toArray, or select an element.`,
    );
  return kernels().read(t)[0];
}

/** A copy of the elements in C order. */
export function toTypedArray(t: Tensor): TypedArray {
  return kernels().read(t);
}

/** The elements in nested arrays; a number for a scalar. */
export function toArray<S extends Shape>(t: Tensor<S>): NestedNumbers<S> {
  const values = kernels().read(t);
  const bool = t.dtype === 'bool';
  let at = 0;
  const build = (dim: number): Nested => {
    if (dim === t.shape.length) {
      const v = values[at++];
      return bool ? v !== 0 : v;
    }
    return Array.from({ length: t.shape[dim] }, () => build(dim + 1));
  };
  return build(0) as NestedNumbers<S>;
}

/** The type of `toArray`, by the rank of the shape. */
export type NestedNumbers<S extends Shape> = number extends S['length']
  ? NestedNumber
  : S extends readonly []
    ? number
    : S extends readonly [number, ...infer R extends Shape]
      ? NestedNumbers<R>[]
      : NestedNumber;

export type NestedNumber = number | NestedNumber[];
