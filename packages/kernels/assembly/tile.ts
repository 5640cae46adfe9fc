// The inside of a matrix product: register tiles over blocks that fit the cache. Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication" (2008).
//
// B is packed into panels two vectors wide, which absorbs any strides. The rows of A are read in place where they are contiguous, and copied to
// rows that are where not. A tile that is not whole, or is added to C, goes to a buffer, and only its valid part is merged into C; what
// it computes beyond is of zeros, of the last row again, or of whatever follows B in memory.

import { copy4, copy8 } from './copy';

/** Rows of a register tile; its columns are two vectors. Fused multiply-add needs no register for the product, so its tile is taller. */
export const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

const KC: usize = 512;
export const MC: usize = 60;

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  // In this order: with the product first, V8 moves registers about, and it takes nearly twice as long.
  return v128.add<T>(c, v128.mul<T>(a, b));
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
export function splatAt<T>(address: usize): v128 {
  if (sizeof<T>() == 4) return v128.load32_splat(address);
  return v128.load64_splat(address);
}

/**
 * C[m, 2 vectors] = A[m, k] B[k, 2 vectors], MR rows at a time, with k > 0. The rows of A are aRow bytes apart, those of C cRow. B is a panel whose rows follow one
 * another if `packed` (a constant), and are bRow bytes apart if not. Beyond the last row of A it is read again, and the rest of MR rows of C is written.
 *
 * Eight steps a turn, with a branch between any two. V8 schedules within a block between branches: without them it loads everything
 * first, runs out of registers, and takes twice as long. With one step a turn, counting and the check of the stack cost a tenth.
 */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function micro<T>(
  packed: bool, m: usize, k: usize, a: usize, aRow: usize, panel: usize, bRow: usize, c: usize, cRow: usize,
): void {
  const last = a + (m - 1) * aRow;
  for (let rows = i32(m); rows > 0; rows -= i32(MR)) {
    let x0 = v128.splat<T>(0);
    let y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0, x4 = x0, y4 = x0, x5 = x0, y5 = x0;
    let a0 = a;
    let a1 = select(a + 1 * aRow, last, rows > 1);
    let a2 = select(a + 2 * aRow, last, rows > 2);
    let a3 = select(a + 3 * aRow, last, rows > 3);
    let a4 = select(a + 4 * aRow, last, rows > 4);
    let a5 = select(a + 5 * aRow, last, rows > 5);
    let b = panel;
    let n = k;
    let bx: v128, by: v128, s: v128;
    while (true) {
      bx = v128.load(b);
      by = v128.load(b, 16);
      s = splatAt<T>(a0);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = splatAt<T>(a1);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = splatAt<T>(a2);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = splatAt<T>(a3);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = splatAt<T>(a4);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = splatAt<T>(a5);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 32) : v128.load(b);
      by = packed ? v128.load(b, 48) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 4) : v128.load64_splat(a0, 8);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 4) : v128.load64_splat(a1, 8);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 4) : v128.load64_splat(a2, 8);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 4) : v128.load64_splat(a3, 8);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 4) : v128.load64_splat(a4, 8);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 4) : v128.load64_splat(a5, 8);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 64) : v128.load(b);
      by = packed ? v128.load(b, 80) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 8) : v128.load64_splat(a0, 16);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 8) : v128.load64_splat(a1, 16);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 8) : v128.load64_splat(a2, 16);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 8) : v128.load64_splat(a3, 16);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 8) : v128.load64_splat(a4, 16);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 8) : v128.load64_splat(a5, 16);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 96) : v128.load(b);
      by = packed ? v128.load(b, 112) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 12) : v128.load64_splat(a0, 24);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 12) : v128.load64_splat(a1, 24);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 12) : v128.load64_splat(a2, 24);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 12) : v128.load64_splat(a3, 24);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 12) : v128.load64_splat(a4, 24);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 12) : v128.load64_splat(a5, 24);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 128) : v128.load(b);
      by = packed ? v128.load(b, 144) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 16) : v128.load64_splat(a0, 32);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 16) : v128.load64_splat(a1, 32);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 16) : v128.load64_splat(a2, 32);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 16) : v128.load64_splat(a3, 32);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 16) : v128.load64_splat(a4, 32);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 16) : v128.load64_splat(a5, 32);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 160) : v128.load(b);
      by = packed ? v128.load(b, 176) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 20) : v128.load64_splat(a0, 40);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 20) : v128.load64_splat(a1, 40);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 20) : v128.load64_splat(a2, 40);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 20) : v128.load64_splat(a3, 40);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 20) : v128.load64_splat(a4, 40);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 20) : v128.load64_splat(a5, 40);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 192) : v128.load(b);
      by = packed ? v128.load(b, 208) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 24) : v128.load64_splat(a0, 48);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 24) : v128.load64_splat(a1, 48);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 24) : v128.load64_splat(a2, 48);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 24) : v128.load64_splat(a3, 48);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 24) : v128.load64_splat(a4, 48);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 24) : v128.load64_splat(a5, 48);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (--n == 0) break;
      bx = packed ? v128.load(b, 224) : v128.load(b);
      by = packed ? v128.load(b, 240) : v128.load(b, 16);
      s = sizeof<T>() == 4 ? v128.load32_splat(a0, 28) : v128.load64_splat(a0, 56);
      x0 = madd<T>(s, bx, x0);
      y0 = madd<T>(s, by, y0);
      s = sizeof<T>() == 4 ? v128.load32_splat(a1, 28) : v128.load64_splat(a1, 56);
      x1 = madd<T>(s, bx, x1);
      y1 = madd<T>(s, by, y1);
      s = sizeof<T>() == 4 ? v128.load32_splat(a2, 28) : v128.load64_splat(a2, 56);
      x2 = madd<T>(s, bx, x2);
      y2 = madd<T>(s, by, y2);
      s = sizeof<T>() == 4 ? v128.load32_splat(a3, 28) : v128.load64_splat(a3, 56);
      x3 = madd<T>(s, bx, x3);
      y3 = madd<T>(s, by, y3);
      if (MR == 6) {
        s = sizeof<T>() == 4 ? v128.load32_splat(a4, 28) : v128.load64_splat(a4, 56);
        x4 = madd<T>(s, bx, x4);
        y4 = madd<T>(s, by, y4);
        s = sizeof<T>() == 4 ? v128.load32_splat(a5, 28) : v128.load64_splat(a5, 56);
        x5 = madd<T>(s, bx, x5);
        y5 = madd<T>(s, by, y5);
      }
      if (!packed) b += bRow;
      if (packed) b += 256;
      a0 += 8 * sizeof<T>();
      a1 += 8 * sizeof<T>();
      a2 += 8 * sizeof<T>();
      a3 += 8 * sizeof<T>();
      if (MR == 6) {
        a4 += 8 * sizeof<T>();
        a5 += 8 * sizeof<T>();
      }
      if (--n == 0) break;
    }
    v128.store(c, x0);
    v128.store(c, y0, 16);
    v128.store(c + 1 * cRow, x1);
    v128.store(c + 1 * cRow, y1, 16);
    v128.store(c + 2 * cRow, x2);
    v128.store(c + 2 * cRow, y2, 16);
    v128.store(c + 3 * cRow, x3);
    v128.store(c + 3 * cRow, y3, 16);
    if (MR == 6) {
      v128.store(c + 4 * cRow, x4);
      v128.store(c + 4 * cRow, y4, 16);
      v128.store(c + 5 * cRow, x5);
      v128.store(c + 5 * cRow, y5, 16);
    }
    a += MR * aRow;
    c += MR * cRow;
  }
}

// Exported for one reason only: the optimiser inlines what is not exported, and inside the blocking loops the accumulators spill.
export function gemmPanel4(m: usize, k: usize, a: usize, aRow: usize, b: usize, c: usize, cRow: usize): void {
  micro<f32>(true, m, k, a, aRow, b, 32, c, cRow);
}

export function gemmPlace4(m: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize): void {
  micro<f32>(false, m, k, a, aRow, b, bRow, c, cRow);
}

export function gemmPanel8(m: usize, k: usize, a: usize, aRow: usize, b: usize, c: usize, cRow: usize): void {
  micro<f64>(true, m, k, a, aRow, b, 32, c, cRow);
}

export function gemmPlace8(m: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize): void {
  micro<f64>(false, m, k, a, aRow, b, bRow, c, cRow);
}

/** Puts the valid part of a tile, whose rows are 32 bytes, into C. */
function merge<T>(tile: usize, rows: usize, columns: usize, c: usize, cRow: usize, add: i32): void {
  for (let r: usize = 0; r < rows; r++) {
    if (columns * sizeof<T>() == 32 && add) {
      v128.store(c, v128.add<T>(v128.load(tile), v128.load(c)));
      v128.store(c, v128.add<T>(v128.load(tile, 16), v128.load(c, 16)), 16);
    } else {
      for (let j: usize = 0; j < columns; j++) {
        const at = c + j * sizeof<T>();
        const value = load<T>(tile + j * sizeof<T>());
        store<T>(at, add ? value + load<T>(at) : value);
      }
    }
    tile += 32;
    c += cRow;
  }
}

/** Panels of B, each k rows of 32 bytes; columns beyond the last are zero, lest they be slow numbers. */
export function packB<T>(to: usize, k: usize, n: usize, b: usize, bRow: usize, bColumn: usize): void {
  const nr: usize = 32 / sizeof<T>();
  const whole = n - (n % nr);
  for (let j: usize = 0; j < whole; j += nr) {
    const from = b + j * bColumn;
    if (bColumn == sizeof<T>()) {
      let source = from;
      const end = to + 32 * k;
      for (let t = to; t < end; t += 32) {
        const x = v128.load(source);
        const y = v128.load(source, 16);
        v128.store(t, x);
        v128.store(t, y, 16);
        source += bRow;
      }
    } else if (sizeof<T>() == 4) copy4(to, 32, 4, from, bRow, bColumn, k, nr);
    else copy8(to, 32, 8, from, bRow, bColumn, k, nr);
    to += 32 * k;
  }
  if (whole < n) {
    memory.fill(to, 0, 32 * k);
    if (sizeof<T>() == 4) copy4(to, 32, 4, b + whole * bColumn, bRow, bColumn, k, n - whole);
    else copy8(to, 32, 8, b + whole * bColumn, bRow, bColumn, k, n - whole);
  }
}

/** How many elements of k are done at a time: even blocks of at most KC. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
export function blockOf(k: usize): usize {
  const blocks = max<usize>((k + KC - 1) / KC, 1);
  return (k + blocks - 1) / blocks;
}

/** Room for the tiles of a block of rows that do not go to C themselves. */
export const TILES: usize = 32 * (MC + MR);

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function panelTimes<T>(packed: bool, m: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize): void {
  if (packed) {
    if (sizeof<T>() == 4) gemmPanel4(m, k, a, aRow, b, c, cRow);
    else gemmPanel8(m, k, a, aRow, b, c, cRow);
  } else if (sizeof<T>() == 4) gemmPlace4(m, k, a, aRow, b, bRow, c, cRow);
  else gemmPlace8(m, k, a, aRow, b, bRow, c, cRow);
}

/**
 * C[m, n] = or += A[m, k] B[k, n], with k > 0 and at most KC. The rows of A and C are contiguous; B is panels if `packed`, and if
 * not, its rows are contiguous too. `room` is for TILES bytes.
 */
export function tiles<T>(
  packed: bool, m: usize, n: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize,
  add: i32, room: usize,
): void {
  const nr: usize = 32 / sizeof<T>();
  for (let ic: usize = 0; ic < m; ic += MC) {
    const rows = min(MC, m - ic);
    const whole = rows - rows % MR;
    for (let j: usize = 0; j < n; j += nr) {
      const panel = packed ? b + (j / nr) * 32 * k : b + j * sizeof<T>();
      const columns = min(nr, n - j);
      const from = a + ic * aRow;
      const target = c + ic * cRow + j * sizeof<T>();
      const direct: usize = add || columns != nr ? 0 : whole;
      if (direct) panelTimes<T>(packed, direct, k, from, aRow, panel, bRow, target, cRow);
      if (direct < rows) {
        panelTimes<T>(packed, rows - direct, k, from + direct * aRow, aRow, panel, bRow, room, 32);
        merge<T>(room, rows - direct, columns, target + direct * cRow, cRow, add);
      }
    }
  }
}

/** Flag: negative elements become 0. */
export const RELU: i32 = 4;

/**
 * c[m, n] plus `bias`, unless that is 0: an element for each row or for each column. Then max(c, 0), of which a NaN comes out as it was, if the flag says so.
 * To be called while the block is still in the cache.
 */
export function finish<T>(m: usize, n: usize, c: usize, cRow: usize, bias: usize, byRows: bool, flags: i32): void {
  const zero = v128.splat<T>(0);
  const bytes = n * sizeof<T>();
  const whole = bytes & ~15;
  for (let i: usize = 0; i < m; i++) {
    let addend = zero;
    let one: T = 0;
    if (bias && byRows) {
      addend = splatAt<T>(bias + i * sizeof<T>());
      one = load<T>(bias + i * sizeof<T>());
    }
    let j: usize = 0;
    for (; j < whole; j += 16) {
      let x = v128.load(c + j);
      if (bias) {
        if (!byRows) addend = v128.load(bias + j);
        x = v128.add<T>(x, addend);
      }
      if (flags & RELU) x = v128.andnot(x, v128.le<T>(x, zero));
      v128.store(c + j, x);
    }
    for (; j < bytes; j += sizeof<T>()) {
      let x = load<T>(c + j);
      if (bias) {
        if (!byRows) one = load<T>(bias + j);
        x += one;
      }
      if (flags & RELU && x <= 0) x = 0;
      store<T>(c + j, x);
    }
    c += cRow;
  }
}
