import { kernels, type TypedArray } from '@fluxion/kernels';
import { ArgumentError, DataError, DTypeError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import { sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { composite, requireFloating, requireTensor, withoutDerivative } from './define.js';
import { int32, requireIndex, requireNumbers, scatterBy } from './lanes.js';
import { zerosOf } from './unary.js';

export interface BucketizeOptions {
  /** Whether a value equal to a boundary goes behind it. Default false. */
  readonly right?: boolean;
}

export interface SearchsortedOptions extends BucketizeOptions {
  /** int32 indices that sort the sequence, as `argsort` gives them, where it is not sorted itself. */
  readonly sorter?: Tensor;
}

/** How many of the n elements that `element` gives, which ascend, are smaller than the value, or not larger. */
function rankOf(element: (i: number) => number, n: number, value: number, right: boolean): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    const x = element(middle);
    // Asked so that a NaN goes to the end.
    if (right ? !(x > value) : !(x >= value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkSearch(
  op: string,
  sequence: Tensor,
  values: number | Tensor,
  { right = false }: BucketizeOptions,
): void {
  requireTensor(op, sequence);
  if (typeof values !== 'number') requireTensor(op, values);
  if (typeof right !== 'boolean')
    throw new ArgumentError(`${op}: right is ${show(right)}; expected true or false.`);
  requireNumbers(op, sequence);
  if (typeof values !== 'number' && values.dtype !== sequence.dtype)
    throw new DTypeError(
      `${op}: the boundaries are ${sequence.dtype} and the values ${values.dtype}; they must be the same. Convert one with to().`,
    );
}

function search(
  sequence: Tensor,
  values: number | Tensor,
  right: boolean,
  sorter: Tensor | undefined,
): Tensor {
  const n = sequence.shape[sequence.ndim - 1];
  const data = kernels().read(sequence);
  const order = sorter === undefined ? null : kernels().read(sorter);
  const wanted: TypedArray = typeof values === 'number' ? Float64Array.of(values) : kernels().read(values);
  const shape = typeof values === 'number' ? [] : values.shape;
  // A sequence of one dim is for all values, another one for the lane at the same place.
  const width = sequence.ndim === 1 ? wanted.length : shape[shape.length - 1];
  const found = new Int32Array(wanted.length);
  for (let i = 0; i < found.length; i++) {
    const start = Math.floor(i / width) * n;
    const element = (j: number): number => data[start + (order === null ? j : order[start + j])];
    found[i] = rankOf(element, n, wanted[i], right);
  }
  return int32(found, shape);
}

const searchsortedOp = withoutDerivative<{ readonly right: boolean; readonly sorter: Tensor | undefined }>(
  'searchsorted',
  'an index moves in jumps',
  ([sequence, values], { right, sorter }) =>
    search(sequence as Tensor, values as Tensor | number, right, sorter),
);

function checkSorter(sequence: Tensor, sorter: unknown): void {
  const op = 'searchsorted';
  if (!(sorter instanceof Tensor))
    throw new ArgumentError(
      `${op}: the sorter is ${show(sorter)}; expected int32 indices, as argsort gives them.`,
    );
  requireIndex(op, sorter);
  if (!sameShape(sorter.shape, sequence.shape))
    throw new ShapeError(
      `${op}: the sorter has shape ${showShape(sorter.shape)} and the sequence ${showShape(sequence.shape)}; they must be the same.`,
    );
  const n = sequence.shape[sequence.ndim - 1];
  kernels()
    .read(sorter)
    .forEach((at, i) => {
      if (at < 0 || at >= n)
        throw new IndexError(
          `${op}: index ${at} (position ${i} of a sorter of shape ${showShape(sorter.shape)}) is outside the sequence: expected 0 to ${n - 1}.`,
        );
    });
}

export interface SearchsortedFunction {
  (sequence: Tensor, value: number, options?: SearchsortedOptions): Tensor<[]>;
  <V extends Shape>(sequence: Tensor, values: Tensor<V>, options?: SearchsortedOptions): Tensor<V>;
}

/**
 * int32, in the shape of the values: how many elements of the sorted sequence are smaller (with `right`: not larger), which is where each value belongs. A sequence of one
 * dim serves all values; one of more dims [..., n] serves values [..., m] row by row. That it is sorted is not checked. NaN belongs at the end.
 */
export const searchsorted: SearchsortedFunction = ((
  sequence: Tensor,
  values: number | Tensor,
  options: SearchsortedOptions = {},
) => {
  const op = 'searchsorted';
  checkSearch(op, sequence, values, options);
  const { right = false, sorter } = options;
  const { shape } = sequence;
  if (shape.length === 0)
    throw new ShapeError(`${op}: the sequence has shape []; expected a dim at least. Unsqueeze it.`);
  if (shape.length > 1) {
    const own = typeof values === 'number' ? [] : values.shape;
    if (!sameShape(own.slice(0, -1), shape.slice(0, -1)) || own.length !== shape.length)
      throw new ShapeError(
        `${op}: a sequence of shape ${showShape(shape)} does not fit values of shape ${showShape(own)}: all sizes but the last must be equal, or the sequence have one dim.`,
      );
  }
  if (sorter !== undefined) checkSorter(sequence, sorter);
  return searchsortedOp([sequence, values], { right, sorter });
}) as SearchsortedFunction;

const bucketizeOp = withoutDerivative<boolean>(
  'bucketize',
  'an index moves in jumps',
  ([values, boundaries], right) => search(boundaries as Tensor, values as Tensor | number, right, undefined),
);

/** int32: which bucket between sorted boundaries (a vector) each value is in; a value equal to boundary i is in bucket i, with `right` in i + 1. NaN is in the last. */
export const bucketize: <S extends Shape>(
  values: Tensor<S>,
  boundaries: Tensor,
  options?: BucketizeOptions,
) => Tensor<S> = ((values: Tensor, boundaries: Tensor, options: BucketizeOptions = {}) => {
  const op = 'bucketize';
  requireTensor(op, values);
  checkSearch(op, boundaries, values, options);
  if (boundaries.ndim !== 1)
    throw new ShapeError(
      `${op}: the boundaries have shape ${showShape(boundaries.shape)}; expected one dim. Use searchsorted for rows of them.`,
    );
  return bucketizeOp([values, boundaries], options.right ?? false);
}) as never;

export interface BincountOptions {
  /** What each entry counts: a vector as long as x. Default 1, as int32. */
  readonly weights?: Tensor;
  /** The result has so many entries at least. Default 0. */
  readonly minlength?: number;
}

/**
 * How often each of the numbers 0, 1, 2, … is in an int32 vector: int32, or sums of the weights, in which it is differentiable. One entry more than the largest number.
 * Throws DataError for a negative one.
 */
export const bincount: (x: Tensor, options?: BincountOptions) => Tensor<[number]> = composite(
  'bincount',
  (x: Tensor, { weights, minlength = 0 }: BincountOptions = {}) => {
    const op = 'bincount';
    requireTensor(op, x);
    requireIndex(op, x);
    if (x.ndim !== 1)
      throw new ShapeError(`${op}: expected one dim, got shape ${showShape(x.shape)}. Flatten it.`);
    if (!Number.isInteger(minlength) || minlength < 0)
      throw new ArgumentError(`${op}: minlength is ${show(minlength)}; expected a whole number from 0.`);
    let largest = -1;
    kernels()
      .read(x)
      .forEach((value, i) => {
        if (value < 0)
          throw new DataError(
            `${op}: element ${i} is ${value}; expected whole numbers from 0. Shift them first.`,
          );
        largest = Math.max(largest, value);
      });
    if (weights !== undefined) {
      requireTensor(op, weights);
      requireNumbers(op, weights);
      if (!sameShape(weights.shape, x.shape))
        throw new ShapeError(
          `${op}: weights of shape ${showShape(weights.shape)} for an input of shape ${showShape(x.shape)}; they must be the same.`,
        );
    }
    const counts = zerosOf(raw([Math.max(largest + 1, minlength)], weights?.dtype ?? 'int32'));
    return scatterBy('add', counts, 0, x, weights ?? 1, op);
  },
) as never;

export interface HistcOptions {
  /** How many bins. Default 100. */
  readonly bins?: number;
  /** Where the first begins. Default 0. */
  readonly min?: number;
  /** Where the last ends. Where both are equal, they are the smallest and the largest element. Default 0. */
  readonly max?: number;
}

const histcOp = withoutDerivative<{ readonly bins: number; readonly min: number; readonly max: number }>(
  'histc',
  'a count moves in jumps',
  ([input], { bins, min, max }) => {
    const x = input as Tensor;
    const data = kernels().read(x);
    let [low, high] = [min, max];
    if (low === high && data.length > 0) {
      [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = 0; i < data.length; i++) {
        low = Math.min(low, data[i]);
        high = Math.max(high, data[i]);
      }
    }
    if (!Number.isFinite(low) || !Number.isFinite(high))
      throw new DataError(
        `histc: the elements go from ${low} to ${high}; expected finite numbers. Give min and max.`,
      );
    if (low === high) {
      low -= 1;
      high += 1;
    }
    const counts = new Float64Array(bins);
    for (let i = 0; i < data.length; i++) {
      if (!(data[i] >= low && data[i] <= high)) continue;
      // The largest one belongs to the last bin.
      counts[Math.min(Math.floor(((data[i] - low) / (high - low)) * bins), bins - 1)]++;
    }
    const out = raw([bins], x.dtype);
    kernels().write(out, counts);
    return out;
  },
);

/** How many elements are in each of equally wide bins between min and max, in the dtype of x. Elements outside are left out, and so is NaN where both are given. */
export const histc: <const B extends number = 100>(
  x: Tensor,
  options?: HistcOptions & { readonly bins?: B },
) => Tensor<[B]> = ((x: Tensor, { bins = 100, min = 0, max = 0 }: HistcOptions = {}) => {
  requireTensor('histc', x);
  requireFloating('histc', x);
  if (!Number.isInteger(bins) || bins < 1)
    throw new ArgumentError(`histc: bins is ${show(bins)}; expected a whole number from 1.`);
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max)
    throw new ArgumentError(
      `histc: min is ${show(min)} and max ${show(max)}; expected finite numbers, min at most max.`,
    );
  return histcOp([x], { bins, min, max });
}) as never;
