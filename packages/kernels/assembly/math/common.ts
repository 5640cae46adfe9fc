/** Small pieces that every function of this folder is made of. T is f32 or f64, and a vector has four or two lanes. */

/** -0: the sign bit alone. */
@inline
export function signBit<T>(): v128 {
  return v128.splat<T>(<T>-0.0);
}

/** `a` where the mask is set, `b` elsewhere. */
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** a * b + c: rounded once in the relaxed build where the machine can, twice otherwise. Use it only where either will do. */
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** a * b + c for a constant c: a step of Horner's rule. */
@inline
export function step<T>(a: v128, b: v128, c: T): v128 {
  return madd<T>(a, b, v128.splat<T>(c));
}

@inline
export function abs<T>(x: v128): v128 {
  return v128.andnot(x, signBit<T>());
}

/** `magnitude`, which must not be negative, with the sign of x. */
@inline
export function withSign<T>(magnitude: v128, x: v128): v128 {
  return v128.or(magnitude, v128.and(x, signBit<T>()));
}

/** Adding it rounds a double (float) to a whole number, which then stands in the low bits of the sum. */
@inline
export function magic<T>(): T {
  if (sizeof<T>() == 4) return <T>12582912.0; // 1.5 * 2^23
  return <T>6755399441055744.0; // 1.5 * 2^52
}
