import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
import { batchSize, type Matrix, part, readMatrices, requireFloating, sourceIndex } from './matrices.js';

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

/**
 * out [..., n, k] = T^-1 b for a triangle T of a, the rest of which is not read; leading dims broadcast. Returns -1, or the position (batch
 * index of out times n plus row) of the first zero on the diagonal.
 */
export function triangularSolve(a: Operand, b: Operand, out: Operand, triangle: Triangle): number {
  requireFloating('triangularSolve', a, b, out);
  const n = a.shape[a.shape.length - 1];
  const k = b.shape[b.shape.length - 1];
  const batch = out.shape.slice(0, -2);
  const left = readMatrices(a);
  const right = readMatrices(b);
  const x = new Float64Array(batchSize(out) * n * k);
  for (let index = 0; index < batchSize(out); index++) {
    const t = part(left, sourceIndex(a, 2, batch, index), n * n);
    if (!triangle.unit) for (let i = 0; i < n; i++) if (t[i * n + i] === 0) return index * n + i;
    const solution = part(x, index, n * k);
    solution.set(part(right, sourceIndex(b, 2, batch, index), n * k));
    substitute(t, n, solution, k, triangle);
  }
  kernels().write(out, x);
  return -1;
}
