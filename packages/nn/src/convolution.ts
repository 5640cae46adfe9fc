import {
  ArgumentError,
  conv1d,
  conv2d,
  conv3d,
  type FinishingActivation,
  type PerDim,
  type Shape,
  scope,
  show,
  showShape,
  type Tensor,
} from '@fluxion/autograd';
import { Convolution, type ConvolutionOptions, perDim } from './convolutionLayer.js';
import { type PaddingMode, padBorders } from './padding.js';
import type { ChannelFits, Spatial1d, Spatial2d, Spatial3d, WithChannels } from './shapeMap.js';

export interface ConvLayerOptions extends ConvolutionOptions {
  /** On both sides; `'same'` (stride 1 only) keeps the size, `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** What stands there: zeros (default), the elements mirrored at the border (`reflect`), the last one (`replicate`), those of the other end (`circular`). */
  readonly paddingMode?: PaddingMode;
}

type ConvOp = typeof conv1d | typeof conv2d | typeof conv3d;

/** A convolution of any number of dims. */
abstract class Conv<In extends number, Out extends number, D extends Shape> extends Convolution<In, Out, D> {
  static readonly forgets = true;
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly paddingMode: PaddingMode;
  private readonly op: ConvOp;

  constructor(
    dims: number,
    op: ConvOp,
    inChannels: In,
    outChannels: Out,
    kernelSize: PerDim,
    options: ConvLayerOptions,
  ) {
    super(dims, false, inChannels, outChannels, kernelSize, options);
    const layer = new.target.name;
    const { padding = 0, paddingMode = 'zeros' } = options;
    if (!['zeros', 'reflect', 'replicate', 'circular'].includes(paddingMode))
      throw new ArgumentError(
        `${layer}: paddingMode is ${show(paddingMode)}; expected 'zeros', 'reflect', 'replicate' or 'circular'.`,
      );
    if (typeof padding === 'string' && padding !== 'same' && padding !== 'valid')
      throw new ArgumentError(`${layer}: padding is ${show(padding)}; expected numbers, 'same' or 'valid'.`);
    if (padding === 'same' && this.stride.some(s => s !== 1))
      throw new ArgumentError(
        `${layer}: padding 'same' keeps the size and so needs stride 1, got ${showShape(this.stride)}. Give the padding in numbers.`,
      );
    this.op = op;
    this.padding = typeof padding === 'string' ? padding : perDim(layer, 'padding', padding, dims, 0);
    this.paddingMode = paddingMode;
  }

  /** How much is added before and after, in each spatial dim. */
  private borders(): [before: number, after: number][] {
    const { padding, kernelSize, dilation } = this;
    return kernelSize.map((k, d) => {
      if (padding === 'valid') return [0, 0];
      if (padding !== 'same') return [padding[d], padding[d]];
      const both = (k - 1) * dilation[d];
      return [Math.floor(both / 2), Math.ceil(both / 2)];
    });
  }

  override forward<X extends Shape>(x: Tensor<X> & ChannelFits<X, In, D>): Tensor<WithChannels<X, Out, D>> {
    return this.forwardThrough(x, undefined);
  }

  /** The same, through an activation in the same pass: what `Sequential` does with two layers. */
  forwardThrough<X extends Shape>(
    x: Tensor<X> & ChannelFits<X, In, D>,
    activation: FinishingActivation | undefined,
  ): Tensor<WithChannels<X, Out, D>> {
    const { weight, bias, stride, dilation, groups, padding, paddingMode } = this;
    if (paddingMode === 'zeros')
      return this.op(x, weight, bias, { stride, dilation, groups, padding, activation }) as never;
    return scope(() => {
      const padded = padBorders(this.constructor.name, x, this.borders(), paddingMode);
      return this.op(padded, weight, bias, { stride, dilation, groups, activation });
    }) as never;
  }

  override describe(): string {
    return this.described({ padding: this.padding, paddingMode: this.paddingMode });
  }
}

/**
 * Cross-correlation of x [N, in, L] (or [in, L]) with a kernel, plus bias: [N, out, L'].
 *
 * Weight [out, in / groups, K] and bias [out] start uniform in ±1/sqrt(in / groups * K), as in PyTorch.
 */
export class Conv1d<const In extends number = number, const Out extends number = number> extends Conv<
  In,
  Out,
  Spatial1d
> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvLayerOptions = {}) {
    super(1, conv1d, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Cross-correlation of x [N, in, H, W] (or [in, H, W]) with a kernel, plus bias: [N, out, H', W'].
 *
 * Weight [out, in / groups, KH, KW] and bias [out] start uniform in ±1/sqrt(in / groups * KH * KW), as in PyTorch.
 */
export class Conv2d<const In extends number = number, const Out extends number = number> extends Conv<
  In,
  Out,
  Spatial2d
> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvLayerOptions = {}) {
    super(2, conv2d, inChannels, outChannels, kernelSize, options);
  }
}

/** The same for x [N, in, D, H, W] (or [in, D, H, W]). */
export class Conv3d<const In extends number = number, const Out extends number = number> extends Conv<
  In,
  Out,
  Spatial3d
> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvLayerOptions = {}) {
    super(3, conv3d, inChannels, outChannels, kernelSize, options);
  }
}
