import * as ag from '../../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { build, type Dense, map } from '../naive.js';
import type { ErrorCase, OpInfo } from '../types.js';
import {
  type Given,
  type Loose,
  misspelt,
  noMethod,
  pairErrors,
  plainOf,
  reduced,
  signs,
  strengthErrors,
} from './support.js';

interface Options extends Given {
  readonly margin?: number | Dense;
  readonly p?: number;
  readonly weight?: Dense;
}

const int32 = (values: readonly number[], shape: readonly number[] = [values.length]): ag.Tensor =>
  tensor(Int32Array.from(values)).reshape(shape) as ag.Tensor;
const positive = (x: number): number => (x > 0 ? x : Number.isNaN(x) ? x : 0);
const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);

/** A margin that may be learned, beyond the reach of what it is compared with. */
const learned = (d: Draw): ag.Tensor => d.tensor([], { min: 7, max: 8 });
const away = { avoid: [1] };

/** Three tensors of which the first exceeds the second, and targets that are not near 0. */
const ranked = (d: Draw, shape: readonly number[]): ag.Tensor[] => [
  d.tensor(shape, { min: 1, max: 2 }),
  d.tensor(shape, { min: -1, max: 0.5 }),
  d.tensor(shape, { avoid: [0], margin: 0.3 }),
];

/** The scores of the classes of a sample, with an index that leads to it. */
const scoresOf = (x: Dense, index: readonly number[]): number[] =>
  Array.from({ length: x.shape[x.shape.length - 1] }, (_, c) => x.at([...index, c]));

/** The errors of losses of class indices. */
function classErrors(name: string, op: Loose, target: readonly number[]): ErrorCase[] {
  return [
    misspelt(name, options => op(zeros([2, 3]), zeros(target, { dtype: 'int32' }), options)),
    {
      label: 'labels of another shape',
      call: () => op(zeros([2, 3]), int32([0, 1, 2])),
      error: ShapeError,
      message: new RegExp(
        `^${name}: an input of shape \\[2, 3\\] wants class indices of shape \\[${target.join(', ')}\\], got \\[3\\]`,
      ),
    },
    {
      label: 'labels of another dtype',
      call: () => op(zeros([2, 3]), zeros(target)),
      error: DTypeError,
      message: new RegExp(`^${name}: the target is float32; expected int32 class indices`),
    },
    {
      label: 'too many dims',
      call: () => op(zeros([2, 3, 4]), int32([0, 1])),
      error: ShapeError,
      message: new RegExp(`^${name}: the input has shape \\[2, 3, 4\\]; expected \\[N, C\\]`),
    },
    {
      label: 'scores in int32',
      call: () => op(int32([0, 1]), int32([0, 1])),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 tensor, got int32`),
    },
    {
      label: 'no tensor',
      call: () => op([0, 1], int32([0, 1])),
      error: ArgumentError,
      message: new RegExp(`^${name}: expected a tensor, got \\[0, 1\\]`),
    },
  ];
}

export const marginLossSamples = {
  hingeEmbeddingLoss: {
    op: ag.hingeEmbeddingLoss as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => [d.tensor([3, 2], away), signs(d, [3, 2])],
      'nothing reduced': d => [d.tensor([4], away), signs(d, [4]), { reduction: 'none' }],
      'margin a tensor': d => [
        d.tensor([4]),
        int32([1, -1, 1, -1]),
        { margin: learned(d), reduction: 'sum' },
      ],
      scalars: d => [d.tensor([], away), signs(d, [])],
      'no elements': d => [d.tensor([0]), signs(d, [0]), { reduction: 'none' }],
    },
    edges: {
      'floating point targets': d => [
        d.of([0.5, 0.5, 1, 3]),
        d.of([1, -1, -1, -1]),
        { margin: 1, reduction: 'none' },
      ],
      'a negative margin': d => [
        d.of([0.5, -2, Number.NaN]),
        int32([1, -1, -1]),
        { margin: -1, reduction: 'none' },
      ],
      'the mean of nothing': d => [d.tensor([0]), signs(d, [0])],
    },
    naive: (input: Dense, target: Dense, options: Options = {}) =>
      reduced(
        map((x, t) => (t === 1 ? x : positive(plainOf(options.margin, 1) - x)), input, target),
        options,
      ),
    errors: [
      ...pairErrors('hingeEmbeddingLoss', ag.hingeEmbeddingLoss).filter(e => e.label !== 'two dtypes'),
      ...strengthErrors('hingeEmbeddingLoss', 'margin', Number.NaN, o =>
        ag.hingeEmbeddingLoss(zeros([2]), int32([1, -1]), o),
      ),
      {
        label: 'a target of 0',
        call: () => ag.hingeEmbeddingLoss(zeros([2]), int32([1, 0])),
        error: ArgumentError,
        message:
          /^hingeEmbeddingLoss: the target holds 0 \(position 1 of shape \[2\]\); expected 1 or -1\. Labels of 0 and 1/,
      },
      {
        label: 'a target of another floating dtype',
        call: () => ag.hingeEmbeddingLoss(zeros([2]), zeros([2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^hingeEmbeddingLoss: the target is float64; expected int32 or the input's dtype float32/,
      },
    ],
  },
  marginRankingLoss: {
    op: ag.marginRankingLoss as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => ranked(d, [3, 2]),
      'nothing reduced': d => [...ranked(d, [4]), { margin: 0.1, reduction: 'none' }],
      'margin a tensor': d => [...ranked(d, [3]), { margin: learned(d) }],
      scalars: d => ranked(d, []),
      'no elements': d => [...ranked(d, [0]), { reduction: 'sum' }],
    },
    edges: {
      'at the margin': d => [
        d.of([1, 2, Number.NaN]),
        d.of([0, 0, 0]),
        d.of([1, -1, 1]),
        { margin: 1, reduction: 'none' },
      ],
      'the mean of nothing': d => ranked(d, [0]),
    },
    naive: (first: Dense, second: Dense, target: Dense, options: Options = {}) =>
      reduced(
        map((a, b, t) => positive(plainOf(options.margin, 0) - t * (a - b)), first, second, target),
        options,
      ),
    errors: [
      misspelt('marginRankingLoss', o =>
        (ag.marginRankingLoss as Loose)(zeros([2]), zeros([2]), zeros([2]), o),
      ),
      ...strengthErrors('marginRankingLoss', 'margin', Number.POSITIVE_INFINITY, o =>
        (ag.marginRankingLoss as Loose)(zeros([2]), zeros([2]), zeros([2]), o),
      ),
      {
        label: 'shapes that would broadcast',
        call: () => (ag.marginRankingLoss as Loose)(zeros([3, 1]), zeros([3, 1]), zeros([3])),
        error: ShapeError,
        message: /^marginRankingLoss: the first has shape \[3, 1\], the target \[3\]\. They must be the same/,
      },
      {
        label: 'an int32 target',
        call: () => (ag.marginRankingLoss as Loose)(zeros([2]), zeros([2]), int32([1, -1])),
        error: DTypeError,
        message: /^marginRankingLoss: the first is float32, the target int32/,
      },
    ],
  },
  multiMarginLoss: {
    op: ag.multiMarginLoss as Loose,
    noMethod,
    calls: {
      'mean of samples': d => [d.distinct([3, 4]), d.ints([3], 0, 3)],
      'one sample': d => [d.distinct([4]), d.ints([], 0, 3)],
      'squares, weights of classes': d => [
        d.distinct([3, 4]),
        d.ints([3], 0, 3),
        { p: 2, weight: d.tensor([4], { min: 0.2, max: 2 }), reduction: 'none' },
      ],
      'margin a tensor': d => [d.tensor([3, 4]), d.ints([3], 0, 3), { margin: learned(d), reduction: 'sum' }],
      'no samples': d => [d.tensor([0, 3]), d.ints([0], 0, 2), { reduction: 'none' }],
    },
    edges: {
      'ties, NaN': d => [d.of([1, 1, 0, Number.NaN], [2, 2]), int32([0, 1]), { reduction: 'none' }],
      'the mean of nothing': d => [d.tensor([0, 3]), d.ints([0], 0, 2)],
    },
    naive: (input: Dense, target: Dense, options: Options = {}) => {
      const { p = 1, weight } = options;
      const losses = build(target.shape, index => {
        const scores = scoresOf(input, index);
        const label = target.at(index);
        const missing = scores.map((x, i) =>
          i === label ? 0 : positive(plainOf(options.margin, 1) - scores[label] + x) ** p,
        );
        return ((weight?.data[label] ?? 1) * sum(missing)) / scores.length;
      });
      return reduced(losses, options);
    },
    errors: [
      ...classErrors('multiMarginLoss', ag.multiMarginLoss as Loose, [2]),
      ...strengthErrors('multiMarginLoss', 'margin', Number.NaN, o =>
        ag.multiMarginLoss(zeros([2, 3]), int32([0, 1]), o),
      ),
      {
        label: 'another power',
        call: () => ag.multiMarginLoss(zeros([2, 3]), int32([0, 1]), { p: 3 as never }),
        error: ArgumentError,
        message: /^multiMarginLoss: p is 3; expected 1 or 2/,
      },
      {
        label: 'a label that is no class',
        call: () => ag.multiMarginLoss(zeros([2, 3]), int32([0, -1])),
        error: IndexError,
        message:
          /^multiMarginLoss: label -1 \(position 1 of labels of shape \[2\]\) is outside the 3 classes: expected 0 to 2\.$/,
      },
      {
        label: 'too few weights',
        call: () => ag.multiMarginLoss(zeros([2, 3]), int32([0, 1]), { weight: zeros([2]) }),
        error: ShapeError,
        message: /^multiMarginLoss: the weight has shape \[2\]; expected \[3\]/,
      },
    ],
  },
  multilabelMarginLoss: {
    op: ag.multilabelMarginLoss as Loose,
    noMethod,
    calls: {
      'mean of samples': d => [d.distinct([3, 4]), int32([0, 3, -1, 2, 2, -1, 0, 0, -1, 1, 1, 1], [3, 4])],
      'one sample': d => [d.distinct([4]), int32([d.int(0, 3), 1, -1, -1])],
      'nothing reduced': d => [
        d.distinct([2, 3]),
        int32([0, 1, 2, 1, -1, -1], [2, 3]),
        { reduction: 'none' },
      ],
      'a label twice': d => [d.distinct([3]), int32([1, 1, -1]), { reduction: 'sum' }],
      'no samples': d => [d.tensor([0, 3]), d.ints([0, 3], 0, 2), { reduction: 'none' }],
    },
    edges: {
      'no labels': d => [d.tensor([2, 2]), int32([-1, 0, -1, -1], [2, 2])],
      'ties, NaN': d => [
        d.of([1, 1, 0, Number.NaN], [2, 2]),
        int32([0, -1, 0, -1], [2, 2]),
        { reduction: 'none' },
      ],
      'the mean of nothing': d => [d.tensor([0, 3]), d.ints([0, 3], 0, 2)],
    },
    naive: (input: Dense, target: Dense, options: Given = {}) => {
      const losses = build(input.shape.slice(0, -1), index => {
        const scores = scoresOf(input, index);
        const listed = scoresOf(target, index);
        const labels = listed.includes(-1) ? listed.slice(0, listed.indexOf(-1)) : listed;
        const missing = labels.flatMap(label =>
          scores.map((x, i) => (labels.includes(i) ? 0 : positive(1 - scores[label] + x))),
        );
        return sum(missing) / scores.length;
      });
      return reduced(losses, options);
    },
    errors: [
      ...classErrors('multilabelMarginLoss', ag.multilabelMarginLoss as Loose, [2, 3]),
      {
        label: 'a label that is no class',
        call: () => ag.multilabelMarginLoss(zeros([3]), int32([0, 3, -1])),
        error: IndexError,
        message:
          /^multilabelMarginLoss: label 3 \(position 1 of labels of shape \[3\]\) is outside the 3 classes: expected 0 to 2, or -1 after/,
      },
      {
        label: 'a label below -1',
        call: () => ag.multilabelMarginLoss(zeros([2]), int32([-1, -2])),
        error: IndexError,
        message: /^multilabelMarginLoss: label -2 \(position 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
