import {
  ArgumentError,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type DType,
  type Generator,
  type PerDim,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { calculateFans, kaimingUniform_, uniform_ } from './init.js';
import { Module } from './module.js';
import { type PaddingMode, padBorders } from './padding.js';
import { parameter } from './parameter.js';
import type { ChannelFits, ChannelMap, Spatial1d, Spatial2d, Spatial3d, WithChannels } from './shapeMap.js';

/** What layers of convolution have in common. */
interface CommonOptions {
  /** Default 1. */
  readonly stride?: PerDim;
  /** Distance between the elements that a kernel reads. Default 1. */
  readonly dilation?: PerDim;
  /** Input and output channels are cut into so many groups that see nothing of each other. Default 1. */
  readonly groups?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface ConvLayerOptions extends CommonOptions {
  /** On both sides; `'same'` (stride 1 only) keeps the size, `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** What stands there: zeros (default), the elements mirrored at the border (`reflect`), the last one (`replicate`), those of the other end (`circular`). */
  readonly paddingMode?: PaddingMode;
}

export interface ConvTransposeLayerOptions extends CommonOptions {
  /** So much is cut off on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Added to the size at the end. Default 0. */
  readonly outputPadding?: PerDim;
}

/** The numbers for each of `dims` spatial dims. */
function perDim(layer: string, name: string, value: PerDim, dims: number, least: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(dims).fill(value) : [...value];
  if (list.length === 1) while (list.length < dims) list.push(list[0]);
  if (list.length !== dims || list.some(n => !Number.isInteger(n) || n < least))
    throw new ArgumentError(
      `${layer}: ${name} is ${show(value)}; expected a whole number from ${least}, or ${dims} of them, one for each spatial dim.`,
    );
  return list;
}

/** The parameters of both directions, drawn as in PyTorch: uniform in ±1/sqrt(fan in). */
abstract class Convolution<In extends number, Out extends number, D extends Shape> extends Module {
  /** For the types alone. */
  declare readonly shapeMap: ChannelMap<In, Out, D>;
  readonly inChannels: In;
  readonly outChannels: Out;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** [out, in / groups, ...kernel], or [in, out / groups, ...kernel] where transposed. */
  weight: Tensor;
  /** [out], or null. */
  bias: Tensor<[Out]> | null;

  constructor(
    dims: number,
    transposed: boolean,
    inChannels: In,
    outChannels: Out,
    kernelSize: PerDim,
    options: CommonOptions,
  ) {
    super();
    const layer = new.target.name;
    const { stride = 1, dilation = 1, groups = 1, bias = true, dtype, generator } = options;
    for (const [name, size] of Object.entries({ inChannels, outChannels, groups })) {
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError(`${layer}: ${name} is ${show(size)}; expected a whole number from 1.`);
      if (size % groups !== 0)
        throw new ArgumentError(
          `${layer}: groups ${groups} does not divide ${name} ${size}; every group must have as many channels.`,
        );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perDim(layer, 'kernelSize', kernelSize, dims, 1);
    this.stride = perDim(layer, 'stride', stride, dims, 1);
    this.dilation = perDim(layer, 'dilation', dilation, dims, 1);
    this.groups = groups;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = parameter(zeros([...channels, ...this.kernelSize], { dtype })) as Tensor;
    this.bias = bias ? (parameter(zeros([outChannels], { dtype })) as Tensor<[Out]>) : null;
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator });
    if (this.bias !== null) {
      const bound = 1 / Math.sqrt(calculateFans(this.weight.shape).fanIn);
      uniform_(this.bias, -bound, bound, { generator });
    }
  }

  protected described(rest: Readonly<Record<string, unknown>>): string {
    const { inChannels, outChannels, kernelSize, stride, dilation, groups } = this;
    const own = {
      inChannels,
      outChannels,
      kernelSize,
      stride,
      ...rest,
      dilation,
      groups,
      bias: this.bias !== null,
    };
    return Object.entries(own)
      .map(([name, value]) => `${name}=${Array.isArray(value) ? showShape(value) : String(value)}`)
      .join(', ');
  }
}

type ConvOp = typeof conv1d | typeof conv2d | typeof conv3d;
type ConvTransposeOp = typeof convTranspose1d | typeof convTranspose2d | typeof convTranspose3d;

/** A convolution of any number of dims. */
abstract class Conv<In extends number, Out extends number, D extends Shape> extends Convolution<In, Out, D> {
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
    const { weight, bias, stride, dilation, groups, padding, paddingMode } = this;
    if (paddingMode === 'zeros')
      return this.op(x, weight, bias, { stride, dilation, groups, padding }) as never;
    return scope(() => {
      const padded = padBorders(this.constructor.name, x, this.borders(), paddingMode);
      return this.op(padded, weight, bias, { stride, dilation, groups });
    }) as never;
  }

  override describe(): string {
    return this.described({ padding: this.padding, paddingMode: this.paddingMode });
  }
}

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
