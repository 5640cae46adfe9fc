// Strided copies, transposes and conversions of two-dimensional runs. Addresses and strides are in bytes; strides may be 0 or negative.

/** Edge of the square that a transpose works through at a time: 32 lines of either side stay in the first-level cache. */
const BLOCK: usize = 32;

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function copyRow<T>(to: usize, from: usize, count: usize): void {
  const bytes = count * sizeof<T>();
  if (bytes >= 256) {
    memory.copy(to, from, bytes);
    return;
  }
  // A call of memory.copy costs more than a short row.
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function fillRow<T>(to: usize, value: T, count: usize): void {
  const bytes = count * sizeof<T>();
  const vector = v128.splat<T>(value);
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    v128.store(to + i, vector);
    v128.store(to + i, vector, 16);
    v128.store(to + i, vector, 32);
    v128.store(to + i, vector, 48);
  }
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, vector);
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, value);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function stridedRow<T>(to: usize, toStride: usize, from: usize, fromStride: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<T>(to, load<T>(from));
    to += toStride;
    from += fromStride;
  }
}

/** Four rows of four 32-bit elements, read along one axis and written along the other. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function transpose4x4(to: usize, toRow: usize, from: usize, fromColumn: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromColumn);
  const c = v128.load(from + 2 * fromColumn);
  const d = v128.load(from + 3 * fromColumn);
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + toRow, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * toRow, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * toRow, v128.shuffle<i64>(ab1, cd1, 1, 3));
}

/** The source is contiguous along the rows of the target, and the target along its columns. */
function transpose<T>(to: usize, toRow: usize, from: usize, fromColumn: usize, rows: usize, columns: usize): void {
  const lanes: usize = sizeof<T>() == 4 ? 4 : 2;
  const size = sizeof<T>();
  for (let r0: usize = 0; r0 < rows; r0 += BLOCK) {
    const r1 = min(r0 + BLOCK, rows);
    for (let c0: usize = 0; c0 < columns; c0 += BLOCK) {
      const c1 = min(c0 + BLOCK, columns);
      let r = r0;
      for (; r + lanes <= r1; r += lanes) {
        let target = to + r * toRow + c0 * size;
        let source = from + r * size + c0 * fromColumn;
        let c = c0;
        for (; c + lanes <= c1; c += lanes) {
          if (sizeof<T>() == 4) {
            transpose4x4(target, toRow, source, fromColumn);
          } else {
            const a = v128.load(source);
            const b = v128.load(source + fromColumn);
            v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
            v128.store(target + toRow, v128.shuffle<i64>(a, b, 1, 3));
          }
          target += 16;
          source += lanes * fromColumn;
        }
        for (; c < c1; c++) {
          for (let k: usize = 0; k < lanes; k++) store<T>(target + k * toRow, load<T>(source + k * size));
          target += size;
          source += fromColumn;
        }
      }
      for (; r < r1; r++) stridedRow<T>(to + r * toRow + c0 * size, size, from + r * size + c0 * fromColumn, fromColumn, c1 - c0);
    }
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function copy2d<T>(
  to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize,
): void {
  const size = sizeof<T>();
  if (sizeof<T>() >= 4) {
    if (toColumn == size && fromRow == size && rows > 1 && fromColumn != size && fromColumn != 0) {
      transpose<T>(to, toRow, from, fromColumn, rows, columns);
      return;
    }
  }
  for (let r: usize = 0; r < rows; r++) {
    if (toColumn == size) {
      if (fromColumn == size) copyRow<T>(to, from, columns);
      else if (fromColumn == 0) fillRow<T>(to, load<T>(from), columns);
      else stridedRow<T>(to, toColumn, from, fromColumn, columns);
    } else stridedRow<T>(to, toColumn, from, fromColumn, columns);
    to += toRow;
    from += fromRow;
  }
}

export function copy1(to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize): void {
  copy2d<u8>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns);
}

export function copy4(to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize): void {
  copy2d<u32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns);
}

export function copy8(to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize): void {
  copy2d<u64>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns);
}

/** u8 stands for bool: 0 or 1. A cast from float to i32 is compiled to the instruction that saturates and makes 0 of NaN. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function convert<F, T>(x: F): T {
  if (sizeof<T>() == 1) return <T>(x != <F>0);
  return <T>x;
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function cast2d<F, T>(
  to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize,
): void {
  for (let r: usize = 0; r < rows; r++) {
    let source = from + r * fromRow;
    let target = to + r * toRow;
    for (let c: usize = 0; c < columns; c++) {
      store<T>(target, convert<F, T>(load<F>(source)));
      source += fromColumn;
      target += toColumn;
    }
  }
}

/** Kinds of elements are 0 float32, 1 float64, 2 int32, 3 bool; `pair` is 4 * from + to. */
export function cast(
  pair: i32, to: usize, toRow: usize, toColumn: usize, from: usize, fromRow: usize, fromColumn: usize, rows: usize, columns: usize,
): void {
  switch (pair) {
    case 1: { cast2d<f32, f64>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 2: { cast2d<f32, i32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 3: { cast2d<f32, u8>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 4: { cast2d<f64, f32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 6: { cast2d<f64, i32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 7: { cast2d<f64, u8>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 8: { cast2d<i32, f32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 9: { cast2d<i32, f64>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 11: { cast2d<i32, u8>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 12: { cast2d<u8, f32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 13: { cast2d<u8, f64>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
    case 14: { cast2d<u8, i32>(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns); break; }
  }
}

/** Not by a typed array: what those do with memory that threads share is an order of magnitude slower. */
export function zeroBytes(to: usize, bytes: usize): void {
  memory.fill(to, 0, bytes);
}
