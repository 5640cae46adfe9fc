import {
  type AdaptiveSize,
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  type MaxPoolOptions,
  type MaxUnpoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool2d,
  type PerDim,
  type PoolResult,
  type Shape,
  type Tensor,
} from '@fluxion/autograd';
import { describeSettings } from './describe.js';
import { Module } from './module.js';
import type { Resized, ResizeMap, Spatial1d, Spatial2d, Spatial3d } from './shapeMap.js';

/** A layer that slides a window over the last dims: the function of the same name with its options kept. */
abstract class Pool<D extends Shape, O extends object, Y> extends Module {
  /** For the types alone. */
  declare readonly shapeMap: ResizeMap<D>;
  readonly kernelSize: PerDim;
  readonly options: O;
  private readonly op: (x: Tensor, kernelSize: PerDim, options: O) => Y;

  constructor(op: (x: Tensor, kernelSize: PerDim, options: O) => Y, kernelSize: PerDim, options: O) {
    super();
    this.op = op;
    this.kernelSize = kernelSize;
    this.options = options;
  }

  protected pool(x: Tensor): Y {
    return this.op(x, this.kernelSize, this.options);
  }

  override describe(): string {
    return describeSettings({ kernelSize: this.kernelSize, ...this.options });
  }
}

/** Values, or values and indices. */
export type PoolOutput<I extends boolean, S extends Shape> = I extends true ? PoolResult<S> : Tensor<S>;

/** With whether indices are returned as a type. */
export interface MaxPoolLayerOptions<I extends boolean> extends Omit<MaxPoolOptions, 'returnIndices'> {
  /** Whether to return `{ values, indices }`, for `MaxUnpool2d`. Default false. */
  readonly returnIndices?: I;
}

abstract class MaxPool<D extends Shape, I extends boolean> extends Pool<
  D,
  MaxPoolOptions,
  Tensor | PoolResult
> {
  static readonly forgets = true;
  override forward<X extends Shape>(x: Tensor<X>): PoolOutput<I, Resized<X, D>> {
    return this.pool(x) as never;
  }
}

/** `maxPool1d` as a layer. */
export class MaxPool1d<const I extends boolean = false> extends MaxPool<Spatial1d, I> {
  constructor(kernelSize: PerDim, options: MaxPoolLayerOptions<I> = {}) {
    super(maxPool1d as never, kernelSize, options);
  }
}

/** `maxPool2d` as a layer. */
export class MaxPool2d<const I extends boolean = false> extends MaxPool<Spatial2d, I> {
  constructor(kernelSize: PerDim, options: MaxPoolLayerOptions<I> = {}) {
    super(maxPool2d as never, kernelSize, options);
  }
}

/** `maxPool3d` as a layer. */
export class MaxPool3d<const I extends boolean = false> extends MaxPool<Spatial3d, I> {
  constructor(kernelSize: PerDim, options: MaxPoolLayerOptions<I> = {}) {
    super(maxPool3d as never, kernelSize, options);
  }
}

/** `maxUnpool2d` as a layer: puts values back where a `MaxPool2d` with `returnIndices` found them. */
export class MaxUnpool2d extends Module {
  readonly kernelSize: PerDim;
  readonly options: Omit<MaxUnpoolOptions, 'outputSize'>;

  constructor(kernelSize: PerDim, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override forward<X extends Shape>(
    x: Tensor<X>,
    indices: Tensor,
    options: Pick<MaxUnpoolOptions, 'outputSize'> = {},
  ): Tensor<Resized<X, Spatial2d>> {
    return maxUnpool2d<Shape>(x, indices, this.kernelSize, { ...this.options, ...options }) as never;
  }

  override describe(): string {
    return describeSettings({ kernelSize: this.kernelSize, ...this.options });
  }
}

abstract class AvgPool<D extends Shape> extends Pool<D, AvgPoolOptions, Tensor> {
  static readonly forgets = true;
  override forward<X extends Shape>(x: Tensor<X>): Tensor<Resized<X, D>> {
    return this.pool(x) as never;
  }
}

/** `avgPool1d` as a layer. */
export class AvgPool1d extends AvgPool<Spatial1d> {
  constructor(kernelSize: PerDim, options: AvgPoolOptions = {}) {
    super(avgPool1d as never, kernelSize, options);
  }
}

/** `avgPool2d` as a layer. */
export class AvgPool2d extends AvgPool<Spatial2d> {
  constructor(kernelSize: PerDim, options: AvgPoolOptions = {}) {
    super(avgPool2d as never, kernelSize, options);
  }
}

/** `avgPool3d` as a layer. */
export class AvgPool3d extends AvgPool<Spatial3d> {
  constructor(kernelSize: PerDim, options: AvgPoolOptions = {}) {
    super(avgPool3d as never, kernelSize, options);
  }
}

abstract class LPPool<D extends Shape> extends Pool<D, LpPoolOptions, Tensor> {
  static readonly forgets = true;
  readonly normType: number;

  constructor(
    op: typeof lpPool1d | typeof lpPool2d,
    normType: number,
    kernelSize: PerDim,
    options: LpPoolOptions,
  ) {
    super((x, size, o) => op(x, normType, size, o) as Tensor, kernelSize, options);
    this.normType = normType;
  }

  override forward<X extends Shape>(x: Tensor<X>): Tensor<Resized<X, D>> {
    return this.pool(x) as never;
  }

  override describe(): string {
    return `normType=${this.normType}, ${super.describe()}`;
  }
}

/** `lpPool1d` as a layer. */
export class LPPool1d extends LPPool<Spatial1d> {
  constructor(normType: number, kernelSize: PerDim, options: LpPoolOptions = {}) {
    super(lpPool1d, normType, kernelSize, options);
  }
}

/** `lpPool2d` as a layer. */
export class LPPool2d extends LPPool<Spatial2d> {
  constructor(normType: number, kernelSize: PerDim, options: LpPoolOptions = {}) {
    super(lpPool2d, normType, kernelSize, options);
  }
}

/** The sizes that an adaptive pool leads to, as far as the type of the argument says. */
export type AdaptiveSizes<A extends AdaptiveSize, D extends Shape> = A extends number
  ? { readonly [K in keyof D]: A }
  : A extends D
    ? A
    : D;

/** A layer whose windows depend on the sizes of its input. */
abstract class AdaptivePool<D extends Shape, A extends AdaptiveSize, Y> extends Module {
  /** For the types alone. */
  declare readonly shapeMap: ResizeMap<D, AdaptiveSizes<A, D>>;
  readonly outputSize: A;
  private readonly op: (x: Tensor, outputSize: A) => Y;

  constructor(op: (x: Tensor, outputSize: A) => Y, outputSize: A) {
    super();
    this.op = op;
    this.outputSize = outputSize;
  }

  protected pool(x: Tensor): Y {
    return this.op(x, this.outputSize);
  }

  override describe(): string {
    return describeSettings({ outputSize: this.outputSize });
  }
}

abstract class AdaptiveAvgPool<D extends Shape, A extends AdaptiveSize> extends AdaptivePool<D, A, Tensor> {
  static readonly forgets = true;
  override forward<X extends Shape>(x: Tensor<X>): Tensor<Resized<X, D, AdaptiveSizes<A, D>>> {
    return this.pool(x) as never;
  }
}

/** `adaptiveAvgPool1d` as a layer. */
export class AdaptiveAvgPool1d<const A extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  Spatial1d,
  A
> {
  constructor(outputSize: A) {
    super(adaptiveAvgPool1d as never, outputSize);
  }
}

/** `adaptiveAvgPool2d` as a layer. */
export class AdaptiveAvgPool2d<const A extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  Spatial2d,
  A
> {
  constructor(outputSize: A) {
    super(adaptiveAvgPool2d as never, outputSize);
  }
}

/** `adaptiveAvgPool3d` as a layer. */
export class AdaptiveAvgPool3d<const A extends AdaptiveSize = AdaptiveSize> extends AdaptiveAvgPool<
  Spatial3d,
  A
> {
  constructor(outputSize: A) {
    super(adaptiveAvgPool3d as never, outputSize);
  }
}

export interface AdaptiveMaxPoolLayerOptions<I extends boolean> {
  /** Whether to return `{ values, indices }`. Default false. */
  readonly returnIndices?: I;
}

abstract class AdaptiveMaxPool<
  D extends Shape,
  A extends AdaptiveSize,
  I extends boolean,
> extends AdaptivePool<D, A, Tensor | PoolResult> {
  static readonly forgets = true;
  override forward<X extends Shape>(x: Tensor<X>): PoolOutput<I, Resized<X, D, AdaptiveSizes<A, D>>> {
    return this.pool(x) as never;
  }
}

/** `adaptiveMaxPool1d` as a layer. */
export class AdaptiveMaxPool1d<
  const A extends AdaptiveSize = AdaptiveSize,
  const I extends boolean = false,
> extends AdaptiveMaxPool<Spatial1d, A, I> {
  constructor(outputSize: A, options: AdaptiveMaxPoolLayerOptions<I> = {}) {
    super((x, size) => adaptiveMaxPool1d(x, size, options as object), outputSize);
  }
}

/** `adaptiveMaxPool2d` as a layer. */
export class AdaptiveMaxPool2d<
  const A extends AdaptiveSize = AdaptiveSize,
  const I extends boolean = false,
> extends AdaptiveMaxPool<Spatial2d, A, I> {
  constructor(outputSize: A, options: AdaptiveMaxPoolLayerOptions<I> = {}) {
    super((x, size) => adaptiveMaxPool2d(x, size, options as object), outputSize);
  }
}

/** `adaptiveMaxPool3d` as a layer. */
export class AdaptiveMaxPool3d<
  const A extends AdaptiveSize = AdaptiveSize,
  const I extends boolean = false,
> extends AdaptiveMaxPool<Spatial3d, A, I> {
  constructor(outputSize: A, options: AdaptiveMaxPoolLayerOptions<I> = {}) {
    super((x, size) => adaptiveMaxPool3d(x, size, options as object), outputSize);
  }
}
