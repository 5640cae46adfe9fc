import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
import { orient, rotation } from './eigh.js';
import {
  batchSize,
  identity,
  type Matrix,
  part,
  readMatrices,
  requireFloating,
  transposed,
} from './matrices.js';

const sweeps = 60;

interface Decomposition {
  /** [m, columns of u]. */
  readonly u: Matrix;
  readonly s: Float64Array;
  /** [rows of vh, n]. */
  readonly vh: Matrix;
}

/** Of a vector, scaled so that squares do not vanish. */
function norm(v: Float64Array): number {
  let largest = 0;
  for (const x of v) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return 0;
  let squares = 0;
  for (const x of v) squares += (x / largest) ** 2;
  return largest * Math.sqrt(squares);
}

/** Rows `known` and on of rows [count, n] made orthonormal to the ones before: the unit vector that keeps most, twice Gram-Schmidt. */
function complete(rows: Matrix, known: readonly boolean[], count: number, n: number): void {
  const have: number[] = [];
  for (let i = 0; i < count; i++) if (known[i]) have.push(i);
  for (let i = 0; i < count; i++) {
    if (known[i]) continue;
    const row = rows.subarray(i * n, (i + 1) * n);
    // The unit vector that the rows so far say least about.
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < n; j++) {
      let weight = 0;
      for (const h of have) weight += rows[h * n + j] ** 2;
      if (weight < least - 1e-9) [best, least] = [j, weight];
    }
    row.fill(0);
    row[best] = 1;
    for (let pass = 0; pass < 2; pass++)
      for (const h of have) {
        let dot = 0;
        for (let j = 0; j < n; j++) dot += row[j] * rows[h * n + j];
        for (let j = 0; j < n; j++) row[j] -= dot * rows[h * n + j];
      }
    const length = norm(row);
    for (let j = 0; j < n; j++) row[j] /= length;
    have.push(i);
  }
}

/**
 * For m >= n: one-sided Jacobi rotations make the columns of a orthogonal (Hestenes 1958; Demmel and Veselic 1992 on its accuracy).
 * Works on rows of the transpose. `left` and `right` are the numbers of singular vectors wanted.
 */
function hestenes(a: Matrix, m: number, n: number, left: number, right: number): Decomposition | null {
  const w = transposed(a, m, n);
  let largest = 0;
  for (const x of w) largest = Math.max(largest, Math.abs(x));
  if (!Number.isFinite(largest)) return null;
  const unit = largest === 0 ? 1 : 2 ** Math.max(Math.floor(Math.log2(largest)), -1000);
  for (let i = 0; i < w.length; i++) w[i] /= unit;
  const v = identity(n);
  const negligible = (1e-17 * m) ** 2;
  let done = false;
  for (let sweep = 0; sweep < sweeps && !done; sweep++) {
    done = true;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let i = 0; i < m; i++) {
          const [x, y] = [w[p * m + i], w[q * m + i]];
          pp += x * x;
          qq += y * y;
          pq += x * y;
        }
        // A column that is rounding error against the matrix has no direction of its own to be made orthogonal.
        if (pp <= negligible || qq <= negligible) continue;
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        done = false;
        const [c, d] = rotation(pp, qq, pq);
        for (let i = 0; i < m; i++) {
          const [x, y] = [w[p * m + i], w[q * m + i]];
          w[p * m + i] = c * x - d * y;
          w[q * m + i] = d * x + c * y;
        }
        for (let i = 0; i < n; i++) {
          const [x, y] = [v[p * n + i], v[q * n + i]];
          v[p * n + i] = c * x - d * y;
          v[q * n + i] = d * x + c * y;
        }
      }
  }
  if (!done) return null;
  const norms = Float64Array.from({ length: n }, (_, i) => norm(part(w, i, m)));
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j] - norms[i]);
  const u = new Float64Array(left * m);
  const vt = new Float64Array(right * n);
  const known = Array.from({ length: left }, (_, k) => k < n && norms[order[k]] ** 2 > negligible);
  for (const [k, i] of order.entries()) {
    vt.set(v.subarray(i * n, (i + 1) * n), k * n);
    if (known[k]) for (let j = 0; j < m; j++) u[k * m + j] = w[i * m + j] / norms[i];
  }
  complete(u, known, left, m);
  // The sign of a pair of singular vectors is free: the largest element of the left one is positive.
  for (const [k, turned] of orient(u, left, m).entries())
    if (turned && k < n) for (let j = 0; j < n; j++) vt[k * n + j] = -vt[k * n + j];
  return { u: transposed(u, left, m), s: Float64Array.from(order, i => norms[i] * unit), vh: vt };
}

/**
 * u [..., m, k], descending s [..., min(m, n)] and vh [..., l, n] with u diag(s) vh = a; k and l are the smaller size of a, or all of m and n.
 * The largest element of each left (where m < n: right) singular vector is positive. Returns as eigh does.
 */
export function svd(a: Operand, u: Operand, s: Operand, vh: Operand): number {
  requireFloating('svd', a, u, s, vh);
  const [m, n] = a.shape.slice(-2);
  const left = u.shape[u.shape.length - 1];
  const right = vh.shape[vh.shape.length - 2];
  const batch = batchSize(a);
  const matrices = readMatrices(a);
  const lefts = new Float64Array(batch * m * left);
  const values = new Float64Array(batch * Math.min(m, n));
  const rights = new Float64Array(batch * right * n);
  for (let index = 0; index < batch; index++) {
    const matrix = part(matrices, index, m * n);
    const tall = m >= n;
    const found = tall
      ? hestenes(matrix, m, n, left, right)
      : hestenes(transposed(matrix, m, n), n, m, right, left);
    if (found === null) return index;
    lefts.set(tall ? found.u : transposed(found.vh, left, m), index * m * left);
    values.set(found.s, index * Math.min(m, n));
    rights.set(tall ? found.vh : transposed(found.u, n, right), index * right * n);
  }
  kernels().write(u, lefts);
  kernels().write(s, values);
  kernels().write(vh, rights);
  return -1;
}
