import { qr as factorise } from '@fluxion/kernels';
import { ArgumentError, show } from '../../errors.js';
import { record } from '../../graph/record.js';
import { raw, view } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, type Primitive, savesNothing } from '../define.js';
import { reshapeTo } from '../shape.js';
import { zerosOf } from '../unary.js';
import { complement } from './complement.js';
import { triangular } from './solve.js';
import { batchOf, requireMatrix, zerosIn } from './support.js';
import type { LeftFactor, RightFactor } from './types.js';
import { add, cat, matmul, mT, slice, sub, tril } from './untyped.js';

/** Outputs q [..., m, n] and r [..., n, n] of a [..., m, n] with m >= n. The rule: Liao, Liu, Wang and Xiang 2019; Giles 2008. */
const qrOp: Primitive = {
  name: 'qr',
  savesInput: savesNothing,
  savesOutput: true,
  forward: () => {
    throw new TypeError('qr has two outputs: tall() below runs it');
  },
  vjp: (_, n, [gq, gr]) => {
    const [q, r] = [n.output(0), n.output(1)];
    // M = r gr^T - gq^T q; (gq + q (M's lower triangle made symmetric)) r^-T.
    const fromR = gr == null ? zerosOf(r) : matmul(r, mT(gr));
    const m = gq == null ? fromR : sub(fromR, matmul(mT(gq), q));
    const lower = tril(m);
    const symmetric = add(lower, mT(tril(lower, { diagonal: -1 })));
    const inside = matmul(q, symmetric);
    const sum = gq == null ? inside : add(gq, inside);
    return [mT(triangular('the derivative of qr', r, mT(sum), { upper: true }))];
  },
};

/** q and r of a with m >= n; with `all`, q's columns that complete the others as a third. */
function tall(a: Tensor, all: boolean): readonly Tensor[] {
  const batch = batchOf(a);
  const [m, n] = a.shape.slice(-2);
  const width = all ? m : n;
  const fullQ = raw([...batch, m, width], a.dtype);
  const fullR = raw([...batch, width, n], a.dtype);
  factorise(a, fullQ, fullR);
  const q = view(fullQ, 0, [...batch, m, n], fullQ.strides);
  const r = view(fullR, 0, [...batch, n, n], fullR.strides);
  record(qrOp, [a], undefined, [q, r]);
  if (!all) return [q, r];
  return [q, r, complement(q, view(fullQ, n, [...batch, m, m - n], fullQ.strides))];
}

export interface QROptions {
  /**
   * `reduced`: q [..., m, k] and r [..., k, n], with k = min(m, n). `complete`: q [..., m, m] and r [..., m, n]. `r`: r as in `reduced`, and
   * an empty q. Default `reduced`.
   */
  readonly mode?: 'reduced' | 'complete' | 'r';
}

export interface QR<Q extends Shape = Shape, R extends Shape = Shape> {
  readonly q: Tensor<Q>;
  readonly r: Tensor<R>;
}

const modes: readonly unknown[] = ['reduced', 'complete', 'r'];

const parts = composite('qr', (a: Tensor, mode: string) => {
  requireMatrix('qr', a);
  if (!modes.includes(mode))
    throw new ArgumentError(`qr: mode is ${show(mode)}; expected 'reduced', 'complete' or 'r'.`);
  const [m, n] = a.shape.slice(-2);
  const [q, square, rest] = tall(m < n ? slice(a, -1, { end: m }) : a, mode === 'complete' && m > n);
  // The columns of a beyond its square part follow from q.
  const r = m < n ? cat([square, matmul(mT(q), slice(a, -1, { start: m }))], -1) : square;
  if (mode === 'r') return [slice(reshapeTo(q, [q.size]), 0, { end: 0 }), r];
  if (rest === undefined) return [q, r];
  const empty = zerosIn([...batchOf(a), m - n, n], a);
  return [cat([q, rest], -1), cat([r, empty], -2)];
});

/**
 * q with orthonormal columns and upper triangular r, q r = a, for any a [..., m, n], by Householder reflections and with LAPACK's signs. The
 * derivative needs the first min(m, n) columns of a to be independent. The columns of a complete q beyond those of a can be
 * turned among themselves; their derivative is right for whatever depends on the space they span alone.
 */
export function qr<S extends Shape>(
  a: Tensor<S>,
  options?: QROptions & { readonly mode?: 'reduced' },
): QR<LeftFactor<S>, RightFactor<S>>;
export function qr(a: Tensor, options?: QROptions): QR;
export function qr(a: Tensor, options: QROptions = {}): QR {
  const [q, r] = parts(a, options.mode ?? 'reduced');
  return { q, r };
}
