import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { type Dense, map } from '../naive.js';
import type { ErrorCase, OpInfo } from '../types.js';
import { type Given, type Loose, noMethod, pairErrors, reduced, rows } from './support.js';

interface Options extends Given {
  readonly weight?: Dense;
  readonly posWeight?: Dense;
}

const unit = { min: 0.05, max: 0.95 };
const log = (x: number): number => Math.max(Math.log(x), -100);
/** ln(1 + e**x). */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const ofLogits = (x: number, t: number, p = 1): number => (1 - t) * x + (1 + (p - 1) * t) * softplus(-x);

const pairs = (draw: (d: Draw, shape: readonly number[]) => unknown[]): OpInfo['calls'] => ({
  'mean of a matrix': d => draw(d, [d.size(), d.size()]),
  'sum of a vector': d => [...draw(d, [d.size()]), { reduction: 'sum' }],
  'nothing reduced': d => [...draw(d, [2, 1, 3]), { reduction: 'none' }],
  scalars: d => draw(d, []),
  'no elements': d => [...draw(d, [2, 0]), { reduction: 'sum' }],
});

const probable = (d: Draw, shape: readonly number[]): unknown[] => [
  d.tensor(shape, unit),
  d.tensor(shape, unit),
];
const scored = (d: Draw, shape: readonly number[]): unknown[] => [
  d.tensor(shape, { min: -4, max: 4 }),
  d.tensor(shape, unit),
];
const factors = (d: Draw, shape: readonly number[]): ag.Tensor => d.tensor(shape, { min: 0.2, max: 2 });

/** Factors that would enlarge the losses, that do not broadcast, and of another dtype. */
function factorErrors(name: string, op: Loose, key: string): ErrorCase[] {
  return [
    {
      label: `${key} that would enlarge the losses`,
      call: () => op(zeros([2, 3]), zeros([2, 3]), { [key]: zeros([4, 2, 3]) }),
      error: ShapeError,
      message: new RegExp(
        `^${name}: a ${key} of shape \\[4, 2, 3\\] does not broadcast to the shape \\[2, 3\\] of the input`,
      ),
    },
    {
      label: `${key} of another size`,
      call: () => op(zeros([2, 1]), zeros([2, 1]), { [key]: zeros([2, 3]) }),
      error: ShapeError,
      message: new RegExp(`^${name}: a ${key} of shape \\[2, 3\\] does not broadcast`),
    },
    {
      label: `${key} of another dtype`,
      call: () => op(zeros([2]), zeros([2]), { [key]: zeros([2], { dtype: 'float64' }) }),
      error: DTypeError,
      message: new RegExp(`^${name}: the ${key} is float64, the input float32`),
    },
    {
      label: `${key} that is no tensor`,
      call: () => op(zeros([2]), zeros([2]), { [key]: 2 }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ${key} is 2; expected a tensor`),
    },
  ];
}

const outside = (
  label: string,
  input: readonly number[],
  target: readonly number[],
  message: RegExp,
): ErrorCase => ({
  label,
  call: () => ag.binaryCrossEntropy(tensor(input) as ag.Tensor, tensor(target) as ag.Tensor),
  error: ArgumentError,
  message,
});

export const binaryLossSamples = {
  binaryCrossEntropy: {
    op: ag.binaryCrossEntropy as Loose,
    noMethod,
    calls: {
      ...pairs(probable),
      weights: d => [...probable(d, [3, 2]), { weight: factors(d, [2]) }],
    },
    edges: {
      borders: d => [d.of([0, 0, 1, 1, 0.5, 1e-30]), d.of([0, 1, 0, 1, 0.5, 1]), { reduction: 'none' }],
      'the mean of nothing': d => probable(d, [0]),
    },
    naive: (input: Dense, target: Dense, options: Options = {}) =>
      reduced(
        map((x, t, w) => -w * (t * log(x) + (1 - t) * log(1 - x)), input, target, options.weight ?? 1),
        options,
      ),
    errors: [
      ...pairErrors('binaryCrossEntropy', ag.binaryCrossEntropy),
      ...factorErrors('binaryCrossEntropy', ag.binaryCrossEntropy as Loose, 'weight'),
      outside(
        'an input above 1',
        [0.5, 1.25],
        [0, 1],
        /^binaryCrossEntropy: the input holds 1\.25 \(position 1 of shape \[2\]\); expected numbers from 0 to 1\..*WithLogits/,
      ),
      outside('NaN', [Number.NaN, 1], [0, 1], /^binaryCrossEntropy: the input holds NaN \(position 0/),
      outside(
        'a negative target',
        [0.5, 1],
        [0, -1],
        /^binaryCrossEntropy: the target holds -1 \(position 1/,
      ),
    ],
  },
  binaryCrossEntropyWithLogits: {
    op: ag.binaryCrossEntropyWithLogits as Loose,
    noMethod,
    calls: {
      ...pairs(scored),
      weights: d => [...scored(d, [3, 2]), { weight: factors(d, [3, 1]), reduction: 'none' }],
      'weights of positive targets': d => [
        ...scored(d, [3, 2]),
        { weight: factors(d, [2]), posWeight: factors(d, [2]) },
      ],
    },
    edges: {
      'scores of any size': d => [
        d.of([1000, -1000, 1000, -1000, 0, Number.NaN]),
        d.of([0, 1, 1, 0, 1, 0]),
        { reduction: 'none', posWeight: d.of([2], []) },
      ],
      'the mean of nothing': d => scored(d, [0]),
    },
    naive: (input: Dense, target: Dense, options: Options = {}) =>
      reduced(
        map(
          (x, t, w, p) => w * ofLogits(x, t, p),
          input,
          target,
          options.weight ?? 1,
          options.posWeight ?? 1,
        ),
        options,
      ),
    errors: [
      ...pairErrors('binaryCrossEntropyWithLogits', ag.binaryCrossEntropyWithLogits),
      ...factorErrors('binaryCrossEntropyWithLogits', ag.binaryCrossEntropyWithLogits as Loose, 'weight'),
      ...factorErrors('binaryCrossEntropyWithLogits', ag.binaryCrossEntropyWithLogits as Loose, 'posWeight'),
    ],
  },
  softMarginLoss: {
    op: ag.softMarginLoss as Loose,
    noMethod,
    calls: pairs((d, shape) => [d.tensor(shape), d.tensor(shape)]),
    edges: {
      'scores of any size': d => [
        d.of([1000, -1000, 0, Number.NaN]),
        d.of([-1, 1, 1, 1]),
        { reduction: 'none' },
      ],
      'the mean of nothing': d => scored(d, [0]),
    },
    naive: (input: Dense, target: Dense, options?: Given) =>
      reduced(
        map((x, t) => softplus(-t * x), input, target),
        options,
      ),
    errors: pairErrors('softMarginLoss', ag.softMarginLoss),
  },
  multilabelSoftMarginLoss: {
    op: ag.multilabelSoftMarginLoss as Loose,
    noMethod,
    calls: {
      'mean of samples': d => scored(d, [d.size(), d.size()]),
      'one sample': d => scored(d, [3]),
      'weights of classes': d => [...scored(d, [3, 2]), { weight: factors(d, [2]), reduction: 'sum' }],
      'nothing reduced': d => [...scored(d, [2, 3]), { reduction: 'none' }],
      'no samples': d => [...scored(d, [0, 3]), { reduction: 'none' }],
    },
    edges: {
      'scores of any size': d => [d.of([1000, -1000, 1000], [1, 3]), d.of([0, 1, 1], [1, 3])],
      'no classes': d => [...scored(d, [2, 0]), { reduction: 'none' }],
    },
    naive: (input: Dense, target: Dense, options: Options = {}) => {
      const losses = map((x, t, w) => w * ofLogits(x, t), input, target, options.weight ?? 1);
      return reduced(
        rows(v => v.reduce((a, b) => a + b, 0) / v.length, losses),
        options,
      );
    },
    errors: [
      ...pairErrors('multilabelSoftMarginLoss', ag.multilabelSoftMarginLoss),
      ...factorErrors('multilabelSoftMarginLoss', ag.multilabelSoftMarginLoss as Loose, 'weight'),
      {
        label: 'a scalar',
        call: () => ag.multilabelSoftMarginLoss(zeros([]), zeros([])),
        error: ShapeError,
        message: /^multilabelSoftMarginLoss: the input is a scalar; expected \[N, C\]/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
