import { abs, madd, select, step, withSign } from './common';

// k ln 2 is added in two parts, of which the high one has so few bits that its product with k is exact.
@inline
function ln2High<T>(): T {
  if (sizeof<T>() == 4) return <T>0.69314575;
  return <T>0.6931471805598903;
}
@inline
function ln2Low<T>(): T {
  if (sizeof<T>() == 4) return <T>1.4286068e-6;
  return <T>5.497923018708371e-14;
}

/** The bits of x minus those of the root of 1/2, plus the bias: exponent and mantissa of x for a mantissa in [0.707, 1.414). */
@inline
export function rebase<T>(x: v128): v128 {
  if (sizeof<T>() == 4) return i32x4.add(x, i32x4.splat(0x3f800000 - 0x3f3504f3));
  return i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
}
/** The exponent k as a number. Or-ed into the bits of 2^23 (2^52), a small whole number needs no conversion. */
@inline
export function exponentOf<T>(bits: v128): v128 {
  if (sizeof<T>() == 4) {
    return f32x4.sub(v128.or(i32x4.shr_u(bits, 23), f32x4.splat(8388608.0)), f32x4.splat(8388608.0 + 127.0));
  }
  return f64x2.sub(v128.or(i64x2.shr_u(bits, 52), f64x2.splat(4503599627370496.0)), f64x2.splat(4503599627370496.0 + 1023.0));
}
@inline
export function mantissaOf<T>(bits: v128): v128 {
  if (sizeof<T>() == 4) return i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  return i64x2.add(v128.and(bits, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
}

/** Lanes that are normal, positive and finite. */
@inline
export function ordinary<T>(x: v128): bool {
  if (sizeof<T>() == 4) {
    return i32x4.all_true(i32x4.lt_u(i32x4.sub(x, i32x4.splat(0x00800000)), i32x4.splat(0x7f000000)));
  }
  // There is no unsigned comparison of 64-bit lanes; the floating ones are as good.
  return i64x2.all_true(
    v128.and(f64x2.ge(x, f64x2.splat(2.2250738585072014e-308)), f64x2.lt(x, f64x2.splat(Infinity))),
  );
}

/**
 * k ln 2 + log(1 + f) + low for 1 + f in [0.707, 1.414], with s = f / (2 + f) and log(1 + f) = 2 atanh(s) =
 * f - f^2/2 + s (f^2/2 + s^2 R(s^2)). R by least squares at Chebyshev nodes: relative error 2^-30 for degree 2 (float32),
 * 2^-59 for degree 6 (float64).
 */
@inline
function assemble<T>(k: v128, f: v128, low: v128): v128 {
  const s = v128.div<T>(f, v128.add<T>(f, v128.splat<T>(<T>2)));
  const z = v128.mul<T>(s, s);
  let p: v128;
  if (sizeof<T>() == 4) {
    p = step<T>(v128.splat<T>(<T>0.29870695), z, <T>0.39977586);
    p = step<T>(p, z, <T>0.66666776);
  } else {
    p = step<T>(v128.splat<T>(<T>0.14797471592401337), z, <T>0.15313886090294743);
    p = step<T>(p, z, <T>0.181835713839169);
    p = step<T>(p, z, <T>0.2222219842096405);
    p = step<T>(p, z, <T>0.2857142874409988);
    p = step<T>(p, z, <T>0.39999999999405383);
    p = step<T>(p, z, <T>0.6666666666666736);
  }
  const halfSquare = v128.mul<T>(v128.mul<T>(f, f), v128.splat<T>(<T>0.5));
  const bend = madd<T>(s, madd<T>(z, p, halfSquare), madd<T>(k, v128.splat<T>(ln2Low<T>()), low));
  const rest = v128.sub<T>(v128.sub<T>(halfSquare, bend), f);
  return v128.sub<T>(v128.mul<T>(k, v128.splat<T>(ln2High<T>())), rest);
}

@inline
function logOrdinary<T>(x: v128, shift: v128): v128 {
  const bits = rebase<T>(x);
  const k = v128.sub<T>(exponentOf<T>(bits), shift);
  const f = v128.sub<T>(mantissaOf<T>(bits), v128.splat<T>(<T>1));
  return assemble<T>(k, f, v128.splat<T>(<T>0));
}

/** The results for 0, negative numbers, infinity and NaN. */
@inline
function repair<T>(x: v128, result: v128): v128 {
  const zero = v128.splat<T>(<T>0);
  const infinity = v128.splat<T>(<T>Infinity);
  result = select(v128.eq<T>(x, infinity), x, result);
  result = select(v128.eq<T>(x, zero), v128.neg<T>(infinity), result);
  return select(v128.ge<T>(x, zero), result, v128.splat<T>(<T>NaN));
}

/** Any lanes. Not inlined: the common case must stay small. */
function logAny<T>(x: v128): v128 {
  const smallest = sizeof<T>() == 4 ? <T>1.1754943508222875e-38 : <T>2.2250738585072014e-308;
  const up = sizeof<T>() == 4 ? <T>8388608.0 : <T>18014398509481984.0; // 2^23, 2^54
  const shift = sizeof<T>() == 4 ? <T>23 : <T>54;
  const subnormal = v128.lt<T>(x, v128.splat<T>(smallest));
  const scaled = select(subnormal, v128.mul<T>(x, v128.splat<T>(up)), x);
  return repair<T>(x, logOrdinary<T>(scaled, v128.and(subnormal, v128.splat<T>(shift))));
}

@inline
export function log<T>(x: v128): v128 {
  if (ordinary<T>(x)) return logOrdinary<T>(x, v128.splat<T>(<T>0));
  return logAny<T>(x);
}

/** log(u) + (x - (u - 1)) / u for u = 1 + x rounded. */
@inline
function log1pOrdinary<T>(x: v128, u: v128): v128 {
  const one = v128.splat<T>(<T>1);
  const bits = rebase<T>(u);
  const k = exponentOf<T>(bits);
  // What rounding u lost; exact if the larger of 1 and x is subtracted last.
  const lost = select(
    v128.lt<T>(abs<T>(x), one),
    v128.sub<T>(x, v128.sub<T>(u, one)),
    v128.sub<T>(one, v128.sub<T>(u, x)),
  );
  const inner = v128.eq<T>(k, v128.splat<T>(<T>0));
  const f = select(inner, x, v128.sub<T>(mantissaOf<T>(bits), one));
  return assemble<T>(k, f, v128.andnot(v128.div<T>(lost, u), inner));
}

function log1pAny<T>(x: v128, u: v128): v128 {
  return withSign<T>(abs<T>(repair<T>(u, log1pOrdinary<T>(x, u))), x);
}

@inline
export function log1p<T>(x: v128): v128 {
  const u = v128.add<T>(x, v128.splat<T>(<T>1));
  // The sign is that of x, also of -0.
  if (ordinary<T>(u)) return withSign<T>(abs<T>(log1pOrdinary<T>(x, u)), x);
  return log1pAny<T>(x, u);
}
