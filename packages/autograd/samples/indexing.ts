import * as ag from '../src/index.js';
import { DTypeError, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import { build, type Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

const int32 = { dtype: 'int32' } as const;

export const indexingSamples = {
  gather: {
    op: ag.gather,
    calls: {
      'first dim': d => [d.tensor([3, 2]), 0, d.ints([d.size(), 2], 0, 2)],
      'last dim': d => [d.tensor([2, 4]), -1, d.ints([2, d.size()], 0, 3)],
      'index smaller in the other dims': d => [d.tensor([3, 4, 2]), 1, d.ints([2, 5, 1], 0, 3)],
      scalar: d => [d.tensor([]), 0, d.ints([], 0, 0)],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), 0, d.ints([4, 2], 0, 2)],
      expanded: d => [d.tensor([1, 3]).expand([2, 3]), 1, d.ints([2, 2], 0, 2)],
      'no index': d => [d.tensor([3, 2]), 0, d.ints([0, 2], 0, 2)],
    },
    edges: { 'of int32': d => [d.ints([5], -9, 9), 0, d.ints([7], 0, 4)] },
    naive: (x: Dense, dim: number, index: Dense) => {
      const d = dimOf(dim, x.shape.length);
      return build(index.shape, i => x.at(i.length === 0 ? i : i.with(d, index.at(i))));
    },
    errors: [
      {
        label: 'an index outside',
        call: () =>
          ag.gather(
            zeros([2, 3]),
            1,
            tensor(
              [
                [0, 1],
                [2, 3],
              ],
              int32,
            ),
          ),
        error: IndexError,
        message:
          /^gather: index 3 \(position 3 of an index of shape \[2, 2\]\) is outside the dim: expected 0 to 2/,
      },
      {
        label: 'a negative index',
        call: () => ag.gather(zeros([3]), 0, tensor([-1], int32)),
        error: IndexError,
        message: /^gather: index -1 .*expected 0 to 2/,
      },
      {
        label: 'a float index',
        call: () => ag.gather(zeros([3]), 0, tensor([0])),
        error: DTypeError,
        message: /^gather: expected an int32 index, got float32\. Convert it: index\.to\('int32'\)/,
      },
      {
        label: 'an index of other dims',
        call: () => ag.gather(zeros([3, 2]), 0, tensor([0], int32)),
        error: ShapeError,
        message: /^gather: an index of shape \[1\] does not fit shape \[3, 2\]/,
      },
      {
        label: 'an index that is too large',
        call: () => ag.gather(zeros([3, 2]), 0, zeros([1, 3], int32)),
        error: ShapeError,
        message: /^gather: an index of shape \[1, 3\] does not fit shape \[3, 2\]/,
      },
    ],
  },
  scatterAdd: {
    op: ag.scatterAdd,
    calls: {
      'first dim': d => {
        const n = d.size();
        return [d.tensor([3, 2]), 0, d.ints([n, 2], 0, 2), d.tensor([n, 2])];
      },
      'last dim': d => [d.tensor([2, 3]), -1, d.ints([2, 5], 0, 2), d.tensor([2, 5])],
      'index smaller than both': d => [d.tensor([3, 4]), 1, d.ints([2, 3], 0, 3), d.tensor([3, 5])],
      scalar: d => [d.tensor([]), 0, d.ints([], 0, 0), d.tensor([])],
      transposed: d => [
        d.tensor([2, 3]).transpose(0, 1),
        0,
        d.ints([4, 2], 0, 2),
        d.tensor([2, 4]).transpose(0, 1),
      ],
      'source expanded': d => [d.tensor([3, 2]), 0, d.ints([4, 2], 0, 2), d.tensor([1, 2]).expand([4, 2])],
      'no index': d => [d.tensor([3]), 0, d.ints([0], 0, 2), d.tensor([0])],
    },
    naive: (x: Dense, dim: number, index: Dense, source: Dense) => {
      const d = dimOf(dim, x.shape.length);
      const sums = new Map<string, number>();
      build(index.shape, i => {
        const key = (i.length === 0 ? i : i.with(d, index.at(i))).join();
        sums.set(key, (sums.get(key) ?? 0) + source.at(i));
        return 0;
      });
      return build(x.shape, i => x.at(i) + (sums.get(i.join()) ?? 0));
    },
    errors: [
      {
        label: 'an index outside',
        call: () => ag.scatterAdd(zeros([3]), 0, tensor([1, 3], int32), zeros([2])),
        error: IndexError,
        message:
          /^scatterAdd: index 3 \(position 1 of an index of shape \[2\]\) is outside the dim: expected 0 to 2/,
      },
      {
        label: 'a source of another dtype',
        call: () => ag.scatterAdd(zeros([3]), 0, tensor([1], int32), zeros([1], { dtype: 'float64' })),
        error: DTypeError,
        message: /^scatterAdd: a source of float64 does not go into a tensor of float32/,
      },
      {
        label: 'a source smaller than the index',
        call: () => ag.scatterAdd(zeros([3]), 0, tensor([1, 1], int32), zeros([1])),
        error: ShapeError,
        message: /^scatterAdd: an index of shape \[2\] does not fit shape \[1\]/,
      },
      {
        label: 'a float index',
        call: () => ag.scatterAdd(zeros([3]), 0, tensor([1]), zeros([1])),
        error: DTypeError,
        message: /^scatterAdd: expected an int32 index, got float32/,
      },
    ],
  },
  indexSelect: {
    op: ag.indexSelect,
    calls: {
      'first dim': d => [d.tensor([3, 2]), 0, d.ints([d.size()], 0, 2)],
      'last dim': d => [d.tensor([2, 4]), -1, d.ints([3], 0, 3)],
      'middle dim, repeated': d => [d.tensor([2, 2, 2]), 1, d.ints([5], 0, 1)],
      scalar: d => [d.tensor([]), 0, d.ints([1], 0, 0)],
      'index a scalar': d => [d.tensor([3, 2]), 0, d.ints([], 0, 2)],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), 0, d.ints([2], 0, 2)],
      'no index': d => [d.tensor([3, 2]), 0, d.ints([0], 0, 2)],
    },
    naive: (x: Dense, dim: number, index: Dense) => {
      if (x.shape.length === 0) return x;
      const d = dimOf(dim, x.shape.length);
      return build(x.shape.with(d, index.data.length), i => x.at(i.with(d, index.data[i[d]])));
    },
    errors: [
      {
        label: 'an index outside',
        call: () => ag.indexSelect(zeros([3]), 0, tensor([3], int32)),
        error: IndexError,
        message:
          /^indexSelect: index 3 \(position 0 of an index of shape \[1\]\) is outside the dim: expected 0 to 2/,
      },
      {
        label: 'an index of two dims',
        call: () => ag.indexSelect(zeros([3]), 0, zeros([1, 1], int32)),
        error: ShapeError,
        message: /^indexSelect: expected an index of one dim, got shape \[1, 1\]/,
      },
      {
        label: 'two entries of a scalar',
        call: () => ag.indexSelect(zeros([]), 0, tensor([0, 0], int32)),
        error: ShapeError,
        message: /^indexSelect: a scalar has one entry, and the index of shape \[2\] names 2/,
      },
      {
        label: 'a float index',
        call: () => ag.indexSelect(zeros([3]), 0, tensor([0])),
        error: DTypeError,
        message: /^indexSelect: expected an int32 index, got float32/,
      },
    ],
  },
  oneHot: {
    op: ag.oneHot,
    calls: {
      'with classes': d => [d.ints([d.size()], 0, 3), 4],
      'classes by the largest entry': d => [d.ints([2, 3], 0, 4)],
      scalar: d => [d.ints([], 0, 2), 3],
      transposed: d => [d.ints([2, 3], 0, 2).transpose(0, 1), 3],
      'no elements': d => [d.ints([0], 0, 2), 3],
    },
    naive: (x: Dense, classes?: number) => {
      const n = classes ?? Math.max(...x.data) + 1;
      return build([...x.shape, n], i => Number(x.at(i.slice(0, -1)) === i[i.length - 1]));
    },
    noDerivative: 'its input is int32',
    errors: [
      {
        label: 'a negative entry',
        call: () => ag.oneHot(tensor([0, -1], int32)),
        error: IndexError,
        message: /^oneHot: entry -1 at position 1 is negative/,
      },
      {
        label: 'an entry outside the classes',
        call: () => ag.oneHot(tensor([5], int32), 5),
        error: IndexError,
        message: /^oneHot: entry 5 is outside 5 classes: expected 0 to 4/,
      },
      {
        label: 'floats',
        call: () => ag.oneHot(tensor([1])),
        error: DTypeError,
        message: /^oneHot: expected an int32 index, got float32/,
      },
      {
        label: 'no entries and no classes',
        call: () => ag.oneHot(zeros([0], int32)),
        error: ag.ArgumentError,
        message: /^oneHot: the number of classes cannot be told from an empty tensor\. Give it/,
      },
      {
        label: 'half a class',
        call: () => ag.oneHot(tensor([0], int32), 1.5),
        error: ag.ArgumentError,
        message: /^oneHot: the number of classes is 1\.5; expected a whole number from 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
