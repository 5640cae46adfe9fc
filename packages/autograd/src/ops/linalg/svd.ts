import { svd as factorise } from '@fluxion/kernels';
import { record } from '../../graph/record.js';
import { raw, view } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, type Primitive, savesNothing } from '../define.js';
import { zerosOf } from '../unary.js';
import { complement } from './complement.js';
import { asColumn, asRow, batchOf, notConverged, requireMatrix, withDiagonal, zerosIn } from './support.js';
import type { LeftFactor, LeftSquare, RightFactor, RightSquare, Spectrum } from './types.js';
import { add, cat, div, matmul, mT, mul, sub } from './untyped.js';

const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b);

/**
 * The k x k matrix C of the gradient u C vh, from X = u^T gu and Y = v^T gv (antisymmetric parts count alone): off the diagonal
 * (X_ij s_j + s_i Y_ij) / (s_j^2 - s_i^2), written with sums and differences of X and Y, which cancels nothing where s_i and s_j are near
 * and X = -Y, as in whatever the two vectors can be turned in together.
 */
function middle(s: Tensor, gs: Tensor, x: Tensor, y: Tensor): Tensor {
  const [skewX, skewY] = [x, y].map(t => sub(t, mT(t)));
  const difference = withDiagonal(sub(asRow(s), asColumn(s)), 1);
  const total = withDiagonal(add(asRow(s), asColumn(s)), 1);
  const both = add(div(add(skewX, skewY), difference), div(sub(skewX, skewY), total));
  return withDiagonal(mul(both, 0.5), gs);
}

/** Outputs u [..., m, k], s [..., k] and vh [..., k, n], with k = min(m, n). The rule: Giles 2008; Wan and Zhang 2019. */
const svdOp: Primitive = {
  name: 'svd',
  savesInput: savesNothing,
  savesOutput: true,
  forward: () => {
    throw new TypeError('svd has several outputs: decompose() below runs it');
  },
  vjp: (_, n, [gu, gs, gvh]) => {
    const [u, s, vh] = [n.output(0), n.output(1), n.output(2)];
    const values = gs ?? zerosOf(s);
    if (gu == null && gvh == null) return [product(mul(u, asRow(values)), vh)];
    const [m, k] = u.shape.slice(-2);
    const width = vh.shape[vh.ndim - 1];
    const square = (): Tensor => zerosIn([...s.shape, k], s);
    const x = gu == null ? square() : product(mT(u), gu);
    const y = gvh == null ? square() : product(vh, mT(gvh));
    let left = product(u, middle(s, values, x, y));
    // What lies outside of the k columns, or rows.
    if (gu != null && m > k) left = add(left, div(sub(gu, product(u, x)), asRow(s)));
    const inside = product(left, vh);
    if (gvh == null || width === k) return [inside];
    const outside = div(sub(gvh, product(mT(y), vh)), asColumn(s));
    return [add(inside, product(u, outside))];
  },
};

/** u, s and vh of a; with `full` and where m is not n, also what completes the columns of u or the rows of vh. Errors name `op`. */
export function decompose(op: string, a: Tensor, full = false): readonly Tensor[] {
  const batch = batchOf(a);
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const allU = raw([...batch, m, full ? m : k], a.dtype);
  const s = raw([...batch, k], a.dtype);
  const allV = raw([...batch, full ? n : k, n], a.dtype);
  const bad = factorise(a, allU, s, allV);
  if (bad >= 0) throw notConverged(op, batch, bad, 'singular values');
  const u = view(allU, 0, [...batch, m, k], allU.strides);
  const vh = view(allV, 0, [...batch, k, n], allV.strides);
  record(svdOp, [a], undefined, [u, s, vh]);
  if (!full || m === n) return [u, s, vh];
  if (m > n) return [u, s, vh, complement(u, view(allU, n, [...batch, m, m - n], allU.strides))];
  const rest = view(allV, m * n, [...batch, n - m, n], allV.strides);
  return [u, s, vh, mT(complement(mT(vh), mT(rest)))];
}

export interface SVDOptions<F extends boolean = boolean> {
  /** Whether u is [..., m, m] and vh [..., n, n], rather than [..., m, k] and [..., k, n] with k = min(m, n). Default true. */
  readonly fullMatrices?: F;
}

export interface SVD<U extends Shape = Shape, S extends Shape = Shape, V extends Shape = Shape> {
  /** Left singular vectors in columns. */
  readonly u: Tensor<U>;
  /** Singular values, descending. */
  readonly s: Tensor<S>;
  /** Right singular vectors in rows. */
  readonly vh: Tensor<V>;
}

const parts = composite('svd', (a: Tensor, { fullMatrices = true }: SVDOptions = {}) => {
  requireMatrix('svd', a);
  const [m, n] = a.shape.slice(-2);
  const [u, s, vh, rest] = decompose('svd', a, fullMatrices);
  if (rest === undefined) return [u, s, vh];
  return m > n ? [cat([u, rest], -1), s, vh] : [u, s, cat([vh, rest], -2)];
});

/**
 * u diag(s) vh = a for any a [..., m, n]. The largest element of each left singular vector (of each right one where m < n) is positive.
 * The gradient of the vectors is NaN where singular values coincide, or are 0 and m is not n: they are not functions of a there. Vectors
 * beyond the first min(m, n) can be turned among themselves; their derivative is right for whatever depends on the space they span alone.
 * Throws LinalgError where a is not finite.
 */
export function svd<S extends Shape>(
  a: Tensor<S>,
  options: { readonly fullMatrices: false },
): SVD<LeftFactor<S>, Spectrum<S>, RightFactor<S>>;
export function svd<S extends Shape>(
  a: Tensor<S>,
  options?: SVDOptions<true>,
): SVD<LeftSquare<S>, Spectrum<S>, RightSquare<S>>;
export function svd<S extends Shape>(a: Tensor<S>, options?: SVDOptions): SVD<Shape, Spectrum<S>, Shape>;
export function svd(a: Tensor, options?: SVDOptions): SVD {
  const [u, s, vh] = parts(a, options);
  return { u, s, vh };
}

/** The descending singular values [..., min(m, n)] of a [..., m, n]; see `svd`. */
export const svdvals: <S extends Shape>(a: Tensor<S>) => Tensor<Spectrum<S>> = composite(
  'svdvals',
  (a: Tensor) => {
    requireMatrix('svdvals', a);
    return decompose('svdvals', a)[1];
  },
) as never;
