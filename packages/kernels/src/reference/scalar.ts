import type { ArithmeticOp, CompareOp, FloatBinaryOp, LogicalOp, UnaryOp } from '../interface.js';
import { erf } from './erf.js';
import * as special from './special.js';

export { erf } from './erf.js';

/** Doubles from here on are whole numbers. */
const WHOLE = 2 ** 52;

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
  exp2: x => 2 ** x,
  log2: Math.log2,
  log10: Math.log10,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erfc: special.erfc,
  erfinv: special.erfinv,
  lgamma: special.lgamma,
  digamma: special.digamma,
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
  floorDiv: special.floorDiv,
  remainder: special.remainder,
  fmod: (x, y) => x % y,
  atan2: Math.atan2,
  hypot: Math.hypot,
  logaddexp: special.logaddexp,
  xlogy: special.xlogy,
  polygamma: special.polygamma,
};

/** Overflow wraps around. There is no int32 division. */
export const arithmeticInt32: Readonly<
  Record<Exclude<ArithmeticOp, FloatBinaryOp>, (x: number, y: number) => number>
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
