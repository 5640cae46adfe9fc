import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import { normalizeDim, sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { mul } from './binary.js';
import { composite } from './define.js';
import { asVector, checkSource, int32, requireIndex, requireNumbers } from './lanes.js';
import { put, readIndex } from './places.js';
import { expand, permute, reshapeTo } from './shape.js';

interface Along {
  /** x, a scalar as a vector. */
  readonly x: Tensor;
  readonly dim: number;
  readonly places: Tensor;
}

function along(op: string, x: Tensor, dim: number, index: Tensor, negative: boolean): Along {
  const d = normalizeDim(op, dim, x.ndim);
  requireIndex(op, index);
  if (index.ndim > 1)
    throw new ShapeError(
      `${op}: expected an index of one dim, got shape ${showShape(index.shape)}. Flatten it.`,
    );
  const vector = asVector(x);
  const places = int32(readIndex(op, index, vector.shape[d], { negative, what: `dim ${d}` }));
  return { x: vector, dim: d, places };
}

/** The source as slices [n, ...the other dims of x]. */
function slices(op: string, x: Tensor, { x: base, dim, places }: Along, source: Tensor): Tensor {
  checkSource(op, x, source);
  // One slice may come without the dim where it has no other: a scalar.
  const given = base.ndim === 1 && source.ndim === 0 ? reshapeTo(source, [1]) : source;
  const expected = base.shape.with(dim, places.size);
  if (!sameShape(given.shape, expected))
    throw new ShapeError(
      `${op}: a source of shape ${showShape(source.shape)} does not fit: an index of ${places.size} elements into dim ${dim} of shape ${showShape(x.shape)} needs ` +
        `${showShape(expected)}.`,
    );
  if (dim === 0) return given;
  return permute(given, [dim, ...base.shape.map((_, d) => d).filter(d => d !== dim)]);
}

function requireTensor(op: string, source: unknown): void {
  if (!(source instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as source, got ${show(source)}. Use full(…).`);
}

export interface IndexAddOptions {
  /** Factor of the source. Default 1. */
  readonly alpha?: number;
}

/**
 * A copy of x to whose slice index[i] along the dim slice i of the source is added, times alpha; equal indices add up. The int32 index has one dim, and the source
 * x's shape but for the dim, which has the index's size. Throws IndexError for an index outside the dim.
 */
export const indexAdd: <S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor,
  options?: IndexAddOptions,
) => Tensor<S> = composite(
  'indexAdd',
  (x: Tensor, dim: number, index: Tensor, source: Tensor, { alpha = 1 }: IndexAddOptions = {}) => {
    const op = 'indexAdd';
    requireTensor(op, source);
    if (typeof alpha !== 'number')
      throw new ArgumentError(`${op}: alpha is ${show(alpha)}; expected a number.`);
    requireNumbers(op, x);
    const at = along(op, x, dim, index, false);
    const list = slices(op, x, at, source);
    const scaled = alpha === 1 ? list : (mul(list, alpha) as Tensor);
    return reshapeTo(put('add', at.x, at.places, scaled, { dims: [at.dim] }), x.shape);
  },
) as never;

/**
 * A copy of x with slice i of the source in the place of slice index[i] along the dim. Of slices that go to one place the last stays, and the gradient goes to that
 * one. Shapes and errors as with `indexAdd`.
 */
export const indexCopy: <S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor,
) => Tensor<S> = composite('indexCopy', (x: Tensor, dim: number, index: Tensor, source: Tensor) => {
  requireTensor('indexCopy', source);
  const at = along('indexCopy', x, dim, index, false);
  const list = slices('indexCopy', x, at, source);
  return reshapeTo(put('assign', at.x, at.places, list, { dims: [at.dim] }), x.shape);
}) as never;

/**
 * A copy of x with a value (a number, or a tensor of shape []) in the slices along the dim that an int32 index of one dim names; negative indices count from the
 * end. Throws IndexError for an index outside the dim.
 */
export const indexFill: <S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  value: number | Tensor,
) => Tensor<S> = composite('indexFill', (x: Tensor, dim: number, index: Tensor, value: Input) => {
  const op = 'indexFill';
  checkSource(op, x, value);
  if (typeof value !== 'number' && value.ndim !== 0)
    throw new ArgumentError(
      `${op}: the value has shape ${showShape(value.shape)}; expected a number or a tensor of shape []. Use indexCopy for more.`,
    );
  const at = along(op, x, dim, index, true);
  // Each place once, so that the gradient of the value counts it once.
  const places = int32([...new Set(kernels().read(at.places))]);
  const rest = at.x.shape.filter((_, d) => d !== at.dim);
  const source = typeof value === 'number' ? value : (expand(value, [places.size, ...rest]) as Tensor);
  return reshapeTo(put('assign', at.x, places, source, { dims: [at.dim], distinct: true }), x.shape);
}) as never;
