import type { Operand } from '../interface.js';
import { kernels } from '../select.js';
import {
  batchSize,
  type Matrix,
  part,
  readMatrices,
  requireFloating,
  sourceIndex,
  transposed,
} from './matrices.js';
import { substitute } from './triangular.js';

interface Factored {
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
function eliminate(a: Matrix, m: number, n: number): Factored {
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

/**
 * P^T a = L U with partial pivoting: both factors in `packed` (a's shape; the ones of L's diagonal left out), row i being row
 * `permutation`[..., i] of a (int32 [..., m]), and the permutation's sign [...]. Returns -1, or the position (batch index times the smaller of
 * m and n, plus column) of the first pivot of 0; singular matrices have factors too.
 */
export function lu(a: Operand, packed: Operand, permutation: Operand, sign: Operand): number {
  requireFloating('lu', a, packed, sign);
  const [m, n] = a.shape.slice(-2);
  const batch = batchSize(a);
  const factors = readMatrices(a);
  const permutations = new Int32Array(batch * m);
  const signs = new Float64Array(batch);
  let missing = -1;
  for (let index = 0; index < batch; index++) {
    const factored = eliminate(part(factors, index, m * n), m, n);
    permutations.set(factored.permutation, index * m);
    signs[index] = factored.sign;
    if (missing < 0 && factored.singular >= 0) missing = index * Math.min(m, n) + factored.singular;
  }
  kernels().write(packed, factors);
  kernels().write(permutation, permutations);
  kernels().write(sign, signs);
  return missing;
}

/**
 * out [..., n, k] = a^-1 b, or its transpose's inverse times b, from the factors that `lu` gave for a [..., n, n]; leading dims broadcast.
 * Divides by whatever pivots there are.
 */
export function luSolve(
  packed: Operand,
  permutation: Operand,
  b: Operand,
  out: Operand,
  adjoint: boolean,
): void {
  requireFloating('luSolve', packed, b, out);
  const n = packed.shape[packed.shape.length - 1];
  const k = b.shape[b.shape.length - 1];
  const batch = out.shape.slice(0, -2);
  const factors = readMatrices(packed);
  const permutations = kernels().read(permutation);
  const right = readMatrices(b);
  const results = new Float64Array(batchSize(out) * n * k);
  let last = -1;
  let matrix = factors;
  for (let index = 0; index < batchSize(out); index++) {
    const source = sourceIndex(packed, 2, batch, index);
    if (source !== last) {
      matrix = part(factors, source, n * n);
      if (adjoint) matrix = transposed(matrix, n, n);
      last = source;
    }
    const given = part(right, sourceIndex(b, 2, batch, index), n * k);
    const x = part(results, index, n * k);
    const rows = permutations.subarray(source * n, (source + 1) * n);
    if (adjoint) {
      const y = given.slice();
      substitute(matrix, n, y, k, { upper: false, unit: false });
      substitute(matrix, n, y, k, { upper: true, unit: true });
      for (let i = 0; i < n; i++) x.set(part(y, i, k), rows[i] * k);
    } else {
      for (let i = 0; i < n; i++) x.set(part(given, rows[i], k), i * k);
      substitute(matrix, n, x, k, { upper: false, unit: true });
      substitute(matrix, n, x, k, { upper: true, unit: false });
    }
  }
  kernels().write(out, results);
}
