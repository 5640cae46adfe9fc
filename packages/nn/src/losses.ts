import {
  type BatchOf,
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CosineEmbeddingLossOptions,
  type CrossEntropyOptions,
  type CtcLossOptions,
  cosineEmbeddingLoss,
  crossEntropy,
  ctcLoss,
  type GaussianNllLossOptions,
  gaussianNllLoss,
  type HingeEmbeddingLossOptions,
  type HuberLossOptions,
  hingeEmbeddingLoss,
  huberLoss,
  type KlDivOptions,
  klDiv,
  type Lengths,
  type LossOptions,
  l1Loss,
  type MarginRankingLossOptions,
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
  marginRankingLoss,
  mseLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  type NllLossOptions,
  nllLoss,
  type PoissonNllLossOptions,
  poissonNllLoss,
  type Reduced,
  type Reduction,
  type SameFits,
  type Shape,
  type SmoothL1LossOptions,
  show,
  smoothL1Loss,
  softMarginLoss,
  Tensor,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  type WithoutClasses,
  type WithoutLast,
} from '@fluxion/autograd';
import { Module } from './module.js';

/**
 * A loss as a module: a function of the package with its options. Options that are tensors (weights of classes, margins) stand on fields of their own
 * names: they are converted and saved with the module, and trained if they require a gradient.
 */
abstract class Loss<O> extends Module {
  /** Those that are no tensors. */
  readonly options: O;
  private readonly tensorOptions: readonly string[];

  constructor(options: O = {} as O) {
    super();
    const tensors = Object.entries(options as object).filter(([, value]) => value instanceof Tensor);
    for (const [name, value] of tensors)
      if (value.requiresGrad) (this as Record<string, unknown>)[name] = value;
      else this.registerBuffer(name, value);
    this.tensorOptions = tensors.map(([name]) => name);
    this.options = Object.fromEntries(
      Object.entries(options as object).filter(([, value]) => !(value instanceof Tensor)),
    ) as O;
  }

  /** All options. */
  protected get given(): O {
    if (this.tensorOptions.length === 0) return this.options;
    const fields = this as unknown as Readonly<Record<string, unknown>>;
    return { ...this.options, ...Object.fromEntries(this.tensorOptions.map(name => [name, fields[name]])) };
  }

  override describe(): string {
    return Object.entries(this.given as object)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : show(value)}`)
      .join(', ');
  }
}

/** (input, target), both of one shape. */
abstract class PairLoss<O, R extends string> extends Loss<O> {
  protected abstract readonly fn: (input: Tensor, target: Tensor, options: O) => Tensor;

  override forward<S extends Shape, T extends Shape>(
    input: Tensor<S>,
    target: Tensor<T> & SameFits<'loss', S, T>,
  ): Tensor<Reduced<R, S>> {
    return this.fn(input, target, this.given) as never;
  }
}

/** (input, target), with a loss for each row of the input. */
abstract class RowLoss<O, R extends string> extends Loss<O> {
  protected abstract readonly fn: (input: Tensor, target: Tensor, options: O) => Tensor;

  override forward<S extends Shape>(input: Tensor<S>, target: Tensor): Tensor<Reduced<R, WithoutLast<S>>> {
    return this.fn(input, target, this.given) as never;
  }
}

/** (input [N, C, ...], target [N, ...]), with a loss wherever there is a label. */
abstract class LabelLoss<O, R extends string> extends Loss<O> {
  protected abstract readonly fn: (input: Tensor, target: Tensor, options: O) => Tensor;

  override forward<S extends Shape>(input: Tensor<S>, target: Tensor): Tensor<Reduced<R, WithoutClasses<S>>> {
    return this.fn(input, target, this.given) as never;
  }
}

/** (input - target)², reduced. See `functional.mseLoss`. */
export class MSELoss<R extends Reduction = 'mean'> extends PairLoss<LossOptions<R>, R> {
  protected readonly fn: typeof mseLoss = mseLoss;
}

/** |input - target|, reduced. See `functional.l1Loss`. */
export class L1Loss<R extends Reduction = 'mean'> extends PairLoss<LossOptions<R>, R> {
  protected readonly fn: typeof l1Loss = l1Loss;
}

/** A parabola of slope 1 from beta on, reduced. See `functional.smoothL1Loss`. */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends PairLoss<
  SmoothL1LossOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof smoothL1Loss = smoothL1Loss;
}

/** A parabola up to delta, then straight, reduced. See `functional.huberLoss`. */
export class HuberLoss<R extends Reduction = 'mean'> extends PairLoss<HuberLossOptions & LossOptions<R>, R> {
  protected readonly fn: typeof huberLoss = huberLoss;
}

/** Cross-entropy of probabilities of one class, reduced. See `functional.binaryCrossEntropy`. */
export class BCELoss<R extends Reduction = 'mean'> extends PairLoss<
  BinaryCrossEntropyOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof binaryCrossEntropy = binaryCrossEntropy;
}

/** Cross-entropy of scores of one class, reduced. See `functional.binaryCrossEntropyWithLogits`. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends PairLoss<
  BinaryCrossEntropyWithLogitsOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof binaryCrossEntropyWithLogits = binaryCrossEntropyWithLogits;
}

/** The negative log-likelihood of counts, reduced. See `functional.poissonNllLoss`. */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends PairLoss<
  PoissonNllLossOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof poissonNllLoss = poissonNllLoss;
}

/** Of distances: small where the target is 1, over the margin where it is -1. See `functional.hingeEmbeddingLoss`. */
export class HingeEmbeddingLoss<R extends Reduction = 'mean'> extends PairLoss<
  HingeEmbeddingLossOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof hingeEmbeddingLoss = hingeEmbeddingLoss;
}

/** ln(1 + e**(-target * input)) of targets 1 and -1, reduced. See `functional.softMarginLoss`. */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends PairLoss<LossOptions<R>, R> {
  protected readonly fn: typeof softMarginLoss = softMarginLoss;
}

/** The divergence of log-probabilities from probabilities, reduced. See `functional.klDiv`. */
export class KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> extends PairLoss<KlDivOptions<R>, R> {
  protected readonly fn: typeof klDiv = klDiv;
}

/** Cross-entropy of scores of classes, reduced. See `functional.crossEntropy`. */
export class CrossEntropyLoss<R extends Reduction = 'mean'> extends LabelLoss<CrossEntropyOptions<R>, R> {
  protected readonly fn: typeof crossEntropy = crossEntropy;
}

/** Minus the log-probability of each label, reduced. See `functional.nllLoss`. */
export class NLLLoss<R extends Reduction = 'mean'> extends LabelLoss<NllLossOptions<R>, R> {
  protected readonly fn: typeof nllLoss = nllLoss;
}

/** By how much other classes come too near the label, reduced. See `functional.multiMarginLoss`. */
export class MultiMarginLoss<R extends Reduction = 'mean'> extends RowLoss<
  MultiMarginLossOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof multiMarginLoss = multiMarginLoss;
}

/** By how much other classes come too near the labels, reduced. See `functional.multilabelMarginLoss`. */
export class MultiLabelMarginLoss<R extends Reduction = 'mean'> extends RowLoss<LossOptions<R>, R> {
  protected readonly fn: typeof multilabelMarginLoss = multilabelMarginLoss;
}

/** Mean cross-entropy of scores of classes that do not exclude each other, reduced. See `functional.multilabelSoftMarginLoss`. */
export class MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> extends RowLoss<
  MultilabelSoftMarginLossOptions & LossOptions<R>,
  R
> {
  protected readonly fn: typeof multilabelSoftMarginLoss = multilabelSoftMarginLoss;
}

/** The negative log-likelihood under normal distributions of given variances, reduced. See `functional.gaussianNllLoss`. */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends Loss<GaussianNllLossOptions<R>> {
  override forward<S extends Shape, T extends Shape>(
    input: Tensor<S>,
    target: Tensor<T> & SameFits<'loss', S, T>,
    variance: Tensor,
  ): Tensor<Reduced<R, S>> {
    return gaussianNllLoss<Shape, Shape>(input, target, variance, this.given as never) as never;
  }
}

/** Whether the first ranks above the second (target 1) or below (-1), by a margin; reduced. See `functional.marginRankingLoss`. */
export class MarginRankingLoss<R extends Reduction = 'mean'> extends Loss<MarginRankingLossOptions<R>> {
  override forward<S extends Shape, T extends Shape, U extends Shape>(
    first: Tensor<S>,
    second: Tensor<T> & SameFits<'loss', S, T>,
    target: Tensor<U> & SameFits<'loss', S, U>,
  ): Tensor<Reduced<R, S>> {
    return marginRankingLoss<Shape, Shape, Shape>(first, second, target, this.given as never) as never;
  }
}

/** Whether the negative is farther from the anchor than the positive, by a margin; reduced. See `functional.tripletMarginLoss`. */
export class TripletMarginLoss<R extends Reduction = 'mean'> extends Loss<TripletMarginLossOptions<R>> {
  override forward<S extends Shape, T extends Shape, U extends Shape>(
    anchor: Tensor<S>,
    positive: Tensor<T> & SameFits<'loss', S, T>,
    negative: Tensor<U> & SameFits<'loss', S, U>,
  ): Tensor<Reduced<R, WithoutLast<S>>> {
    return tripletMarginLoss<Shape, Shape, Shape>(anchor, positive, negative, this.given as never) as never;
  }
}

/** TripletMarginLoss with a distance of one's own. See `functional.tripletMarginWithDistanceLoss`. */
export class TripletMarginWithDistanceLoss<R extends Reduction = 'mean'> extends Loss<
  TripletMarginWithDistanceLossOptions<R>
> {
  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor<Reduced<R, Shape>> {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.given);
  }
}

/** Of the cosine of two vectors: near 1 where the target is 1, below the margin where it is -1; reduced. See `functional.cosineEmbeddingLoss`. */
export class CosineEmbeddingLoss<R extends Reduction = 'mean'> extends Loss<CosineEmbeddingLossOptions<R>> {
  override forward<S extends Shape, T extends Shape>(
    first: Tensor<S>,
    second: Tensor<T> & SameFits<'loss', S, T>,
    target: Tensor,
  ): Tensor<Reduced<R, WithoutLast<S>>> {
    return cosineEmbeddingLoss<Shape, Shape>(first, second, target, this.given as never) as never;
  }
}

/** Connectionist temporal classification, reduced. See `functional.ctcLoss`. */
export class CTCLoss<R extends Reduction = 'mean'> extends Loss<CtcLossOptions<R>> {
  override forward<S extends Shape>(
    logProbs: Tensor<S>,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor<Reduced<R, BatchOf<S>>> {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.given);
  }
}
