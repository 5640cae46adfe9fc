import { abs, madd, magic, select, signBit, step } from './common';
import { expWithLow } from './exponential';
import { exponentOf, mantissaOf, rebase } from './logarithm';

/**
 * a^y in double precision, good for float32 results: a is a positive float32 (widened, so never subnormal), y finite. The relative
 * error is about 2^-36: log2 from a fit of 2 atanh(s) / (s ln 2), degree 5 in s^2, error 2^-45; 2^r from a fit of
 * (2^r - 1) / r, degree 6, error 2^-34 (least squares at Chebyshev nodes).
 */
@inline
function powWide(a: v128, y: v128): v128 {
  const one = f64x2.splat(1);
  const bits = rebase<f64>(a);
  const m = mantissaOf<f64>(bits);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = step<f64>(f64x2.splat(0.2828993189966228), z, 0.3199057640707541);
  p = step<f64>(p, z, 0.4122092505816506);
  p = step<f64>(p, z, 0.5770779423828805);
  p = step<f64>(p, z, 0.9617966941132957);
  p = step<f64>(p, z, 2.88539008177785);
  const log2 = madd<f64>(s, p, exponentOf<f64>(bits));
  // 2^+-200 is far outside float32 and well inside float64.
  const product = f64x2.mul(y, log2);
  const x = f64x2.pmin(f64x2.pmax(product, f64x2.splat(-200)), f64x2.splat(200));
  const t = f64x2.add(x, f64x2.splat(magic<f64>()));
  const r = f64x2.sub(x, f64x2.sub(t, f64x2.splat(magic<f64>())));
  let e = step<f64>(f64x2.splat(1.5165811795958255e-5), r, 0.00015466918102001025);
  e = step<f64>(e, r, 0.0013334079942130953);
  e = step<f64>(e, r, 0.009618037520310393);
  e = step<f64>(e, r, 0.05550410157850253);
  e = step<f64>(e, r, 0.2402265107197923);
  e = step<f64>(e, r, 0.6931471807889881);
  e = step<f64>(e, r, 1);
  return i64x2.add(e, i64x2.shl(t, 52));
}

@inline
function powPositive32(a: v128, y: v128): v128 {
  const left = powWide(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(y));
  const right = powWide(
    f64x2.promote_low_f32x4(i32x4.shuffle(a, a, 2, 3, 2, 3)),
    f64x2.promote_low_f32x4(i32x4.shuffle(y, y, 2, 3, 2, 3)),
  );
  return i32x4.shuffle(f32x4.demote_f64x2_zero(left), f32x4.demote_f64x2_zero(right), 0, 1, 4, 5);
}

/** The leading 26 bits: products of two such numbers are exact. */
@inline
function head(a: v128): v128 {
  return v128.and(a, i64x2.splat(0xfffffffff8000000));
}
/** a b - product, where `product` is a b rounded. Exact but for underflow (Dekker). */
@inline
function productError(a: v128, b: v128, product: v128): v128 {
  const ah = head(a);
  const bh = head(b);
  const al = f64x2.sub(a, ah);
  const bl = f64x2.sub(b, bh);
  const cross = f64x2.add(f64x2.sub(f64x2.mul(ah, bh), product), f64x2.mul(ah, bl));
  return f64x2.add(f64x2.add(cross, f64x2.mul(al, bh)), f64x2.mul(al, bl));
}
/** a + b - sum (Knuth). */
@inline
function sumError(a: v128, b: v128, sum: v128): v128 {
  const back = f64x2.sub(sum, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, back)), f64x2.sub(b, back));
}

/**
 * a^y = e^(y log a) for a positive and finite, y finite. The exponent reaches 745, so log a must be good to some 64 bits; it is
 * kept in pairs of doubles. With s = f / (2 + f): log(1 + f) = 2 s + 2/3 s^3 + s^5 R(s^2); the first two terms are exact to
 * a pair, R is a fit of degree 6 by least squares at Chebyshev nodes, which adds a relative error of 2^-66.
 */
@inline
function powPositive64(a: v128, y: v128): v128 {
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const subnormal = f64x2.lt(a, f64x2.splat(2.2250738585072014e-308));
  const scaled = select(subnormal, f64x2.mul(a, f64x2.splat(18014398509481984.0)), a);
  const bits = rebase<f64>(scaled);
  const k = f64x2.sub(exponentOf<f64>(bits), v128.and(subnormal, f64x2.splat(54)));
  const f = f64x2.sub(mantissaOf<f64>(bits), one);
  const d = f64x2.add(f, two);
  const dLow = f64x2.sub(f, f64x2.sub(d, two));
  const s = f64x2.div(f, d);
  const sd = f64x2.mul(s, d);
  const remainder = f64x2.sub(f64x2.sub(f64x2.sub(f, sd), productError(s, d, sd)), f64x2.mul(s, dLow));
  const sLow = f64x2.div(remainder, d);
  const z = f64x2.mul(s, s);
  const zLow = f64x2.add(productError(s, s, z), f64x2.mul(f64x2.add(s, s), sLow));
  const cube = f64x2.mul(z, s);
  const cubeLow = f64x2.add(productError(z, s, cube), f64x2.add(f64x2.mul(z, sLow), f64x2.mul(zLow, s)));
  const third = f64x2.splat(0.6666666666666666);
  const term = f64x2.mul(cube, third);
  // 2/3 - 0.6666666666666666 = 3.7e-17.
  const termLow = f64x2.add(
    productError(cube, third, term),
    f64x2.add(f64x2.mul(cubeLow, third), f64x2.mul(cube, f64x2.splat(3.700743415417188e-17))),
  );
  let p = step<f64>(f64x2.splat(0.13200928214682742), z, 0.1325628252217302);
  p = step<f64>(p, z, 0.15386782389067485);
  p = step<f64>(p, z, 0.18181783766942258);
  p = step<f64>(p, z, 0.22222222527612326);
  p = step<f64>(p, z, 0.285714285700502);
  p = step<f64>(p, z, 0.4000000000000238);
  const rest = f64x2.mul(f64x2.mul(cube, z), p);
  const kHigh = f64x2.mul(k, f64x2.splat(0.6931471805598903));
  const kLow = f64x2.mul(k, f64x2.splat(5.497923018708371e-14));
  const twice = f64x2.add(s, s);
  const sum1 = f64x2.add(kHigh, twice);
  const sum2 = f64x2.add(sum1, term);
  let lows = f64x2.add(sumError(kHigh, twice, sum1), sumError(sum1, term, sum2));
  lows = f64x2.add(lows, f64x2.add(f64x2.add(rest, termLow), f64x2.add(kLow, f64x2.add(sLow, sLow))));
  const log = f64x2.add(sum2, lows);
  const logLow = f64x2.sub(lows, f64x2.sub(log, sum2));
  // Beyond 2^70 any base but 1 gives 0 or infinity, and the products stay finite.
  const bound = f64x2.splat(1180591620717411303424.0);
  const exponent = f64x2.pmin(f64x2.pmax(y, f64x2.neg(bound)), bound);
  const product = f64x2.mul(exponent, log);
  const low = f64x2.add(productError(exponent, log, product), f64x2.mul(exponent, logLow));
  const modest = f64x2.lt(abs<f64>(product), f64x2.splat(800));
  return expWithLow<f64>(product, v128.and(low, modest), true);
}

@inline
function powPositive<T>(a: v128, y: v128): v128 {
  if (sizeof<T>() == 4) return powPositive32(a, y);
  return powPositive64(a, y);
}

/** All of IEEE 754's special cases. Not inlined: the common case must stay small. */
function powAny<T>(x: v128, y: v128): v128 {
  const zero = v128.splat<T>(<T>0);
  const one = v128.splat<T>(<T>1);
  const infinity = v128.splat<T>(<T>Infinity);
  const nan = v128.splat<T>(<T>NaN);
  const a = abs<T>(x);
  const aZero = v128.eq<T>(a, zero);
  const aInfinite = v128.eq<T>(a, infinity);
  const yInfinite = v128.eq<T>(abs<T>(y), infinity);
  const yPositive = v128.gt<T>(y, zero);
  let result = powPositive<T>(a, y);
  result = select(v128.or(aZero, aInfinite), v128.and(v128.xor(yPositive, aZero), infinity), result);
  const below = v128.lt<T>(a, one);
  const limit = select(v128.eq<T>(a, one), one, v128.and(v128.xor(yPositive, below), infinity));
  result = select(yInfinite, limit, result);
  const whole = v128.eq<T>(v128.nearest<T>(y), y);
  const halfOfY = v128.mul<T>(y, v128.splat<T>(<T>0.5));
  const odd = v128.andnot(whole, v128.eq<T>(v128.nearest<T>(halfOfY), halfOfY));
  result = v128.or(result, v128.and(v128.and(odd, x), signBit<T>()));
  const negative = v128.andnot(v128.lt<T>(x, zero), v128.or(whole, aInfinite));
  const unordered = v128.or(v128.ne<T>(x, x), v128.ne<T>(y, y));
  result = select(v128.or(negative, unordered), nan, result);
  return select(v128.or(v128.eq<T>(x, one), v128.eq<T>(y, zero)), one, result);
}

@inline
export function pow<T>(x: v128, y: v128): v128 {
  const zero = v128.splat<T>(<T>0);
  const infinity = v128.splat<T>(<T>Infinity);
  const ordinary = v128.and(
    v128.and(v128.gt<T>(x, zero), v128.lt<T>(x, infinity)),
    v128.lt<T>(abs<T>(y), infinity),
  );
  if (i8x16.all_true(ordinary)) return powPositive<T>(x, y);
  return powAny<T>(x, y);
}
