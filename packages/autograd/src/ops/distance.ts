import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { noGrad } from '../graph/modes.js';
import { raw } from '../tensor/raw.js';
import { broadcastShapes, normalizeDim } from '../tensor/shape.js';
import type { Broadcast, Fits, Reduce, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, sub } from './binary.js';
import { composite } from './define.js';
import { indexSelect } from './indexing.js';
import { matmul } from './matmul.js';
import { pNorm } from './pNorm.js';
import { rootOfSquares, sum } from './reduce.js';
import { expand, squeeze, transpose, unsqueeze } from './shape.js';
import { relu, sqrt, square } from './unary.js';
import { requireSameFloating } from './window.js';

/** The p-norm over the last dim. */
const lengthOf = (d: Tensor, p: number, keepdim = false): Tensor => pNorm(d, p, [d.ndim - 1], { keepdim });

function checkNumber(op: string, name: string, value: number, least = Number.NEGATIVE_INFINITY): void {
  if (typeof value !== 'number' || Number.isNaN(value) || value < least)
    throw new ArgumentError(
      `${op}: ${name} is ${show(value)}; expected a number${least === 0 ? ' from 0' : ''}.`,
    );
}

export interface CosineSimilarityOptions<D extends number = number> {
  /** Of the shape that the two broadcast to. Default 1. */
  readonly dim?: D;
  /** Each length counts at least so much. Default 1e-8. */
  readonly eps?: number;
}

/** The length along the dim, but at least eps; its derivative is everywhere that of the length, x / length, also where eps stands for it. */
function flooredLength(x: Tensor, dim: number, eps: number): Tensor {
  const squares = sum(square(x), dim, { keepdim: true }) as Tensor;
  const missing = noGrad(() => relu(sub(eps * eps, squares) as Tensor));
  // Meant to be a constant: no reason for a missing gradient.
  missing.cut = '';
  return sqrt(add(squares, missing) as Tensor);
}

/** x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) along a dim of the shape that the two broadcast to. */
export const cosineSimilarity: <A extends Shape, B extends Shape, const D extends number = 1>(
  x1: Tensor<A>,
  x2: Tensor<B> & Fits<'cosineSimilarity', A, B>,
  options?: CosineSimilarityOptions<D>,
) => Tensor<Reduce<Broadcast<A, B>, D>> = composite(
  'cosineSimilarity',
  (x1: Tensor, x2: Tensor, { dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {}) => {
    requireSameFloating('cosineSimilarity', { 'first tensor': x1, 'second tensor': x2 });
    checkNumber('cosineSimilarity', 'eps', eps, 0);
    const shape = broadcastShapes('cosineSimilarity', x1.shape, x2.shape);
    const d = normalizeDim('cosineSimilarity', dim, shape.length);
    // Of each tensor its own lengths: what is broadcast in another dim than this one need not be computed twice.
    const lengths = (x: Tensor): Tensor => {
      const sizes = [...new Array<number>(shape.length - x.ndim).fill(1), ...x.shape];
      const grown = shape.length === 0 ? x : (expand(x, sizes.with(d, shape[d])) as Tensor);
      return flooredLength(grown, d, eps);
    };
    const product = sum(mul(x1, x2) as Tensor, d, { keepdim: true }) as Tensor;
    return squeeze(div(div(product, lengths(x1)), lengths(x2)) as Tensor, d) as Tensor;
  },
) as never;

export interface PairwiseDistanceOptions<K extends boolean = boolean> {
  /** Of the norm; 0 counts the elements that are not 0. Default 2. */
  readonly p?: number;
  /** Added to the difference, so that there is a derivative where the two are equal. Default 1e-6. */
  readonly eps?: number;
  /** Whether the last dim stays, with size 1. Default false. */
  readonly keepdim?: K;
}

/** The p-norm of x1 - x2 + eps over the last dim. */
export const pairwiseDistance: <A extends Shape, B extends Shape, const K extends boolean = false>(
  x1: Tensor<A>,
  x2: Tensor<B> & Fits<'pairwiseDistance', A, B>,
  options?: PairwiseDistanceOptions<K>,
) => Tensor<Reduce<Broadcast<A, B>, -1, K>> = composite(
  'pairwiseDistance',
  (x1: Tensor, x2: Tensor, { p = 2, eps = 1e-6, keepdim }: PairwiseDistanceOptions = {}) => {
    requireSameFloating('pairwiseDistance', { 'first tensor': x1, 'second tensor': x2 });
    checkNumber('pairwiseDistance', 'p', p);
    checkNumber('pairwiseDistance', 'eps', eps);
    broadcastShapes('pairwiseDistance', x1.shape, x2.shape);
    return lengthOf(add(sub(x1, x2), eps) as Tensor, p, keepdim);
  },
) as never;

export interface CdistOptions {
  /** Of the norm, from 0 (which counts the elements that are not 0) to Infinity. Default 2. */
  readonly p?: number;
  /**
   * For p = 2: whether by a matrix product, as the root of |a|**2 + |b|**2 - 2 a · b. That takes less time and memory for many vectors, but loses
   * digits of distances that are small beside the vectors themselves. Default, as in PyTorch: for more than 25 vectors on either side.
   */
  readonly matmul?: boolean;
}

/** [..., P, R] for vectors [..., P, M] and [..., R, M]. */
type Cdist<A extends Shape, B extends Shape> = A extends readonly [
  ...infer BatchA extends Shape,
  infer P extends number,
  number,
]
  ? B extends readonly [...infer BatchB extends Shape, infer R extends number, number]
    ? Broadcast<BatchA, BatchB> extends infer Batch extends Shape
      ? [...Batch, P, R]
      : Shape
    : Shape
  : Shape;

/**
 * The p-norm distance of every vector of x1 [..., P, M] to every one of x2 [..., R, M]: [..., P, R], batches broadcast. Its derivatives are 0
 * where a distance is 0. All differences, P R M numbers, are in memory at a time, but for p = 2 by matrix product.
 */
export const cdist: <A extends Shape, B extends Shape>(
  x1: Tensor<A>,
  x2: Tensor<B>,
  options?: CdistOptions,
) => Tensor<Cdist<A, B>> = composite('cdist', (x1: Tensor, x2: Tensor, options: CdistOptions = {}) => {
  const { p = 2 } = options;
  requireSameFloating('cdist', { 'first tensor': x1, 'second tensor': x2 });
  checkNumber('cdist', 'p', p, 0);
  if (x1.ndim < 2 || x2.ndim < 2 || x1.shape.at(-1) !== x2.shape.at(-1))
    throw new ShapeError(
      `cdist: expected vectors of one size as [..., P, M] and [..., R, M], got shapes ${showShape(x1.shape)} and ${showShape(x2.shape)}.`,
    );
  broadcastShapes('cdist', x1.shape.slice(0, -2), x2.shape.slice(0, -2));
  const most = Math.max(x1.shape[x1.ndim - 2], x2.shape[x2.ndim - 2]);
  if (p === 2 && (options.matmul ?? most > 25)) {
    const squares1 = sum(square(x1), -1, { keepdim: true }) as Tensor;
    const squares2 = transpose(sum(square(x2), -1, { keepdim: true }) as Tensor, -1, -2) as Tensor;
    const products = matmul(x1, transpose(x2, -1, -2) as Tensor) as Tensor;
    return rootOfSquares(sub(add(squares1, squares2), mul(products, 2)) as Tensor);
  }
  return lengthOf(sub(unsqueeze(x1, -2) as Tensor, unsqueeze(x2, -3) as Tensor) as Tensor, p);
}) as never;

export interface PdistOptions {
  /** Of the norm, from 0 to Infinity. Default 2. */
  readonly p?: number;
}

/** The p-norm distances of the vectors of x [N, M] to one another, in a vector: those of 0 to 1, 2, … N - 1, of 1 to 2, … */
export const pdist: (x: Tensor, options?: PdistOptions) => Tensor<[number]> = composite(
  'pdist',
  (x: Tensor, { p = 2 }: PdistOptions = {}) => {
    requireSameFloating('pdist', { input: x });
    checkNumber('pdist', 'p', p, 0);
    if (x.ndim !== 2)
      throw new ShapeError(
        `pdist: expected vectors as [N, M], got shape ${showShape(x.shape)}. Use cdist for batches.`,
      );
    const n = x.shape[0];
    const pairs = Array.from({ length: n }, (_, i) => i).flatMap(i =>
      Array.from({ length: n - 1 - i }, (_, k) => [i, i + 1 + k] as const),
    );
    const rows = (side: 0 | 1): Tensor => {
      const index = raw([pairs.length], 'int32');
      kernels().write(
        index,
        pairs.map(pair => pair[side]),
      );
      return indexSelect(x, 0, index) as Tensor;
    };
    return lengthOf(sub(rows(0), rows(1)) as Tensor, p);
  },
) as never;
