import { abs, madd, magic, select, signBit, step, withSign } from './common';

// n ln 2 is subtracted in two parts: the high one has so few bits that its product with n is exact.
@inline
function ln2High<T>(): T {
  if (sizeof<T>() == 4) return <T>0.69314575;
  return <T>0.6931471803691238;
}
@inline
function ln2Low<T>(): T {
  if (sizeof<T>() == 4) return <T>1.4286068e-6;
  return <T>1.9082149292705877e-10;
}

/**
 * (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2: least squares at Chebyshev nodes, weighted so that the error is relative to e^r:
 * 2^-28 for degree 4 (float32), 2^-57 for degree 9 (float64).
 */
@inline
function tail<T>(r: v128): v128 {
  let q: v128;
  if (sizeof<T>() == 4) {
    q = step<T>(v128.splat<T>(<T>0.0013900222), r, <T>0.008368945);
    q = step<T>(q, r, <T>0.04166684);
    q = step<T>(q, r, <T>0.16666518);
  } else {
    q = step<T>(v128.splat<T>(<T>2.4920911237884786e-8), r, <T>2.7625493424759197e-7);
    q = step<T>(q, r, <T>2.7557830657885146e-6);
    q = step<T>(q, r, <T>2.480150785176848e-5);
    q = step<T>(q, r, <T>0.0001984126924188003);
    q = step<T>(q, r, <T>0.0013888888927518564);
    q = step<T>(q, r, <T>0.00833333333361097);
    q = step<T>(q, r, <T>0.041666666666601966);
    q = step<T>(q, r, <T>0.16666666666666244);
  }
  return step<T>(q, r, <T>0.5);
}

/** x - n ln 2 of a whole n. */
@inline
function reduce<T>(x: v128, n: v128): v128 {
  const high = madd<T>(n, v128.splat<T>(-ln2High<T>()), x);
  return madd<T>(n, v128.splat<T>(-ln2Low<T>()), high);
}

/** e^r for |r| <= ln 2 / 2. */
@inline
function expReduced<T>(r: v128): v128 {
  return v128.add<T>(v128.splat<T>(<T>1), madd<T>(v128.mul<T>(r, r), tail<T>(r), r));
}

/** The bits of a whole number in the low bits of `t`, moved to where the exponent stands. */
@inline
function asExponent<T>(t: v128): v128 {
  if (sizeof<T>() == 4) return i32x4.shl(t, 23);
  return i64x2.shl(t, 52);
}

/** e^(x + low), of which `low` is a correction below the last place of x. */
@inline
export function expWithLow<T>(x: v128, low: v128, hasLow: bool): v128 {
  // Beyond these the result is 0 or infinity. pmin and pmax with x in front keep NaN, and are one instruction each.
  if (sizeof<T>() == 4) {
    x = v128.pmin<T>(v128.pmax<T>(x, v128.splat<T>(<T>-104)), v128.splat<T>(<T>89));
  } else {
    x = v128.pmin<T>(v128.pmax<T>(x, v128.splat<T>(<T>-746)), v128.splat<T>(<T>710));
  }
  // The low bits hold n plus twice the exponent's bias. Halving gives two factors 2^(n/2), neither of which overflows;
  // and a subnormal result is rounded just once, by the last product.
  const bias = magic<T>() + (sizeof<T>() == 4 ? <T>254 : <T>2046);
  const t = step<T>(x, v128.splat<T>(<T>1.4426950408889634), bias);
  let r = reduce<T>(x, v128.sub<T>(t, v128.splat<T>(bias)));
  if (hasLow) r = v128.add<T>(r, low);
  const half = sizeof<T>() == 4 ? i32x4.shr_u(t, 1) : i64x2.shr_u(t, 1);
  const rest = sizeof<T>() == 4 ? i32x4.sub(t, half) : i64x2.sub(t, half);
  return v128.mul<T>(v128.mul<T>(expReduced<T>(r), asExponent<T>(half)), asExponent<T>(rest));
}

@inline
export function exp<T>(x: v128): v128 {
  return expWithLow<T>(x, x, false);
}

/** e^x where neither x nor the result is extreme: |x| < 87 (float32), 708 (float64), or NaN. */
@inline
export function expModerate<T>(x: v128): v128 {
  const bias = magic<T>() + (sizeof<T>() == 4 ? <T>127 : <T>1023);
  const t = step<T>(x, v128.splat<T>(<T>1.4426950408889634), bias);
  const r = reduce<T>(x, v128.sub<T>(t, v128.splat<T>(bias)));
  // A product, since adding to the exponent's bits could make a number of NaN.
  return v128.mul<T>(expReduced<T>(r), asExponent<T>(t));
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1). Halved on the way, since 2^1024 (2^128) is no number. */
@inline
export function expm1<T>(x: v128): v128 {
  const half = v128.splat<T>(<T>0.5);
  const bias = magic<T>() + (sizeof<T>() == 4 ? <T>126 : <T>1022);
  let y: v128;
  if (sizeof<T>() == 4) {
    y = v128.pmin<T>(v128.pmax<T>(x, v128.splat<T>(<T>-20)), v128.splat<T>(<T>89));
  } else {
    y = v128.pmin<T>(v128.pmax<T>(x, v128.splat<T>(<T>-40)), v128.splat<T>(<T>710));
  }
  const t = step<T>(y, v128.splat<T>(<T>1.4426950408889634), bias);
  const n = v128.sub<T>(t, v128.splat<T>(bias));
  const high = madd<T>(n, v128.splat<T>(-ln2High<T>()), y);
  const low = v128.mul<T>(n, v128.splat<T>(ln2Low<T>()));
  const r = v128.sub<T>(high, low);
  // What the rounding of r lost: e^r - 1 is as small as r, so it matters here.
  const lost = v128.sub<T>(v128.sub<T>(high, r), low);
  const p = v128.add<T>(r, madd<T>(v128.mul<T>(r, r), tail<T>(r), lost));
  const u = asExponent<T>(t);
  const scaled = madd<T>(p, u, v128.sub<T>(u, half));
  const result = select(v128.eq<T>(n, v128.splat<T>(<T>0)), p, v128.add<T>(scaled, scaled));
  return withSign<T>(abs<T>(result), x);
}

/**
 * With e = e^-|x|, which cannot overflow, and t = e / (1 + e): 1 - t for positive x, e - e t for negative x. That is t again,
 * but the rounding of 1 + e counts less; and the tail keeps its digits down to the subnormals.
 */
@inline
export function sigmoid<T>(x: v128): v128 {
  const one = v128.splat<T>(<T>1);
  const e = exp<T>(v128.or(x, signBit<T>()));
  const t = v128.div<T>(e, v128.add<T>(one, e));
  const whole = select(v128.lt<T>(x, v128.splat<T>(<T>0)), e, one);
  return v128.sub<T>(whole, v128.mul<T>(whole, t));
}

/**
 * float32: x + x^3 T(x^2) below 0.625, T by least squares at Chebyshev nodes, relative error 2^-27; 1 - 2 / (e^2x + 1) above.
 * float64: (e^2x - 1) / (e^2x - 1 + 2).
 */
@inline
export function tanh<T>(x: v128): v128 {
  const magnitude = abs<T>(x);
  const two = v128.splat<T>(<T>2);
  let y: v128;
  if (sizeof<T>() == 4) {
    const one = v128.splat<T>(<T>1);
    const z = v128.mul<T>(x, x);
    let p = step<T>(v128.splat<T>(<T>-0.005701635), z, <T>0.02063543);
    p = step<T>(p, z, <T>-0.053738292);
    p = step<T>(p, z, <T>0.13331419);
    p = step<T>(p, z, <T>-0.3333328);
    const small = madd<T>(v128.mul<T>(p, z), magnitude, magnitude);
    const clamped = v128.pmin<T>(magnitude, v128.splat<T>(<T>10));
    const e = expModerate<T>(v128.add<T>(clamped, clamped));
    const large = v128.sub<T>(one, v128.div<T>(two, v128.add<T>(e, one)));
    y = select(v128.lt<T>(magnitude, v128.splat<T>(<T>0.625)), small, large);
  } else {
    const clamped = v128.pmin<T>(magnitude, v128.splat<T>(<T>20));
    const e = expm1<T>(v128.add<T>(clamped, clamped));
    y = v128.div<T>(e, v128.add<T>(e, two));
  }
  return withSign<T>(y, x);
}
