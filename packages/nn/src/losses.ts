import {
  ArgumentError,
  DTypeError,
  gather,
  IndexError,
  indexSelect,
  logSoftmax,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  Tensor,
  where,
} from '@fluxion/autograd';

/** What becomes of the losses of the samples: their mean (default), their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions<R extends Reduction = Reduction> {
  readonly reduction?: R;
}

export interface CrossEntropyOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** A factor for each class, [C]. The mean over class indices is then the weighted mean. */
  readonly weight?: Tensor;
  /** A class index that marks samples to pass over. Default: none; PyTorch's is -100. */
  readonly ignoreIndex?: number;
  /** How much of each target is spread evenly over the classes, 0 (default) to 1. */
  readonly labelSmoothing?: number;
}

/** A scalar, unless nothing is reduced. */
type Reduced<R extends Reduction, S extends Shape> = R extends 'none' ? S : [];

/** [N, C, ...] without its classes: [N, ...]. */
type WithoutClasses<S extends Shape> = number extends S['length']
  ? Shape
  : S extends readonly [infer N extends number, number, ...infer Rest extends Shape]
    ? [N, ...Rest]
    : [];

function checkReduction(op: string, reduction: Reduction): void {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none')
    throw new ArgumentError(`${op}: reduction is ${show(reduction)}; expected 'mean', 'sum' or 'none'.`);
}

function reduce(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? losses.mean() : reduction === 'sum' ? losses.sum() : losses;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/**
 * (input - target)², reduced.
 *
 * @throws ShapeError where the shapes differ: a target [N] against an input [N, 1] would broadcast to [N, N] and train nonsense
 */
export function mseLoss<S extends Shape, R extends Reduction = 'mean'>(
  input: Tensor<S>,
  target: Tensor,
  options: LossOptions<R> = {},
): Tensor<Reduced<R, S>> {
  const reduction: Reduction = options.reduction ?? 'mean';
  checkReduction('mseLoss', reduction);
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError(
      `mseLoss: the input has shape ${showShape(input.shape)}, the target ${showShape(target.shape)}. They must be the same: reshape or expand one.`,
    );
  return scope(() => reduce((input as Tensor).sub(target).square(), reduction)) as never;
}

/**
 * -ln softmax(logits)[label], reduced: the negative log-likelihood of the labels under scores that have not been normalised.
 *
 * @param logits [N, C, ...], or [C] for one sample
 * @param labels class indices, int32 [N, ...] from 0 to C - 1; or probabilities of logits' shape and dtype, for -sum(p ln softmax(logits))
 */
export function crossEntropy<S extends Shape, R extends Reduction = 'mean'>(
  logits: Tensor<S>,
  labels: Tensor,
  options: CrossEntropyOptions<R> = {},
): Tensor<Reduced<R, WithoutClasses<S>>> {
  const { reduction = 'mean', labelSmoothing = 0, weight } = options as CrossEntropyOptions;
  checkReduction('crossEntropy', reduction);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(
      `crossEntropy: labelSmoothing is ${show(labelSmoothing)}; expected a number from 0 to 1.`,
    );
  if (!(logits instanceof Tensor) || !(labels instanceof Tensor))
    throw new ArgumentError(`crossEntropy: expected tensors, got ${show(logits)} and ${show(labels)}.`);
  if (logits.ndim === 0)
    throw new ShapeError(
      'crossEntropy: the logits are a scalar; expected [N, C, ...], or [C] for one sample.',
    );
  const classDim = logits.ndim === 1 ? 0 : 1;
  const classes = logits.shape[classDim];
  if (weight !== undefined && !sameShape(weight.shape, [classes]))
    throw new ShapeError(
      `crossEntropy: the weight has shape ${showShape(weight.shape)}; expected [${classes}], one factor for each class.`,
    );
  const parts: Parts = { logits, labels, classDim, classes, reduction, labelSmoothing, weight };
  return scope(() =>
    labels.dtype === 'int32' ? ofIndices(parts, options.ignoreIndex) : ofProbabilities(parts),
  ) as never;
}

interface Parts {
  readonly logits: Tensor;
  readonly labels: Tensor;
  readonly classDim: number;
  readonly classes: number;
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  readonly weight: Tensor | undefined;
}

function ofIndices(parts: Parts, ignoreIndex: number | undefined): Tensor {
  const { logits, labels, classDim, classes, reduction, labelSmoothing } = parts;
  const expected = logits.shape.filter((_, i) => i !== classDim);
  if (!sameShape(labels.shape, expected))
    throw new ShapeError(
      `crossEntropy: logits of shape ${showShape(logits.shape)} want class indices of shape ${showShape(expected)} (or probabilities of their own ` +
        `shape), got ${showShape(labels.shape)}.`,
    );
  const logProbabilities = logSoftmax(logits, classDim);
  const ignored = ignoreIndex === undefined ? null : labels.eq(ignoreIndex);
  const index = ignored === null ? labels : where(ignored, 0, labels);
  const picked = pick(logProbabilities, classDim, index, classes);
  const weight =
    parts.weight === undefined ? null : indexSelect(parts.weight, 0, index.flatten()).reshape(expected);

  let losses = weight === null ? picked.neg() : picked.mul(weight).neg();
  if (labelSmoothing !== 0) {
    const spread = weighted(logProbabilities, parts)
      .sum(classDim)
      .mul(-labelSmoothing / classes);
    losses = losses.mul(1 - labelSmoothing).add(spread);
  }
  if (ignored !== null) losses = where(ignored, 0, losses);
  if (reduction !== 'mean' || (weight === null && ignored === null)) return reduce(losses, reduction);
  // The mean is over the weights that took part.
  const share = weight ?? losses.mul(0).add(1).detach();
  return losses.sum().div((ignored === null ? share : where(ignored, 0, share)).sum());
}

/** The log-probability of each label. */
function pick(logProbabilities: Tensor, classDim: number, index: Tensor, classes: number): Tensor {
  try {
    return gather(logProbabilities, classDim, index.unsqueeze(classDim)).squeeze(classDim);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    throw new IndexError(
      `crossEntropy: a label is outside the ${classes} classes: expected 0 to ${classes - 1}, and ignoreIndex for samples without a label. ` +
        `(${error.message})`,
      { cause: error },
    );
  }
}

function ofProbabilities(parts: Parts): Tensor {
  const { logits, labels, classDim, classes, reduction, labelSmoothing } = parts;
  if (labels.dtype !== logits.dtype)
    throw new DTypeError(
      `crossEntropy: labels are int32 class indices or probabilities of the logits' dtype ${logits.dtype}, got ${labels.dtype}. Convert them with to().`,
    );
  if (!sameShape(labels.shape, logits.shape))
    throw new ShapeError(
      `crossEntropy: probabilities of shape ${showShape(labels.shape)} for logits of shape ${showShape(logits.shape)}. They must be the same; class ` +
        `indices are int32: labels.to('int32').`,
    );
  const target = labelSmoothing === 0 ? labels : labels.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const losses = weighted(logSoftmax(logits, classDim).mul(target), parts).sum(classDim).neg();
  return reduce(losses, reduction);
}

/** Times the weight of each class. */
function weighted(x: Tensor, { weight, classDim, classes }: Parts): Tensor {
  if (weight === undefined) return x;
  return x.mul(weight.reshape(x.shape.map((_, i) => (i === classDim ? classes : 1))));
}
