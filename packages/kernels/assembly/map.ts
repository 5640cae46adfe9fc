/**
 * Elementwise loops. Out is always contiguous. Kernels of two and three operands work on rows: `rowX` is the distance of an
 * operand's rows in elements (0 repeats one row), and `innerX` is 1 where a row is contiguous, 0 where one element fills it.
 * All loops count the bytes that are left, since an address behind the last element may be 2^32.
 */
import { select } from './math/common';
import { erf } from './math/erf';
import { exp, sigmoid, tanh } from './math/exponential';
import { log } from './math/logarithm';
import {
  cos_f32x4, cos_f64x2, erf_f64x2, exp_f64x2, expm1_f32x4, expm1_f64x2, log1p_f32x4, log1p_f64x2, log_f64x2, pow_f32x4,
  pow_f64x2, sigmoid_f64x2, sin_f32x4, sin_f64x2, tanh_f64x2,
} from './math/vector';
import { loadPart, storePart } from './mapPart';

const enum Unary {
  neg, abs, sign, square, relu, exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, tanh, sigmoid, erf, floor, ceil,
  round, trunc,
}
const enum Binary { add, sub, mul, div, pow, maximum, minimum }
const enum Compare { eq, ne, lt, le, gt, ge }
const enum Bytes { and, or, xor, same, less, lessOrSame }

/** A row's one element, repeated to a vector: reading it again and again is what makes one loop serve every layout. */
const repeated = memory.data(48, 16);

/** The address to read a row from: its own, or that of its only element repeated. */
@inline
function rowSource<T>(address: usize, inner: usize, slot: usize): usize {
  if (inner) return address;
  v128.store(repeated + slot, v128.splat<T>(load<T>(address)));
  return repeated + slot;
}

@inline
function unary<T>(op: Unary, x: v128): v128 {
  const zero = v128.splat<T>(<T>0);
  if (op == Unary.neg) return v128.neg<T>(x);
  if (op == Unary.abs) return v128.abs<T>(x);
  if (op == Unary.square) return v128.mul<T>(x, x);
  // Written as a maximum with 0 it would cost three times as much; NaN is kept, since no comparison with it holds.
  if (op == Unary.relu) return v128.andnot(x, v128.le<T>(x, zero));
  if (isInteger<T>()) return v128.sub<T>(v128.lt<T>(x, zero), v128.gt<T>(x, zero));
  const one = v128.splat<T>(<T>1);
  // 0 for NaN and -0: no comparison holds.
  if (op == Unary.sign) return v128.sub<T>(v128.and(v128.gt<T>(x, zero), one), v128.and(v128.lt<T>(x, zero), one));
  if (op == Unary.sqrt) return v128.sqrt<T>(x);
  if (op == Unary.rsqrt) return v128.div<T>(one, v128.sqrt<T>(x));
  if (op == Unary.reciprocal) return v128.div<T>(one, x);
  if (op == Unary.floor) return v128.floor<T>(x);
  if (op == Unary.ceil) return v128.ceil<T>(x);
  if (op == Unary.round) return v128.nearest<T>(x);
  if (op == Unary.trunc) return v128.trunc<T>(x);
  if (op == Unary.exp) return sizeof<T>() == 4 ? exp<T>(x) : exp_f64x2(x);
  if (op == Unary.expm1) return sizeof<T>() == 4 ? expm1_f32x4(x) : expm1_f64x2(x);
  if (op == Unary.log) return sizeof<T>() == 4 ? log<T>(x) : log_f64x2(x);
  if (op == Unary.log1p) return sizeof<T>() == 4 ? log1p_f32x4(x) : log1p_f64x2(x);
  if (op == Unary.sin) return sizeof<T>() == 4 ? sin_f32x4(x) : sin_f64x2(x);
  if (op == Unary.cos) return sizeof<T>() == 4 ? cos_f32x4(x) : cos_f64x2(x);
  if (op == Unary.tanh) return sizeof<T>() == 4 ? tanh<T>(x) : tanh_f64x2(x);
  if (op == Unary.sigmoid) return sizeof<T>() == 4 ? sigmoid<T>(x) : sigmoid_f64x2(x);
  return sizeof<T>() == 4 ? erf<T>(x) : erf_f64x2(x);
}

@inline
function cheap(op: Unary): bool {
  return !(
    op == Unary.exp || op == Unary.expm1 || op == Unary.log || op == Unary.log1p || op == Unary.sin || op == Unary.cos ||
    op == Unary.tanh || op == Unary.sigmoid || op == Unary.erf
  );
}

@inline
function mapUnary<T>(op: Unary, n: usize, a: usize, o: usize): void {
  let left = n * sizeof<T>();
  if (cheap(op)) {
    while (left >= 64) {
      const x0 = unary<T>(op, v128.load(a));
      const x1 = unary<T>(op, v128.load(a, 16));
      const x2 = unary<T>(op, v128.load(a, 32));
      const x3 = unary<T>(op, v128.load(a, 48));
      v128.store(o, x0);
      v128.store(o, x1, 16);
      v128.store(o, x2, 32);
      v128.store(o, x3, 48);
      a += 64;
      o += 64;
      left -= 64;
    }
  }
  while (left > 0) {
    // One place for the whole vectors and the rest, so that a long function is there once.
    const whole = left >= 16;
    const x = unary<T>(op, whole ? v128.load(a) : loadPart<T>(a, left));
    if (!whole) {
      storePart<T>(o, x, left);
      return;
    }
    v128.store(o, x);
    a += 16;
    o += 16;
    left -= 16;
  }
}

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

/** Elements of `T`'s size, chosen by bytes that are 0 or 1; the bits are copied, whatever they mean. */
@inline
function mapWhere<T>(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  const size = sizeof<T>();
  for (; rows > 0; rows--) {
    let pa = rowSource<T>(a, innerA, 0);
    let pb = rowSource<T>(b, innerB, 16);
    let pc = rowSource<u8>(c, innerC, 32);
    let left = n;
    while (left >= 16 / size) {
      let mask: v128;
      if (sizeof<T>() == 1) mask = i8x16.neg(v128.load(pc));
      else if (sizeof<T>() == 4) mask = i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pc))));
      else {
        const pair = i16x8.extend_low_i8x16_u(v128.load16_splat(pc));
        mask = i64x2.neg(i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(pair)));
      }
      v128.store(o, select(mask, v128.load(pa), v128.load(pb)));
      pa += innerA << 4;
      pb += innerB << 4;
      pc += innerC * (16 / size);
      o += 16;
      left -= 16 / size;
    }
    while (left > 0) {
      store<T>(o, load<u8>(pc) != 0 ? load<T>(pa) : load<T>(pb));
      pa += innerA * size;
      pb += innerB * size;
      pc += innerC;
      o += size;
      left--;
    }
    a += rowA * size;
    b += rowB * size;
    c += rowC;
  }
}

export function neg_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.neg, n, a, o);
}
export function neg_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.neg, n, a, o);
}
export function neg_i32(n: usize, a: usize, o: usize): void {
  mapUnary<i32>(Unary.neg, n, a, o);
}
export function abs_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.abs, n, a, o);
}
export function abs_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.abs, n, a, o);
}
export function abs_i32(n: usize, a: usize, o: usize): void {
  mapUnary<i32>(Unary.abs, n, a, o);
}
export function sign_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.sign, n, a, o);
}
export function sign_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.sign, n, a, o);
}
export function sign_i32(n: usize, a: usize, o: usize): void {
  mapUnary<i32>(Unary.sign, n, a, o);
}
export function square_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.square, n, a, o);
}
export function square_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.square, n, a, o);
}
export function square_i32(n: usize, a: usize, o: usize): void {
  mapUnary<i32>(Unary.square, n, a, o);
}
export function relu_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.relu, n, a, o);
}
export function relu_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.relu, n, a, o);
}
export function relu_i32(n: usize, a: usize, o: usize): void {
  mapUnary<i32>(Unary.relu, n, a, o);
}
export function exp_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.exp, n, a, o);
}
export function exp_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.exp, n, a, o);
}
export function expm1_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.expm1, n, a, o);
}
export function expm1_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.expm1, n, a, o);
}
export function log_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.log, n, a, o);
}
export function log_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.log, n, a, o);
}
export function log1p_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.log1p, n, a, o);
}
export function log1p_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.log1p, n, a, o);
}
export function sqrt_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.sqrt, n, a, o);
}
export function sqrt_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.sqrt, n, a, o);
}
export function rsqrt_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.rsqrt, n, a, o);
}
export function rsqrt_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.rsqrt, n, a, o);
}
export function reciprocal_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.reciprocal, n, a, o);
}
export function reciprocal_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.reciprocal, n, a, o);
}
export function sin_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.sin, n, a, o);
}
export function sin_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.sin, n, a, o);
}
export function cos_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.cos, n, a, o);
}
export function cos_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.cos, n, a, o);
}
export function tanh_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.tanh, n, a, o);
}
export function tanh_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.tanh, n, a, o);
}
export function sigmoid_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.sigmoid, n, a, o);
}
export function sigmoid_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.sigmoid, n, a, o);
}
export function erf_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.erf, n, a, o);
}
export function erf_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.erf, n, a, o);
}
export function floor_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.floor, n, a, o);
}
export function floor_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.floor, n, a, o);
}
export function ceil_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.ceil, n, a, o);
}
export function ceil_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.ceil, n, a, o);
}
export function round_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.round, n, a, o);
}
export function round_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.round, n, a, o);
}
export function trunc_f32(n: usize, a: usize, o: usize): void {
  mapUnary<f32>(Unary.trunc, n, a, o);
}
export function trunc_f64(n: usize, a: usize, o: usize): void {
  mapUnary<f64>(Unary.trunc, n, a, o);
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
export function where_8(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u8>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
}
export function where_32(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u32>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
}
export function where_64(
  rows: usize, n: usize, c: usize, rowC: usize, innerC: usize, a: usize, rowA: usize, innerA: usize, b: usize, rowB: usize,
  innerB: usize, o: usize,
): void {
  mapWhere<u64>(rows, n, c, rowC, innerC, a, rowA, innerA, b, rowB, innerB, o);
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
