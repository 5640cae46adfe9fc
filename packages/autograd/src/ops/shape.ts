import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { raw, view } from '../tensor/raw.js';
import {
  checkShape,
  contiguousStrides,
  normalizeDim,
  normalizeDims,
  numel,
  sameShape,
} from '../tensor/shape.js';
import type {
  Cat,
  CatFits,
  Expand,
  ExpandFits,
  Flatten,
  Permute,
  Reshape,
  ReshapeFits,
  Select,
  Shape,
  ShapesOf,
  Slice,
  Squeeze,
  Stack,
  StackFits,
  Transpose,
  Unsqueeze,
} from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from './define.js';

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
function viewStrides(x: Tensor, shape: readonly number[]): number[] | null {
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

const permuteOp: Primitive<readonly number[]> = {
  name: 'permute',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const back = new Array<number>(n.attributes.length);
    n.attributes.forEach((d, i) => {
      back[d] = i;
    });
    return [apply(permuteOp, [g], back)];
  },
  forward: (inputs, dims) => {
    const x = inputs[0] as Tensor;
    return view(
      x,
      x.offset,
      dims.map(d => x.shape[d]),
      dims.map(d => x.strides[d]),
    );
  },
};

/** The dims in another order; shares memory. */
export function permute<S extends Shape, const P extends readonly number[]>(
  x: Tensor<S>,
  dims: P,
): Tensor<Permute<S, P>> {
  if (!Array.isArray(dims))
    throw new ArgumentError(
      `permute: expected the dims in their new order, such as [1, 0], got ${show(dims)}.`,
    );
  const order = dims.map(d => normalizeDim('permute', d, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== order.length)
    throw new IndexError(
      `permute: expected each of the ${x.ndim} dims of shape ${showShape(x.shape)} once, got ${showShape(dims)}.`,
    );
  return apply(permuteOp, [x], order) as Tensor<Permute<S, P>>;
}

/** Two dims swapped; shares memory. */
export function transpose<S extends Shape, const D0 extends number, const D1 extends number>(
  x: Tensor<S>,
  dim0: D0,
  dim1: D1,
): Tensor<Transpose<S, D0, D1>> {
  const a = normalizeDim('transpose', dim0, x.ndim);
  const b = normalizeDim('transpose', dim1, x.ndim);
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return apply(permuteOp, [x], order) as unknown as Tensor<Transpose<S, D0, D1>>;
}

const expandOp: Primitive<readonly number[]> = {
  name: 'expand',
  savesInput: savesNothing,
  // The engine sums what was broadcast.
  vjp: g => [g],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const lead = shape.length - x.ndim;
    const strides = shape.map((size, i) =>
      i < lead || x.shape[i - lead] !== size ? 0 : x.strides[i - lead],
    );
    return view(x, x.offset, shape, strides);
  },
};

/** Dims of size 1, and new leading dims, repeated to the given sizes without copying; -1 keeps a size. */
export function expand<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ExpandFits<S, T>,
): Tensor<Expand<S, T>>;
export function expand(x: Tensor, shape: Shape): Tensor {
  if (!Array.isArray(shape)) checkShape('expand', shape);
  const lead = shape.length - x.ndim;
  const target = shape.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead] : size));
  checkShape('expand', target);
  for (let i = 0; i < x.ndim; i++)
    if (lead < 0 || (x.shape[i] !== 1 && x.shape[i] !== target[lead + i]))
      throw new ShapeError(
        `expand: shape ${showShape(x.shape)} does not expand to ${showShape(shape)}: only dims of size 1 and new leading dims can grow.`,
      );
  return apply(expandOp, [x], target);
}

/** Without the dims of size 1, or without those named (which stay when their size is not 1); shares memory. */
export function squeeze<S extends Shape, const D extends number | undefined = undefined>(
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

interface Cut {
  readonly dim: number;
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

function cut(x: Tensor, { dim, start, size, step }: Cut): Tensor {
  const shape = x.shape.slice();
  const strides = x.strides.slice();
  shape[dim] = size;
  strides[dim] = x.strides[dim] * step;
  return view(x, x.offset + start * x.strides[dim], shape, strides);
}

const sliceOp: Primitive<Cut> = {
  name: 'slice',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(unsliceOp, [g], { ...n.attributes, shape: n.inputShapes[0] })],
  forward: (inputs, attributes) => cut(inputs[0] as Tensor, attributes),
};

/** Zeros with the input written where a slice was taken: the adjoint of slice. */
const unsliceOp: Primitive<Cut & { readonly shape: readonly number[] }> = {
  name: 'unslice',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(sliceOp, [g], n.attributes)],
  forward: (inputs, attributes) => {
    const x = inputs[0] as Tensor;
    const out = raw(attributes.shape, x.dtype);
    kernels().fill(out, 0);
    kernels().copy(x, cut(out, attributes));
    return out;
  },
};

export interface SliceOptions {
  /** First index; negative ones count from the end. Default 0. */
  readonly start?: number;
  /** Index after the last one; negative ones count from the end. Default: the size. */
  readonly end?: number;
  /** Distance between indices, a whole number from 1. Default 1. */
  readonly step?: number;
}

/** A range of one dim; shares memory. Ends outside the tensor are moved to its border, as in Python. */
export function slice<S extends Shape, const D extends number>(
  x: Tensor<S>,
  dim: D,
  options: SliceOptions = {},
): Tensor<Slice<S, D>> {
  const d = normalizeDim('slice', dim, x.ndim);
  if (x.ndim === 0) throw new IndexError('slice: a scalar has no dim to slice.');
  const { start = 0, end = x.shape[d], step = 1 } = options;
  for (const [name, value] of Object.entries({ start, end, step }))
    if (!Number.isInteger(value))
      throw new IndexError(`slice: ${name} is ${show(value)}; expected a whole number.`);
  if (step < 1) throw new ArgumentError(`slice: step is ${step}; expected a whole number from 1.`);
  const border = (i: number): number => Math.min(Math.max(i < 0 ? i + x.shape[d] : i, 0), x.shape[d]);
  const from = border(start);
  const size = Math.max(Math.ceil((border(end) - from) / step), 0);
  return apply(sliceOp, [x], { dim: d, start: from, size, step }) as unknown as Tensor<Slice<S, D>>;
}

/** One index of one dim, which goes away; shares memory. */
export function select<S extends Shape, const D extends number>(
  x: Tensor<S>,
  dim: D,
  index: number,
): Tensor<Select<S, D>> {
  if (x.ndim === 0) throw new IndexError('select: a scalar has no dim to select from.');
  const d = normalizeDim('select', dim, x.ndim);
  const size = x.shape[d];
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new IndexError(
      `select: index ${show(index)} is outside dim ${d} of shape ${showShape(x.shape)}: expected a whole number from ${-size} to ${size - 1}.`,
    );
  const start = index < 0 ? index + size : index;
  const one = apply(sliceOp, [x], { dim: d, start, size: 1, step: 1 });
  return reshapeTo(one, [...x.shape.slice(0, d), ...x.shape.slice(d + 1)]) as Tensor<Select<S, D>>;
}

/** Pieces along a dim: of `size` each (the last may be smaller), or of the listed sizes. Share memory. */
export function split<S extends Shape, const D extends number = 0>(
  x: Tensor<S>,
  sizes: number | readonly number[],
  dim?: D,
): Tensor<Slice<S, D>>[] {
  const d = normalizeDim('split', dim ?? 0, x.ndim);
  if (x.ndim === 0) throw new IndexError('split: a scalar has no dim to split.');
  const total = x.shape[d];
  let list: readonly number[];
  if (typeof sizes === 'number') {
    if (!Number.isInteger(sizes) || sizes < 1)
      throw new ArgumentError(
        `split: the size of a piece is ${show(sizes)}; expected a whole number from 1.`,
      );
    list = Array.from({ length: Math.max(Math.ceil(total / sizes), 1) }, (_, i) =>
      Math.min(sizes, total - i * sizes),
    );
  } else {
    checkShape('split', sizes);
    list = sizes;
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sum !== total)
      throw new ShapeError(
        `split: sizes ${showShape(sizes)} add up to ${sum}, but dim ${d} of ${showShape(x.shape)} has ${total}.`,
      );
  }
  let start = 0;
  return list.map(size => {
    const piece = apply(sliceOp, [x], { dim: d, start, size, step: 1 });
    start += size;
    return piece as unknown as Tensor<Slice<S, D>>;
  });
}

const catOp: Primitive<number> = {
  name: 'cat',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const dim = n.attributes;
    let start = 0;
    return n.inputShapes.map((shape, i) => {
      const piece = n.needs(i) ? apply(sliceOp, [g], { dim, start, size: shape[dim], step: 1 }) : null;
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

/** Throws unless it is a list of tensors, at least one, of one dtype. */
function checkList(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors))
    throw new ArgumentError(`${op}: expected a list of tensors, got ${show(tensors)}. Write ${op}([a, b]).`);
  if (tensors.length === 0)
    throw new ArgumentError(`${op}: expected at least one tensor, got an empty list.`);
  tensors.forEach((t: unknown, i) => {
    if (!(t instanceof Tensor))
      throw new ArgumentError(`${op}: entry ${i} of the list is ${show(t)}; expected a tensor.`);
    if (t.dtype !== tensors[0].dtype)
      throw new DTypeError(
        `${op}: tensor 0 is ${tensors[0].dtype} and tensor ${i} is ${t.dtype}; they must be the same. Convert with to().`,
      );
  });
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
  tensors.forEach((t, i) => {
    if (t.ndim !== first.ndim || t.shape.some((size, j) => j !== d && size !== first.shape[j]))
      throw new ShapeError(
        `cat: tensor ${i} has shape ${showShape(t.shape)}, tensor 0 has ${showShape(first.shape)}: all sizes but that of dim ${d} must be equal.`,
      );
  });
  return apply(catOp, tensors, d);
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
  return cat(
    tensors.map(t => unsqueeze(t as Tensor, d) as Tensor),
    d,
  );
}
