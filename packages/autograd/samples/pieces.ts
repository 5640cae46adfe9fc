import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import { build, Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
const chunk = ag.chunk as (x: ag.Tensor, chunks: number, dim?: number) => ag.Tensor[];
const tensorSplit = ag.tensorSplit as (
  x: ag.Tensor,
  at: number | readonly number[],
  dim?: number,
) => ag.Tensor[];
const unbind = ag.unbind as (x: ag.Tensor, dim?: number) => ag.Tensor[];
const narrow = ag.narrow as (x: ag.Tensor, dim: number, start: number, length: number) => ag.Tensor;
const repeat = ag.repeat as (x: ag.Tensor, times: readonly number[]) => ag.Tensor;
const tile = ag.tile as (x: ag.Tensor, times: readonly number[]) => ag.Tensor;
const repeatInterleave = ag.repeatInterleave as (
  x: ag.Tensor,
  repeats: number | ag.Tensor,
  dim?: number,
) => ag.Tensor;

const int32 = { dtype: 'int32' } as const;

/** The elements of one dim at a list of indices. */
function picked(x: Dense, dim: number, indices: readonly number[]): Dense {
  return build(x.shape.with(dim, indices.length), index => x.at(index.with(dim, indices[index[dim]])));
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The shape by repeating, with leading ones where there are more numbers than dims. */
function repeated(x: Dense, times: readonly number[]): Dense {
  const rank = Math.max(x.shape.length, times.length);
  const sizes = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const counts = [...new Array<number>(rank - times.length).fill(1), ...times];
  return build(
    sizes.map((n, i) => n * counts[i]),
    index => new Dense(sizes, x.data).at(index.map((i, d) => i % sizes[d])),
  );
}

export const pieceSamples = {
  chunk: {
    op: chunk,
    calls: {
      even: d => [d.tensor([4, 2]), 2],
      'the last smaller': d => [d.tensor([5, 2]), d.int(1, 5)],
      'fewer than asked for': d => [d.tensor([2, 5]), 4, 1],
      'negative dim': d => [d.tensor([2, 4]), 2, -1],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 2],
      'no elements': d => [d.tensor([0, 2]), 3],
    },
    naive: (x: Dense, chunks: number, dim = 0) => {
      const d = dimOf(dim, x.shape.length);
      const all = range(x.shape[d]);
      const size = Math.ceil(all.length / chunks);
      if (size === 0) return range(chunks).map(() => picked(x, d, []));
      return range(Math.ceil(all.length / size)).map(i => picked(x, d, all.slice(i * size, (i + 1) * size)));
    },
    errors: [
      {
        label: 'no chunks',
        call: () => chunk(zeros([3]), 0),
        error: ArgumentError,
        message: /^chunk: the number of chunks is 0; expected a whole number from 1/,
      },
      {
        label: 'a scalar',
        call: () => chunk(zeros([]), 1),
        error: IndexError,
        message: /^chunk: a scalar has no dim to cut/,
      },
    ],
  },
  tensorSplit: {
    op: tensorSplit,
    calls: {
      'so many pieces': d => [d.tensor([7, 2]), d.int(1, 5)],
      'more pieces than elements': d => [d.tensor([2, 2]), 3],
      'at indices': d => [d.tensor([2, 6]), [1, 4], 1],
      'at indices outside and backwards': d => [d.tensor([5]), [-2, 1, 9]],
      'at no index': d => [d.tensor([3]), []],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 2, -2],
      'no elements': d => [d.tensor([0, 2]), 2],
    },
    naive: (x: Dense, at: number | readonly number[], dim = 0) => {
      const d = dimOf(dim, x.shape.length);
      const all = range(x.shape[d]);
      if (typeof at !== 'number')
        return [...at, undefined].map((end, i) => picked(x, d, all.slice(i === 0 ? 0 : at[i - 1], end)));
      const [size, rest] = [Math.floor(all.length / at), all.length % at];
      let start = 0;
      return range(at).map(i => {
        const from = start;
        start += size + Number(i < rest);
        return picked(x, d, all.slice(from, start));
      });
    },
    errors: [
      {
        label: 'no pieces',
        call: () => tensorSplit(zeros([3]), 0),
        error: ArgumentError,
        message: /^tensorSplit: the number of sections is 0; expected a whole number from 1/,
      },
      {
        label: 'half an index',
        call: () => tensorSplit(zeros([3]), [0.5]),
        error: ArgumentError,
        message: /^tensorSplit: expected a number of sections or a list of indices, got \[0\.5\]/,
      },
      {
        label: 'a scalar',
        call: () => tensorSplit(zeros([]), 1),
        error: IndexError,
        message: /^tensorSplit: a scalar has no dim to cut/,
      },
    ],
  },
  unbind: {
    op: unbind,
    calls: {
      'first dim': d => [d.tensor([d.size(), 2])],
      'last dim': d => [d.tensor([2, 1, 3]), -1],
      'of one dim': d => [d.tensor([3])],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1)],
      'no elements': d => [d.tensor([2, 0])],
    },
    naive: (x: Dense, dim = 0) => {
      const d = dimOf(dim, x.shape.length);
      return range(x.shape[d]).map(i => new Dense(x.shape.toSpliced(d, 1), picked(x, d, [i]).data));
    },
    errors: [
      {
        label: 'a scalar',
        call: () => unbind(zeros([])),
        error: IndexError,
        message: /^unbind: a scalar has no dim to cut/,
      },
    ],
  },
  narrow: {
    op: narrow,
    calls: {
      'from an index': d => [d.tensor([5, 2]), 0, d.int(0, 2), 3],
      'from a negative index': d => [d.tensor([2, 5]), -1, -4, d.int(0, 4)],
      everything: d => [d.tensor([3]), 0, 0, 3],
      'of a transposed tensor': d => [d.tensor([2, 5]).transpose(0, 1), 0, 1, 2],
      nothing: d => [d.tensor([3]), 0, 3, 0],
    },
    naive: (x: Dense, dim: number, start: number, length: number) => {
      const d = dimOf(dim, x.shape.length);
      const from = dimOf(start, x.shape[d]);
      return picked(
        x,
        d,
        range(length).map(i => from + i),
      );
    },
    errors: [
      {
        label: 'a length over the end',
        call: () => narrow(zeros([2, 5]), 1, 3, 3),
        error: IndexError,
        message: /^narrow: length is 3; from index 3 on, dim 1 of shape \[2, 5\] has 2 elements/,
      },
      {
        label: 'a start outside',
        call: () => narrow(zeros([2, 5]), 1, 6, 0),
        error: IndexError,
        message: /^narrow: start 6 is outside dim 1 of shape \[2, 5\]: expected a whole number from -5 to 5/,
      },
      {
        label: 'a scalar',
        call: () => narrow(zeros([]), 0, 0, 1),
        error: IndexError,
        message: /^narrow: a scalar has no dim to cut/,
      },
    ],
  },
  repeat: {
    op: repeat,
    calls: {
      'every dim': d => [d.tensor([2, d.size()]), [d.size(), 2]],
      'new leading dims': d => [d.tensor([3]), [2, 1, 2]],
      once: d => [d.tensor([2, 3]), [1, 1]],
      scalar: d => [d.tensor([]), [2, 2]],
      'a scalar as it is': d => [d.tensor([]), []],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), [2, 2]],
      'no times': d => [d.tensor([2, 3]), [2, 0]],
    },
    edges: { bool: d => [d.bools([3]), [2]] },
    naive: repeated,
    errors: [
      {
        label: 'fewer numbers than dims',
        call: () => repeat(zeros([2, 3]), [2]),
        error: ArgumentError,
        message: /^repeat: \[2\] has 1 numbers for the 2 dims of shape \[2, 3\].*Use tile/,
      },
      {
        label: 'a negative number',
        call: () => repeat(zeros([2]), [-1]),
        error: ArgumentError,
        message: /^repeat: expected how often to repeat each dim.*got \[-1\]/,
      },
      {
        label: 'no list',
        call: () => repeat(zeros([2]), 2 as never),
        error: ArgumentError,
        message: /^repeat: expected how often to repeat each dim.*got 2/,
      },
    ],
  },
  tile: {
    op: tile,
    calls: {
      'fewer numbers than dims': d => [d.tensor([2, 3]), [d.size()]],
      'more numbers than dims': d => [d.tensor([2]), [2, 3]],
      'no numbers': d => [d.tensor([2, 2]), []],
      scalar: d => [d.tensor([]), [3]],
      'no times': d => [d.tensor([2, 3]), [0]],
    },
    naive: repeated,
    errors: [
      {
        label: 'half a time',
        call: () => tile(zeros([2]), [0.5]),
        error: ArgumentError,
        message: /^tile: expected how often to repeat each dim.*got \[0\.5\]/,
      },
    ],
  },
  repeatInterleave: {
    op: repeatInterleave,
    calls: {
      'the same for all': d => [d.tensor([2, d.size()]), d.size(), 0],
      'along the last dim': d => [d.tensor([2, 3]), 2, -1],
      'all as one': d => [d.tensor([2, 2]), 2],
      'as counted': d => [d.tensor([3, 2]), d.ints([3], 0, 3), 0],
      'as counted, one for all': d => [d.tensor([2, 3]), d.ints([1], 2, 2), 1],
      'as counted, all as one': d => [d.tensor([2, 2]), d.ints([4], 0, 2)],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 2],
      scalar: d => [d.tensor([]), 3],
      'no times': d => [d.tensor([2, 3]), 0, 1],
    },
    edges: { int32: d => [d.ints([3], -9, 9), d.ints([3], 0, 2)] },
    naive: (given: Dense, repeats: number | Dense, dim?: number) => {
      const x = dim === undefined ? new Dense([given.data.length], given.data) : given;
      const d = dimOf(dim ?? 0, x.shape.length);
      const times = (i: number): number =>
        typeof repeats === 'number' ? repeats : repeats.data[repeats.data.length === 1 ? 0 : i];
      return picked(
        x,
        d,
        range(x.shape[d]).flatMap(i => range(times(i)).map(() => i)),
      );
    },
    errors: [
      {
        label: 'a negative number',
        call: () => repeatInterleave(zeros([2]), -1),
        error: ArgumentError,
        message: /^repeatInterleave: repeats is -1; expected a whole number from 0, or an int32 tensor/,
      },
      {
        label: 'a negative count',
        call: () => repeatInterleave(zeros([2]), tensor([1, -2], int32)),
        error: ArgumentError,
        message: /^repeatInterleave: count -2 at position 1 is negative/,
      },
      {
        label: 'too few counts',
        call: () => repeatInterleave(zeros([3, 2]), tensor([1, 2], int32), 0),
        error: ShapeError,
        message: /^repeatInterleave: counts of shape \[2\] do not fit 3 elements/,
      },
      {
        label: 'float counts',
        call: () => repeatInterleave(zeros([2]), tensor([1, 2])),
        error: DTypeError,
        message: /^repeatInterleave: expected int32 counts, got float32/,
      },
      {
        label: 'no such dim',
        call: () => repeatInterleave(zeros([]), 2, 1),
        error: IndexError,
        message: /^repeatInterleave: dim 1 is outside/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
