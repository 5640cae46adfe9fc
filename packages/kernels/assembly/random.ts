// The stream of src/random.ts, bit by bit the same: nothing here may be contracted or reordered.

import { wordScratch } from './mapPart';

const SQRT2: f64 = 1.4142135623730951;
const LN2: f64 = 0.6931471805599453;

/** The high and low halves of the products of four words with a constant. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function highHalf(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function lowHalf(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Ten rounds of Philox 4x32 for four blocks at once, a block to a lane; the 16 words go to `to` in their order. */
function philox4(block: u64, c3: u32, key0: u32, key1: u32, to: usize): void {
  const b1 = block + 1;
  const b2 = block + 2;
  const b3 = block + 3;
  let x0 = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(i32(block)), 1, i32(b1)), 2, i32(b2)), 3, i32(b3));
  let x1 = i32x4.splat(i32(block >> 32));
  x1 = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(x1, 1, i32(b1 >> 32)), 2, i32(b2 >> 32)), 3, i32(b3 >> 32));
  let x2 = i32x4.splat(0);
  let x3 = i32x4.splat(i32(c3));
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let k0 = i32x4.splat(i32(key0));
  let k1 = i32x4.splat(i32(key1));
  for (let round = 0; round < 10; round++) {
    const p0 = i64x2.extmul_low_i32x4_u(x0, m0);
    const q0 = i64x2.extmul_high_i32x4_u(x0, m0);
    const p1 = i64x2.extmul_low_i32x4_u(x2, m1);
    const q1 = i64x2.extmul_high_i32x4_u(x2, m1);
    x0 = v128.xor(v128.xor(highHalf(p1, q1), x1), k0);
    x1 = lowHalf(p1, q1);
    x2 = v128.xor(v128.xor(highHalf(p0, q0), x3), k1);
    x3 = lowHalf(p0, q0);
    k0 = i32x4.add(k0, i32x4.splat(0x9e3779b9));
    k1 = i32x4.add(k1, i32x4.splat(0xbb67ae85));
  }
  const a0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const a1 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const d0 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const d1 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(a0, d0, 0, 2));
  v128.store(to, v128.shuffle<i64>(a0, d0, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(a1, d1, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(a1, d1, 1, 3), 48);
}

/** Words of the stream from number `word` on, as many as fill `bytes`. An element takes as many bytes as its words: they are turned in place. */
function words(word: u64, c3: u32, key0: u32, key1: u32, to: usize, bytes: usize): void {
  const end = to + bytes;
  while (to < end) {
    const skip = usize(word & 3);
    if (skip == 0 && to + 64 <= end) {
      philox4(word >> 2, c3, key0, key1, to);
      to += 64;
      word += 16;
    } else {
      philox4(word >> 2, c3, key0, key1, wordScratch());
      const count = min<usize>(64 - 4 * skip, end - to);
      memory.copy(to, wordScratch() + 4 * skip, count);
      to += count;
      word += u64(count >> 2);
    }
  }
}

function stableLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let e = <f64>(i32(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > SQRT2) {
    m = m * 0.5;
    e = e + 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1.0 / 23.0;
  p = p * z + 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  p = p * z + 1.0;
  return e * LN2 + 2.0 * s * p;
}

function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    let n: f64 = 2509.0809287301227;
    n = n * r + 33430.57558358813;
    n = n * r + 67265.7709270087;
    n = n * r + 45921.95393154987;
    n = n * r + 13731.69376550946;
    n = n * r + 1971.5909503065513;
    n = n * r + 133.14166789178438;
    n = n * r + 3.3871328727963665;
    let d: f64 = 5226.495278852854;
    d = d * r + 28729.085735721943;
    d = d * r + 39307.89580009271;
    d = d * r + 21213.794301586597;
    d = d * r + 5394.196021424751;
    d = d * r + 687.1870074920579;
    d = d * r + 42.31333070160091;
    d = d * r + 1;
    return (q * n) / d;
  }
  const r = sqrt<f64>(-stableLog(q < 0 ? p : 1 - p));
  let n: f64;
  let d: f64;
  if (r <= 5) {
    const t = r - 1.6;
    n = 0.0007745450142783414;
    n = n * t + 0.022723844989269184;
    n = n * t + 0.2417807251774506;
    n = n * t + 1.2704582524523684;
    n = n * t + 3.6478483247632045;
    n = n * t + 5.769497221460691;
    n = n * t + 4.630337846156546;
    n = n * t + 1.4234371107496835;
    d = 1.0507500716444169e-9;
    d = d * t + 0.0005475938084995345;
    d = d * t + 0.015198666563616457;
    d = d * t + 0.14810397642748008;
    d = d * t + 0.6897673349851;
    d = d * t + 1.6763848301838038;
    d = d * t + 2.053191626637759;
    d = d * t + 1;
  } else {
    const t = r - 5;
    n = 2.0103343992922881e-7;
    n = n * t + 0.000027115555687434876;
    n = n * t + 0.0012426609473880784;
    n = n * t + 0.026532189526576124;
    n = n * t + 0.29656057182850487;
    n = n * t + 1.7848265399172913;
    n = n * t + 5.463784911164114;
    n = n * t + 6.657904643501103;
    d = 2.0442631033899397e-15;
    d = d * t + 1.421511758316446e-7;
    d = d * t + 0.000018463183175100548;
    d = d * t + 0.0007868691311456133;
    d = d * t + 0.014875361290850615;
    d = d * t + 0.1369298809227358;
    d = d * t + 0.599832206555888;
    d = d * t + 1;
  }
  return q < 0 ? -(n / d) : n / d;
}

/** Elements counter, counter + 1, ... of the stream. */
export function random4(normal: i32, key0: u32, key1: u32, counter: f64, to: usize, count: usize): void {
  const end = to + 4 * count;
  words(<u64>counter, 0, key0, key1, to, 4 * count);
  if (normal) {
    for (; to < end; to += 4) store<f32>(to, <f32>normalQuantile((<f64>load<u32>(to) + 0.5) * 2.3283064365386963e-10));
    return;
  }
  for (; to + 16 <= end; to += 16) {
    const integers = i32x4.shr_u(v128.load(to), 8);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.splat(5.9604644775390625e-8)));
  }
  for (; to < end; to += 4) store<f32>(to, <f32>(load<u32>(to) >> 8) * 5.9604644775390625e-8);
}

export function random8(normal: i32, key0: u32, key1: u32, counter: f64, to: usize, count: usize): void {
  const end = to + 8 * count;
  words(<u64>counter * 2, 1, key0, key1, to, 8 * count);
  for (; to < end; to += 8) {
    const w = load<u32>(to);
    const v = load<u32>(to, 4);
    if (normal) store<f64>(to, normalQuantile((<f64>(w >> 6) * 67108864 + <f64>(v >> 6) + 0.5) * 2.220446049250313e-16));
    else store<f64>(to, (<f64>(w >> 5) * 67108864 + <f64>(v >> 6)) * 1.1102230246251565e-16);
  }
}
