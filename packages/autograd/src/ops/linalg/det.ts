import { lu as factorise, kernels } from '@fluxion/kernels';
import { mode, noGrad } from '../../graph/modes.js';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, mul, sub } from '../binary.js';
import { tril, triu } from '../composite/triangles.js';
import { apply, composite, type Primitive } from '../define.js';
import { indexSelect } from '../indexing.js';
import { matmul } from '../matmul.js';
import { cat, reshapeTo, select, slice } from '../shape.js';
import { log, neg, sign } from '../unary.js';
import { inverse, solve } from './solve.js';
import {
  asColumn,
  asRow,
  batchOf,
  diagonalOf,
  flatBatch,
  mT,
  requireSquare,
  withDiagonal,
  zerosIn,
} from './support.js';
import { decompose } from './svd.js';
import type { Batch, Square } from './types.js';

/** The pivots of LU factors, n of each matrix, and the signs of the permutations. In double precision. */
function pivotsOf(a: Tensor): { readonly pivots: Float64Array; readonly signs: ArrayLike<number> } {
  const n = a.shape[a.ndim - 1];
  const packed = raw(a.shape, 'float64');
  const signs = raw(batchOf(a), 'float64');
  factorise(a, packed, raw(a.shape.slice(0, -1), 'int32'), signs);
  const factors = kernels().read(packed);
  const pivots = Float64Array.from(
    { length: signs.size * n },
    (_, i) => factors[Math.floor(i / n) * n * n + (i % n) * (n + 1)],
  );
  return { pivots, signs: kernels().read(signs) };
}

/** Adding 0 makes 0 of -0. */
function product(sign: number, pivots: Float64Array): number {
  return pivots.reduce((x, y) => x * y, sign) + 0;
}

/** det a, for matrices whose pivots are not 0; its rule divides by them. */
const detOp: Primitive = {
  name: 'det',
  savesOutput: true,
  forward: inputs => {
    const a = inputs[0] as Tensor;
    const n = a.shape[a.ndim - 1];
    const { pivots, signs } = pivotsOf(a);
    const out = raw(batchOf(a), a.dtype);
    kernels().write(
      out,
      Float64Array.from(signs, (sign, i) => product(sign, pivots.subarray(i * n, (i + 1) * n))),
    );
    return out;
  },
  // Jacobi's formula.
  vjp: (g, n) => {
    const scale = asColumn(asColumn(mul(g, n.output()) as Tensor));
    return [mul(scale, mT(inverse('det', n.tensorInput(0)))) as Tensor];
  },
};

/**
 * Below this, relative to the largest, a pivot or a singular value counts as small: the second derivative then loses a third of the digits
 * to cancellation, the third derivative two thirds.
 */
const smallIn = (x: Tensor): number => Math.cbrt(x.dtype === 'float32' ? 2 ** -23 : 2 ** -52);

/** Which matrices of [N, n, n] have a small pivot. */
function nearSingular(a: Tensor): number[] {
  const n = a.shape[2];
  const { pivots } = pivotsOf(a);
  return Array.from({ length: a.shape[0] }, (_, i) => i).filter(i => {
    const sizes = Array.from(pivots.subarray(i * n, (i + 1) * n), Math.abs);
    const largest = Math.max(...sizes);
    // What is not finite goes the way that answers NaN.
    return Number.isFinite(largest) && Math.min(...sizes) <= smallIn(a) * largest;
  });
}

/**
 * The determinants of [..., k, k] by products and sums alone, so that they and all their derivatives are exact for zeros as well: Bird's
 * algorithm (Bird 2011), k - 1 matrix products.
 */
function divisionFree(a: Tensor): Tensor {
  const k = a.shape[a.ndim - 1];
  const ones = raw([k, k], a.dtype);
  kernels().fill(ones, 1);
  const below = tril(ones, { diagonal: -1 });
  let f = a;
  for (let i = 1; i < k; i++) {
    const further = matmul(asRow(diagonalOf(f)), below) as Tensor;
    const upper = triu(f, { diagonal: 1 });
    f = matmul(withDiagonal(upper, neg(select(further, -2, 0) as Tensor) as Tensor), a) as Tensor;
  }
  const first = select(select(f, -1, 0) as Tensor, -1, 0) as Tensor;
  return k % 2 === 0 ? (neg(first) as Tensor) : first;
}

/**
 * det a for matrices [N, n, n] with k small singular values, which come last in u and vh. Between constant rotations, u^T a v is diagonal but
 * for what the derivative adds. Its first block has an inverse; the determinant of what the block leaves (its Schur complement) is
 * free of divisions. So nothing is divided by what is small, whatever the order of the derivative.
 */
function splitDet(a: Tensor, u: Tensor, vh: Tensor, k: number): Tensor {
  const n = a.shape[2];
  const r = n - k;
  const turned = matmul(matmul(mT(u), a) as Tensor, mT(vh)) as Tensor;
  const turns = sign(mul(apply(detOp, [u], undefined), apply(detOp, [vh], undefined)) as Tensor) as Tensor;
  if (r === 0) return mul(turns, divisionFree(turned)) as Tensor;
  const top = slice(turned, 1, { end: r }) as Tensor;
  const bottom = slice(turned, 1, { start: r }) as Tensor;
  const first = slice(top, 2, { end: r }) as Tensor;
  const across = solve(first, slice(top, 2, { start: r }) as Tensor) as Tensor;
  const rest = sub(
    slice(bottom, 2, { start: r }) as Tensor,
    matmul(slice(bottom, 2, { end: r }) as Tensor, across) as Tensor,
  ) as Tensor;
  return mul(mul(turns, apply(detOp, [first], undefined)), divisionFree(rest)) as Tensor;
}

function indices(list: readonly number[]): Tensor {
  const index = raw([list.length], 'int32');
  kernels().write(index, list);
  return index;
}

const pick = (x: Tensor, list: readonly number[]): Tensor => indexSelect(x, 0, indices(list)) as Tensor;

/** det a for matrices [N, n, n] some of which (`near`) are singular or nearly so: in groups of as many small singular values. */
function groupedDet(a: Tensor, near: readonly number[]): Tensor {
  const n = a.shape[2];
  const [u, s, vh] = noGrad(() => decompose('det', pick(a, near)));
  const values = kernels().read(s);
  const groups = new Map<number, number[]>();
  near.forEach((_, i) => {
    const spectrum = values.subarray(i * n, (i + 1) * n);
    const k = spectrum.filter(x => x <= smallIn(a) * spectrum[0]).length;
    groups.set(k, [...(groups.get(k) ?? []), i]);
  });
  const order: number[] = [];
  const parts: Tensor[] = [];
  for (const [k, list] of groups) {
    const places = list.map(i => near[i]);
    order.push(...places);
    const group = pick(a, places);
    parts.push(
      k === 0 ? apply(detOp, [group], undefined) : splitDet(group, pick(u, list), pick(vh, list), k),
    );
  }
  const others = Array.from({ length: a.shape[0] }, (_, i) => i).filter(i => !near.includes(i));
  if (others.length > 0) {
    order.push(...others);
    parts.push(apply(detOp, [pick(a, others)], undefined));
  }
  const back = new Array<number>(order.length);
  order.forEach((place, i) => {
    back[place] = i;
  });
  return pick(cat(parts) as Tensor, back);
}

/**
 * The determinants [...] of square matrices [..., n, n], by LU factors. The derivative is that of the polynomial that a determinant is, for
 * singular matrices as well, to any order.
 */
export const det: <S extends Shape>(a: Tensor<S> & Square<'det', S>) => Tensor<Batch<S>> = composite(
  'det',
  (a: Tensor) => {
    requireSquare('det', a);
    const followed = mode.recording && a.node !== null;
    const near = followed ? nearSingular(flatBatch(a)) : [];
    if (near.length === 0) return apply(detOp, [a], undefined);
    const split = reshapeTo(groupedDet(flatBatch(a), near), batchOf(a));
    // The value is that of the factors, which are exact where a column of zeros turns up.
    const constant = noGrad(() => sub(apply(detOp, [a], undefined), split) as Tensor);
    constant.cut = '';
    return add(split, constant) as Tensor;
  },
) as never;

/** Outputs: the sign, which is constant from place to place, and ln |det a|. */
const slogdetOp: Primitive = {
  name: 'slogdet',
  forward: () => {
    throw new TypeError('slogdet has two outputs: parts() below runs it');
  },
  vjp: (g, n, [, gLog]) => {
    if (gLog == null) return [zerosIn(n.inputShapes[0], g)];
    return [
      mul(asColumn(asColumn(gLog)), mT(inverse('the derivative of slogdet', n.tensorInput(0)))) as Tensor,
    ];
  },
};

export interface Slogdet<S extends Shape = Shape> {
  /** -1, 0 or 1. */
  readonly sign: Tensor<S>;
  /** ln |det a|, minus infinity for singular matrices. */
  readonly logabsdet: Tensor<S>;
}

/** Sign and logarithm; unrecorded. */
function logarithms(a: Tensor): readonly [sign: Tensor, logarithm: Tensor] {
  const n = a.shape[a.ndim - 1];
  const { pivots, signs } = pivotsOf(a);
  const logs = new Float64Array(signs.length);
  const turns = Float64Array.from(signs, (turn, i) => {
    const own = pivots.subarray(i * n, (i + 1) * n);
    for (const pivot of own) logs[i] += Math.log(Math.abs(pivot));
    return product(turn, own.map(Math.sign));
  });
  const [turn, log] = [raw(batchOf(a), a.dtype), raw(batchOf(a), a.dtype)] as Tensor[];
  kernels().write(turn, turns);
  kernels().write(log, logs);
  return [turn, log];
}

/** The signs of determinants, 0 where LU factors have a pivot of 0: outside the graph. */
export function signOfDet(a: Tensor): Tensor {
  return logarithms(a)[0];
}

const parts = composite('slogdet', (op: string, a: Tensor) => {
  requireSquare(op, a);
  const outputs = logarithms(a);
  record(slogdetOp, [a], undefined, outputs);
  return outputs;
});

/**
 * Sign and logarithm of the determinants [...] of square matrices [..., n, n], where the determinant itself might overflow. The derivative
 * of the logarithm is the inverse transposed, so it throws LinalgError where a matrix is singular.
 */
export function slogdet<S extends Shape>(a: Tensor<S> & Square<'slogdet', S>): Slogdet<Batch<S>> {
  const [turn, logabsdet] = parts('slogdet', a);
  return { sign: turn, logabsdet } as never;
}

/** ln(det a), [...] of square matrices [..., n, n]: NaN for a negative determinant, minus infinity for 0. See `slogdet`. */
export const logdet: <S extends Shape>(a: Tensor<S> & Square<'logdet', S>) => Tensor<Batch<S>> = composite(
  'logdet',
  (a: Tensor) => {
    const [turn, logabsdet] = parts('logdet', a);
    return add(logabsdet, log(turn)) as Tensor;
  },
) as never;
