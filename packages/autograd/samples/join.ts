import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import { build, Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
const cat = ag.cat as (list: readonly ag.Tensor[], dim?: number) => ag.Tensor;
const stack = ag.stack as (list: readonly ag.Tensor[], dim?: number) => ag.Tensor;

export const joined = (list: readonly Dense[], dim: number): Dense => {
  const d = dimOf(dim, list[0].shape.length);
  const total = list.reduce((n, x) => n + x.shape[d], 0);
  return build(list[0].shape.with(d, total), index => {
    let i = index[d];
    for (const x of list) {
      if (i < x.shape[d]) return x.at(index.with(d, i));
      i -= x.shape[d];
    }
    return Number.NaN;
  });
};

export const joinSamples = {
  cat: {
    op: cat,
    calls: {
      'first dim': d => [[d.tensor([d.size(), 2]), d.tensor([2, 2]), d.tensor([1, 2])]],
      'last dim': d => [[d.tensor([2, 1]), d.tensor([2, d.size()])], -1],
      one: d => [[d.tensor([2, 2])]],
      'one of them empty': d => [[d.tensor([2, 2]), d.tensor([2, 0])], 1],
      'the same tensor twice': d => {
        const x = d.tensor([2, 2]);
        return [[x, x], 1];
      },
      transposed: d => [[d.tensor([2, 3]).transpose(0, 1), d.tensor([1, 2]).expand([2, 2])], 0],
    },
    edges: { int32: d => [[d.ints([2], -9, 9), d.ints([3], -9, 9)]] },
    naive: (list: readonly Dense[], dim = 0) => joined(list, dim),
    noMethod: 'its argument is a list',
    errors: [
      {
        label: 'nothing',
        call: () => cat([]),
        error: ArgumentError,
        message: /^cat: expected at least one tensor, got an empty list/,
      },
      {
        label: 'no list',
        call: () => cat(zeros([2]) as never),
        error: ArgumentError,
        message: /^cat: expected a list of tensors, got Tensor\. Write cat\(\[a, b\]\)/,
      },
      {
        label: 'a number in the list',
        call: () => cat([zeros([2]), 1 as never]),
        error: ArgumentError,
        message: /^cat: entry 1 of the list is 1; expected a tensor/,
      },
      {
        label: 'scalars',
        call: () => cat([zeros([]), zeros([])]),
        error: ShapeError,
        message: /^cat: scalars cannot be joined along a dim\. Use stack/,
      },
      {
        label: 'sizes that differ',
        call: () => cat([zeros([2, 3]), zeros([2, 4])]),
        error: ShapeError,
        message:
          /^cat: tensor 1 has shape \[2, 4\], tensor 0 has \[2, 3\]: all sizes but that of dim 0 must be equal/,
      },
      {
        label: 'two dtypes',
        call: () => cat([zeros([2]), zeros([2], { dtype: 'int32' })]),
        error: DTypeError,
        message: /^cat: tensor 0 is float32 and tensor 1 is int32/,
      },
    ],
  },
  stack: {
    op: stack,
    calls: {
      'first dim': d => {
        const n = d.size();
        return [[d.tensor([n, 2]), d.tensor([n, 2])]];
      },
      'last dim': d => [[d.tensor([3]), d.tensor([3]), d.tensor([3])], -1],
      scalars: d => [[d.tensor([]), d.tensor([])]],
      transposed: d => [[d.tensor([2, 3]).transpose(0, 1), d.tensor([3, 2])], 1],
      'no elements': d => [[d.tensor([0]), d.tensor([0])], 1],
    },
    naive: (list: readonly Dense[], dim = 0) => {
      const d = dimOf(dim, list[0].shape.length + 1);
      return joined(
        list.map(x => new Dense(x.shape.toSpliced(d, 0, 1), x.data)),
        d,
      );
    },
    noMethod: 'its argument is a list',
    errors: [
      {
        label: 'nothing',
        call: () => stack([]),
        error: ArgumentError,
        message: /^stack: expected at least one tensor, got an empty list/,
      },
      {
        label: 'no list',
        call: () => stack(zeros([2]) as never),
        error: ArgumentError,
        message: /^stack: expected a list of tensors, got Tensor\. Write stack\(\[a, b\]\)/,
      },
      {
        label: 'a number in the list',
        call: () => stack([zeros([2]), 1 as never]),
        error: ArgumentError,
        message: /^stack: entry 1 of the list is 1; expected a tensor/,
      },
      {
        label: 'shapes that differ',
        call: () => stack([zeros([2]), zeros([3])]),
        error: ShapeError,
        message: /^stack: tensor 1 has shape \[3\], tensor 0 has \[2\]: all must be the same/,
      },
      {
        label: 'two dtypes',
        call: () => stack([zeros([2]), zeros([2], { dtype: 'int32' })]),
        error: DTypeError,
        message: /^stack: tensor 0 is float32 and tensor 1 is int32/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
