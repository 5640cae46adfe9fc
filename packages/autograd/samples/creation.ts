import * as ag from '../src/index.js';
import { ArgumentError, ShapeError, tensor, zeros } from '../src/index.js';
import { like, shapeErrors } from './create.js';
import { build, type Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const noDerivative = 'it creates a constant';
const noMethod = 'it creates a tensor';

const line = (start: number, end: number, steps: number, f = (x: number): number => x): Dense =>
  build([steps], ([i]) => f(steps === 1 ? start : start + ((end - start) * i) / (steps - 1)));

function stepErrors(name: string, op: (start: number, end: number, steps: number) => unknown): ErrorCase[] {
  return [
    {
      label: 'a negative number of steps',
      call: () => op(0, 1, -1),
      error: ArgumentError,
      message: new RegExp(`^${name}: steps is -1; expected a whole number from 0`),
    },
    {
      label: 'an infinite end',
      call: () => op(0, Number.POSITIVE_INFINITY, 3),
      error: ArgumentError,
      message: new RegExp(`^${name}: end is Infinity; expected a finite number`),
    },
  ];
}

function triangle(name: string, op: unknown, keeps: (offset: number, diagonal: number) => boolean): OpInfo {
  return {
    op: op as never,
    calls: {
      square: d => [d.tensor([3, 3])],
      wide: d => [d.tensor([2, 4]), { diagonal: 1 }],
      tall: d => [d.tensor([4, 2]), { diagonal: -1 }],
      batch: d => [d.tensor([2, 3, 2])],
      'far away': d => [d.tensor([2, 3]), { diagonal: -7 }],
      'no elements': d => [d.tensor([2, 0, 3])],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1)],
    },
    edges: {
      NaN: d => [d.of([1, Number.NaN, Number.NaN, 2], [2, 2])],
      int32: d => [d.ints([3, 3], -4, 4)],
      bool: d => [d.bools([3, 3])],
    },
    naive: (x: Dense, { diagonal = 0 }: ag.DiagonalOptions = {}) =>
      build(x.shape, index =>
        keeps((index.at(-1) as number) - (index.at(-2) as number), diagonal) ? x.at(index) : 0,
      ),
    errors: [
      {
        label: 'a vector',
        call: () => (op as typeof ag.tril)(zeros([3])),
        error: ShapeError,
        message: new RegExp(`^${name}: expected a matrix or a batch of them, got shape \\[3\\]`),
      },
      {
        label: 'a fraction as diagonal',
        call: () => (op as typeof ag.tril)(zeros([2, 2]), { diagonal: 0.5 }),
        error: ArgumentError,
        message: new RegExp(`^${name}: diagonal is 0\\.5; expected a whole number`),
      },
    ],
  };
}

export const creationSamples = {
  empty: {
    op: ag.empty,
    // What an empty tensor holds is nobody's business, but a bool must be one.
    calls: { 'no elements': d => [[2, 0], { dtype: d.dtype }], bool: () => [[3], { dtype: 'bool' }] },
    naive: (shape: readonly number[]) => build(shape, () => 0),
    noDerivative,
    noMethod,
    errors: shapeErrors('empty', ag.empty),
  },
  emptyLike: {
    ...like(ag.emptyLike, 0),
    calls: {
      'no elements': d => [d.tensor([2, 0])],
      bool: d => [d.bools([2, 3])],
      'another dtype': d => [d.tensor([3]), { dtype: 'bool' }],
    },
  },
  linspace: {
    op: ag.linspace,
    calls: {
      some: d => [-1, 2, d.int(2, 9), { dtype: d.dtype }],
      downwards: d => [3, -1, 6, { dtype: d.dtype }],
      one: d => [3, 7, 1, { dtype: d.dtype }],
      none: d => [3, 7, 0, { dtype: d.dtype }],
      int32: () => [0, 8, 5, { dtype: 'int32' }],
    },
    naive: (start: number, end: number, steps: number) => line(start, end, steps),
    noDerivative,
    noMethod,
    errors: stepErrors('linspace', ag.linspace),
  },
  logspace: {
    op: ag.logspace,
    calls: {
      some: d => [-1, 2, d.int(2, 9), { dtype: d.dtype }],
      base: d => [0, 8, 9, { base: 2, dtype: d.dtype }],
      one: d => [3, 7, 1, { dtype: d.dtype }],
      none: d => [3, 7, 0, { dtype: d.dtype }],
    },
    naive: (start: number, end: number, steps: number, { base = 10 }: ag.LogspaceOptions = {}) =>
      line(start, end, steps, x => base ** x),
    noDerivative,
    noMethod,
    errors: [
      ...stepErrors('logspace', ag.logspace),
      {
        label: 'a negative base',
        call: () => ag.logspace(0, 1, 2, { base: -2 }),
        error: ArgumentError,
        message: /^logspace: base is -2; expected a number above 0/,
      },
    ],
  },
  tril: triangle('tril', ag.tril, (offset, diagonal) => offset <= diagonal),
  triu: triangle('triu', ag.triu, (offset, diagonal) => offset >= diagonal),
  diag: {
    op: ag.diag,
    calls: {
      vector: d => [d.tensor([3])],
      'vector above': d => [d.tensor([2]), { diagonal: 2 }],
      'vector below': d => [d.tensor([2]), { diagonal: -1 }],
      matrix: d => [d.tensor([3, 4])],
      'matrix above': d => [d.tensor([3, 4]), { diagonal: 2 }],
      'matrix below': d => [d.tensor([3, 4]), { diagonal: -3 }],
      'no elements': d => [d.tensor([0])],
      'empty matrix': d => [d.tensor([0, 3]), { diagonal: 1 }],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1)],
    },
    edges: { int32: d => [d.ints([3], -4, 4)] },
    naive: (x: Dense, { diagonal = 0 }: ag.DiagonalOptions = {}) => {
      const [row, column] = [Math.max(-diagonal, 0), Math.max(diagonal, 0)];
      if (x.shape.length === 2) {
        const n = Math.max(Math.min(x.shape[0] - row, x.shape[1] - column), 0);
        return build([n], ([i]) => x.at([row + i, column + i]));
      }
      const n = x.shape[0] + row + column;
      return build([n, n], ([i, j]) => (j - i === diagonal ? x.data[Math.min(i, j)] : 0));
    },
    errors: [
      {
        label: 'three dims',
        call: () => ag.diag(zeros([1, 2, 3])),
        error: ShapeError,
        message: /^diag: expected a vector or a matrix, got shape \[1, 2, 3\]/,
      },
      {
        label: 'a diagonal outside',
        call: () => ag.diag(zeros([2, 3]), { diagonal: 4 }),
        error: ArgumentError,
        message: /^diag: a matrix of shape \[2, 3\] has no diagonal 4; expected one from -2 to 3/,
      },
    ],
  },
  meshgrid: {
    op: ag.meshgrid,
    calls: {
      two: d => [[d.tensor([2]), d.tensor([3])]],
      'two, xy': d => [[d.tensor([2]), d.tensor([3])], { indexing: 'xy' }],
      'three, xy': d => [[d.tensor([2]), d.tensor([3]), d.tensor([4])], { indexing: 'xy' }],
      'a scalar': d => [[d.tensor([]), d.tensor([3])]],
      one: d => [[d.tensor([3])], { indexing: 'xy' }],
      'no elements': d => [[d.tensor([2]), d.tensor([0])]],
    },
    naive: (tensors: readonly Dense[], { indexing = 'ij' }: ag.MeshgridOptions = {}) => {
      const sizes = tensors.map(t => t.data.length);
      const turned = indexing === 'xy' && sizes.length > 1;
      const shape = turned ? [sizes[1], sizes[0], ...sizes.slice(2)] : sizes;
      return tensors.map((t, i) => build(shape, index => t.data[index[turned && i < 2 ? 1 - i : i]]));
    },
    noMethod: 'it takes a list',
    errors: [
      {
        label: 'nothing',
        call: () => ag.meshgrid([]),
        error: ArgumentError,
        message: /^meshgrid: expected a list of tensors, got \[\]/,
      },
      {
        label: 'a matrix',
        call: () => ag.meshgrid([tensor([1]), zeros([2, 2])]),
        error: ShapeError,
        message: /^meshgrid: tensor 1 has shape \[2, 2\]; expected vectors or scalars/,
      },
      {
        label: 'an unknown indexing',
        call: () => ag.meshgrid([tensor([1])], { indexing: 'yx' as 'xy' }),
        error: ArgumentError,
        message: /^meshgrid: indexing is 'yx'; expected 'ij' or 'xy'/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
