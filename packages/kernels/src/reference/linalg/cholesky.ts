import type { View } from '../view.js';
import { batchSize, type Matrix, readMatrix, requireFloating, writePart } from './matrices.js';

/**
 * The lower factors L of a = L L^T; reads the lower triangle alone. Returns -1, or the position (batch index times n plus row) of the
 * first pivot that is not positive, having written nothing. Row by row (Golub and Van Loan 2013, section 4.2).
 */
export function cholesky(a: View, out: View): number {
  requireFloating('cholesky', a, out);
  const n = a.shape[a.shape.length - 1];
  const results: Matrix[] = [];
  for (let index = 0; index < batchSize(a); index++) {
    const l = readMatrix(a, index);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = l[i * n + j];
        for (let p = 0; p < j; p++) sum -= l[i * n + p] * l[j * n + p];
        if (j < i) l[i * n + j] = sum / l[j * n + j];
        else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
        else return index * n + i;
      }
      l.fill(0, i * n + i + 1, (i + 1) * n);
    }
    results.push(l);
  }
  for (const [index, l] of results.entries()) writePart(out, index, l);
  return -1;
}
