import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { broadcastShapes } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { reshapeTo } from '../shape.js';
import { qr } from './qr.js';
import { holdsVectors, requireRows, triangular } from './solve.js';
import { batchOf, matrixError, requireMatrix, requireSameDType } from './support.js';
import { matmul, mT, square, sub, sum, unsqueeze } from './untyped.js';

export interface LstsqOptions {
  /**
   * A column counts as dependent on those before where its element of r's diagonal is at most this, relative to the largest. Default: the
   * larger size times the dtype's epsilon.
   */
  readonly rcond?: number;
}

export interface Lstsq {
  /** [..., n, k], or [..., n] for vectors. */
  readonly solution: Tensor;
  /** The squared distances of a x from b, [..., k]; for vectors [...]. */
  readonly residuals: Tensor;
}

/** Throws where a diagonal of r [..., k, k] has an element that is small against the largest. */
function requireFullRank(a: Tensor, r: Tensor, rcond: number): void {
  const n = r.shape[r.ndim - 1];
  const values = kernels().read(r);
  for (let start = 0, index = 0; start < values.length; start += n * n, index++) {
    const diagonal = Array.from({ length: n }, (_, i) => Math.abs(values[start + i * (n + 1)]));
    const largest = Math.max(...diagonal);
    const at = diagonal.findIndex(x => x <= rcond * largest);
    if (at >= 0)
      throw matrixError(
        'lstsq',
        batchOf(a),
        index,
        `of ${a.shape[a.ndim - 2]} rows and ${a.shape[a.ndim - 1]} columns has not full rank: element ${at} of the diagonal of r in q r is ` +
          `${diagonal[at]}, the largest ${largest}; expected one above ${rcond} times that`,
        'Use matmul(pinv(a), b), which takes the smallest of many solutions.',
      );
  }
}

const parts = composite('lstsq', (a: Tensor, b: Tensor, { rcond }: LstsqOptions = {}) => {
  requireMatrix('lstsq', a);
  requireSameDType('lstsq', a, b);
  if (rcond !== undefined && !(rcond >= 0))
    throw new ArgumentError(`lstsq: rcond is ${show(rcond)}; expected a number from 0.`);
  const [m, n] = a.shape.slice(-2);
  if (b.ndim === 0)
    throw new ShapeError(`lstsq: expected right sides [m] or [..., m, k], got shape ${showShape(b.shape)}.`);
  const vectors = holdsVectors(a, b);
  const right = vectors ? unsqueeze(b, -1) : b;
  requireRows('lstsq', a, m, b, right.shape[right.ndim - 2]);
  broadcastShapes('lstsq (batch dims)', batchOf(a), batchOf(right));
  const { q, r } = qr(m >= n ? a : mT(a));
  const epsilon = a.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  requireFullRank(a, r, rcond ?? Math.max(m, n) * epsilon);
  // The smallest x, where there are many: in the space of a's rows.
  const x =
    m >= n
      ? triangular('lstsq', r, matmul(mT(q), right), { upper: true })
      : matmul(q, triangular('lstsq', mT(r), right, { upper: false }));
  const distance = sum(square(sub(matmul(a, x), right)), -2);
  if (!vectors) return [x, distance];
  return [reshapeTo(x, x.shape.slice(0, -1)), reshapeTo(distance, distance.shape.slice(0, -1))];
});

/**
 * x with the smallest |a x - b|, for a [..., m, n] of full rank and b [..., m, k] or vectors [m] or [..., m]: by q r factors of a, or of a
 * transposed where m < n, and then the smallest such x. Leading dims broadcast. Throws LinalgError where a matrix has not full rank.
 */
export function lstsq<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B>,
  options?: LstsqOptions,
): Lstsq {
  const [solution, residuals] = parts(a, b, options);
  return { solution, residuals };
}
