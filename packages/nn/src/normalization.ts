import {
  ArgumentError,
  type DType,
  groupNorm,
  type LocalResponseNormOptions,
  layerNorm,
  localResponseNorm,
  ones,
  rmsNorm,
  type Shape,
  show,
  showShape,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { Module } from './module.js';
import { parameter } from './parameter.js';

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
  static readonly forgets = true;
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
  static readonly forgets = true;
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
  static readonly forgets = true;
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
  static readonly forgets = true;
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
