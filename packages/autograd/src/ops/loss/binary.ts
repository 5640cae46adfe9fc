import { ShapeError } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import type { Input } from '../../graph/node.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, lt, mul, sub, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { apply, composite, type Primitive } from '../define.js';
import { log1pexp } from '../log1pexp.js';
import { mean } from '../reduce.js';
import { log, log1p, neg } from '../unary.js';
import {
  lossOf,
  reductionOf,
  requireAlike,
  requireElementsWithin,
  requireFactors,
  weighted,
} from './shared.js';
import type { LossOptions, PairLossFunction, RowLossFunction } from './types.js';

/** ln x, but -100 where it is less. Masked before the logarithm is taken: its derivative at 0 is infinite. */
function boundedLog(x: Tensor): Tensor {
  const small = lt(x, Math.exp(-100)) as Tensor;
  return where(small, -100, log(where(small, 1, x) as Tensor)) as Tensor;
}

/** ln(1 - x), but -100 at 1; the largest number below 1 is far from it. */
function boundedLogOfRest(x: Tensor): Tensor {
  const full = eq(x, 1) as Tensor;
  return where(full, -100, log1p(neg(where(full, 0, x) as Tensor))) as Tensor;
}

/** What PyTorch divides by at least, a single precision number in every dtype. */
const smallestVariance = Math.fround(1e-12);

/**
 * A rule of its own, for the borders: (x - t) / (x (1 - x)) is 0 where x = t = 0, while the parts would say 1; and it is large, not absent, where the
 * logarithm was cut off, so that a network that is wholly wrong can still learn.
 */
const binaryCrossEntropyOp: Primitive = {
  name: 'binaryCrossEntropy',
  savesInput: (i, n) => i === 0 || n.inputs[0] !== null,
  vjp: (g, n) => {
    const x = n.tensorInput(0);
    const byInput = (): Tensor => {
      const variance = clamp(mul(x, sub(1, x) as Tensor) as Tensor, { min: smallestVariance });
      return mul(g, div(sub(x, n.tensorInput(1)) as Tensor, variance) as Tensor) as Tensor;
    };
    const byTarget = (): Tensor => mul(g, sub(boundedLogOfRest(x), boundedLog(x)) as Tensor) as Tensor;
    return [n.needs(0) ? byInput() : null, n.needs(1) ? byTarget() : null];
  },
  forward: inputs =>
    noGrad(() => {
      const [x, t] = inputs as readonly Tensor[];
      const wrong = mul(sub(1, t) as Tensor, boundedLogOfRest(x)) as Tensor;
      return neg(add(mul(t, boundedLog(x)) as Tensor, wrong) as Tensor);
    }),
};

const ofProbabilities = lossOf('binaryCrossEntropy', (x: Tensor, t: Tensor, weight: Input) =>
  weighted(apply(binaryCrossEntropyOp, [x, t], undefined), weight),
);

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Factors of the losses; broadcast to them. */
  readonly weight?: Tensor;
}

/**
 * -(t ln x + (1 - t) ln(1 - x)) of probabilities x and t, reduced. Logarithms are cut off at -100. Both have one shape and one floating point dtype.
 * binaryCrossEntropyWithLogits is more exact.
 *
 * @throws ArgumentError where an input or target is outside [0, 1], or NaN
 */
export const binaryCrossEntropy: PairLossFunction<'binaryCrossEntropy', BinaryCrossEntropyOptions> =
  composite(
    'binaryCrossEntropy',
    (input: Tensor, target: Tensor, { reduction, weight }: BinaryCrossEntropyOptions = {}) => {
      const op = 'binaryCrossEntropy';
      const reduced = reductionOf(op, reduction);
      requireAlike(op, { input, target });
      if (weight !== undefined) requireFactors(op, 'weight', weight, input);
      const unit = { min: 0, max: 1 };
      requireElementsWithin(
        op,
        'input',
        input,
        unit,
        'Scores that are no probabilities: binaryCrossEntropyWithLogits.',
      );
      requireElementsWithin(op, 'target', target, unit, 'Targets are probabilities, or classes 0 and 1.');
      return ofProbabilities(reduced, input, target, weight ?? 1);
    },
  ) as never;

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Factors of the term of positive targets, by class for instance; broadcast to the losses. */
  readonly posWeight?: Tensor;
}

/** (1 - t) x + p ln(1 + e**-x) with p = 1, or 1 + (posWeight - 1) t. */
function logitLoss(x: Tensor, t: Tensor, posWeight?: Tensor): Tensor {
  const soft = log1pexp(neg(x));
  const linear = mul(sub(1, t) as Tensor, x) as Tensor;
  if (posWeight === undefined) return add(linear, soft) as Tensor;
  const factor = add(mul(sub(posWeight, 1) as Tensor, t) as Tensor, 1) as Tensor;
  return add(linear, mul(factor, soft) as Tensor) as Tensor;
}

const ofLogits = lossOf('binaryCrossEntropyWithLogits', (x: Tensor, t: Tensor, weight: Input) =>
  weighted(logitLoss(x, t), weight),
);
const ofUnequalLogits = lossOf(
  'binaryCrossEntropyWithLogits',
  (x: Tensor, t: Tensor, weight: Input, posWeight: Tensor) => weighted(logitLoss(x, t, posWeight), weight),
);

/**
 * binaryCrossEntropy of sigmoid(input), without overflow or loss of digits for scores of any size, reduced. Both have one shape and one floating
 * point dtype.
 */
export const binaryCrossEntropyWithLogits: PairLossFunction<
  'binaryCrossEntropyWithLogits',
  BinaryCrossEntropyWithLogitsOptions
> = composite(
  'binaryCrossEntropyWithLogits',
  (input: Tensor, target: Tensor, options: BinaryCrossEntropyWithLogitsOptions = {}) => {
    const op = 'binaryCrossEntropyWithLogits';
    const { weight, posWeight } = options;
    const reduction = reductionOf(op, options.reduction);
    requireAlike(op, { input, target });
    if (weight !== undefined) requireFactors(op, 'weight', weight, input);
    if (posWeight !== undefined) requireFactors(op, 'posWeight', posWeight, input);
    return posWeight === undefined
      ? ofLogits(reduction, input, target, weight ?? 1)
      : ofUnequalLogits(reduction, input, target, weight ?? 1, posWeight);
  },
) as never;

const softMargins = lossOf('softMarginLoss', (x: Tensor, t: Tensor) => log1pexp(neg(mul(x, t) as Tensor)));

/**
 * ln(1 + e**(-target * input)) of targets 1 and -1, without overflow, reduced. Both have one shape and one floating point dtype; other targets scale the
 * input.
 */
export const softMarginLoss: PairLossFunction<'softMarginLoss'> = composite(
  'softMarginLoss',
  (input: Tensor, target: Tensor, options: LossOptions = {}) => {
    const reduction = reductionOf('softMarginLoss', options.reduction);
    requireAlike('softMarginLoss', { input, target });
    return softMargins(reduction, input, target);
  },
) as never;

export interface MultilabelSoftMarginLossOptions extends LossOptions {
  /** Factors of the classes, [C]; or of all terms, broadcast to them. */
  readonly weight?: Tensor;
}

/**
 * The mean of binaryCrossEntropyWithLogits over the classes, the last dim, then reduced over what is left. Input and target (0 and 1 for each class, or
 * probabilities) are [N, C] or [C], of one floating point dtype.
 */
export const multilabelSoftMarginLoss: RowLossFunction<MultilabelSoftMarginLossOptions> = composite(
  'multilabelSoftMarginLoss',
  (input: Tensor, target: Tensor, { reduction, weight }: MultilabelSoftMarginLossOptions = {}) => {
    const op = 'multilabelSoftMarginLoss';
    const reduced = reductionOf(op, reduction);
    requireAlike(op, { input, target });
    if (input.ndim === 0)
      throw new ShapeError(`${op}: the input is a scalar; expected [N, C], or [C] for one sample.`);
    if (weight !== undefined) requireFactors(op, 'weight', weight, input);
    const factors = weight ?? 1;
    if (reduced === 'none') return mean(ofLogits(reduced, input, target, factors), -1) as Tensor;
    const classes = input.shape[input.ndim - 1];
    return ofLogits(reduced === 'mean' ? reduced : classes, input, target, factors);
  },
) as never;
