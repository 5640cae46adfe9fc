import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as averages from '../avgPool.js';
import * as sampling from '../composite/gridSample.js';
import * as shuffle from '../composite/pixelShuffle.js';
import * as convolution from '../convolution.js';
import * as interpolation from '../interpolate.js';
import * as maxima from '../maxPool.js';
import { type MaxUnpoolOptions, maxUnpool2d } from '../maxUnpool.js';
import type { AdaptiveSize, PoolDims } from '../pooling.js';
import * as unfolding from '../unfold.js';
import type { Convolved, PerDim, Pooled } from '../window.js';

/** Convolutions, pools and the resampling of images as methods. */
export const convolutionMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  conv1d: convolution.conv1d,
  conv2d: convolution.conv2d,
  conv3d: convolution.conv3d,
  convTranspose1d: convolution.convTranspose1d,
  convTranspose2d: convolution.convTranspose2d,
  convTranspose3d: convolution.convTranspose3d,
  maxPool1d: maxima.maxPool1d,
  maxPool2d: maxima.maxPool2d,
  maxPool3d: maxima.maxPool3d,
  avgPool1d: averages.avgPool1d,
  avgPool2d: averages.avgPool2d,
  avgPool3d: averages.avgPool3d,
  lpPool1d: averages.lpPool1d,
  lpPool2d: averages.lpPool2d,
  adaptiveAvgPool1d: averages.adaptiveAvgPool1d,
  adaptiveAvgPool2d: averages.adaptiveAvgPool2d,
  adaptiveAvgPool3d: averages.adaptiveAvgPool3d,
  adaptiveMaxPool1d: maxima.adaptiveMaxPool1d,
  adaptiveMaxPool2d: maxima.adaptiveMaxPool2d,
  adaptiveMaxPool3d: maxima.adaptiveMaxPool3d,
  maxUnpool2d,
  unfold: unfolding.unfold,
  fold: unfolding.fold,
  interpolate: interpolation.interpolate,
  pixelShuffle: shuffle.pixelShuffle,
  pixelUnshuffle: shuffle.pixelUnshuffle,
  affineGrid: sampling.affineGrid,
  gridSample: sampling.gridSample,
};

type ConvMethod = <A extends Shape, W extends Shape>(
  this: Tensor<A>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: convolution.ConvOptions,
) => Tensor<Convolved<A, W, W[0]>>;

type ConvTransposeMethod = <A extends Shape, W extends Shape>(
  this: Tensor<A>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: convolution.ConvTransposeOptions,
) => Tensor<Convolved<A, W, number>>;

type AvgPoolMethod<D extends Shape> = <A extends Shape>(
  this: Tensor<A>,
  kernelSize: PerDim,
  options?: averages.AvgPoolOptions,
) => Tensor<Pooled<A, D>>;

type LpPoolMethod<D extends Shape> = <A extends Shape>(
  this: Tensor<A>,
  normType: number,
  kernelSize: PerDim,
  options?: averages.LpPoolOptions,
) => Tensor<Pooled<A, D>>;

type AdaptiveAvgPoolMethod<D extends Shape> = <A extends Shape>(
  this: Tensor<A>,
  outputSize: AdaptiveSize,
) => Tensor<Pooled<A, D>>;

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    readonly conv1d: ConvMethod;
    readonly conv2d: ConvMethod;
    readonly conv3d: ConvMethod;
    readonly convTranspose1d: ConvTransposeMethod;
    readonly convTranspose2d: ConvTransposeMethod;
    readonly convTranspose3d: ConvTransposeMethod;
    readonly maxPool1d: maxima.MaxPoolMethod<PoolDims[0]>;
    readonly maxPool2d: maxima.MaxPoolMethod<PoolDims[1]>;
    readonly maxPool3d: maxima.MaxPoolMethod<PoolDims[2]>;
    readonly avgPool1d: AvgPoolMethod<PoolDims[0]>;
    readonly avgPool2d: AvgPoolMethod<PoolDims[1]>;
    readonly avgPool3d: AvgPoolMethod<PoolDims[2]>;
    readonly lpPool1d: LpPoolMethod<PoolDims[0]>;
    readonly lpPool2d: LpPoolMethod<PoolDims[1]>;
    readonly adaptiveAvgPool1d: AdaptiveAvgPoolMethod<PoolDims[0]>;
    readonly adaptiveAvgPool2d: AdaptiveAvgPoolMethod<PoolDims[1]>;
    readonly adaptiveAvgPool3d: AdaptiveAvgPoolMethod<PoolDims[2]>;
    readonly adaptiveMaxPool1d: maxima.AdaptiveMaxPoolMethod<PoolDims[0]>;
    readonly adaptiveMaxPool2d: maxima.AdaptiveMaxPoolMethod<PoolDims[1]>;
    readonly adaptiveMaxPool3d: maxima.AdaptiveMaxPoolMethod<PoolDims[2]>;
    maxUnpool2d<A extends Shape>(
      this: Tensor<A>,
      indices: Tensor,
      kernelSize: PerDim,
      options?: MaxUnpoolOptions,
    ): Tensor<Pooled<A, PoolDims[1]>>;
    unfold(this: Tensor, kernelSize: PerDim, options?: unfolding.UnfoldOptions): Tensor;
    fold(this: Tensor, outputSize: PerDim, kernelSize: PerDim, options?: unfolding.UnfoldOptions): Tensor;
    interpolate(this: Tensor, options: interpolation.InterpolateOptions): Tensor;
    pixelShuffle(this: Tensor, upscaleFactor: number): Tensor;
    pixelUnshuffle(this: Tensor, downscaleFactor: number): Tensor;
    affineGrid(this: Tensor, size: readonly number[], options?: sampling.AffineGridOptions): Tensor;
    gridSample(this: Tensor, grid: Tensor, options?: sampling.GridSampleOptions): Tensor;
  }
}
