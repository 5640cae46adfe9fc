import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { build, Dense } from './naive.js';
import type { OpInfo } from './types.js';

type PerDim = number | readonly number[];

const pair = (value: PerDim | undefined, fallback: number): readonly [number, number] =>
  typeof value === 'object' ? [value[0], value[1] ?? value[0]] : [value ?? fallback, value ?? fallback];

/** For every row and column of unfolded [C, H, W]: which element of a plane it is, or null in the padding. */
function columns(
  [h, w]: readonly number[],
  kernelSize: PerDim,
  options: ag.UnfoldOptions = {},
): { readonly taps: number; readonly count: number; from(tap: number, at: number): number | null } {
  const [kh, kw] = pair(kernelSize, 1);
  const s = pair(options.stride, 1);
  const p = pair(options.padding, 0);
  const g = pair(options.dilation, 1);
  const oh = Math.floor((h + 2 * p[0] - g[0] * (kh - 1) - 1) / s[0]) + 1;
  const ow = Math.floor((w + 2 * p[1] - g[1] * (kw - 1) - 1) / s[1]) + 1;
  return {
    taps: kh * kw,
    count: oh * ow,
    from(tap, at) {
      const i = Math.floor(at / ow) * s[0] - p[0] + Math.floor(tap / kw) * g[0];
      const j = (at % ow) * s[1] - p[1] + (tap % kw) * g[1];
      return i >= 0 && i < h && j >= 0 && j < w ? i * w + j : null;
    },
  };
}

function unfold(x: Dense, kernelSize: PerDim, options?: ag.UnfoldOptions): Dense {
  const [channels, h, w] = x.shape.slice(-3);
  const { taps, count, from } = columns([h, w], kernelSize, options);
  const flat = new Dense([...x.shape.slice(0, -2), h * w], x.data);
  return build([...x.shape.slice(0, -3), channels * taps, count], index => {
    const [row, at] = index.slice(-2);
    const source = from(row % taps, at);
    return source === null ? 0 : flat.at([...index.slice(0, -2), Math.floor(row / taps), source]);
  });
}

function fold(x: Dense, outputSize: PerDim, kernelSize: PerDim, options?: ag.UnfoldOptions): Dense {
  const [h, w] = pair(outputSize, 1);
  const { taps, count, from } = columns([h, w], kernelSize, options);
  const lead = x.shape.slice(0, -2);
  return build([...lead, x.shape[lead.length] / taps, h, w], index => {
    const [c, i, j] = index.slice(-3);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++)
      for (let at = 0; at < count; at++)
        if (from(tap, at) === i * w + j) sum += x.at([...index.slice(0, -3), c * taps + tap, at]);
    return sum;
  });
}

/** The distance of the fourth element is the longest: |x| <= 2 (Keys 1981, a = -0.75). */
function cubic(distance: number): number {
  const [a, x] = [-0.75, Math.abs(distance)];
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

/** How much of element j goes into output i. */
function weight(
  mode: string,
  n: number,
  count: number,
  scale: number,
  corners: boolean,
  i: number,
  j: number,
): number {
  if (mode === 'nearest') return Number(j === Math.min(Math.floor(i * scale), n - 1));
  if (mode === 'nearest-exact') return Number(j === Math.min(Math.floor((i + 0.5) * scale), n - 1));
  if (mode === 'area') {
    const [start, end] = [Math.floor((i * n) / count), Math.ceil(((i + 1) * n) / count)];
    return j >= start && j < end ? 1 / (end - start) : 0;
  }
  const at = corners ? (count > 1 ? (i * (n - 1)) / (count - 1) : 0) : (i + 0.5) * scale - 0.5;
  if (mode !== 'bicubic') {
    const inside = Math.min(Math.max(at, 0), n - 1);
    return Math.max(1 - Math.abs(inside - j), 0);
  }
  let sum = 0;
  for (let k = Math.floor(at) - 1; k <= Math.floor(at) + 2; k++)
    if (Math.min(Math.max(k, 0), n - 1) === j) sum += cubic(at - k);
  return sum;
}

function interpolate(x: Dense, o: ag.InterpolateOptions): Dense {
  const each = (value: PerDim, d: number): number => (typeof value === 'object' ? value[d] : value);
  let y = x;
  for (let d = 2; d < x.shape.length; d++) {
    const n = x.shape[d];
    const factor = o.scaleFactor == null ? undefined : each(o.scaleFactor, d - 2);
    const count = factor === undefined ? each(o.size as PerDim, d - 2) : Math.floor(n * factor);
    const scale = factor === undefined || o.recomputeScaleFactor === true ? n / count : 1 / factor;
    const from = y;
    y = build(from.shape.with(d, count), index => {
      let sum = 0;
      for (let j = 0; j < n; j++)
        sum +=
          weight(o.mode ?? 'nearest', n, count, scale, o.alignCorners === true, index[d], j) *
          from.at(index.with(d, j));
      return sum;
    });
  }
  return y;
}

function affineGrid(theta: Dense, size: readonly number[], o: ag.AffineGridOptions = {}): Dense {
  const spatial = size.slice(2);
  const dims = spatial.length;
  const position = (i: number, n: number): number =>
    n === 1 ? 0 : o.alignCorners === true ? -1 + (2 * i) / (n - 1) : -1 + (2 * i + 1) / n;
  return build([size[0], ...spatial, dims], index => {
    const point = spatial.map((n, d) => position(index[1 + d], n)).reverse();
    const row = index[dims + 1];
    return point.reduce(
      (sum, p, k) => sum + p * theta.at([index[0], row, k]),
      theta.at([index[0], row, dims]),
    );
  });
}

/** Moves a position as the padding says; NaN stands for outside. */
function moved(at: number, n: number, padding: string, corners: boolean): number {
  let x = at;
  if (padding === 'reflection') {
    const [low, high] = corners ? [0, n - 1] : [-0.5, n - 0.5];
    if (high === low) x = 0;
    else while (x < low || x > high) x = x < low ? 2 * low - x : 2 * high - x;
  }
  return padding === 'zeros' ? x : Math.min(Math.max(x, 0), n - 1);
}

function gridSample(x: Dense, grid: Dense, o: ag.GridSampleOptions = {}): Dense {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = o;
  const sizes = x.shape.slice(2);
  const dims = sizes.length;
  return build([x.shape[0], x.shape[1], ...grid.shape.slice(1, -1)], ([n, c, ...at]) => {
    const taps = sizes.map((size, d) => {
      const g = grid.at([n, ...at, dims - 1 - d]);
      const position = alignCorners ? ((g + 1) / 2) * (size - 1) : ((g + 1) * size - 1) / 2;
      if (mode === 'bicubic') {
        const first = Math.floor(position) - 1;
        return [0, 1, 2, 3].map(k => ({
          at: moved(first + k, size, paddingMode, alignCorners),
          weight: cubic(position - first - k),
        }));
      }
      const p = moved(position, size, paddingMode, alignCorners);
      if (mode === 'nearest') return [{ at: Math.round(p), weight: 1 }];
      return [0, 1].map(k => ({ at: Math.floor(p) + k, weight: 1 - Math.abs(p - Math.floor(p) - k) }));
    });
    let sum = 0;
    const visit = (d: number, index: readonly number[], w: number): void => {
      if (d < dims) for (const tap of taps[d]) visit(d + 1, [...index, tap.at], w * tap.weight);
      else if (index.every((i, k) => i >= 0 && i < sizes[k])) sum += w * x.at([n, c, ...index]);
    };
    visit(0, [], 1);
    return sum;
  });
}

/** A grid for images of three elements an edge, away from the positions where an element, the border or a mirror begins. */
function gridOf(d: Draw, shape: readonly number[], alignCorners = false): ag.Tensor {
  const avoid = alignCorners
    ? [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]
    : [-5 / 3, -4 / 3, -1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3];
  return d.tensor(shape, { min: -1.7, max: 1.7, avoid, margin: 0.03 });
}

const float = (shape: readonly number[]): ag.Tensor => zeros(shape) as ag.Tensor;
const int = (shape: readonly number[]): ag.Tensor => zeros(shape, { dtype: 'int32' }) as ag.Tensor;

export const resampleSamples = {
  unfold: {
    op: ag.unfold,
    calls: {
      plain: d => [d.tensor([2, 2, 3, 4]), 2],
      'all options': d => [
        d.tensor([1, 2, 4, 5]),
        [2, 3],
        { stride: [1, 2], padding: [2, 1], dilation: [2, 1] },
      ],
      'without batch, transposed': d => [d.tensor([4, 3, 2]).transpose(0, 2), [1, 2], { stride: 2 }],
      'empty batch': d => [d.tensor([0, 2, 3, 3]), 2],
    },
    naive: unfold,
    errors: [
      {
        label: 'a kernel larger than the padded input',
        call: () => ag.unfold(float([1, 1, 3, 3]), 4),
        error: ShapeError,
        message:
          /^unfold: a kernel of \[4, 4\] with dilation \[1, 1\] reaches over \[4, 4\] elements, the padded input has only \[3, 3\]/,
      },
      {
        label: 'other dims',
        call: () => ag.unfold(float([3, 3]), 2),
        error: ShapeError,
        message: /^unfold: expected an input of shape \[N, C, H, W\] or \[C, H, W\], got \[3, 3\]/,
      },
      {
        label: 'stride 0',
        call: () => ag.unfold(float([1, 3, 3]), 2, { stride: 0 }),
        error: ArgumentError,
        message: /^unfold: stride is 0; expected whole numbers from 1/,
      },
      {
        label: 'whole numbers',
        call: () => ag.unfold(int([1, 3, 3]), 2),
        error: DTypeError,
        message: /^unfold: expected a float32 or float64 input, got int32/,
      },
    ],
  },
  fold: {
    op: ag.fold,
    calls: {
      plain: d => [d.tensor([2, 8, 6]), [3, 4], 2],
      'all options': d => [
        d.tensor([1, 12, 20]),
        [4, 5],
        [2, 3],
        { stride: [1, 2], padding: [1, 2], dilation: [1, 1] },
      ],
      'without batch': d => [d.tensor([4, 4]), 4, 2, { stride: 2 }],
      'empty batch': d => [d.tensor([0, 4, 4]), 3, 2],
    },
    naive: fold,
    errors: [
      {
        label: 'columns that the kernel does not divide',
        call: () => ag.fold(float([1, 5, 4]), 3, 2),
        error: ShapeError,
        message:
          /^fold: an input of shape \[1, 5, 4\] has columns of 5, which the 4 elements of a kernel of \[2, 2\] do not divide/,
      },
      {
        label: 'another number of positions',
        call: () => ag.fold(float([1, 4, 5]), 3, 2),
        error: ShapeError,
        message:
          /^fold: an input of shape \[1, 4, 5\] has 5 columns; a kernel of \[2, 2\] has 4 positions in an image of \[3, 3\]/,
      },
      {
        label: 'a kernel larger than the padded output',
        call: () => ag.fold(float([1, 16, 1]), 3, 4),
        error: ShapeError,
        message: /^fold: a kernel of \[4, 4\] .* the padded input has only \[3, 3\]/,
      },
      {
        label: 'other dims',
        call: () => ag.fold(float([4]), 3, 2),
        error: ShapeError,
        message: /^fold: expected an input of shape \[N, C \* KH \* KW, L\].*got \[4\]/,
      },
      {
        label: 'whole numbers',
        call: () => ag.fold(int([4, 4]), 3, 2),
        error: DTypeError,
        message: /^fold: expected a float32 or float64 input, got int32/,
      },
    ],
  },
  interpolate: {
    op: ag.interpolate,
    calls: {
      nearest: d => [d.tensor([2, 1, 3, 4]), { size: [5, 3] }],
      'nearest, by a factor': d => [d.tensor([1, 2, 4]), { scaleFactor: 1.7 }],
      'nearest, exact centres': d => [d.tensor([1, 1, 3, 2, 4]), { size: [2, 3, 5], mode: 'nearest-exact' }],
      linear: d => [d.tensor([2, 2, 4]), { size: 7, mode: 'linear' }],
      'linear, corners aligned': d => [d.tensor([1, 1, 5]), { size: 3, mode: 'linear', alignCorners: true }],
      'linear, one position, corners aligned': d => [
        d.tensor([1, 1, 5]),
        { size: 1, mode: 'linear', alignCorners: true },
      ],
      bilinear: d => [d.tensor([1, 2, 3, 4]), { scaleFactor: [1.7, 0.6], mode: 'bilinear' }],
      'bilinear, factors from sizes': d => [
        d.tensor([1, 2, 3, 4]),
        { scaleFactor: [1.7, 0.6], mode: 'bilinear', recomputeScaleFactor: true, alignCorners: false },
      ],
      'trilinear, corners aligned': d => [
        d.tensor([1, 1, 2, 3, 2]),
        { size: [3, 2, 4], mode: 'trilinear', alignCorners: true },
      ],
      bicubic: d => [d.tensor([1, 1, 3, 4]), { size: [5, 6], mode: 'bicubic' }],
      'bicubic, smaller, corners aligned': d => [
        d.tensor([1, 1, 6, 5]),
        { size: [3, 2], mode: 'bicubic', alignCorners: true },
      ],
      area: d => [d.tensor([1, 2, 5, 4]), { size: [3, 2], mode: 'area' }],
      'empty batch': d => [d.tensor([0, 2, 3]), { size: 4, mode: 'linear' }],
    },
    naive: interpolate,
    errors: [
      {
        label: 'neither size nor factor',
        call: () => ag.interpolate(float([1, 1, 3]), {}),
        error: ArgumentError,
        message: /^interpolate: expected either size or scaleFactor, got neither/,
      },
      {
        label: 'both size and factor',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 2, scaleFactor: 2 }),
        error: ArgumentError,
        message: /^interpolate: expected either size or scaleFactor, got both/,
      },
      {
        label: 'a mode of other dims',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 2, mode: 'bilinear' }),
        error: ShapeError,
        message:
          /^interpolate: mode 'bilinear' takes \[N, C, \.\.\.spatial\] with 2 spatial dims, got an input of shape \[1, 1, 3\]/,
      },
      {
        label: 'an unknown mode',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 2, mode: 'lanczos' as 'area' }),
        error: ArgumentError,
        message: /^interpolate: mode is 'lanczos'; expected nearest, nearest-exact, linear, bilinear/,
      },
      {
        label: 'corners of nearest',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 2, alignCorners: true }),
        error: ArgumentError,
        message: /^interpolate: alignCorners means nothing to mode 'nearest'/,
      },
      {
        label: 'sizes of other dims',
        call: () => ag.interpolate(float([1, 1, 3]), { size: [2, 2] }),
        error: ArgumentError,
        message: /^interpolate: size is \[2, 2\]; expected one number, or 1 of them/,
      },
      {
        label: 'half a size',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 1.5 }),
        error: ShapeError,
        message: /^interpolate: size 1\.5 in shape \[1\.5\] \(dim 0\) is not a whole number/,
      },
      {
        label: 'size 0',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 0 }),
        error: ArgumentError,
        message: /^interpolate: size is 0; expected finite numbers above 0/,
      },
      {
        label: 'a factor that leaves nothing',
        call: () => ag.interpolate(float([1, 1, 3]), { scaleFactor: 0.3 }),
        error: ShapeError,
        message:
          /^interpolate: scaleFactor 0\.3 makes nothing of an input of shape \[1, 1, 3\]: the sizes would be \[0\]/,
      },
      {
        label: 'a factor to be recomputed from a size',
        call: () => ag.interpolate(float([1, 1, 3]), { size: 2, recomputeScaleFactor: true }),
        error: ArgumentError,
        message: /^interpolate: recomputeScaleFactor goes with scaleFactor, not with size/,
      },
      {
        label: 'an image without elements',
        call: () => ag.interpolate(float([1, 1, 0]), { size: 2 }),
        error: ShapeError,
        message: /^interpolate: the spatial sizes of an input of shape \[1, 1, 0\] must be at least 1/,
      },
      {
        label: 'whole numbers',
        call: () => ag.interpolate(int([1, 1, 3]), { size: 2 }),
        error: DTypeError,
        message: /^interpolate: expected a float32 or float64 input, got int32/,
      },
    ],
  },
  pixelShuffle: {
    op: ag.pixelShuffle,
    calls: {
      plain: d => [d.tensor([2, 8, 2, 1]), 2],
      'no batch, factor 3': d => [d.tensor([9, 1, 2]), 3],
      'factor 1, two batch dims': d => [d.tensor([2, 1, 2, 2, 1]), 1],
      'empty batch': d => [d.tensor([0, 4, 2, 2]), 2],
    },
    naive: (x: Dense, r: number) => {
      const [c, h, w] = x.shape.slice(-3);
      return build([...x.shape.slice(0, -3), c / (r * r), h * r, w * r], index => {
        const [k, i, j] = index.slice(-3);
        const from = k * r * r + (i % r) * r + (j % r);
        return x.at([...index.slice(0, -3), from, Math.floor(i / r), Math.floor(j / r)]);
      });
    },
    errors: [
      {
        label: 'channels that the square does not divide',
        call: () => ag.pixelShuffle(float([1, 6, 2, 2]), 2),
        error: ShapeError,
        message:
          /^pixelShuffle: an input of shape \[1, 6, 2, 2\] has 6 channels, which the square of upscaleFactor 2, 4, does not divide/,
      },
      {
        label: 'factor 0',
        call: () => ag.pixelShuffle(float([4, 2, 2]), 0),
        error: ArgumentError,
        message: /^pixelShuffle: upscaleFactor is 0; expected a whole number from 1/,
      },
      {
        label: 'two dims',
        call: () => ag.pixelShuffle(float([4, 2]), 2),
        error: ShapeError,
        message: /^pixelShuffle: expected an input of shape \[\.\.\., C, H, W\], got \[4, 2\]/,
      },
    ],
  },
  pixelUnshuffle: {
    op: ag.pixelUnshuffle,
    calls: {
      plain: d => [d.tensor([2, 2, 4, 2]), 2],
      'no batch, factor 3': d => [d.tensor([1, 3, 6]), 3],
      'empty batch': d => [d.tensor([0, 1, 2, 2]), 2],
    },
    naive: (x: Dense, r: number) => {
      const [c, h, w] = x.shape.slice(-3);
      return build([...x.shape.slice(0, -3), c * r * r, h / r, w / r], index => {
        const [k, i, j] = index.slice(-3);
        const inner = k % (r * r);
        const at = [Math.floor(k / (r * r)), i * r + Math.floor(inner / r), j * r + (inner % r)];
        return x.at([...index.slice(0, -3), ...at]);
      });
    },
    errors: [
      {
        label: 'sizes that are no multiples',
        call: () => ag.pixelUnshuffle(float([1, 3, 4]), 2),
        error: ShapeError,
        message:
          /^pixelUnshuffle: the sizes 3 and 4 of an input of shape \[1, 3, 4\] must be multiples of downscaleFactor 2/,
      },
      {
        label: 'half a factor',
        call: () => ag.pixelUnshuffle(float([1, 4, 4]), 0.5),
        error: ArgumentError,
        message: /^pixelUnshuffle: downscaleFactor is 0\.5; expected a whole number from 1/,
      },
    ],
  },
  affineGrid: {
    op: ag.affineGrid,
    calls: {
      plain: d => [d.tensor([2, 2, 3]), [2, 1, 3, 2]],
      'corners aligned, one column': d => [d.tensor([1, 2, 3]), [1, 3, 2, 1], { alignCorners: true }],
      'three dims': d => [d.tensor([1, 3, 4]), [1, 1, 2, 1, 3]],
      'empty batch': d => [d.tensor([0, 2, 3]), [0, 1, 2, 2]],
    },
    naive: affineGrid,
    errors: [
      {
        label: 'theta of another shape',
        call: () => ag.affineGrid(float([1, 3, 3]), [1, 1, 2, 2]),
        error: ShapeError,
        message:
          /^affineGrid: expected theta of shape \[1, 2, 3\] for a size of \[1, 1, 2, 2\], got \[1, 3, 3\]/,
      },
      {
        label: 'a size of three dims',
        call: () => ag.affineGrid(float([1, 2, 3]), [1, 2, 2]),
        error: ShapeError,
        message: /^affineGrid: expected a size of \[N, C, H, W\] or \[N, C, D, H, W\], got \[1, 2, 2\]/,
      },
      {
        label: 'an image without elements',
        call: () => ag.affineGrid(float([1, 2, 3]), [1, 1, 0, 2]),
        error: ShapeError,
        message: /^affineGrid: the spatial sizes in \[1, 1, 0, 2\] must be at least 1/,
      },
      {
        label: 'whole numbers',
        call: () => ag.affineGrid(int([1, 2, 3]), [1, 1, 2, 2]),
        error: DTypeError,
        message: /^affineGrid: expected a float32 or float64 theta, got int32/,
      },
    ],
  },
  gridSample: {
    op: ag.gridSample,
    calls: {
      ...Object.fromEntries(
        (['bilinear', 'nearest', 'bicubic'] as const).flatMap(mode =>
          (['zeros', 'border', 'reflection'] as const).flatMap(paddingMode =>
            [false, true].map(alignCorners => [
              `${mode}, ${paddingMode}${alignCorners ? ', corners aligned' : ''}`,
              (d: Draw) => [
                d.tensor([1, 1, 3, 3]),
                gridOf(d, [1, 2, 1, 2], alignCorners),
                { mode, paddingMode, alignCorners },
              ],
            ]),
          ),
        ),
      ),
      'defaults, several images': d => [d.tensor([2, 2, 3, 3]), gridOf(d, [2, 1, 2, 2])],
      'three dims, border': d => [
        d.tensor([1, 2, 3, 3, 3]),
        gridOf(d, [1, 1, 2, 1, 3]),
        { paddingMode: 'border' },
      ],
      'one element an edge': d => [
        d.tensor([1, 1, 1, 1]),
        gridOf(d, [1, 1, 2, 2]),
        { paddingMode: 'reflection', alignCorners: true },
      ],
      'empty batch': d => [d.tensor([0, 1, 3, 3]), gridOf(d, [0, 2, 2, 2])],
      'no positions': d => [d.tensor([1, 1, 3, 3]), gridOf(d, [1, 0, 2, 2])],
    },
    naive: gridSample,
    errors: [
      {
        label: 'a grid of another batch',
        call: () => ag.gridSample(float([2, 1, 3, 3]), float([1, 2, 2, 2])),
        error: ShapeError,
        message:
          /^gridSample: an input of shape \[2, 1, 3, 3\] needs a grid of 4 dims, the first 2 and the last 2, got \[1, 2, 2, 2\]/,
      },
      {
        label: 'an input of other dims',
        call: () => ag.gridSample(float([1, 3, 3]), float([1, 3, 2])),
        error: ShapeError,
        message:
          /^gridSample: expected an input of shape \[N, C, H, W\] or \[N, C, D, H, W\], got \[1, 3, 3\]/,
      },
      {
        label: 'an image without elements',
        call: () => ag.gridSample(float([1, 1, 0, 3]), float([1, 2, 2, 2])),
        error: ShapeError,
        message: /^gridSample: the spatial sizes of an input of shape \[1, 1, 0, 3\] must be at least 1/,
      },
      {
        label: 'an unknown mode',
        call: () => ag.gridSample(float([1, 1, 3, 3]), float([1, 2, 2, 2]), { mode: 'linear' as 'nearest' }),
        error: ArgumentError,
        message: /^gridSample: mode is 'linear'; expected 'bilinear', 'nearest' or 'bicubic'/,
      },
      {
        label: 'an unknown padding',
        call: () =>
          ag.gridSample(float([1, 1, 3, 3]), float([1, 2, 2, 2]), { paddingMode: 'wrap' as 'zeros' }),
        error: ArgumentError,
        message: /^gridSample: paddingMode is 'wrap'; expected 'zeros', 'border' or 'reflection'/,
      },
      {
        label: 'bicubic in three dims',
        call: () => ag.gridSample(float([1, 1, 3, 3, 3]), float([1, 2, 2, 2, 3]), { mode: 'bicubic' }),
        error: ArgumentError,
        message:
          /^gridSample: mode 'bicubic' is for two spatial dims, got an input of shape \[1, 1, 3, 3, 3\]/,
      },
      {
        label: 'mixed dtypes',
        call: () => ag.gridSample(float([1, 1, 3, 3]), zeros([1, 2, 2, 2], { dtype: 'float64' })),
        error: DTypeError,
        message: /^gridSample: the input is float32 and the grid is float64; they must be the same/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
