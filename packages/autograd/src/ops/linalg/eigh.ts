import { eigh as factorise } from '@fluxion/kernels';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, type Primitive, savesNothing } from '../define.js';
import { zerosOf } from '../unary.js';
import { asColumn, asRow, batchOf, notConverged, requireSquare, withDiagonal } from './support.js';
import type { Spectrum, Square } from './types.js';
import { add, div, matmul, mT, mul, sub } from './untyped.js';

/**
 * Outputs: eigenvalues w and eigenvectors v. Symmetric gradient v (diag(gw) + F o v^T gv) v^T with F = 1 / (w_j - w_i) off the diagonal and
 * the antisymmetric part of v^T gv (Giles 2008): gv along v itself cannot change anything.
 */
const eighOp: Primitive = {
  name: 'eigh',
  savesInput: savesNothing,
  savesOutput: true,
  forward: () => {
    throw new TypeError('eigh has two outputs: decompose() below runs it');
  },
  vjp: (_, n, [gw, gv]) => {
    const [w, v] = [n.output(0), n.output(1)];
    const values = gw ?? zerosOf(w);
    let scaled = mul(v, asRow(values));
    if (gv != null) {
      const turned = matmul(mT(v), gv);
      const distance = withDiagonal(sub(asRow(w), asColumn(w)), 1);
      const inside = div(mul(sub(turned, mT(turned)), 0.5), distance);
      scaled = gw == null ? matmul(v, inside) : add(scaled, matmul(v, inside));
    }
    return [matmul(scaled, mT(v))];
  },
};

/** Eigenvalues and eigenvectors of symmetric matrices given by their lower triangles; errors name `op`. */
export function decompose(op: string, a: Tensor): readonly [values: Tensor, vectors: Tensor] {
  const batch = batchOf(a);
  const values = raw(a.shape.slice(0, -1), a.dtype);
  const vectors = raw(a.shape, a.dtype);
  const bad = factorise(a, values, vectors);
  if (bad >= 0) throw notConverged(op, batch, bad, 'eigenvalues');
  record(eighOp, [a], undefined, [values, vectors]);
  return [values, vectors];
}

export interface EighOptions {
  /** Whether the upper triangle of a is read instead of the lower one. Default false. */
  readonly upper?: boolean;
}

export interface Eigen<W extends Shape = Shape, V extends Shape = Shape> {
  /** Ascending. */
  readonly eigenvalues: Tensor<W>;
  /** In columns, orthonormal; the largest element of each is positive. */
  readonly eigenvectors: Tensor<V>;
}

const parts = composite('eigh', (a: Tensor, { upper = false }: EighOptions = {}) => {
  requireSquare('eigh', a);
  return decompose('eigh', upper ? mT(a) : a);
});

/**
 * Eigenvalues [..., n] and eigenvectors [..., n, n] of symmetric a [..., n, n], of which one triangle alone is read; the gradient is symmetric.
 * That of the vectors is NaN where eigenvalues coincide: they are not functions of a there. Throws LinalgError where a is not finite.
 */
export function eigh<S extends Shape>(
  a: Tensor<S> & Square<'eigh', S>,
  options?: EighOptions,
): Eigen<Spectrum<S>, S> {
  const [eigenvalues, eigenvectors] = parts(a, options);
  return { eigenvalues, eigenvectors } as never;
}

/** The ascending eigenvalues [..., n] of symmetric a [..., n, n], of which one triangle alone is read; see `eigh`. */
export const eigvalsh: <S extends Shape>(
  a: Tensor<S> & Square<'eigvalsh', S>,
  options?: EighOptions,
) => Tensor<Spectrum<S>> = composite('eigvalsh', (a: Tensor, { upper = false }: EighOptions = {}) => {
  requireSquare('eigvalsh', a);
  return decompose('eigvalsh', upper ? mT(a) : a)[0];
}) as never;
