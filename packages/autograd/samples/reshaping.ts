import * as ag from '../src/index.js';
import { ArgumentError, IndexError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { broadcast, build, Dense, dimOf } from './naive.js';
import type { Arguments, OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
type ToShape = (x: ag.Tensor, shape: readonly number[]) => ag.Tensor;
type Like = (x: ag.Tensor, other: ag.Tensor) => ag.Tensor;
type Plain = (x: ag.Tensor) => ag.Tensor;
const view = ag.view as ToShape;
const viewAs = ag.viewAs as Like;
const reshapeAs = ag.reshapeAs as Like;
const expandAs = ag.expandAs as Like;
const broadcastTo = ag.broadcastTo as ToShape;
const broadcastTensors = ag.broadcastTensors as (list: readonly ag.Tensor[]) => readonly ag.Tensor[];
const unflatten = ag.unflatten as (x: ag.Tensor, dim: number, sizes: readonly number[]) => ag.Tensor;
const slidingWindow = ag.slidingWindow as (
  x: ag.Tensor,
  dim: number,
  size: number,
  step?: number,
) => ag.Tensor;

const count = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);
const aFunction = 'a function only: programs that do not use it do not carry it';

function inferred(shape: readonly number[], total: number): number[] {
  const known = count(shape.filter(n => n !== -1));
  return shape.map(n => (n === -1 ? total / known : n));
}

/** The other tensor is there for its shape: int32, so that no gradient is expected of it. */
const shapeOf = (d: Draw, shape: readonly number[]): ag.Tensor => d.ints(shape, 0, 9);

const anyRank: Readonly<Record<string, (d: Draw) => Arguments>> = {
  scalar: d => [d.tensor([])],
  vector: d => [d.tensor([d.size()])],
  matrix: d => [d.tensor([d.size(), 2])],
  'three dims': d => [d.tensor([2, 1, 3])],
  'four dims': d => [d.tensor([2, 1, 3, 1])],
  'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1)],
  'no elements': d => [d.tensor([0])],
};

function atLeast(op: Plain, form: (shape: readonly number[]) => readonly number[]): OpInfo {
  return {
    op,
    calls: anyRank,
    edges: { bool: d => [d.bools([3])] },
    naive: (x: Dense) => new Dense(form(x.shape), x.data),
    noMethod: aFunction,
    errors: [],
  };
}

export const reshapingSamples = {
  view: {
    op: view,
    calls: {
      // Of any strides: each dim cut, or left as it is.
      'a dim cut in two': d => [d.tensor([d.size(), 6]), [-1, 3, 2]],
      'a new dim': d => [d.tensor([2, 3]), [2, 1, 3]],
      'from a scalar': d => [d.tensor([]), [1, 1]],
      'of every second column': d => [d.tensor([2, 5]).slice(1, { start: 1, step: 2 }), [2, 1, 2]],
      'no elements': d => [d.tensor([2, 0]), [0, 5]],
    },
    edges: {
      'to one dim': d => [d.tensor([2, 3]).clone(), [6]],
      'of columns that lie in one another': d => [
        d.tensor([4, 5]).clone().slice(1, { start: 1, step: 4 }),
        [2, 2, 1],
      ],
    },
    naive: (x: Dense, shape: readonly number[]) => new Dense(inferred(shape, x.data.length), x.data),
    errors: [
      {
        label: 'strides that take a copy',
        call: () => view(zeros([2, 3]).transpose(0, 1), [6]),
        error: ShapeError,
        message:
          /^view: a tensor of shape \[3, 2\] with strides \[1, 3\] cannot be seen as \[6\] without a copy\. Use reshape/,
      },
      {
        label: 'another number of elements',
        call: () => view(zeros([2, 3]), [4]),
        error: ShapeError,
        message: /^view: shape \[2, 3\] has 6 elements, \[4\] has 4/,
      },
    ],
  },
  viewAs: {
    op: viewAs,
    calls: {
      'another rank': d => [d.tensor([2, 4]), shapeOf(d, [2, 1, 2, 2])],
      'no elements': d => [d.tensor([2, 0]), shapeOf(d, [0])],
    },
    naive: (x: Dense, other: Dense) => new Dense(other.shape, x.data),
    errors: [
      {
        label: 'strides that take a copy',
        call: () => viewAs(zeros([2, 3]).transpose(0, 1), zeros([6])),
        error: ShapeError,
        message: /^viewAs: a tensor of shape \[3, 2\] with strides \[1, 3\] cannot be seen as \[6\]/,
      },
    ],
  },
  reshapeAs: {
    op: reshapeAs,
    calls: {
      'another rank': d => [d.tensor([2, 3]), shapeOf(d, [3, 1, 2])],
      'of a transposed tensor, which copies': d => [d.tensor([2, 3]).transpose(0, 1), shapeOf(d, [6])],
      'no elements': d => [d.tensor([2, 0]), shapeOf(d, [0])],
    },
    naive: (x: Dense, other: Dense) => new Dense(other.shape, x.data),
    errors: [
      {
        label: 'another number of elements',
        call: () => reshapeAs(zeros([2, 3]), zeros([4])),
        error: ShapeError,
        message: /^reshapeAs: shape \[2, 3\] has 6 elements, \[4\] has 4/,
      },
    ],
  },
  expandAs: {
    op: expandAs,
    calls: {
      'a dim of size 1': d => [d.tensor([2, 1]), shapeOf(d, [2, 3])],
      'new leading dims': d => [d.tensor([3]), shapeOf(d, [2, 2, 3])],
      scalar: d => [d.tensor([]), shapeOf(d, [2])],
      'no elements': d => [d.tensor([1]), shapeOf(d, [0])],
    },
    naive: (x: Dense, other: Dense) => build(other.shape, index => x.at(index)),
    errors: [
      {
        label: 'a size that cannot grow',
        call: () => expandAs(zeros([2, 3]), zeros([4, 3])),
        error: ShapeError,
        message: /^expandAs: shape \[2, 3\] does not expand to \[4, 3\]/,
      },
    ],
  },
  broadcastTo: {
    op: broadcastTo,
    calls: {
      'a dim of size 1': d => [d.tensor([2, 1]), [2, d.size()]],
      'new leading dims': d => [d.tensor([3]), [2, d.size(), 3]],
      scalar: d => [d.tensor([]), [2, 2]],
      'to no elements': d => [d.tensor([1, 2]), [0, 2]],
    },
    naive: (x: Dense, shape: readonly number[]) => build(shape, index => x.at(index)),
    errors: [
      {
        label: 'a size that cannot grow',
        call: () => broadcastTo(zeros([2, 3]), [4, 3]),
        error: ShapeError,
        message: /^broadcastTo: shape \[2, 3\] does not expand to \[4, 3\]/,
      },
      {
        label: 'a number instead of a shape',
        call: () => broadcastTo(zeros([1]), 3 as never),
        error: ShapeError,
        message: /^broadcastTo: expected a shape such as \[2, 3\], got 3/,
      },
    ],
  },
  broadcastTensors: {
    op: broadcastTensors,
    calls: {
      two: d => [[d.tensor([2, 1]), d.tensor([3])]],
      three: d => [[d.tensor([]), d.tensor([2, 1, 2]), d.tensor([d.size(), 1])]],
      one: d => [[d.tensor([2])]],
      transposed: d => [[d.tensor([1, 3]).transpose(0, 1), d.tensor([2])]],
      'no elements': d => [[d.tensor([0, 1]), d.tensor([2])]],
    },
    edges: { 'two dtypes': d => [[d.tensor([2, 1]), d.ints([3], 0, 9)]] },
    naive: (list: readonly Dense[]) => {
      const shape = broadcast(...list.map(x => x.shape));
      return list.map(x => build(shape, index => x.at(index)));
    },
    noMethod: 'its argument is a list',
    errors: [
      {
        label: 'sizes that differ',
        call: () => broadcastTensors([zeros([2]), zeros([3])]),
        error: ShapeError,
        message: /^broadcastTensors: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'no list',
        call: () => broadcastTensors(zeros([2]) as never),
        error: ArgumentError,
        message: /^broadcastTensors: expected a list of tensors, got Tensor/,
      },
    ],
  },
  unflatten: {
    op: unflatten,
    calls: {
      'the last dim': d => [d.tensor([2, 6]), -1, [3, 2]],
      'the first dim, with -1': d => [d.tensor([6, d.size()]), 0, [2, -1, 1]],
      'to the same': d => [d.tensor([2, 3]), 1, [3]],
      'of a transposed tensor': d => [d.tensor([2, 4]).transpose(0, 1), 0, [2, 2]],
      'no elements': d => [d.tensor([2, 0]), 1, [0, 3]],
    },
    naive: (x: Dense, dim: number, sizes: readonly number[]) => {
      const d = dimOf(dim, x.shape.length);
      return new Dense(x.shape.toSpliced(d, 1, ...inferred(sizes, x.shape[d])), x.data);
    },
    errors: [
      {
        label: 'sizes that do not multiply to that of the dim',
        call: () => unflatten(zeros([2, 6]), 1, [4]),
        error: ShapeError,
        message: /^unflatten: shape \[6\] has 6 elements, \[4\] has 4/,
      },
      {
        label: 'no such dim',
        call: () => unflatten(zeros([2, 6]), 2, [3, 2]),
        error: IndexError,
        message: /^unflatten: dim 2 is outside/,
      },
      {
        label: 'a scalar',
        call: () => unflatten(zeros([]), 0, [1]),
        error: IndexError,
        message: /^unflatten: a scalar has no dim to unflatten/,
      },
    ],
  },
  ravel: {
    op: ag.ravel as Plain,
    calls: anyRank,
    edges: { int32: d => [d.ints([2, 2], 0, 9)] },
    naive: (x: Dense) => new Dense([x.data.length], x.data),
    errors: [],
  },
  atleast1d: atLeast(ag.atleast1d as Plain, s => (s.length === 0 ? [1] : s)),
  atleast2d: atLeast(ag.atleast2d as Plain, s => (s.length < 2 ? [1, s[0] ?? 1] : s)),
  atleast3d: atLeast(ag.atleast3d as Plain, s =>
    s.length < 2 ? [1, s[0] ?? 1, 1] : s.length === 2 ? [...s, 1] : s,
  ),
  slidingWindow: {
    op: slidingWindow,
    calls: {
      'that overlap': d => [d.tensor([d.int(3, 6), 2]), 0, 3],
      'side by side': d => [d.tensor([2, 7]), -1, 2, 2],
      'with gaps': d => [d.tensor([2, 8, 2]), 1, 2, 3],
      'the whole dim': d => [d.tensor([3, 2]), 0, 3, 4],
      'of windows': d => [slidingWindow(d.tensor([5]), 0, 3), 0, 2],
      'of a transposed tensor': d => [d.tensor([2, 4]).transpose(0, 1), 0, 2],
      'of a flipped tensor': d => [ag.flip(d.tensor([5]), 0), 0, 3],
      scalar: d => [d.tensor([]), 0, 1],
      'no elements': d => [d.tensor([4, 0]), 0, 2],
    },
    edges: { int32: d => [d.ints([5], -9, 9), 0, 2] },
    naive: (x: Dense, dim: number, size: number, step = 1) => {
      if (x.shape.length === 0) return new Dense([1], x.data);
      const d = dimOf(dim, x.shape.length);
      const windows = Math.floor((x.shape[d] - size) / step) + 1;
      return build([...x.shape.with(d, windows), size], index =>
        x.at(index.slice(0, -1).with(d, index[d] * step + index[index.length - 1])),
      );
    },
    errors: [
      {
        label: 'windows that do not fit',
        call: () => slidingWindow(zeros([3, 2]), 0, 4),
        error: ShapeError,
        message: /^slidingWindow: windows of 4 elements do not fit dim 0 of shape \[3, 2\]/,
      },
      {
        label: 'a step of 0',
        call: () => slidingWindow(zeros([3]), 0, 2, 0),
        error: ArgumentError,
        message: /^slidingWindow: step is 0; expected a whole number from 1/,
      },
      {
        label: 'half an element',
        call: () => slidingWindow(zeros([3]), 0, 0.5),
        error: ArgumentError,
        message: /^slidingWindow: size is 0\.5; expected a whole number from 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
