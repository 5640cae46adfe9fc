import type { Operand } from '../interface.js';
import { elementCount, isFloating, unsupported } from '../reference/view.js';
import { kernels } from '../select.js';

/** A matrix in double precision, rows one after the other: what the factorisations work on, whatever the dtype. */
export type Matrix = Float64Array;

export function requireFloating(kernel: string, ...operands: readonly Operand[]): void {
  for (const { storage } of operands)
    if (!isFloating(storage.dtype)) throw unsupported(kernel, storage.dtype, 'float32 or float64');
}

/** The elements of all matrices, one matrix after the other: a copy that may be overwritten. */
export function readMatrices(a: Operand): Matrix {
  const values = kernels().read(a);
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

/** Number of matrices of an operand [..., m, n]. */
export function batchSize(a: Operand): number {
  return elementCount(a.shape.slice(0, -2));
}

/** Matrix `index` of several, each of `size` elements; shares memory. */
export function part(matrices: Matrix, index: number, size: number): Matrix {
  return matrices.subarray(index * size, (index + 1) * size);
}

/** Which matrix of an operand goes into matrix `index` of `batch`, to which its leading dims (all but `inner`) broadcast. */
export function sourceIndex(a: Operand, inner: number, batch: readonly number[], index: number): number {
  let source = 0;
  let step = 1;
  for (let d = batch.length - 1, e = a.shape.length - inner - 1; e >= 0; d--, e--) {
    const i = index % batch[d];
    index = (index - i) / batch[d];
    if (a.shape[e] !== 1) source += i * step;
    step *= a.shape[e];
  }
  return source;
}

export function identity(n: number): Matrix {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

export function transposed(a: Matrix, m: number, n: number): Matrix {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j];
  return t;
}
