import { lu as factorise, kernels } from '@fluxion/kernels';
import { DTypeError, IndexError, ShapeError, showShape } from '../../errors.js';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import { broadcastShapes, sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, type Primitive } from '../define.js';
import { zerosOf } from '../unary.js';
import { requireRows, triangular } from './solve.js';
import {
  asColumn,
  batchOf,
  requireMatrix,
  requireSameDType,
  requireSquare,
  withDiagonal,
} from './support.js';
import type { Batch, LeftFactor, LeftSquare, RightFactor, Solution, Square } from './types.js';
import { add, cat, expand, gather, matmul, mT, slice, sub, tril, triu } from './untyped.js';

/** The rows of a [..., m, n] in the order of an int32 permutation [..., m]. */
function takeRows(a: Tensor, permutation: Tensor): Tensor {
  return gather(a, -2, expand(asColumn(permutation), [...batchOf(a), ...a.shape.slice(-2)]));
}

const rows = (a: Tensor, start: number, end?: number): Tensor => slice(a, -2, { start, end });
const columns = (a: Tensor, start: number, end?: number): Tensor => slice(a, -1, { start, end });

/**
 * Inputs: a, and what undoes the permutation, int32 [..., m]. Outputs: the packed factors [..., m, n], the permutation, and where wanted its
 * matrix P, which is constant from place to place. With k = min(m, n), the first k rows and columns of P^T a are L1 U1, and the others are
 * L2 U1 or L1 U2.
 */
const luOp: Primitive = {
  name: 'lu',
  savesInput: i => i === 1,
  savesOutput: true,
  forward: () => {
    throw new TypeError('lu has several outputs: factor() below runs it');
  },
  vjp: (_, n, [g]) => {
    const packed = n.output();
    if (g == null) return [zerosOf(packed), null];
    const k = Math.min(...packed.shape.slice(-2));
    const [m, width] = packed.shape.slice(-2);
    const core = columns(rows(packed, 0, k), 0, k);
    const upper = triu(core);
    const lower = (x: Tensor): Tensor =>
      triangular('the derivative of lu', mT(core), x, { upper: true, unit: true });
    const right = (x: Tensor): Tensor =>
      mT(triangular('the derivative of lu', upper, mT(x), { upper: true }));
    const gCore = columns(rows(g, 0, k), 0, k);
    let gLower = tril(gCore, { diagonal: -1 });
    let gUpper = triu(gCore);
    let below: Tensor | null = null;
    let beside: Tensor | null = null;
    if (m > k) {
      // L2 = (P^T a)2 U1^-1.
      below = right(rows(g, k));
      gUpper = sub(gUpper, matmul(mT(rows(packed, k)), below));
    } else if (width > k) {
      // U2 = L1^-1 (P^T a)2.
      beside = lower(columns(g, k));
      gLower = sub(gLower, matmul(beside, mT(columns(packed, k))));
    }
    const unitLower = withDiagonal(tril(core), 1);
    const phi = add(tril(matmul(mT(unitLower), gLower), { diagonal: -1 }), triu(matmul(gUpper, mT(upper))));
    let permuted = lower(right(phi));
    if (below !== null) permuted = cat([permuted, below], -2);
    if (beside !== null) permuted = cat([permuted, beside], -1);
    return [takeRows(permuted, n.tensorInput(1)), null];
  },
};

/** [packed, permutation], and P if wanted. */
function factor(op: string, a: Tensor, withMatrix: boolean): readonly Tensor[] {
  requireMatrix(op, a);
  const batch = batchOf(a);
  const m = a.shape[a.ndim - 2];
  const packed = raw(a.shape, a.dtype);
  const permutation = raw([...batch, m], 'int32');
  factorise(a, packed, permutation, raw(batch, a.dtype));
  const order = kernels().read(permutation);
  const inverse = raw(permutation.shape, 'int32');
  const back = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) back[i - (i % m) + order[i]] = i % m;
  kernels().write(inverse, back);
  const outputs = [packed, permutation];
  if (withMatrix) {
    const matrix = raw([...batch, m, m], a.dtype);
    const values = new Uint8Array(order.length * m);
    // Column i of P is the unit vector of row permutation[i].
    for (let i = 0; i < order.length; i++) values[(i - (i % m) + order[i]) * m + (i % m)] = 1;
    kernels().write(matrix, values);
    outputs.push(matrix);
  }
  record(luOp, [a, inverse], undefined, outputs);
  return outputs;
}

export interface LU<P extends Shape = Shape, L extends Shape = Shape, U extends Shape = Shape> {
  /** The permutation matrix. */
  readonly p: Tensor<P>;
  /** With ones on the diagonal. */
  readonly l: Tensor<L>;
  readonly u: Tensor<U>;
}

const luParts = composite('lu', (a: Tensor) => {
  const [packed, , p] = factor('lu', a, true);
  const k = Math.min(...a.shape.slice(-2));
  return [p, withDiagonal(tril(columns(packed, 0, k)), 1), triu(rows(packed, 0, k))];
});

/**
 * P, L and U with a = P L U, by partial pivoting, for any a [..., m, n]: L is [..., m, k] with ones on the diagonal and U [..., k, n], with
 * k = min(m, n). The derivative needs the first k columns to be independent.
 */
export function lu<S extends Shape>(a: Tensor<S>): LU<LeftSquare<S>, LeftFactor<S>, RightFactor<S>> {
  const [p, l, u] = luParts(a);
  return { p, l, u } as never;
}

export interface PackedLU<S extends Shape = Shape, P extends Shape = Shape> {
  /** L below the diagonal (its ones left out) and U above. */
  readonly lu: Tensor<S>;
  /** int32, LAPACK's: row i was exchanged with row pivots[i] - 1, for one i after the other. */
  readonly pivots: Tensor<P>;
}

/** The exchanges of rows, counted from 1, that lead to a permutation. */
function toPivots(permutation: ArrayLike<number>, m: number, k: number): Int32Array {
  const batch = m === 0 ? 0 : permutation.length / m;
  const pivots = new Int32Array(batch * k);
  for (let b = 0; b < batch; b++) {
    const rowAt = Int32Array.from({ length: m }, (_, i) => i);
    const placeOf = rowAt.slice();
    for (let i = 0; i < k; i++) {
      const row = permutation[b * m + i];
      const place = placeOf[row];
      pivots[b * k + i] = place + 1;
      rowAt[place] = rowAt[i];
      placeOf[rowAt[place]] = place;
      rowAt[i] = row;
      placeOf[row] = i;
    }
  }
  return pivots;
}

const packedParts = composite('luFactor', (a: Tensor) => {
  const [packed, permutation] = factor('luFactor', a, false);
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const pivots = raw([...batchOf(a), k], 'int32');
  kernels().write(pivots, toPivots(kernels().read(permutation), m, k));
  return [packed, pivots];
});

/** The LU factors of a [..., m, n] packed into one matrix, and the pivots as LAPACK gives them: what `luSolve` takes. */
export function luFactor<S extends Shape>(a: Tensor<S>): PackedLU<S, [...Batch<S>, number]> {
  const [packed, pivots] = packedParts(a);
  return { lu: packed, pivots } as never;
}

export interface LUSolveOptions {
  /** false: x a = b. Default true. */
  readonly left?: boolean;
  /** Whether to solve with a transposed. Default false. */
  readonly adjoint?: boolean;
}

/** The permutation, or its inverse, that exchanges of rows lead to; [..., n]. */
function fromPivots(pivots: Tensor, inverse: boolean): Tensor {
  const n = pivots.shape[pivots.ndim - 1];
  const given = kernels().read(pivots);
  const order = new Int32Array(given.length);
  for (let start = 0; start < given.length; start += n) {
    const rowAt = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n; i++) {
      const other = given[start + i] - 1;
      if (other < 0 || other >= n)
        throw new IndexError(
          `luSolve: pivot ${other + 1} at position ${start + i} is outside ${n} rows; expected 1 to ${n}, as luFactor gives them.`,
        );
      [rowAt[i], rowAt[other]] = [rowAt[other], rowAt[i]];
    }
    for (let i = 0; i < n; i++) order[start + (inverse ? rowAt[i] : i)] = inverse ? i : rowAt[i];
  }
  const out = raw(pivots.shape, 'int32');
  kernels().write(out, order);
  return out;
}

/** x with a x = b [..., n, k] from what luFactor gave for a; leading dims broadcast. Throws LinalgError where a matrix is singular. */
export const luSolve: <A extends Shape, B extends Shape>(
  lu: Tensor<A> & Square<'luSolve', A>,
  pivots: Tensor,
  b: Tensor<B>,
  options?: LUSolveOptions,
) => Tensor<Solution<A, B>> = composite(
  'luSolve',
  (packed: Tensor, pivots: Tensor, b: Tensor, { left = true, adjoint = false }: LUSolveOptions = {}) => {
    requireSquare('luSolve', packed);
    requireMatrix('luSolve', b);
    requireSameDType('luSolve', packed, b);
    if (pivots.dtype !== 'int32')
      throw new DTypeError(`luSolve: expected int32 pivots, got ${pivots.dtype}. Take those of luFactor.`);
    if (!sameShape(pivots.shape, packed.shape.slice(0, -1)))
      throw new ShapeError(
        `luSolve: pivots of shape ${showShape(pivots.shape)} do not belong to factors of shape ${showShape(packed.shape)}; expected shape ` +
          `${showShape(packed.shape.slice(0, -1))}. Take those of luFactor.`,
      );
    requireRows('luSolve', packed, packed.shape[packed.ndim - 1], b, b.shape[b.ndim - (left ? 2 : 1)]);
    const batch = broadcastShapes('luSolve (batch dims)', batchOf(packed), batchOf(b));
    if (!left) return mT(substitute(packed, pivots, mT(b), !adjoint, batch));
    return substitute(packed, pivots, b, adjoint, batch);
  },
) as never;

function substitute(
  packed: Tensor,
  pivots: Tensor,
  b: Tensor,
  adjoint: boolean,
  batch: readonly number[],
): Tensor {
  const order = expand(fromPivots(pivots, adjoint), [...batch, packed.shape[packed.ndim - 1]]);
  const solve = (t: Tensor, x: Tensor, upper: boolean, unit: boolean): Tensor =>
    triangular('luSolve', t, x, { upper, unit });
  if (!adjoint) {
    const turned = takeRows(expand(b, [...batch, ...b.shape.slice(-2)]), order);
    return solve(packed, solve(packed, turned, false, true), true, false);
  }
  const t = mT(packed);
  const x = solve(t, solve(t, b, false, false), true, true);
  return takeRows(x, order);
}
