import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { checkShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { adaptiveAverage } from './avgPool.js';
import { composite } from './define.js';
import { type Entry, sparseAlong, sparseMap } from './sparse.js';
import { type PerDim, requireSameFloating } from './window.js';

export type InterpolateMode =
  | 'nearest'
  | 'nearest-exact'
  | 'linear'
  | 'bilinear'
  | 'trilinear'
  | 'bicubic'
  | 'area';

export interface InterpolateOptions {
  /** The spatial sizes of the result. Either this or `scaleFactor`. */
  readonly size?: PerDim | null;
  /** How many times as large the result is; sizes are rounded down. */
  readonly scaleFactor?: PerDim | null;
  /** Default `nearest`. `linear` is for one spatial dim, `bilinear` and `bicubic` for two, `trilinear` for three. */
  readonly mode?: InterpolateMode;
  /** Whether the centres of the corner elements, rather than their outer edges, stay where they are. Not for `nearest` and `area`. Default false. */
  readonly alignCorners?: boolean | null;
  /** Whether positions are worked out from the rounded sizes in place of `scaleFactor`. Default false. */
  readonly recomputeScaleFactor?: boolean | null;
}

const spatialDims: Readonly<Record<InterpolateMode, readonly number[]>> = {
  nearest: [1, 2, 3],
  'nearest-exact': [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
  area: [1, 2, 3],
};

/** Weights of the four elements around a point at `t` from the second (Keys 1981, with a = -0.75). */
export function cubicWeights(t: number): readonly number[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((x - 5) * x + 8) * x * a - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** The elements that each output position of a dim reads. `step` is the distance of positions in the input, 0 when there is only one. */
function rowsOf(
  mode: InterpolateMode,
  size: number,
  count: number,
  factor: number | undefined,
  alignCorners: boolean,
): Entry[][] {
  if (mode === 'nearest' || mode === 'nearest-exact') {
    // In single precision, as PyTorch does: it decides which side an exact half falls on.
    const step = Math.fround(factor === undefined ? Math.fround(size) / Math.fround(count) : 1 / factor);
    const shift = mode === 'nearest' ? 0 : 0.5;
    const at = (i: number): number => Math.floor(Math.fround(Math.fround(i + shift) * step));
    return Array.from({ length: count }, (_, i): Entry[] => [[Math.min(at(i), size - 1), 1]]);
  }
  const step = alignCorners
    ? count > 1
      ? (size - 1) / (count - 1)
      : 0
    : factor === undefined
      ? size / count
      : 1 / factor;
  return Array.from({ length: count }, (_, i): Entry[] => {
    const position = alignCorners ? step * i : step * (i + 0.5) - 0.5;
    const last = size - 1;
    if (mode === 'bicubic') {
      const left = Math.floor(position);
      const weights = cubicWeights(position - left);
      return weights.map((w, k): Entry => [Math.min(Math.max(left - 1 + k, 0), last), w]);
    }
    const inside = Math.max(position, 0);
    const left = Math.min(Math.floor(inside), last);
    const t = Math.min(inside - left, 1);
    if (left === last) return [[last, 1]];
    return [
      [left, 1 - t],
      [left + 1, t],
    ];
  });
}

/** Reads an option of one positive number, or one for each spatial dim. */
function positive(name: string, value: PerDim, dims: number): number[] {
  const list = Array.isArray(value)
    ? (value as readonly number[])
    : new Array<number>(dims).fill(value as number);
  if (list.length !== dims)
    throw new ArgumentError(
      `interpolate: ${name} is ${show(value)}; expected one number, or ${dims} of them, one for each spatial dim.`,
    );
  for (const n of list)
    if (!Number.isFinite(n) || n <= 0)
      throw new ArgumentError(`interpolate: ${name} is ${show(value)}; expected finite numbers above 0.`);
  return list.slice();
}

/** x [N, C, ...spatial], of one to three spatial dims, in another spatial size; `bicubic` is cubic convolution (Keys 1981, with a = -0.75). */
export const interpolate: (x: Tensor, options: InterpolateOptions) => Tensor = composite(
  'interpolate',
  (x: Tensor, options: InterpolateOptions) => {
    const { size, scaleFactor, mode = 'nearest', alignCorners, recomputeScaleFactor } = options ?? {};
    requireSameFloating('interpolate', { input: x });
    const dims = x.ndim - 2;
    if (!Object.hasOwn(spatialDims, mode))
      throw new ArgumentError(
        `interpolate: mode is ${show(mode)}; expected ${Object.keys(spatialDims).join(', ')}.`,
      );
    if (!spatialDims[mode].includes(dims))
      throw new ShapeError(
        `interpolate: mode '${mode}' takes [N, C, ...spatial] with ${spatialDims[mode].join(', ')} spatial dims, got an input of shape ` +
          `${showShape(x.shape)}.`,
      );
    const sizes = x.shape.slice(2);
    if (sizes.includes(0))
      throw new ShapeError(
        `interpolate: the spatial sizes of an input of shape ${showShape(x.shape)} must be at least 1.`,
      );
    if ((size == null) === (scaleFactor == null))
      throw new ArgumentError(
        `interpolate: expected either size or scaleFactor, got ${size == null ? 'neither' : 'both'}.`,
      );
    if (alignCorners != null && (mode.startsWith('nearest') || mode === 'area'))
      throw new ArgumentError(
        `interpolate: alignCorners means nothing to mode '${mode}'; use linear, bilinear, bicubic or trilinear.`,
      );
    if (recomputeScaleFactor === true && size != null)
      throw new ArgumentError('interpolate: recomputeScaleFactor goes with scaleFactor, not with size.');
    const factors = scaleFactor == null ? undefined : positive('scaleFactor', scaleFactor, dims);
    const counts =
      factors === undefined
        ? positive('size', size as PerDim, dims)
        : factors.map((factor, d) => Math.floor(sizes[d] * factor));
    checkShape('interpolate', counts);
    if (counts.includes(0))
      throw new ShapeError(
        `interpolate: scaleFactor ${show(scaleFactor)} makes nothing of an input of shape ${showShape(x.shape)}: the sizes would be ${showShape(counts)}.`,
      );
    if (mode === 'area') return adaptiveAverage('interpolate', dims, x, counts);
    let y = x;
    counts.forEach((count, d) => {
      const factor = recomputeScaleFactor === true ? undefined : factors?.[d];
      const rows = rowsOf(mode, sizes[d], count, factor, alignCorners === true);
      y = sparseAlong(y, sparseMap(d + 2, sizes[d], rows));
    });
    return y;
  },
);
