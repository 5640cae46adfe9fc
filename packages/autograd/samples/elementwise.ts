import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, tensor, zeros } from '../src/index.js';
import { arithmetic, withCalls } from './binary.js';
import type { Draw } from './draw.js';
import { type Dense, map } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { half, halves, shapesFor, specials, unary, wholes, wrongDType } from './unary.js';

type Operand = Dense | number;

function predicate(name: string, op: unknown, test: (x: number) => boolean): OpInfo {
  const fn = op as (x: ag.Tensor) => ag.Tensor;
  return {
    op: fn,
    calls: {
      ...shapesFor({}),
      specials: d => [d.of(specials)],
      int32: d => [d.ints([3], -4, 4)],
      bool: d => [d.bools([3])],
    },
    naive: (x: Dense) => map(v => Number(test(v)), x),
    noDerivative: 'its output is bool',
    errors: [
      {
        label: 'a number',
        call: () => fn(1 as never),
        error: ArgumentError,
        message: new RegExp(`^${name}: expected a tensor, got 1\\. Make it a tensor first`),
      },
    ],
  };
}

const roundTo = (x: number, decimals = 0): number =>
  decimals >= 0 ? half(x * 10 ** decimals) / 10 ** decimals : half(x / 10 ** -decimals) * 10 ** -decimals;

/** Quotients away from whole numbers, where rounding jumps. */
const rounded = (rounding: 'floor' | 'trunc') => (d: Draw) => [
  d.tensor([2, 3], { min: -2.7, max: 2.7, avoid: wholes, margin: 0.2 }),
  d.ints([3], 0, 1).to(d.dtype).mul(2).sub(1),
  { rounding },
];

function ternaryErrors(name: string, op: (x: ag.Tensor, a: ag.Tensor, b: ag.Tensor) => unknown): ErrorCase[] {
  return [
    {
      label: 'shapes that do not broadcast',
      call: () => op(zeros([2, 3]), zeros([3]), zeros([4])),
      error: ShapeError,
      message: /: shapes \[(2, )?3\] and \[4\] do not broadcast/,
    },
    {
      label: 'two dtypes',
      call: () => op(zeros([2]), zeros([2]), zeros([2], { dtype: 'float64' })),
      error: DTypeError,
      message: /operands have dtypes float32 and float64; they must be the same/,
    },
    wrongDType(name, x => op(x, x, x)),
  ];
}

const lerp = (a: number, end: number, w: number): number => a + w * (end - a);

function withValue(
  name: string,
  op: unknown,
  f: (x: number, a: number, b: number, value: number) => number,
): OpInfo {
  const b = { avoid: [0], margin: 0.4 };
  return {
    op: op as never,
    calls: {
      'equal shapes': d => [d.tensor([2, 3]), d.tensor([2, 3]), d.tensor([2, 3], b)],
      broadcast: d => [d.tensor([3]), d.tensor([2, 1]), d.tensor([], b)],
      value: d => [d.tensor([2, 3]), d.tensor([3]), d.tensor([2, 1], b), { value: -0.7 }],
      'value 0': d => [d.tensor([3]), d.tensor([3]), d.tensor([3], b), { value: 0 }],
      numbers: d => [d.tensor([3]), 2, d.tensor([3], b)],
      'no elements': d => [d.tensor([0, 3]), d.tensor([3]), d.tensor([1, 3], b)],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.tensor([2]), d.tensor([3, 1], b)],
    },
    naive: (x: Dense, a: Operand, c: Operand, { value = 1 }: ag.ScaleOptions = {}) =>
      map((u, v, w) => f(u, v, w, value), x, a, c),
    errors: [
      ...ternaryErrors(name, op as never),
      {
        label: 'a tensor as value',
        call: () =>
          (op as (...args: unknown[]) => unknown)(tensor([1]), tensor([1]), tensor([1]), {
            value: tensor(2),
          }),
        error: ArgumentError,
        message: new RegExp(`^${name}: value is Tensor; expected a number`),
      },
    ],
  };
}

export const elementwiseSamples = {
  round: {
    ...unary('round', ag.round, half, { avoid: wholes.map(x => x + 0.5), edges: [...halves, ...specials] }),
    calls: {
      ...shapesFor({ avoid: wholes.map(x => x + 0.5) }),
      'two decimals': d => [d.of([1.234, -5.678, 0.021, 9.999]), { decimals: 2 }],
      'minus one decimal': d => [d.of([12, -57, 4, 1999]), { decimals: -1 }],
    },
    naive: (x: Dense, options: ag.RoundOptions = {}) => map(v => roundTo(v, options.decimals), x),
    errors: [
      wrongDType('round', x => ag.round(x)),
      {
        label: 'int32 with decimals',
        call: () => ag.round(tensor([1], { dtype: 'int32' }), { decimals: 1 }),
        error: DTypeError,
        message: /^round: expected a float32 or float64 tensor, got int32/,
      },
      {
        label: 'a fraction of a decimal',
        call: () => ag.round(tensor([1]), { decimals: 0.5 }),
        error: ArgumentError,
        message: /^round: decimals is 0\.5; expected a whole number/,
      },
    ],
  },
  frac: unary('frac', ag.frac, x => x - Math.trunc(x), { avoid: wholes }),
  isnan: predicate('isnan', ag.isnan, Number.isNaN),
  isinf: predicate('isinf', ag.isinf, x => Math.abs(x) === Number.POSITIVE_INFINITY),
  isfinite: predicate('isfinite', ag.isfinite, Number.isFinite),
  nanToNum: {
    op: ag.nanToNum,
    calls: shapesFor({}),
    edges: {
      'special numbers': d => [d.of(specials), { posinf: 5, neginf: -6 }],
      nan: d => [d.of([1, Number.NaN]), { nan: 3 }],
      int32: d => [d.ints([3], -2, 2)],
      bool: d => [d.bools([3])],
    },
    naive: (
      x: Dense,
      { nan = 0, posinf = Number.MAX_VALUE, neginf = -Number.MAX_VALUE }: ag.NanToNumOptions = {},
    ) => map(v => (Number.isNaN(v) ? nan : Math.abs(v) < Infinity ? v : v > 0 ? posinf : neginf), x),
    errors: [
      {
        label: 'text in place of NaN',
        call: () => ag.nanToNum(tensor([1]), { nan: 'zero' as never }),
        error: ArgumentError,
        message: /^nanToNum: nan is 'zero'; expected a number/,
      },
    ],
  },
  div: withCalls(
    {
      ...arithmetic('div', ag.div, (a, b) => a / b, { b: { avoid: [0], margin: 0.5 } }),
      naive: (a: Operand, b: Operand, { rounding }: ag.DivOptions = {}) =>
        map(
          (x, y) =>
            rounding === undefined ? x / y : rounding === 'floor' ? floorDiv(x, y) : Math.trunc(x / y),
          a,
          b,
        ),
      errors: [
        ...arithmetic('div', ag.div, (a, b) => a / b).errors,
        {
          label: 'an unknown rounding',
          call: () => ag.div(tensor([1]), 2, { rounding: 'ceil' as 'floor' }),
          error: ArgumentError,
          message: /^div: rounding is 'ceil'; expected 'floor' or 'trunc'/,
        },
      ],
    },
    { 'rounded down': rounded('floor'), 'rounded towards 0': rounded('trunc') },
    {
      'a tenth into one': d => [d.of([1, -1, 7, -7]), d.of([0.125, 0.125, 2, 2]), { rounding: 'floor' }],
      'zero divisors, floor': d => [d.of([1, -1, 0]), 0, { rounding: 'floor' }],
      'zero divisors, trunc': d => [d.of([1, -1, 0]), 0, { rounding: 'trunc' }],
    },
  ),
  lerp: {
    op: ag.lerp,
    calls: {
      'a small weight': d => [d.tensor([2, 3]), d.tensor([3]), 0.3],
      'a large weight': d => [d.tensor([3]), d.tensor([2, 1]), 1.25],
      weights: d => [d.tensor([2, 3]), d.tensor([2, 3]), d.tensor([3], { min: -0.5, max: 1.5 })],
      'weights broadcast': d => [d.tensor([3]), d.tensor([]), d.tensor([2, 1], { min: 0, max: 1 })],
      'no elements': d => [d.tensor([0, 3]), d.tensor([3]), 0.5],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.tensor([2]), 0.5],
    },
    edges: { 'both ends': d => [d.of([1e16, 1]), d.of([1, 3]), d.of([1, 0])] },
    naive: (a: Dense, b: Operand, w: Operand) => map((x, y, u) => (u === 1 ? y : lerp(x, y, u)), a, b, w),
    errors: [
      ...ternaryErrors('lerp', ag.lerp as never),
      {
        label: 'text as weight',
        call: () => ag.lerp(tensor([1]), tensor([2]), 'half' as never),
        error: ArgumentError,
        message: /^lerp: expected a tensor or a number, got 'half'/,
      },
    ],
  },
  addcmul: withValue('addcmul', ag.addcmul, (x, a, b, value) => x + value * a * b),
  addcdiv: withValue('addcdiv', ag.addcdiv, (x, a, b, value) => x + (value * a) / b),
  maskedFill: {
    op: ag.maskedFill,
    calls: {
      'equal shapes': d => [d.tensor([2, 3]), d.bools([2, 3]), 1.5],
      'mask broadcast': d => [d.tensor([2, 3]), d.bools([3]), -1],
      'x broadcast': d => [d.tensor([3]), d.bools([2, 3]), -1],
      'a tensor as value': d => [d.tensor([2, 3]), d.bools([2, 1]), d.tensor([])],
      'no elements': d => [d.tensor([0, 3]), d.bools([3]), 0],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.bools([2]), 0],
    },
    edges: {
      int32: d => [d.ints([3], 0, 9), d.bools([3]), -1],
      infinity: d => [d.of([1, Number.NaN]), d.of([0, 1]).ne(0), Number.NEGATIVE_INFINITY],
    },
    naive: (x: Dense, mask: Dense, value: Operand) => map((v, m, u) => (m !== 0 ? u : v), x, mask, value),
    errors: [
      {
        label: 'a mask of numbers',
        call: () => ag.maskedFill(tensor([1]), tensor([1]), 0),
        error: DTypeError,
        message: /^maskedFill: expected a bool tensor as mask, got float32\. Compare first/,
      },
      {
        label: 'a value with dims',
        call: () => ag.maskedFill(tensor([1]), tensor([true]), tensor([1])),
        error: ArgumentError,
        message: /^maskedFill: the value has shape \[1\]; expected a number or a tensor of shape \[\]/,
      },
      {
        label: 'shapes that do not broadcast',
        call: () => (ag.maskedFill as (...args: unknown[]) => unknown)(zeros([2, 3]), zeros([2]).ne(0), 0),
        error: ShapeError,
        message: /shapes \[2\] and \[2, 3\] do not broadcast/,
      },
    ],
  },
  isclose: {
    op: ag.isclose,
    calls: {
      near: d => {
        const x = d.tensor([2, 3]);
        return [x, x.mul(1 + 5e-6)];
      },
      far: d => [d.tensor([2, 3]), d.tensor([3])],
      loose: d => [d.tensor([4]), d.tensor([4]), { rtol: 0, atol: 1 }],
      'no elements': d => [d.tensor([0]), d.tensor([1])],
      int32: d => [d.ints([4], 0, 2), d.ints([4], 0, 2)],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.tensor([3, 2])],
    },
    edges: {
      'special numbers': d => [d.of(specials, [specials.length, 1]), d.of(specials)],
      'NaN is NaN': d => [d.of([Number.NaN, 1]), d.of([Number.NaN, 2]), { equalNan: true }],
    },
    naive: (a: Dense, b: Dense, { rtol = 1e-5, atol = 1e-8, equalNan = false }: ag.CloseOptions = {}) =>
      map(
        (x, y) =>
          Number(
            x === y ||
              (Math.abs(x - y) < Infinity && Math.abs(x - y) <= atol + rtol * Math.abs(y)) ||
              (equalNan && Number.isNaN(x) && Number.isNaN(y)),
          ),
        a,
        b,
      ),
    noDerivative: 'its output is bool',
    errors: [
      {
        label: 'a negative tolerance',
        call: () => ag.isclose(tensor([1]), tensor([1]), { rtol: -1 }),
        error: ArgumentError,
        message: /^isclose: rtol is -1; expected a number from 0/,
      },
      {
        label: 'two dtypes',
        call: () => ag.isclose(tensor([1]), tensor([1], { dtype: 'float64' })),
        error: DTypeError,
        message: /^isclose: operands have dtypes float32 and float64/,
      },
      {
        label: 'shapes that do not broadcast',
        call: () => (ag.isclose as (...args: unknown[]) => unknown)(zeros([2]), zeros([3])),
        error: ShapeError,
        message: /^isclose: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'a number',
        call: () => ag.isclose(tensor([1]), 1 as never),
        error: ArgumentError,
        message: /^isclose: expected two tensors, got 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;

function floorDiv(x: number, y: number): number {
  return Math.floor(x / y);
}
