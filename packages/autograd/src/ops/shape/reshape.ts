import { kernels } from '@fluxion/kernels';
import { IndexError, ShapeError, showShape } from '../../errors.js';
import { raw, view as viewOf } from '../../tensor/raw.js';
import {
  checkShape,
  contiguousStrides,
  normalizeDim,
  normalizeDims,
  numel,
  sameShape,
  viewStrides,
} from '../../tensor/shape.js';
import type { AtLeast1, AtLeast2, AtLeast3, Ravel, Unflatten } from '../../tensor/shapeTypes/moves.js';
import type { Flatten, Reshape, ReshapeFits, Shape, Squeeze, Unsqueeze } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';

const reshapeOp: Primitive<readonly number[]> = {
  name: 'reshape',
  savesInput: savesNothing,
  vjp: (g, n) => [reshapeTo(g, n.inputShape(0))],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const strides = viewStrides(x, shape);
    if (strides !== null) return viewOf(x, x.offset, shape, strides);
    const out = raw(shape, x.dtype);
    // The copy goes through the old shape; the elements are the same ones in the same order.
    kernels().copy(x, viewOf(out, 0, x.shape, contiguousStrides(x.shape)));
    return out;
  },
};

/** Reshape for shapes that are known to fit. */
export function reshapeTo(x: Tensor, shape: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], shape);
}

/** The shape asked for, its -1 worked out; throws unless it has as many elements as `from`. */
function inferSize(op: string, from: readonly number[], shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape)) checkShape(op, shape);
  const hole = shape.indexOf(-1);
  const size = numel(from);
  if (hole < 0) {
    checkShape(op, shape);
    if (numel(shape) !== size)
      throw new ShapeError(
        `${op}: shape ${showShape(from)} has ${size} elements, ${showShape(shape)} has ${numel(shape)}. Both must have the same number.`,
      );
    return shape;
  }
  const rest = shape.filter((_, i) => i !== hole);
  checkShape(op, rest);
  const known = numel(rest);
  if (known === 0 || size % known !== 0)
    throw new ShapeError(
      `${op}: cannot work out the -1 in ${showShape(shape)}: ${size} elements of shape ${showShape(from)} do not divide by ${known}.`,
    );
  return shape.map((n, i) => (i === hole ? size / known : n));
}

/**
 * The same elements in C order in another shape; one size may be -1 and is worked out. Shares memory where the strides allow it,
 * else copies.
 */
export function reshape<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ReshapeFits<S, T>,
): Tensor<Reshape<S, T>> {
  requireTensor('reshape', x);
  const target = inferSize('reshape', x.shape, shape as Shape);
  return apply(reshapeOp, [x], target) as unknown as Tensor<Reshape<S, T>>;
}

/** Reshaped to the shape of another tensor. */
export function reshapeAs<S extends Shape, T extends Shape>(
  x: Tensor<S>,
  other: Tensor<T> & ReshapeFits<S, T>,
): Tensor<T>;
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('reshapeAs', x);
  return apply(reshapeOp, [x], inferSize('reshapeAs', x.shape, other.shape));
}

function viewed(op: string, x: Tensor, shape: readonly number[]): Tensor {
  const target = inferSize(op, x.shape, shape);
  if (viewStrides(x, target) === null)
    throw new ShapeError(
      `${op}: a tensor of shape ${showShape(x.shape)} with strides ${showShape(x.strides)} cannot be seen as ${showShape(target)} without a copy. ` +
        'Use reshape, which copies where it must.',
    );
  return apply(reshapeOp, [x], target);
}

/** Like `reshape`, but sure to share memory: a ShapeError where that takes a copy. */
export function view<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ReshapeFits<S, T>,
): Tensor<Reshape<S, T>> {
  requireTensor('view', x);
  return viewed('view', x, shape as Shape) as unknown as Tensor<Reshape<S, T>>;
}

/** Seen in the shape of another tensor; a ShapeError where that takes a copy. */
export function viewAs<S extends Shape, T extends Shape>(
  x: Tensor<S>,
  other: Tensor<T> & ReshapeFits<S, T>,
): Tensor<T>;
export function viewAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('viewAs', x);
  return viewed('viewAs', x, other.shape);
}

/** Without the dims of size 1, or without those named (which stay when their size is not 1); shares memory. */
export function squeeze<S extends Shape, const D extends number | readonly number[] | undefined = undefined>(
  x: Tensor<S>,
  dim?: D,
): Tensor<Squeeze<S, D>> {
  requireTensor('squeeze', x);
  const dims = normalizeDims('squeeze', dim, x.ndim);
  return reshapeTo(
    x,
    x.shape.filter((size, i) => size !== 1 || !dims.includes(i)),
  ) as Tensor<Squeeze<S, D>>;
}

/** With a new dim of size 1 at the position; shares memory. */
export function unsqueeze<S extends Shape, const D extends number>(
  x: Tensor<S>,
  dim: D,
): Tensor<Unsqueeze<S, D>> {
  requireTensor('unsqueeze', x);
  const at = normalizeDim('unsqueeze', dim, x.ndim + 1);
  return reshapeTo(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]) as Tensor<Unsqueeze<S, D>>;
}

/** The dims from `start` to `end` (inclusive) made one. */
export function flatten<S extends Shape, const A extends number = 0, const B extends number = -1>(
  x: Tensor<S>,
  start?: A,
  end?: B,
): Tensor<Flatten<S, A, B>> {
  requireTensor('flatten', x);
  const from = normalizeDim('flatten', start ?? 0, x.ndim);
  const to = normalizeDim('flatten', end ?? -1, x.ndim);
  if (from > to) throw new IndexError(`flatten: start dim ${from} comes after end dim ${to}.`);
  const shape = [...x.shape.slice(0, from), numel(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)];
  return reshapeTo(x, shape) as Tensor<Flatten<S, A, B>>;
}

/** One dim made several, of the given sizes; one of them may be -1 and is worked out. The inverse of `flatten`. */
export function unflatten<S extends Shape, const D extends number, const N extends Shape>(
  x: Tensor<S>,
  dim: D,
  sizes: N,
): Tensor<Unflatten<S, D, N>> {
  requireTensor('unflatten', x);
  if (x.ndim === 0) throw new IndexError('unflatten: a scalar has no dim to unflatten. Use reshape.');
  const d = normalizeDim('unflatten', dim, x.ndim);
  const parts = inferSize('unflatten', [x.shape[d]], sizes);
  return reshapeTo(x, [...x.shape.slice(0, d), ...parts, ...x.shape.slice(d + 1)]) as Tensor<
    Unflatten<S, D, N>
  >;
}

/** All elements in one dim, in C order; shares memory where the strides allow it. */
export function ravel<S extends Shape>(x: Tensor<S>): Tensor<Ravel<S>> {
  requireTensor('ravel', x);
  return reshapeTo(x, [x.size]) as Tensor<Ravel<S>>;
}

/** A scalar as [1]; all else as it is. */
export function atleast1d<S extends Shape>(x: Tensor<S>): Tensor<AtLeast1<S>> {
  requireTensor('atleast1d', x);
  return (x.ndim === 0 ? reshapeTo(x, [1]) : x) as Tensor<AtLeast1<S>>;
}

/** A scalar as [1, 1], a vector as a row [1, n]; all else as it is. Shares memory. */
export function atleast2d<S extends Shape>(x: Tensor<S>): Tensor<AtLeast2<S>> {
  requireTensor('atleast2d', x);
  return (x.ndim < 2 ? reshapeTo(x, [1, x.size]) : x) as Tensor<AtLeast2<S>>;
}

/** A scalar as [1, 1, 1], a vector as [1, n, 1], a matrix as [m, n, 1]; all else as it is. Shares memory. */
export function atleast3d<S extends Shape>(x: Tensor<S>): Tensor<AtLeast3<S>> {
  requireTensor('atleast3d', x);
  const shape = x.ndim < 2 ? [1, x.size, 1] : [...x.shape, 1];
  return (x.ndim < 3 ? reshapeTo(x, shape) : x) as Tensor<AtLeast3<S>>;
}
