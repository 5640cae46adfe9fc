import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, zeros } from '../src/index.js';
import { build, type Dense, dimOf } from './naive.js';
import type { OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
const pad = ag.pad as (x: ag.Tensor, padding: readonly number[], options?: ag.PadOptions) => ag.Tensor;
const diagonal = ag.diagonal as (x: ag.Tensor, options?: ag.DiagonalViewOptions) => ag.Tensor;
const diagEmbed = ag.diagEmbed as (x: ag.Tensor, options?: ag.DiagonalViewOptions) => ag.Tensor;

const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/** Which element a place shows; what is cropped does not come in again at the other end of a circle. */
function place(mode: ag.PadMode, i: number, n: number, before: number, after: number): number {
  switch (mode) {
    case 'reflect':
      return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
    case 'replicate':
      return i < 0 ? 0 : i >= n ? n - 1 : i;
    case 'circular': {
      const first = Math.max(-before, 0);
      return first + modulo(i - first, n - first - Math.max(-after, 0));
    }
    default:
      return i;
  }
}

function padded(
  x: Dense,
  padding: readonly number[],
  { mode = 'constant', value = 0 }: ag.PadOptions = {},
): Dense {
  const rank = x.shape.length;
  const margin = (d: number, side: 0 | 1): number => padding[2 * (rank - 1 - d) + side] ?? 0;
  return build(
    x.shape.map((n, d) => n + margin(d, 0) + margin(d, 1)),
    index => {
      const at = index.map((i, d) => place(mode, i - margin(d, 0), x.shape[d], margin(d, 0), margin(d, 1)));
      return at.every((i, d) => i >= 0 && i < x.shape[d]) ? x.at(at) : value;
    },
  );
}

/** Rows and columns of a diagonal, with the defaults of one of the two ops. */
const lines = (
  rank: number,
  { offset = 0, dim1, dim2 }: ag.DiagonalViewOptions,
  rows: number,
  columns: number,
): [offset: number, a: number, b: number] => [
  offset,
  dimOf(dim1 ?? rows, rank),
  dimOf(dim2 ?? columns, rank),
];

export const padSamples = {
  pad: {
    op: pad,
    calls: {
      'last dim': d => [d.tensor([2, d.size()]), [1, 2]],
      'two dims, with a value': d => [d.tensor([2, 2, d.size()]), [1, 0, 0, 2], { value: 1.5 }],
      'every dim': d => [d.tensor([1, 2, 3]), [1, 1, 2, 0, 0, 1]],
      'cropped, as a view': d => [d.tensor([4, 5]), [-1, -1, 0, -2]],
      'cropped and padded': d => [d.tensor([3, 4]), [-1, 2, 1, -2], { value: 0.5 }],
      'more cropped than is there': d => [d.tensor([3]), [-5, 4]],
      'by nothing': d => [d.tensor([2, 2]), []],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), [1, 1]],
      scalar: d => [d.tensor([]), []],
      'no elements': d => [d.tensor([0, 2]), [1, 1, 1, 0]],
      'reflect, one dim': d => [d.tensor([2, 4]), [2, d.int(0, 3)], { mode: 'reflect' }],
      'reflect, two dims': d => [d.tensor([2, 3, 4]), [1, 3, 2, 1], { mode: 'reflect' }],
      'reflect, cropped as well': d => [d.tensor([2, 4, 4]), [-1, 2, 2, -2], { mode: 'reflect' }],
      'replicate, one dim': d => [d.tensor([2, d.size()]), [3, 2], { mode: 'replicate' }],
      'replicate, three dims': d => [d.tensor([2, 1, 2, 3]), [1, 2, 0, 1, 1, 1], { mode: 'replicate' }],
      'replicate, cropped as well': d => [d.tensor([2, 4, 4]), [-1, 2, 2, -3], { mode: 'replicate' }],
      'circular, one dim': d => [d.tensor([2, 3]), [3, d.int(0, 3)], { mode: 'circular' }],
      'circular, two dims': d => [d.tensor([2, 3, 4]), [1, 2, 3, 0], { mode: 'circular' }],
      'circular, cropped as well': d => [d.tensor([1, 4, 4]), [-1, 1, -2, 2], { mode: 'circular' }],
      'circular, of a transposed tensor': d => [
        d.tensor([2, 3]).transpose(0, 1),
        [1, 1, 2, 1],
        { mode: 'circular' },
      ],
      'replicate, an empty batch': d => [d.tensor([0, 2, 3]), [1, 2], { mode: 'replicate' }],
    },
    edges: {
      'int32, a value': d => [d.ints([2, 2], -9, 9), [1, 0], { value: 7 }],
      'int32, reflect': d => [d.ints([1, 3], -9, 9), [2, 2], { mode: 'reflect' }],
      bool: d => [d.bools([3]), [1, 1], { value: 1 }],
      'an infinity': d => [d.tensor([2]), [1, 1], { value: Number.NEGATIVE_INFINITY }],
    },
    naive: padded,
    noMethod: 'a function only: programs that do not use it do not carry it',
    errors: [
      {
        label: 'an odd list',
        call: () => pad(zeros([3]), [1]),
        error: ArgumentError,
        message: /^pad: padding is \[1\]; expected whole numbers in pairs, before and after each dim/,
      },
      {
        label: 'more pairs than dims',
        call: () => pad(zeros([3]), [1, 1, 1, 1]),
        error: ShapeError,
        message: /^pad: padding \[1, 1, 1, 1\] is for 2 dims, and shape \[3\] has 1/,
      },
      {
        label: 'more taken away than is there',
        call: () => pad(zeros([2, 3]), [-2, -2]),
        error: ShapeError,
        message: /^pad: margins of -2 and -2 take more than the 3 elements that dim 1 of shape \[2, 3\] has/,
      },
      {
        label: 'a mirror that is too short',
        call: () => pad(zeros([2, 3]), [3, 0], { mode: 'reflect' }),
        error: ShapeError,
        message:
          /^pad: margins of 3 and 0 at dim 1 of shape \[2, 3\], mode 'reflect': there can be at most 2/,
      },
      {
        label: 'more than once around',
        call: () => pad(zeros([2, 3]), [0, 4], { mode: 'circular' }),
        error: ShapeError,
        message: /^pad: margins of 0 and 4 .*mode 'circular': there can be at most 3/,
      },
      {
        label: 'nothing to replicate',
        call: () => pad(zeros([2, 0]), [1, 0], { mode: 'replicate' }),
        error: ShapeError,
        message: /^pad: margins of 1 and 0 .*mode 'replicate': there can be at most 0/,
      },
      {
        label: 'another mode',
        call: () => pad(zeros([3]), [1, 1], { mode: 'mirror' as never }),
        error: ArgumentError,
        message: /^pad: mode is 'mirror'; expected 'constant', 'reflect', 'replicate' or 'circular'/,
      },
      {
        label: 'a value that is not used',
        call: () => pad(zeros([3]), [1, 1], { mode: 'reflect', value: 1 }),
        error: ArgumentError,
        message: /^pad: mode 'reflect' takes no value, got 1/,
      },
      {
        label: 'half an int32',
        call: () => pad(zeros([3], { dtype: 'int32' }), [1, 1], { value: 0.5 }),
        error: DTypeError,
        message: /^pad: the value 0\.5 does not fit a tensor of int32/,
      },
    ],
  },
  diagonal: {
    op: diagonal,
    calls: {
      square: d => [d.tensor([3, 3])],
      'above the main one': d => [d.tensor([2, 4]), { offset: d.int(0, 3) }],
      'below the main one': d => [d.tensor([4, 2]), { offset: -d.int(0, 3) }],
      'of a batch': d => [d.tensor([2, 3, 3]), { dim1: -2, dim2: -1 }],
      'dims the other way round': d => [d.tensor([3, 2, 3]), { offset: 1, dim1: 2, dim2: 0 }],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), { offset: 1 }],
      'outside the matrix': d => [d.tensor([2, 3]), { offset: 5 }],
      'no elements': d => [d.tensor([0, 3])],
    },
    edges: { bool: d => [d.bools([3, 3])] },
    naive: (x: Dense, options: ag.DiagonalViewOptions = {}) => {
      const [offset, a, b] = lines(x.shape.length, options, 0, 1);
      const [row, column] = [Math.max(-offset, 0), Math.max(offset, 0)];
      const length = Math.max(Math.min(x.shape[a] - row, x.shape[b] - column), 0);
      const rest = x.shape.map((_, i) => i).filter(i => i !== a && i !== b);
      return build([...rest.map(i => x.shape[i]), length], index => {
        const at = new Array<number>(x.shape.length).fill(0);
        rest.forEach((i, k) => {
          at[i] = index[k];
        });
        at[a] = row + index[rest.length];
        at[b] = column + index[rest.length];
        return x.at(at);
      });
    },
    errors: [
      {
        label: 'a vector',
        call: () => diagonal(zeros([3])),
        error: ShapeError,
        message: /^diagonal: expected 2 dims or more, got shape \[3\]/,
      },
      {
        label: 'the same dim twice',
        call: () => diagonal(zeros([3, 3]), { dim1: 0, dim2: -2 }),
        error: IndexError,
        message: /^diagonal: dim1 0 and dim2 -2 are both dim 0; they must be different/,
      },
      {
        label: 'half an offset',
        call: () => diagonal(zeros([3, 3]), { offset: 0.5 }),
        error: ArgumentError,
        message: /^diagonal: offset is 0\.5; expected a whole number/,
      },
    ],
  },
  diagEmbed: {
    op: diagEmbed,
    calls: {
      vector: d => [d.tensor([d.size()])],
      'of a batch': d => [d.tensor([2, 3])],
      'with an offset': d => [d.tensor([2, 2]), { offset: d.int(-2, 2) }],
      'other dims': d => [d.tensor([2, 3]), { dim1: 0, dim2: 2 }],
      'dims the other way round': d => [d.tensor([2, 2]), { offset: 1, dim1: -1, dim2: 0 }],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1)],
      'no elements': d => [d.tensor([0])],
    },
    edges: { int32: d => [d.ints([2], -9, 9), { offset: -1 }] },
    naive: (x: Dense, options: ag.DiagonalViewOptions = {}) => {
      const rank = x.shape.length + 1;
      const [offset, a, b] = lines(rank, options, -2, -1);
      const size = x.shape[x.shape.length - 1] + Math.abs(offset);
      const rest = x.shape.slice(0, -1);
      let next = 0;
      const shape = Array.from({ length: rank }, (_, i) => (i === a || i === b ? size : rest[next++]));
      return build(shape, index => {
        const at = index.filter((_, i) => i !== a && i !== b);
        const i = index[a] - Math.max(-offset, 0);
        return index[b] - index[a] === offset && i >= 0 ? x.at([...at, i]) : 0;
      });
    },
    errors: [
      {
        label: 'a scalar',
        call: () => diagEmbed(zeros([])),
        error: ShapeError,
        message: /^diagEmbed: expected vectors, got a scalar/,
      },
      {
        label: 'the same dim twice',
        call: () => diagEmbed(zeros([3]), { dim1: 1, dim2: -1 }),
        error: IndexError,
        message: /^diagEmbed: dim1 1 and dim2 -1 are both dim 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
