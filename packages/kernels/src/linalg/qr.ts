import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
import { batchSize, type Matrix, part, readMatrices, requireFloating } from './matrices.js';

/**
 * q [m, columns] and r [columns, n] of a [m, n] by Householder reflections, with LAPACK's signs: a reflection takes a column to minus
 * the sign of its first element, and a column of one element is left as it is (Golub and Van Loan 2013, section 5.2).
 */
function householder(
  a: Matrix,
  m: number,
  n: number,
  columns: number,
): { readonly q: Matrix; readonly r: Matrix } {
  const work = Float64Array.from(a);
  const k = Math.min(m, n);
  const vectors: Float64Array[] = [];
  const weights: number[] = [];
  const reflect = (target: Matrix, width: number, c: number, from: number): void => {
    const v = vectors[c];
    if (weights[c] === 0) return;
    for (let j = from; j < width; j++) {
      let sum = 0;
      for (let i = c; i < m; i++) sum += v[i - c] * target[i * width + j];
      sum *= weights[c];
      for (let i = c; i < m; i++) target[i * width + j] -= sum * v[i - c];
    }
  };
  for (let c = 0; c < k; c++) {
    const v = new Float64Array(m - c);
    for (let i = c; i < m; i++) v[i - c] = work[i * n + c];
    // Scaled, so that squares neither overflow nor vanish.
    let largest = 0;
    for (let i = 1; i < v.length; i++) largest = Math.max(largest, Math.abs(v[i]));
    let weight = 0;
    if (largest > 0 || Number.isNaN(largest)) {
      largest = Math.max(largest, Math.abs(v[0]));
      let squares = 0;
      for (let i = 0; i < v.length; i++) squares += (v[i] / largest) ** 2;
      const norm = largest * Math.sqrt(squares);
      const beta = v[0] >= 0 && !Object.is(v[0], -0) ? -norm : norm;
      const head = v[0] - beta;
      weight = -head / beta;
      for (let i = 1; i < v.length; i++) v[i] /= head;
    }
    v[0] = 1;
    vectors.push(v);
    weights.push(weight);
    reflect(work, n, c, c);
  }
  const r = new Float64Array(columns * n);
  for (let i = 0; i < columns; i++) for (let j = i; j < n; j++) r[i * n + j] = work[i * n + j];
  const q = new Float64Array(m * columns);
  for (let i = 0; i < columns; i++) q[i * columns + i] = 1;
  for (let c = k - 1; c >= 0; c--) reflect(q, columns, c, 0);
  return { q, r };
}

/**
 * q [..., m, columns] and r [..., columns, n] with q r = a; the number of columns, min(m, n) or m, says which kind of factors are wanted.
 */
export function qr(a: Operand, q: Operand, r: Operand): void {
  requireFloating('qr', a, q, r);
  const [m, n] = a.shape.slice(-2);
  const columns = q.shape[q.shape.length - 1];
  const matrices = readMatrices(a);
  const left = new Float64Array(batchSize(a) * m * columns);
  const right = new Float64Array(batchSize(a) * columns * n);
  for (let index = 0; index < batchSize(a); index++) {
    const factors = householder(part(matrices, index, m * n), m, n, columns);
    left.set(factors.q, index * m * columns);
    right.set(factors.r, index * columns * n);
  }
  kernels().write(q, left);
  kernels().write(r, right);
}
