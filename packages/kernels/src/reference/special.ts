/**
 * Special functions in double precision, to about 1e-15 relative away from their zeros unless said otherwise. Numbers in the tables are
 * rounded from 60 digits; those that are values of zeta are computed, to 1e-15. Formulas: NIST Digital Library of Mathematical Functions (DLMF), chapters 5, 7 and 25.
 */
import { normalQuantile } from '../random.js';
import { erf, erfcByFraction, gaussIntegral } from './erf.js';

const SQRT_PI = 1.7724538509055159;
const TWO_OVER_SQRT_PI = 1.1283791670955126;
const LOG_PI = 1.1447298858494002;
const HALF_LOG_TWO_PI = 0.9189385332046728;

/** erfc(c) at c = 0.5, 0.75, ... 2. */
const erfcAtQuarters: readonly number[] = [
  0.4795001221869535, 0.28884436634648486, 0.15729920705028513, 0.07709987174354177, 0.033894853524689274,
  0.013328328780817557, 0.004677734981047266,
];

/** e**(-x * x) for x of which few digits are set. */
const gauss = (x: number): number => Math.exp(-x * x);

/**
 * 1 - erf(x), with all digits where it is small. Below 0.5 by erf itself; to 2 by Taylor's series around the nearest quarter; beyond by the
 * continued fraction of DLMF 7.9.1.
 */
export function erfc(x: number): number {
  if (x < 0.5) return 1 - erf(x);
  if (x > 2 || Number.isNaN(x)) return erfcByFraction(x);
  const c = Math.round(x * 4) / 4;
  return erfcAtQuarters[c * 4 - 2] - TWO_OVER_SQRT_PI * gauss(c) * gaussIntegral(c, x - c);
}

/** The inverse of erf on [-1, 1], NaN elsewhere: a first guess, then Halley's steps, which triple the digits. */
export function erfinv(y: number): number {
  const magnitude = Math.abs(y);
  if (!(magnitude < 1)) return magnitude === 1 ? y * Infinity : NaN;
  const small = magnitude < 0.5;
  const q = y * y;
  let x = small
    ? magnitude * (SQRT_PI / 2) * (1 + q * (Math.PI / 12 + q * 0.1436))
    : -normalQuantile((1 - magnitude) / 2) * Math.SQRT1_2;
  for (let step = small ? 2 : 1; step > 0; step--) {
    // From 0.5 on 1 - y is exact, and erfc keeps the digits that erf has lost.
    const error = small ? erf(x) - magnitude : 1 - magnitude - erfc(x);
    const slope = TWO_OVER_SQRT_PI * gauss(x);
    x -= error / (slope + x * error);
  }
  return y < 0 ? -x : y === 0 ? y : x;
}

/** 1 - Euler's constant. */
const ONE_LESS_GAMMA = 0.42278433509846713;

/** Of lgamma(2 + z) = z (c0 + c1 z + ...): c0 = 1 - gamma, then (-1)**k (zeta(k) - 1) / k for k = 2, 3, ... (DLMF 5.7.3). */
const lgammaAtTwo = once(() => [
  ONE_LESS_GAMMA,
  ...Array.from({ length: 26 }, (_, i) => zeta(i + 2, 2) / (i % 2 === 0 ? i + 2 : -(i + 2))),
]);
/** B(2k) / (2k (2k - 1)), of Stirling's series (DLMF 5.11.1). */
const stirling: readonly number[] = [
  0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,
  0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242,
];
/** B(2k) / (2k), of the same series for digamma (DLMF 5.11.2). */
const stirlingSlope: readonly number[] = [
  0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,
  0.007575757575757576, -0.021092796092796094, 0.08333333333333333, -0.4432598039215686, 3.0539543302701198,
];
/** B(2k) / (2k)!, of the sum of Euler and Maclaurin. */
const bernoulliOverFactorial: readonly number[] = [
  0.08333333333333333, -0.001388888888888889, 3.306878306878307e-5, -8.267195767195768e-7,
  2.08767569878681e-8, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,
  8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19,
];
/** The zero of digamma, as the sum of two doubles, and Taylor's series around it: (-1)**k zeta(k + 2, zero) (DLMF 5.15.1 and 25.11.12). */
const digammaZero = 1.4616321449683622;
const digammaZeroRest = 9.549995429965697e-17;
const digammaAtZero = once(() =>
  Array.from({ length: 19 }, (_, k) => zeta(k + 2, digammaZero) * (k % 2 === 0 ? 1 : -1)),
);

/** A table that is computed when it is used first. */
function once(compute: () => readonly number[]): () => readonly number[] {
  let table: readonly number[] | null = null;
  return () => {
    table ??= compute();
    return table;
  };
}

/** c0 + c1 x + c2 x**2 + ... */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k];
  return sum;
}

/** x minus the nearest whole number: exact, where a multiple of pi would not be. */
const fromNearest = (x: number): number => x - Math.round(x);

/** ln |Gamma(x)|; Infinity at 0, -1, -2, ... Near the zeros at negative x the error is absolute, about 1e-15. */
export function lgamma(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : Infinity;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (x <= -0.5) return LOG_PI - Math.log(Math.abs(Math.sin(Math.PI * fromNearest(x)))) - lgamma(1 - x);
  if (x < 0.5) return lgamma(1 + x) - Math.log(Math.abs(x));
  if (x < 1.5) return (x - 1) * polynomial(lgammaAtTwo(), x - 1) - Math.log(x);
  if (x < 10) {
    let product = 1;
    let rest = x;
    while (rest > 2.5) {
      rest -= 1;
      product *= rest;
    }
    const near = (rest - 2) * polynomial(lgammaAtTwo(), rest - 2);
    return product === 1 ? near : Math.log(product) + near;
  }
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + polynomial(stirling, 1 / (x * x)) / x;
}

/** The derivative of ln Gamma(x); NaN at -1, -2, ..., at 0 an infinity with the sign of -x. */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x === Infinity) return x;
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * fromNearest(x));
  }
  const h = x - digammaZero - digammaZeroRest;
  if (Math.abs(h) < 0.2) return h * polynomial(digammaAtZero(), h);
  let shift = 0;
  let y = x;
  for (; y < 10; y += 1) shift += 1 / y;
  const q = 1 / (y * y);
  return Math.log(y) - 0.5 / y - q * polynomial(stirlingSlope, q) - shift;
}

/** Hurwitz' zeta, the sum of (q + k)**-s over k = 0, 1, ..., for whole s >= 2 and q > 0, by Euler and Maclaurin (DLMF 2.10.1). */
function zeta(s: number, q: number): number {
  let sum = 0;
  let a = q;
  for (const enough = Math.max(10, s / 2 + 8); a < enough; a += 1) {
    const term = a ** -s;
    sum += term;
    // All that follows is less than term * (1 + a / (s - 1)).
    if (term * (1 + a / (s - 1)) <= sum * 1e-18 || sum === Infinity) return sum;
  }
  const power = a ** -s;
  sum += (power * a) / (s - 1) + power / 2;
  let factor = s;
  let t = power / a;
  for (let k = 0; k < bernoulliOverFactorial.length; k++) {
    const term = bernoulliOverFactorial[k] * factor * t;
    sum += term;
    if (Math.abs(term) < Math.abs(sum) * 1e-18) break;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2);
    t /= a * a;
  }
  return sum;
}

/** The sum of (x + k)**-s over k = 0, 1, ..., for any x that is no whole number below 1. */
function zetaAnywhere(s: number, x: number): number {
  if (x > 0) return zeta(s, x);
  const m = Math.ceil(-x);
  const f = x + m;
  // The terms of negative base are a sum of the same kind that ends: the difference of two that do not.
  const ended = zeta(s, 1 - f) - zeta(s, 1 - f + m);
  return zeta(s, f) + (s % 2 === 0 ? ended : -ended);
}

/**
 * The derivative of order n of digamma, (-1)**(n+1) n! zeta(n + 1, x) (DLMF 5.15.1 and 25.11.12); n = 0 is digamma itself. At the poles 0, -1, -2, ...
 * Infinity for odd n and -Infinity for even n (which is the limit from the right), but for n = 0. NaN where n is no whole number from 0.
 */
export function polygamma(n: number, x: number): number {
  if (!(Number.isInteger(n) && n >= 0) || Number.isNaN(x)) return NaN;
  if (n === 0) return digamma(x);
  if (x === Infinity) return n % 2 === 0 ? -0 : 0;
  const odd = n % 2 === 1;
  if (x === -Infinity) return NaN;
  if (x <= 0 && Number.isInteger(x)) return odd ? Infinity : -Infinity;
  const z = zetaAnywhere(n + 1, x);
  let size: number;
  if (n <= 170) {
    size = z;
    for (let k = 2; k <= n; k++) size *= k;
  } else size = Math.sign(z) * Math.exp(lgamma(n + 1) + Math.log(Math.abs(z)));
  return odd ? size : -size;
}

/** ln(e**x + e**y), without overflow. */
export function logaddexp(x: number, y: number): number {
  // The difference of two equal infinities would be NaN.
  if (x === y) return x + Math.LN2;
  return Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));
}

/** x ln y, with 0 ln 0 = 0; NaN wherever y is. */
export function xlogy(x: number, y: number): number {
  return x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y);
}

/** x modulo y with the sign of y, as Python's `%`. */
export function remainder(x: number, y: number): number {
  const r = x % y;
  return r !== 0 && r < 0 !== y < 0 ? r + y : r;
}

/** The largest whole number y goes into x. No floor of the quotient: 1 / 0.1 is 10, but 0.1 goes into 1 only 9 times. */
export function floorDiv(x: number, y: number): number {
  if (y === 0) return x / y;
  const r = x % y;
  let q = (x - r) / y;
  if (r !== 0 && r < 0 !== y < 0) q -= 1;
  return Math.round(q);
}
