/** Comparisons, which write bytes, and logic of such bytes; operands in rows: see map.ts. */
import { rowSource } from './mapPart';

const enum Compare { eq, ne, lt, le, gt, ge }
const enum Bytes { and, or, xor, same, less, lessOrSame }

@inline
function compare<T>(op: Compare, x: v128, y: v128): v128 {
  if (op == Compare.eq) return v128.eq<T>(x, y);
  if (op == Compare.ne) return v128.ne<T>(x, y);
  if (op == Compare.lt) return v128.lt<T>(x, y);
  return v128.le<T>(x, y);
}

/** Four lanes of 32 bits that say how elements at pa and pb compare. */
@inline
function compareFour<T>(op: Compare, pa: usize, innerA: usize, pb: usize, innerB: usize): v128 {
  const low = compare<T>(op, v128.load(pa), v128.load(pb));
  if (sizeof<T>() == 4) return low;
  const high = compare<T>(op, v128.load(pa + (innerA << 4)), v128.load(pb + (innerB << 4)));
  return i32x4.shuffle(low, high, 0, 2, 4, 6);
}

/** One byte an element, 0 or 1. gt and ge are lt and le of the operands exchanged. */
@inline
function mapCompare<T>(
  op: Compare, rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  const size = sizeof<T>();
  const fourA = innerA * 4 * size;
  const fourB = innerB * 4 * size;
  for (; rows > 0; rows--) {
    let pa = rowSource<T>(a, innerA, 0);
    let pb = rowSource<T>(b, innerB, 16);
    let left = n;
    while (left >= 16) {
      const m0 = compareFour<T>(op, pa, innerA, pb, innerB);
      const m1 = compareFour<T>(op, pa + fourA, innerA, pb + fourB, innerB);
      const m2 = compareFour<T>(op, pa + 2 * fourA, innerA, pb + 2 * fourB, innerB);
      const m3 = compareFour<T>(op, pa + 3 * fourA, innerA, pb + 3 * fourB, innerB);
      const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3));
      v128.store(o, v128.and(bytes, i8x16.splat(1)));
      pa += 4 * fourA;
      pb += 4 * fourB;
      o += 16;
      left -= 16;
    }
    while (left > 0) {
      const x = load<T>(pa);
      const y = load<T>(pb);
      let holds: bool;
      if (op == Compare.eq) holds = x == y;
      else if (op == Compare.ne) holds = x != y;
      else if (op == Compare.lt) holds = x < y;
      else holds = x <= y;
      store<u8>(o, <u8>holds);
      pa += innerA * size;
      pb += innerB * size;
      o++;
      left--;
    }
    a += rowA * size;
    b += rowB * size;
  }
}

@inline
function bytesOf(op: Bytes, x: v128, y: v128): v128 {
  if (op == Bytes.and) return v128.and(x, y);
  if (op == Bytes.or) return v128.or(x, y);
  if (op == Bytes.xor) return v128.xor(x, y);
  const one = i8x16.splat(1);
  if (op == Bytes.same) return v128.xor(v128.xor(x, y), one);
  if (op == Bytes.less) return v128.andnot(y, x);
  return v128.or(v128.xor(x, one), y);
}

/** Of bytes that are 0 or 1, so that comparisons are logic too. */
@inline
function mapBytes(
  op: Bytes, rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  for (; rows > 0; rows--) {
    let pa = rowSource<u8>(a, innerA, 0);
    let pb = rowSource<u8>(b, innerB, 16);
    let left = n;
    while (left >= 16) {
      v128.store(o, bytesOf(op, v128.load(pa), v128.load(pb)));
      pa += innerA << 4;
      pb += innerB << 4;
      o += 16;
      left -= 16;
    }
    while (left > 0) {
      v128.store8_lane(o, bytesOf(op, v128.load8_splat(pa), v128.load8_splat(pb)), 0);
      pa += innerA;
      pb += innerB;
      o++;
      left--;
    }
    a += rowA;
    b += rowB;
  }
}

export function eq_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f32>(Compare.eq, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function eq_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f64>(Compare.eq, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function eq_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<i32>(Compare.eq, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function ne_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f32>(Compare.ne, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function ne_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f64>(Compare.ne, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function ne_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<i32>(Compare.ne, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function lt_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f32>(Compare.lt, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function lt_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f64>(Compare.lt, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function lt_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<i32>(Compare.lt, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function le_f32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f32>(Compare.le, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function le_f64(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<f64>(Compare.le, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function le_i32(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapCompare<i32>(Compare.le, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function and_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.and, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function or_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.or, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function xor_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.xor, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function same_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.same, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function less_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.less, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
export function lessOrSame_bytes(
  rows: usize, n: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize, innerB: usize, o: usize,
): void {
  mapBytes(Bytes.lessOrSame, rows, n, a, rowA, innerA, b, rowB, innerB, o);
}
