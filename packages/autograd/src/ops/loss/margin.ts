import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, mul, sub, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite, requireFloating } from '../define.js';
import { gather, indexSelect, scatterAdd } from '../indexing.js';
import { mean, sum } from '../reduce.js';
import { reshapeTo, unsqueeze } from '../shape.js';
import { neg, relu, square } from '../unary.js';
import {
  labelsOf,
  lossOf,
  reduceLosses,
  reductionOf,
  requireAlike,
  requireClassFactors,
  requireOneShape,
  requireSigns,
  requireStrength,
  requireTensors,
} from './shared.js';
import type {
  LossOptions,
  PairLossFunction,
  Reduced,
  Reduction,
  RowLossFunction,
  SameFits,
  Strength,
} from './types.js';

export interface HingeEmbeddingLossOptions extends LossOptions {
  /** From here on what is unlike costs nothing. Default 1. */
  readonly margin?: Strength;
}

const hinges = lossOf('hingeEmbeddingLoss', (x: Tensor, alike: Tensor, margin: Tensor) => {
  const missing = clamp(sub(margin, x) as Tensor, { min: 0 });
  return where(alike, x, missing) as Tensor;
});

/**
 * Of distances: input where the target is 1 (alike), max(margin - input, 0) where it is -1, reduced. One shape; the target in int32 or the input's dtype.
 *
 * @throws ArgumentError where a target is neither
 */
export const hingeEmbeddingLoss: PairLossFunction<'hingeEmbeddingLoss', HingeEmbeddingLossOptions> =
  composite(
    'hingeEmbeddingLoss',
    (input: Tensor, target: Tensor, { reduction, margin = 1 }: HingeEmbeddingLossOptions = {}) => {
      const op = 'hingeEmbeddingLoss';
      const reduced = reductionOf(op, reduction);
      requireTensors(op, { input, target });
      requireFloating(op, input);
      requireOneShape(op, { input, target });
      requireStrength(op, 'margin', margin, input.dtype);
      requireSigns(op, target, input.dtype);
      return hinges(reduced, input, eq(target, 1) as Tensor, margin);
    },
  ) as never;

export interface MarginRankingLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** By how much the one has to exceed the other. Default 0. */
  readonly margin?: Strength;
}

const rankings = lossOf(
  'marginRankingLoss',
  (first: Tensor, second: Tensor, target: Tensor, margin: Tensor) => {
    const lead = mul(target, sub(first, second) as Tensor) as Tensor;
    return clamp(add(neg(lead), margin) as Tensor, { min: 0 });
  },
);

/**
 * max(margin - target * (first - second), 0), reduced: the target is 1 where the first should rank higher, -1 where the second should; others scale the
 * difference. All three have one shape and one floating point dtype.
 */
export const marginRankingLoss: <
  S extends Shape,
  T extends Shape,
  U extends Shape,
  R extends Reduction = 'mean',
>(
  first: Tensor<S>,
  second: Tensor<T> & SameFits<'marginRankingLoss', S, T>,
  target: Tensor<U> & SameFits<'marginRankingLoss', S, U>,
  options?: MarginRankingLossOptions<R>,
) => Tensor<Reduced<R, S>> = composite(
  'marginRankingLoss',
  (first: Tensor, second: Tensor, target: Tensor, options: MarginRankingLossOptions = {}) => {
    const { margin = 0 } = options;
    const reduction = reductionOf('marginRankingLoss', options.reduction);
    requireAlike('marginRankingLoss', { first, second, target });
    requireStrength('marginRankingLoss', 'margin', margin, first.dtype);
    return rankings(reduction, first, second, target, margin);
  },
) as never;

export interface MultiMarginLossOptions extends LossOptions {
  /** The power of what is missing to the margin, 1 (default) or 2. */
  readonly p?: 1 | 2;
  /** By how much the score of the label has to exceed each other. Default 1. */
  readonly margin?: Strength;
  /** A factor for each class, [C]. */
  readonly weight?: Tensor;
}

/** Throws unless scores are [N, C] or [C]; returns the number of classes. */
function classesOf(op: string, input: Tensor): number {
  requireFloating(op, input);
  if (input.ndim < 1 || input.ndim > 2)
    throw new ShapeError(
      `${op}: the input has shape ${showShape(input.shape)}; expected [N, C], or [C] for one sample.`,
    );
  return input.shape[input.ndim - 1];
}

function requireLabels(op: string, target: Tensor, expected: readonly number[], input: Tensor): void {
  if (target.dtype !== 'int32')
    throw new DTypeError(
      `${op}: the target is ${target.dtype}; expected int32 class indices. Convert them with to('int32').`,
    );
  if (!sameShape(target.shape, expected))
    throw new ShapeError(
      `${op}: an input of shape ${showShape(input.shape)} wants class indices of shape ${showShape(expected)}, got ${showShape(target.shape)}.`,
    );
}

/**
 * For every class i but the label: weight[label] * max(margin - input[label] + input[i], 0)**p, divided by the number of classes and added up, then
 * reduced (Crammer and Singer 2001). Input [N, C] or [C]; the target holds class indices, int32 [N] or [].
 *
 * @throws IndexError for a label that is no class
 */
export const multiMarginLoss: RowLossFunction<MultiMarginLossOptions> = composite(
  'multiMarginLoss',
  (input: Tensor, target: Tensor, options: MultiMarginLossOptions = {}) => {
    const op = 'multiMarginLoss';
    const { p = 1, margin = 1, weight } = options;
    const reduction = reductionOf(op, options.reduction);
    requireTensors(op, { input, target });
    const classes = classesOf(op, input);
    if (p !== 1 && p !== 2) throw new ArgumentError(`${op}: p is ${show(p)}; expected 1 or 2.`);
    requireStrength(op, 'margin', margin, input.dtype);
    if (weight !== undefined) requireClassFactors(op, weight, classes, input.dtype);
    requireLabels(op, target, input.shape.slice(0, -1), input);
    const { index } = labelsOf(op, target, classes);
    const label = unsqueeze(index, -1) as Tensor;
    const lead = sub(gather(input, input.ndim - 1, label), margin as Tensor) as Tensor;
    const missing = relu(sub(input, lead) as Tensor);
    const others = where(eq(classIndices(classes), label) as Tensor, 0, missing) as Tensor;
    const losses = mean(p === 1 ? others : square(others), -1) as Tensor;
    if (weight === undefined) return reduceLosses(losses, reduction);
    const shares = reshapeTo(indexSelect(weight, 0, reshapeTo(index, [index.size])) as Tensor, index.shape);
    return reduceLosses(mul(losses, shares) as Tensor, reduction);
  },
) as never;

function classIndices(classes: number): Tensor {
  return int32(Array.from({ length: classes }, (_, i) => i));
}

function int32(values: readonly number[]): Tensor {
  const out = raw([values.length], 'int32');
  kernels().write(out, Int32Array.from(values));
  return out;
}

/** The labels of all samples in one list, and which classes are labels of none. */
interface LabelSets {
  /** Of which sample, and which class. */
  readonly samples: number[];
  readonly labels: number[];
  /** 1 where a class is no label of the sample: [N, C]. */
  readonly free: Uint8Array;
}

function labelSets(op: string, target: Tensor, classes: number): LabelSets {
  const values = kernels().read(target);
  const sets: LabelSets = { samples: [], labels: [], free: new Uint8Array(values.length).fill(1) };
  values.forEach((label, i) => {
    if (label < -1 || label >= classes)
      throw new IndexError(
        `${op}: label ${label} (position ${i} of labels of shape ${showShape(target.shape)}) is outside the ${classes} classes: expected 0 to ${classes - 1}, ` +
          'or -1 after the last label of a sample.',
      );
  });
  for (let start = 0; start < values.length; start += classes)
    for (let i = start; i < start + classes && values[i] !== -1; i++) {
      sets.samples.push(start / classes);
      sets.labels.push(values[i]);
      sets.free[start + values[i]] = 0;
    }
  return sets;
}

/**
 * For every label and every class i that is none: max(1 - input[label] + input[i], 0), divided by the number of classes and added up, then reduced. Input
 * [N, C] or [C]; the target, int32 of its shape, lists the labels of each sample, with -1 after the last.
 *
 * @throws IndexError for a label that is no class
 */
export const multilabelMarginLoss: RowLossFunction = composite(
  'multilabelMarginLoss',
  (input: Tensor, target: Tensor, options: LossOptions = {}) => {
    const op = 'multilabelMarginLoss';
    const reduction = reductionOf(op, options.reduction);
    requireTensors(op, { input, target });
    const classes = classesOf(op, input);
    requireLabels(op, target, input.shape, input);
    const { samples, labels, free } = labelSets(op, target, classes);
    const rows = input.ndim === 1 ? (unsqueeze(input, 0) as Tensor) : input;
    // A row for each label rather than for each pair of classes: samples have few labels.
    const sample = int32(samples);
    const scores = indexSelect(rows, 0, sample) as Tensor;
    const own = gather(scores, 1, reshapeTo(int32(labels), [labels.length, 1]));
    const freeClasses = raw(rows.shape, 'bool');
    kernels().write(freeClasses, free);
    const counted = indexSelect(freeClasses, 0, sample) as Tensor;
    const missing = relu(add(sub(scores, own) as Tensor, 1) as Tensor);
    const ofLabels = sum(where(counted, missing, 0) as Tensor, 1) as Tensor;
    const nothing = raw([rows.shape[0]], input.dtype);
    kernels().fill(nothing, 0);
    const losses = div(scatterAdd(nothing, 0, sample, ofLabels), classes) as Tensor;
    return reduceLosses(input.ndim === 1 ? reshapeTo(losses, []) : losses, reduction);
  },
) as never;
