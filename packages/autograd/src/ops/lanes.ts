import { kernels } from '@fluxion/kernels';
import { DTypeError, IndexError, ShapeError, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import { raw, rawLike } from '../tensor/raw.js';
import { normalizeDim, numel, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkOperand, where } from './binary.js';
import { apply, type Primitive } from './define.js';
import { type Box, box } from './shape/part.js';
import { reshapeTo } from './shape.js';

export function requireIndex(op: string, index: Tensor): void {
  if (index.dtype !== 'int32')
    throw new DTypeError(
      `${op}: expected an int32 index, got ${index.dtype}. Convert it: index.to('int32').`,
    );
}

/** The error for what a kernel reported as the position of the first bad index. */
export function indexError(op: string, index: Tensor, position: number, size: number): IndexError {
  const value = kernels().read(index)[position];
  return new IndexError(
    `${op}: index ${value} (position ${position} of an index of shape ${showShape(index.shape)}) is outside the dim: expected 0 to ${size - 1}.`,
  );
}

export function requireGatherShapes(op: string, x: Tensor, dim: number, index: Tensor): void {
  if (index.ndim !== x.ndim || index.shape.some((size, i) => i !== dim && size > x.shape[i]))
    throw new ShapeError(
      `${op}: an index of shape ${showShape(index.shape)} does not fit shape ${showShape(x.shape)}: the same number of dims is needed, and no size ` +
        `larger, but for dim ${dim}.`,
    );
}

/** Whether one of the two is a scalar and the other at most a vector: a scalar then counts as a vector of one element. */
export function oneOfAScalar(a: Tensor, b: Tensor): boolean {
  return (a.ndim === 0 && b.ndim <= 1) || (b.ndim === 0 && a.ndim === 1);
}

export function asVector(x: Tensor): Tensor {
  return x.ndim === 0 ? reshapeTo(x, [1]) : x;
}

/** The input cut to the index's sizes in all dims but `dim`: what the kernels expect. */
export function window(
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

/** Along a dim, one index for each element: x cut to the index's sizes in the other dims. */
export const gatherOp: Primitive<number> = {
  name: 'gather',
  savesInput: i => i === 1,
  vjp: (g, n) => [addedUp(n.inputShape(0), n.attributes, n.tensorInput(1), g), null],
  forward: (inputs, dim) => {
    const [x, index] = inputs as readonly Tensor[];
    const out = raw(index.shape, x.dtype);
    const bad = kernels().gather(window(x, dim, index), dim, index, out);
    if (bad >= 0) throw indexError('gather', index, bad, x.shape[dim]);
    return out;
  },
};

export function zeros(shape: readonly number[], like: Tensor): Tensor {
  const out = raw(shape, like.dtype);
  kernels().fill(out, 0);
  return out;
}

interface Scattering {
  readonly dim: number;
  /** What errors call it. */
  readonly op: string;
}

const scatterOf = (mode: 'add' | 'assign', name: string): Primitive<Scattering> => ({
  name,
  // What is added to passes its gradient on, wherever something was added.
  savesInput: (i, n) => i === 1 && (mode === 'assign' || n.inputs[2] !== null),
  vjp: (g, n) => {
    const { dim } = n.attributes;
    const ofSource = (index: Tensor): Tensor => {
      const picked = apply(gatherOp, [g, index], dim);
      if (mode === 'add') return windowed(picked, n.inputShape(2));
      // Of the elements that went to one place the last stayed, and the gradient is its alone.
      const stayed = apply(stayedOp, [index], { dim, shape: n.inputShape(0) });
      return windowed(where(stayed, picked, 0), n.inputShape(2));
    };
    return [
      n.needs(0) ? (mode === 'add' ? g : scatterBy('assign', g, dim, n.tensorInput(1), 0)) : null,
      null,
      n.needs(2) ? ofSource(n.tensorInput(1)) : null,
    ];
  },
  forward: (inputs, { dim, op }) => {
    const [x, index] = inputs as readonly Tensor[];
    const out = rawLike(x);
    kernels().copy(x, out);
    const source = windowOf(inputs[2], index, x);
    const bad = kernels().scatter(mode, window(out, dim, index), dim, index, source);
    if (bad >= 0) throw indexError(op, index, bad, x.shape[dim]);
    return out;
  },
});
const scatterOps = { add: scatterOf('add', 'scatterAdd'), assign: scatterOf('assign', 'scatter') } as const;

/** The part of a source that the index speaks of: its first corner, or a number everywhere. */
export function windowOf(source: Input, index: Tensor, x: Tensor): ReturnType<typeof window> {
  if (typeof source !== 'number') return window(source, -1, index);
  const one = raw([], x.dtype);
  kernels().fill(one, source);
  return { storage: one.storage, offset: 0, shape: index.shape.slice(), strides: index.shape.map(() => 0) };
}

/** bool, of the index's shape: whether the element is the last one in C order that goes to its place. */
export const stayedOp: Primitive<{ readonly dim: number; readonly shape: readonly number[] }> = {
  name: 'scatter',
  vjp: null,
  why: 'its output is bool',
  forward: (inputs, { dim, shape }) => {
    const index = inputs[0] as Tensor;
    const numbers = int32(
      Int32Array.from({ length: index.size }, (_, i) => i),
      index.shape,
    );
    const last = raw(shape, 'int32');
    kernels().scatter('assign', window(last, dim, index), dim, index, numbers);
    const found = raw(index.shape, 'int32');
    kernels().gather(window(last, dim, index), dim, index, found);
    const out = raw(index.shape, 'bool');
    kernels().binary('eq', found, numbers, out);
    for (const t of [numbers, last, found]) kernels().free(t.storage, 'scatter');
    return out;
  },
};

/** An int32 tensor of numbers that are known to fit. */
export function int32(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor {
  const out = raw(shape, 'int32');
  kernels().write(out, values);
  return out;
}

/** The gradient of a source: what the index picks, and zero where the source is larger than the index. */
export function windowed(picked: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(picked.shape, shape)) return picked;
  return apply(box.put, [picked], { part: corner(picked.shape), shape, value: 0 });
}

/** The first corner of the tensor, of a smaller shape; shares memory. */
export function crop(x: Tensor, shape: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : apply(box.take, [x], corner(shape));
}

const corner = (sizes: readonly number[]): Box => ({ start: sizes.map(() => 0), sizes });

/** Scatters where all is known to fit. */
export function scatterBy(
  mode: 'add' | 'assign',
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Input,
  op: string = scatterOps[mode].name,
): Tensor {
  return apply(scatterOps[mode], [x, index, source], { dim, op });
}

/** What goes to the same place added up, on zeros: nothing is there that would have to be copied first, as `scatterAdd` does. */
const addedUpOp: Primitive<{ readonly dim: number; readonly shape: readonly number[] }> = {
  name: 'scatterAdd',
  savesInput: (i, n) => i === 0 && n.inputs[1] !== null,
  vjp: (g, n) => [null, windowed(apply(gatherOp, [g, n.tensorInput(0)], n.attributes.dim), n.inputShape(1))],
  forward: (inputs, { dim, shape }) => {
    const [index, source] = inputs as readonly Tensor[];
    const out = raw(shape, source.dtype);
    const target = window(out, dim, index);
    const fresh = numel(target.shape) === out.size;
    if (!fresh) kernels().fill(out, 0);
    const bad = kernels().scatter('add', target, dim, index, window(source, -1, index), fresh);
    if (bad >= 0) throw indexError('scatterAdd', index, bad, shape[dim]);
    return out;
  },
};

/** `scatterAdd` to zeros of the shape, where all is known to fit. */
export function addedUp(shape: readonly number[], dim: number, index: Tensor, source: Tensor): Tensor {
  return apply(addedUpOp, [index, source], { dim, shape });
}

/** Dims, dtypes and shapes of a scatter; scalars come back as vectors. */
export function checkScatter(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Input,
): { readonly x: Tensor; readonly dim: number; readonly index: Tensor; readonly source: Input } {
  const d = normalizeDim(op, dim, x.ndim);
  requireIndex(op, index);
  checkSource(op, x, source);
  if (oneOfAScalar(x, index) || (typeof source !== 'number' && oneOfAScalar(x, source))) {
    const flat = typeof source === 'number' ? source : asVector(source);
    return checkScatter(op, asVector(x), 0, asVector(index), flat);
  }
  requireGatherShapes(op, x, d, index);
  if (typeof source !== 'number') requireGatherShapes(op, source, -1, index);
  return { x, dim: d, index, source };
}

/** Throws unless the source is a number that fits the dtype of x, or a tensor of that dtype. */
export function checkSource(op: string, x: Tensor, source: Input): void {
  checkOperand(op, source);
  if (typeof source === 'number') {
    const fits =
      x.dtype === 'int32' ? (source | 0) === source : x.dtype !== 'bool' || source === 0 || source === 1;
    if (!fits)
      throw new DTypeError(
        `${op}: the number ${source} does not fit a tensor of ${x.dtype}. Convert the tensor first: x.to('float32').`,
      );
  } else if (x.dtype !== source.dtype)
    throw new DTypeError(
      `${op}: a source of ${source.dtype} does not go into a tensor of ${x.dtype}; they must be the same. Convert one with to().`,
    );
}

/** Throws where nothing can be added up. */
export function requireNumbers(op: string, x: Tensor): void {
  if (x.dtype === 'bool')
    throw new DTypeError(`${op}: expected numbers, got bool. Convert first: x.to('int32').`);
}
