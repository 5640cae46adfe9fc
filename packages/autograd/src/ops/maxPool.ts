import { kernels, type PoolWindows } from '@fluxion/kernels';
import { ShapeError, showShape } from '../errors.js';
import { record } from '../graph/record.js';
import { raw } from '../tensor/raw.js';
import { numel } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { composite, type Primitive, savesNothing } from './define.js';
import { addedUp } from './lanes.js';
import { type AdaptiveSize, adaptiveWindows, type PoolDims, plan } from './pooling.js';
import { reshapeTo } from './shape.js';
import { leading, type PerDim, type Pooled } from './window.js';

/** With the last dims, `dims` of them, made one. */
export function flat(x: Tensor, dims: number): Tensor {
  const lead = leading(x, dims);
  return reshapeTo(x, [...lead, numel(x.shape.slice(lead.length))]);
}

/** Outputs: the values, and where each was found. The windows are those of the last dims. */
const maxPoolOp: Primitive<readonly PoolWindows[]> = {
  name: 'maxPool',
  savesInput: savesNothing,
  savesOutput: true,
  forward: () => {
    throw new TypeError('maxPool has two outputs: maxPool() below runs it');
  },
  vjp: (g, n) => {
    const dims = n.attributes.length;
    const shape = n.inputShape(0);
    const lead = shape.slice(0, shape.length - dims);
    const planes = [...lead, numel(shape.slice(lead.length))];
    return [reshapeTo(addedUp(planes, lead.length, flat(n.output(1), dims), flat(g, dims)), shape)];
  },
};

function maxPool(x: Tensor, windows: readonly PoolWindows[]): [values: Tensor, indices: Tensor] {
  const shape = [...leading(x, windows.length), ...windows.map(w => w.start.length)];
  const values = raw(shape, x.dtype) as Tensor;
  const indices = raw(shape, 'int32') as Tensor;
  kernels().maxPool(x, windows, values, indices);
  record(maxPoolOp, [x], windows, [values, indices]);
  return [values, indices];
}

export interface MaxPoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: PerDim | null;
  /** On both sides, at most half the kernel; what is added never is the maximum. Default 0. */
  readonly padding?: PerDim;
  /** Default 1. */
  readonly dilation?: PerDim;
  /** Whether a last window may reach over the end. Default false. */
  readonly ceilMode?: boolean;
  /** Whether to return `{ values, indices }`, the indices int32 and counted in C order of the spatial dims. Default false. */
  readonly returnIndices?: boolean;
}

export interface PoolResult<S extends Shape = Shape> {
  readonly values: Tensor<S>;
  readonly indices: Tensor<S>;
}

export interface MaxPoolFunction<D extends Shape> {
  <X extends Shape>(
    x: Tensor<X>,
    kernelSize: PerDim,
    options: MaxPoolOptions & { readonly returnIndices: true },
  ): PoolResult<Pooled<X, D>>;
  <X extends Shape>(x: Tensor<X>, kernelSize: PerDim, options?: MaxPoolOptions): Tensor<Pooled<X, D>>;
}

export interface MaxPoolMethod<D extends Shape> {
  <X extends Shape>(
    this: Tensor<X>,
    kernelSize: PerDim,
    options: MaxPoolOptions & { readonly returnIndices: true },
  ): PoolResult<Pooled<X, D>>;
  <X extends Shape>(this: Tensor<X>, kernelSize: PerDim, options?: MaxPoolOptions): Tensor<Pooled<X, D>>;
}

function maxPoolOf<D extends Shape>(op: string, dims: number): MaxPoolFunction<D> {
  const pool = composite(op, (x: Tensor, kernelSize: PerDim, options: MaxPoolOptions) => {
    const { sizes, kernel, stride, padding, dilation, positions } = plan(op, dims, x, kernelSize, options);
    const windows = positions.map((count, d): PoolWindows => {
      const start = new Int32Array(count);
      const end = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const first = i * stride[d] - padding[d];
        // The first tap inside the input.
        start[i] = first < 0 ? first + Math.ceil(-first / dilation[d]) * dilation[d] : first;
        end[i] = Math.min(first + (kernel[d] - 1) * dilation[d] + 1, sizes[d]);
        if (start[i] >= end[i])
          throw new ShapeError(
            `${op}: window ${i} of spatial dim ${d} holds no element of an input of shape ${showShape(x.shape)}: kernel ${showShape(kernel)}, stride ` +
              `${showShape(stride)}, padding ${showShape(padding)}, dilation ${showShape(dilation)}. Leave ceilMode out, or use less dilation.`,
          );
      }
      return { start, end, step: dilation[d] };
    });
    return found(x, windows, options.returnIndices === true);
  });
  return ((x: Tensor, kernelSize: PerDim, options: MaxPoolOptions = {}) =>
    choose(pool(x, kernelSize, options))) as MaxPoolFunction<D>;
}

/** Values, or values and indices. Indices that nobody asked for are freed with the other temporaries, unless the graph has saved them. */
function found(x: Tensor, windows: readonly PoolWindows[], both: boolean): Tensor | readonly Tensor[] {
  const outputs = maxPool(x, windows);
  return both ? outputs : outputs[0];
}

function choose(result: Tensor | readonly Tensor[]): Tensor | PoolResult {
  return result instanceof Tensor ? result : { values: result[0], indices: result[1] };
}

/** The largest element of each window of x [N, C, L] (or [C, L]); of equals the first, which alone receives the gradient. A NaN wins. */
export const maxPool1d: MaxPoolFunction<PoolDims[0]> = maxPoolOf('maxPool1d', 1);
/** The same for x [N, C, H, W] (or [C, H, W]); the first of equals in C order of the window. */
export const maxPool2d: MaxPoolFunction<PoolDims[1]> = maxPoolOf('maxPool2d', 2);
/** The same for x [N, C, D, H, W] (or [C, D, H, W]). */
export const maxPool3d: MaxPoolFunction<PoolDims[2]> = maxPoolOf('maxPool3d', 3);

export interface AdaptiveMaxPoolOptions {
  /** Whether to return `{ values, indices }`. Default false. */
  readonly returnIndices?: boolean;
}

export interface AdaptiveMaxPoolFunction<D extends Shape> {
  <X extends Shape>(
    x: Tensor<X>,
    outputSize: AdaptiveSize,
    options: { readonly returnIndices: true },
  ): PoolResult<Pooled<X, D>>;
  <X extends Shape>(
    x: Tensor<X>,
    outputSize: AdaptiveSize,
    options?: AdaptiveMaxPoolOptions,
  ): Tensor<Pooled<X, D>>;
}

export interface AdaptiveMaxPoolMethod<D extends Shape> {
  <X extends Shape>(
    this: Tensor<X>,
    outputSize: AdaptiveSize,
    options: { readonly returnIndices: true },
  ): PoolResult<Pooled<X, D>>;
  <X extends Shape>(
    this: Tensor<X>,
    outputSize: AdaptiveSize,
    options?: AdaptiveMaxPoolOptions,
  ): Tensor<Pooled<X, D>>;
}

function adaptiveMaxPoolOf<D extends Shape>(op: string, dims: number): AdaptiveMaxPoolFunction<D> {
  const pool = composite(op, (x: Tensor, outputSize: AdaptiveSize, both: boolean) =>
    found(x, adaptiveWindows(op, dims, x, outputSize), both),
  );
  return ((x: Tensor, outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions = {}) =>
    choose(pool(x, outputSize, options.returnIndices === true))) as AdaptiveMaxPoolFunction<D>;
}

/** The largest element of each adaptive window of x [N, C, L] (or [C, L]). */
export const adaptiveMaxPool1d: AdaptiveMaxPoolFunction<PoolDims[0]> = adaptiveMaxPoolOf(
  'adaptiveMaxPool1d',
  1,
);
/** The largest element of each adaptive window of x [N, C, H, W] (or [C, H, W]). */
export const adaptiveMaxPool2d: AdaptiveMaxPoolFunction<PoolDims[1]> = adaptiveMaxPoolOf(
  'adaptiveMaxPool2d',
  2,
);
/** The largest element of each adaptive window of x [N, C, D, H, W] (or [C, D, H, W]). */
export const adaptiveMaxPool3d: AdaptiveMaxPoolFunction<PoolDims[2]> = adaptiveMaxPoolOf(
  'adaptiveMaxPool3d',
  3,
);
