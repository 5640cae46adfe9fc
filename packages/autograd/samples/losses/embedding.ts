import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { build, type Dense, map } from '../naive.js';
import type { ErrorCase, OpInfo } from '../types.js';
import {
  type Given,
  type Loose,
  misspelt,
  noMethod,
  plainOf,
  reduced,
  rows,
  signs,
  strengthErrors,
} from './support.js';

interface Options extends Given {
  readonly margin?: number | Dense;
  readonly p?: number;
  readonly eps?: number;
  readonly swap?: boolean;
  readonly distanceFunction?: unknown;
}

const int32 = (values: readonly number[]): ag.Tensor => tensor(Int32Array.from(values)) as ag.Tensor;
const positive = (x: number): number => Math.max(x, 0);

/** Three points in every row, no two of which share a coordinate. */
const triplets = (d: Draw, shape: readonly number[]): ag.Tensor[] => [
  d.tensor(shape, { min: 1, max: 2 }),
  d.tensor(shape, { min: -0.4, max: 0.5 }),
  d.tensor(shape, { min: -2, max: -1 }),
];
/** More than the distances of these. */
const wide = { margin: 12 };
const learned = (d: Draw): ag.Tensor => d.tensor([], { min: 11, max: 12 });

const distance = (a: Dense, b: Dense, { p = 2, eps = 1e-6 }: Options): Dense =>
  rows(
    (x, y) => {
      const differences = x.map((v, i) => Math.abs(v - y[i] + eps));
      return p === Number.POSITIVE_INFINITY
        ? Math.max(...differences)
        : differences.reduce((s, v) => s + v ** p, 0) ** (1 / p);
    },
    a,
    b,
  );

function triplet(
  [anchor, near, far]: readonly Dense[],
  options: Options,
  measure: (a: Dense, b: Dense) => Dense,
): Dense {
  const margin = plainOf(options.margin, 1);
  const between = options.swap === true ? measure(near, far) : Number.POSITIVE_INFINITY;
  const losses = map(
    (n, f, s) => positive(n - Math.min(f, s) + margin),
    measure(anchor, near),
    measure(anchor, far),
    between,
  );
  return reduced(losses, options);
}

const cityBlock = (a: ag.Tensor, b: ag.Tensor): ag.Tensor => a.sub(b).abs().sum(-1) as ag.Tensor;

function tripletErrors(name: string, op: Loose): ErrorCase[] {
  return [
    misspelt(name, o => op(zeros([2, 3]), zeros([2, 3]), zeros([2, 3]), o)),
    ...strengthErrors(name, 'margin', Number.NaN, o => op(zeros([2, 3]), zeros([2, 3]), zeros([2, 3]), o)),
    {
      label: 'shapes that would broadcast',
      call: () => op(zeros([2, 3]), zeros([2, 3]), zeros([1, 3])),
      error: ShapeError,
      message: new RegExp(
        `^${name}: the anchor has shape \\[2, 3\\], the negative \\[1, 3\\]\\. They must be the same`,
      ),
    },
    {
      label: 'two dtypes',
      call: () => op(zeros([2]), zeros([2], { dtype: 'float64' }), zeros([2])),
      error: DTypeError,
      message: new RegExp(`^${name}: the anchor is float32, the positive float64`),
    },
  ];
}

/** Vectors in one quarter, so that their cosine is above 0. */
const vectors = (d: Draw, shape: readonly number[]): ag.Tensor[] => [
  d.tensor(shape, { min: 0.2, max: 2 }),
  d.tensor(shape, { min: 0.2, max: 2 }),
];

export const embeddingLossSamples = {
  tripletMarginLoss: {
    op: ag.tripletMarginLoss as Loose,
    noMethod,
    calls: {
      'mean of a batch': d => [...triplets(d, [3, 2]), wide],
      'one triplet': d => [...triplets(d, [3]), wide],
      'city blocks, swapped': d => [
        ...triplets(d, [2, 3]),
        { p: 1, swap: true, margin: learned(d), reduction: 'none' },
      ],
      'the largest difference': d => [
        ...triplets(d, [2, 3]),
        { ...wide, p: Number.POSITIVE_INFINITY, reduction: 'sum' },
      ],
      'order 3': d => [...triplets(d, [2, 2, 3]), { ...wide, p: 3, eps: 0, reduction: 'none' }],
      'order 0.5': d => [...triplets(d, [2, 2]), { margin: 30, p: 0.5, eps: 0.1 }],
      'no triplets': d => [...triplets(d, [0, 2]), { reduction: 'none' }],
    },
    edges: {
      'equal points': d => [
        d.of([1, 2, 3, 4], [2, 2]),
        d.of([1, 2, 3, 4], [2, 2]),
        d.of([1, 2, 0, 0], [2, 2]),
        { eps: 0, reduction: 'none' },
      ],
      'equal coordinates, order 1.5': d => [d.of([1, 2]), d.of([1, 3]), d.of([0, 2]), { eps: 0, p: 1.5 }],
      'a small margin': d => [
        d.tensor([4, 3]),
        d.tensor([4, 3]),
        d.tensor([4, 3]),
        { margin: 0.1, reduction: 'none' },
      ],
      'the mean of nothing': d => triplets(d, [0, 2]),
    },
    naive: (a: Dense, b: Dense, c: Dense, options: Options = {}) =>
      triplet([a, b, c], options, (x, y) => distance(x, y, options)),
    errors: [
      ...tripletErrors('tripletMarginLoss', ag.tripletMarginLoss as Loose),
      {
        label: 'order 0',
        call: () => ag.tripletMarginLoss(zeros([2]), zeros([2]), zeros([2]), { p: 0 }),
        error: ArgumentError,
        message: /^tripletMarginLoss: p is 0; expected a number above 0, or Infinity/,
      },
      {
        label: 'an infinite eps',
        call: () =>
          ag.tripletMarginLoss(zeros([2]), zeros([2]), zeros([2]), { eps: Number.POSITIVE_INFINITY }),
        error: ArgumentError,
        message: /^tripletMarginLoss: eps is Infinity; expected a finite number/,
      },
      {
        label: 'scalars',
        call: () => ag.tripletMarginLoss(zeros([]), zeros([]), zeros([])),
        error: ShapeError,
        message: /^tripletMarginLoss: the anchor is a scalar; expected \[\.\.\., D\]/,
      },
    ],
  },
  tripletMarginWithDistanceLoss: {
    op: ag.tripletMarginWithDistanceLoss as Loose,
    noMethod,
    calls: {
      'mean of a batch': d => [...triplets(d, [3, 2]), wide],
      'a distance of one’s own': d => [...triplets(d, [3, 2]), { ...wide, distanceFunction: cityBlock }],
      'the same, swapped': d => [
        ...triplets(d, [2, 3]),
        { swap: true, margin: learned(d), distanceFunction: cityBlock, reduction: 'none' },
      ],
      'no triplets': d => [...triplets(d, [0, 2]), { reduction: 'sum', distanceFunction: cityBlock }],
    },
    edges: {
      'a small margin': d => [
        d.tensor([4, 3]),
        d.tensor([4, 3]),
        d.tensor([4, 3]),
        { margin: 0.1, reduction: 'none', distanceFunction: cityBlock },
      ],
    },
    naive: (a: Dense, b: Dense, c: Dense, options: Options = {}) =>
      triplet([a, b, c], options, (x, y) =>
        distance(x, y, options.distanceFunction === undefined ? {} : { p: 1, eps: 0 }),
      ),
    errors: [
      ...tripletErrors('tripletMarginWithDistanceLoss', ag.tripletMarginWithDistanceLoss as Loose),
      ...(
        [
          ['no function', 2, ArgumentError, 'distanceFunction is 2; expected \\(a, b\\) => distances'],
          [
            'a function that returns no tensor',
            () => 2,
            ArgumentError,
            'distanceFunction returned 2; expected a tensor',
          ],
          [
            'distances of several shapes',
            (_: ag.Tensor, b: ag.Tensor) => b.sum(b.requiresGrad ? 0 : undefined),
            ShapeError,
            'distanceFunction returned shapes \\[\\] and \\[3\\]; expected one shape',
          ],
        ] as const
      ).map(([label, distanceFunction, error, message]) => ({
        label,
        call: () =>
          (ag.tripletMarginWithDistanceLoss as Loose)(
            zeros([2, 3]),
            zeros([2, 3]),
            zeros([2, 3], { requiresGrad: true }),
            { distanceFunction },
          ),
        error,
        message: new RegExp(`^tripletMarginWithDistanceLoss: ${message}`),
      })),
    ],
  },
  cosineEmbeddingLoss: {
    op: ag.cosineEmbeddingLoss as Loose,
    noMethod,
    calls: {
      'mean of pairs': d => [...vectors(d, [4, 3]), signs(d, [4])],
      'one pair': d => [...vectors(d, [3]), signs(d, []), { margin: -0.5 }],
      'margin a tensor': d => [
        ...vectors(d, [3, 2]),
        int32([1, -1, -1]),
        { margin: d.tensor([], { min: -1, max: -0.1 }), reduction: 'none' },
      ],
      'no pairs': d => [...vectors(d, [0, 2]), signs(d, [0]), { reduction: 'sum' }],
    },
    edges: {
      'floating point targets': d => [
        d.of([1, 2, -1, 0], [2, 2]),
        d.of([1, 2, 1, 1], [2, 2]),
        d.of([1, -1]),
        { reduction: 'none' },
      ],
      'vectors of 0': d => [d.of([0, 0]), d.of([1, 0]), int32([1]).reshape([])],
      'a high margin': d => [
        d.tensor([4, 3]),
        d.tensor([4, 3]),
        int32([-1, 1, -1, 1]),
        { margin: 0.9, reduction: 'none' },
      ],
      'the mean of nothing': d => [...vectors(d, [0, 2]), signs(d, [0])],
    },
    naive: (first: Dense, second: Dense, target: Dense, options: Options = {}) => {
      const dot = (x: readonly number[], y: readonly number[]): number =>
        x.reduce((s, v, i) => s + v * y[i], 0);
      const tiny = Math.fround(1e-12);
      const cosines = rows(
        (x, y) => dot(x, y) / Math.sqrt((dot(x, x) + tiny) * (dot(y, y) + tiny)),
        first,
        second,
      );
      const losses = build(target.shape, index => {
        const c = cosines.at(index);
        return target.at(index) === 1 ? 1 - c : positive(c - plainOf(options.margin, 0));
      });
      return reduced(losses, options);
    },
    errors: [
      misspelt('cosineEmbeddingLoss', o =>
        ag.cosineEmbeddingLoss(zeros([2, 3]), zeros([2, 3]), int32([1, 1]), o),
      ),
      ...strengthErrors('cosineEmbeddingLoss', 'margin', 1.5, o =>
        ag.cosineEmbeddingLoss(zeros([2, 3]), zeros([2, 3]), int32([1, 1]), o),
      ),
      {
        label: 'shapes that would broadcast',
        call: () => (ag.cosineEmbeddingLoss as Loose)(zeros([2, 3]), zeros([1, 3]), int32([1, 1])),
        error: ShapeError,
        message: /^cosineEmbeddingLoss: the first has shape \[2, 3\], the second \[1, 3\]/,
      },
      {
        label: 'a target of another shape',
        call: () => ag.cosineEmbeddingLoss(zeros([2, 3]), zeros([2, 3]), int32([1, 1, 1])),
        error: ShapeError,
        message:
          /^cosineEmbeddingLoss: vectors of shape \[2, 3\] and a target of shape \[3\]; expected \[N, D\] and \[N\], or \[D\] and \[\]/,
      },
      {
        label: 'a target of 0',
        call: () => ag.cosineEmbeddingLoss(zeros([2, 3]), zeros([2, 3]), int32([1, 0])),
        error: ArgumentError,
        message: /^cosineEmbeddingLoss: the target holds 0 \(position 1 of shape \[2\]\); expected 1 or -1/,
      },
      {
        label: 'two dtypes',
        call: () =>
          ag.cosineEmbeddingLoss(zeros([2]), zeros([2], { dtype: 'float64' }), int32([1]).reshape([])),
        error: DTypeError,
        message: /^cosineEmbeddingLoss: the first is float32, the second float64/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
