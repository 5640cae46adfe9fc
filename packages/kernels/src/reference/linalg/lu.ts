import type { View } from '../view.js';
import { batchSize, type Matrix, readMatrix, requireFloating, writePart } from './matrices.js';
import { substitute } from './triangular.js';

export interface Factored {
  /** Row i of the factored matrix is row permutation[i] of the original. */
  readonly permutation: Int32Array;
  /** Of the permutation: 1 or -1. */
  readonly sign: number;
  /** The first column without a pivot other than 0, or -1. */
  readonly singular: number;
}

/**
 * Overwrites a [m, n] with the factors of P^T a = L U, the ones of L left out: Gaussian elimination with partial pivoting (Golub and
 * Van Loan 2013, section 3.4). A column of zeros is passed over, so that every matrix has factors.
 */
export function eliminate(a: Matrix, m: number, n: number): Factored {
  const permutation = Int32Array.from({ length: m }, (_, i) => i);
  let sign = 1;
  let singular = -1;
  for (let c = 0; c < Math.min(m, n); c++) {
    let pivot = c;
    for (let i = c + 1; i < m; i++) if (Math.abs(a[i * n + c]) > Math.abs(a[pivot * n + c])) pivot = i;
    if (a[pivot * n + c] === 0) {
      if (singular < 0) singular = c;
      continue;
    }
    if (pivot !== c) {
      for (let j = 0; j < n; j++) [a[c * n + j], a[pivot * n + j]] = [a[pivot * n + j], a[c * n + j]];
      [permutation[c], permutation[pivot]] = [permutation[pivot], permutation[c]];
      sign = -sign;
    }
    for (let i = c + 1; i < m; i++) {
      const factor = a[i * n + c] / a[c * n + c];
      a[i * n + c] = factor;
      if (factor === 0) continue;
      for (let j = c + 1; j < n; j++) a[i * n + j] -= factor * a[c * n + j];
    }
  }
  return { permutation, sign, singular };
}

/** The factors of every matrix. */
export function lu(a: View, packed: View, permutation: View, sign: View): void {
  requireFloating('lu', a, packed, sign);
  const [m, n] = a.shape.slice(-2);
  for (let index = 0; index < batchSize(a); index++) {
    const matrix = readMatrix(a, index);
    const factored = eliminate(matrix, m, n);
    writePart(packed, index, matrix);
    writePart(permutation, index, factored.permutation);
    writePart(sign, index, [factored.sign]);
  }
}

/** out = a^-1 b; returns -1, or the position (batch index times n plus column) of the first missing pivot, having written nothing. */
export function solve(a: View, b: View, out: View): number {
  requireFloating('solve', a, b, out);
  const n = a.shape[a.shape.length - 1];
  const k = b.shape[b.shape.length - 1];
  const batch = out.shape.slice(0, -2);
  const results: Matrix[] = [];
  for (let index = 0; index < batchSize(out); index++) {
    const factors = readMatrix(a, index, batch);
    const { permutation, singular } = eliminate(factors, n, n);
    if (singular >= 0) return index * n + singular;
    const right = readMatrix(b, index, batch);
    const x = new Float64Array(n * k);
    for (let i = 0; i < n; i++) x.set(right.subarray(permutation[i] * k, (permutation[i] + 1) * k), i * k);
    substitute(factors, n, x, k, { upper: false, unit: true });
    substitute(factors, n, x, k, { upper: true, unit: false });
    results.push(x);
  }
  for (const [index, x] of results.entries()) writePart(out, index, x);
  return -1;
}
