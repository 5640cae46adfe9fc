import { kernels } from '@fluxion/kernels';
import { IndexError, ShapeError, showShape } from '../../errors.js';
import { raw, view } from '../../tensor/raw.js';
import {
  checkShape,
  contiguousStrides,
  normalizeDim,
  normalizeDims,
  numel,
  sameShape,
} from '../../tensor/shape.js';
import type { Flatten, Reshape, ReshapeFits, Shape, Squeeze, Unsqueeze } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';

const reshapeOp: Primitive<readonly number[]> = {
  name: 'reshape',
  savesInput: savesNothing,
  vjp: (g, n) => [reshape(g, n.inputShapes[0])],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const strides = viewStrides(x, shape);
    if (strides !== null) return view(x, x.offset, shape, strides);
    const out = raw(shape, x.dtype);
    // The copy goes through the old shape; the elements are the same ones in the same order.
    kernels().copy(x, view(out, 0, x.shape, contiguousStrides(x.shape)));
    return out;
  },
};

/** Strides that show the elements in another shape without copying; null where there are none. */
export function viewStrides(x: Tensor, shape: readonly number[]): number[] | null {
  if (x.contiguous) return contiguousStrides(shape);
  // Runs of dims that lie in one another without gaps can be cut anew; each new dim must lie inside one run.
  const strides = new Array<number>(shape.length).fill(0);
  let from = x.shape.length - 1;
  let to = shape.length - 1;
  while (from >= 0) {
    let runSize = x.shape[from];
    const runStride = x.strides[from];
    while (from > 0 && (x.shape[from - 1] === 1 || x.strides[from - 1] === runStride * runSize))
      runSize *= x.shape[--from];
    let step = runStride;
    let left = runSize;
    while (to >= 0 && left > 1 && left % shape[to] === 0) {
      strides[to] = step;
      step *= shape[to];
      left /= shape[to--];
    }
    if (left !== 1) return null;
    from--;
  }
  while (to >= 0) {
    if (shape[to] !== 1) return null;
    to--;
  }
  return strides;
}

/**
 * The same elements in C order in another shape; one size may be -1 and is worked out. Shares memory where the strides allow it,
 * else copies.
 */
export function reshape<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ReshapeFits<S, T>,
): Tensor<Reshape<S, T>> {
  const target = inferSize('reshape', x.shape, shape as Shape);
  return apply(reshapeOp, [x], target) as unknown as Tensor<Reshape<S, T>>;
}

/** The shape asked for with its -1 worked out; throws unless it has as many elements as `from`. */
export function inferSize(op: string, from: readonly number[], shape: readonly number[]): readonly number[] {
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

/** Without the dims of size 1, or without those named (which stay when their size is not 1); shares memory. */
export function squeeze<S extends Shape, const D extends number | readonly number[] | undefined = undefined>(
  x: Tensor<S>,
  dim?: D,
): Tensor<Squeeze<S, D>> {
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
  const at = normalizeDim('unsqueeze', dim, x.ndim + 1);
  return reshapeTo(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]) as Tensor<Unsqueeze<S, D>>;
}

/** The dims from `start` to `end` (inclusive) made one. */
export function flatten<S extends Shape, const A extends number = 0, const B extends number = -1>(
  x: Tensor<S>,
  start?: A,
  end?: B,
): Tensor<Flatten<S, A, B>> {
  const from = normalizeDim('flatten', start ?? 0, x.ndim);
  const to = normalizeDim('flatten', end ?? -1, x.ndim);
  if (from > to) throw new IndexError(`flatten: start dim ${from} comes after end dim ${to}.`);
  const shape = [...x.shape.slice(0, from), numel(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)];
  return reshapeTo(x, shape) as Tensor<Flatten<S, A, B>>;
}

/** Reshape for shapes that are known to fit. */
export function reshapeTo(x: Tensor, shape: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], shape);
}
