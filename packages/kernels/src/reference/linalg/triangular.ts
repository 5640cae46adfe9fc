import type { View } from '../view.js';
import { batchSize, type Matrix, readMatrix, requireFloating, writePart } from './matrices.js';

export interface Triangle {
  readonly upper: boolean;
  /** Whether the diagonal counts as ones and is not read. */
  readonly unit: boolean;
}

/** Overwrites b [n, k] with the solution of T x = b, where T is a triangle of t [n, n]. Forward or backward substitution. */
export function substitute(t: Matrix, n: number, b: Matrix, k: number, { upper, unit }: Triangle): void {
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    const [from, to] = upper ? [i + 1, n] : [0, i];
    for (let p = from; p < to; p++) {
      const factor = t[i * n + p];
      if (factor === 0) continue;
      for (let j = 0; j < k; j++) b[i * k + j] -= factor * b[p * k + j];
    }
    if (!unit) for (let j = 0; j < k; j++) b[i * k + j] /= t[i * n + i];
  }
}

/** out = T^-1 b; returns -1, or the position (batch index times n plus row) of the first zero on the diagonal, having written nothing. */
export function triangularSolve(a: View, b: View, out: View, triangle: Triangle): number {
  requireFloating('triangularSolve', a, b, out);
  const n = a.shape[a.shape.length - 1];
  const k = b.shape[b.shape.length - 1];
  const batch = out.shape.slice(0, -2);
  const results: Matrix[] = [];
  for (let index = 0; index < batchSize(out); index++) {
    const t = readMatrix(a, index, batch);
    if (!triangle.unit) for (let i = 0; i < n; i++) if (t[i * n + i] === 0) return index * n + i;
    const x = readMatrix(b, index, batch);
    substitute(t, n, x, k, triangle);
    results.push(x);
  }
  for (const [index, x] of results.entries()) writePart(out, index, x);
  return -1;
}
