import * as ag from '../src/index.js';
import { ArgumentError, IndexError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { build, Dense, dimOf } from './naive.js';
import type { Arguments, ErrorCase, OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
type Dims = number | readonly number[];
type Swap = (x: ag.Tensor, a: number, b: number) => ag.Tensor;
type Move = (x: ag.Tensor, source: Dims, destination: Dims) => ag.Tensor;
type Flip = (x: ag.Tensor) => ag.Tensor;
const flip = ag.flip as (x: ag.Tensor, dims: Dims) => ag.Tensor;
const rot90 = ag.rot90 as (x: ag.Tensor, k?: number, dims?: readonly number[]) => ag.Tensor;
const roll = ag.roll as (x: ag.Tensor, shifts: Dims, dims?: Dims) => ag.Tensor;
const t = ag.t as (x: ag.Tensor) => ag.Tensor;

type Calls = Readonly<Record<string, (d: Draw) => Arguments>>;

/** Dim i of the result is dim order[i]. */
function reordered(x: Dense, order: readonly number[]): Dense {
  return build(
    order.map(d => x.shape[d]),
    index => x.at(order.map((_, d) => index[order.indexOf(d)])),
  );
}

function swapped(x: Dense, a: number, b: number): Dense {
  const order = x.shape.map((_, i) => i);
  if (order.length === 0) return x;
  const [i, j] = [dimOf(a, order.length), dimOf(b, order.length)];
  [order[i], order[j]] = [order[j], order[i]];
  return reordered(x, order);
}

function flipped(x: Dense, dims: readonly number[]): Dense {
  return build(x.shape, index => x.at(index.map((i, d) => (dims.includes(d) ? x.shape[d] - 1 - i : i))));
}

const inPlane: Calls = {
  matrix: d => [d.tensor([d.size(), d.size()])],
  'three dims': d => [d.tensor([2, d.size(), 3])],
  'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1)],
  'of an expanded tensor': d => [d.tensor([1, 3]).expand([2, 3])],
  'no elements': d => [d.tensor([0, 3])],
};

function swapping(name: string, op: Swap): OpInfo {
  return {
    op,
    calls: {
      matrix: d => [d.tensor([d.size(), d.size()]), 0, 1],
      'negative dims': d => [d.tensor([2, 3, d.size()]), -1, 0],
      scalar: d => [d.tensor([]), 0, -1],
      'no elements': d => [d.tensor([0, 3]), 0, 1],
    },
    naive: swapped,
    errors: [
      {
        label: 'no such dim',
        call: () => op(zeros([2, 3]), 0, 2),
        error: IndexError,
        message: new RegExp(`^${name}: dim 2 is outside the range of a tensor with 2 dims`),
      },
    ],
  };
}

function moving(name: string, op: Move): OpInfo {
  return {
    op,
    calls: {
      'one dim': d => [d.tensor([2, 3, d.size()]), 0, 2],
      'negative dims': d => [d.tensor([2, 3, d.size()]), -1, 0],
      'several dims': d => [d.tensor([2, 1, 3, d.size()]), [0, -1], [-1, 1]],
      'no dims': d => [d.tensor([2, 3]), [], []],
      scalar: d => [d.tensor([]), 0, 0],
      'no elements': d => [d.tensor([0, 3]), 1, 0],
    },
    naive: (x: Dense, source: Dims, destination: Dims) => {
      const rank = x.shape.length;
      if (rank === 0) return x;
      const from = [source].flat().map(d => dimOf(d, rank));
      const to = [destination].flat().map(d => dimOf(d, rank));
      const order = x.shape.map((_, i) => i).filter(i => !from.includes(i));
      for (const [i, at] of [...to.entries()].sort((a, b) => a[1] - b[1])) order.splice(at, 0, from[i]);
      return reordered(x, order);
    },
    errors: [
      {
        label: 'no such dim',
        call: () => op(zeros([2, 3]), 2, 0),
        error: IndexError,
        message: new RegExp(`^${name}: dim 2 is outside the range of a tensor with 2 dims`),
      },
      {
        label: 'a dim twice',
        call: () => op(zeros([2, 3]), [0, -2], [0, 1]),
        error: IndexError,
        message: new RegExp(`^${name}: source \\[0, -2\\] names dim 0 twice: name each dim once`),
      },
      {
        label: 'lists of different lengths',
        call: () => op(zeros([2, 3]), [0, 1], 0),
        error: ArgumentError,
        message: new RegExp(`^${name}: source \\[0, 1\\] and destination 0 name 2 and 1 dims`),
      },
      {
        label: 'a dim that is none',
        call: () => op(zeros([2, 3]), 'first' as never, 0),
        error: ArgumentError,
        message: new RegExp(`^${name}: source is 'first'; expected a dim, or a list of dims`),
      },
    ],
  };
}

function flipping(name: string, op: Flip, dim: number, calls: Calls): OpInfo {
  return {
    op,
    calls,
    edges: { bool: d => [d.bools([3, 2])] },
    naive: (x: Dense) => flipped(x, [dim]),
    errors: [
      {
        label: 'too few dims',
        call: () => op(zeros(dim === 0 ? [] : [3])),
        error: ShapeError,
        message: new RegExp(
          `^${name}: shape \\[3?\\] has no dim ${dim} to flip; expected ${dim + 1} dims or more`,
        ),
      },
    ],
  };
}

const rollErrors: readonly ErrorCase[] = [
  {
    label: 'several shifts without dims',
    call: () => roll(zeros([2, 3]), [1, 2]),
    error: ArgumentError,
    message: /^roll: 2 shifts \[1, 2\] need as many dims\. Name them/,
  },
  {
    label: 'more dims than shifts',
    call: () => roll(zeros([2, 3]), 1, [0, 1]),
    error: ArgumentError,
    message: /^roll: shifts 1 and dims \[0, 1\] must be as many, they are 1 and 2/,
  },
  {
    label: 'half a shift',
    call: () => roll(zeros([2, 3]), 0.5, 0),
    error: ArgumentError,
    message: /^roll: shifts is 0\.5; expected a whole number, or a list of them/,
  },
  {
    label: 'no such dim',
    call: () => roll(zeros([2, 3]), 1, 2),
    error: IndexError,
    message: /^roll: dim 2 is outside/,
  },
];

export const moveSamples = {
  swapaxes: swapping('swapaxes', ag.swapaxes as Swap),
  swapdims: swapping('swapdims', ag.swapdims as Swap),
  movedim: moving('movedim', ag.movedim as Move),
  moveaxis: moving('moveaxis', ag.moveaxis as Move),
  t: {
    op: t,
    calls: {
      matrix: d => [d.tensor([d.size(), d.size()])],
      vector: d => [d.tensor([d.size()])],
      scalar: d => [d.tensor([])],
      'no elements': d => [d.tensor([0, 3])],
    },
    naive: (x: Dense) => (x.shape.length < 2 ? x : swapped(x, 0, 1)),
    errors: [
      {
        label: 'three dims',
        call: () => t(zeros([2, 3, 4])),
        error: ShapeError,
        message: /^t: expected a matrix at most, got shape \[2, 3, 4\]\. Use transpose/,
      },
    ],
  },
  flip: {
    op: flip,
    calls: {
      'one dim': d => [d.tensor([d.size(), 2]), 0],
      'several dims': d => [d.tensor([2, d.size(), 3]), [0, -1]],
      'no dims': d => [d.tensor([2, 2]), []],
      'of a flipped tensor': d => [flip(d.tensor([3, 2]), 0), [0, 1]],
      'of a sliced tensor': d => [d.tensor([5, 2]).slice(0, { start: 1, step: 2 }), 0],
      scalar: d => [d.tensor([]), 0],
      'no elements': d => [d.tensor([0, 2]), [0, 1]],
    },
    edges: { int32: d => [d.ints([2, 3], -9, 9), 1] },
    naive: (x: Dense, dims: Dims) =>
      flipped(
        x,
        [dims].flat().map(d => dimOf(d, x.shape.length)),
      ),
    errors: [
      {
        label: 'no such dim',
        call: () => flip(zeros([2, 3]), 2),
        error: IndexError,
        message: /^flip: dim 2 is outside/,
      },
      {
        label: 'a dim twice',
        call: () => flip(zeros([2, 3]), [0, -2]),
        error: IndexError,
        message: /^flip: dim 0 appears twice in \[0, -2\]/,
      },
      {
        label: 'no dims at all',
        call: () => flip(zeros([2, 3]), undefined as never),
        error: ArgumentError,
        message: /^flip: expected a dim, or a list of dims, to flip, got undefined/,
      },
    ],
  },
  fliplr: flipping('fliplr', ag.fliplr as Flip, 1, inPlane),
  flipud: flipping('flipud', ag.flipud as Flip, 0, { ...inPlane, vector: d => [d.tensor([d.size()])] }),
  rot90: {
    op: rot90,
    calls: {
      once: d => [d.tensor([2, d.size()])],
      backwards: d => [d.tensor([2, 3]), -1],
      'half a turn': d => [d.tensor([2, 3]), 2],
      'a whole turn': d => [d.tensor([2, 3]), 4],
      'another plane': d => [d.tensor([2, 3, d.size()]), d.int(-5, 5), [2, 0]],
      'negative dims': d => [d.tensor([2, 3, 2]), 3, [-1, -2]],
      'no elements': d => [d.tensor([0, 3]), 1],
    },
    naive: (x: Dense, k = 1, dims: readonly number[] = [0, 1]) => {
      const [a, b] = dims.map(d => dimOf(d, x.shape.length));
      let y = x;
      for (let i = 0; i < ((k % 4) + 4) % 4; i++) y = swapped(flipped(y, [b]), a, b);
      return y;
    },
    errors: [
      {
        label: 'half a quarter',
        call: () => rot90(zeros([2, 3]), 0.5),
        error: ArgumentError,
        message: /^rot90: k is 0\.5; expected a whole number of quarter turns/,
      },
      {
        label: 'one dim',
        call: () => rot90(zeros([2, 3]), 1, [0]),
        error: ArgumentError,
        message: /^rot90: dims is \[0\]; expected two dims/,
      },
      {
        label: 'the same dim twice',
        call: () => rot90(zeros([2, 3]), 1, [0, -2]),
        error: IndexError,
        message: /^rot90: dims \[0, -2\] name dim 0 twice/,
      },
      {
        label: 'a vector',
        call: () => rot90(zeros([2])),
        error: ShapeError,
        message: /^rot90: expected 2 dims or more, got shape \[2\]/,
      },
    ],
  },
  roll: {
    op: roll,
    calls: {
      'one dim': d => [d.tensor([4, 2]), d.int(-9, 9), 0],
      'all as one': d => [d.tensor([2, 3]), d.int(-7, 7)],
      'several dims': d => [d.tensor([3, 2, 4]), [d.int(0, 4), -1], [-1, 0]],
      'one dim twice': d => [d.tensor([3, 2]), [1, 1], [0, 0]],
      'by nothing': d => [d.tensor([3, 2]), 0, 1],
      'of a transposed tensor': d => [d.tensor([2, 3]).transpose(0, 1), 2],
      'of a flipped tensor': d => [flip(d.tensor([4, 2]), [0, 1]), [1, 1], [0, 1]],
      scalar: d => [d.tensor([]), 3],
      'no elements': d => [d.tensor([0, 2]), 1, 0],
    },
    edges: { bool: d => [d.bools([5]), 2] },
    naive: (x: Dense, shifts: Dims, dims: Dims = []) => {
      const by = [shifts].flat();
      const along = [dims].flat().map(d => dimOf(d, x.shape.length));
      const back = (i: number, n: number): number => ((i % n) + n) % n;
      if (along.length === 0)
        return new Dense(
          x.shape,
          x.data.map((_, i) => x.data[back(i - by[0], x.data.length)]),
        );
      return build(x.shape, index => {
        const at = [...index];
        along.forEach((d, i) => {
          at[d] = back(at[d] - by[i], x.shape[d]);
        });
        return x.at(at);
      });
    },
    errors: rollErrors,
  },
} satisfies Record<string, OpInfo>;
