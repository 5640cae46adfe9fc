import * as ag from '../src/index.js';
import { DTypeError, tensor } from '../src/index.js';
import type { Draw, RangeOptions } from './draw.js';
import { type Dense, map } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type UnaryOp = (x: ag.Tensor) => ag.Tensor;

export const specials = [
  0,
  -0,
  1,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  1e-30,
  -1e-30,
];

/** Shapes that every elementwise op has to take. */
export function shapesFor(range: RangeOptions): Record<string, (d: Draw) => unknown[]> {
  return {
    matrix: d => [d.tensor([d.size(), d.size()], range)],
    'three dims': d => [d.tensor([d.size(3), 1, d.size(3)], range)],
    scalar: d => [d.tensor([], range)],
    'no elements': d => [d.tensor([2, 0, 3], range)],
    transposed: d => [d.tensor([d.size(), d.size()], range).transpose(0, 1)],
    sliced: d => [d.tensor([2, 5], range).slice(1, { start: 1, step: 2 })],
    expanded: d => [d.tensor([1, 2], range).expand([3, 2])],
  };
}

export function wrongDType(
  name: string,
  op: (x: ag.Tensor) => unknown,
  dtype: 'int32' | 'bool' = 'int32',
): ErrorCase {
  return {
    label: `${dtype} is refused`,
    call: () => op(tensor([1, 0], { dtype })),
    error: DTypeError,
    message: new RegExp(`^${name}: expected .*(float32 or float64|number).*got ${dtype}.*to\\('`),
  };
}

export interface UnarySpec extends RangeOptions {
  readonly int32?: boolean;
  /** For values alone; default: zeros of both signs, infinities, NaN, tiny numbers. */
  readonly edges?: readonly number[];
  readonly name?: string;
}

/** A row of a map of floating point elements. */
export function unary(name: string, op: unknown, f: (x: number) => number, spec: UnarySpec = {}): OpInfo {
  const fn = op as UnaryOp;
  const range = { margin: 0.1, ...spec };
  const edges: Record<string, (d: Draw) => unknown[]> = {
    'special numbers': d => [d.of(spec.edges ?? specials)],
  };
  if (spec.int32 === true) edges.int32 = d => [d.ints([2, 3], -4, 4)];
  return {
    op: fn,
    calls: shapesFor(range),
    edges,
    naive: (x: Dense) => map(f, x),
    errors: [wrongDType(name, fn, spec.int32 === true ? 'bool' : 'int32')],
  };
}

/** By a series whose terms all have one sign (DLMF 7.6.2). */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The nearest whole number, halves to the even one. */
export const half = (x: number): number => {
  const down = Math.floor(x);
  if (!Number.isFinite(x)) return x;
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};
export const wholes = [-3, -2, -1, 0, 1, 2, 3];
export const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 3, -3, 1e10];
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const finite = specials.filter(Number.isFinite);

interface Borders {
  readonly min?: Dense | number;
  readonly max?: Dense | number;
}

export const unarySamples = {
  neg: unary('neg', ag.neg, x => -x, { int32: true }),
  abs: unary('abs', ag.abs, Math.abs, { avoid: [0], int32: true }),
  sign: unary('sign', ag.sign, x => (Number.isNaN(x) ? 0 : Math.sign(x)), { avoid: [0], int32: true }),
  exp: unary('exp', ag.exp, Math.exp),
  expm1: unary('expm1', ag.expm1, Math.expm1),
  log: unary('log', ag.log, Math.log, { min: 0.3, max: 3 }),
  log1p: unary('log1p', ag.log1p, Math.log1p, { min: -0.6, max: 3 }),
  sqrt: unary('sqrt', ag.sqrt, Math.sqrt, { min: 0.3, max: 3 }),
  rsqrt: unary('rsqrt', ag.rsqrt, x => 1 / Math.sqrt(x), {
    min: 0.3,
    max: 3,
    edges: specials.filter(x => !Object.is(x, -0)),
  }),
  square: unary('square', ag.square, x => x * x, { int32: true }),
  reciprocal: unary('reciprocal', ag.reciprocal, x => 1 / x, { avoid: [0], margin: 0.4 }),
  sin: unary('sin', ag.sin, Math.sin),
  cos: unary('cos', ag.cos, Math.cos),
  tanh: unary('tanh', ag.tanh, Math.tanh),
  sigmoid: unary('sigmoid', ag.sigmoid, sigmoid),
  erf: unary('erf', ag.erf, erf),
  relu: unary('relu', ag.relu, x => (x > 0 ? x : Number.isNaN(x) ? x : 0), { avoid: [0], int32: true }),
  floor: unary('floor', ag.floor, Math.floor, { avoid: wholes }),
  ceil: unary('ceil', ag.ceil, Math.ceil, { avoid: wholes }),
  trunc: unary('trunc', ag.trunc, Math.trunc, { avoid: wholes }),

  leakyRelu: {
    op: ag.leakyRelu,
    calls: { ...shapesFor({ avoid: [0] }), slope: d => [d.tensor([3], { avoid: [0] }), 0.3] },
    edges: { 'special numbers': d => [d.of(finite)] },
    naive: (x: Dense, slope = 0.01) => map(v => (v > 0 ? v : v * slope), x),
    errors: [wrongDType('leakyRelu', ag.leakyRelu), wrongDType('leakyRelu', ag.leakyRelu, 'bool')],
  },
  gelu: {
    op: ag.gelu,
    calls: {
      ...shapesFor({ min: -3, max: 3 }),
      tanh: d => [d.tensor([2, 3], { min: -3, max: 3 }), { approximate: 'tanh' }],
    },
    naive: (x: Dense, options?: ag.GeluOptions) =>
      options?.approximate === 'tanh'
        ? map(v => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))), x)
        : map(v => 0.5 * v * (1 + erf(v / Math.SQRT2)), x),
    errors: [
      wrongDType('gelu', ag.gelu),
      {
        label: 'an unknown approximation',
        call: () => ag.gelu(tensor([1]), { approximate: 'sigmoid' as 'tanh' }),
        error: ag.ArgumentError,
        message: /^gelu: approximate is 'sigmoid'; expected 'none' or 'tanh'/,
      },
    ],
  },
  silu: {
    op: ag.silu,
    calls: shapesFor({}),
    naive: (x: Dense) => map(v => v * sigmoid(v), x),
    errors: [wrongDType('silu', ag.silu as UnaryOp)],
  },
  softplus: {
    op: ag.softplus,
    calls: {
      ...shapesFor({}),
      beta: d => [d.tensor([2, 3]), { beta: 2.5 }],
      'above the threshold': d => [d.tensor([5], { min: 1.1, max: 3 }), { threshold: 1 }],
    },
    edges: {
      'large numbers': d => [d.of([1000, -1000, 88, 700, 20, 21])],
      'not finite': d => [d.of([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])],
    },
    naive: (x: Dense, { beta = 1, threshold = 20 }: ag.SoftplusOptions = {}) =>
      map(v => (beta * v > threshold ? v : Math.log1p(Math.exp(beta * v)) / beta), x),
    errors: [wrongDType('softplus', ag.softplus as UnaryOp)],
  },
  clamp: {
    op: ag.clamp,
    calls: {
      'from below': d => [d.tensor([2, 3], { avoid: [-0.5] }), { min: -0.5 }],
      'from above': d => [d.tensor([2, 3], { avoid: [0.5] }), { max: 0.5 }],
      both: d => [d.tensor([d.size(), d.size()], { avoid: [-1, 0.5] }), { min: -1, max: 0.5 }],
      'tensors as borders': d => [
        d.tensor([2, 3], { avoid: [-1.5, -1, 0.5, 1], margin: 0.2 }),
        { min: d.of([-1, -1.5, -1]), max: d.of([1, 0.5, 1, 0.5], [2, 2]).slice(1, { end: 1 }) },
      ],
      'no elements': d => [d.tensor([0, 2]), { min: 0 }],
      transposed: d => [d.tensor([2, 3], { avoid: [0] }).transpose(0, 1), { min: 0 }],
    },
    edges: {
      'at the border': d => [d.of([-1, 0.5, 2, -2]), { min: -1, max: 0.5 }],
      'borders crossed': d => [d.of([-1, 0.5, 2, -2]), { min: 1, max: -1 }],
      'tensors as borders, crossed': d => [
        d.of([-1, 0.5, 0.5, -2, 0]),
        { min: d.of([1, 1, 1, 1, 1]), max: d.of([-1, 0, 3, 1, 0.5]) },
      ],
      'a tensor and a number': d => [d.of([-1, 0.5, 2, -2]), { min: d.of([1, 0.7, -1, -1]), max: 1.5 }],
      NaN: d => [d.of([Number.NaN, 0.5, 2]), { min: 0, max: 1 }],
      'NaN as a border': d => [d.of([1, 0.5, 2]), { min: d.of([Number.NaN, 0, 0]), max: 1 }],
      int32: d => [d.ints([5], -9, 9), { min: -2, max: 3 }],
    },
    naive: (x: Dense, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Borders) =>
      map((v, low, high) => Math.min(Math.max(v, low), high), x, min, max),
    errors: [
      {
        label: 'no border',
        call: () => ag.clamp(tensor([1]), {}),
        error: ag.ArgumentError,
        message: /^clamp: expected min, max or both/,
      },
      {
        label: 'a border of another dtype',
        call: () => ag.clamp(tensor([1]), { min: tensor([1], { dtype: 'float64' }) }),
        error: DTypeError,
        message: /^clamp: x is float32 and a border float64; they must be the same/,
      },
      {
        label: 'bool is refused',
        call: () => ag.clamp(tensor([true]), { min: 0 }),
        error: DTypeError,
        message: /^clamp: expected numbers, got bool/,
      },
      {
        label: 'an array as a border',
        call: () => ag.clamp(tensor([1]), { max: [1] as never }),
        error: ag.ArgumentError,
        message: /^clamp: expected a tensor or a number, got \[1\]/,
      },
    ],
  },

  logicalNot: {
    op: ag.logicalNot,
    calls: {
      matrix: d => [d.bools([2, 3])],
      'no elements': d => [d.bools([0])],
      scalar: d => [d.bools([])],
      transposed: d => [d.bools([2, 3]).transpose(0, 1)],
    },
    naive: (x: Dense) => map(v => (v === 0 ? 1 : 0), x),
    noDerivative: 'its output is bool',
    errors: [
      {
        label: 'numbers are refused',
        call: () => ag.logicalNot(tensor([1])),
        error: DTypeError,
        message: /^logicalNot: expected a bool tensor, got float32\. Compare first/,
      },
    ],
  },
  to: {
    op: ag.to,
    calls: {
      'to the same dtype': d => [d.tensor([2, 3]), d.dtype],
      'no elements': d => [d.tensor([0, 2]), d.dtype],
    },
    edges: {
      'to int32': d => [d.of([1.9, -1.9, 0, 3]), 'int32'],
      'to bool': d => [d.of([1.9, 0, Number.NaN, -0]), 'bool'],
      'from bool': d => [d.bools([5]), d.dtype],
      'from int32': d => [d.ints([5], -9, 9), d.dtype],
    },
    naive: (x: Dense, dtype: ag.DType) =>
      map(v => (dtype === 'int32' ? Math.trunc(v) : dtype === 'bool' ? (v !== 0 ? 1 : 0) : v), x),
    errors: [
      {
        label: 'an unknown dtype',
        call: () => ag.to(tensor([1]), 'float16' as 'float32'),
        error: DTypeError,
        message: /^to: unknown dtype 'float16': expected one of float32, float64, int32, bool/,
      },
    ],
  },
  clone: {
    op: ag.clone,
    calls: shapesFor({}),
    naive: (x: Dense) => x,
    errors: [],
  },
  contiguous: {
    op: ag.contiguous,
    calls: shapesFor({}),
    naive: (x: Dense) => x,
    errors: [],
    noMethod: '`contiguous` is a property that says whether it is so; clone() makes a contiguous copy',
  },
  detach: {
    op: ag.detach,
    calls: shapesFor({}),
    naive: (x: Dense) => x,
    noDerivative: 'it takes a tensor out of the graph',
    errors: [],
  },
} satisfies Record<string, OpInfo>;
