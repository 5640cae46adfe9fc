// Products of matrices with any strides.

import { copy4, copy8 } from './copy';
import { rowsTimesRows } from './inner';
import { blockOf, finish, madd, MC, packB, RELU, splatAt, TILES, tiles } from './tile';

const PACK_A: i32 = 1;
const PACK_B: i32 = 2;
/** The columns of B are contiguous as well as the rows of A, and float32. */
const ROWS: i32 = 8;

const NC: usize = 1024;

/** Bytes of scratch that `gemm` needs with these flags: the tiles, a block of A, the panels of B. */
export function gemmScratch(size: usize, m: usize, n: usize, k: usize, flags: i32): usize {
  const kc = blockOf(k);
  let bytes = TILES;
  if (flags & PACK_A) bytes += min(m, MC) * kc * size + 64;
  if (flags & PACK_B) bytes += kc * (min(n, NC) * size + 32) + 64;
  return bytes;
}

/**
 * C[m, n] = A[m, k] B[k, n], with k > 0, plus an element of `bias` for each column unless that is 0, and finished as the flags say. A and B must be
 * packed unless their rows are contiguous. The rows of C are contiguous.
 */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function gemm<T>(
  m: usize, n: usize, k: usize, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, scratch: usize,
): void {
  const finishes = bias || flags & RELU;
  if (sizeof<T>() == 4 && flags & ROWS) {
    for (let ic: usize = 0; ic < m; ic += MC) {
      const mc = min(MC, m - ic);
      rowsTimesRows(mc, n, k, a + ic * aRow, aRow, b, bColumn, c + ic * cRow, cRow, 0);
      if (finishes) finish<T>(mc, n, c + ic * cRow, cRow, bias, false, flags);
    }
    return;
  }
  const kcMax = blockOf(k);
  const room = scratch;
  const bufferA = scratch + TILES;
  const bufferB = flags & PACK_A ? (bufferA + min(m, MC) * kcMax * sizeof<T>() + 63) & ~63 : bufferA;
  const packed = (flags & PACK_B) != 0;
  for (let jc: usize = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc: usize = 0; pc < k; pc += kcMax) {
      const kc = min(kcMax, k - pc);
      const last = pc + kc == k;
      let blockB = b + pc * bRow + jc * bColumn;
      if (packed) {
        packB<T>(bufferB, kc, nc, blockB, bRow, bColumn);
        blockB = bufferB;
      }
      for (let ic: usize = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        const target = c + ic * cRow + jc * sizeof<T>();
        let blockA = a + ic * aRow + pc * aColumn;
        let row = aRow;
        if (flags & PACK_A) {
          row = kc * sizeof<T>();
          if (sizeof<T>() == 4) copy4(bufferA, row, 4, blockA, aRow, aColumn, mc, kc);
          else copy8(bufferA, row, 8, blockA, aRow, aColumn, mc, kc);
          blockA = bufferA;
        }
        tiles<T>(packed, mc, nc, kc, blockA, row, blockB, bRow, target, cRow, i32(pc > 0), room);
        if (last && finishes) finish<T>(mc, nc, target, cRow, bias ? bias + jc * sizeof<T>() : 0, false, flags);
      }
    }
  }
}

export function gemm4(
  m: usize, n: usize, k: usize, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, scratch: usize,
): void {
  gemm<f32>(m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, flags, scratch);
}

export function gemm8(
  m: usize, n: usize, k: usize, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize, bias: usize, flags: i32, scratch: usize,
): void {
  gemm<f64>(m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, flags, scratch);
}

/** The end of a product that the functions below computed: `bias` and flags as above. */
export function finish4(m: usize, n: usize, c: usize, cRow: usize, bias: usize, flags: i32): void {
  finish<f32>(m, n, c, cRow, bias, false, flags);
}

export function finish8(m: usize, n: usize, c: usize, cRow: usize, bias: usize, flags: i32): void {
  finish<f64>(m, n, c, cRow, bias, false, flags);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function lanesSum<T>(x: v128): T {
  if (sizeof<T>() == 4) {
    return <T>((f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3)));
  }
  return <T>(f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1));
}

/** c[i] = the inner product of row i of A and x, both contiguous. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function rowsTimesVector<T>(m: usize, k: usize, a: usize, aRow: usize, x: usize, c: usize, cStride: usize): void {
  const bytes = k * sizeof<T>();
  const whole = bytes & ~31;
  for (let i: usize = 0; i < m; i += 2) {
    // Two rows at a time; an odd last one is computed twice.
    const second = select(a + aRow, a, i + 1 < m);
    let s0 = v128.splat<T>(0), s1 = s0, t0 = s0, t1 = s0;
    let p: usize = 0;
    for (; p < whole; p += 32) {
      const x0 = v128.load(x + p);
      const x1 = v128.load(x + p, 16);
      s0 = madd<T>(v128.load(a + p), x0, s0);
      s1 = madd<T>(v128.load(a + p, 16), x1, s1);
      t0 = madd<T>(v128.load(second + p), x0, t0);
      t1 = madd<T>(v128.load(second + p, 16), x1, t1);
    }
    let s = lanesSum<T>(v128.add<T>(s0, s1));
    let t = lanesSum<T>(v128.add<T>(t0, t1));
    for (; p < bytes; p += sizeof<T>()) {
      s += load<T>(a + p) * load<T>(x + p);
      t += load<T>(second + p) * load<T>(x + p);
    }
    store<T>(c, s);
    if (i + 1 < m) store<T>(c + cStride, t);
    a += 2 * aRow;
    c += 2 * cStride;
  }
}

export function gemv4(m: usize, k: usize, a: usize, aRow: usize, x: usize, c: usize, cStride: usize): void {
  rowsTimesVector<f32>(m, k, a, aRow, x, c, cStride);
}

export function gemv8(m: usize, k: usize, a: usize, aRow: usize, x: usize, c: usize, cStride: usize): void {
  rowsTimesVector<f64>(m, k, a, aRow, x, c, cStride);
}

/** c = x B, a vector times k rows of n contiguous elements; x may be strided. Eight vectors of columns at a time, then one. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function vectorTimesRows<T>(n: usize, k: usize, x: usize, xStride: usize, b: usize, bRow: usize, c: usize, cStride: usize, tile: usize): void {
  const lanes: usize = 16 / sizeof<T>();
  let j: usize = 0;
  for (; j < n; ) {
    let s0 = v128.splat<T>(0), s1 = s0, s2 = s0, s3 = s0;
    let row = b + j * sizeof<T>();
    let at = x;
    const columns = min<usize>(4 * lanes, n - j);
    if (columns > lanes) {
      for (let p: usize = 0; p < k; p++) {
        const s = splatAt<T>(at);
        s0 = madd<T>(s, v128.load(row), s0);
        s1 = madd<T>(s, v128.load(row, 16), s1);
        s2 = madd<T>(s, v128.load(row, 32), s2);
        s3 = madd<T>(s, v128.load(row, 48), s3);
        at += xStride;
        row += bRow;
      }
    } else {
      for (let p: usize = 0; p < k; p++) {
        s0 = madd<T>(splatAt<T>(at), v128.load(row), s0);
        at += xStride;
        row += bRow;
      }
    }
    v128.store(tile, s0);
    v128.store(tile, s1, 16);
    v128.store(tile, s2, 32);
    v128.store(tile, s3, 48);
    for (let q: usize = 0; q < columns; q++) {
      store<T>(c, load<T>(tile + q * sizeof<T>()));
      c += cStride;
    }
    j += columns;
  }
}

export function gevm4(n: usize, k: usize, x: usize, xStride: usize, b: usize, bRow: usize, c: usize, cStride: usize, tile: usize): void {
  vectorTimesRows<f32>(n, k, x, xStride, b, bRow, c, cStride, tile);
}

export function gevm8(n: usize, k: usize, x: usize, xStride: usize, b: usize, bRow: usize, c: usize, cStride: usize, tile: usize): void {
  vectorTimesRows<f64>(n, k, x, xStride, b, bRow, c, cStride, tile);
}
