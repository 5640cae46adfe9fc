import {
  ArgumentError,
  batchNorm,
  type DType,
  instanceNorm,
  ones,
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
  static readonly forgets = true;
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
  static readonly forgets = true;
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
