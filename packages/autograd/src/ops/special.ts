import type { ArithmeticOp } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arithmetic, BinaryRule } from './arithmetic.js';
import { arithmetic, both, neither } from './binary.js';
import { requireFloating } from './define.js';
import type { BinaryFunction, UnaryFunction } from './types.js';
import { unary } from './unary.js';

const pair = <N extends ArithmeticOp>(name: N, spec: BinaryRule): BinaryFunction<N> =>
  arithmetic(name, false, spec);

/**
 * 1 - x**2 as (1 - x)(1 + x), which keeps the digits near 1 that the difference loses. At 1 and -1 themselves the difference after all: the derivative of
 * the product would multiply the 0 of one factor by an infinity from above.
 */
function oneMinusSquare<T, M>(m: Arithmetic<T, M>, x: T): T {
  const square = m.square(x);
  return m.where(m.eq(square, 1), m.sub(1, square), m.mul(m.sub(1, x), m.add(x, 1)));
}

/** 2**x. */
export const exp2: UnaryFunction = unary('exp2', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.mul(y, Math.LN2)),
});
/** The logarithm of x to base 2: -Infinity at 0, NaN below. */
export const log2: UnaryFunction = unary('log2', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.mul(x, Math.LN2)),
});
/** The logarithm of x to base 10: -Infinity at 0, NaN below. */
export const log10: UnaryFunction = unary('log10', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.mul(x, Math.LN10)),
});
/** tan x = sin x / cos x, x in radians. */
export const tan: UnaryFunction = unary('tan', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.add(m.square(y), 1)),
});
/** In [-pi/2, pi/2]; NaN outside [-1, 1], and an infinite derivative at its borders. */
export const asin: UnaryFunction = unary('asin', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.sqrt(oneMinusSquare(m, x))),
});
/** In [0, pi]; NaN outside [-1, 1], and an infinite derivative at its borders. */
export const acos: UnaryFunction = unary('acos', {
  reads: 'input',
  rule: (m, g, x) => m.neg(m.div(g, m.sqrt(oneMinusSquare(m, x)))),
});
/** In [-pi/2, pi/2]. */
export const atan: UnaryFunction = unary('atan', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.add(m.square(x), 1)),
});
/** sinh x = (e**x - e**-x) / 2. */
export const sinh: UnaryFunction = unary('sinh', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.cosh(x)),
});
/** cosh x = (e**x + e**-x) / 2. */
export const cosh: UnaryFunction = unary('cosh', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.sinh(x)),
});
/** The inverse of sinh: ln(x + sqrt(x**2 + 1)). */
export const asinh: UnaryFunction = unary('asinh', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.sqrt(m.add(m.square(x), 1))),
});
/** NaN below 1. */
export const acosh: UnaryFunction = unary('acosh', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.sqrt(m.sub(0, oneMinusSquare(m, x)))),
});
/** NaN outside [-1, 1], infinite at its borders. */
export const atanh: UnaryFunction = unary('atanh', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, oneMinusSquare(m, x)),
});
/** 1 - erf(x), accurate where it is small (DLMF 7.2.2). */
export const erfc: UnaryFunction = unary('erfc', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.mul(m.exp(m.neg(m.square(x))), -2 / Math.sqrt(Math.PI))),
});
/** The inverse of erf on [-1, 1]; NaN elsewhere. */
export const erfinv: UnaryFunction = unary('erfinv', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.mul(m.exp(m.square(y)), Math.sqrt(Math.PI) / 2)),
});
/** ln |Gamma(x)| (Gamma: DLMF 5.2.1); its derivative is digamma. */
export const lgamma: UnaryFunction = unary('lgamma', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.digamma(x)),
});
/** The derivative of ln Gamma(x) (DLMF 5.2.2); its own derivatives are polygamma. */
export const digamma: UnaryFunction = unary('digamma', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.polygamma(1, x)),
});

/** The derivatives of polygamma(n, x): a Value has it as a method of x, with other arguments. */
export const polygammaRule: BinaryRule = {
  saves: both,
  readsOutput: false,
  first: m => unreachable(m),
  second: (m, g, n, x) => m.mul(g, m.polygamma((n as number) + 1, x as never)),
};
const polygammaOf = pair('polygamma', polygammaRule);

function unreachable(_: unknown): never {
  throw new ArgumentError('polygamma: the order is a number, and has no derivative.');
}

/**
 * The derivative of order n (a whole number from 0) of digamma: 1 is trigamma. float32 or float64. At 0, -1, -2, ... Infinity for odd n and -Infinity for
 * even n (but see digamma for n = 0). Formula: DLMF 5.15.
 */
export const polygamma = <S extends Shape>(n: number, x: Tensor<S>): Tensor<S> => {
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError(`polygamma: the order is ${show(n)}; expected a whole number from 0.`);
  if (!(x instanceof Tensor))
    throw new ArgumentError(`polygamma: expected a tensor, got ${show(x)}: polygamma(n, x).`);
  requireFloating('polygamma', x);
  return polygammaOf(n, x) as Tensor as Tensor<S>;
};

/** Both are read by the derivative by the second alone. */
const savesForSecond = (i: number, needsOther: boolean, needsThis: boolean): boolean =>
  i === 0 ? needsOther : needsThis;

const none: BinaryRule = {
  saves: neither,
  readsOutput: false,
  first: (m, g) => m.zero(g),
  second: (m, g) => m.zero(g),
};
/** The largest whole number y goes into x; what `div` with rounding 'floor' is. Its derivatives are 0. */
export const floorDiv: BinaryFunction<'floorDiv'> = pair('floorDiv', none);

/** a modulo b, with the sign of b: a - b floor(a / b). The quotient counts as a constant for the derivative. */
export const remainder: BinaryFunction<'remainder'> = pair('remainder', {
  saves: savesForSecond,
  readsOutput: false,
  first: (_, g) => g,
  second: (m, g, a, b) => m.neg(m.mul(g, m.floorDiv(a, b))),
});
/** a modulo b, with the sign of a: a - b trunc(a / b). The quotient counts as a constant for the derivative. */
export const fmod: BinaryFunction<'fmod'> = pair('fmod', {
  saves: savesForSecond,
  readsOutput: false,
  first: (_, g) => g,
  second: (m, g, a, b) => m.neg(m.mul(g, m.trunc(m.div(a, b)))),
});

const squareOf = <T, M>(m: Arithmetic<T, M>, x: T | number): T | number =>
  typeof x === 'number' ? x * x : m.square(x);

/** a**2 + b**2, with 1 in place of 0: what is divided by it is 0 there. */
function squaredRadius<T, M>(m: Arithmetic<T, M>, a: T | number, b: T | number): T {
  const r = m.add(squareOf(m, a), squareOf(m, b));
  return m.where(m.eq(r, 0), 1, r);
}

/** The angle of the point (b, a) from the first axis, in [-pi, pi]. At the origin both derivatives are 0. */
export const atan2: BinaryFunction<'atan2'> = pair('atan2', {
  saves: both,
  readsOutput: false,
  first: (m, g, a, b) => m.mul(g, m.div(b, squaredRadius(m, a, b))),
  second: (m, g, a, b) => m.neg(m.mul(g, m.div(a, squaredRadius(m, a, b)))),
});

/** sqrt(a**2 + b**2) without overflow. At the origin both derivatives are 0, as of every norm here. */
export const hypot: BinaryFunction<'hypot'> = pair('hypot', {
  saves: (_i, _needsOther, needsThis) => needsThis,
  readsOutput: true,
  first: (m, g, a, _, y) => m.mul(g, m.div(a, m.where(m.eq(y, 0), 1, y))),
  second: (m, g, _, b, y) => m.mul(g, m.div(b, m.where(m.eq(y, 0), 1, y))),
});

/** ln(e**a + e**b) without overflow. */
export const logaddexp: BinaryFunction<'logaddexp'> = pair('logaddexp', {
  saves: both,
  readsOutput: false,
  first: (m, g, a, b) => m.mul(g, m.sigmoid(m.sub(a, b))),
  second: (m, g, a, b) => m.mul(g, m.sigmoid(m.sub(b, a))),
});

/** a ln b, 0 where a is 0 (but NaN where b is NaN). Where a is 0 and b not positive, the derivative by a is 0. */
export const xlogy: BinaryFunction<'xlogy'> = pair('xlogy', {
  saves: both,
  readsOutput: false,
  first: (m, g, a, b) =>
    typeof b === 'number'
      ? b <= 0
        ? m.where(m.eq(a, 0), 0, m.xlogy(g, b))
        : m.xlogy(g, b)
      : m.where(m.and(m.eq(a, 0), m.le(b, 0)), 0, m.xlogy(g, b)),
  second: (m, g, a, b) => m.mul(g, m.div(a, b)),
});
