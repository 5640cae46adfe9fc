import { kernels } from '@fluxion/kernels';
import { ArgumentError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import { normalizeDim } from '../tensor/shape.js';
import type { IndexSelect, OneHot, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { eq } from './binary.js';
import { apply, composite, requireTensor } from './define.js';
import {
  asVector,
  checkScatter,
  gatherOp,
  indexError,
  oneOfAScalar,
  requireGatherShapes,
  requireIndex,
  requireNumbers,
  scatterBy,
} from './lanes.js';
import { expand, reshapeTo, unsqueeze } from './shape.js';
import { to } from './unary.js';

/** out[i][j][k] = x[i][index[i][j][k]][k] for dim 1; the index is int32 and no larger than x in the other dims. */
export function gather<I extends Shape>(x: Tensor, dim: number, index: Tensor<I>): Tensor<I> {
  requireTensor('gather', x);
  const d = normalizeDim('gather', dim, x.ndim);
  requireIndex('gather', index);
  if (oneOfAScalar(x, index))
    return reshapeTo(gather(asVector(x), 0, asVector(index)), index.shape) as Tensor<I>;
  requireGatherShapes('gather', x, d, index);
  return apply(gatherOp, [x, index], d) as Tensor<I>;
}

/** A copy of x with out[i][index[i][j][k]][k] += source[i][j][k] for dim 1; equal indices add up. */
export function scatterAdd<S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor,
): Tensor<S> {
  requireTensor('scatterAdd', x);
  const fit = checkScatter('scatterAdd', x, dim, index, source);
  requireNumbers('scatterAdd', x);
  return reshapeTo(scatterBy('add', fit.x, fit.dim, fit.index, fit.source), x.shape) as Tensor<S>;
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
