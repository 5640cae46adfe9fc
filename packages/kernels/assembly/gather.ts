// Gather and scatter. Strides in bytes, except that `size` counts the elements an index may name.

/** Position among `count` indices of the first outside 0 <= i < size, or -1. */
export function firstOutside(index: usize, stride: usize, count: usize, size: u32): i32 {
  for (let i: usize = 0; i < count; i++) {
    // Unsigned, so that negative ones are too large.
    if (load<u32>(index) >= size) return i32(i);
    index += stride;
  }
  return -1;
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function copyRow(to: usize, from: usize, bytes: usize): void {
  if (bytes >= 256) memory.copy(to, from, bytes);
  else {
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) v128.store(to + j, v128.load(from + j));
    for (; j + 4 <= bytes; j += 4) store<u32>(to + j, load<u32>(from + j));
    for (; j < bytes; j++) store<u8>(to + j, load<u8>(from + j));
  }
}

/**
 * to[i][0..bytes] = a + index[i] * along, rows of `bytes` contiguous bytes. This and the next two do it `outer` times, with the three
 * addresses moved on by a stride of their own each time.
 */
export function gatherRows(
  to: usize, toRow: usize, a: usize, aRow: usize, along: usize, index: usize, indexStride: usize, count: usize, bytes: usize,
  outer: usize, toOuter: usize, aOuter: usize, indexOuter: usize,
): void {
  for (; outer > 0; outer--) {
    let target = to;
    let from = a;
    let at = index;
    if (bytes == 4) {
      for (let i: usize = 0; i < count; i++) {
        store<u32>(target, load<u32>(from + usize(load<u32>(at)) * along));
        from += aRow;
        target += toRow;
        at += indexStride;
      }
    } else {
      for (let i: usize = 0; i < count; i++) {
        copyRow(target, from + usize(load<u32>(at)) * along, bytes);
        from += aRow;
        target += toRow;
        at += indexStride;
      }
    }
    to += toOuter;
    a += aOuter;
    index += indexOuter;
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combine<T>(mode: i32, a: T, b: T): T {
  if (mode == 0) return a + b;
  return mode == 1 ? max<T>(a, b) : min<T>(a, b);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combineVectors<T>(mode: i32, a: v128, b: v128): v128 {
  if (mode == 0) return v128.add<T>(a, b);
  return mode == 1 ? v128.max<T>(a, b) : v128.min<T>(a, b);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combineRows<T>(
  mode: i32, to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, n: usize,
  outer: usize, toOuter: usize, fromOuter: usize, indexOuter: usize, clear: usize,
): void {
  const bytes = n * sizeof<T>();
  for (; outer > 0; outer--) {
    if (clear) memory.fill(to, 0, clear);
    let target = to;
    let source = from;
    let at = index;
    if (n == 1) {
      for (let i: usize = 0; i < count; i++) {
        const element = target + usize(load<u32>(at)) * along;
        store<T>(element, combine<T>(mode, load<T>(element), load<T>(source)));
        target += toRow;
        source += fromRow;
        at += indexStride;
      }
    } else {
      for (let i: usize = 0; i < count; i++) {
        const row = target + usize(load<u32>(at)) * along;
        let j: usize = 0;
        for (; j + 16 <= bytes; j += 16) v128.store(row + j, combineVectors<T>(mode, v128.load(row + j), v128.load(source + j)));
        for (; j < bytes; j += sizeof<T>()) store<T>(row + j, combine<T>(mode, load<T>(row + j), load<T>(source + j)));
        target += toRow;
        source += fromRow;
        at += indexStride;
      }
    }
    to += toOuter;
    from += fromOuter;
    index += indexOuter;
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combineKind<T>(
  mode: i32, to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, n: usize,
  outer: usize, toOuter: usize, fromOuter: usize, indexOuter: usize, clear: usize,
): void {
  // The mode is a constant in each copy of the loop.
  if (mode == 0) combineRows<T>(0, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
  else if (mode == 1) combineRows<T>(1, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
  else combineRows<T>(2, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
}

/**
 * Rows of n contiguous elements joined with those at to + index[i] * along, one after the other. Modes: 0 their sum, 1 the larger, 2 the smaller.
 * Kinds: 0 float32, 1 float64, 2 int32. Each time, `clear` bytes from `to` on are made zero first.
 */
export function scatterRows(
  mode: i32, kind: i32, to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, n: usize,
  outer: usize, toOuter: usize, fromOuter: usize, indexOuter: usize, clear: usize,
): void {
  if (kind == 0) combineKind<f32>(mode, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
  else if (kind == 1) combineKind<f64>(mode, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
  else combineKind<i32>(mode, to, toRow, along, from, fromRow, index, indexStride, count, n, outer, toOuter, fromOuter, indexOuter, clear);
}

/** to + index[i] * along = from[i], rows of `bytes` contiguous bytes, one after the other. */
export function assignRows(
  to: usize, toRow: usize, along: usize, from: usize, fromRow: usize, index: usize, indexStride: usize, count: usize, bytes: usize,
  outer: usize, toOuter: usize, fromOuter: usize, indexOuter: usize,
): void {
  for (; outer > 0; outer--) {
    let source = from;
    let at = index;
    for (let i: usize = 0; i < count; i++) {
      copyRow(to + i * toRow + usize(load<u32>(at)) * along, source, bytes);
      source += fromRow;
      at += indexStride;
    }
    to += toOuter;
    from += fromOuter;
    index += indexOuter;
  }
}
