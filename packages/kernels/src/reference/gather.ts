import type { ScatterMode } from '../interface.js';
import { fill } from './copy.js';
import { forEachRow, unsupported, type View } from './view.js';

/** Position in C order of the first index outside 0 <= i < size, or -1. */
function firstOutside(index: View, size: number): number {
  const data = index.data;
  let position = 0;
  let found = -1;
  forEachRow(index.shape, [index.offset], [index.strides], (count, at, step) => {
    for (let n = 0, i = at[0]; n < count; n++, i += step[0], position++) {
      if (found < 0 && !(data[i] >= 0 && data[i] < size)) found = position;
    }
  });
  return found;
}

/** Strides of the dims that are walked; the stride of `dim` is applied by the index instead. */
function without(strides: readonly number[], dim: number): number[] {
  return strides.map((stride, d) => (d === dim ? 0 : stride));
}

function check(op: string, index: View, values: View, other: View): void {
  if (index.dtype !== 'int32') throw unsupported(op, index.dtype, 'an int32 index');
  if (values.dtype !== other.dtype) throw unsupported(op, other.dtype, `${values.dtype} on both sides`);
}

/** out[i][j][k] = a[i][index[i][j][k]][k] for dim 1; returns -1, or where the first bad index stands and writes nothing. */
export function gather(a: View, dim: number, index: View, out: View): number {
  check('gather', index, a, out);
  const bad = firstOutside(index, a.shape[dim]);
  if (bad >= 0) return bad;
  const source = a.data;
  const indices = index.data;
  const target = out.data;
  const along = a.strides[dim];
  const strides = [without(a.strides, dim), index.strides, out.strides];
  forEachRow(index.shape, [a.offset, index.offset, out.offset], strides, (count, at, step) => {
    let [i, k, o] = at;
    for (let n = 0; n < count; n++, i += step[0], k += step[1], o += step[2]) {
      target[o] = source[i + indices[k] * along];
    }
  });
  return -1;
}

/** The new element from the one that is there and that of the source. */
const combine: Readonly<Record<ScatterMode, (old: number, value: number) => number>> = {
  add: (old, value) => old + value,
  assign: (_, value) => value,
  max: Math.max,
  min: Math.min,
};

/** out[i][index[i][j][k]][k] = combine(itself, source[i][j][k]) for dim 1, in C order of source, each result rounded to out's dtype. */
export function scatter(
  mode: ScatterMode,
  out: View,
  dim: number,
  index: View,
  source: View,
  fresh = false,
): number {
  check('scatter', index, out, source);
  if (mode !== 'assign' && out.dtype === 'bool')
    throw unsupported(`scatter by ${mode}`, out.dtype, 'float32, float64 or int32');
  const bad = firstOutside(index, out.shape[dim]);
  if (bad >= 0) return bad;
  if (fresh) fill(out, 0);
  const target = out.data;
  const indices = index.data;
  const values = source.data;
  const along = out.strides[dim];
  const together = combine[mode];
  const strides = [without(out.strides, dim), index.strides, source.strides];
  forEachRow(index.shape, [out.offset, index.offset, source.offset], strides, (count, at, step) => {
    let [o, k, i] = at;
    for (let n = 0; n < count; n++, o += step[0], k += step[1], i += step[2]) {
      const to = o + indices[k] * along;
      target[to] = together(target[to], values[i]);
    }
  });
  return -1;
}
