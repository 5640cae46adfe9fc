import {
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type PerDim,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
} from '@fluxion/autograd';
import { Convolution, type ConvolutionOptions, perDim } from './convolutionLayer.js';
import type { ChannelFits, Spatial1d, Spatial2d, Spatial3d, WithChannels } from './shapeMap.js';

export interface ConvTransposeLayerOptions extends ConvolutionOptions {
  /** So much is cut off on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Added to the size at the end. Default 0. */
  readonly outputPadding?: PerDim;
}

type ConvTransposeOp = typeof convTranspose1d | typeof convTranspose2d | typeof convTranspose3d;

export interface OutputSizeOptions {
  /** The spatial sizes of the result, in place of the layer's `outputPadding`: a stride more or less is open. */
  readonly outputSize?: readonly number[];
}

/** A transposed convolution of any number of dims. */
abstract class ConvTranspose<In extends number, Out extends number, D extends Shape> extends Convolution<
  In,
  Out,
  D
> {
  static readonly forgets = true;
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  private readonly op: ConvTransposeOp;

  constructor(
    dims: number,
    op: ConvTransposeOp,
    inChannels: In,
    outChannels: Out,
    kernelSize: PerDim,
    options: ConvTransposeLayerOptions,
  ) {
    super(dims, true, inChannels, outChannels, kernelSize, options);
    const layer = new.target.name;
    this.op = op;
    this.padding = perDim(layer, 'padding', options.padding ?? 0, dims, 0);
    this.outputPadding = perDim(layer, 'outputPadding', options.outputPadding ?? 0, dims, 0);
  }

  /** What leads to the sizes wanted. */
  private paddingFor(x: Tensor, outputSize: readonly number[]): number[] {
    const { kernelSize, stride, dilation, padding } = this;
    const dims = kernelSize.length;
    const wanted = outputSize.slice(-dims);
    const least = kernelSize.map(
      (k, d) => (x.shape[x.ndim - dims + d] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (k - 1) + 1,
    );
    const extra = least.map((size, d) => wanted[d] - size);
    if (wanted.length !== dims || extra.some((e, d) => !Number.isInteger(e) || e < 0 || e >= stride[d]))
      throw new ShapeError(
        `${this.constructor.name}: outputSize is ${showShape(outputSize)}; an input of shape ${showShape(x.shape)} can give sizes from ${showShape(least)} ` +
          `to ${showShape(least.map((size, d) => size + stride[d] - 1))}.`,
      );
    return extra;
  }

  override forward<X extends Shape>(
    x: Tensor<X> & ChannelFits<X, In, D>,
    { outputSize }: OutputSizeOptions = {},
  ): Tensor<WithChannels<X, Out, D>> {
    const { stride, padding, dilation, groups } = this;
    const outputPadding = outputSize === undefined ? this.outputPadding : this.paddingFor(x, outputSize);
    const options: ConvTransposeOptions = { stride, padding, dilation, groups, outputPadding };
    return this.op(x, this.weight, this.bias, options) as never;
  }

  override describe(): string {
    return this.described({ padding: this.padding, outputPadding: this.outputPadding });
  }
}

/**
 * The gradient of a convolution by its input, as a layer: x [N, in, L] (or [in, L]) to [N, out, L'].
 *
 * Weight [in, out / groups, K] and bias [out] start uniform in ±1/sqrt(out / groups * K), as in PyTorch.
 */
export class ConvTranspose1d<
  const In extends number = number,
  const Out extends number = number,
> extends ConvTranspose<In, Out, Spatial1d> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvTransposeLayerOptions = {}) {
    super(1, convTranspose1d, inChannels, outChannels, kernelSize, options);
  }
}

/** The same for x [N, in, H, W] (or [in, H, W]). */
export class ConvTranspose2d<
  const In extends number = number,
  const Out extends number = number,
> extends ConvTranspose<In, Out, Spatial2d> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvTransposeLayerOptions = {}) {
    super(2, convTranspose2d, inChannels, outChannels, kernelSize, options);
  }
}

/** The same for x [N, in, D, H, W] (or [in, D, H, W]). */
export class ConvTranspose3d<
  const In extends number = number,
  const Out extends number = number,
> extends ConvTranspose<In, Out, Spatial3d> {
  constructor(inChannels: In, outChannels: Out, kernelSize: PerDim, options: ConvTransposeLayerOptions = {}) {
    super(3, convTranspose3d, inChannels, outChannels, kernelSize, options);
  }
}
