import { binary, unary } from './elementwise.js';
import {
  broadcastStrides,
  contiguousStrides,
  forEachRow,
  isFloating,
  unsupported,
  type View,
} from './view.js';

/** Batched matrix product; every element is accumulated in double precision and rounded once, before it is finished. */
export function gemm(a: View, b: View, out: View, end?: FinishView): void {
  for (const view of [a, b, out]) {
    if (!isFloating(view.dtype)) throw unsupported('gemm', view.dtype, 'float32 or float64');
    if (view.dtype !== out.dtype) throw unsupported('gemm', view.dtype, `${out.dtype} like the output`);
  }
  const rank = out.shape.length;
  const batch = out.shape.slice(0, rank - 2);
  const [m, n] = out.shape.slice(rank - 2);
  const k = a.shape[a.shape.length - 1];
  const [aRow, aInner] = a.strides.slice(-2);
  const [bInner, bColumn] = b.strides.slice(-2);
  const [outRow, outColumn] = out.strides.slice(-2);
  const x = a.data;
  const y = b.data;
  const target = out.data;
  const row = new Float64Array(n);
  const offsets = [a.offset, b.offset, out.offset];
  const strides = [leading(a, batch), leading(b, batch), out.strides.slice(0, rank - 2)];
  forEachRow(batch, offsets, strides, (count, at, step) => {
    for (let matrix = 0; matrix < count; matrix++) {
      const aAt = at[0] + matrix * step[0];
      const bAt = at[1] + matrix * step[1];
      const outAt = at[2] + matrix * step[2];
      for (let i = 0; i < m; i++) {
        const outRowAt = outAt + i * outRow;
        row.fill(0);
        for (let p = 0; p < k; p++) {
          const factor = x[aAt + i * aRow + p * aInner];
          let bPosition = bAt + p * bInner;
          for (let j = 0; j < n; j++, bPosition += bColumn) row[j] += factor * y[bPosition];
        }
        for (let j = 0; j < n; j++) target[outRowAt + j * outColumn] = row[j];
      }
    }
  });
  if (end !== undefined) finish(out, rank - 1, end);
}

/** `Finish`, over a view of the bias. */
export interface FinishView {
  readonly bias: View | null;
  readonly relu: boolean;
}

/** Adds element i of the bias where the index along `dim` is i, and takes the largest of it and 0 where that is wanted. */
export function finish(out: View, dim: number, { bias, relu }: FinishView): void {
  if (bias !== null) {
    const shape = out.shape.map((size, d) => (d === dim ? size : 1));
    binary('add', out, { ...bias, shape, strides: contiguousStrides(shape) }, out);
  }
  if (relu) unary('relu', out, out);
}

function leading(view: View, batch: readonly number[]): number[] {
  return broadcastStrides({ shape: view.shape.slice(0, -2), strides: view.strides.slice(0, -2) }, batch);
}
