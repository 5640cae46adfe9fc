import * as ag from '../src/index.js';
import { DTypeError, ShapeError, tensor, zeros } from '../src/index.js';
import type { Draw, RangeOptions } from './draw.js';
import { type Dense, map } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type BinaryOp = (a: ag.Tensor | number, b: ag.Tensor | number) => ag.Tensor;
export type Pair = (d: Draw, a: readonly number[], b: readonly number[]) => [ag.Tensor, ag.Tensor];

/** What every op of two operands refuses. */
export function operandErrors(
  name: string,
  op: BinaryOp,
  dtype: 'float32' | 'bool' = 'float32',
): ErrorCase[] {
  return [
    {
      label: 'shapes that do not broadcast',
      call: () => op(zeros([2, 3], { dtype }), zeros([4], { dtype })),
      error: ShapeError,
      message: new RegExp(
        `^${name}: shapes \\[2, 3\\] and \\[4\\] do not broadcast: dim -1 is 3 in the one and 4 in the other`,
      ),
    },
    {
      label: 'two dtypes',
      call: () => op(zeros([2]), zeros([2], { dtype: 'float64' })),
      error: DTypeError,
      message: new RegExp(
        `^${name}: operands have dtypes float32 and float64; they must be the same\\. Convert one`,
      ),
    },
    {
      label: 'no tensor',
      call: () => op(1, 2),
      error: ag.ArgumentError,
      message: new RegExp(`^${name}: expected at least one tensor, got the numbers 1 and 2`),
    },
    {
      label: 'an array instead of a tensor',
      call: () => op(zeros([2]), [1, 2] as never),
      error: ag.ArgumentError,
      message: new RegExp(
        `^${name}: expected a tensor or a number, got \\[1, 2\\]\\. Make it a tensor first`,
      ),
    },
  ];
}

/** Shapes that every op of two operands has to take. */
export function pairs(make: Pair): Record<string, (d: Draw) => unknown[]> {
  return {
    'equal shapes': d => {
      const shape = [d.size(), d.size()];
      return make(d, shape, shape);
    },
    'row and column': d => make(d, [1, d.size()], [d.size(3), 1]),
    'leading dims broadcast': d => {
      const n = d.size();
      return make(d, [2, d.size(2), n], [n]);
    },
    'scalar tensor': d => make(d, [], [2, 2]),
    'no elements': d => make(d, [0, 3], [1, 3]),
    'transposed and sliced': d => {
      const [a, b] = make(d, [2, 3], [3, 5]);
      return [a.transpose(0, 1), b.slice(1, { step: 3 })];
    },
  };
}

export interface BinarySpec {
  readonly a?: RangeOptions;
  readonly b?: RangeOptions;
  /** Numbers on either side. */
  readonly left?: number;
  readonly right?: number;
  readonly int32?: boolean;
  readonly pair?: Pair;
  readonly specials?: boolean;
}

const specials = [0, -0, 1, -2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** A row of an op of two numbers. */
export function arithmetic(
  name: string,
  op: unknown,
  f: (a: number, b: number) => number,
  spec: BinarySpec = {},
): OpInfo {
  const fn = op as BinaryOp;
  const make: Pair = spec.pair ?? ((d, a, b) => [d.tensor(a, spec.a), d.tensor(b, spec.b)]);
  const { left = 1.5, right = 0.75 } = spec;
  const edges: Record<string, (d: Draw) => unknown[]> = {};
  if (spec.specials !== false)
    edges['special numbers'] = d => [d.of(specials, [specials.length, 1]), d.of(specials)];
  if (spec.int32 === true) {
    edges.int32 = d => [d.ints([2, 3], -5, 5), d.ints([3], -5, 5)];
    edges['int32 and a number'] = d => [d.ints([4], -5, 5), 3];
  }
  return {
    op: fn,
    calls: {
      ...pairs(make),
      'number on the right': d => [make(d, [2, 3], [1])[0], right],
      'number on the left': d => [left, make(d, [1], [2, 3])[1]],
    },
    edges,
    naive: (a: Dense | number, b: Dense | number) => map(f, a, b),
    errors: [
      ...operandErrors(name, fn),
      {
        label: 'bool is refused',
        call: () => fn(tensor([true]), tensor([true])),
        error: DTypeError,
        message: new RegExp(`^${name}: expected .*got bool`),
      },
      spec.int32 === true
        ? {
            label: 'a fraction beside int32',
            call: () => fn(tensor([1], { dtype: 'int32' }), 0.5),
            error: DTypeError,
            message: new RegExp(`^${name}: the number 0\\.5 does not fit an int32 tensor`),
          }
        : {
            label: 'int32 is refused',
            call: () => fn(tensor([1], { dtype: 'int32' }), 1),
            error: DTypeError,
            message: new RegExp(
              `^${name}: expected float32 or float64: convert with to\\('float32'\\), got int32`,
            ),
          },
    ],
  };
}

function comparison(name: string, op: unknown, f: (a: number, b: number) => boolean): OpInfo {
  const fn = op as BinaryOp;
  const near: Pair = (d, a, b) => [d.ints(a, -1, 1), d.ints(b, -1, 1)];
  return {
    op: fn,
    calls: {
      ...pairs(near),
      float: d => [d.tensor([2, 3]), d.tensor([3])],
      'number on the right': d => [d.tensor([2, 3]), 0.5],
      'number on the left': d => [0.5, d.tensor([2, 3])],
      'special numbers': d => [d.of(specials, [specials.length, 1]), d.of(specials)],
      bool: d => [d.bools([2, 2]), d.bools([2])],
    },
    naive: (a: Dense | number, b: Dense | number) => map((x, y) => Number(f(x, y)), a, b),
    noDerivative: 'its output is bool',
    errors: operandErrors(name, fn),
  };
}

function logical(name: string, op: unknown, f: (a: boolean, b: boolean) => boolean): OpInfo {
  const fn = op as BinaryOp;
  return {
    op: fn,
    calls: pairs((d, a, b) => [d.bools(a), d.bools(b)]),
    naive: (a: Dense, b: Dense) => map((x, y) => Number(f(x !== 0, y !== 0)), a, b),
    noDerivative: 'its output is bool',
    errors: [
      ...operandErrors(name, fn, 'bool'),
      {
        label: 'numbers are refused',
        call: () => fn(tensor([1]), tensor([0])),
        error: DTypeError,
        message: new RegExp(`^${name}: expected bool tensors: compare first, .*got float32`),
      },
    ],
  };
}

/** Operands that are nowhere equal, whatever is broadcast against what. */
const apart: Pair = (d, a, b) => [d.distinct(a), d.distinct(b, { offset: 0.2 })];
const nan = (f: (a: number, b: number) => number) => (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : f(a, b);

export const binarySamples = {
  add: arithmetic('add', ag.add, (a, b) => a + b, { int32: true }),
  sub: arithmetic('sub', ag.sub, (a, b) => a - b, { int32: true }),
  mul: arithmetic('mul', ag.mul, (a, b) => a * b, { int32: true }),
  maximum: arithmetic('maximum', ag.maximum, nan(Math.max), {
    pair: apart,
    int32: true,
    left: 0.3,
    right: 0.3,
  }),
  minimum: arithmetic('minimum', ag.minimum, nan(Math.min), {
    pair: apart,
    int32: true,
    left: 0.3,
    right: 0.3,
  }),
  pow: withCalls(
    arithmetic('pow', ag.pow, (a, b) => a ** b, {
      a: { min: 0.4, max: 2 },
      b: { min: -1.5, max: 2.5 },
      right: -1.7,
      specials: false,
    }),
    {
      ...Object.fromEntries(
        [0, 1, 2, 3, -1, -2].map(n => [
          `exponent ${n}`,
          (d: Draw) => [d.tensor([3], { avoid: [0], margin: 0.3 }), n],
        ]),
      ),
    },
    {
      'zero to powers': d => [d.of([0, 0, 0, 1, -1]), d.of([0, 1, 2.5, 0, 0])],
      'negative base': d => [d.of([-2, -2, -2]), d.of([3, 0.5, -1])],
      'number to powers': d => [2, d.of([3, 0.5, -1, 0])],
      'zero as a number to powers': d => [0, d.of([3, 0.5, 1, 0])],
    },
  ),
  eq: comparison('eq', ag.eq, (a, b) => a === b),
  ne: comparison('ne', ag.ne, (a, b) => a !== b),
  lt: comparison('lt', ag.lt, (a, b) => a < b),
  le: comparison('le', ag.le, (a, b) => a <= b),
  gt: comparison('gt', ag.gt, (a, b) => a > b),
  ge: comparison('ge', ag.ge, (a, b) => a >= b),
  logicalAnd: logical('logicalAnd', ag.logicalAnd, (a, b) => a && b),
  logicalOr: logical('logicalOr', ag.logicalOr, (a, b) => a || b),
  logicalXor: logical('logicalXor', ag.logicalXor, (a, b) => a !== b),

  where: {
    op: ag.where,
    calls: {
      'equal shapes': d => [d.bools([2, 3]), d.tensor([2, 3]), d.tensor([2, 3])],
      'condition broadcast': d => [d.bools([3]), d.tensor([2, 1, 3]), d.tensor([2, 1])],
      'condition widest': d => [d.bools([2, 3]), d.tensor([]), d.tensor([3])],
      'numbers on one side': d => [d.bools([4]), d.tensor([4]), 0.5],
      'numbers on the other side': d => [d.bools([2, 2]), -1, d.tensor([2])],
      'no elements': d => [d.bools([0, 2]), d.tensor([2]), d.tensor([0, 1])],
      'transposed and expanded': d => [
        d.bools([2, 3]).transpose(0, 1),
        d.tensor([2, 3]).transpose(0, 1),
        d.tensor([1, 2]).expand([3, 2]),
      ],
    },
    edges: {
      'NaN where it is not chosen': d => [
        d.of([1, 0]).ne(0),
        d.of([1, Number.NaN]),
        d.of([Number.POSITIVE_INFINITY, 2]),
      ],
      int32: d => [d.bools([4]), d.ints([4], 0, 9), -1],
    },
    naive: (c: Dense, a: Dense | number, b: Dense | number) => map((x, y, z) => (x !== 0 ? y : z), c, a, b),
    noMethod: 'its first argument is the condition',
    errors: [
      {
        label: 'a condition of numbers',
        call: () => ag.where(tensor([1]), tensor([1]), tensor([2])),
        error: DTypeError,
        message: /^where: expected a bool tensor as condition, got float32\. Compare first: x\.ne\(0\)/,
      },
      {
        label: 'shapes that do not broadcast',
        call: () => (ag.where as (...x: unknown[]) => unknown)(tensor([true, false]), zeros([3]), 0),
        error: ShapeError,
        message: /^where: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'two dtypes',
        call: () => ag.where(tensor([true]), tensor([1]), tensor([1], { dtype: 'int32' })),
        error: DTypeError,
        message: /^where: operands have dtypes float32 and int32/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;

/** The row with further calls. */
export function withCalls(row: OpInfo, calls: OpInfo['calls'], edges: OpInfo['edges']): OpInfo {
  return { ...row, calls: { ...row.calls, ...calls }, edges: { ...row.edges, ...edges } };
}
