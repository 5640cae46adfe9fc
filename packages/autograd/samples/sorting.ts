import * as ag from '../src/index.js';
import {
  ArgumentError,
  DTypeError,
  IndexError,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';
import { build, Dense, dimOf, reduce } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const int32 = { dtype: 'int32' } as const;
const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;

/** Where the elements of a list are in order: stable, NaN as the largest. */
function order(values: readonly number[], descending = false): number[] {
  const less = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));
  // By counting what comes before each.
  const places = values.map(
    (x, i) =>
      values.filter((y, j) => (descending ? less(x, y) : less(y, x)) || (!less(x, y) && !less(y, x) && j < i))
        .length,
  );
  return values.map((_, place) => places.indexOf(place));
}

const vector = (x: Dense): Dense => (x.shape.length === 0 ? new Dense([1], x.data) : x);

/** Values and indices of the first k in order along a dim. */
function first(x: Dense, dim: number, descending: boolean, k?: number): [Dense, Dense] {
  const lanes = vector(x);
  const d = dimOf(dim, lanes.shape.length);
  const shape = lanes.shape.with(d, k ?? lanes.shape[d]);
  const lane = (at: readonly number[]): number[] =>
    Array.from({ length: lanes.shape[d] }, (_, i) => lanes.at(at.with(d, i)));
  const indices = build(shape, at => order(lane(at), descending)[at[d]]);
  const values = build(shape, at => lane(at)[indices.at(at)]);
  if (x.shape.length > 0 || k === 0) return [values, indices];
  return [new Dense([], values.data), new Dense([], indices.data)];
}

/** Values and indices of one element of each lane. */
function chosen(
  x: Dense,
  dim: number,
  options: ag.ReduceOptions | undefined,
  choose: (values: readonly number[]) => number,
): [Dense, Dense] {
  const d = x.shape.length === 0 ? undefined : dim;
  return [
    reduce(values => values[choose(values)], x, d, options),
    reduce(values => choose(values), x, d, options),
  ];
}

const numbersOf = (values: readonly number[]): number[] => values.filter(v => !Number.isNaN(v));

function medianIndex(values: readonly number[], skipNaN: boolean): number {
  const numbers = numbersOf(values).length;
  if (!skipNaN && numbers < values.length) return values.findIndex(Number.isNaN);
  return order(values)[Math.max(Math.floor((numbers - 1) / 2), 0)];
}

const naiveMedian =
  (skipNaN: boolean) =>
  (x: Dense, dim?: number, options?: ag.ReduceOptions): Dense | Dense[] => {
    if (dim !== undefined) return chosen(x, dim, options, values => medianIndex(values, skipNaN));
    return new Dense([], [x.data[medianIndex(x.data, skipNaN)]]);
  };

function modeIndex(values: readonly number[]): number {
  let best = -1;
  let most = 0;
  const sorted = order(values);
  for (const i of sorted) {
    const equal = values.filter(v => v === values[i]).length;
    if (Math.max(equal, 1) > most) {
      most = Math.max(equal, 1);
      best = equal === 0 ? i : values.lastIndexOf(values[i]);
    }
  }
  return best;
}

function quantileOf(values: readonly number[], q: number, kind: ag.Interpolation, skipNaN: boolean): number {
  const sorted = order(values).map(i => values[i]);
  const numbers = numbersOf(values).length;
  if (!skipNaN && numbers < values.length) return nan;
  const rank = q * Math.max((skipNaN ? numbers : values.length) - 1, 0);
  const [low, high] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  const part = rank - Math.floor(rank);
  const even = Math.floor(rank) % 2 === 0;
  switch (kind) {
    case 'lower':
      return low;
    case 'higher':
      return high;
    case 'midpoint':
      return (low + high) / 2;
    case 'nearest':
      return part < 0.5 || (part === 0.5 && even) ? low : high;
    case 'linear':
      return low + (high - low) * part;
  }
}

const naiveQuantile =
  (skipNaN: boolean) =>
  (
    x: Dense,
    q: number | Dense,
    dim?: number,
    { keepdim, interpolation = 'linear' }: ag.QuantileOptions = {},
  ): Dense => {
    const d = x.shape.length === 0 ? undefined : dim;
    const one = (fraction: number): Dense =>
      reduce(values => quantileOf(values, fraction, interpolation, skipNaN), x, d, { keepdim });
    if (typeof q === 'number') return one(q);
    const all = q.data.map(one);
    if (q.shape.length === 0) return all[0];
    return new Dense(
      [all.length, ...(all[0]?.shape ?? [])],
      all.flatMap(a => a.data),
    );
  };

function dimErrors(name: string, call: (x: Tensor, dim: number) => unknown): ErrorCase[] {
  return [
    {
      label: 'no such dim',
      call: () => call(zeros([2, 3]), 2),
      error: IndexError,
      message: new RegExp(`^${name}: dim 2 is outside the range of a tensor with 2 dims`),
    },
    {
      label: 'no tensor',
      call: () => call(3 as never, 0),
      error: ArgumentError,
      message: new RegExp(`^${name}: expected a tensor, got 3`),
    },
  ];
}

function emptyError(name: string, call: (x: Tensor, dim: number) => unknown): ErrorCase {
  return {
    label: 'an empty dim',
    call: () => call(zeros([2, 0]), 1),
    error: ShapeError,
    message: new RegExp(`^${name}: dim 1 of shape \\[2, 0\\] is empty, and nothing has no ${name}`),
  };
}

function descendingError(name: string, call: (x: Tensor, options: never) => unknown): ErrorCase {
  return {
    label: 'descending that is neither',
    call: () => call(zeros([3]), { descending: 1 } as never),
    error: ArgumentError,
    message: new RegExp(`^${name}: descending is 1; expected true or false`),
  };
}

const special = [1, nan, minusInf, 0, -0, inf, nan, 1];

const quantileErrors = (name: string, op: ag.QuantileFunction): ErrorCase[] => {
  const head = (text: string): RegExp => new RegExp(`^${name}: ${text}`);
  return [
    ...dimErrors(name, (x, dim) => op(x, 0.5, dim)),
    emptyError(name, (x, dim) => op(x, 0.5, dim)),
    {
      label: 'nothing at all',
      call: () => op(zeros([0, 2]), 0.5),
      error: ShapeError,
      message: head('the tensor of shape \\[0, 2\\] is empty'),
    },
    {
      label: 'a fraction above 1',
      call: () => op(zeros([3]), 1.5),
      error: ArgumentError,
      message: head('q is 1\\.5; expected a number from 0 to 1'),
    },
    {
      label: 'a fraction below 0 among others',
      call: () => op(zeros([3]), tensor([0.5, -1])),
      error: ArgumentError,
      message: head('element 1 of q is -1; expected a number from 0 to 1'),
    },
    {
      label: 'a text as fraction',
      call: () => op(zeros([3]), '0.5' as never),
      error: ArgumentError,
      message: head("q is '0\\.5'; expected a number from 0 to 1, or a tensor of such"),
    },
    {
      label: 'fractions of another dtype',
      call: () => op(zeros([3]), zeros([1], { dtype: 'float64' })),
      error: DTypeError,
      message: head('q is float64 and the input float32; they must be the same'),
    },
    {
      label: 'fractions in two dims',
      call: () => op(zeros([3]), zeros([1, 1])),
      error: ShapeError,
      message: head('q has shape \\[1, 1\\]; expected at most one dim'),
    },
    {
      label: 'another interpolation',
      call: () => op(zeros([3]), 0.5, 0, { interpolation: 'cubic' as never }),
      error: ArgumentError,
      message: head("interpolation is 'cubic'; expected one of linear, lower, higher, midpoint, nearest"),
    },
    {
      label: 'whole numbers',
      call: () => op(zeros([3], int32), 0.5),
      error: DTypeError,
      message: head('expected a float32 or float64 tensor, got int32'),
    },
  ];
};

export const sortingSamples = {
  sort: {
    op: ag.sort,
    calls: {
      'last dim': d => [d.distinct([2, 5])],
      'first dim, descending': d => [d.distinct([5, 2]), 0, { descending: true }],
      'middle dim': d => [d.distinct([2, 4, 2]), -2],
      scalar: d => [d.tensor([])],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 0],
      'a long lane': d => [d.distinct([40])],
      'no elements': d => [d.tensor([2, 0])],
      'no lanes': d => [d.tensor([0, 2])],
    },
    edges: {
      'ties, NaN, infinities': d => [d.of(special)],
      'the same, descending': d => [d.of(special), 0, { descending: true }],
      'of int32': d => [d.ints([20], -3, 3), -1, { descending: true }],
      'of bool': d => [d.bools([3, 5]), 0],
    },
    naive: (x: Dense, dim = -1, { descending = false }: ag.SortOptions = {}) => first(x, dim, descending),
    errors: [...dimErrors('sort', ag.sort), descendingError('sort', (x, o) => ag.sort(x, 0, o))],
  },
  argsort: {
    op: ag.argsort,
    calls: {
      'last dim': d => [d.distinct([2, 5])],
      'first dim, descending': d => [d.distinct([5, 2]), 0, { descending: true }],
      scalar: d => [d.tensor([])],
      'no elements': d => [d.tensor([2, 0])],
    },
    edges: { 'ties, NaN, infinities': d => [d.of(special)], 'of int32': d => [d.ints([20], -3, 3)] },
    naive: (x: Dense, dim = -1, { descending = false }: ag.SortOptions = {}) => first(x, dim, descending)[1],
    noDerivative: 'an index moves in jumps',
    errors: [...dimErrors('argsort', ag.argsort), descendingError('argsort', (x, o) => ag.argsort(x, 0, o))],
  },
  msort: {
    op: ag.msort,
    calls: {
      matrix: d => [d.distinct([4, 3])],
      vector: d => [d.distinct([5])],
      scalar: d => [d.tensor([])],
      'no elements': d => [d.tensor([0, 3])],
    },
    edges: { 'ties, NaN, infinities': d => [d.of(special)] },
    naive: (x: Dense) => first(x, 0, false)[0],
    errors: [
      {
        label: 'no tensor',
        call: () => ag.msort(3 as never),
        error: ArgumentError,
        message: /^msort: expected a tensor, got 3/,
      },
    ],
  },
  topk: {
    op: ag.topk,
    calls: {
      'last dim': d => [d.distinct([2, 5]), 3],
      'first dim, the smallest': d => [d.distinct([5, 2]), 2, 0, { largest: false }],
      all: d => [d.distinct([4]), 4],
      'few of many': d => [d.distinct([50]), 3],
      scalar: d => [d.tensor([]), 1],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 2, 0],
      none: d => [d.tensor([3, 2]), 0],
    },
    edges: {
      'ties, NaN, infinities': d => [d.of(special), 4],
      'the smallest of these': d => [d.of(special), 7, 0, { largest: false }],
      'of int32': d => [d.ints([40], -3, 3), 5],
    },
    naive: (x: Dense, k: number, dim = -1, { largest = true }: ag.TopkOptions = {}) =>
      first(x, dim, largest, k),
    errors: [
      ...dimErrors('topk', (x, dim) => ag.topk(x, 1, dim)),
      {
        label: 'more than there are',
        call: () => ag.topk(zeros([2, 3]), 4),
        error: ArgumentError,
        message:
          /^topk: k is 4; expected a whole number from 0 to the 3 elements along dim 1 of shape \[2, 3\]/,
      },
      {
        label: 'half of one',
        call: () => ag.topk(zeros([3]), 0.5),
        error: ArgumentError,
        message: /^topk: k is 0\.5; expected a whole number from 0 to the 3/,
      },
      {
        label: 'largest that is neither',
        call: () => ag.topk(zeros([3]), 1, 0, { largest: 'no' as never }),
        error: ArgumentError,
        message: /^topk: largest is 'no'; expected true or false/,
      },
    ],
  },
  kthvalue: {
    op: ag.kthvalue,
    calls: {
      'last dim': d => [d.distinct([2, 5]), 2],
      'first dim kept': d => [d.distinct([5, 2]), 5, 0, { keepdim: true }],
      scalar: d => [d.tensor([]), 1],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 3, 0],
      'no elements': d => [d.tensor([0, 3]), 2],
    },
    edges: { 'ties, NaN, infinities': d => [d.of(special), 6], 'of int32': d => [d.ints([20], -3, 3), 9] },
    naive: (x: Dense, k: number, dim = -1, options?: ag.ReduceOptions) =>
      chosen(x, dim, options, values => order(values)[k - 1]),
    errors: [
      ...dimErrors('kthvalue', (x, dim) => ag.kthvalue(x, 1, dim)),
      emptyError('kthvalue', (x, dim) => ag.kthvalue(x, 1, dim)),
      {
        label: 'counted from 0',
        call: () => ag.kthvalue(zeros([3]), 0),
        error: ArgumentError,
        message:
          /^kthvalue: k is 0; expected a whole number from 1 to the 3 elements along dim 0 of shape \[3\]/,
      },
    ],
  },
  median: {
    op: ag.median,
    calls: {
      'of all': d => [d.distinct([2, 4])],
      'along a dim': d => [d.distinct([2, 5]), -1],
      'first dim kept': d => [d.distinct([4, 2]), 0, { keepdim: true }],
      scalar: d => [d.tensor([])],
      'a dim of a scalar': d => [d.tensor([]), 0],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 0],
      'no elements': d => [d.tensor([0, 3]), 1],
    },
    edges: {
      'with NaN': d => [d.of([3, nan, 1, nan, 2, 0], [2, 3]), 1],
      'of all with NaN': d => [d.of([3, nan, 1])],
      'of int32': d => [d.ints([20], -3, 3)],
      'of int32 along a dim': d => [d.ints([4, 5], -3, 3), 0],
    },
    naive: naiveMedian(false),
    errors: [...dimErrors('median', ag.median), emptyError('median', ag.median)],
  },
  nanmedian: {
    op: ag.nanmedian,
    calls: {
      'of all': d => [d.distinct([2, 4])],
      'along a dim': d => [d.distinct([2, 5]), -1],
      'first dim kept': d => [d.distinct([4, 2]), 0, { keepdim: true }],
      scalar: d => [d.tensor([])],
      'no elements': d => [d.tensor([0, 3]), 1],
    },
    edges: {
      'with NaN': d => [d.of([3, nan, 1, nan, nan, nan, 4, nan, 2, 1, 3, 5], [4, 3]), 1],
      'of all with NaN': d => [d.of([3, nan, 1])],
      'of NaN alone': d => [d.of([nan, nan])],
      'of int32': d => [d.ints([20], -3, 3)],
    },
    naive: naiveMedian(true),
    errors: [...dimErrors('nanmedian', ag.nanmedian), emptyError('nanmedian', ag.nanmedian)],
  },
  mode: {
    op: ag.mode,
    calls: {
      'last dim': d => [d.distinct([2, 5])],
      'first dim kept': d => [d.distinct([4, 2]), 0, { keepdim: true }],
      scalar: d => [d.tensor([])],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 0],
      'no elements': d => [d.tensor([0, 3])],
    },
    edges: {
      ties: d => [d.of([2, 1, 2, 1, 0, 3, 3, 0, 3, 0], [2, 5])],
      'NaN equals nothing': d => [d.of([nan, 2, nan, 1, 2])],
      'of int32': d => [d.ints([4, 9], 0, 3)],
      'of int32, first dim': d => [d.ints([9, 2, 2], 0, 3), 0],
    },
    naive: (x: Dense, dim = -1, options?: ag.ReduceOptions) => chosen(x, dim, options, modeIndex),
    errors: [...dimErrors('mode', ag.mode), emptyError('mode', ag.mode)],
  },
  quantile: {
    op: ag.quantile,
    calls: {
      'of all': d => [d.distinct([2, 3]), 0.3],
      'along a dim, kept': d => [d.distinct([2, 4]), 0.6, 1, { keepdim: true }],
      'several, first dim': d => [d.distinct([4, 2]), d.of([0.3, 0.8]), 0],
      'several of all, kept': d => [d.distinct([2, 3]), d.of([0.1, 0.5]), undefined, { keepdim: true }],
      'one as a tensor': d => [d.distinct([3, 2, 2]), d.of([0.7], []), 1],
      lower: d => [d.distinct([2, 4]), 0.6, -1, { interpolation: 'lower' }],
      higher: d => [d.distinct([2, 4]), 0.6, -1, { interpolation: 'higher' }],
      midpoint: d => [d.distinct([2, 4]), 0.6, -1, { interpolation: 'midpoint' }],
      nearest: d => [d.distinct([2, 4]), 0.6, -1, { interpolation: 'nearest' }],
      scalar: d => [d.tensor([]), 0.5],
      transposed: d => [d.distinct([2, 4]).transpose(0, 1), 0.4, 0],
      'no elements': d => [d.tensor([0, 3]), 0.5, 1],
    },
    edges: {
      'with NaN': d => [d.of([3, nan, 1, 4, 2, 0], [2, 3]), 0.25, 1],
      'halves of the way': d => [
        d.of([1, 2, 3, 4, 5, 6]),
        d.of([0.1, 0.3, 0.5]),
        0,
        { interpolation: 'nearest' },
      ],
      'both ends': d => [d.of([3, 1, 2]), d.of([0, 1])],
    },
    naive: naiveQuantile(false),
    errors: quantileErrors('quantile', ag.quantile),
  },
  nanquantile: {
    op: ag.nanquantile,
    calls: {
      'of all': d => [d.distinct([2, 3]), 0.3],
      'along a dim, kept': d => [d.distinct([2, 4]), 0.6, 1, { keepdim: true }],
      'several, first dim': d => [d.distinct([4, 2]), d.of([0.3, 0.8]), 0],
      nearest: d => [d.distinct([2, 4]), 0.6, -1, { interpolation: 'nearest' }],
      'no elements': d => [d.tensor([0, 3]), 0.5, 1],
    },
    edges: {
      'with NaN': d => [d.of([3, nan, 1, 4, 2, 0, nan, nan, 7], [3, 3]), 0.25, 1],
      'of NaN alone': d => [d.of([nan, nan]), 0.5],
    },
    naive: naiveQuantile(true),
    errors: quantileErrors('nanquantile', ag.nanquantile),
  },
} satisfies Record<string, OpInfo>;
