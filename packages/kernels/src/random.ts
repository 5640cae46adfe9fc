/**
 * The one stream of random numbers, the same to the last bit in every tier, engine and machine.
 *
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011) turns a counter of four
 * 32-bit words and a key of two into a block of four 32-bit words, all independent. Nothing is carried from element to element,
 * so any element can be computed alone. With key (key0, key1), element i (a whole number below 2**53) is, for
 *
 *   float32   w = word i % 4 of block (b mod 2**32, floor(b / 2**32), 0, 0) with b = floor(i / 4)
 *             uniform = (w >>> 8) * 2**-24
 *             normal  = quantile(p), and exponential = -log(p), with p = (w + 0.5) * 2**-32, rounded to float32
 *   float64   w, v = words 2 * (i % 2) and 2 * (i % 2) + 1 of block (b mod 2**32, floor(b / 2**32), 0, 1) with b = floor(i / 2)
 *             uniform = ((w >>> 5) * 2**26 + (v >>> 6)) * 2**-53
 *             normal  = quantile(p), and exponential = -log(p), with p = ((w >>> 6) * 2**26 + (v >>> 6) + 0.5) * 2**-52
 *
 * where all arithmetic is in double precision. The fourth counter word keeps the blocks of the two dtypes apart, so that a
 * generator may serve both from one running counter. `quantile` is the inverse of the normal distribution function; it and `log` are computed with
 * + - * / sqrt and comparisons alone, in exactly the order written here: each of these is rounded the same way everywhere, which
 * Math.log and Math.cos are not. For the same reason a twin in another language must not contract a * b + c into one rounding.
 */
import type { RandomKind } from './interface.js';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const TWO_32 = 4294967296;

/** The high 32 bits of the product of two unsigned 32-bit numbers; Math.imul gives the low ones. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Each product is below 2**32 and each sum below 2**53: exact in a double, where >>> 0 would lose the carry.
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 65536);
  const carry = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/** One block of Philox 4x32-10: ten rounds over counter (c0, c1, c2, c3) with key (key0, key1). */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
  block: Uint32Array,
): void {
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

const doubleBits = new Float64Array(1);
const doubleWords = new Uint32Array(doubleBits.buffer);
/** Which of the two words holds sign and exponent: 1 on little-endian machines. */
const HIGH_WORD: 0 | 1 = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * Natural logarithm of a positive normal number, to about 2e-16 relative away from 1: x = m * 2**e with m in [1, 2), or, if m > sqrt(2), in
 * [sqrt(1/2), 1); then log(m) = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1).
 */
export function stableLog(x: number): number {
  doubleBits[0] = x;
  const high = doubleWords[HIGH_WORD];
  let e = (high >>> 20) - 1023;
  doubleWords[HIGH_WORD] = (high & 0x000fffff) | 0x3ff00000;
  let m = doubleBits[0];
  if (m > Math.SQRT2) {
    m = m * 0.5;
    e = e + 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 1 / 23;
  p = p * z + 1 / 21;
  p = p * z + 1 / 19;
  p = p * z + 1 / 17;
  p = p * z + 1 / 15;
  p = p * z + 1 / 13;
  p = p * z + 1 / 11;
  p = p * z + 1 / 9;
  p = p * z + 1 / 7;
  p = p * z + 1 / 5;
  p = p * z + 1 / 3;
  p = p * z + 1;
  return e * Math.LN2 + 2 * s * p;
}

/**
 * Inverse of the standard normal distribution function for 0 < p < 1, to about 1e-15 relative: the rational functions PPND16 of
 * Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    let n = 2509.0809287301227;
    n = n * r + 33430.57558358813;
    n = n * r + 67265.7709270087;
    n = n * r + 45921.95393154987;
    n = n * r + 13731.69376550946;
    n = n * r + 1971.5909503065513;
    n = n * r + 133.14166789178438;
    n = n * r + 3.3871328727963665;
    let d = 5226.495278852854;
    d = d * r + 28729.085735721943;
    d = d * r + 39307.89580009271;
    d = d * r + 21213.794301586597;
    d = d * r + 5394.196021424751;
    d = d * r + 687.1870074920579;
    d = d * r + 42.31333070160091;
    d = d * r + 1;
    return (q * n) / d;
  }
  const r = Math.sqrt(-stableLog(q < 0 ? p : 1 - p));
  let n: number;
  let d: number;
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

function transformed(kind: RandomKind, p: number): number {
  return kind === 'normal' ? normalQuantile(p) : -stableLog(p);
}

/** out[i] = element counter + i of the stream with key (key0, key1). */
export function fillRandom(
  kind: RandomKind,
  key0: number,
  key1: number,
  counter: number,
  out: Float32Array | Float64Array,
): void {
  const double = out instanceof Float64Array;
  const perBlock = double ? 2 : 4;
  const words = new Uint32Array(4);
  let held = -1;
  for (let i = 0; i < out.length; i++) {
    const element = counter + i;
    const b = Math.floor(element / perBlock);
    if (b !== held) {
      philox(b >>> 0, Math.floor(b / TWO_32), 0, double ? 1 : 0, key0 >>> 0, key1 >>> 0, words);
      held = b;
    }
    const lane = element % perBlock;
    if (double) {
      const w = words[2 * lane];
      const v = words[2 * lane + 1];
      out[i] =
        kind === 'uniform'
          ? ((w >>> 5) * 67108864 + (v >>> 6)) * 2 ** -53
          : transformed(kind, ((w >>> 6) * 67108864 + (v >>> 6) + 0.5) * 2 ** -52);
    } else {
      const w = words[lane];
      out[i] = kind === 'uniform' ? (w >>> 8) * 2 ** -24 : transformed(kind, (w + 0.5) * 2 ** -32);
    }
  }
}
