/** Maps of one contiguous operand. */
import { erf } from './math/erf';
import { exp, sigmoid, tanh } from './math/exponential';
import { log } from './math/logarithm';
import {
  cos_f32x4, cos_f64x2, erf_f64x2, exp_f64x2, expm1_f32x4, expm1_f64x2, log1p_f32x4, log1p_f64x2, log_f64x2, sigmoid_f64x2,
  sin_f32x4, sin_f64x2, tanh_f64x2,
} from './math/vector';
import { loadPart, storePart } from './mapPart';

const enum Unary {
  neg, abs, sign, square, relu, exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, tanh, sigmoid, erf, floor, ceil,
  round, trunc,
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
