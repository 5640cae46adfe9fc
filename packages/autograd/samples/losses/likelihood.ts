import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { Dense, map } from '../naive.js';
import type { OpInfo } from '../types.js';
import { type Given, type Loose, noMethod, pairErrors, reduced, total } from './support.js';

interface PoissonOptions extends Given {
  readonly logInput?: boolean;
  readonly full?: boolean;
  readonly eps?: number;
}

const logs = { min: -3, max: -0.1 };
const positive = { min: 0.1, max: 1 };
const counts = { min: 0.2, max: 4, avoid: [1] };

const stirling = (t: number): number => (t > 1 ? t * Math.log(t) - t + 0.5 * Math.log(2 * Math.PI * t) : 0);

const normal = (d: Draw, shape: readonly number[], variance: readonly number[] = shape): unknown[] => [
  d.tensor(shape),
  d.tensor(shape),
  d.tensor(variance, { min: 0.2, max: 2 }),
];

export const likelihoodLossSamples = {
  klDiv: {
    op: ag.klDiv as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => {
        const shape = [3, d.size()];
        return [d.tensor(shape, logs), d.tensor(shape, positive)];
      },
      'of a matrix, by the batch': d => [
        d.tensor([3, 4], logs),
        d.tensor([3, 4], positive),
        { reduction: 'batchmean' },
      ],
      'sum of a vector': d => [d.tensor([4], logs), d.tensor([4], positive), { reduction: 'sum' }],
      'logarithms as target': d => [
        d.tensor([2, 3], logs),
        d.tensor([2, 3], logs),
        { logTarget: true, reduction: 'none' },
      ],
      scalars: d => [d.tensor([], logs), d.tensor([], positive)],
      'no elements': d => [d.tensor([2, 0], logs), d.tensor([2, 0], positive), { reduction: 'batchmean' }],
    },
    edges: {
      'targets of 0, negative, NaN': d => [
        d.of([-1, 0.5, -1, Number.NEGATIVE_INFINITY]),
        d.of([0, 0, -1, 0.5]),
        { reduction: 'none' },
      ],
      'no batch': d => [d.tensor([0, 2]), d.tensor([0, 2]), { reduction: 'batchmean' }],
    },
    naive: (input: Dense, target: Dense, options: Given & { readonly logTarget?: boolean } = {}) => {
      const f = options.logTarget
        ? (x: number, t: number) => Math.exp(t) * (t - x)
        : (x: number, t: number) => (t === 0 ? 0 : t * Math.log(t)) - t * x;
      const losses = map(f, input, target);
      return options.reduction === 'batchmean'
        ? new Dense([], [total(losses) / input.shape[0]])
        : reduced(losses, options);
    },
    errors: [
      ...pairErrors('klDiv', ag.klDiv),
      {
        label: 'a scalar has no batch',
        call: () => ag.klDiv(zeros([]), zeros([]), { reduction: 'batchmean' }),
        error: ShapeError,
        message: /^klDiv: a scalar has no batch; expected another reduction than 'batchmean'/,
      },
    ],
  },
  poissonNllLoss: {
    op: ag.poissonNllLoss as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => [d.tensor([3, 2]), d.tensor([3, 2], counts)],
      'sum of a vector, in full': d => [
        d.tensor([4]),
        d.tensor([4], counts),
        { reduction: 'sum', full: true },
      ],
      'rates as input': d => [
        d.tensor([2, 3], { min: 0.2, max: 3 }),
        d.tensor([2, 3], counts),
        { logInput: false, eps: 0.01, full: true, reduction: 'none' },
      ],
      scalars: d => [d.tensor([]), d.tensor([], counts)],
      'no elements': d => [d.tensor([0, 2]), d.tensor([0, 2]), { reduction: 'none', full: true }],
    },
    edges: {
      'counts of 0 and 1': d => [d.of([1, 2, -1]), d.of([0, 1, 1]), { full: true, reduction: 'none' }],
      'a rate of 0': d => [d.of([0, 0]), d.of([0, 1]), { logInput: false, reduction: 'none' }],
      'the mean of nothing': d => [d.tensor([0]), d.tensor([0])],
    },
    naive: (input: Dense, target: Dense, options: PoissonOptions = {}) => {
      const { logInput = true, full = false, eps = 1e-8 } = options;
      const f = (x: number, t: number): number =>
        (logInput ? Math.exp(x) - t * x : x - t * Math.log(x + eps)) + (full ? stirling(t) : 0);
      return reduced(map(f, input, target), options);
    },
    errors: [
      ...pairErrors('poissonNllLoss', ag.poissonNllLoss),
      {
        label: 'a negative eps',
        call: () => ag.poissonNllLoss(zeros([2]), zeros([2]), { eps: -1 }),
        error: ArgumentError,
        message: /^poissonNllLoss: eps is -1; expected a finite number from 0/,
      },
    ],
  },
  gaussianNllLoss: {
    op: ag.gaussianNllLoss as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => normal(d, [3, 2]),
      'one variance for each row': d => [...normal(d, [2, 3], [2]), { reduction: 'none' }],
      'one variance for each row, kept': d => [
        ...normal(d, [2, 3], [2, 1]),
        { full: true, reduction: 'sum' },
      ],
      'one for a vector': d => normal(d, [3], []),
      scalars: d => normal(d, []),
      'no elements': d => [...normal(d, [0, 2]), { reduction: 'none' }],
    },
    edges: {
      'variances below eps': d => [
        d.tensor([3]),
        d.tensor([3]),
        d.of([0, 0.05, 2]),
        { eps: 0.1, reduction: 'none' },
      ],
      'NaN and infinite': d => [
        d.of([0, Number.NaN]),
        d.of([1, 1]),
        d.of([Number.POSITIVE_INFINITY, 1]),
        { reduction: 'none' },
      ],
      'the mean of nothing': d => normal(d, [0]),
    },
    naive: (
      input: Dense,
      target: Dense,
      variance: Dense,
      options: Given & { readonly full?: boolean; readonly eps?: number } = {},
    ) => {
      const { full = false, eps = 1e-6 } = options;
      const spread =
        variance.shape.length < input.shape.length
          ? new Dense([...variance.shape, 1], variance.data)
          : variance;
      const f = (x: number, t: number, v: number): number => {
        const floor = Math.max(v, eps);
        return 0.5 * (Math.log(floor) + (x - t) ** 2 / floor) + (full ? 0.5 * Math.log(2 * Math.PI) : 0);
      };
      return reduced(map(f, input, target, spread), options);
    },
    errors: [
      ...pairErrors('gaussianNllLoss', (input: ag.Tensor, target: ag.Tensor, options?: object) =>
        (ag.gaussianNllLoss as Loose)(input, target, zeros([2]), options),
      ).filter(e => e.label !== 'shapes that would broadcast'),
      {
        label: 'shapes that would broadcast',
        call: () => (ag.gaussianNllLoss as Loose)(zeros([3, 1]), zeros([3]), zeros([3])),
        error: ShapeError,
        message: /^gaussianNllLoss: the input has shape \[3, 1\], the target \[3\]/,
      },
      {
        label: 'a variance of another shape',
        call: () => ag.gaussianNllLoss(zeros([2, 3]), zeros([2, 3]), zeros([3])),
        error: ShapeError,
        message:
          /^gaussianNllLoss: the input has shape \[2, 3\], the variance \[3\]; expected the same shape, or the last/,
      },
      {
        label: 'a variance of another dtype',
        call: () => ag.gaussianNllLoss(zeros([2]), zeros([2]), zeros([2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^gaussianNllLoss: the input is float32, the variance float64/,
      },
      {
        label: 'a negative variance',
        call: () => ag.gaussianNllLoss(zeros([2]), zeros([2]), tensor([1, -0.5])),
        error: ArgumentError,
        message:
          /^gaussianNllLoss: the variance holds -0\.5 \(position 1 of shape \[2\]\); expected numbers from 0\./,
      },
      {
        label: 'eps that is no number',
        call: () => ag.gaussianNllLoss(zeros([2]), zeros([2]), zeros([2]), { eps: Number.NaN }),
        error: ArgumentError,
        message: /^gaussianNllLoss: eps is NaN; expected a finite number from 0/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
