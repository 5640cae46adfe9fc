import { kernels } from '@fluxion/kernels';
import { ShapeError, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { normalizeDim, sameShape } from '../../tensor/shape.js';
import type { Cat, CatFits, ShapesOf, Stack, StackFits } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';
import { cut, sliceOf } from './cut.js';
import { checkList } from './list.js';
import { unsqueeze } from './reshape.js';

const catOp: Primitive<number> = {
  name: 'cat',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const dim = n.attributes;
    let start = 0;
    return n.inputShapes.map((shape, i) => {
      const piece = n.needs(i) ? sliceOf(g, dim, start, shape[dim]) : null;
      start += shape[dim];
      return piece;
    });
  },
  forward: (inputs, dim) => {
    const list = inputs as readonly Tensor[];
    const shape = list[0].shape.slice();
    shape[dim] = list.reduce((sum, t) => sum + t.shape[dim], 0);
    const out = raw(shape, list[0].dtype);
    let start = 0;
    for (const t of list) {
      kernels().copy(t, cut(out, { dim, start, size: t.shape[dim], step: 1 }));
      start += t.shape[dim];
    }
    return out;
  },
};

/** Tensors joined along a dim; throws, in the name of `op`, where another size differs. */
export function joined(op: string, tensors: readonly Tensor[], dim: number): Tensor {
  const first = tensors[0];
  tensors.forEach((t, i) => {
    if (t.ndim !== first.ndim || t.shape.some((size, j) => j !== dim && size !== first.shape[j]))
      throw new ShapeError(
        `${op}: tensor ${i} has shape ${showShape(t.shape)}, tensor 0 has ${showShape(first.shape)}: all sizes but that of dim ${dim} must be equal.`,
      );
  });
  return apply(catOp, tensors, dim);
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
