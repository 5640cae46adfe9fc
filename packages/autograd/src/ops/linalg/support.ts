import { kernels } from '@fluxion/kernels';
import { DTypeError, LinalgError, ShapeError, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { numel } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { requireFloating } from '../define.js';
import { reshapeTo } from '../shape.js';
import { slice, unsqueeze, where } from './untyped.js';

/** Throws unless it is a floating point matrix, or a batch of them. */
export function requireMatrix(op: string, a: Tensor): void {
  requireFloating(op, a);
  if (a.ndim < 2)
    throw new ShapeError(
      `${op}: expected a matrix [m, n] or a batch of them, got shape ${showShape(a.shape)}. Unsqueeze it first.`,
    );
}

export function requireSquare(op: string, a: Tensor): void {
  requireMatrix(op, a);
  const [m, n] = a.shape.slice(-2);
  if (m !== n)
    throw new ShapeError(
      `${op}: expected square matrices, got shape ${showShape(a.shape)} with ${m} rows and ${n} columns. Slice it, or use pinv or lstsq.`,
    );
}

export function requireSameDType(op: string, a: Tensor, b: Tensor): void {
  requireFloating(op, b);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${op}: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one with to().`,
    );
}

/** What stands before the matrices. */
export function batchOf(a: Tensor): readonly number[] {
  return a.shape.slice(0, -2);
}

/** The number in the last dims' matrices as a row or a column: [..., n] to [..., 1, n] or [..., n, 1]. */
export const asRow = (x: Tensor): Tensor => unsqueeze(x, -2);
export const asColumn = (x: Tensor): Tensor => unsqueeze(x, -1);

/** The error for matrix `index` (C order) of a batch: `what` says what is wrong with it, `remedy` what to do. */
export function matrixError(
  op: string,
  batch: readonly number[],
  index: number,
  what: string,
  remedy: string,
): LinalgError {
  let place = 'the matrix';
  if (batch.length > 0) {
    const at = new Array<number>(batch.length);
    let rest = index;
    for (let d = batch.length - 1; d >= 0; d--) {
      at[d] = rest % batch[d];
      rest = Math.floor(rest / batch[d]);
    }
    place = `matrix ${showShape(at)} of a batch of shape ${showShape(batch)}`;
  }
  return new LinalgError(`${op}: ${place} ${what}. ${remedy}`);
}

export function notConverged(op: string, batch: readonly number[], index: number, what: string): LinalgError {
  return matrixError(
    op,
    batch,
    index,
    `has no ${what} that the iteration converges to: it holds NaN or infinities; expected finite numbers`,
    'Look for where they came from: detectAnomaly(() => …).',
  );
}

/** Fills the main diagonal. */
function fillDiagonal(out: Tensor, value: number): void {
  const [m, n] = out.shape;
  const diagonal = { storage: out.storage, offset: 0, shape: [Math.min(m, n)], strides: [n + 1] };
  kernels().fill(diagonal, value);
}

/** The identity [n, n] in the dtype of x. */
export function identityLike(x: Tensor, n: number): Tensor {
  const eye = zerosIn([n, n], x);
  fillDiagonal(eye, 1);
  return eye;
}

/** The diagonals [..., n] of square matrices. */
export function diagonalOf(a: Tensor): Tensor {
  const n = a.shape[a.ndim - 1];
  return slice(reshapeTo(a, [...batchOf(a), n * n]), -1, { step: n + 1 });
}

/** The matrices with another main diagonal: numbers [..., n] for square ones, or one number. */
export function withDiagonal(a: Tensor, diagonal: Tensor | number): Tensor {
  const mask = raw(a.shape.slice(-2), 'bool');
  kernels().fill(mask, 0);
  fillDiagonal(mask, 1);
  return where(mask, typeof diagonal === 'number' ? diagonal : asColumn(diagonal), a);
}

/** A batch [..., a, b] as one of matrices [N, a, b]. */
export function flatBatch(a: Tensor): Tensor {
  return reshapeTo(a, [numel(batchOf(a)), ...a.shape.slice(-2)]);
}

/** Zeros in the dtype of another tensor. */
export function zerosIn(shape: readonly number[], like: Tensor): Tensor {
  const out = raw(shape, like.dtype);
  kernels().fill(out, 0);
  return out;
}
