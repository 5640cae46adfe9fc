import * as ag from '../src/index.js';
import { IndexError, tensor, zeros } from '../src/index.js';
import { broadcast, build, Dense, dimOf, reduce } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { wrongDType } from './unary.js';

const inf = Number.POSITIVE_INFINITY;

interface NaiveDiff {
  readonly n?: number;
  readonly dim?: number;
  readonly prepend?: Dense;
  readonly append?: Dense;
}

const resized = (shape: readonly number[], dim: number, size: number): number[] =>
  shape.with(dim, size) as number[];

/** Element i along a dim of the first, and what is behind it. */
function joined(parts: readonly Dense[], dim: number): Dense {
  const sizes = parts.map(p => p.shape[dim]);
  const size = sizes.reduce((a, b) => a + b, 0);
  return build(resized(parts[0].shape, dim, size), index => {
    let i = index[dim];
    let part = 0;
    while (i >= sizes[part]) i -= sizes[part++];
    return parts[part].at(index.with(dim, i));
  });
}

function differences(x: Dense, { n = 1, dim = -1, prepend, append }: NaiveDiff = {}, bool = false): Dense {
  const d = dimOf(dim, x.shape.length);
  let y = joined(
    [prepend, x, append].filter(p => p !== undefined),
    d,
  );
  for (let i = 0; i < n; i++) {
    const before = y;
    y = build(resized(y.shape, d, Math.max(y.shape[d] - 1, 0)), index => {
      const step = before.at(index.with(d, index[d] + 1)) - before.at(index);
      return bool ? Math.abs(step) : step;
    });
  }
  return y;
}

interface NaiveTrapezoid {
  readonly x?: Dense;
  readonly dx?: number;
  readonly dim?: number;
}

/** The areas between neighbours, and the dim they lie along, counted from the end. */
function areas(y: Dense, { x, dx = 1, dim = -1 }: NaiveTrapezoid): [areas: Dense, dim: number] {
  const end = dim < 0 ? dim : dim - y.shape.length;
  const places =
    x === undefined
      ? new Dense([], [0])
      : x.shape.length === 1
        ? new Dense(
            resized(
              y.shape.map(() => 1),
              y.shape.length + end,
              x.shape[0],
            ),
            x.data,
          )
        : x;
  const shape = broadcast(y.shape, places.shape);
  const d = shape.length + end;
  const at = (t: Dense, index: readonly number[], by: number): number => t.at(index.with(d, index[d] + by));
  return [
    build(resized(shape, d, Math.max(shape[d] - 1, 0)), index => {
      const width = x === undefined ? dx : at(places, index, 1) - at(places, index, 0);
      return ((at(y, index, 0) + at(y, index, 1)) / 2) * width;
    }),
    end,
  ];
}

type Trapezoid = (y: ag.Tensor, options?: ag.TrapezoidOptions) => ag.Tensor;

function trapezoids(name: string, fn: unknown, finish: (areas: Dense, dim: number) => Dense): OpInfo {
  const op = fn as Trapezoid;
  const errors: ErrorCase[] = [
    wrongDType(name, x => op(x)),
    {
      label: 'a scalar',
      call: () => op(tensor(1)),
      error: ag.ShapeError,
      message: new RegExp(`^${name}: a scalar has no dim to integrate along`),
    },
    {
      label: 'another number of places',
      call: () => op(zeros([2, 3]), { x: zeros([4]) }),
      error: ag.ShapeError,
      message: new RegExp(
        `^${name}: x has shape \\[4\\], dim 1 of y of shape \\[2, 3\\] has 3 samples\\. One place for each is needed`,
      ),
    },
    {
      label: 'places of another shape',
      call: () => op(zeros([2, 3]), { x: zeros([3, 3]) }),
      error: ag.ShapeError,
      message: new RegExp(`^${name}: shapes \\[3, 3\\] and \\[2, 3\\] do not broadcast`),
    },
    {
      label: 'places and a distance',
      call: () => op(zeros([3]), { x: zeros([3]), dx: 2 }),
      error: ag.ArgumentError,
      message: new RegExp(`^${name}: got both x and dx = 2`),
    },
    {
      label: 'places of another dtype',
      call: () => op(zeros([3]), { x: zeros([3], { dtype: 'float64' }) }),
      error: ag.DTypeError,
      message: new RegExp(`^${name}: x is float64 and y is float32; they must be the same`),
    },
    {
      label: 'an array of places',
      call: () => op(zeros([2]), { x: [1, 2] as never }),
      error: ag.ArgumentError,
      message: new RegExp(`^${name}: expected a tensor, got \\[1, 2\\]`),
    },
    {
      label: 'no such dim',
      call: () => op(zeros([3]), { dim: -2 }),
      error: IndexError,
      message: new RegExp(`^${name}: dim -2 is outside`),
    },
  ];
  return {
    op,
    calls: {
      vector: d => [d.tensor([d.size(6)])],
      'a distance': d => [d.tensor([2, 4]), { dx: 0.5, dim: 1 }],
      'first dim': d => [d.tensor([d.size(4), 3]), { dim: 0 }],
      places: d => [d.tensor([2, 4]), { x: d.tensor([4]) }],
      'places along the first dim': d => [d.tensor([3, 2]), { x: d.tensor([3]), dim: 0 }],
      'places for every sample': d => [d.tensor([2, 3]), { x: d.tensor([2, 3]), dim: -1 }],
      'places for a part of the dims': d => [d.tensor([2, 2, 3]), { x: d.tensor([1, 3]) }],
      'places of more dims': d => [d.tensor([3]), { x: d.tensor([2, 3]) }],
      'one sample': d => [d.tensor([3, 1])],
      'no samples': d => [d.tensor([3, 0])],
      'no rows': d => [d.tensor([0, 3]), { dx: 2 }],
    },
    naive: (y: Dense, options: NaiveTrapezoid = {}) => finish(...areas(y, options)),
    errors,
  };
}

const runningSum = (x: Dense, dim: number): Dense =>
  build(x.shape, index => {
    const d = dimOf(dim, x.shape.length);
    let sum = 0;
    for (let i = 0; i <= index[d]; i++) sum += x.at(index.with(d, i));
    return sum;
  });

export const differenceSamples = {
  diff: {
    op: ag.diff,
    calls: {
      vector: d => [d.tensor([d.size(6)])],
      'one dim': d => [d.tensor([3, d.size(4)]), { dim: 0 }],
      twice: d => [d.tensor([2, 5]), { n: 2 }],
      'not at all': d => [d.tensor([2, 3]), { n: 0 }],
      'more often than there are': d => [d.tensor([2, 3]), { n: 5, dim: -1 }],
      'put before and behind': d => [
        d.tensor([2, 3]),
        { dim: 1, prepend: d.tensor([2, 1]), append: d.tensor([2, 2]), n: 2 },
      ],
      transposed: d => [d.tensor([3, 4]).transpose(0, 1), { dim: 0 }],
      'no rows': d => [d.tensor([0, 3])],
    },
    edges: {
      int32: d => [d.ints([2, 5], -9, 9)],
      bool: d => [d.bools([6]), { dim: 0 }],
      infinities: d => [d.of([1, inf, inf, 2])],
    },
    // Only bools are given along dim 0 of a vector.
    naive: (x: Dense, options?: NaiveDiff) =>
      differences(x, options, options?.dim === 0 && x.shape.length === 1),
    errors: [
      {
        label: 'a scalar',
        call: () => ag.diff(tensor(1)),
        error: ag.ShapeError,
        message: /^diff: a scalar has no dim to take differences along/,
      },
      {
        label: 'a fraction of a time',
        call: () => ag.diff(zeros([3]), { n: 0.5 }),
        error: ag.ArgumentError,
        message: /^diff: n is 0\.5; expected a whole number from 0/,
      },
      {
        label: 'another shape before',
        call: () => ag.diff(zeros([2, 3]), { prepend: zeros([1]) }),
        error: ag.ShapeError,
        message: /^diff: prepend has shape \[1\], x has \[2, 3\]: all sizes but that of dim 1 must be equal/,
      },
      {
        label: 'another dtype behind',
        call: () => ag.diff(zeros([3]), { append: tensor([1], { dtype: 'int32' }) }),
        error: ag.DTypeError,
        message: /^diff: append is int32 and x is float32; they must be the same/,
      },
      {
        label: 'an array before',
        call: () => ag.diff(zeros([3]), { prepend: [1] as never }),
        error: ag.ArgumentError,
        message: /^diff: expected a tensor, got \[1\]/,
      },
      {
        label: 'no such dim',
        call: () => ag.diff(zeros([3]), { dim: 1 }),
        error: IndexError,
        message: /^diff: dim 1 is outside/,
      },
    ],
  },
  trapezoid: trapezoids('trapezoid', ag.trapezoid, (x, dim) =>
    reduce(v => v.reduce((a, b) => a + b, 0), x, dim),
  ),
  cumulativeTrapezoid: trapezoids('cumulativeTrapezoid', ag.cumulativeTrapezoid, runningSum),
} satisfies Record<string, OpInfo>;
