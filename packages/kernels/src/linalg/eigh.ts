import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
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

/** Cosine and sine of the rotation that makes the off-diagonal element of [[p, o], [o, q]] zero: the smaller of the two angles. */
export function rotation(p: number, q: number, o: number): readonly [number, number] {
  const tau = (q - p) / (2 * o);
  const t = tau === 0 ? 1 : Math.sign(tau) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  return [c, t * c];
}

/** Turns every row of `vectors` [count, n] so that its largest element is positive; says which were turned. */
export function orient(vectors: Matrix, count: number, n: number): boolean[] {
  return Array.from({ length: count }, (_, i) => {
    const row = vectors.subarray(i * n, (i + 1) * n);
    let at = 0;
    for (let j = 1; j < n; j++) if (Math.abs(row[j]) > Math.abs(row[at])) at = j;
    if (!(row[at] < 0)) return false;
    for (let j = 0; j < n; j++) row[j] = -row[j];
    return true;
  });
}

/**
 * Eigenvalues, ascending, and eigenvectors (rows here) of the symmetric matrix with the lower triangle of a: cyclic Jacobi rotations
 * (Golub and Van Loan 2013, section 8.5). Null where they do not converge, as with NaN.
 */
function jacobi(a: Matrix, n: number): { readonly values: Float64Array; readonly vectors: Matrix } | null {
  const s = Float64Array.from(a);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) s[i * n + j] = s[j * n + i];
  // By a power of two, so that squares neither overflow nor vanish and no digit is lost.
  let largest = 0;
  for (const x of s) largest = Math.max(largest, Math.abs(x));
  if (!Number.isFinite(largest)) return null;
  const unit = largest === 0 ? 1 : 2 ** Math.max(Math.floor(Math.log2(largest)), -1000);
  for (let i = 0; i < s.length; i++) s[i] /= unit;
  const v = identity(n);
  let done = false;
  for (let sweep = 0; sweep < sweeps && !done; sweep++) {
    done = true;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        const o = s[p * n + q];
        if (o === 0) continue;
        const size = Math.abs(o);
        // Negligible against both diagonal elements, or against the matrix as a whole.
        if (size <= 1e-17 * Math.sqrt(Math.abs(s[p * n + p] * s[q * n + q])) || size < 1e-20) continue;
        done = false;
        const [c, d] = rotation(s[p * n + p], s[q * n + q], o);
        for (let i = 0; i < n; i++) {
          const [x, y] = [s[i * n + p], s[i * n + q]];
          s[i * n + p] = c * x - d * y;
          s[i * n + q] = d * x + c * y;
        }
        for (let j = 0; j < n; j++) {
          const [x, y] = [s[p * n + j], s[q * n + j]];
          s[p * n + j] = c * x - d * y;
          s[q * n + j] = d * x + c * y;
          const [e, f] = [v[p * n + j], v[q * n + j]];
          v[p * n + j] = c * e - d * f;
          v[q * n + j] = d * e + c * f;
        }
        s[p * n + q] = 0;
        s[q * n + p] = 0;
      }
  }
  if (!done) return null;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => s[i * n + i] - s[j * n + j]);
  const vectors = new Float64Array(n * n);
  for (const [k, i] of order.entries()) vectors.set(v.subarray(i * n, (i + 1) * n), k * n);
  orient(vectors, n, n);
  return { values: Float64Array.from(order, i => s[i * n + i] * unit), vectors };
}

/**
 * Ascending eigenvalues [..., n] and eigenvectors [..., n, n] in columns, the largest element of each positive. Reads the lower triangle
 * alone. Returns -1, or the index of the first matrix that does not converge (one that is not finite).
 */
export function eigh(a: Operand, values: Operand, vectors: Operand): number {
  requireFloating('eigh', a, values, vectors);
  const n = a.shape[a.shape.length - 1];
  const matrices = readMatrices(a);
  const spectra = new Float64Array(batchSize(a) * n);
  for (let index = 0; index < batchSize(a); index++) {
    const matrix = part(matrices, index, n * n);
    const found = jacobi(matrix, n);
    if (found === null) return index;
    spectra.set(found.values, index * n);
    matrix.set(transposed(found.vectors, n, n));
  }
  kernels().write(values, spectra);
  kernels().write(vectors, matrices);
  return -1;
}
