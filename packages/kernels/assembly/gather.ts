// Gather and scatter-add. Strides in bytes, except that `size` counts the elements an index may name.

/** Position among `count` indices of the first outside 0 <= i < size, or -1. */
export function firstOutside(index: usize, stride: usize, count: usize, size: u32): i32 {
  for (let i: usize = 0; i < count; i++) {
    // Unsigned, so that negative ones are too large.
    if (load<u32>(index) >= size) return i32(i);
    index += stride;
  }
  return -1;
}

/** to[i][0..bytes] = a + index[i] * along, rows of `bytes` contiguous bytes. */
export function gatherRows(to: usize, toRow: usize, a: usize, aRow: usize, along: usize, index: usize, indexStride: usize, count: usize, bytes: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const from = a + i * aRow + usize(load<u32>(index)) * along;
    if (bytes >= 256) memory.copy(to, from, bytes);
    else {
      let j: usize = 0;
      for (; j + 16 <= bytes; j += 16) v128.store(to + j, v128.load(from + j));
      for (; j + 4 <= bytes; j += 4) store<u32>(to + j, load<u32>(from + j));
      for (; j < bytes; j++) store<u8>(to + j, load<u8>(from + j));
    }
    to += toRow;
    index += indexStride;
  }
}

// @ts-ignore: decorator
@inline
function addRows<T>(to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, n: usize): void {
  const bytes = n * sizeof<T>();
  for (let i: usize = 0; i < count; i++) {
    const target = to + i * toRow + usize(load<u32>(index)) * along;
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) v128.store(target + j, v128.add<T>(v128.load(target + j), v128.load(from + j)));
    for (; j < bytes; j += sizeof<T>()) store<T>(target + j, load<T>(target + j) + load<T>(from + j));
    from += fromRow;
    index += indexStride;
  }
}

/** Adds rows of n contiguous elements to to + index[i] * along, one after the other. Kinds: 0 float32, 1 float64, 2 int32. */
export function scatterRows(
  kind: i32, to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, n: usize,
): void {
  if (kind == 0) addRows<f32>(to, toRow, along, from, fromRow, index, indexStride, count, n);
  else if (kind == 1) addRows<f64>(to, toRow, along, from, fromRow, index, indexStride, count, n);
  else addRows<i32>(to, toRow, along, from, fromRow, index, indexStride, count, n);
}
