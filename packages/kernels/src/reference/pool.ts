import type { PoolWindows, SparseRows } from '../interface.js';
import { contiguousStrides, elementCount, forEachRow, isFloating, unsupported, type View } from './view.js';

function check(op: string, a: View, out: View): void {
  if (!isFloating(a.dtype)) throw unsupported(op, a.dtype, 'float32 or float64');
  if (out.dtype !== a.dtype) throw unsupported(op, out.dtype, `${a.dtype} like the input`);
}

/** The largest element of each window, and its position in C order of the pooled dims. */
export function maxPool(a: View, windows: readonly PoolWindows[], out: View, indices: View): void {
  check('maxPool', a, out);
  if (indices.dtype !== 'int32') throw unsupported('maxPool', indices.dtype, 'int32 indices');
  const lead = a.shape.length - windows.length;
  const steps = contiguousStrides(a.shape.slice(lead));
  const perPlane = elementCount(out.shape.slice(lead));
  const outputs = contiguousStrides(out.shape.slice(lead));
  let plane = 0;
  forEachRow(a.shape.slice(0, lead), [a.offset], [a.strides.slice(0, lead)], (count, [at], [step]) => {
    for (let i = 0; i < count; i++, plane++, at += step) {
      for (let p = 0; p < perPlane; p++) {
        let best = Number.NEGATIVE_INFINITY;
        let position = -1;
        const visit = (d: number, offset: number, index: number): void => {
          if (d === windows.length) {
            const value = a.data[offset];
            if (position < 0 || value > best || Number.isNaN(value)) {
              best = value;
              position = index;
            }
            return;
          }
          const { start, end, step } = windows[d];
          const o = Math.floor(p / outputs[d]) % out.shape[lead + d];
          for (let x = start[o]; x < end[o]; x += step)
            visit(d + 1, offset + x * a.strides[lead + d], index + x * steps[d]);
        };
        visit(0, at, 0);
        out.data[out.offset + plane * perPlane + p] = best;
        indices.data[indices.offset + plane * perPlane + p] = position;
      }
    }
  });
}

/** A sparse matrix times every vector along a dim; every sum is accumulated in double precision and rounded once. */
export function sparseAlong(a: View, dim: number, matrix: SparseRows, out: View): void {
  check('sparseAlong', a, out);
  const { offsets, indices } = matrix;
  const weights = a.dtype === 'float32' ? Float32Array.from(matrix.weights) : matrix.weights;
  const outer = (view: View): number[] => view.strides.map((stride, d) => (d === dim ? 0 : stride));
  const shape = a.shape.map((size, d) => (d === dim ? 1 : size));
  forEachRow(shape, [a.offset, out.offset], [outer(a), outer(out)], (count, at, step) => {
    for (let i = 0; i < count; i++) {
      const from = at[0] + i * step[0];
      const to = at[1] + i * step[1];
      for (let row = 0; row < out.shape[dim]; row++) {
        let sum = 0;
        for (let j = offsets[row]; j < offsets[row + 1]; j++)
          sum += weights[j] * a.data[from + indices[j] * a.strides[dim]];
        out.data[to + row * out.strides[dim]] = sum;
      }
    }
  });
}
