import { ArgumentError, show } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { apply, composite, type Primitive, withoutDerivative } from '../define.js';
import { decompose as eigen } from './eigh.js';
import { asColumn, asRow, batchOf, requireMatrix, requireSquare, zerosIn } from './support.js';
import { decompose as singular } from './svd.js';
import type { Batch, Transposed } from './types.js';
import { abs, add, amax, div, gt, matmul, maximum, mT, mul, sub, sum, to, where } from './untyped.js';

export interface ToleranceOptions {
  /** Singular values up to this count as 0. A number, or one for each matrix [...]. Default 0. */
  readonly atol?: number | Tensor;
  /** The same relative to the largest singular value. Default: the larger size times the dtype's epsilon, or 0 where `atol` is given. */
  readonly rtol?: number | Tensor;
  /** Whether the matrices are symmetric: their eigenvalues are used, and the lower triangle alone is read. Default false. */
  readonly hermitian?: boolean;
}

function checkTolerance(op: string, options: ToleranceOptions): void {
  for (const [name, value] of Object.entries({ atol: options.atol, rtol: options.rtol }))
    if (value !== undefined && !(value instanceof Tensor) && !(value >= 0))
      throw new ArgumentError(
        `${op}: ${name} is ${show(value)}; expected a number from 0, or a tensor of such numbers.`,
      );
  if (options.hermitian !== undefined && typeof options.hermitian !== 'boolean')
    throw new ArgumentError(`${op}: hermitian is ${show(options.hermitian)}; expected true or false.`);
}

/** Where the sizes [..., k] of singular values count as more than 0. */
function counting(a: Tensor, sizes: Tensor, { atol, rtol }: ToleranceOptions): Tensor {
  const given = atol instanceof Tensor || (atol !== undefined && atol > 0);
  const epsilon = a.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const relative = rtol ?? (given ? 0 : epsilon * Math.max(...a.shape.slice(-2)));
  const largest = amax(sizes, -1);
  const bound = maximum(mul(largest, relative), atol ?? 0);
  return gt(sizes, asColumn(bound));
}

/** The factors l diag(s) r of a: singular vectors, or eigenvectors. */
function spectral(op: string, a: Tensor, hermitian: boolean | undefined): readonly Tensor[] {
  if (hermitian !== true) return singular(op, a);
  const [w, v] = eigen(op, a);
  return [v, w, mT(v)];
}

/**
 * The pseudoinverse P. Its derivative, for changes that leave the rank as it is, is
 * -P da P + P P^T da^T (I - a P) + (I - P a) da^T P^T P (Golub and Pereyra 1973): no differences of singular values in it.
 */
const pinvOp: Primitive<ToleranceOptions> = {
  name: 'pinv',
  savesOutput: true,
  forward: (inputs, options) =>
    noGrad(() => {
      const a = inputs[0] as Tensor;
      const [left, s, right] = spectral('pinv', a, options.hermitian);
      const counts = counting(a, abs(s), options);
      const inverses = where(counts, div(1, where(counts, s, 1)), 0);
      return matmul(mul(mT(right), asRow(inverses)), mT(left));
    }),
  vjp: (g, n) => {
    const [a, p] = [n.tensorInput(0), n.output()];
    const [t, gt] = [mT(p), mT(g)];
    const through = matmul(matmul(t, g), t);
    // (I - a P) g^T P P^T and P^T P g^T (I - P a), from the inside out.
    const first = matmul(matmul(gt, p), t);
    const left = sub(first, matmul(a, matmul(p, first)));
    const second = matmul(t, matmul(p, gt));
    const right = sub(second, matmul(matmul(second, p), a));
    return [sub(add(left, right), through)];
  },
};

/**
 * The pseudoinverse [..., n, m] (Moore and Penrose) of a [..., m, n]: of singular values above a tolerance, the others counting as 0. The
 * derivative is that along changes that keep the rank. Throws LinalgError where a is not finite.
 */
export const pinv: <S extends Shape>(a: Tensor<S>, options?: ToleranceOptions) => Tensor<Transposed<S>> =
  composite('pinv', (a: Tensor, options: ToleranceOptions = {}) => {
    if (options.hermitian === true) requireSquare('pinv', a);
    else requireMatrix('pinv', a);
    checkTolerance('pinv', options);
    return a.size === 0 ? mT(mul(a, 1)) : apply(pinvOp, [a], options);
  }) as never;

const rankOf = withoutDerivative<ToleranceOptions>('matrixRank', 'a rank moves in jumps', ([x], options) => {
  const a = x as Tensor;
  if (a.size === 0) return to(zerosIn(batchOf(a), a), 'int32');
  const s = spectral('matrixRank', a, options.hermitian)[1];
  return sum(to(counting(a, abs(s), options), 'int32'), -1);
});

/** int32 [...]: how many singular values of a [..., m, n] are above a tolerance. */
export function matrixRank<S extends Shape>(a: Tensor<S>, options: ToleranceOptions = {}): Tensor<Batch<S>> {
  if (options.hermitian === true) requireSquare('matrixRank', a);
  else requireMatrix('matrixRank', a);
  checkTolerance('matrixRank', options);
  return rankOf([a], options) as never;
}
