import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { along, build, Dense } from '../naive.js';
import type { ErrorCase, OpInfo } from '../types.js';
import {
  type Given,
  type Loose,
  misspelt,
  noMethod,
  plainOf,
  reduced,
  strengthErrors,
  total,
} from './support.js';

interface Options extends Given {
  readonly weight?: Dense;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number | Dense;
}

const int32 = (values: readonly number[]): ag.Tensor => tensor(Int32Array.from(values));

const logSoftmax = (x: Dense, dim: number): Dense =>
  along(
    (v, i) => {
      const top = Math.max(...v);
      return v[i] - top - Math.log(v.reduce((sum, u) => sum + Math.exp(u - top), 0));
    },
    x,
    dim,
  );

/** Of log-probabilities, with all options. */
function likelihood(input: Dense, target: Dense, options: Options = {}): Dense {
  const { weight, ignoreIndex = -100 } = options;
  const smoothing = plainOf(options.labelSmoothing, 0);
  const dim = input.shape.length === 1 ? 0 : 1;
  const classes = input.shape[dim];
  const w = (c: number): number => weight?.data[c] ?? 1;
  const outer = input.shape.filter((_, i) => i !== dim);
  const at = (index: readonly number[], c: number): number => input.at(index.toSpliced(dim, 0, c));
  const sameShape = target.shape.length === input.shape.length;
  const losses = build(outer, index => {
    let loss = 0;
    const label = sameShape ? -1 : target.at(index);
    if (label === ignoreIndex) return 0;
    for (let c = 0; c < classes; c++) {
      const hit = sameShape ? target.at(index.toSpliced(dim, 0, c)) : c === label ? 1 : 0;
      loss -= (hit * (1 - smoothing) + smoothing / classes) * w(c) * at(index, c);
    }
    return loss;
  });
  if (sameShape || (options.reduction ?? 'mean') !== 'mean') return reduced(losses, options);
  const shares = target.data.map(label => (label === ignoreIndex ? 0 : w(label)));
  return new Dense([], [total(losses) / shares.reduce((a, b) => a + b, 0)]);
}

/** The errors of both losses of class indices. */
function errors(name: string, op: Loose): ErrorCase[] {
  return [
    misspelt(name, options => op(zeros([2, 3]), int32([0, 1]), options)),
    {
      label: 'a label that is no class',
      call: () => op(zeros([2, 3]), int32([0, 3])),
      error: IndexError,
      message: new RegExp(
        `^${name}: label 3 \\(position 1 of labels of shape \\[2\\]\\) is outside the 3 classes: expected 0 to 2, or ignoreIndex, which is -100,`,
      ),
    },
    {
      label: 'a negative label',
      call: () => op(zeros([2, 3]), int32([-100, -1]), { ignoreIndex: 2 }),
      error: IndexError,
      message: new RegExp(`^${name}: label -100 \\(position 0 of .* which is 2,`),
    },
    {
      label: 'labels of another shape',
      call: () => op(zeros([2, 3]), int32([0, 1, 2])),
      error: ShapeError,
      message: new RegExp(
        `^${name}: an input of shape \\[2, 3\\] wants class indices of shape \\[2\\], got \\[3\\]`,
      ),
    },
    {
      label: 'labels that would broadcast',
      call: () => op(zeros([2, 3]), int32([0, 1]).reshape([2, 1])),
      error: ShapeError,
      message: new RegExp(`^${name}: .*wants class indices of shape \\[2\\], got \\[2, 1\\]`),
    },
    {
      label: 'labels of another dtype',
      call: () => op(zeros([2, 3]), zeros([2], { dtype: 'float64' })),
      error: DTypeError,
      message: new RegExp(`^${name}: the target is float64; expected int32 class indices`),
    },
    {
      label: 'scores in int32',
      call: () => op(zeros([2, 3], { dtype: 'int32' }), int32([0, 1])),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 tensor, got int32`),
    },
    {
      label: 'a scalar',
      call: () => op(zeros([]), int32([0])),
      error: ShapeError,
      message: new RegExp(`^${name}: the input is a scalar; expected \\[N, C, ...\\]`),
    },
    {
      label: 'no tensor',
      call: () => op(zeros([2, 3]), [0, 1]),
      error: ArgumentError,
      message: new RegExp(`^${name}: target is \\[0, 1\\]; expected a tensor`),
    },
    {
      label: 'too few weights',
      call: () => op(zeros([2, 3]), int32([0, 1]), { weight: zeros([2]) }),
      error: ShapeError,
      message: new RegExp(
        `^${name}: the weight has shape \\[2\\]; expected \\[3\\], one factor for each class`,
      ),
    },
    {
      label: 'weights of another dtype',
      call: () => op(zeros([2, 3]), int32([0, 1]), { weight: zeros([3], { dtype: 'float64' }) }),
      error: DTypeError,
      message: new RegExp(`^${name}: the weight is float64, the input float32`),
    },
    {
      label: 'ignoreIndex that is no whole number',
      call: () => op(zeros([2, 3]), int32([0, 1]), { ignoreIndex: 0.5 }),
      error: ArgumentError,
      message: new RegExp(`^${name}: ignoreIndex is 0\\.5; expected a whole number`),
    },
  ];
}

const weight = (d: Draw): ag.Tensor => d.tensor([3], { min: 0.2, max: 2 });

const calls: OpInfo['calls'] = {
  'mean of samples': d => {
    const n = d.size();
    return [d.tensor([n, 3]), d.ints([n], 0, 2)];
  },
  'several samples': d => [d.tensor([3, 4]), d.ints([3], 0, 3), { reduction: 'sum' }],
  'one sample': d => [d.tensor([3]), d.ints([], 0, 2)],
  'in space': d => [d.tensor([2, 3, 2, 2]), d.ints([2, 2, 2], 0, 2), { reduction: 'none' }],
  'weights of classes': d => [d.tensor([4, 3]), d.ints([4], 0, 2), { weight: weight(d) }],
  'some ignored': d => [d.tensor([4, 3]), int32([0, -100, 2, 1])],
  'ignored, of weight': d => [
    d.tensor([2, 3, 2]),
    int32([0, 1, 2, 1]).reshape([2, 2]),
    { weight: weight(d), ignoreIndex: 1 },
  ],
  'no samples': d => [d.tensor([0, 3]), d.ints([0], 0, 2), { reduction: 'none' }],
};

const edges: NonNullable<OpInfo['edges']> = {
  'the mean of no samples': d => [d.tensor([0, 3]), d.ints([0], 0, 2)],
  'all ignored': d => [d.tensor([2, 3]), int32([1, 1]), { ignoreIndex: 1 }],
  'infinite and NaN': d => [
    d.of([Number.NEGATIVE_INFINITY, 0, 1, Number.NaN, 1, 2], [2, 3]),
    int32([0, 1]),
    { reduction: 'none' },
  ],
};

export const classificationLossSamples = {
  nllLoss: {
    op: ag.nllLoss as Loose,
    noMethod,
    calls,
    edges: {
      ...edges,
      'infinite and NaN': d => [
        d.of([Number.NEGATIVE_INFINITY, 0, 1, Number.NaN], [2, 2]),
        int32([0, 1]),
        { reduction: 'none' },
      ],
    },
    naive: (input: Dense, target: Dense, options?: Options) => likelihood(input, target, options),
    errors: errors('nllLoss', ag.nllLoss as Loose),
  },
  crossEntropy: {
    op: ag.crossEntropy as Loose,
    noMethod,
    calls: {
      ...calls,
      smoothed: d => [d.tensor([3, 4]), d.ints([3], 0, 3), { labelSmoothing: 0.1 }],
      'smoothed, with all options': d => [
        d.tensor([4, 3]),
        int32([0, -100, 2, 1]),
        { labelSmoothing: d.tensor([], { min: 0.1, max: 0.9 }), weight: weight(d) },
      ],
      'smoothed, some ignored': d => [
        d.tensor([2, 3, 2]),
        int32([0, 1, 2, 1]).reshape([2, 2]),
        { labelSmoothing: 1, ignoreIndex: 1, reduction: 'none' },
      ],
      probabilities: d => [d.tensor([3, 4]), d.tensor([3, 4], { min: 0, max: 1 })],
      'one sample with probabilities': d => [d.tensor([3]), d.tensor([3], { min: 0, max: 1 })],
      'probabilities with all options': d => [
        d.tensor([2, 3, 2]),
        d.tensor([2, 3, 2], { min: 0, max: 1 }),
        { labelSmoothing: d.tensor([], { min: 0.1, max: 0.9 }), weight: weight(d), reduction: 'none' },
      ],
    },
    edges: {
      ...edges,
      'scores of any size': d => [
        d.of([1000, -1000, -1e30, 1e30], [2, 2]),
        int32([1, 1]),
        { reduction: 'none' },
      ],
      'the mean of no probabilities': d => [d.tensor([0, 3]), d.tensor([0, 3])],
    },
    naive: (input: Dense, target: Dense, options?: Options) =>
      likelihood(logSoftmax(input, input.shape.length === 1 ? 0 : 1), target, options),
    errors: [
      ...errors('crossEntropy', ag.crossEntropy as Loose),
      ...strengthErrors('crossEntropy', 'labelSmoothing', 1.5, o =>
        ag.crossEntropy(zeros([2, 3]), int32([0, 1]), o),
      ),
      {
        label: 'probabilities of another shape',
        call: () => ag.crossEntropy(zeros([2, 3]), zeros([2])),
        error: ShapeError,
        message:
          /^crossEntropy: probabilities of shape \[2\] for an input of shape \[2, 3\].*class indices are int32: target\.to\('int32'\)/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
