import { lu as factorise, kernels } from '@fluxion/kernels';
import { mode, noGrad } from '../../graph/modes.js';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, type Primitive } from '../define.js';
import { reshapeTo } from '../shape.js';
import { inverse, solve } from './solve.js';
import {
  asColumn,
  asRow,
  batchOf,
  diagonalOf,
  flatBatch,
  requireSquare,
  withDiagonal,
  zerosIn,
} from './support.js';
import { decompose } from './svd.js';
import type { Batch, Square } from './types.js';
import {
  add,
  cat,
  indexSelect,
  log,
  matmul,
  mT,
  mul,
  neg,
  select,
  sign,
  slice,
  sub,
  tril,
  triu,
} from './untyped.js';

interface Pivots {
  /** Those of LU factors, n of each matrix. */
  readonly pivots: Float64Array;
  /** Of the permutations, one for each matrix. */
  readonly signs: ArrayLike<number>;
}

/** In double precision. */
function pivotsOf(a: Tensor): Pivots {
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

const detOp: Primitive = {
  name: 'det',
  savesOutput: true,
  forward: () => {
    throw new TypeError('det is the product of pivots: pivotDet() below records it');
  },
  // Jacobi's formula.
  vjp: (g, n) => {
    const scale = asColumn(asColumn(mul(g, n.output())));
    return [mul(scale, mT(inverse('det', n.tensorInput(0))))];
  },
};

/** det a as the product of pivots; the rule divides by them. */
function pivotDet(a: Tensor, { pivots, signs }: Pivots = pivotsOf(a)): Tensor {
  const n = a.shape[a.ndim - 1];
  const out = raw(batchOf(a), a.dtype);
  kernels().write(
    out,
    Float64Array.from(signs, (sign, i) => product(sign, pivots.subarray(i * n, (i + 1) * n))),
  );
  record(detOp, [a], undefined, [out]);
  return out;
}

/**
 * Below this, relative to the largest, a pivot or a singular value counts as small. The second derivative loses as many bits to cancellation,
 * the third twice as many. Not larger than need be: what counts as small takes singular values, at many times the cost.
 */
const smallIn = (x: Tensor): number => (x.dtype === 'float32' ? 2 ** -12 : 2 ** -18);

/** The matrices [..., n, n], counted in C order, that have a small pivot. */
function nearSingular(a: Tensor, { pivots, signs }: Pivots): number[] {
  const n = a.shape[a.ndim - 1];
  return Array.from(signs, (_, i) => i).filter(i => {
    const sizes = pivots.subarray(i * n, (i + 1) * n).map(Math.abs);
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
    const further = matmul(asRow(diagonalOf(f)), below);
    const upper = triu(f, { diagonal: 1 });
    f = matmul(withDiagonal(upper, neg(select(further, -2, 0))), a);
  }
  const first = select(select(f, -1, 0), -1, 0);
  return k % 2 === 0 ? neg(first) : first;
}

/**
 * det a for matrices [N, n, n] with k small singular values, which come last in u and vh. Between constant rotations, u^T a v is diagonal but
 * for what the derivative adds. Its first block has an inverse; the determinant of what the block leaves (its Schur complement) is
 * free of divisions. So nothing is divided by what is small, whatever the order of the derivative.
 */
function splitDet(a: Tensor, u: Tensor, vh: Tensor, k: number): Tensor {
  const n = a.shape[2];
  const r = n - k;
  const turned = matmul(matmul(mT(u), a), mT(vh));
  const turns = sign(mul(pivotDet(u), pivotDet(vh)));
  if (r === 0) return mul(turns, divisionFree(turned));
  const top = slice(turned, 1, { end: r });
  const bottom = slice(turned, 1, { start: r });
  const first = slice(top, 2, { end: r });
  const across = solve(first, slice(top, 2, { start: r }));
  const rest = sub(slice(bottom, 2, { start: r }), matmul(slice(bottom, 2, { end: r }), across));
  return mul(mul(turns, pivotDet(first)), divisionFree(rest));
}

function indices(list: readonly number[]): Tensor {
  const index = raw([list.length], 'int32');
  kernels().write(index, list);
  return index;
}

const pick = (x: Tensor, list: readonly number[]): Tensor => indexSelect(x, 0, indices(list));

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
    parts.push(k === 0 ? pivotDet(group) : splitDet(group, pick(u, list), pick(vh, list), k));
  }
  const others = Array.from({ length: a.shape[0] }, (_, i) => i).filter(i => !near.includes(i));
  if (others.length > 0) {
    order.push(...others);
    parts.push(pivotDet(pick(a, others)));
  }
  const back = new Array<number>(order.length);
  order.forEach((place, i) => {
    back[place] = i;
  });
  return pick(cat(parts), back);
}

/**
 * The determinants [...] of square matrices [..., n, n], by LU factors. The derivative is that of the polynomial that a determinant is, for
 * singular matrices as well, to any order.
 */
export const det: <S extends Shape>(a: Tensor<S> & Square<'det', S>) => Tensor<Batch<S>> = composite(
  'det',
  (a: Tensor) => {
    requireSquare('det', a);
    const pivots = pivotsOf(a);
    const followed = mode.recording && a.node !== null;
    const near = followed ? nearSingular(a, pivots) : [];
    if (near.length === 0) return pivotDet(a, pivots);
    const split = reshapeTo(groupedDet(flatBatch(a), near), batchOf(a));
    // The value is that of the factors, which are exact where a column of zeros turns up.
    const constant = noGrad(() => sub(pivotDet(a, pivots), split));
    constant.cut = '';
    return add(split, constant);
  },
) as never;

/** Outputs: the sign, which is constant from place to place, and ln |det a|. */
const slogdetOp: Primitive = {
  name: 'slogdet',
  forward: () => {
    throw new TypeError('slogdet has two outputs: parts() below runs it');
  },
  vjp: (g, n, [, gLog]) => {
    if (gLog == null) return [zerosIn(n.inputShape(0), g)];
    return [mul(asColumn(asColumn(gLog)), mT(inverse('the derivative of slogdet', n.tensorInput(0))))];
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
    return add(logabsdet, log(turn));
  },
) as never;
