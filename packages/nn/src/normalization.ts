import {
  ArgumentError,
  batchNorm,
  type DType,
  groupNorm,
  instanceNorm,
  type LocalResponseNormOptions,
  layerNorm,
  localResponseNorm,
  ones,
  rmsNorm,
  type Shape,
  ShapeError,
  show,
  showShape,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { Module } from './module.js';
import { parameter } from './parameter.js';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** How far running statistics move at a step; null for the mean of all batches so far. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether there are a weight (of ones) and a bias (of zeros) to train. Default true; false for instance norms. */
  readonly affine?: boolean;
  /** Whether there are running statistics, which then are used after `eval()`. Default true; false for instance norms. */
  readonly trackRunningStats?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** Weight, bias and running statistics, one number for each channel. */
abstract class ChannelNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly trackRunningStats: boolean;
  weight: Tensor<[number]> | null;
  bias: Tensor<[number]> | null;
  /** `running_mean` in state dicts. */
  declare runningMean: Tensor<[number]> | null;
  /** `running_var` in state dicts. */
  declare runningVar: Tensor<[number]> | null;
  /** How many batches the statistics are of, int32: `num_batches_tracked` in state dicts. */
  declare numBatchesTracked: Tensor<[]> | null;

  constructor(
    numFeatures: number,
    options: Required<Omit<BatchNormLayerOptions, 'dtype'>> & { dtype?: DType },
  ) {
    super();
    const { eps, momentum, affine, trackRunningStats, dtype } = options;
    if (!Number.isInteger(numFeatures) || numFeatures < 1)
      throw new ArgumentError(
        `${new.target.name}: numFeatures is ${show(numFeatures)}; expected a whole number from 1.`,
      );
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? parameter(ones([numFeatures], { dtype })) : null;
    this.bias = affine ? parameter(zeros([numFeatures], { dtype })) : null;
    if (trackRunningStats) {
      this.registerBuffer('runningMean', zeros([numFeatures], { dtype }));
      this.registerBuffer('runningVar', ones([numFeatures], { dtype }));
      this.registerBuffer('numBatchesTracked', zeros([], { dtype: 'int32' }));
    } else {
      this.runningMean = null;
      this.runningVar = null;
      this.numBatchesTracked = null;
    }
    this.nameField('runningMean', 'running_mean');
    this.nameField('runningVar', 'running_var');
    this.nameField('numBatchesTracked', 'num_batches_tracked');
  }

  override describe(): string {
    const { numFeatures, eps, momentum, trackRunningStats } = this;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${this.weight !== null}, trackRunningStats=${trackRunningStats}`;
  }
}

/** Throws unless x has one of the ranks. */
function requireRank(layer: Module, x: Tensor, layouts: Readonly<Record<number, string>>): void {
  if (!Object.hasOwn(layouts, x.ndim))
    throw new ShapeError(
      `${layer.constructor.name}: expected an input of shape ${Object.values(layouts).join(' or ')}, got ${showShape(x.shape)}.`,
    );
}

abstract class BatchNorm extends ChannelNorm {
  private readonly layouts: Readonly<Record<number, string>>;

  constructor(
    layouts: Readonly<Record<number, string>>,
    numFeatures: number,
    options: BatchNormLayerOptions,
  ) {
    super(numFeatures, { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true, ...options });
    this.layouts = layouts;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    requireRank(this, x, this.layouts);
    const { weight, bias, eps, runningMean, runningVar, numBatchesTracked } = this;
    // Without running statistics those of the batch are all there is.
    const training = this.training || runningMean === null || runningVar === null;
    const moves = this.training && numBatchesTracked !== null;
    const momentum = this.momentum ?? (moves ? 1 / (numBatchesTracked.item() + 1) : 0);
    const y = batchNorm(x, { runningMean, runningVar, weight, bias, training, momentum, eps });
    // After what can fail.
    if (moves) numBatchesTracked.add_(1);
    return y;
  }
}

/**
 * `batchNorm` of x [N, C] or [N, C, L], with a weight of ones, a bias of zeros and running statistics, which are used after `eval()`.
 *
 * State dicts have PyTorch's names: `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked`.
 */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 2: '[N, C]', 3: '[N, C, L]' }, numFeatures, options);
  }
}

/** The same of x [N, C, H, W]. */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 4: '[N, C, H, W]' }, numFeatures, options);
  }
}

/** The same of x [N, C, D, H, W]. */
export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 5: '[N, C, D, H, W]' }, numFeatures, options);
  }
}

abstract class InstanceNorm extends ChannelNorm {
  private readonly layouts: Readonly<Record<number, string>>;

  constructor(
    layouts: Readonly<Record<number, string>>,
    numFeatures: number,
    options: BatchNormLayerOptions,
  ) {
    super(numFeatures, { eps: 1e-5, momentum: 0.1, affine: false, trackRunningStats: false, ...options });
    this.layouts = layouts;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    requireRank(this, x, this.layouts);
    const { weight, bias, eps, runningMean, runningVar } = this;
    const single = x.ndim === Math.min(...Object.keys(this.layouts).map(Number));
    const y = instanceNorm<Shape>(single ? (x as Tensor).unsqueeze(0) : x, {
      runningMean,
      runningVar,
      weight,
      bias,
      eps,
      useInputStats: this.training || runningMean === null,
      momentum: this.momentum ?? 0,
    });
    return (single ? y.squeeze(0) : y) as Tensor<S>;
  }
}

/** `instanceNorm` of x [N, C, L] or [C, L]; by default without weight, bias and running statistics. */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 2: '[C, L]', 3: '[N, C, L]' }, numFeatures, options);
  }
}

/** The same of x [N, C, H, W] or [C, H, W]. */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 3: '[C, H, W]', 4: '[N, C, H, W]' }, numFeatures, options);
  }
}

/** The same of x [N, C, D, H, W] or [C, D, H, W]. */
export class InstanceNorm3d extends InstanceNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super({ 4: '[C, D, H, W]', 5: '[N, C, D, H, W]' }, numFeatures, options);
  }
}

export interface LayerNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there are a weight (of ones) and a bias (of zeros) to train. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether a bias is among them. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** `layerNorm` over the last dims, which `normalizedShape` names, with weight and bias of that shape. */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype } = options;
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : null;
    this.bias = elementwiseAffine && bias ? parameter(zeros(shape, { dtype })) : null;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }

  override describe(): string {
    return `${showShape(this.normalizedShape)}, eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

export interface RMSNormLayerOptions {
  /** Added to the mean of the squares. Default: the distance from 1 to the next number of the dtype. */
  readonly eps?: number | null;
  /** Whether there is a weight (of ones) to train. Default true. */
  readonly elementwiseAffine?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** `rmsNorm` over the last dims, which `normalizedShape` names, with a weight of that shape. */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  weight: Tensor | null;

  constructor(normalizedShape: number | readonly number[], options: RMSNormLayerOptions = {}) {
    super();
    const { eps = null, elementwiseAffine = true, dtype } = options;
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : null;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  override describe(): string {
    return `${showShape(this.normalizedShape)}, eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}

export interface GroupNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether there are a weight (of ones) and a bias (of zeros) to train. Default true. */
  readonly affine?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** `groupNorm` of x [N, C, ...] with weight and bias [C]. */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  weight: Tensor<[number]> | null;
  bias: Tensor<[number]> | null;

  constructor(numGroups: number, numChannels: number, options: GroupNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, affine = true, dtype } = options;
    for (const [name, n] of Object.entries({ numGroups, numChannels }))
      if (!Number.isInteger(n) || n < 1)
        throw new ArgumentError(`GroupNorm: ${name} is ${show(n)}; expected a whole number from 1.`);
    if (numChannels % numGroups !== 0)
      throw new ArgumentError(
        `GroupNorm: ${numChannels} channels cannot be divided into ${numGroups} groups of the same size.`,
      );
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? parameter(ones([numChannels], { dtype })) : null;
    this.bias = affine ? parameter(zeros([numChannels], { dtype })) : null;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    const { weight, bias, eps } = this;
    return groupNorm(x, this.numGroups, { weight, bias, eps });
  }

  override describe(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== null}`;
  }
}

/** `localResponseNorm` as a layer. */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly options: LocalResponseNormOptions;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    this.size = size;
    this.options = options;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return localResponseNorm(x, this.size, this.options);
  }

  override describe(): string {
    const { alpha = 1e-4, beta = 0.75, k = 1 } = this.options;
    return `${this.size}, alpha=${alpha}, beta=${beta}, k=${k}`;
  }
}
