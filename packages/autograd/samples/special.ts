import * as ag from '../src/index.js';
import { ArgumentError, tensor } from '../src/index.js';
import { arithmetic, type BinarySpec, withCalls } from './binary.js';
import type { Draw } from './draw.js';
import { type Dense, map } from './naive.js';
import type { OpInfo } from './types.js';
import { erf, shapesFor, unary, wrongDType } from './unary.js';

const positive = { min: 0.3, max: 6 };
const inside = { min: -0.9, max: 0.9 };

/** Stirling's series (DLMF 5.11.1) far out, and the recurrence from there; by reflection below 0. */
function lgamma(x: number): number {
  if (x <= 0)
    return Number.isInteger(x)
      ? Number.POSITIVE_INFINITY
      : Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  if (x === Number.POSITIVE_INFINITY) return x;
  let product = 1;
  let y = x;
  for (; y < 20; y++) product *= y;
  const series = 1 / (12 * y) - 1 / (360 * y ** 3) + 1 / (1260 * y ** 5) - 1 / (1680 * y ** 7);
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** The derivative of the above. */
function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < 0) return Number.isInteger(x) ? Number.NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  let sum = 0;
  let y = x;
  for (; y < 20; y++) sum -= 1 / y;
  return sum + Math.log(y) - 1 / (2 * y) - 1 / (12 * y ** 2) + 1 / (120 * y ** 4) - 1 / (252 * y ** 6);
}

/** The sum that defines it, its rest by Euler and Maclaurin. */
function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  const s = n + 1;
  let sum = 0;
  let y = x;
  for (let k = 0; k < 60; k++, y++) sum += y ** -s;
  sum += y ** (1 - s) / (s - 1) + y ** -s / 2 + (s * y ** (-s - 1)) / 12;
  sum -= (s * (s + 1) * (s + 2) * y ** (-s - 3)) / 720;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  return (n % 2 === 0 ? -1 : 1) * factorial * sum;
}

/** By halving. */
function erfinv(y: number): number {
  if (Math.abs(y) === 1) return y * Number.POSITIVE_INFINITY;
  if (!(Math.abs(y) < 1)) return Number.NaN;
  let [low, high] = [-6, 6];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (erf(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const python = (a: number, b: number): number => a - b * Math.floor(a / b);

/** Operands whose quotient keeps away from whole numbers, whatever is broadcast: the quotients are (k + 1/2 +- 0.3) times 1 or -1. */
const quotients = (d: Draw, a: readonly number[], b: readonly number[]): [ag.Tensor, ag.Tensor] => {
  const away = { min: -2.7, max: 2.7, avoid: [-3, -2, -1, 0, 1, 2, 3], margin: 0.2 };
  const signs = d.ints(b, 0, 1).to(d.dtype).mul(2).sub(1) as ag.Tensor;
  return [d.tensor(a, away), signs];
};
const modulus: BinarySpec = { pair: quotients, right: -1, left: 0.7, specials: false };

export const specialSamples = {
  exp2: unary('exp2', ag.exp2, x => 2 ** x),
  log2: unary('log2', ag.log2, Math.log2, { min: 0.3, max: 3 }),
  log10: unary('log10', ag.log10, Math.log10, { min: 0.3, max: 3 }),
  tan: unary('tan', ag.tan, Math.tan, { min: -1.2, max: 1.2 }),
  asin: unary('asin', ag.asin, Math.asin, inside),
  acos: unary('acos', ag.acos, Math.acos, inside),
  atan: unary('atan', ag.atan, Math.atan),
  sinh: unary('sinh', ag.sinh, Math.sinh),
  cosh: unary('cosh', ag.cosh, Math.cosh),
  asinh: unary('asinh', ag.asinh, Math.asinh),
  acosh: unary('acosh', ag.acosh, Math.acosh, { min: 1.3, max: 4 }),
  atanh: unary('atanh', ag.atanh, Math.atanh, inside),
  erfc: unary('erfc', ag.erfc, x => 1 - erf(x)),
  erfinv: unary('erfinv', ag.erfinv, erfinv, inside),
  lgamma: unary('lgamma', ag.lgamma, lgamma, { ...positive, edges: [0, -1, 1, 2, -0.5, -2.75, 30, 1e10] }),
  digamma: unary('digamma', ag.digamma, digamma, {
    ...positive,
    edges: [1, 2, -0.5, -2.75, 30, 1e10, Number.POSITIVE_INFINITY, Number.NaN],
  }),
  polygamma: {
    op: ag.polygamma,
    calls: {
      ...Object.fromEntries(
        Object.entries(shapesFor({ min: 0.6, max: 4 })).map(([label, make]) => [
          label,
          (d: Draw) => [d.int(0, 3), ...make(d)],
        ]),
      ),
      'order 6': d => [6, d.tensor([3], { min: 1.5, max: 4 })],
    },
    edges: { 'negative numbers': d => [2, d.of([-0.5, -1.25, -7.75])] },
    naive: (n: number, x: Dense) => map(v => polygamma(n, v), x),
    noMethod: 'its first argument is the order',
    errors: [
      wrongDType('polygamma', x => ag.polygamma(1, x)),
      {
        label: 'a fraction as order',
        call: () => ag.polygamma(1.5, tensor([1])),
        error: ArgumentError,
        message: /^polygamma: the order is 1\.5; expected a whole number from 0/,
      },
      {
        label: 'a negative order',
        call: () => ag.polygamma(-1, tensor([1])),
        error: ArgumentError,
        message: /^polygamma: the order is -1; expected a whole number from 0/,
      },
      {
        label: 'no tensor',
        call: () => ag.polygamma(1, 2 as never),
        error: ArgumentError,
        message: /^polygamma: expected a tensor, got 2: polygamma\(n, x\)/,
      },
    ],
  },
  remainder: arithmetic('remainder', ag.remainder, python, modulus),
  fmod: arithmetic('fmod', ag.fmod, (a, b) => a % b, modulus),
  atan2: arithmetic('atan2', ag.atan2, Math.atan2, {
    a: { avoid: [0], margin: 0.4 },
    b: { avoid: [0], margin: 0.4 },
  }),
  hypot: arithmetic('hypot', ag.hypot, Math.hypot, {
    a: { avoid: [0], margin: 0.4 },
    b: { avoid: [0], margin: 0.4 },
  }),
  logaddexp: arithmetic('logaddexp', ag.logaddexp, (a, b) =>
    a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))),
  ),
  xlogy: withCalls(
    arithmetic('xlogy', ag.xlogy, (a, b) => (a === 0 && !Number.isNaN(b) ? 0 : a * Math.log(b)), {
      b: { min: 0.3, max: 3 },
    }),
    {},
    {
      'a number that has no logarithm': d => [d.of([0, 1, -1]), -2],
      'numbers that have none': d => [d.of([0, 0, 0, 1]), d.of([0, -1, 2, 0])],
    },
  ),
} satisfies Record<string, OpInfo>;
