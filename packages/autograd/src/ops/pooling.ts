import type { PoolWindows } from '@fluxion/kernels';
import { ArgumentError, showShape } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { type PerDim, perDim, requireSameFloating, requireSpatial, requireWindows } from './window.js';

/** The dims that a pool takes, for `Pooled`. */
export type PoolDims = readonly [[number], [number, number], [number, number, number]];

/** What says where the windows of a pool are. */
export interface WindowOptions {
  readonly stride?: PerDim | null;
  readonly padding?: PerDim;
  readonly dilation?: PerDim;
  readonly ceilMode?: boolean;
}

export interface Pool {
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly positions: readonly number[];
}

/** Checks input and options, and counts the windows. */
export function plan(op: string, dims: number, x: Tensor, kernelSize: PerDim, options: WindowOptions): Pool {
  requireSameFloating(op, { input: x });
  requireSpatial(op, x, dims);
  const kernel = perDim(op, 'kernelSize', kernelSize, dims, 1);
  const given = options.stride;
  const unset = given == null || (Array.isArray(given) && given.length === 0);
  const stride = unset ? kernel : perDim(op, 'stride', given, dims, 1);
  const padding = perDim(op, 'padding', options.padding ?? 0, dims, 0);
  const dilation = perDim(op, 'dilation', options.dilation ?? 1, dims, 1);
  if (padding.some((p, d) => 2 * p > kernel[d]))
    throw new ArgumentError(
      `${op}: padding ${showShape(padding)} is more than half of the kernel ${showShape(kernel)}: windows would lie outside the input.`,
    );
  const sizes = x.shape.slice(x.ndim - dims);
  const both = padding.map(p => 2 * p);
  // In ceil mode a window that reaches over the end still counts if it begins before the end.
  const reaching = options.ceilMode === true ? both.map((p, d) => p + stride[d] - 1) : both;
  requireFirst(op, sizes, { kernel, stride, padding: both, dilation }, options.ceilMode === true);
  const positions = requireWindows(op, sizes, { kernel, stride, padding: reaching, dilation }).map((n, d) =>
    options.ceilMode === true && (n - 1) * stride[d] >= sizes[d] + padding[d] ? n - 1 : n,
  );
  return { sizes, kernel, stride, padding, dilation, positions };
}

/** In ceil mode, the size of a kernel that does not fit at all is still told in terms of the padding that was given. */
function requireFirst(
  op: string,
  sizes: readonly number[],
  windows: Parameters<typeof requireWindows>[2],
  ceilMode: boolean,
): void {
  if (!ceilMode) return;
  const { kernel, stride, padding, dilation } = windows;
  const short = kernel.some((k, d) => (k - 1) * dilation[d] + 1 > sizes[d] + padding[d] + stride[d] - 1);
  if (short) requireWindows(op, sizes, windows);
}

/** Sizes of the result; null keeps the input's. */
export type AdaptiveSize = number | readonly (number | null)[];

/** Window i of a dim of `size` goes from floor(i size / count) to ceil((i + 1) size / count). */
export function adaptiveWindows(
  op: string,
  dims: number,
  x: Tensor,
  outputSize: AdaptiveSize,
): PoolWindows[] {
  requireSameFloating(op, { input: x });
  requireSpatial(op, x, dims);
  const sizes = x.shape.slice(x.ndim - dims);
  const list = Array.isArray(outputSize) ? outputSize : [outputSize];
  const filled = list.length === dims ? list.map((n, d) => n ?? sizes[d]) : (list as readonly number[]);
  return perDim(op, 'outputSize', filled, dims, 0).map((count, d) => ({
    start: Int32Array.from({ length: count }, (_, i) => Math.floor((i * sizes[d]) / count)),
    end: Int32Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * sizes[d]) / count)),
    step: 1,
  }));
}
