import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { raw, rawLike } from '../tensor/raw.js';
import { normalizeDim } from '../tensor/shape.js';
import type { IndexSelect, OneHot, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { eq } from './binary.js';
import { apply, composite, type Primitive, savesNothing } from './define.js';
import { expand, reshapeTo, unsqueeze } from './shape.js';
import { to } from './unary.js';

function requireIndex(op: string, index: Tensor): void {
  if (index.dtype !== 'int32')
    throw new DTypeError(
      `${op}: expected an int32 index, got ${index.dtype}. Convert it: index.to('int32').`,
    );
}

/** The error for what a kernel reported as the position of the first bad index. */
function indexError(op: string, index: Tensor, position: number, size: number): IndexError {
  const value = kernels().read(index)[position];
  return new IndexError(
    `${op}: index ${value} (position ${position} of an index of shape ${showShape(index.shape)}) is outside the dim: expected 0 to ${size - 1}.`,
  );
}

function requireGatherShapes(op: string, x: Tensor, dim: number, index: Tensor): void {
  if (index.ndim !== x.ndim || index.shape.some((size, i) => i !== dim && size > x.shape[i]))
    throw new ShapeError(
      `${op}: an index of shape ${showShape(index.shape)} does not fit shape ${showShape(x.shape)}: the same number of dims is needed, and no size ` +
        `larger, but for dim ${dim}.`,
    );
}

/** Whether one of the two is a scalar and the other at most a vector: a scalar then counts as a vector of one element. */
function oneOfAScalar(a: Tensor, b: Tensor): boolean {
  return (a.ndim === 0 && b.ndim <= 1) || (b.ndim === 0 && a.ndim === 1);
}

function asVector(x: Tensor): Tensor {
  return x.ndim === 0 ? reshapeTo(x, [1]) : x;
}

/** The input cut to the index's sizes in all dims but `dim`: what the kernels expect. */
function window(
  x: Tensor,
  dim: number,
  index: Tensor,
): { storage: Tensor['storage']; offset: number; shape: number[]; strides: readonly number[] } {
  return {
    storage: x.storage,
    offset: x.offset,
    shape: x.shape.map((size, i) => (i === dim ? size : index.shape[i])),
    strides: x.strides,
  };
}

const gatherOp: Primitive<number> = {
  name: 'gather',
  savesInput: i => i === 1,
  vjp: (g, n) => [apply(scatterAddOp, [zeros(n.inputShapes[0], g), n.tensorInput(1), g], n.attributes), null],
  forward: (inputs, dim) => {
    const [x, index] = inputs as readonly Tensor[];
    const out = raw(index.shape, x.dtype);
    const bad = kernels().gather(window(x, dim, index), dim, index, out);
    if (bad >= 0) throw indexError('gather', index, bad, x.shape[dim]);
    return out;
  },
};

function zeros(shape: readonly number[], like: Tensor): Tensor {
  const out = raw(shape, like.dtype);
  kernels().fill(out, 0);
  return out;
}

/** out[i][j][k] = x[i][index[i][j][k]][k] for dim 1; the index is int32 and no larger than x in the other dims. */
export function gather<I extends Shape>(x: Tensor, dim: number, index: Tensor<I>): Tensor<I> {
  const d = normalizeDim('gather', dim, x.ndim);
  requireIndex('gather', index);
  if (oneOfAScalar(x, index))
    return reshapeTo(gather(asVector(x), 0, asVector(index)), index.shape) as Tensor<I>;
  requireGatherShapes('gather', x, d, index);
  return apply(gatherOp, [x, index], d) as Tensor<I>;
}

const scatterAddOp: Primitive<number> = {
  name: 'scatterAdd',
  savesInput: (i, n) => i === 1 && n.inputs[2] !== null,
  vjp: (g, n) => [g, null, n.needs(2) ? windowed(g, n.attributes, n.tensorInput(1), n.inputShapes[2]) : null],
  forward: (inputs, dim) => {
    const [x, index, source] = inputs as readonly Tensor[];
    const out = rawLike(x);
    kernels().copy(x, out);
    const part = { ...window(source, -1, index) };
    const bad = kernels().scatterAdd(window(out, dim, index), dim, index, part);
    if (bad >= 0) throw indexError('scatterAdd', index, bad, x.shape[dim]);
    return out;
  },
};

/** The gradient of the source of scatterAdd: what the index picks, and zero where the source is larger than the index. */
function windowed(g: Tensor, dim: number, index: Tensor, shape: readonly number[]): Tensor {
  const picked = apply(gatherOp, [g, index], dim);
  return shape.some((size, i) => size !== index.shape[i]) ? pad(picked, shape) : picked;
}

/** Zeros of a larger shape with the tensor in the first corner. */
function pad(x: Tensor, shape: readonly number[]): Tensor {
  return apply(padOp, [x], shape);
}

const padOp: Primitive<readonly number[]> = {
  name: 'padEnd',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(cropOp, [g], n.inputShapes[0])],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const out = zeros(shape, x);
    kernels().copy(x, { storage: out.storage, offset: 0, shape: x.shape, strides: out.strides });
    return out;
  },
};

const cropOp: Primitive<readonly number[]> = {
  name: 'cropEnd',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(padOp, [g], n.inputShapes[0])],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const out = raw(shape, x.dtype);
    kernels().copy({ storage: x.storage, offset: x.offset, shape, strides: x.strides }, out);
    return out;
  },
};

/** A copy of x with out[i][index[i][j][k]][k] += source[i][j][k] for dim 1; equal indices add up. */
export function scatterAdd<S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor,
): Tensor<S> {
  const d = normalizeDim('scatterAdd', dim, x.ndim);
  requireIndex('scatterAdd', index);
  if (x.dtype !== source.dtype)
    throw new DTypeError(
      `scatterAdd: adds a ${source.dtype} source to a ${x.dtype} tensor; they must be the same. Convert one with to().`,
    );
  if (oneOfAScalar(x, index) || oneOfAScalar(x, source))
    return reshapeTo(scatterAdd(asVector(x), 0, asVector(index), asVector(source)), x.shape) as Tensor<S>;
  requireGatherShapes('scatterAdd', x, d, index);
  requireGatherShapes('scatterAdd', source, -1, index);
  return apply(scatterAddOp, [x, index, source], d) as Tensor<S>;
}

/** The entries of one dim that a one-dimensional int32 index names, in its order. */
export const indexSelect: <S extends Shape, const D extends number, I extends Shape>(
  x: Tensor<S>,
  dim: D,
  index: Tensor<I>,
) => Tensor<IndexSelect<S, D, I[0]>> = composite('indexSelect', (x: Tensor, dim: number, index: Tensor) => {
  requireIndex('indexSelect', index);
  if (index.ndim > 1)
    throw new ShapeError(
      `indexSelect: expected an index of one dim, got shape ${showShape(index.shape)}. Flatten it.`,
    );
  const d = normalizeDim('indexSelect', dim, x.ndim);
  const flat = reshapeTo(index, [index.size]);
  if (x.ndim === 0) {
    if (flat.size !== 1)
      throw new ShapeError(
        `indexSelect: a scalar has one entry, and the index of shape ${showShape(index.shape)} names ${flat.size}. Unsqueeze the scalar.`,
      );
    return reshapeTo(indexSelect(reshapeTo(x, [1]), 0, flat) as Tensor, []);
  }
  const shape = x.shape.map((size, i) => (i === d ? flat.size : size));
  const aligned = reshapeTo(
    flat,
    x.shape.map((_, i) => (i === d ? flat.size : 1)),
  );
  try {
    return gather(x, d, expand(aligned, shape) as Tensor);
  } catch (error) {
    // Told again in terms of the index that the user gave.
    const bad =
      error instanceof IndexError
        ? kernels()
            .read(flat)
            .findIndex(v => v < 0 || v >= x.shape[d])
        : -1;
    throw bad < 0 ? error : indexError('indexSelect', index, bad, x.shape[d]);
  }
}) as never;

/** int32 [..., classes]: 1 where the last index equals the entry of x, 0 elsewhere. Without `classes`, one more than the largest entry. */
export const oneHot: <S extends Shape, const N extends number = number>(
  x: Tensor<S>,
  classes?: N,
) => Tensor<OneHot<S, N>> = composite('oneHot', (x: Tensor, classes?: number) => {
  requireIndex('oneHot', x);
  const values = kernels().read(x);
  let largest = -1;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0)
      throw new IndexError(`oneHot: entry ${values[i]} at position ${i} is negative; classes count from 0.`);
    largest = Math.max(largest, values[i]);
  }
  if (classes === undefined && values.length === 0)
    throw new ArgumentError(
      'oneHot: the number of classes cannot be told from an empty tensor. Give it: oneHot(x, classes).',
    );
  const n = classes ?? largest + 1;
  if (!Number.isInteger(n) || n < 1)
    throw new ArgumentError(`oneHot: the number of classes is ${show(n)}; expected a whole number from 1.`);
  if (largest >= n)
    throw new IndexError(`oneHot: entry ${largest} is outside ${n} classes: expected 0 to ${n - 1}.`);
  const range = raw([n], 'int32');
  kernels().write(
    range,
    Array.from({ length: n }, (_, i) => i),
  );
  return to(eq(unsqueeze(x, -1) as Tensor, range), 'int32') as Tensor;
}) as never;
