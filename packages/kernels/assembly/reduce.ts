// Reductions of one dim. Strides in bytes. Sums and products accumulate in double precision for either dtype, so that a float32 result is
// rounded once and no intermediate overflows.

/** Reduction codes. */
const SUM: i32 = 0;
const PROD: i32 = 1;
const MAX: i32 = 2;

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function isWide(op: i32): bool {
  return op <= PROD;
}

/** Two accumulated vectors into one. `T` is f64 for the wide reductions. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combine<T>(op: i32, x: v128, y: v128): v128 {
  if (op == SUM) return v128.add<T>(x, y);
  if (op == PROD) return v128.mul<T>(x, y);
  if (op == MAX) return v128.max<T>(x, y);
  return v128.min<T>(x, y);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function combineScalar<T>(op: i32, x: T, y: T): T {
  if (op == SUM) return <T>(x + y);
  if (op == PROD) return <T>(x * y);
  // The instructions, not comparisons: they give NaN when either is NaN.
  if (op == MAX) return max<T>(x, y);
  return min<T>(x, y);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function identity(op: i32): f64 {
  if (op == SUM) return 0;
  if (op == PROD) return 1;
  return op == MAX ? -Infinity : Infinity;
}

/** Stores a result; `double` says how, since a sum over several dims keeps its parts in double precision. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function put(to: usize, value: f64, double: i32): void {
  if (double) store<f64>(to, value);
  else store<f32>(to, <f32>value);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
}

/** How many elements of a sum of doubles are added up plainly, in each accumulator, before the parts go to a compensated total. */
const BLOCK: usize = 16;

/** What adding x to sum rounded off, given the sum that came out (Knuth 1969): exact, whichever is larger. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function roundedOff(sum: v128, x: v128, next: v128): v128 {
  const added = f64x2.sub(next, sum);
  return f64x2.add(f64x2.sub(sum, f64x2.sub(next, added)), f64x2.sub(x, added));
}

/** A total with what it lost on the way; one that is not finite as it is, since then the loss is NaN. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function corrected(total: v128, lost: v128): v128 {
  const finite = f64x2.eq(f64x2.sub(total, total), f64x2.splat(0));
  return f64x2.add(total, v128.and(lost, finite));
}

/** The two lanes of a total and its loss as one sum. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function lanesOf(total: v128, lost: v128): f64 {
  const a = f64x2.extract_lane(total, 0), b = f64x2.extract_lane(total, 1);
  const next = a + b;
  const added = next - a;
  const rest = a - (next - added) + (b - added) + f64x2.extract_lane(lost, 0) + f64x2.extract_lane(lost, 1);
  return next - next == 0 ? next + rest : next;
}

/**
 * The sum of a row of contiguous doubles. Blocks of 128 are added up in eight accumulators, and the blocks with compensation: the error does not
 * grow with the row, and the chains of additions stay short.
 */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function contiguousSum8(a: usize, n: usize): f64 {
  const end = a + n * 8;
  let total = f64x2.splat(0), lost = total;
  while (a + 64 <= end) {
    let s0 = v128.load(a), s1 = v128.load(a, 16), s2 = v128.load(a, 32), s3 = v128.load(a, 48);
    a += 64;
    const left = (end - a) / 64;
    const stop = a + (left < BLOCK - 1 ? left : BLOCK - 1) * 64;
    for (; a < stop; a += 64) {
      s0 = f64x2.add(s0, v128.load(a));
      s1 = f64x2.add(s1, v128.load(a, 16));
      s2 = f64x2.add(s2, v128.load(a, 32));
      s3 = f64x2.add(s3, v128.load(a, 48));
    }
    s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
    const next = f64x2.add(total, s0);
    lost = f64x2.add(lost, roundedOff(total, s0, next));
    total = next;
  }
  let rest: f64 = 0;
  for (; a < end; a += 8) rest += load<f64>(a);
  const last = f64x2.replace_lane(f64x2.splat(0), 0, rest);
  const next = f64x2.add(total, last);
  lost = f64x2.add(lost, roundedOff(total, last, next));
  return lanesOf(next, lost);
}

/** The same for doubles that are `stride` apart. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function stridedSum8(a: usize, stride: usize, n: usize): f64 {
  let total = f64x2.splat(0), lost = total;
  while (n > 0) {
    const size = n < 2 * BLOCK ? n : 2 * BLOCK;
    let s0: f64 = 0, s1: f64 = 0;
    let i: usize = 0;
    for (; i + 2 <= size; i += 2) {
      s0 += load<f64>(a);
      s1 += load<f64>(a + stride);
      a += 2 * stride;
    }
    if (i < size) {
      s0 += load<f64>(a);
      a += stride;
    }
    const part = f64x2.replace_lane(f64x2.splat(s0), 1, s1);
    const next = f64x2.add(total, part);
    lost = f64x2.add(lost, roundedOff(total, part, next));
    total = next;
    n -= size;
  }
  return lanesOf(total, lost);
}

/** Eight neighbouring columns of n rows of doubles, added up in the same way. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function eightSums8(a: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  let t0 = f64x2.splat(0), t1 = t0, t2 = t0, t3 = t0;
  let l0 = t0, l1 = t0, l2 = t0, l3 = t0;
  while (n > 0) {
    const size = n < BLOCK ? n : BLOCK;
    let s0 = v128.load(a), s1 = v128.load(a, 16), s2 = v128.load(a, 32), s3 = v128.load(a, 48);
    a += stride;
    for (let i: usize = 1; i < size; i++) {
      s0 = f64x2.add(s0, v128.load(a));
      s1 = f64x2.add(s1, v128.load(a, 16));
      s2 = f64x2.add(s2, v128.load(a, 32));
      s3 = f64x2.add(s3, v128.load(a, 48));
      a += stride;
    }
    let next = f64x2.add(t0, s0);
    l0 = f64x2.add(l0, roundedOff(t0, s0, next));
    t0 = next;
    next = f64x2.add(t1, s1);
    l1 = f64x2.add(l1, roundedOff(t1, s1, next));
    t1 = next;
    next = f64x2.add(t2, s2);
    l2 = f64x2.add(l2, roundedOff(t2, s2, next));
    t2 = next;
    next = f64x2.add(t3, s3);
    l3 = f64x2.add(l3, roundedOff(t3, s3, next));
    t3 = next;
    n -= size;
  }
  putTwo(to, toStride, corrected(t0, l0), double);
  putTwo(to + 2 * toStride, toStride, corrected(t1, l1), double);
  putTwo(to + 4 * toStride, toStride, corrected(t2, l2), double);
  putTwo(to + 6 * toStride, toStride, corrected(t3, l3), double);
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function putTwo(to: usize, toStride: usize, values: v128, double: i32): void {
  put(to, f64x2.extract_lane(values, 0), double);
  put(to + toStride, f64x2.extract_lane(values, 1), double);
}

/** A row of contiguous elements, with four accumulators. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function contiguousRow<T>(op: i32, a: usize, n: usize): f64 {
  if (op == SUM && sizeof<T>() == 8) return contiguousSum8(a, n);
  const end = a + n * sizeof<T>();
  let result = identity(op);
  if (sizeof<T>() == 4 && !isWide(op)) {
    let s0 = f32x4.splat(<f32>identity(op)), s1 = s0, s2 = s0, s3 = s0;
    for (; a + 64 <= end; a += 64) {
      s0 = combine<f32>(op, s0, v128.load(a));
      s1 = combine<f32>(op, s1, v128.load(a, 16));
      s2 = combine<f32>(op, s2, v128.load(a, 32));
      s3 = combine<f32>(op, s3, v128.load(a, 48));
    }
    s0 = combine<f32>(op, combine<f32>(op, s0, s1), combine<f32>(op, s2, s3));
    for (; a + 16 <= end; a += 16) s0 = combine<f32>(op, s0, v128.load(a));
    s0 = combine<f32>(op, s0, v128.shuffle<i64>(s0, s0, 1, 0));
    result = combineScalar<f64>(op, f32x4.extract_lane(s0, 0), f32x4.extract_lane(s0, 1));
  } else {
    let s0 = f64x2.splat(identity(op)), s1 = s0, s2 = s0, s3 = s0;
    if (sizeof<T>() == 4) {
      for (; a + 32 <= end; a += 32) {
        const x = v128.load(a);
        const y = v128.load(a, 16);
        s0 = combine<f64>(op, s0, low(x));
        s1 = combine<f64>(op, s1, high(x));
        s2 = combine<f64>(op, s2, low(y));
        s3 = combine<f64>(op, s3, high(y));
      }
    } else {
      for (; a + 64 <= end; a += 64) {
        s0 = combine<f64>(op, s0, v128.load(a));
        s1 = combine<f64>(op, s1, v128.load(a, 16));
        s2 = combine<f64>(op, s2, v128.load(a, 32));
        s3 = combine<f64>(op, s3, v128.load(a, 48));
      }
    }
    s0 = combine<f64>(op, combine<f64>(op, s0, s1), combine<f64>(op, s2, s3));
    result = combineScalar<f64>(op, f64x2.extract_lane(s0, 0), f64x2.extract_lane(s0, 1));
  }
  for (; a < end; a += sizeof<T>()) result = combineScalar<f64>(op, result, <f64>load<T>(a));
  return result;
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function stridedRow<T>(op: i32, a: usize, stride: usize, n: usize): f64 {
  if (op == SUM && sizeof<T>() == 8) return stridedSum8(a, stride, n);
  let s0 = identity(op), s1 = s0;
  let i: usize = 0;
  for (; i + 2 <= n; i += 2) {
    s0 = combineScalar<f64>(op, s0, <f64>load<T>(a));
    s1 = combineScalar<f64>(op, s1, <f64>load<T>(a + stride));
    a += 2 * stride;
  }
  if (i < n) s0 = combineScalar<f64>(op, s0, <f64>load<T>(a));
  return combineScalar<f64>(op, s0, s1);
}

/** Every output is the reduction of a row of n elements. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function rows<T>(op: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  for (let r: usize = 0; r < count; r++) {
    const value = stride == sizeof<T>() ? contiguousRow<T>(op, a, n) : stridedRow<T>(op, a, stride, n);
    put(to, value, double);
    a += row;
    to += toStride;
  }
}

/** The outputs lie side by side in the input: eight columns at a time go down the n rows. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function columns<T>(op: i32, count: usize, a: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  let c: usize = 0;
  for (; c + 8 <= count; c += 8) {
    if (op == SUM && sizeof<T>() == 8) {
      eightSums8(a + c * 8, n, stride, to, toStride, double);
      to += 8 * toStride;
      continue;
    }
    let s0 = f64x2.splat(identity(op)), s1 = s0, s2 = s0, s3 = s0;
    let at = a + c * sizeof<T>();
    for (let i: usize = 0; i < n; i++) {
      if (sizeof<T>() == 4) {
        const x = v128.load(at);
        const y = v128.load(at, 16);
        s0 = combine<f64>(op, s0, low(x));
        s1 = combine<f64>(op, s1, high(x));
        s2 = combine<f64>(op, s2, low(y));
        s3 = combine<f64>(op, s3, high(y));
      } else {
        s0 = combine<f64>(op, s0, v128.load(at));
        s1 = combine<f64>(op, s1, v128.load(at, 16));
        s2 = combine<f64>(op, s2, v128.load(at, 32));
        s3 = combine<f64>(op, s3, v128.load(at, 48));
      }
      at += stride;
    }
    put(to, f64x2.extract_lane(s0, 0), double);
    put(to + toStride, f64x2.extract_lane(s0, 1), double);
    put(to + 2 * toStride, f64x2.extract_lane(s1, 0), double);
    put(to + 3 * toStride, f64x2.extract_lane(s1, 1), double);
    put(to + 4 * toStride, f64x2.extract_lane(s2, 0), double);
    put(to + 5 * toStride, f64x2.extract_lane(s2, 1), double);
    put(to + 6 * toStride, f64x2.extract_lane(s3, 0), double);
    put(to + 7 * toStride, f64x2.extract_lane(s3, 1), double);
    to += 8 * toStride;
  }
  for (; c < count; c++) {
    put(to, stridedRow<T>(op, a + c * sizeof<T>(), stride, n), double);
    to += toStride;
  }
}

// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function reduce<T>(op: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  if (row == sizeof<T>() && stride != sizeof<T>() && count > 1) columns<T>(op, count, a, n, stride, to, toStride, double);
  else rows<T>(op, count, a, row, n, stride, to, toStride, double);
}

/**
 * `count` outputs, `toStride` apart, each the reduction of n elements, `stride` apart, that begin `row` apart.
 * Codes: 0 sum, 1 prod, 2 max, 3 min. The outputs are doubles if `double`, else float32.
 */
export function reduce4(op: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  if (op == 0) reduce<f32>(0, count, a, row, n, stride, to, toStride, double);
  else if (op == 1) reduce<f32>(1, count, a, row, n, stride, to, toStride, double);
  else if (op == 2) reduce<f32>(2, count, a, row, n, stride, to, toStride, double);
  else reduce<f32>(3, count, a, row, n, stride, to, toStride, double);
}

export function reduce8(op: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize, double: i32): void {
  if (op == 0) reduce<f64>(0, count, a, row, n, stride, to, toStride, double);
  else if (op == 1) reduce<f64>(1, count, a, row, n, stride, to, toStride, double);
  else if (op == 2) reduce<f64>(2, count, a, row, n, stride, to, toStride, double);
  else reduce<f64>(3, count, a, row, n, stride, to, toStride, double);
}

/** Position of the first largest (or, if `least`, smallest) of n elements. The first NaN, if there is one, counts as the extreme. */
// @ts-ignore: decorators of functions are AssemblyScript, and an error in TypeScript
@inline
function extreme<T>(least: i32, a: usize, n: usize, stride: usize): i32 {
  let best = load<T>(a);
  if (best != best) return 0;
  let position = 0;
  let at = a;
  for (let i: usize = 1; i < n; i++) {
    at += stride;
    const x = load<T>(at);
    if (x != x) return i32(i);
    if (least ? x < best : x > best) {
      best = x;
      position = i32(i);
    }
  }
  return position;
}

export function argmax4(least: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize): void {
  for (let r: usize = 0; r < count; r++) store<i32>(to + r * toStride, extreme<f32>(least, a + r * row, n, stride));
}

export function argmax8(least: i32, count: usize, a: usize, row: usize, n: usize, stride: usize, to: usize, toStride: usize): void {
  for (let r: usize = 0; r < count; r++) store<i32>(to + r * toStride, extreme<f64>(least, a + r * row, n, stride));
}
