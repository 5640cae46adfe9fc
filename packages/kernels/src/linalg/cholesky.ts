import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
import { batchSize, part, readMatrices, requireFloating } from './matrices.js';

/**
 * The lower factors L of a = L L^T; reads the lower triangle alone. Returns -1, or the position (batch index times n plus row) of the
 * first pivot that is not positive. Row by row (Golub and Van Loan 2013, section 4.2).
 */
export function cholesky(a: Operand, out: Operand): number {
  requireFloating('cholesky', a, out);
  const n = a.shape[a.shape.length - 1];
  const factors = readMatrices(a);
  for (let index = 0; index < batchSize(a); index++) {
    const l = part(factors, index, n * n);
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
  }
  kernels().write(out, factors);
  return -1;
}
