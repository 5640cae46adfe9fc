import { ArgumentError, IndexError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { Select, Shape, Slice } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, requireTensor } from '../define.js';
import { partOps } from './part.js';
import { reshapeTo } from './reshape.js';

interface Cut {
  readonly dim: number;
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

/** The view that a slice is. */
export function cut(x: Tensor, { dim, start, size, step }: Cut): Tensor {
  const shape = x.shape.slice();
  const strides = x.strides.slice();
  shape[dim] = size;
  strides[dim] = x.strides[dim] * step;
  return view(x, x.offset + start * x.strides[dim], shape, strides);
}

const sliceOps = partOps('slice', 'unslice', cut);

/** A range of one dim, for arguments that are known to fit. */
export function sliceOf(x: Tensor, dim: number, start: number, size: number, step = 1): Tensor {
  return apply(sliceOps.take, [x], { dim, start, size, step });
}

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
  requireTensor('slice', x);
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
  return sliceOf(x, d, from, size, step) as unknown as Tensor<Slice<S, D>>;
}

/** One index of one dim, which goes away; shares memory. */
export function select<S extends Shape, const D extends number>(
  x: Tensor<S>,
  dim: D,
  index: number,
): Tensor<Select<S, D>> {
  requireTensor('select', x);
  if (x.ndim === 0) throw new IndexError('select: a scalar has no dim to select from.');
  const d = normalizeDim('select', dim, x.ndim);
  const size = x.shape[d];
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new IndexError(
      `select: index ${show(index)} is outside dim ${d} of shape ${showShape(x.shape)}: expected a whole number from ${-size} to ${size - 1}.`,
    );
  const start = index < 0 ? index + size : index;
  const one = sliceOf(x, d, start, 1);
  return reshapeTo(one, [...x.shape.slice(0, d), ...x.shape.slice(d + 1)]) as Tensor<Select<S, D>>;
}
