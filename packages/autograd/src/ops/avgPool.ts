import { ArgumentError, show } from '../errors.js';
import { numel } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, pow } from './binary.js';
import { composite } from './define.js';
import { type AdaptiveSize, adaptiveWindows, type PoolDims, plan } from './pooling.js';
import { type Entry, sparseAlong, sparseMap } from './sparse.js';
import { abs, relu, sign } from './unary.js';
import { type PerDim, type Pooled, perDim, requireSameFloating } from './window.js';

export interface AvgPoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: PerDim | null;
  /** Zeros on both sides, at most half the kernel. Default 0. */
  readonly padding?: PerDim;
  /** Whether a last window may reach over the end. Default false. */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the mean (those that `ceilMode` reaches beyond never do). Default true. */
  readonly countIncludePad?: boolean;
  /** What sums are divided by, in place of the number of elements. */
  readonly divisorOverride?: number | null;
}

export type AvgPoolFunction<D extends Shape> = <X extends Shape>(
  x: Tensor<X>,
  kernelSize: PerDim,
  options?: AvgPoolOptions,
) => Tensor<Pooled<X, D>>;

function average(op: string, dims: number, x: Tensor, kernelSize: PerDim, options: AvgPoolOptions): Tensor {
  const { countIncludePad = true, divisorOverride } = options;
  const { sizes, kernel, stride, padding, positions } = plan(op, dims, x, kernelSize, {
    ...options,
    dilation: 1,
  });
  if (divisorOverride != null && (!Number.isFinite(divisorOverride) || divisorOverride === 0))
    throw new ArgumentError(
      `${op}: divisorOverride is ${show(divisorOverride)}; expected a number other than 0.`,
    );
  let y = x;
  // A mean over a box is that of means along its edges.
  for (let d = 0; d < dims; d++) {
    const rows = Array.from({ length: positions[d] }, (_, i): Entry[] => {
      const first = i * stride[d] - padding[d];
      const last = Math.min(first + kernel[d], sizes[d] + padding[d]);
      const start = Math.max(first, 0);
      const end = Math.min(last, sizes[d]);
      const counted = countIncludePad ? last - first : end - start;
      const divisor = divisorOverride == null ? counted : d === 0 ? divisorOverride : 1;
      return Array.from({ length: Math.max(end - start, 0) }, (_, j) => [start + j, 1 / divisor]);
    });
    y = sparseAlong(y, sparseMap(x.ndim - dims + d, sizes[d], rows));
  }
  return y;
}

function avgPoolOf<D extends Shape>(op: string, dims: number): AvgPoolFunction<D> {
  return composite(op, (x: Tensor, kernelSize: PerDim, options: AvgPoolOptions = {}) =>
    average(op, dims, x, kernelSize, options),
  ) as never;
}

/** The mean of each window of x [N, C, L] (or [C, L]). */
export const avgPool1d: AvgPoolFunction<PoolDims[0]> = avgPoolOf('avgPool1d', 1);
/** The mean of each window of x [N, C, H, W] (or [C, H, W]). */
export const avgPool2d: AvgPoolFunction<PoolDims[1]> = avgPoolOf('avgPool2d', 2);
/** The mean of each window of x [N, C, D, H, W] (or [C, D, H, W]). */
export const avgPool3d: AvgPoolFunction<PoolDims[2]> = avgPoolOf('avgPool3d', 3);

export interface LpPoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: PerDim | null;
  /** Whether a last window may reach over the end; its sum is scaled up to that of a whole one. Default false. */
  readonly ceilMode?: boolean;
}

export type LpPoolFunction<D extends Shape> = <X extends Shape>(
  x: Tensor<X>,
  normType: number,
  kernelSize: PerDim,
  options?: LpPoolOptions,
) => Tensor<Pooled<X, D>>;

function lpPoolOf<D extends Shape>(op: string, dims: number): LpPoolFunction<D> {
  return composite(op, (x: Tensor, normType: number, kernelSize: PerDim, options: LpPoolOptions = {}) => {
    if (!Number.isFinite(normType) || normType === 0)
      throw new ArgumentError(`${op}: normType is ${show(normType)}; expected a finite number other than 0.`);
    requireSameFloating(op, { input: x });
    const { stride, ceilMode } = options;
    const mean = average(op, dims, pow(x, normType) as Tensor, kernelSize, { stride, ceilMode });
    const size = numel(perDim(op, 'kernelSize', kernelSize, dims, 1));
    // A sum below 0, which an odd power can give, counts as 0.
    return pow(mul(mul(sign(mean), relu(abs(mean))), size), 1 / normType) as Tensor;
  }) as never;
}

/** (sum of x ** p) ** (1 / p) over each window of x [N, C, L] (or [C, L]). */
export const lpPool1d: LpPoolFunction<PoolDims[0]> = lpPoolOf('lpPool1d', 1);
/** (sum of x ** p) ** (1 / p) over each window of x [N, C, H, W] (or [C, H, W]). */
export const lpPool2d: LpPoolFunction<PoolDims[1]> = lpPoolOf('lpPool2d', 2);

/** The mean over adaptive windows of the last dims. */
export function adaptiveAverage(op: string, dims: number, x: Tensor, outputSize: AdaptiveSize): Tensor {
  let y = x;
  adaptiveWindows(op, dims, x, outputSize).forEach(({ start, end }, d) => {
    const rows = Array.from(start, (first, i) =>
      Array.from({ length: end[i] - first }, (_, j): Entry => [first + j, 1 / (end[i] - first)]),
    );
    const dim = x.ndim - dims + d;
    y = sparseAlong(y, sparseMap(dim, x.shape[dim], rows));
  });
  return y;
}

export type AdaptiveAvgPoolFunction<D extends Shape> = <X extends Shape>(
  x: Tensor<X>,
  outputSize: AdaptiveSize,
) => Tensor<Pooled<X, D>>;

function adaptiveAvgPoolOf<D extends Shape>(op: string, dims: number): AdaptiveAvgPoolFunction<D> {
  return composite(op, (x: Tensor, outputSize: AdaptiveSize) =>
    adaptiveAverage(op, dims, x, outputSize),
  ) as never;
}

/** The means of as many windows as `outputSize` says, which cover x [N, C, L] (or [C, L]) evenly and overlap by at most one element. */
export const adaptiveAvgPool1d: AdaptiveAvgPoolFunction<PoolDims[0]> = adaptiveAvgPoolOf(
  'adaptiveAvgPool1d',
  1,
);
/** The same for x [N, C, H, W] (or [C, H, W]); null in `outputSize` keeps a size. */
export const adaptiveAvgPool2d: AdaptiveAvgPoolFunction<PoolDims[1]> = adaptiveAvgPoolOf(
  'adaptiveAvgPool2d',
  2,
);
/** The same for x [N, C, D, H, W] (or [C, D, H, W]). */
export const adaptiveAvgPool3d: AdaptiveAvgPoolFunction<PoolDims[2]> = adaptiveAvgPoolOf(
  'adaptiveAvgPool3d',
  3,
);
