import * as ag from '../src/index.js';
import { ArgumentError, IndexError, ShapeError, zeros } from '../src/index.js';
import { build, Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
const reshape = ag.reshape as (x: ag.Tensor, shape: readonly number[]) => ag.Tensor;
const transpose = ag.transpose as (x: ag.Tensor, a: number, b: number) => ag.Tensor;
const permute = ag.permute as (x: ag.Tensor, dims: readonly number[]) => ag.Tensor;
const expand = ag.expand as (x: ag.Tensor, shape: readonly number[]) => ag.Tensor;
const squeeze = ag.squeeze as (x: ag.Tensor, dim?: number | readonly number[]) => ag.Tensor;
const unsqueeze = ag.unsqueeze as (x: ag.Tensor, dim: number) => ag.Tensor;
const flatten = ag.flatten as (x: ag.Tensor, start?: number, end?: number) => ag.Tensor;
const slice = ag.slice as (x: ag.Tensor, dim: number, options?: ag.SliceOptions) => ag.Tensor;
const select = ag.select as (x: ag.Tensor, dim: number, index: number) => ag.Tensor;
const split = ag.split as (x: ag.Tensor, sizes: number | readonly number[], dim?: number) => ag.Tensor[];

const count = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

function permuted(x: Dense, dims: readonly number[]): Dense {
  const order = dims.map(d => dimOf(d, x.shape.length));
  return build(
    order.map(d => x.shape[d]),
    index => {
      const source = new Array<number>(index.length);
      order.forEach((d, i) => {
        source[d] = index[i];
      });
      return x.at(source);
    },
  );
}

/** Indices `start`, `start + step`, … of one dim; a list of them. */
function picked(x: Dense, dim: number, indices: readonly number[]): Dense {
  const shape = x.shape.with(dim, indices.length);
  return build(shape, index => x.at(index.with(dim, indices[index[dim]])));
}

export const shapeSamples = {
  reshape: {
    op: reshape,
    calls: {
      'to one dim': d => [d.tensor([2, 3]), [6]],
      'with -1': d => [d.tensor([2, d.size(), 3]), [-1, 2]],
      'from a scalar': d => [d.tensor([]), [1, 1]],
      'to a scalar': d => [d.tensor([1]), []],
      'of a transposed tensor, which copies': d => [d.tensor([2, 3]).transpose(0, 1), [2, 3]],
      'of a sliced tensor, as a view': d => [d.tensor([4, 5]).slice(1, { start: 1, step: 2 }), [2, 2, 2]],
      'of an expanded tensor': d => [d.tensor([1, 4]).expand([3, 4]), [3, 2, 2]],
      'no elements': d => [d.tensor([2, 0]), [0, 5]],
    },
    naive: (x: Dense, shape: readonly number[]) => {
      const known = count(shape.filter(n => n !== -1));
      return new Dense(
        shape.map(n => (n === -1 ? x.data.length / known : n)),
        x.data,
      );
    },
    errors: [
      {
        label: 'another number of elements',
        call: () => reshape(zeros([2, 3]), [4]),
        error: ShapeError,
        message: /^reshape: shape \[2, 3\] has 6 elements, \[4\] has 4\. Both must have the same number/,
      },
      {
        label: 'a -1 that does not divide',
        call: () => reshape(zeros([2, 3]), [-1, 4]),
        error: ShapeError,
        message:
          /^reshape: cannot work out the -1 in \[-1, 4\]: 6 elements of shape \[2, 3\] do not divide by 4/,
      },
      {
        label: 'two -1',
        call: () => reshape(zeros([2, 3]), [-1, -1]),
        error: ShapeError,
        message: /^reshape: size -1 in shape/,
      },
      {
        label: 'a fraction',
        call: () => reshape(zeros([2, 3]), [1.5, 4]),
        error: ShapeError,
        message: /^reshape: size 1\.5 in shape \[1\.5, 4\] \(dim 0\) is not a whole number from 0/,
      },
      {
        label: 'no array',
        call: () => reshape(zeros([2, 3]), 6 as never),
        error: ShapeError,
        message: /^reshape: expected a shape such as \[2, 3\], got 6/,
      },
    ],
  },
  transpose: {
    op: transpose,
    calls: {
      matrix: d => [d.tensor([d.size(), d.size()]), 0, 1],
      'negative dims': d => [d.tensor([2, 3, d.size()]), -1, 0],
      'a dim with itself': d => [d.tensor([2, 3]), 1, 1],
      twice: d => [d.tensor([2, 3]).transpose(0, 1), 0, 1],
      'no elements': d => [d.tensor([0, 3]), 0, 1],
    },
    naive: (x: Dense, a: number, b: number) => {
      const rank = x.shape.length;
      const dims = x.shape.map((_, i) =>
        i === dimOf(a, rank) ? dimOf(b, rank) : i === dimOf(b, rank) ? dimOf(a, rank) : i,
      );
      return permuted(x, dims);
    },
    errors: [
      {
        label: 'no such dim',
        call: () => transpose(zeros([2, 3]), 0, 2),
        error: IndexError,
        message: /^transpose: dim 2 is outside the range of a tensor with 2 dims/,
      },
    ],
  },
  permute: {
    op: permute,
    calls: {
      'three dims': d => [d.tensor([2, d.size(), 3]), [2, 0, 1]],
      'negative dims': d => [d.tensor([2, 3, 2]), [-1, 0, -2]],
      scalar: d => [d.tensor([]), []],
      'of a sliced tensor': d => [d.tensor([4, 2, 2]).slice(0, { step: 2 }), [1, 2, 0]],
      'no elements': d => [d.tensor([0, 3]), [1, 0]],
    },
    naive: permuted,
    errors: [
      {
        label: 'a dim twice',
        call: () => permute(zeros([2, 3]), [0, 0]),
        error: IndexError,
        message: /^permute: expected each of the 2 dims of shape \[2, 3\] once, got \[0, 0\]/,
      },
      {
        label: 'too few dims',
        call: () => permute(zeros([2, 3]), [1]),
        error: IndexError,
        message: /^permute: expected each of the 2 dims/,
      },
      {
        label: 'a number instead of a list',
        call: () => permute(zeros([2, 3]), 1 as never),
        error: ArgumentError,
        message: /^permute: expected the dims in their new order, such as \[1, 0\], got 1/,
      },
    ],
  },
  expand: {
    op: expand,
    calls: {
      'a dim of size 1': d => [d.tensor([2, 1]), [2, d.size()]],
      'new leading dims': d => [d.tensor([3]), [2, d.size(), 3]],
      'with -1': d => [d.tensor([2, 1]), [3, -1, 2]],
      'a scalar': d => [d.tensor([]), [2, 2]],
      'to no elements': d => [d.tensor([1, 2]), [0, 2]],
      'to its own shape': d => [d.tensor([2, 3]), [2, 3]],
      transposed: d => [d.tensor([1, 3]).transpose(0, 1), [2, 3, 2]],
    },
    naive: (x: Dense, shape: readonly number[]) => {
      const lead = shape.length - x.shape.length;
      return build(
        shape.map((n, i) => (n === -1 ? x.shape[i - lead] : n)),
        index => x.at(index),
      );
    },
    errors: [
      {
        label: 'a size that cannot grow',
        call: () => expand(zeros([2, 3]), [4, 3]),
        error: ShapeError,
        message:
          /^expand: shape \[2, 3\] does not expand to \[4, 3\]: only dims of size 1 and new leading dims can grow/,
      },
      {
        label: 'fewer dims',
        call: () => expand(zeros([2, 3]), [3]),
        error: ShapeError,
        message: /^expand: shape \[2, 3\] does not expand to \[3\]/,
      },
      {
        label: 'a new dim of size -1',
        call: () => expand(zeros([3]), [-1, 3]),
        error: ShapeError,
        message: /^expand: size -1/,
      },
      {
        label: 'a number instead of a shape',
        call: () => expand(zeros([1]), 3 as never),
        error: ShapeError,
        message: /^expand: expected a shape such as \[2, 3\], got 3/,
      },
    ],
  },
  squeeze: {
    op: squeeze,
    calls: {
      'all dims': d => [d.tensor([1, d.size(), 1])],
      'one dim': d => [d.tensor([1, 2, 1]), -1],
      'a dim that stays': d => [d.tensor([1, 2]), 1],
      'several dims': d => [d.tensor([1, d.size(), 1, 1]), [0, 1, -1]],
      'all of size 1': d => [d.tensor([1, 1])],
      'of a sliced tensor': d => [d.tensor([1, 4]).slice(1, { step: 3 }), 0],
      'no elements': d => [d.tensor([1, 0])],
      scalar: d => [d.tensor([])],
    },
    naive: (x: Dense, dim?: number | readonly number[]) => {
      const dims = dim === undefined ? x.shape.keys() : [dim].flat().map(d => dimOf(d, x.shape.length));
      const named = new Set(dims);
      return new Dense(
        x.shape.filter((n, i) => n !== 1 || !named.has(i)),
        x.data,
      );
    },
    errors: [
      {
        label: 'no such dim',
        call: () => squeeze(zeros([1, 2]), 2),
        error: IndexError,
        message: /^squeeze: dim 2 is outside/,
      },
      {
        label: 'a dim twice',
        call: () => squeeze(zeros([1, 2]), [0, -2]),
        error: IndexError,
        message: /^squeeze: dim 0 appears twice in \[0, -2\]/,
      },
    ],
  },
  unsqueeze: {
    op: unsqueeze,
    calls: {
      first: d => [d.tensor([2, d.size()]), 0],
      middle: d => [d.tensor([2, 3]), 1],
      last: d => [d.tensor([2, 3]), -1],
      scalar: d => [d.tensor([]), 0],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 1],
      'no elements': d => [d.tensor([0]), 0],
    },
    naive: (x: Dense, dim: number) => {
      const shape = [...x.shape];
      shape.splice(dimOf(dim, x.shape.length + 1), 0, 1);
      return new Dense(shape, x.data);
    },
    errors: [
      {
        label: 'no such dim',
        call: () => unsqueeze(zeros([2]), 3),
        error: IndexError,
        message: /^unsqueeze: dim 3 is outside/,
      },
    ],
  },
  flatten: {
    op: flatten,
    calls: {
      'all dims': d => [d.tensor([2, d.size(), 2])],
      'from dim 1': d => [d.tensor([2, 3, d.size()]), 1],
      'a range': d => [d.tensor([2, 2, 1, 3]), 1, -2],
      scalar: d => [d.tensor([])],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1)],
      'no elements': d => [d.tensor([2, 0, 3]), 1],
    },
    naive: (x: Dense, start = 0, end = -1) => {
      const rank = x.shape.length;
      const [from, to] = [dimOf(start, rank), dimOf(end, rank)];
      if (rank === 0) return new Dense([1], x.data);
      return new Dense(
        [...x.shape.slice(0, from), count(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)],
        x.data,
      );
    },
    errors: [
      {
        label: 'the start after the end',
        call: () => flatten(zeros([2, 3]), 1, 0),
        error: IndexError,
        message: /^flatten: start dim 1 comes after end dim 0/,
      },
    ],
  },
  slice: {
    op: slice,
    calls: {
      'from an index': d => [d.tensor([2, 5]), 1, { start: d.int(0, 4) }],
      'up to an index': d => [d.tensor([5, 2]), 0, { end: d.int(1, 5) }],
      'with a step': d => [d.tensor([2, 7]), -1, { start: 1, step: d.int(1, 4) }],
      'negative ends': d => [d.tensor([6]), 0, { start: -4, end: -1 }],
      'ends outside': d => [d.tensor([3]), 0, { start: -9, end: 9 }],
      'nothing left': d => [d.tensor([3, 2]), 0, { start: 2, end: 1 }],
      everything: d => [d.tensor([3]), 0],
      'of a sliced tensor': d => [d.tensor([9, 2]).slice(0, { step: 2 }), 0, { start: 1, step: 2 }],
      'of a transposed tensor': d => [d.tensor([2, 5]).transpose(0, 1), 0, { start: 1, end: 4 }],
    },
    naive: (x: Dense, dim: number, { start = 0, end, step = 1 }: ag.SliceOptions = {}) => {
      const d = dimOf(dim, x.shape.length);
      const all = Array.from({ length: x.shape[d] }, (_, i) => i).slice(start, end);
      return picked(
        x,
        d,
        all.filter((_, i) => i % step === 0),
      );
    },
    errors: [
      {
        label: 'a step of 0',
        call: () => slice(zeros([3]), 0, { step: 0 }),
        error: ArgumentError,
        message: /^slice: step is 0; expected a whole number from 1/,
      },
      {
        label: 'a fraction',
        call: () => slice(zeros([3]), 0, { start: 0.5 }),
        error: IndexError,
        message: /^slice: start is 0\.5; expected a whole number/,
      },
      {
        label: 'a scalar',
        call: () => slice(zeros([]), 0),
        error: IndexError,
        message: /^slice: a scalar has no dim to slice/,
      },
    ],
  },
  select: {
    op: select,
    calls: {
      first: d => [d.tensor([d.size(), 3]), 0, 0],
      'negative index and dim': d => [d.tensor([2, 3]), -1, -1],
      'middle dim': d => [d.tensor([2, 3, 2]), 1, d.int(0, 2)],
      'of one dim': d => [d.tensor([3]), 0, 1],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 0, 2],
      'no elements': d => [d.tensor([2, 0]), 0, 1],
    },
    naive: (x: Dense, dim: number, index: number) => {
      const d = dimOf(dim, x.shape.length);
      const one = picked(x, d, [dimOf(index, x.shape[d])]);
      return new Dense(x.shape.toSpliced(d, 1), one.data);
    },
    errors: [
      {
        label: 'an index outside',
        call: () => select(zeros([2, 3]), 1, 3),
        error: IndexError,
        message: /^select: index 3 is outside dim 1 of shape \[2, 3\]: expected a whole number from -3 to 2/,
      },
      {
        label: 'a scalar',
        call: () => select(zeros([]), 0, 0),
        error: IndexError,
        message: /^select: a scalar has no dim to select from/,
      },
    ],
  },
  split: {
    op: split,
    calls: {
      'pieces of a size': d => [d.tensor([5, 2]), d.int(1, 6)],
      'listed sizes': d => [d.tensor([2, 5]), [1, 0, 4], 1],
      'negative dim': d => [d.tensor([2, 4]), 2, -1],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 2],
      'no elements': d => [d.tensor([0, 2]), 3],
    },
    naive: (x: Dense, sizes: number | readonly number[], dim = 0) => {
      const d = dimOf(dim, x.shape.length);
      const all = Array.from({ length: x.shape[d] }, (_, i) => i);
      if (typeof sizes === 'number') {
        const pieces = Math.max(Math.ceil(all.length / sizes), 1);
        return Array.from({ length: pieces }, (_, i) => picked(x, d, all.slice(i * sizes, (i + 1) * sizes)));
      }
      let start = 0;
      return sizes.map(n => {
        start += n;
        return picked(x, d, all.slice(start - n, start));
      });
    },
    errors: [
      {
        label: 'a size of 0',
        call: () => split(zeros([3]), 0),
        error: ArgumentError,
        message: /^split: the size of a piece is 0; expected a whole number from 1/,
      },
      {
        label: 'sizes that do not add up',
        call: () => split(zeros([3]), [1, 1]),
        error: ShapeError,
        message: /^split: sizes \[1, 1\] add up to 2, but dim 0 of \[3\] has 3/,
      },
      {
        label: 'a scalar',
        call: () => split(zeros([]), 1),
        error: IndexError,
        message: /^split: a scalar has no dim to split/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
