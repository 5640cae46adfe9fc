import { cholesky as factorise } from '@fluxion/kernels';
import { raw } from '../../tensor/raw.js';
import { broadcastShapes } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, composite, type Primitive, savesNothing } from '../define.js';
import { requireRows, triangular } from './solve.js';
import { batchOf, matrixError, requireMatrix, requireSameDType, requireSquare } from './support.js';
import type { Solution, Square } from './types.js';
import { add, matmul, mT, mul, tril } from './untyped.js';

const choleskyOp: Primitive = {
  name: 'cholesky',
  savesInput: savesNothing,
  savesOutput: true,
  forward: inputs => {
    const a = inputs[0] as Tensor;
    const n = a.shape[a.ndim - 1];
    const out = raw(a.shape, a.dtype);
    const bad = factorise(a, out);
    if (bad >= 0)
      throw matrixError(
        'cholesky',
        batchOf(a),
        Math.floor(bad / n),
        `is not positive definite: pivot ${bad % n} of its ${n} is not above 0; expected a symmetric positive definite matrix`,
        'Add a small multiple of the identity to it.',
      );
    return out;
  },
  // Symmetric: L^-T P L^-1, where P is half of the lower triangle of L^T g and its transpose (Murray 2016; Giles 2008 has the lower triangle).
  vjp: (g, n) => {
    const back = mT(n.output());
    const phi = tril(matmul(back, g));
    const middle = mul(add(phi, mT(tril(phi, { diagonal: -1 }))), 0.5);
    const half = triangular('cholesky', back, middle, { upper: true });
    return [triangular('cholesky', back, mT(half), { upper: true })];
  },
};

export interface CholeskyOptions {
  /** Whether the factor is upper triangular, U with U^T U = a, and the upper triangle of a is read. Default false. */
  readonly upper?: boolean;
}

/**
 * The lower triangular L with L L^T = a, for symmetric positive definite a [..., n, n]: the lower triangle alone is read, and the gradient
 * is symmetric. Throws LinalgError where a matrix is not positive definite.
 */
export const cholesky: <S extends Shape>(
  a: Tensor<S> & Square<'cholesky', S>,
  options?: CholeskyOptions,
) => Tensor<S> = composite('cholesky', (a: Tensor, { upper = false }: CholeskyOptions = {}) => {
  requireSquare('cholesky', a);
  return upper ? mT(apply(choleskyOp, [mT(a)], undefined)) : apply(choleskyOp, [a], undefined);
}) as never;

/** x with a x = b [..., n, k] from the Cholesky factor of a [..., n, n], lower or `upper`; leading dims broadcast. */
export const choleskySolve: <B extends Shape, L extends Shape>(
  b: Tensor<B>,
  factor: Tensor<L> & Square<'choleskySolve', L>,
  options?: CholeskyOptions,
) => Tensor<Solution<L, B>> = composite(
  'choleskySolve',
  (b: Tensor, factor: Tensor, { upper = false }: CholeskyOptions = {}) => {
    requireSquare('choleskySolve', factor);
    requireMatrix('choleskySolve', b);
    requireSameDType('choleskySolve', factor, b);
    requireRows('choleskySolve', factor, factor.shape[factor.ndim - 1], b, b.shape[b.ndim - 2]);
    broadcastShapes('choleskySolve (batch dims)', batchOf(factor), batchOf(b));
    const lower = upper ? mT(factor) : factor;
    const half = triangular('choleskySolve', lower, b, { upper: false });
    return triangular('choleskySolve', mT(lower), half, { upper: true });
  },
) as never;
