import {
  ArgumentError,
  type FlattenShape,
  fold,
  type InterpolateOptions,
  interpolate,
  type PerDim,
  pixelShuffle,
  pixelUnshuffle,
  type Shape,
  ShapeError,
  show,
  showShape,
  type Tensor,
  type UnfoldOptions,
  unfold,
} from '@fluxion/autograd';
import { describeSettings } from './describe.js';
import { Module } from './module.js';
import type { ShapeMap } from './shapeMap.js';

/** x itself. Takes and ignores arguments, so that it can stand in for any layer. */
export class Identity extends Module {
  static readonly forgets = true;
  constructor(..._: readonly unknown[]) {
    super();
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return x;
  }
}

interface FlattenMap<Start extends number, End extends number> extends ShapeMap {
  readonly output: this['input'] extends infer X extends Shape ? FlattenShape<X, Start, End> : Shape;
  readonly fits: unknown;
}

/** Makes the dims from `startDim` (default 1: the batch stays) to `endDim` (default the last) one. */
export class Flatten<const Start extends number = 1, const End extends number = -1> extends Module {
  static readonly forgets = true;
  /** For the types alone. */
  declare readonly shapeMap: FlattenMap<Start, End>;
  readonly startDim: Start;
  readonly endDim: End;

  constructor(startDim: Start = 1 as Start, endDim: End = -1 as End) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override forward<X extends Shape>(x: Tensor<X>): Tensor<FlattenShape<X, Start, End>> {
    return x.flatten(this.startDim, this.endDim) as never;
  }

  override describe(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Makes several dims of one, with the given sizes; one of them may be -1. */
export class Unflatten extends Module {
  static readonly forgets = true;
  readonly dim: number;
  readonly sizes: readonly number[];

  constructor(dim: number, sizes: readonly number[]) {
    super();
    if (!Array.isArray(sizes) || sizes.length === 0)
      throw new ArgumentError(`Unflatten: sizes is ${show(sizes)}; expected an array such as [2, -1].`);
    this.dim = dim;
    this.sizes = [...sizes];
  }

  override forward(x: Tensor): Tensor {
    const { dim, sizes } = this;
    const at = dim < 0 ? dim + x.ndim : dim;
    if (!Number.isInteger(at) || at < 0 || at >= x.ndim)
      throw new ShapeError(`Unflatten: an input of shape ${showShape(x.shape)} has no dim ${show(dim)}.`);
    const known = sizes.filter(size => size !== -1).reduce((n, size) => n * size, 1);
    const open = sizes.length - sizes.filter(size => size !== -1).length;
    if (open > 1 || (open === 1 ? x.shape[at] % known !== 0 : x.shape[at] !== known))
      throw new ShapeError(
        `Unflatten: dim ${dim} of an input of shape ${showShape(x.shape)} cannot become ${showShape(sizes)}; the product must be ${x.shape[at]}.`,
      );
    const whole = sizes.map(size => (size === -1 ? x.shape[at] / known : size));
    return x.reshape([...x.shape.slice(0, at), ...whole, ...x.shape.slice(at + 1)]) as Tensor;
  }

  override describe(): string {
    return `dim=${this.dim}, sizes=${showShape(this.sizes)}`;
  }
}

/** `pixelShuffle` as a layer: [..., C r r, H, W] to [..., C, H r, W r]. */
export class PixelShuffle extends Module {
  static readonly forgets = true;
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override describe(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

/** `pixelUnshuffle` as a layer: [..., C, H r, W r] to [..., C r r, H, W]. */
export class PixelUnshuffle extends Module {
  static readonly forgets = true;
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override describe(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

/** `interpolate` as a layer. */
export class Upsample extends Module {
  static readonly forgets = true;
  readonly options: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override describe(): string {
    return describeSettings({ mode: 'nearest', ...this.options });
  }
}

/** `unfold` as a layer: the windows of images as columns. */
export class Unfold extends Module {
  static readonly forgets = true;
  readonly kernelSize: PerDim;
  readonly options: UnfoldOptions;

  constructor(kernelSize: PerDim, options: UnfoldOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return describeSettings({ kernelSize: this.kernelSize, ...this.options });
  }
}

/** `fold` as a layer: columns added up to images. */
export class Fold extends Module {
  static readonly forgets = true;
  readonly outputSize: PerDim;
  readonly kernelSize: PerDim;
  readonly options: UnfoldOptions;

  constructor(outputSize: PerDim, kernelSize: PerDim, options: UnfoldOptions = {}) {
    super();
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }

  override describe(): string {
    return describeSettings({ outputSize: this.outputSize, kernelSize: this.kernelSize, ...this.options });
  }
}
