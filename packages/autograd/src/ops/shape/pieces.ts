import { ArgumentError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { checkShape, normalizeDim } from '../../tensor/shape.js';
import type { IndexSelect, Select, Shape, Slice } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { requireTensor } from '../define.js';
import { pieces } from './adjacent.js';
import { sliceOf } from './cut.js';
import { reshapeTo } from './reshape.js';

/** A dim that there is: scalars have none to cut. */
function cutDim(op: string, x: Tensor, dim: number): number {
  if (x.ndim === 0)
    throw new IndexError(
      `${op}: a scalar has no dim to cut. Unsqueeze it first, to a vector of one element.`,
    );
  return normalizeDim(op, dim, x.ndim);
}

function requireCount(op: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError(`${op}: ${what} is ${show(value)}; expected a whole number from 1.`);
}

/** Pieces along a dim: of `size` each (the last may be smaller), or of the listed sizes. Share memory. */
export function split<S extends Shape, const D extends number = 0>(
  x: Tensor<S>,
  sizes: number | readonly number[],
  dim?: D,
): Tensor<Slice<S, D>>[] {
  requireTensor('split', x);
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
  return pieces(x, d, list) as unknown as Tensor<Slice<S, D>>[];
}

/**
 * Pieces of equal size along a dim, the last of which may be smaller; so there may be fewer than `chunks`, where `tensorSplit` gives just as many.
 * They share memory.
 */
export function chunk<S extends Shape, const D extends number = 0>(
  x: Tensor<S>,
  chunks: number,
  dim?: D,
): Tensor<Slice<S, D>>[] {
  requireTensor('chunk', x);
  const d = cutDim('chunk', x, dim ?? 0);
  requireCount('chunk', 'the number of chunks', chunks);
  const total = x.shape[d];
  const size = Math.ceil(total / chunks);
  const count = size === 0 ? chunks : Math.ceil(total / size);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
  return pieces(x, d, sizes) as unknown as Tensor<Slice<S, D>>[];
}

/**
 * So many pieces along a dim, as equal as can be, the larger ones first; or, given a list of indices, what lies before, between and after them
 * (negative ones count from the end, and outside ones are moved to the border). They share memory.
 */
export function tensorSplit<S extends Shape, const D extends number = 0>(
  x: Tensor<S>,
  indicesOrSections: number | readonly number[],
  dim?: D,
): Tensor<Slice<S, D>>[] {
  requireTensor('tensorSplit', x);
  const d = cutDim('tensorSplit', x, dim ?? 0);
  const total = x.shape[d];
  if (typeof indicesOrSections === 'number') {
    requireCount('tensorSplit', 'the number of sections', indicesOrSections);
    const size = Math.floor(total / indicesOrSections);
    const larger = total % indicesOrSections;
    const sizes = Array.from({ length: indicesOrSections }, (_, i) => size + Number(i < larger));
    return pieces(x, d, sizes) as unknown as Tensor<Slice<S, D>>[];
  }
  if (!Array.isArray(indicesOrSections) || !indicesOrSections.every(Number.isInteger))
    throw new ArgumentError(
      `tensorSplit: expected a number of sections or a list of indices, got ${show(indicesOrSections)}.`,
    );
  const border = (i: number): number => Math.min(Math.max(i < 0 ? i + total : i, 0), total);
  const ends = [...indicesOrSections.map(border), total];
  const sizes = ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1]));
  if (sizes.every(size => size >= 0)) return pieces(x, d, sizes) as unknown as Tensor<Slice<S, D>>[];
  // Indices that go back: the pieces overlap.
  return sizes.map((size, i) =>
    sliceOf(x, d, i === 0 ? 0 : ends[i - 1], Math.max(size, 0)),
  ) as unknown as Tensor<Slice<S, D>>[];
}

/** The slices of one dim, which goes away: as many tensors as it has indices. They share memory. */
export function unbind<S extends Shape, const D extends number = 0>(
  x: Tensor<S>,
  dim?: D,
): Tensor<Select<S, D>>[] {
  requireTensor('unbind', x);
  const d = cutDim('unbind', x, dim ?? 0);
  const shape = x.shape.toSpliced(d, 1);
  const sizes = new Array<number>(x.shape[d]).fill(1);
  return pieces(x, d, sizes).map(piece => reshapeTo(piece, shape)) as unknown as Tensor<Select<S, D>>[];
}

/** `length` elements of one dim from an index on (a negative one counts from the end); shares memory. */
export function narrow<S extends Shape, const D extends number, const N extends number>(
  x: Tensor<S>,
  dim: D,
  start: number,
  length: N,
): Tensor<IndexSelect<S, D, N>> {
  requireTensor('narrow', x);
  const d = cutDim('narrow', x, dim);
  const size = x.shape[d];
  if (!Number.isInteger(start) || start < -size || start > size)
    throw new IndexError(
      `narrow: start ${show(start)} is outside dim ${d} of shape ${showShape(x.shape)}: expected a whole number from ${-size} to ${size}.`,
    );
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(length) || length < 0 || length > size - from)
    throw new IndexError(
      `narrow: length is ${show(length)}; from index ${from} on, dim ${d} of shape ${showShape(x.shape)} has ${size - from} elements. ` +
        'Expected a whole number up to that.',
    );
  return sliceOf(x, d, from, length) as Tensor<IndexSelect<S, D, N>>;
}
