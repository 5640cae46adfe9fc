// Products of rows with rows: C[i, j] is the inner product of row i of A and row j of B, both contiguous. Nothing is packed, which pays where
// a packed panel would be used by few rows; what it costs is that the lanes of each sum are added up in the end. float32 only.

import { madd, MC } from './tile';

/** Sums so many times as long as there are rows of A are better made so. */
export const LONG: usize = 8;
/** Four rows of B stay in the first-level cache, and two of A. */
const MOST: usize = 1024;

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function sums(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const x = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const y = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(x, y, 0, 1, 4, 5), v128.shuffle<f32>(x, y, 2, 3, 6, 7));
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function put(c: usize, value: v128, columns: usize, add: i32): void {
  if (columns == 4) v128.store(c, add ? f32x4.add(value, v128.load(c)) : value);
  else {
    let x = f32x4.extract_lane(value, 0);
    store<f32>(c, add ? x + load<f32>(c) : x);
    if (columns > 1) {
      x = f32x4.extract_lane(value, 1);
      store<f32>(c, add ? x + load<f32>(c, 4) : x, 4);
    }
    if (columns > 2) {
      x = f32x4.extract_lane(value, 2);
      store<f32>(c, add ? x + load<f32>(c, 8) : x, 8);
    }
  }
}

/**
 * C[m, columns] = or += A[m, k] times `columns` rows of B, four at most; missing ones are the first again. With branches between the steps, and exported, for the same
 * reasons as `micro`.
 */
export function gemmRows4(
  m: usize, columns: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize, add: i32,
): void {
  const first1 = select(b + bRow, b, columns > 1);
  const first2 = select(b + 2 * bRow, b, columns > 2);
  const first3 = select(b + 3 * bRow, b, columns > 3);
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < m; i += 2) {
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
    let x = a;
    let y = select(a + aRow, a, i + 1 < m);
    let b0 = b, b1 = first1, b2 = first2, b3 = first3;
    let n = k >> 2;
    let v: v128, w: v128, u: v128;
    if (n) {
      while (true) {
        v = v128.load(x);
        w = v128.load(y);
        u = v128.load(b0);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 16);
        w = v128.load(y, 16);
        u = v128.load(b0, 16);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 16);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 16);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 16);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 32);
        w = v128.load(y, 32);
        u = v128.load(b0, 32);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 32);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 32);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 32);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 48);
        w = v128.load(y, 48);
        u = v128.load(b0, 48);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 48);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 48);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 48);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 64);
        w = v128.load(y, 64);
        u = v128.load(b0, 64);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 64);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 64);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 64);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 80);
        w = v128.load(y, 80);
        u = v128.load(b0, 80);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 80);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 80);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 80);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 96);
        w = v128.load(y, 96);
        u = v128.load(b0, 96);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 96);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 96);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 96);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        if (--n == 0) break;
        v = v128.load(x, 112);
        w = v128.load(y, 112);
        u = v128.load(b0, 112);
        s0 = madd<f32>(v, u, s0);
        t0 = madd<f32>(w, u, t0);
        u = v128.load(b1, 112);
        s1 = madd<f32>(v, u, s1);
        t1 = madd<f32>(w, u, t1);
        u = v128.load(b2, 112);
        s2 = madd<f32>(v, u, s2);
        t2 = madd<f32>(w, u, t2);
        u = v128.load(b3, 112);
        s3 = madd<f32>(v, u, s3);
        t3 = madd<f32>(w, u, t3);
        x += 128;
        y += 128;
        b0 += 128;
        b1 += 128;
        b2 += 128;
        b3 += 128;
        if (--n == 0) break;
      }
    }
    let r = sums(s0, s1, s2, s3);
    let q = sums(t0, t1, t2, t3);
    // What is left of the rows, fewer than four.
    for (let p = (k & ~3) * 4; p < k * 4; p += 4) {
      u = v128.load32_zero(b + p);
      u = v128.load32_lane(first1 + p, u, 1);
      u = v128.load32_lane(first2 + p, u, 2);
      u = v128.load32_lane(first3 + p, u, 3);
      r = madd<f32>(v128.load32_splat(a + p), u, r);
      q = madd<f32>(v128.load32_splat(select(a + aRow, a, i + 1 < m) + p), u, q);
    }
    put(c, r, columns, add);
    if (i + 1 < m) put(c + cRow, q, columns, add);
    a += 2 * aRow;
    c += 2 * cRow;
  }
}

/** C[m, n] = or += A[m, k] times the transpose of B[n, k]; k > 0. */
export function rowsTimesRows(
  m: usize, n: usize, k: usize, a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize, add: i32,
): void {
  for (let pc: usize = 0; pc < k; pc += MOST) {
    const kc = min(MOST, k - pc);
    for (let ic: usize = 0; ic < m; ic += MC) {
      const mc = min(MC, m - ic);
      for (let j: usize = 0; j < n; j += 4) {
        gemmRows4(mc, min<usize>(4, n - j), kc, a + ic * aRow + pc * 4, aRow, b + j * bRow + pc * 4, bRow, c + ic * cRow + j * 4, cRow, add | i32(pc > 0));
      }
    }
  }
}
