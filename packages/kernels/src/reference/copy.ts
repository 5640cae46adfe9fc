import { arrayType, type TypedArray } from '../storage.js';
import {
  broadcastStrides,
  contiguousStrides,
  elementCount,
  forEachRow,
  toElement,
  type View,
} from './view.js';

export function fill(out: View, value: number): void {
  const element = toElement(out.dtype, value);
  const target = out.data;
  forEachRow(out.shape, [out.offset], [out.strides], (count, at, step) => {
    let o = at[0];
    for (let n = 0; n < count; n++, o += step[0]) target[o] = element;
  });
}

/**
 * Strided copy with broadcasting and conversion: float to int32 truncates and saturates (NaN gives 0), anything to bool is `!= 0`.
 */
export function copy(a: View, out: View): void {
  const source = a.data;
  const target = out.data;
  const { dtype } = out;
  // Only these two conversions are more than a store.
  const convert = a.dtype !== dtype && (dtype === 'int32' || dtype === 'bool');
  const strides = [broadcastStrides(a, out.shape), out.strides];
  forEachRow(out.shape, [a.offset, out.offset], strides, (count, at, step) => {
    let i = at[0];
    let o = at[1];
    if (convert) {
      for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = toElement(dtype, source[i]);
    } else {
      for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = source[i];
    }
  });
}

/** The elements in C order, in a new array. */
export function read(a: View): TypedArray {
  const data = new arrayType[a.dtype](elementCount(a.shape));
  copy(a, { data, dtype: a.dtype, offset: 0, shape: a.shape, strides: contiguousStrides(a.shape) });
  return data;
}

/** Overwrites `out` in C order, with the conversions of `copy`. */
export function write(out: View, values: ArrayLike<number>): void {
  const target = out.data;
  const { dtype } = out;
  const strides = [contiguousStrides(out.shape), out.strides];
  forEachRow(out.shape, [0, out.offset], strides, (count, at, step) => {
    let i = at[0];
    let o = at[1];
    for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = toElement(dtype, values[i]);
  });
}
