import { ShapeError, showShape } from '../../errors.js';
import { normalizeDim, sameShape } from '../../tensor/shape.js';
import type { Cat, CatFits, ShapesOf, Stack, StackFits } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { join } from './adjacent.js';
import { checkList } from './list.js';
import { unsqueeze } from './reshape.js';

/** Tensors joined along a dim; throws, in the name of `op`, where another size differs. */
export function joined(op: string, tensors: readonly Tensor[], dim: number): Tensor {
  const first = tensors[0];
  tensors.forEach((t, i) => {
    if (t.ndim !== first.ndim || t.shape.some((size, j) => j !== dim && size !== first.shape[j]))
      throw new ShapeError(
        `${op}: tensor ${i} has shape ${showShape(t.shape)}, tensor 0 has ${showShape(first.shape)}: all sizes but that of dim ${dim} must be equal.`,
      );
  });
  return join(tensors, dim);
}

/** Tensors joined along a dim; all other sizes must be equal. */
export function cat<const T extends readonly Tensor[], const D extends number = 0>(
  tensors: T & CatFits<ShapesOf<T>, D>,
  dim?: D,
): Tensor<Cat<ShapesOf<T>, D>>;
export function cat(tensors: readonly Tensor[], dim?: number): Tensor {
  checkList('cat', tensors);
  const first = tensors[0];
  if (first.ndim === 0)
    throw new ShapeError('cat: scalars cannot be joined along a dim. Use stack, which makes a new one.');
  const d = normalizeDim('cat', dim ?? 0, first.ndim);
  return joined('cat', tensors, d);
}

/** Tensors of one shape joined along a new dim. */
export function stack<const T extends readonly Tensor[], const D extends number = 0>(
  tensors: T & StackFits<ShapesOf<T>>,
  dim?: D,
): Tensor<Stack<ShapesOf<T>, D>>;
export function stack(tensors: readonly Tensor[], dim?: number): Tensor {
  checkList('stack', tensors);
  const first = tensors[0];
  const d = normalizeDim('stack', dim ?? 0, first.ndim + 1);
  tensors.forEach((t, i) => {
    if (!sameShape(t.shape, first.shape))
      throw new ShapeError(
        `stack: tensor ${i} has shape ${showShape(t.shape)}, tensor 0 has ${showShape(first.shape)}: all must be the same.`,
      );
  });
  return joined(
    'stack',
    tensors.map(t => unsqueeze(t as Tensor, d) as Tensor),
    d,
  );
}
