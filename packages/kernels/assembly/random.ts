// The stream of src/random.ts, bit by bit the same: nothing here may be contracted or reordered.

const SQRT2: f64 = 1.4142135623730951;
const LN2: f64 = 0.6931471805599453;

/** Ten rounds of Philox 4x32 over counter (c0, c1, 0, c3); the words are returned as two pairs through globals. */
let low: u64 = 0;
let high: u64 = 0;

// @ts-ignore: decorator
@inline
function philox(block: u64, c3: u32, key0: u32, key1: u32): void {
  let c0 = u32(block);
  let c1 = u32(block >> 32);
  let c2: u32 = 0;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const p0 = u64(c0) * 0xd2511f53;
    const p1 = u64(c2) * 0xcd9e8d57;
    c0 = u32(p1 >> 32) ^ c1 ^ k0;
    c1 = u32(p1);
    c2 = u32(p0 >> 32) ^ c3 ^ k1;
    c3 = u32(p0);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  low = u64(c0) | (u64(c1) << 32);
  high = u64(c2) | (u64(c3) << 32);
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

/** Element `counter` of the stream; the block that holds it must have been made. */
// @ts-ignore: decorator
@inline
function element4(normal: i32, word: u32): f32 {
  if (normal) return <f32>normalQuantile((<f64>word + 0.5) * 2.3283064365386963e-10);
  return <f32>(word >> 8) * 5.9604644775390625e-8;
}

// @ts-ignore: decorator
@inline
function element8(normal: i32, w: u32, v: u32): f64 {
  if (normal) return normalQuantile((<f64>(w >> 6) * 67108864 + <f64>(v >> 6) + 0.5) * 2.220446049250313e-16);
  return (<f64>(w >> 5) * 67108864 + <f64>(v >> 6)) * 1.1102230246251565e-16;
}

/** Elements counter, counter + 1, ... of the stream. */
export function random4(normal: i32, key0: u32, key1: u32, counter: f64, to: usize, count: usize): void {
  let element = <u64>counter;
  const end = to + 4 * count;
  while (to < end) {
    philox(element >> 2, 0, key0, key1);
    do {
      const half = element & 2 ? high : low;
      store<f32>(to, element4(normal, u32(element & 1 ? half >> 32 : half)));
      to += 4;
      element++;
    } while ((element & 3) != 0 && to < end);
  }
}

export function random8(normal: i32, key0: u32, key1: u32, counter: f64, to: usize, count: usize): void {
  let element = <u64>counter;
  const end = to + 8 * count;
  while (to < end) {
    philox(element >> 1, 1, key0, key1);
    do {
      const half = element & 1 ? high : low;
      store<f64>(to, element8(normal, u32(half), u32(half >> 32)));
      to += 8;
      element++;
    } while ((element & 1) != 0 && to < end);
  }
}
