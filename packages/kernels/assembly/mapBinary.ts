/** Arithmetic of two operands in rows: see map.ts. */
import { pow_f32x4, pow_f64x2 } from './math/vector';
import { loadPart, rowSource, storePart } from './mapPart';

const enum Binary { add, sub, mul, div, pow, maximum, minimum }

@inline
function binary<T>(op: Binary, x: v128, y: v128): v128 {
  if (op == Binary.add) return v128.add<T>(x, y);
  if (op == Binary.sub) return v128.sub<T>(x, y);
  if (op == Binary.mul) return v128.mul<T>(x, y);
  if (op == Binary.maximum) return v128.max<T>(x, y);
  if (op == Binary.minimum) return v128.min<T>(x, y);
  if (isInteger<T>()) return x;
  if (op == Binary.div) return v128.div<T>(x, y);
  return sizeof<T>() == 4 ? pow_f32x4(x, y) : pow_f64x2(x, y);
}

@inline
function mapBinary<T>(
  op: Binary, rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  const stepA = innerA << 4;
  const stepB = innerB << 4;
  const size = sizeof<T>();
  for (; rows > 0; rows--) {
    let pa = rowSource<T>(a, innerA, 0);
    let pb = rowSource<T>(b, innerB, 16);
    let left = n * size;
    if (op != Binary.pow) {
      while (left >= 64) {
        const a1 = pa + stepA;
        const a2 = a1 + stepA;
        const a3 = a2 + stepA;
        const b1 = pb + stepB;
        const b2 = b1 + stepB;
        const b3 = b2 + stepB;
        const x0 = binary<T>(op, v128.load(pa), v128.load(pb));
        const x1 = binary<T>(op, v128.load(a1), v128.load(b1));
        const x2 = binary<T>(op, v128.load(a2), v128.load(b2));
        const x3 = binary<T>(op, v128.load(a3), v128.load(b3));
        v128.store(o, x0);
        v128.store(o, x1, 16);
        v128.store(o, x2, 32);
        v128.store(o, x3, 48);
        pa = a3 + stepA;
        pb = b3 + stepB;
        o += 64;
        left -= 64;
      }
    }
    while (left >= 16) {
      v128.store(o, binary<T>(op, v128.load(pa), v128.load(pb)));
      pa += stepA;
      pb += stepB;
      o += 16;
      left -= 16;
    }
    if (left > 0) {
      storePart<T>(o, binary<T>(op, loadPart<T>(pa, left), loadPart<T>(pb, left)), left);
      o += left;
    }
    a += rowA * size;
    b += rowB * size;
  }
}

export function add_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.add, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function add_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.add, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function add_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<i32>(Binary.add, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function sub_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.sub, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function sub_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.sub, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function sub_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<i32>(Binary.sub, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function mul_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.mul, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function mul_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.mul, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function mul_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<i32>(Binary.mul, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function div_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.div, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function div_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.div, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function pow_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.pow, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function pow_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.pow, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function maximum_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.maximum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function maximum_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.maximum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function maximum_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<i32>(Binary.maximum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function minimum_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f32>(Binary.minimum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function minimum_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<f64>(Binary.minimum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function minimum_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBinary<i32>(Binary.minimum, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}

/** Whole powers modulo 2^32. A negative exponent gives 0, but for a base of 1 or -1. */
function power(x: i32, y: i32): i32 {
  if (y < 0) return x == 1 ? 1 : x == -1 ? 1 - ((y & 1) << 1) : 0;
  let result = 1;
  for (; y > 0; y >>= 1) {
    if (y & 1) result *= x;
    x *= x;
  }
  return result;
}
export function pow_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < n; i++) {
      store<i32>(o, power(load<i32>(a + ((i * innerA) << 2)), load<i32>(b + ((i * innerB) << 2))));
      o += 4;
    }
    a += rowA << 2;
    b += rowB << 2;
  }
}
