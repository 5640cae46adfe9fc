import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import { broadcast, build, Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

const int32 = { dtype: 'int32' } as const;

/** Calls `visit` with where each element of the index sends, and the element of the source. */
function sends(
  x: Dense,
  dim: number,
  index: Dense,
  source: Dense | number,
  visit: (to: string, value: number) => void,
): void {
  const d = dimOf(dim, x.shape.length);
  build(index.shape, i => {
    const to = i.length === 0 ? i : i.with(d, index.at(i));
    // Of a scalar one element of a vector.
    visit((x.shape.length === 0 ? [] : to).join(), typeof source === 'number' ? source : source.at(i));
    return 0;
  });
}

const reductions: Readonly<Record<ag.ScatterReduction, (values: readonly number[]) => number>> = {
  sum: values => values.reduce((a, b) => a + b, 0),
  prod: values => values.reduce((a, b) => a * b, 1),
  mean: values => values.reduce((a, b) => a + b, 0) / values.length,
  amax: values => Math.max(...values),
  amin: values => Math.min(...values),
};

/** Slices along a dim: where each goes, and its elements. */
function naiveAlong(
  x: Dense,
  dim: number,
  index: Dense,
  element: (old: number, i: number, at: readonly number[]) => number,
): Dense {
  const vector = x.shape.length === 0 ? new Dense([1], x.data) : x;
  const d = dimOf(dim, vector.shape.length);
  const out = build(vector.shape, at => {
    let value = vector.at(at);
    index.data.forEach((to, i) => {
      if ((to < 0 ? to + vector.shape[d] : to) === at[d]) value = element(value, i, at.with(d, i));
    });
    return value;
  });
  return new Dense(x.shape, out.data);
}

const sliceOf = (source: Dense, at: readonly number[]): number =>
  source.shape.length === 0 ? source.data[0] : source.at(at);

const expanded = (x: Dense, shape: readonly number[]): Dense => build(shape, i => x.at(i));

export const scatterSamples = {
  scatter: {
    op: ag.scatter,
    calls: {
      'first dim, some twice': d => [d.tensor([3, 2]), 0, d.ints([4, 2], 0, 2), d.tensor([4, 2])],
      'last dim': d => [d.tensor([2, 5]), -1, d.ints([2, 3], 0, 4), d.tensor([2, 3])],
      'index smaller than both': d => [d.tensor([3, 4]), 1, d.ints([2, 3], 0, 3), d.tensor([3, 5])],
      'a number': d => [d.tensor([3, 2]), 0, d.ints([2, 2], 0, 2), 2.5],
      scalars: d => [d.tensor([]), 0, d.ints([], 0, 0), d.tensor([])],
      'a scalar with a vector': d => [d.tensor([]), 0, d.ints([1], 0, 0), d.tensor([1])],
      transposed: d => [
        d.tensor([2, 3]).transpose(0, 1),
        0,
        d.ints([4, 2], 0, 2),
        d.tensor([2, 4]).transpose(0, 1),
      ],
      'source expanded': d => [d.tensor([3, 2]), 0, d.ints([4, 2], 0, 2), d.tensor([1, 2]).expand([4, 2])],
      'no index': d => [d.tensor([3]), 0, d.ints([0], 0, 2), d.tensor([0])],
    },
    edges: {
      'of int32': d => [d.ints([5], -9, 9), 0, d.ints([7], 0, 4), d.ints([7], 0, 9)],
      'of bool': d => [d.bools([5]), 0, d.ints([7], 0, 4), d.bools([7])],
      'a flag': d => [d.bools([5]), 0, d.ints([7], 0, 4), 1],
    },
    naive: (x: Dense, dim: number, index: Dense, source: Dense | number) => {
      const given = new Map<string, number>();
      sends(x, dim, index, source, (to, value) => given.set(to, value));
      return build(x.shape, i => given.get(i.join()) ?? x.at(i));
    },
    errors: [
      {
        label: 'an index outside',
        call: () => ag.scatter(zeros([3]), 0, tensor([1, 3], int32), zeros([2])),
        error: IndexError,
        message:
          /^scatter: index 3 \(position 1 of an index of shape \[2\]\) is outside the dim: expected 0 to 2/,
      },
      {
        label: 'a source of another dtype',
        call: () => ag.scatter(zeros([3]), 0, tensor([1], int32), zeros([1], int32)),
        error: DTypeError,
        message: /^scatter: a source of int32 does not go into a tensor of float32/,
      },
      {
        label: 'half a number into whole ones',
        call: () => ag.scatter(zeros([3], int32), 0, tensor([1], int32), 0.5),
        error: DTypeError,
        message: /^scatter: the number 0\.5 does not fit a tensor of int32/,
      },
      {
        label: 'a source smaller than the index',
        call: () => ag.scatter(zeros([3]), 0, tensor([1, 1], int32), zeros([1])),
        error: ShapeError,
        message: /^scatter: an index of shape \[2\] does not fit shape \[1\]/,
      },
      {
        label: 'a text as source',
        call: () => ag.scatter(zeros([3]), 0, tensor([1], int32), 'x' as never),
        error: ArgumentError,
        message: /^scatter: expected a tensor or a number, got 'x'/,
      },
    ],
  },
  scatterReduce: {
    op: ag.scatterReduce,
    calls: {
      sum: d => [d.tensor([3, 2]), 0, d.ints([4, 2], 0, 2), d.tensor([4, 2]), 'sum'],
      'sum of others': d => [
        d.tensor([3, 2]),
        0,
        d.ints([2, 2], 0, 2),
        d.tensor([2, 2]),
        'sum',
        { includeSelf: false },
      ],
      mean: d => [d.tensor([2, 4]), 1, d.ints([2, 5], 0, 3), d.tensor([2, 5]), 'mean'],
      'mean of others': d => [
        d.tensor([4]),
        0,
        d.ints([5], 0, 3),
        d.tensor([5]),
        'mean',
        { includeSelf: false },
      ],
      prod: d => [d.tensor([3, 2]), 0, d.ints([7, 2], 0, 2), d.tensor([7, 2]), 'prod'],
      'prod of others, index smaller': d => [
        d.tensor([3, 2]),
        -2,
        d.ints([6, 1], 0, 2),
        d.tensor([7, 2]),
        'prod',
        { includeSelf: false },
      ],
      'prod with zeros': d => [d.of([0, 1.5, -2]), 0, d.ints([5], 0, 2), d.of([0, 2, 0, -1.5, 3]), 'prod'],
      amax: d => [
        d.distinct([3, 2]),
        0,
        d.ints([4, 2], 0, 2),
        d.distinct([4, 2], { offset: 0.1, step: 0.7 }),
        'amax',
      ],
      'amax of others': d => [
        d.distinct([4]),
        0,
        d.ints([5], 0, 3),
        d.distinct([5]),
        'amax',
        { includeSelf: false },
      ],
      'amin, source larger': d => [
        d.distinct([2, 3]),
        1,
        d.ints([2, 2], 0, 2),
        d.distinct([3, 4], { offset: 0.1, step: 0.7 }),
        'amin',
        { includeSelf: false },
      ],
      scalars: d => [d.tensor([]), 0, d.ints([], 0, 0), d.tensor([]), 'prod'],
      'no index': d => [d.tensor([3]), 0, d.ints([0], 0, 2), d.tensor([0]), 'amax'],
    },
    edges: {
      'sum of int32': d => [d.ints([4], -9, 9), 0, d.ints([7], 0, 3), d.ints([7], -9, 9), 'sum'],
      'prod of int32': d => [d.ints([4], -9, 9), 0, d.ints([7], 0, 3), d.ints([7], -9, 9), 'prod'],
      'amin of int32': d => [
        d.ints([4], -9, 9),
        0,
        d.ints([7], 0, 3),
        d.ints([7], -9, 9),
        'amin',
        { includeSelf: false },
      ],
      'NaN and infinities': d => [
        d.of([0, 1, 2]),
        0,
        d.ints([5], 0, 2),
        d.of([Number.NaN, Number.POSITIVE_INFINITY, -1, 1, 1]),
        'amax',
      ],
    },
    naive: (
      x: Dense,
      dim: number,
      index: Dense,
      source: Dense,
      reduction: ag.ScatterReduction,
      { includeSelf = true }: ag.ScatterReduceOptions = {},
    ) => {
      const lists = new Map<string, number[]>();
      sends(x, dim, index, source, (to, value) => lists.set(to, [...(lists.get(to) ?? []), value]));
      return build(x.shape, i => {
        const list = lists.get(i.join());
        if (list === undefined) return x.at(i);
        return reductions[reduction](includeSelf ? [x.at(i), ...list] : list);
      });
    },
    errors: [
      {
        label: 'an index outside',
        call: () => ag.scatterReduce(zeros([3]), 0, tensor([1, -1], int32), zeros([2]), 'prod'),
        error: IndexError,
        message:
          /^scatterReduce: index -1 \(position 1 of an index of shape \[2\]\) is outside the dim: expected 0 to 2/,
      },
      {
        label: 'an index outside, by the kernel',
        call: () => ag.scatterReduce(zeros([3]), 0, tensor([1, 3], int32), zeros([2]), 'amax'),
        error: IndexError,
        message: /^scatterReduce: index 3 \(position 1/,
      },
      {
        label: 'an index outside, counted',
        call: () => ag.scatterReduce(zeros([3]), 0, tensor([1, 3], int32), zeros([2]), 'mean'),
        error: IndexError,
        message: /^scatterReduce: index 3 \(position 1/,
      },
      {
        label: 'another reduction',
        call: () => ag.scatterReduce(zeros([3]), 0, tensor([1], int32), zeros([1]), 'median' as never),
        error: ArgumentError,
        message: /^scatterReduce: reduction is 'median'; expected one of sum, prod, mean, amax, amin/,
      },
      {
        label: 'a number as source',
        call: () => ag.scatterReduce(zeros([3]), 0, tensor([1], int32), 1 as never, 'sum'),
        error: ArgumentError,
        message: /^scatterReduce: expected a tensor as source, got 1/,
      },
      {
        label: 'the mean of whole numbers',
        call: () => ag.scatterReduce(zeros([3], int32), 0, tensor([1], int32), zeros([1], int32), 'mean'),
        error: DTypeError,
        message: /^scatterReduce: expected a float32 or float64 tensor, got int32/,
      },
      {
        label: 'sums of bool',
        call: () =>
          ag.scatterReduce(
            zeros([3], { dtype: 'bool' }),
            0,
            tensor([1], int32),
            zeros([1], { dtype: 'bool' }),
            'sum',
          ),
        error: DTypeError,
        message: /^scatterReduce: expected numbers, got bool/,
      },
    ],
  },
  indexAdd: {
    op: ag.indexAdd,
    calls: {
      'first dim, some twice': d => [d.tensor([3, 2]), 0, d.ints([4], 0, 2), d.tensor([4, 2])],
      'last dim, scaled': d => [d.tensor([2, 3]), -1, d.ints([2], 0, 2), d.tensor([2, 2]), { alpha: -1.5 }],
      'middle dim': d => [d.tensor([2, 3, 2]), 1, d.ints([2], 0, 2), d.tensor([2, 2, 2])],
      'a scalar': d => [d.tensor([]), 0, d.ints([2], 0, 0), d.tensor([2])],
      'index and source scalars': d => [d.tensor([3]), 0, d.ints([], 0, 2), d.tensor([])],
      transposed: d => [
        d.tensor([2, 3]).transpose(0, 1),
        0,
        d.ints([2], 0, 2),
        d.tensor([2, 2]).transpose(0, 1),
      ],
      'no index': d => [d.tensor([3, 2]), 0, d.ints([0], 0, 2), d.tensor([0, 2])],
    },
    edges: { 'of int32': d => [d.ints([4], -9, 9), 0, d.ints([6], 0, 3), d.ints([6], -9, 9), { alpha: 2 }] },
    naive: (x: Dense, dim: number, index: Dense, source: Dense, { alpha = 1 }: ag.IndexAddOptions = {}) =>
      naiveAlong(x, dim, index, (old, _, at) => old + alpha * sliceOf(source, at)),
    errors: [
      {
        label: 'an index outside',
        call: () => ag.indexAdd(zeros([2, 3]), 1, tensor([0, 3], int32), zeros([2, 2])),
        error: IndexError,
        message:
          /^indexAdd: index 3 \(position 1 of an index of shape \[2\]\) is outside dim 1 of 3 elements: expected 0 to 2/,
      },
      {
        label: 'a source of another size',
        call: () => ag.indexAdd(zeros([2, 3]), 1, tensor([0, 1], int32), zeros([2, 3])),
        error: ShapeError,
        message:
          /^indexAdd: a source of shape \[2, 3\] does not fit: an index of 2 elements into dim 1 of shape \[2, 3\] needs \[2, 2\]/,
      },
      {
        label: 'an index of two dims',
        call: () => ag.indexAdd(zeros([3]), 0, zeros([1, 1], int32), zeros([1])),
        error: ShapeError,
        message: /^indexAdd: expected an index of one dim, got shape \[1, 1\]/,
      },
      {
        label: 'a number as source',
        call: () => ag.indexAdd(zeros([3]), 0, tensor([1], int32), 1 as never),
        error: ArgumentError,
        message: /^indexAdd: expected a tensor as source, got 1/,
      },
      {
        label: 'a factor that is none',
        call: () => ag.indexAdd(zeros([3]), 0, tensor([1], int32), zeros([1]), { alpha: '2' as never }),
        error: ArgumentError,
        message: /^indexAdd: alpha is '2'; expected a number/,
      },
      {
        label: 'a float index',
        call: () => ag.indexAdd(zeros([3]), 0, tensor([1]), zeros([1])),
        error: DTypeError,
        message: /^indexAdd: expected an int32 index, got float32/,
      },
      {
        label: 'sums of bool',
        call: () =>
          ag.indexAdd(zeros([3], { dtype: 'bool' }), 0, tensor([1], int32), zeros([1], { dtype: 'bool' })),
        error: DTypeError,
        message: /^indexAdd: expected numbers, got bool/,
      },
    ],
  },
  indexCopy: {
    op: ag.indexCopy,
    calls: {
      'first dim, some twice': d => [d.tensor([3, 2]), 0, d.ints([4], 0, 2), d.tensor([4, 2])],
      'last dim': d => [d.tensor([2, 3]), -1, d.ints([2], 0, 2), d.tensor([2, 2])],
      'a scalar': d => [d.tensor([]), 0, d.ints([1], 0, 0), d.tensor([1])],
      'index and source scalars': d => [d.tensor([3]), 0, d.ints([], 0, 2), d.tensor([])],
      'no index': d => [d.tensor([3, 2]), 0, d.ints([0], 0, 2), d.tensor([0, 2])],
    },
    edges: { 'of bool': d => [d.bools([4]), 0, d.ints([6], 0, 3), d.bools([6])] },
    naive: (x: Dense, dim: number, index: Dense, source: Dense) =>
      naiveAlong(x, dim, index, (_, __, at) => sliceOf(source, at)),
    errors: [
      {
        label: 'an index outside',
        call: () => ag.indexCopy(zeros([3]), 0, tensor([-1], int32), zeros([1])),
        error: IndexError,
        message:
          /^indexCopy: index -1 \(position 0 of an index of shape \[1\]\) is outside dim 0 of 3 elements: expected 0 to 2/,
      },
      {
        label: 'a source of another dtype',
        call: () => ag.indexCopy(zeros([3]), 0, tensor([1], int32), zeros([1], int32)),
        error: DTypeError,
        message: /^indexCopy: a source of int32 does not go into a tensor of float32/,
      },
    ],
  },
  indexFill: {
    op: ag.indexFill,
    calls: {
      'a number': d => [d.tensor([3, 2]), 0, d.ints([2], -3, 2), 2.5],
      'a tensor, some twice': d => [d.tensor([2, 3]), -1, d.ints([5], -3, 2), d.tensor([])],
      'a scalar': d => [d.tensor([]), 0, d.ints([1], 0, 0), d.tensor([])],
      'no index': d => [d.tensor([3, 2]), 0, d.ints([0], 0, 2), d.tensor([])],
    },
    edges: { 'of int32': d => [d.ints([4], -9, 9), 0, d.ints([3], 0, 3), 7] },
    naive: (x: Dense, dim: number, index: Dense, value: Dense | number) =>
      naiveAlong(x, dim, index, () => (typeof value === 'number' ? value : value.data[0])),
    errors: [
      {
        label: 'an index outside',
        call: () => ag.indexFill(zeros([3]), 0, tensor([-4], int32), 1),
        error: IndexError,
        message: /^indexFill: index -4 .* is outside dim 0 of 3 elements: expected -3 to 2/,
      },
      {
        label: 'several values',
        call: () => ag.indexFill(zeros([3]), 0, tensor([0], int32), zeros([1])),
        error: ArgumentError,
        message: /^indexFill: the value has shape \[1\]; expected a number or a tensor of shape \[\]/,
      },
    ],
  },
  maskedSelect: {
    op: ag.maskedSelect,
    calls: {
      'same shape': d => [d.tensor([3, 2]), d.bools([3, 2])],
      'mask broadcast': d => [d.tensor([3, 2]), d.bools([3, 1])],
      'input broadcast': d => [d.tensor([2]), d.bools([3, 2])],
      scalars: d => [d.tensor([]), d.bools([])],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.bools([3, 2])],
      'no elements': d => [d.tensor([0, 2]), d.bools([1, 2])],
    },
    edges: { 'of int32': d => [d.ints([4], -9, 9), d.bools([4])] },
    naive: (x: Dense, mask: Dense) => {
      const shape = broadcast(x.shape, mask.shape);
      const wide = expanded(x, shape);
      const data = wide.data.filter((_, i) => expanded(mask, shape).data[i] !== 0);
      return new Dense([data.length], data);
    },
    errors: [
      {
        label: 'a mask of numbers',
        call: () => ag.maskedSelect(zeros([3]), zeros([3], int32)),
        error: DTypeError,
        message: /^maskedSelect: expected a bool tensor as mask, got int32/,
      },
      {
        label: 'a mask that does not broadcast',
        call: () => ag.maskedSelect(zeros([3]) as ag.Tensor, zeros([2], { dtype: 'bool' }) as ag.Tensor),
        error: ShapeError,
        message: /^maskedSelect: shapes \[3\] and \[2\] do not broadcast/,
      },
    ],
  },
  maskedScatter: {
    op: ag.maskedScatter,
    calls: {
      'same shape': d => [d.tensor([3, 2]), d.bools([3, 2]), d.tensor([6])],
      'mask broadcast': d => [d.tensor([3, 2]), d.bools([2]), d.tensor([2, 4])],
      'input broadcast': d => [d.tensor([2]), d.bools([3, 1]), d.tensor([6])],
      scalars: d => [d.tensor([]), d.bools([]), d.tensor([1])],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.bools([3, 2]), d.tensor([3, 2]).transpose(0, 1)],
      'no elements': d => [d.tensor([0, 2]), d.bools([1, 2]), d.tensor([0])],
    },
    naive: (x: Dense, mask: Dense, source: Dense) => {
      const shape = broadcast(x.shape, mask.shape);
      let next = 0;
      return build(shape, i => (mask.at(i) !== 0 ? source.data[next++] : x.at(i)));
    },
    errors: [
      {
        label: 'too few elements',
        call: () => ag.maskedScatter(zeros([3]), tensor([true, false, true]), zeros([1])),
        error: ShapeError,
        message: /^maskedScatter: the mask holds at 2 places, but a source of shape \[1\] has 1 elements/,
      },
      {
        label: 'a source of another dtype',
        call: () => ag.maskedScatter(zeros([1]), tensor([true]), zeros([1], int32)),
        error: DTypeError,
        message: /^maskedScatter: a source of int32 does not go into a tensor of float32/,
      },
      {
        label: 'a number as source',
        call: () => ag.maskedScatter(zeros([1]), tensor([true]), 1 as never),
        error: ArgumentError,
        message: /^maskedScatter: expected a tensor as source, got 1\. Use maskedFill/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
