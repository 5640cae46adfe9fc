import { elementCount, isFloating, unsupported, type View } from '../view.js';

/** A matrix in double precision, rows one after the other: what the factorisations work on, whatever the dtype. */
export type Matrix = Float64Array;

export function requireFloating(kernel: string, ...views: readonly View[]): void {
  for (const v of views)
    if (!isFloating(v.dtype) || v.dtype !== views[0].dtype)
      throw unsupported(kernel, v.dtype, v === views[0] ? 'float32 or float64' : views[0].dtype);
}

/** Number of matrices of an operand [..., m, n]; with `inner` 1 of vectors [..., n], with 0 of scalars. */
export function batchSize(view: View, inner = 2): number {
  return elementCount(view.shape.slice(0, view.shape.length - inner));
}

/** Where part `index` of the batch begins, counted in C order over `batch`, to which the view's leading dims broadcast. */
function startOf(view: View, inner: number, batch: readonly number[], index: number): number {
  const own = view.shape.length - inner;
  let at = view.offset;
  for (let d = batch.length - 1, e = own - 1; d >= 0; d--, e--) {
    const i = index % batch[d];
    index = (index - i) / batch[d];
    if (e >= 0 && view.shape[e] !== 1) at += i * view.strides[e];
  }
  return at;
}

/** Matrix `index` of the batch, copied. */
export function readMatrix(
  view: View,
  index: number,
  batch: readonly number[] = view.shape.slice(0, -2),
): Matrix {
  const rank = view.shape.length;
  const [m, n] = [view.shape[rank - 2], view.shape[rank - 1]];
  const [row, column] = [view.strides[rank - 2], view.strides[rank - 1]];
  const start = startOf(view, 2, batch, index);
  const matrix = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) matrix[i * n + j] = view.data[start + i * row + j * column];
  return matrix;
}

/** Writes part `index` of an output, which is contiguous; rounds once. */
export function writePart(view: View, index: number, values: ArrayLike<number>): void {
  view.data.set(values, view.offset + index * values.length);
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
