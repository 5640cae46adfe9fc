import { abs, madd, magic, select, signBit, step } from './common';

/** 2 / pi in words of 64 bits, after a word of zeros: [word 0].[word 1][word 2]... */
const TWO_OVER_PI = memory.data<u64>([
  0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
  0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
  0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
  0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
]);

/** The quadrant that goes with the last result of `reduceLarge`. */
let largeQuadrant: u64 = 0;

@inline
function wordAt(bit: usize): u64 {
  const at = TWO_OVER_PI + ((bit >> 6) << 3);
  const shift = <u64>(bit & 63);
  const word = load<u64>(at);
  // A shift by 64 would be a shift by 0.
  return shift == 0 ? word : (word << shift) | (load<u64>(at, 8) >> (64 - shift));
}

/** The high half of a product of 128 bits. */
function multiplyHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const middle = ah * bl + (low >> 32);
  const other = al * bh + (middle & 0xffffffff);
  return ah * bh + (middle >> 32) + (other >> 32);
}

/**
 * x - q pi/2 in [-pi/4, pi/4] for any |x| >= 2^18, after Payne and Hanek (1983): with x = M 2^E the bits of 2 / pi above
 * 2^(2-E) change the product by multiples of 4 only and are left out; of the 192 that follow, M times them gives the quadrant
 * in the two leading bits and the fraction in the rest, right to 2^-137.
 */
function reduceLarge(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const exponent = <i32>((bits >> 52) & 0x7ff);
  if (exponent == 0x7ff) return NaN;
  const m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  // E - 2, counted from the word of zeros.
  const bit = <usize>(exponent - 1075 - 2 + 64);
  const a = wordAt(bit);
  const b = wordAt(bit + 64);
  const c = wordAt(bit + 128);
  const low = multiplyHigh(c, m);
  const middle = low + b * m;
  const top = a * m + multiplyHigh(b, m) + <u64>(middle < low);
  let fractionHigh = (top << 2) | (middle >> 62);
  let fractionLow = middle << 2;
  let quadrant = top >> 62;
  const above = fractionHigh >> 63 != 0;
  if (above) {
    quadrant++;
    fractionLow = ~fractionLow;
    fractionHigh = ~fractionHigh;
  }
  const zeros = clz(fractionHigh);
  if (zeros > 0) fractionHigh = (fractionHigh << zeros) | (fractionLow >> (64 - zeros));
  const scale = reinterpret<f64>((1023 - 64 - zeros) << 52);
  let r = <f64>fractionHigh * scale * 1.5707963267948966;
  if (above != x < 0) r = -r;
  largeQuadrant = x < 0 ? 0 - quadrant : quadrant;
  return r;
}

/**
 * (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4. Least squares at Chebyshev nodes; errors relative
 * to sin and cos: 2^-28 (degree 2) and 2^-33 (2) in float32, 2^-57 (5) and 2^-64 (5) in float64.
 */
@inline
function sinTail<T>(z: v128): v128 {
  if (sizeof<T>() == 4) {
    const p = step<T>(v128.splat<T>(<T>-0.00019518599), z, <T>0.008332191);
    return step<T>(p, z, <T>-0.16666655);
  }
  let p = step<T>(v128.splat<T>(<T>1.5896106131534069e-10), z, <T>-2.5050745165624864e-8);
  p = step<T>(p, z, <T>2.755731360004322e-6);
  p = step<T>(p, z, <T>-0.0001984126982950486);
  p = step<T>(p, z, <T>0.00833333333332196);
  return step<T>(p, z, <T>-0.1666666666666663);
}
@inline
function cosTail<T>(z: v128): v128 {
  if (sizeof<T>() == 4) {
    const p = step<T>(v128.splat<T>(<T>2.4432959e-5), z, <T>-0.0013887313);
    return step<T>(p, z, <T>0.041666646);
  }
  let p = step<T>(v128.splat<T>(<T>-1.1359041439039709e-11), z, <T>2.0875710774542552e-9);
  p = step<T>(p, z, <T>-2.755731425306134e-7);
  p = step<T>(p, z, <T>2.480158728910544e-5);
  p = step<T>(p, z, <T>-0.0013888888888873448);
  return step<T>(p, z, <T>0.041666666666666595);
}

/** sin(r + low + quadrant pi/2); the quadrant is a whole number in the low bits of each lane. */
@inline
function sinOfQuadrant<T>(r: v128, low: v128, hasLow: bool, quadrant: v128): v128 {
  const z = v128.mul<T>(r, r);
  const half = v128.mul<T>(z, v128.splat<T>(<T>0.5));
  let sinRest = v128.mul<T>(v128.mul<T>(sinTail<T>(z), z), r);
  let cosRest = v128.mul<T>(v128.mul<T>(z, z), cosTail<T>(z));
  if (hasLow) {
    sinRest = v128.add<T>(sinRest, low);
    cosRest = v128.sub<T>(cosRest, v128.mul<T>(r, low));
  }
  const sine = v128.add<T>(r, sinRest);
  const cosine = v128.add<T>(v128.sub<T>(v128.splat<T>(<T>1), half), cosRest);
  if (sizeof<T>() == 4) {
    const odd = i32x4.shr_s(i32x4.shl(quadrant, 31), 31);
    const sign = v128.and(i32x4.shl(quadrant, 30), signBit<T>());
    return v128.xor(select(odd, cosine, sine), sign);
  }
  const one = i64x2.splat(1);
  const odd = i64x2.eq(v128.and(quadrant, one), one);
  const sign = v128.and(i64x2.shl(quadrant, 62), signBit<T>());
  return v128.xor(select(odd, cosine, sine), sign);
}

/** Up to here the parts of pi/2 times the quadrant are exact. */
const NEAR: f64 = 262144.0;

// pi/2 in parts of 33 bits, the last one rounded.
const PART_1: f64 = 1.5707963267341256;
const PART_2: f64 = 6.077100506303966e-11;
const PART_3: f64 = 2.0222662487111665e-21;
const PART_4: f64 = 8.4784276603689e-32;
const TWO_PARTS_LOW: f64 = 6.077100506506192e-11;

@inline
function quadrantOf(x: v128): v128 {
  return step<f64>(x, f64x2.splat(0.6366197723675814), magic<f64>());
}

/** Two lanes of float32 arguments, as doubles, less their multiple of pi/2. */
@inline
function reduceWide(x: v128, t: v128): v128 {
  const n = f64x2.sub(t, f64x2.splat(magic<f64>()));
  return madd<f64>(n, f64x2.splat(-TWO_PARTS_LOW), madd<f64>(n, f64x2.splat(-PART_1), x));
}

@inline
function lowWords(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

/** The quadrant is turned by `turn`: 0 for sine, 1 for cosine. */
@inline
function sinCos32(x: v128, turn: i32): v128 {
  const left = f64x2.promote_low_f32x4(x);
  const right = f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
  const tLeft = quadrantOf(left);
  const tRight = quadrantOf(right);
  const rLeft = f32x4.demote_f64x2_zero(reduceWide(left, tLeft));
  const rRight = f32x4.demote_f64x2_zero(reduceWide(right, tRight));
  let r = i32x4.shuffle(rLeft, rRight, 0, 1, 4, 5);
  let quadrant = lowWords(tLeft, tRight);
  const far = f32x4.ge(abs<f32>(x), f32x4.splat(<f32>NEAR));
  const unusual = v128.or(far, f32x4.ne(x, x));
  if (v128.any_true(unusual)) {
    const lanes = i32x4.bitmask(unusual);
    if (lanes & 1) {
      r = f32x4.replace_lane(r, 0, <f32>reduceLarge(f32x4.extract_lane(x, 0)));
      quadrant = i32x4.replace_lane(quadrant, 0, <i32>largeQuadrant);
    }
    if (lanes & 2) {
      r = f32x4.replace_lane(r, 1, <f32>reduceLarge(f32x4.extract_lane(x, 1)));
      quadrant = i32x4.replace_lane(quadrant, 1, <i32>largeQuadrant);
    }
    if (lanes & 4) {
      r = f32x4.replace_lane(r, 2, <f32>reduceLarge(f32x4.extract_lane(x, 2)));
      quadrant = i32x4.replace_lane(quadrant, 2, <i32>largeQuadrant);
    }
    if (lanes & 8) {
      r = f32x4.replace_lane(r, 3, <f32>reduceLarge(f32x4.extract_lane(x, 3)));
      quadrant = i32x4.replace_lane(quadrant, 3, <i32>largeQuadrant);
    }
  }
  if (turn != 0) quadrant = i32x4.add(quadrant, i32x4.splat(turn));
  return sinOfQuadrant<f32>(r, r, false, quadrant);
}

@inline
function sinCos64(x: v128, turn: i64): v128 {
  const t = quadrantOf(x);
  const n = f64x2.sub(t, f64x2.splat(magic<f64>()));
  // The first difference is exact. The next two keep what they round away: near a multiple of pi/2 little else is left.
  const first = madd<f64>(n, f64x2.splat(-PART_1), x);
  const second = f64x2.mul(n, f64x2.splat(PART_2));
  const a = f64x2.sub(first, second);
  const third = f64x2.mul(n, f64x2.splat(PART_3));
  let low = f64x2.sub(differenceError(first, second, a), third);
  low = madd<f64>(n, f64x2.splat(-PART_4), low);
  let r = f64x2.add(a, low);
  low = f64x2.sub(low, f64x2.sub(r, a));
  let quadrant = t;
  const far = f64x2.ge(abs<f64>(x), f64x2.splat(NEAR));
  const unusual = v128.or(far, f64x2.ne(x, x));
  if (v128.any_true(unusual)) {
    const lanes = i64x2.bitmask(unusual);
    if (lanes & 1) {
      r = f64x2.replace_lane(r, 0, reduceLarge(f64x2.extract_lane(x, 0)));
      low = f64x2.replace_lane(low, 0, 0);
      quadrant = i64x2.replace_lane(quadrant, 0, largeQuadrant);
    }
    if (lanes & 2) {
      r = f64x2.replace_lane(r, 1, reduceLarge(f64x2.extract_lane(x, 1)));
      low = f64x2.replace_lane(low, 1, 0);
      quadrant = i64x2.replace_lane(quadrant, 1, largeQuadrant);
    }
  }
  if (turn != 0) quadrant = i64x2.add(quadrant, i64x2.splat(turn));
  return sinOfQuadrant<f64>(r, low, true, quadrant);
}

/** What a - b lost in rounding to d (Knuth's two-sum). */
@inline
function differenceError(a: v128, b: v128, d: v128): v128 {
  const back = f64x2.sub(d, a);
  return f64x2.sub(f64x2.sub(a, f64x2.sub(d, back)), f64x2.add(b, back));
}

@inline
export function sin<T>(x: v128): v128 {
  const y = sizeof<T>() == 4 ? sinCos32(x, 0) : sinCos64(x, 0);
  // The sum of r and its tail would make 0 of -0.
  return select(v128.eq<T>(x, v128.splat<T>(<T>0)), x, y);
}

@inline
export function cos<T>(x: v128): v128 {
  return sizeof<T>() == 4 ? sinCos32(x, 1) : sinCos64(x, 1);
}
