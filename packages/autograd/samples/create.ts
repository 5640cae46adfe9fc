import * as ag from '../src/index.js';
import { ArgumentError, DataError, DTypeError, ShapeError } from '../src/index.js';
import { build, Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const noDerivative = 'it creates a constant';
const noMethod = 'it creates a tensor';

/** What every creation function refuses. */
export function shapeErrors(
  name: string,
  make: (shape: readonly number[], options?: ag.CreateOptions) => unknown,
): ErrorCase[] {
  return [
    {
      label: 'a fraction as size',
      call: () => make([2, 1.5]),
      error: ShapeError,
      message: new RegExp(
        `^${name}: size 1\\.5 in shape \\[2, 1\\.5\\] \\(dim 1\\) is not a whole number from 0`,
      ),
    },
    {
      label: 'NaN as size',
      call: () => make([Number.NaN]),
      error: ShapeError,
      message: new RegExp(`^${name}: size NaN in shape \\[NaN\\]`),
    },
    {
      label: 'a negative size',
      call: () => make([-1]),
      error: ShapeError,
      message: new RegExp(`^${name}: size -1 in shape \\[-1\\]`),
    },
    {
      label: 'a number instead of a shape',
      call: () => make(3 as never),
      error: ShapeError,
      message: new RegExp(`^${name}: expected a shape such as \\[2, 3\\], got 3`),
    },
    {
      label: 'an int32 leaf that requires a gradient',
      call: () => make([2], { dtype: 'int32', requiresGrad: true }),
      error: DTypeError,
      message: new RegExp(`^${name}: .*float32 (and|or) float64.*not '?int32'?`),
    },
  ];
}

function filled(
  name: string,
  op: (shape: readonly number[], options?: ag.CreateOptions) => ag.Tensor,
  value: number,
): OpInfo {
  return {
    op: op as never,
    calls: {
      matrix: d => [[d.size(), d.size()], { dtype: d.dtype }],
      scalar: d => [[], { dtype: d.dtype }],
      'no elements': d => [[2, 0], { dtype: d.dtype }],
      int32: () => [[3], { dtype: 'int32' }],
    },
    naive: (shape: readonly number[]) => build(shape, () => value),
    noDerivative,
    noMethod,
    errors: [
      ...shapeErrors(name, op),
      {
        label: 'an unknown dtype',
        call: () => op([1], { dtype: 'int8' as 'int32' }),
        error: DTypeError,
        message: new RegExp(`^${name}: unknown dtype 'int8'`),
      },
    ],
  };
}

/** A row of a creation function that takes the shape from a tensor. */
export function like(op: (x: ag.Tensor, options?: ag.CreateOptions) => ag.Tensor, value: number): OpInfo {
  return {
    op: op as never,
    calls: {
      matrix: d => [d.tensor([2, 3])],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1)],
      'another dtype': d => [d.tensor([2]), { dtype: 'int32' }],
      'no elements': d => [d.tensor([0])],
    },
    naive: (x: Dense) => build(x.shape, () => value),
    noDerivative,
    noMethod,
    errors: [
      {
        label: 'an unknown dtype',
        call: () => op(ag.ones([1]), { dtype: 'int8' as 'int32' }),
        error: DTypeError,
        message: /unknown dtype 'int8'/,
      },
    ],
  };
}

type Nested = number | boolean | readonly Nested[];

function nested(data: Nested): Dense {
  const shape: number[] = [];
  for (let level: Nested = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  return new Dense(shape, ([data] as Nested[]).flat(8).map(Number));
}

export const createSamples = {
  tensor: {
    op: ag.tensor,
    calls: {
      nested: d => [
        [
          [1, 2, 3],
          [4, 5, d.int(6, 9)],
        ],
        { dtype: d.dtype },
      ],
      number: d => [d.int(0, 9), { dtype: d.dtype }],
      booleans: () => [[true, false]],
      int32: () => [[[1], [-2]], { dtype: 'int32' }],
      empty: d => [[[], []], { dtype: d.dtype }],
    },
    naive: (data: Nested) => nested(data),
    noDerivative: 'it copies numbers, and a tensor outside the graph',
    noMethod,
    errors: [
      {
        label: 'ragged arrays',
        call: () => ag.tensor([[1, 2], [3]]),
        error: DataError,
        message: /^tensor: the data are ragged: data\[1\] is an array of 1, expected an array of 2/,
      },
      {
        label: 'text',
        call: () => ag.tensor([1, 'two' as never]),
        error: DataError,
        message: /^tensor: data\[1\] is 'two'; expected a number or a boolean/,
      },
      {
        label: 'a fraction for int32',
        call: () => ag.tensor([1, 1.5], { dtype: 'int32' }),
        error: DataError,
        message: /^tensor: element 1 is 1\.5, which is no int32\. Round it/,
      },
    ],
  },
  zeros: filled('zeros', ag.zeros, 0),
  ones: filled('ones', ag.ones, 1),
  full: {
    op: ag.full,
    calls: {
      matrix: d => [[2, d.size()], 0.5, { dtype: d.dtype }],
      'no elements': d => [[0], 3, { dtype: d.dtype }],
      bool: () => [[2], 1, { dtype: 'bool' }],
    },
    naive: (shape: readonly number[], value: number) => build(shape, () => value),
    noDerivative,
    noMethod,
    errors: [
      ...shapeErrors('full', (shape, options) => ag.full(shape, 1, options)),
      {
        label: 'text to fill with',
        call: () => ag.full([2], 'one' as never),
        error: DataError,
        message: /^full: expected a number to fill with, got 'one'/,
      },
    ],
  },
  zerosLike: like(ag.zerosLike, 0),
  onesLike: like(ag.onesLike, 1),
  fullLike: {
    ...like((x, options) => ag.fullLike(x, 4, options), 4),
    op: ag.fullLike,
    calls: { matrix: d => [d.tensor([2, 3]), 4], 'no elements': d => [d.tensor([0]), 4] },
  },
  arange: {
    op: ag.arange,
    calls: {
      'to an end': d => [d.int(0, 6)],
      'from a start': () => [2, 6],
      'with a step': d => [1, 2, 0.25, { dtype: d.dtype }],
      downwards: () => [3, -3, -2],
      nothing: () => [3, 1],
    },
    naive: (a: number, b?: number, step = 1) => {
      const [start, end] = b === undefined ? [0, a] : [a, b];
      const n = Math.max(Math.ceil((end - start) / step), 0);
      return build([n], ([i]) => start + i * step);
    },
    noDerivative,
    noMethod,
    errors: [
      {
        label: 'a step of 0',
        call: () => ag.arange(0, 3, 0),
        error: ArgumentError,
        message: /^arange: step is 0/,
      },
      {
        label: 'an infinite end',
        call: () => ag.arange(Number.POSITIVE_INFINITY),
        error: ArgumentError,
        message: /^arange: end is Infinity; expected a finite number/,
      },
    ],
  },
  eye: {
    op: ag.eye,
    calls: {
      square: d => [d.size(), undefined, { dtype: d.dtype }],
      wide: d => [2, 4, { dtype: d.dtype }],
      tall: d => [4, 2, { dtype: d.dtype }],
      'no elements': d => [0, 3, { dtype: d.dtype }],
    },
    naive: (n: number, m = n) => build([n, m], ([i, j]) => Number(i === j)),
    noDerivative,
    noMethod,
    errors: [
      {
        label: 'a fraction',
        call: () => ag.eye(1.5),
        error: ShapeError,
        message: /^eye: size 1\.5 in shape/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
