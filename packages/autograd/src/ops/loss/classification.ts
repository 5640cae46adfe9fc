import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { mode } from '../../graph/modes.js';
import type { DifferentiableOp, Input } from '../../graph/node.js';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import { sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, mul, sub, where } from '../binary.js';
import { composite, requireFloating } from '../define.js';
import { unrecorded } from '../fused.js';
import { gather, indexSelect } from '../indexing.js';
import { amax, sum } from '../reduce.js';
import { reducing, rowwise } from '../rowwise.js';
import { reshapeTo, squeeze, unsqueeze } from '../shape.js';
import { logSoftmax, logsumexp } from '../softmax.js';
import { exp, log, neg, to } from '../unary.js';
import {
  type Labels,
  labelsOf,
  reduceLosses,
  reductionOf,
  requireClassFactors,
  requireStrength,
  requireTensors,
  weighted,
} from './shared.js';
import type { LossOptions, Reduced, Reduction, Strength, WithoutClasses } from './types.js';

export interface NllLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** A factor for each class, [C]. The mean over class indices is then the weighted mean. */
  readonly weight?: Tensor;
  /** A class index that marks what to pass over, in the mean too. Default -100. */
  readonly ignoreIndex?: number;
}

export interface CrossEntropyOptions<R extends Reduction = Reduction> extends NllLossOptions<R> {
  /** How much of each target is spread evenly over the classes, 0 (default) to 1 (Szegedy et al. 2016). */
  readonly labelSmoothing?: Strength;
}

/** What both losses know once their arguments have been looked at. */
interface Problem {
  readonly op: string;
  readonly classDim: number;
  readonly classes: number;
  readonly reduction: Reduction;
  readonly weight: Tensor | undefined;
  readonly ignoreIndex: number;
}

function problemOf(op: string, input: Tensor, target: Tensor, options: NllLossOptions): Problem {
  const reduction = reductionOf(op, options.reduction);
  requireTensors(op, { input, target });
  requireFloating(op, input);
  if (input.ndim === 0)
    throw new ShapeError(`${op}: the input is a scalar; expected [N, C, ...], or [C] for one sample.`);
  const { weight, ignoreIndex = -100 } = options;
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`${op}: ignoreIndex is ${show(ignoreIndex)}; expected a whole number.`);
  const classDim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[classDim];
  if (weight !== undefined) requireClassFactors(op, weight, classes, input.dtype);
  return { op, classDim, classes, reduction, weight, ignoreIndex };
}

/** The factors of the classes in the dim where the input has them. */
function alongClasses(weight: Tensor, rank: number, classDim: number): Tensor {
  return reshapeTo(
    weight,
    Array.from({ length: rank }, (_, i) => (i === classDim ? weight.size : 1)),
  );
}

/**
 * The loss of class indices, of log-probabilities. What the smoothing spreads has no weight of its own in the mean: both parts are divided by the
 * weights of the labels, as PyTorch does.
 */
function ofIndices(logProbabilities: Tensor, target: Tensor, problem: Problem, smoothing: Strength): Tensor {
  const { op, classDim, classes, reduction, weight, ignoreIndex } = problem;
  const expected = logProbabilities.shape.filter((_, i) => i !== classDim);
  if (!sameShape(target.shape, expected))
    throw new ShapeError(
      `${op}: an input of shape ${showShape(logProbabilities.shape)} wants class indices of shape ${showShape(expected)}, got ${showShape(target.shape)}.`,
    );
  const labels = labelsOf(op, target, classes, ignoreIndex);
  const { index, kept } = labels;
  const masked = (x: Tensor): Tensor => (kept === null ? x : (where(kept, x, 0) as Tensor));

  const picked = squeeze(gather(logProbabilities, classDim, unsqueeze(index, classDim)), classDim) as Tensor;
  const shares =
    weight === undefined
      ? null
      : masked(reshapeTo(indexSelect(weight, 0, reshapeTo(index, [index.size])) as Tensor, expected));
  let losses = neg(shares === null ? picked : (mul(picked, shares) as Tensor));
  if (smoothing !== 0) {
    const all =
      weight === undefined
        ? logProbabilities
        : (mul(logProbabilities, alongClasses(weight, logProbabilities.ndim, classDim)) as Tensor);
    losses = sub(
      mul(losses, rest(smoothing) as Tensor) as Tensor,
      mul(sum(all, classDim) as Tensor, over(smoothing, classes) as Tensor) as Tensor,
    ) as Tensor;
  }
  losses = masked(losses);
  return reduction === 'mean' ? meanOf(losses, shares, labels) : reduceLosses(losses, reduction);
}

/** Over what took part, by weight; NaN of nothing. */
function meanOf(losses: Tensor, shares: Tensor | null, labels: Labels): Tensor {
  const total = sum(losses) as Tensor;
  return div(total, shares === null ? labels.count : (sum(shares) as Tensor)) as Tensor;
}

const rest = (s: Strength): Strength => (typeof s === 'number' ? 1 - s : (sub(1, s) as Tensor));
const over = (s: Strength, n: number): Strength => (typeof s === 'number' ? s / n : (div(s, n) as Tensor));

const keepdim = { keepdim: true } as const;

/**
 * -ln softmax(x)[label] of every row, with the labels as numbers of the dtype beside the numbers of the classes; and the largest element, and the logarithm of
 * the sum of e**(x - largest).
 */
const rowLosses = rowwise('crossEntropy', (dims, x: Tensor, label: Tensor, place: Tensor) => {
  const largest = amax(x, dims, keepdim) as Tensor;
  const shifted = sub(x, largest) as Tensor;
  const own = sum(where(eq(place, label), shifted, 0), dims, keepdim) as Tensor;
  const logarithm = log(sum(exp(shifted), dims, keepdim) as Tensor) as Tensor;
  return [sub(logarithm, own) as Tensor, largest, logarithm];
});

/** (softmax(x) - 1 at the label) g share. */
const rowGradient = rowwise(
  'crossEntropy',
  (
    _,
    x: Tensor,
    label: Tensor,
    place: Tensor,
    largest: Tensor,
    logarithm: Tensor,
    g: Tensor,
    share: number,
  ) => {
    const p = exp(sub(sub(x, largest), logarithm) as Tensor) as Tensor;
    return [mul(where(eq(place, label), sub(p, 1) as Tensor, p), mul(g, share) as Tensor) as Tensor];
  },
);

/**
 * The sum of the losses of all rows, divided, of [N, C], the numbers of the labels [N, 1], those of the classes [1, C], and what `rowLosses` found. A derivative
 * that is to be differentiated again finds the logarithm anew, as a function of x; the largest element is a constant, for it cancels.
 */
const totalLossOp: DifferentiableOp<number> = {
  name: 'crossEntropy',
  vjp: (g, n) => {
    const [x, label, place, largest, found] = [0, 1, 2, 3, 4].map(i => n.tensorInput(i));
    const logarithm = mode.recording ? (logsumexp(sub(x, largest) as Tensor, 1, keepdim) as Tensor) : found;
    const each = reshapeTo(g, [1, 1]);
    const [grad] = rowGradient.derive([1], x, label, place, largest, logarithm, each, 1 / n.attributes);
    return [grad, null, null, null, null];
  },
};

/** The numbers of the classes must be exact in float32. */
const mostClasses = 2 ** 24;

/** The common case in one pass each way; null where it is another one. */
function totalLoss(input: Tensor, target: Tensor, problem: Problem): Tensor | null {
  const { op, classes, reduction, weight, ignoreIndex } = problem;
  if (input.ndim !== 2 || weight !== undefined || reduction === 'none' || target.ndim !== 1) return null;
  if (input.size === 0 || classes > mostClasses || target.size !== input.shape[0]) return null;
  const { index, kept, count } = labelsOf(op, target, classes, ignoreIndex);
  if (kept !== null) return null;
  const place = raw([1, classes], input.dtype);
  kernels().write(
    place,
    Float64Array.from({ length: classes }, (_, i) => i),
  );
  const label = reshapeTo(to(index, input.dtype), [count, 1]);
  const [losses, ...found] = rowLosses.compute([1], input, label, place);
  const divisor = reduction === 'mean' ? count : 1;
  const total = unrecorded(() => {
    const all = sum(losses) as Tensor;
    return divisor === 1 ? all : (div(all, divisor) as Tensor);
  });
  record(totalLossOp, [input, label, place, ...found], divisor, [total]);
  return total;
}

function requireIndices(op: string, target: Tensor, advice: string): void {
  if (target.dtype !== 'int32')
    throw new DTypeError(`${op}: the target is ${target.dtype}; expected int32 class indices. ${advice}`);
}

/**
 * -input[label], reduced: the negative log-likelihood of labels under log-probabilities (of logSoftmax, say).
 *
 * @param input [N, C, ...], or [C] for one sample; float32 or float64
 * @param target class indices, int32 [N, ...] from 0 to C - 1
 * @throws IndexError for a label that is no class
 */
export const nllLoss: <S extends Shape, R extends Reduction = 'mean'>(
  input: Tensor<S>,
  target: Tensor,
  options?: NllLossOptions<R>,
) => Tensor<Reduced<R, WithoutClasses<S>>> = composite(
  'nllLoss',
  (input: Tensor, target: Tensor, options: NllLossOptions = {}) => {
    const problem = problemOf('nllLoss', input, target, options);
    requireIndices('nllLoss', target, "Convert them with to('int32').");
    return ofIndices(input, target, problem, 0);
  },
) as never;

/**
 * -ln softmax(input)[label], reduced: the negative log-likelihood of the labels under scores that have not been normalised.
 *
 * @param input [N, C, ...], or [C] for one sample; float32 or float64
 * @param target class indices, int32 [N, ...] from 0 to C - 1; or probabilities of the input's shape and dtype, for -sum(p ln softmax(input)), whose
 * mean is over samples and places, whatever their weights
 * @throws IndexError for a label that is no class
 */
export const crossEntropy: <S extends Shape, R extends Reduction = 'mean'>(
  input: Tensor<S>,
  target: Tensor,
  options?: CrossEntropyOptions<R>,
) => Tensor<Reduced<R, WithoutClasses<S>>> = composite(
  'crossEntropy',
  (input: Tensor, target: Tensor, options: CrossEntropyOptions = {}) => {
    const problem = problemOf('crossEntropy', input, target, options);
    const { labelSmoothing = 0 } = options;
    requireStrength('crossEntropy', 'labelSmoothing', labelSmoothing, input.dtype, { min: 0, max: 1 });
    if (target.dtype !== input.dtype) {
      const advice = `Probabilities have the input's dtype ${input.dtype}; convert with to().`;
      requireIndices('crossEntropy', target, advice);
      const total = labelSmoothing === 0 ? totalLoss(input, target, problem) : null;
      if (total !== null) return total;
      return ofIndices(logSoftmax(input, problem.classDim), target, problem, labelSmoothing);
    }
    return ofProbabilities(input, target, problem, labelSmoothing);
  },
) as never;

const surprise = reducing('crossEntropy', (dims, logs: Tensor, p: Tensor, factors: Input) =>
  neg(sum(weighted(mul(logs, p) as Tensor, factors), dims, keepdim) as Tensor),
);

function ofProbabilities(input: Tensor, target: Tensor, problem: Problem, smoothing: Strength): Tensor {
  const { op, classDim, classes, reduction, weight } = problem;
  if (!sameShape(target.shape, input.shape))
    throw new ShapeError(
      `${op}: probabilities of shape ${showShape(target.shape)} for an input of shape ${showShape(input.shape)}. They must be the same; class ` +
        `indices are int32: target.to('int32').`,
    );
  const smoothed =
    smoothing === 0
      ? target
      : (add(mul(target, rest(smoothing) as Tensor) as Tensor, over(smoothing, classes) as Tensor) as Tensor);
  const factors = weight === undefined ? 1 : alongClasses(weight, input.ndim, classDim);
  const reduced = { dims: [classDim], keepdim: false };
  return reduceLosses(surprise(reduced, logSoftmax(input, classDim), smoothed, factors), reduction);
}
