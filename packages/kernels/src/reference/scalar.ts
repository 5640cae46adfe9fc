import type { ArithmeticOp, CompareOp, LogicalOp, UnaryOp } from '../interface.js';

/** Doubles from here on are whole numbers. */
const WHOLE = 2 ** 52;
const TWO_OVER_SQRT_PI = 1.1283791670955126;
const SQRT_PI = 1.7724538509055159;

/** Nearest whole number, halves to the even one, the sign of zero kept. */
function roundHalfEven(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < WHOLE)) return x;
  // The sum has no room for a fraction, so the addition itself rounds, and to even.
  const rounded = magnitude + WHOLE - WHOLE;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** Neither exp overflows, and the small tail e / (1 + e) keeps its digits, which 1 - 1 / (1 + e) would lose. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** exp(-x * x) without the error that rounding x * x makes: the high half of x squares exactly. */
function expOfMinusSquare(x: number): number {
  const high = Math.fround(x);
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x));
}

/** erf(c) and its slope 2 / sqrt(pi) exp(-c^2) at c = 0.5, 0.75, ... 2, rounded from 80 digits. */
const erfAtQuarters: readonly (readonly [number, number])[] = [
  [0.5204998778130465, 0.8787825789354448],
  [0.7111556336535151, 0.6429310691952074],
  [0.8427007929497149, 0.4151074974205947],
  [0.9229001282564583, 0.2365211224472908],
  [0.9661051464753108, 0.11893028922362937],
  [0.9866716712191824, 0.05277499593015037],
  [0.9953222650189527, 0.020666985354092053],
];

/**
 * Error function to about 1e-16 relative.
 * |x| < 0.5: 2 / sqrt(pi) times the sum of (-1)^n x^(2n+1) / (n! (2n+1)) (Abramowitz and Stegun 7.1.5).
 * |x| < 2: Taylor's series around the nearest quarter c; erf(c) comes from a table, so that little of the error is ours. The
 * derivative exp(-(c+h)^2) = exp(-c^2) (a0 + a1 h + a2 h^2 + ...) has a0 = 1, a1 = -2c, a[n+1] = -2 (c a[n] + a[n-1]) / (n+1).
 * Beyond: 1 - erfc, by the continued fraction
 * sqrt(pi) exp(x^2) erfc(x) = 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))) (7.1.14).
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.5) {
    const square = x * x;
    let factorial = 1;
    let power = 1;
    let sum = 0;
    for (let n = 1; n <= 14; n++) {
      factorial *= n;
      power *= -square;
      sum += power / (factorial * (2 * n + 1));
    }
    return TWO_OVER_SQRT_PI * (x + x * sum);
  }
  if (Number.isNaN(x)) return x;
  const positive = magnitude < 2 ? erfNearQuarter(magnitude) : 1 - erfcByFraction(magnitude);
  return x > 0 ? positive : -positive;
}

function erfNearQuarter(x: number): number {
  const c = Math.round(x * 4) / 4;
  const h = x - c;
  const [value, slope] = erfAtQuarters[c * 4 - 2];
  let before = 0;
  let coefficient = 1;
  let power = h;
  let sum = h;
  for (let n = 1; n <= 18; n++) {
    const next = (-2 * (c * coefficient + before)) / n;
    before = coefficient;
    coefficient = next;
    power *= h;
    sum += (coefficient * power) / (n + 1);
  }
  return value + slope * sum;
}

function erfcByFraction(x: number): number {
  // Beyond 6 erfc is less than half a unit in the last place of 1, and an infinite x has no fraction.
  if (x >= 6) return 0;
  let tail = x;
  for (let k = 60; k >= 1; k--) tail = x + k / 2 / tail;
  return expOfMinusSquare(x) / (SQRT_PI * tail);
}

/** As in C and PyTorch; JavaScript's own says NaN for 1 ** NaN and for (+-1) ** (+-Infinity), where they say 1. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
  return x ** y;
}

/** Whole powers modulo 2^32, as PyTorch: a negative exponent gives 0, but for a base of 1 or -1 (and of 0: 0). */
export function powInt32(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let base = x;
  for (let rest = y; rest > 0; rest >>>= 1) {
    if ((rest & 1) === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** Every floating map in double precision; float32 is this result rounded. */
export const unaryFloat: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: x => -x,
  abs: Math.abs,
  // Not Math.sign: PyTorch gives 0 for NaN and for -0.
  sign: x => (x > 0 ? 1 : x < 0 ? -1 : 0),
  square: x => x * x,
  // `x > 0 ? x : 0` alone would hide a NaN.
  relu: x => (x > 0 || Number.isNaN(x) ? x : 0),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: x => 1 / Math.sqrt(x),
  reciprocal: x => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
};

/** The maps that int32 has too; overflow wraps around. */
export const unaryInt32: Readonly<Partial<Record<UnaryOp, (x: number) => number>>> = {
  neg: x => -x | 0,
  abs: x => (x < 0 ? -x | 0 : x),
  sign: unaryFloat.sign,
  square: x => Math.imul(x, x),
  relu: x => Math.max(x, 0),
};

export const arithmeticFloat: Readonly<Record<ArithmeticOp, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow,
  // Math.max and min propagate NaN and put -0 below 0, as the WebAssembly instructions do.
  maximum: Math.max,
  minimum: Math.min,
};

/** Overflow wraps around. There is no int32 division. */
export const arithmeticInt32: Readonly<
  Record<Exclude<ArithmeticOp, 'div'>, (x: number, y: number) => number>
> = {
  add: (x, y) => (x + y) | 0,
  sub: (x, y) => (x - y) | 0,
  mul: Math.imul,
  pow: powInt32,
  maximum: Math.max,
  minimum: Math.min,
};

export const compare: Readonly<Record<CompareOp, (x: number, y: number) => number>> = {
  eq: (x, y) => (x === y ? 1 : 0),
  ne: (x, y) => (x !== y ? 1 : 0),
  lt: (x, y) => (x < y ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  gt: (x, y) => (x > y ? 1 : 0),
  ge: (x, y) => (x >= y ? 1 : 0),
};

export const logical: Readonly<Record<LogicalOp, (x: number, y: number) => number>> = {
  logicalAnd: (x, y) => x & y,
  logicalOr: (x, y) => x | y,
  logicalXor: (x, y) => x ^ y,
};
