import { kernels } from '@fluxion/kernels';
import { DTypeError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import { numel, sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { composite } from './define.js';
import { gather } from './indexing.js';
import { flat } from './maxPool.js';
import type { PoolDims } from './pooling.js';
import { reshapeTo } from './shape.js';
import { type Entry, sparseAlong, sparseMap } from './sparse.js';
import { leading, type PerDim, type Pooled, perDim, requireSameFloating, requireSpatial } from './window.js';

export interface MaxUnpoolOptions {
  /** Of the pool. Default: the kernel's size. */
  readonly stride?: PerDim | null;
  /** Of the pool. Default 0. */
  readonly padding?: PerDim;
  /** The spatial sizes, less than a stride from (size - 1) stride - 2 padding + kernel, which is the default. */
  readonly outputSize?: readonly number[] | null;
}

export type MaxUnpoolFunction = <X extends Shape>(
  x: Tensor<X>,
  indices: Tensor,
  kernelSize: PerDim,
  options?: MaxUnpoolOptions,
) => Tensor<Pooled<X, PoolDims[1]>>;

function unpoolSize(op: string, x: Tensor, kernelSize: PerDim, options: MaxUnpoolOptions): readonly number[] {
  const kernel = perDim(op, 'kernelSize', kernelSize, 2, 1);
  const stride = options.stride == null ? kernel : perDim(op, 'stride', options.stride, 2, 1);
  const padding = perDim(op, 'padding', options.padding ?? 0, 2, 0);
  const natural = kernel.map((k, d) => (x.shape[x.ndim - 2 + d] - 1) * stride[d] - 2 * padding[d] + k);
  if (options.outputSize == null) {
    if (natural.some(n => n < 1))
      throw new ShapeError(
        `${op}: an input of shape ${showShape(x.shape)} with kernel ${showShape(kernel)}, stride ${showShape(stride)} and padding ` +
          `${showShape(padding)} would give the sizes ${showShape(natural)}; they must be at least 1.`,
      );
    return natural;
  }
  const asked = options.outputSize.slice(-2);
  if (
    asked.length !== 2 ||
    asked.some((n, d) => !Number.isInteger(n) || n < 1 || Math.abs(n - natural[d]) >= stride[d])
  )
    throw new ShapeError(
      `${op}: outputSize is ${show(options.outputSize)}; expected sizes less than the stride ${showShape(stride)} away from ${showShape(natural)}.`,
    );
  return asked;
}

/**
 * The values of x [N, C, H, W] (or [C, H, W]) put back where `maxPool2d` found them, zeros elsewhere. Where several indices are equal, the last one
 * in C order stays, and the gradient goes to that one (Zeiler and Fergus 2014).
 */
export const maxUnpool2d: MaxUnpoolFunction = composite(
  'maxUnpool2d',
  (x: Tensor, indices: Tensor, kernelSize: PerDim, options: MaxUnpoolOptions = {}) => {
    const op = 'maxUnpool2d';
    requireSameFloating(op, { input: x });
    if (indices.dtype !== 'int32')
      throw new DTypeError(
        `${op}: expected int32 indices, got ${indices.dtype}. Take them from maxPool2d with { returnIndices: true }.`,
      );
    requireSpatial(op, x, 2);
    if (!sameShape(x.shape, indices.shape))
      throw new ShapeError(
        `${op}: the input has shape ${showShape(x.shape)}, the indices have ${showShape(indices.shape)}; they must be the same.`,
      );
    const sizes = unpoolSize(op, x, kernelSize, options);
    const lead = leading(x, 2);
    const plane = numel(sizes);
    const perPlane = numel(x.shape.slice(-2));
    const where = kernels().read(indices);
    const last = new Int32Array(numel(lead) * plane).fill(-1);
    for (let i = 0; i < where.length; i++) {
      if (where[i] < 0 || where[i] >= plane)
        throw new IndexError(
          `${op}: index ${where[i]} (position ${i} of indices of shape ${showShape(indices.shape)}) is outside the output: expected 0 to ${plane - 1} for ` +
            `the sizes ${showShape(sizes)}.`,
        );
      last[Math.floor(i / perPlane) * plane + where[i]] = i;
    }
    // Every place of the output reads one element, or the zero behind them.
    const from = raw([...lead, plane], 'int32');
    kernels().write(
      from,
      last.map(i => (i < 0 ? perPlane : i % perPlane)),
    );
    const source = withZero(flat(x, 2));
    return reshapeTo(gather(source, -1, from), [...lead, ...sizes]);
  },
) as never;

/** With a zero after the last element of the last dim. */
function withZero(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1];
  const rows = Array.from({ length: n + 1 }, (_, i): Entry[] => (i < n ? [[i, 1]] : []));
  return sparseAlong(x, sparseMap(x.ndim - 1, n, rows));
}
