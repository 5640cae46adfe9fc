import { ShapeError, showShape } from '../errors.js';
import { broadcastShapes, normalizeDim } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { composite } from './define.js';
import { gather } from './indexing.js';
import { asVector, int32, requireIndex } from './lanes.js';
import { pick, readIndex } from './places.js';
import { expand, reshapeTo } from './shape.js';

/**
 * The elements that an int32 index names, counted in C order of x; negative ones count from the end. In the shape of the index. Throws IndexError for an index outside.
 */
export const take: <I extends Shape>(x: Tensor, index: Tensor<I>) => Tensor<I> = composite(
  'take',
  (x: Tensor, index: Tensor) => {
    requireIndex('take', index);
    const list = readIndex('take', index, x.size, { negative: true, what: 'a tensor' });
    const vector = asVector(x);
    const dims = vector.shape.map((_, d) => d);
    return reshapeTo(pick(vector, int32(list), dims), index.shape);
  },
) as never;

/**
 * `gather` with x and the int32 index broadcast against each other in the other dims: what `argsort` or `argmax` (with keepdim) found. Without a dim both are
 * flattened.
 */
export const takeAlongDim: (x: Tensor, index: Tensor, dim?: number) => Tensor = composite(
  'takeAlongDim',
  (x: Tensor, index: Tensor, dim?: number) => {
    const op = 'takeAlongDim';
    requireIndex(op, index);
    if (dim === undefined) {
      readIndex(op, index, x.size, { negative: false, what: 'a tensor' });
      return gather(reshapeTo(x, [x.size]), 0, reshapeTo(index, [index.size]));
    }
    const d = normalizeDim(op, dim, x.ndim);
    if (index.ndim !== x.ndim)
      throw new ShapeError(
        `${op}: an index of shape ${showShape(index.shape)} for shape ${showShape(x.shape)}: the same number of dims is needed. Unsqueeze one.`,
      );
    if (x.ndim > 0) readIndex(op, index, x.shape[d], { negative: false, what: `dim ${d}` });
    const shared = broadcastShapes(
      op,
      x.shape.map((size, i) => (i === d ? 1 : size)),
      index.shape.map((size, i) => (i === d ? 1 : size)),
    );
    const sized = (t: Tensor): Tensor =>
      expand(
        t,
        shared.map((size, i) => (i === d ? t.shape[i] : size)),
      ) as Tensor;
    return gather(sized(x), d, sized(index));
  },
);
