import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { joined } from './join.js';
import { build, Dense } from './naive.js';
import type { Arguments, ErrorCase, OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
type Join = (list: readonly ag.Tensor[]) => ag.Tensor;
const blockDiag = ag.blockDiag as Join;
const cartesianProd = ag.cartesianProd as Join;
const combinations = ag.combinations as (x: ag.Tensor, options?: ag.CombinationsOptions) => ag.Tensor;

const aList = 'its argument is a list';

function listErrors(name: string, op: Join): ErrorCase[] {
  return [
    {
      label: 'nothing',
      call: () => op([]),
      error: ArgumentError,
      message: new RegExp(`^${name}: expected at least one tensor, got an empty list`),
    },
    {
      label: 'no list',
      call: () => op(zeros([2]) as never),
      error: ArgumentError,
      message: new RegExp(
        `^${name}: expected a list of tensors, got Tensor\\. Write ${name}\\(\\[a, b\\]\\)`,
      ),
    },
    {
      label: 'a number in the list',
      call: () => op([zeros([2]), 1 as never]),
      error: ArgumentError,
      message: new RegExp(`^${name}: entry 1 of the list is 1; expected a tensor`),
    },
    {
      label: 'two dtypes',
      call: () => op([zeros([2]), zeros([2], { dtype: 'int32' })]),
      error: DTypeError,
      message: new RegExp(`^${name}: tensor 0 is float32 and tensor 1 is int32`),
    },
  ];
}

const scalarsAndVectors: Readonly<Record<string, (d: Draw) => Arguments>> = {
  scalars: d => [[d.tensor([]), d.tensor([])]],
  vectors: d => [[d.tensor([2]), d.tensor([2])]],
  'one, transposed': d => [[d.tensor([2, 3]).transpose(0, 1)]],
  'no elements': d => [[d.tensor([0, 2]), d.tensor([0, 2])]],
};

/** A row of an op that brings its tensors to a form and joins them along a dim. */
function stacking(
  name: string,
  op: Join,
  calls: Readonly<Record<string, (d: Draw) => Arguments>>,
  form: (shape: readonly number[]) => readonly number[],
  dim: (rank: number) => number,
  wrong: readonly [readonly number[], readonly number[]],
): OpInfo {
  return {
    op,
    calls: { ...scalarsAndVectors, ...calls },
    edges: { int32: d => [[d.ints([2, 2], -9, 9), d.ints([2, 2], -9, 9)]] },
    naive: (list: readonly Dense[]) => {
      const formed = list.map(x => new Dense(form(x.shape), x.data));
      return joined(formed, dim(formed[0].shape.length));
    },
    noMethod: aList,
    errors: [
      ...listErrors(name, op),
      {
        label: 'sizes that differ',
        call: () => op(wrong.map(shape => zeros(shape as number[]))),
        error: ShapeError,
        message: new RegExp(`^${name}: tensor 1 has shape .*: all sizes but that of dim \\d must be equal`),
      },
    ],
  };
}

const rows = (s: readonly number[]): readonly number[] => (s.length < 2 ? [1, s[0] ?? 1] : s);

function choices(n: number, r: number, again: boolean, from = 0): number[][] {
  if (r === 0) return [[]];
  return Array.from({ length: n }, (_, i) => i)
    .slice(from)
    .flatMap(i => choices(n, r - 1, again, again ? i : i + 1).map(rest => [i, ...rest]));
}

export const stackSamples = {
  hstack: stacking(
    'hstack',
    ag.hstack as Join,
    {
      'vectors of other sizes': d => [[d.tensor([d.size()]), d.tensor([3]), d.tensor([])]],
      matrices: d => [[d.tensor([2, 1]), d.tensor([2, d.size()])]],
      'three dims': d => [[d.tensor([2, 1, 3]), d.tensor([2, 2, 3])]],
    },
    s => (s.length === 0 ? [1] : s),
    rank => (rank === 1 ? 0 : 1),
    [
      [2, 3],
      [3, 3],
    ],
  ),
  vstack: stacking(
    'vstack',
    ag.vstack as Join,
    {
      'a vector and a matrix': d => [[d.tensor([3]), d.tensor([d.size(), 3])]],
      'three dims': d => [[d.tensor([1, 2, 3]), d.tensor([2, 2, 3])]],
    },
    rows,
    () => 0,
    [[2], [3]],
  ),
  dstack: stacking(
    'dstack',
    ag.dstack as Join,
    {
      matrices: d => [[d.tensor([2, 3]), d.tensor([2, 3])]],
      'a matrix and three dims': d => [[d.tensor([2, 3]), d.tensor([2, 3, d.size()])]],
    },
    s => (s.length < 2 ? [1, s[0] ?? 1, 1] : s.length === 2 ? [...s, 1] : s),
    () => 2,
    [[2], [3]],
  ),
  columnStack: stacking(
    'columnStack',
    ag.columnStack as Join,
    {
      'a vector and a matrix': d => [[d.tensor([3]), d.tensor([3, d.size()])]],
      'three dims': d => [[d.tensor([2, 1, 3]), d.tensor([2, 2, 3])]],
    },
    s => (s.length < 2 ? [s[0] ?? 1, 1] : s),
    () => 1,
    [[2], [3]],
  ),
  blockDiag: {
    op: blockDiag,
    calls: {
      matrices: d => [[d.tensor([2, d.size()]), d.tensor([1, 2]), d.tensor([d.size(), 1])]],
      'a scalar and a vector': d => [[d.tensor([]), d.tensor([3])]],
      one: d => [[d.tensor([2, 2])]],
      transposed: d => [[d.tensor([2, 3]).transpose(0, 1), d.tensor([1, 1])]],
      'no rows': d => [[d.tensor([0, 2]), d.tensor([2, 1])]],
      'no elements': d => [[d.tensor([0, 2])]],
    },
    edges: { bool: d => [[d.bools([2]), d.bools([2, 1])]] },
    naive: (list: readonly Dense[]) => {
      const blocks = list.map(x => new Dense(rows(x.shape), x.data));
      const total = (dim: number): number => blocks.reduce((n, x) => n + x.shape[dim], 0);
      return build([total(0), total(1)], ([i, j]) => {
        let [row, column] = [0, 0];
        for (const x of blocks) {
          const [a, b] = [i - row, j - column];
          if (a >= 0 && a < x.shape[0]) return b >= 0 && b < x.shape[1] ? x.at([a, b]) : 0;
          row += x.shape[0];
          column += x.shape[1];
        }
        return 0;
      });
    },
    noMethod: aList,
    errors: [
      ...listErrors('blockDiag', blockDiag),
      {
        label: 'three dims',
        call: () => blockDiag([zeros([2]), zeros([1, 2, 3])]),
        error: ShapeError,
        message: /^blockDiag: tensor 1 has shape \[1, 2, 3\]; expected matrices, vectors or scalars/,
      },
    ],
  },
  cartesianProd: {
    op: cartesianProd,
    calls: {
      two: d => [[d.tensor([d.size()]), d.tensor([3])]],
      three: d => [[d.tensor([2]), d.tensor([1]), d.tensor([d.size()])]],
      one: d => [[d.tensor([3])]],
      'the same twice': d => {
        const x = d.tensor([2]);
        return [[x, x]];
      },
      'no elements': d => [[d.tensor([2]), d.tensor([0])]],
    },
    edges: { int32: d => [[d.ints([2], 0, 9), d.ints([2], 0, 9)]] },
    naive: (list: readonly Dense[]) => {
      if (list.length === 1) return list[0];
      const all = list.reduce<number[][]>(
        (done, x) => done.flatMap(row => x.data.map(v => [...row, v])),
        [[]],
      );
      return new Dense([all.length, list.length], all.flat());
    },
    noMethod: aList,
    errors: [
      ...listErrors('cartesianProd', cartesianProd),
      {
        label: 'a matrix',
        call: () => cartesianProd([zeros([2]), zeros([1, 2])]),
        error: ShapeError,
        message: /^cartesianProd: tensor 1 has shape \[1, 2\]; expected vectors/,
      },
    ],
  },
  combinations: {
    op: combinations,
    calls: {
      pairs: d => [d.tensor([d.int(2, 5)])],
      triples: d => [d.tensor([4]), { r: 3 }],
      'one at a time': d => [d.tensor([3]), { r: 1 }],
      'with replacement': d => [d.tensor([3]), { r: 2, withReplacement: true }],
      'of a sliced tensor': d => [d.tensor([7]).slice(0, { step: 2 }), { r: 2 }],
      'more than there are': d => [d.tensor([2]), { r: 3 }],
      nothing: d => [d.tensor([3]), { r: 0 }],
    },
    naive: (x: Dense, { r = 2, withReplacement = false }: ag.CombinationsOptions = {}) => {
      if (r === 0) return new Dense([0], []);
      const all = choices(x.data.length, r, withReplacement);
      return new Dense(
        [all.length, r],
        all.flat().map(i => x.data[i]),
      );
    },
    noMethod: 'a function only: programs that do not use it do not carry it',
    errors: [
      {
        label: 'a matrix',
        call: () => combinations(zeros([2, 2])),
        error: ShapeError,
        message: /^combinations: expected a vector, got shape \[2, 2\]/,
      },
      {
        label: 'half an element',
        call: () => combinations(zeros([3]), { r: 1.5 }),
        error: ArgumentError,
        message: /^combinations: r is 1\.5; expected a whole number from 0/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
