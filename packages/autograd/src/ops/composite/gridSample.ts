import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { checkShape, numel } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, ge, gt, le, logicalAnd, lt, mul, sub, where } from '../binary.js';
import { composite } from '../define.js';
import { gather } from '../indexing.js';
import { matmul } from '../matmul.js';
import { expand, reshapeTo, select, transpose } from '../shape.js';
import { detach, floor, neg, round, to } from '../unary.js';
import { requireSameFloating } from '../window.js';

export interface AffineGridOptions {
  /** Whether -1 and 1 are the centres of the corner elements rather than their outer edges. Default false. */
  readonly alignCorners?: boolean;
}

/** Positions from -1 to 1 of `count` elements. */
function base(count: number, alignCorners: boolean): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) =>
    alignCorners ? (2 * i) / (count - 1) - 1 : (2 * i + 1) / count - 1,
  );
}

/**
 * Sampling positions for `gridSample`: theta [N, 2, 3] times (x, y, 1) for every element of an image of `size` [N, C, H, W], as [N, H, W, 2];
 * or theta [N, 3, 4] and [N, C, D, H, W], as [N, D, H, W, 3] (Jaderberg et al. 2015).
 */
export const affineGrid: (theta: Tensor, size: readonly number[], options?: AffineGridOptions) => Tensor =
  composite('affineGrid', (theta: Tensor, size: readonly number[], options: AffineGridOptions = {}) => {
    const op = 'affineGrid';
    requireSameFloating(op, { theta });
    checkShape(op, size);
    const dims = size.length - 2;
    if (dims !== 2 && dims !== 3)
      throw new ShapeError(
        `${op}: expected a size of [N, C, H, W] or [N, C, D, H, W], got ${showShape(size)}.`,
      );
    if (size.slice(2).includes(0))
      throw new ShapeError(`${op}: the spatial sizes in ${showShape(size)} must be at least 1.`);
    if (
      theta.ndim !== 3 ||
      theta.shape[0] !== size[0] ||
      theta.shape[1] !== dims ||
      theta.shape[2] !== dims + 1
    )
      throw new ShapeError(
        `${op}: expected theta of shape ${showShape([size[0], dims, dims + 1])} for a size of ${showShape(size)}, got ${showShape(theta.shape)}.`,
      );
    const spatial = size.slice(2);
    const axes = spatial.map(count => base(count, options.alignCorners === true));
    const points = raw([numel(spatial), dims + 1], theta.dtype);
    const values: number[] = [];
    const visit = (d: number, point: readonly number[]): void => {
      if (d === dims) values.push(...point, 1);
      // x is the last dim.
      else for (const position of axes[d]) visit(d + 1, [position, ...point]);
    };
    visit(0, []);
    kernels().write(points, values);
    const grid = matmul(points, transpose(theta, 1, 2) as Tensor) as Tensor;
    return reshapeTo(grid, [size[0], ...spatial, dims]);
  });

export interface GridSampleOptions {
  /** `bicubic` is for two spatial dims. Default `bilinear`, which is trilinear in three dims. */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside the image: zeros, its border, or its mirror image. Default `zeros`. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** Whether -1 and 1 are the centres of the corner elements rather than their outer edges. Default false. */
  readonly alignCorners?: boolean;
}

type Padding = NonNullable<GridSampleOptions['paddingMode']>;

/** Moved to the border of [0, size - 1]; the gradient is 0 outside and on the border. */
function clip(x: Tensor, size: number): Tensor {
  const low = where(gt(x, 0), x, 0);
  return where(lt(low, size - 1), low, size - 1) as Tensor;
}

/** Mirrored at the borders until it lies between them. */
function reflect(x: Tensor, size: number, alignCorners: boolean): Tensor {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return mul(x, 0) as Tensor;
  const shifted = sub(x, low) as Tensor;
  const distance = where(lt(shifted, 0), neg(shifted), shifted) as Tensor;
  const flips = detach(floor(div(distance, span) as Tensor)) as Tensor;
  const rest = sub(distance, mul(flips, span)) as Tensor;
  const even = eq(mul(floor(div(flips, 2) as Tensor), 2), flips);
  return where(even, add(rest, low), sub(span + low, rest)) as Tensor;
}

/** A position in elements, moved into the image as the padding says. */
function inside(x: Tensor, size: number, padding: Padding, alignCorners: boolean): Tensor {
  if (padding === 'border') return clip(x, size);
  if (padding === 'reflection') return clip(reflect(x, size, alignCorners), size);
  return x;
}

/** What x [N, C, P] holds at whole positions of each dim, times a weight ([N, L] each): [N, C, L], zero outside. */
function read(planes: Tensor, sizes: readonly number[], at: readonly Tensor[], weight: Tensor): Tensor {
  let index: Tensor | undefined;
  let valid: Tensor | undefined;
  at.forEach((position, d) => {
    const last = sizes[d] - 1;
    const ok = logicalAnd(ge(position, 0), le(position, last)) as Tensor;
    // What is outside, NaN included, reads some element and drops it.
    const safe = to(where(ok, position, 0) as Tensor, 'int32') as Tensor;
    index = index === undefined ? safe : (add(mul(index, sizes[d]), safe) as Tensor);
    valid = valid === undefined ? ok : (logicalAnd(valid, ok) as Tensor);
  });
  const [n, channels] = planes.shape;
  const count = at[0].shape[1];
  const shape = [n, channels, count];
  const row = (t: Tensor): Tensor => reshapeTo(t, [n, 1, count]);
  const picked = gather(planes, 2, expand(row(index as Tensor), shape) as Tensor);
  // The product is masked, not the factor: the weight of a position outside may be NaN.
  return where(row(valid as Tensor), mul(picked, row(weight)), 0) as Tensor;
}

/** The sum over all corners of the product of weights by dim, times what the image holds there. */
function corners(
  planes: Tensor,
  sizes: readonly number[],
  choices: readonly (readonly { readonly at: Tensor; readonly weight: Tensor }[])[],
): Tensor {
  let sum: Tensor | undefined;
  const visit = (d: number, at: readonly Tensor[], weight: Tensor | undefined): void => {
    if (d < choices.length) {
      for (const choice of choices[d])
        visit(
          d + 1,
          [...at, choice.at],
          weight === undefined ? choice.weight : (mul(weight, choice.weight) as Tensor),
        );
      return;
    }
    const term = read(planes, sizes, at, weight as Tensor);
    sum = sum === undefined ? term : (add(sum, term) as Tensor);
  };
  visit(0, [], undefined);
  return sum as Tensor;
}

/** The weights of `cubicWeights` as functions of a tensor. */
function cubic(t: Tensor): Tensor[] {
  const a = -0.75;
  const near = (x: Tensor): Tensor => add(mul(mul(sub(mul(x, a + 2), a + 3), x), x), 1) as Tensor;
  const far = (x: Tensor): Tensor => sub(mul(mul(add(mul(sub(x, 5), x), 8), x), a), 4 * a) as Tensor;
  return [far(add(t, 1) as Tensor), near(t), near(sub(1, t) as Tensor), far(sub(2, t) as Tensor)];
}

/**
 * Samples x [N, C, H, W] at the positions of grid [N, H', W', 2], whose last dim holds (x, y) from -1 to 1: [N, C, H', W']. In three dims x is
 * [N, C, D, H, W] and the grid [N, D', H', W', 3]. Differentiable in both; mode `nearest` not in the grid, where its gradient is 0 (Jaderberg et al. 2015).
 */
export const gridSample: (x: Tensor, grid: Tensor, options?: GridSampleOptions) => Tensor = composite(
  'gridSample',
  (x: Tensor, grid: Tensor, options: GridSampleOptions = {}) => {
    const op = 'gridSample';
    const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
    requireSameFloating(op, { input: x, grid });
    const dims = x.ndim - 2;
    if (dims !== 2 && dims !== 3)
      throw new ShapeError(
        `${op}: expected an input of shape [N, C, H, W] or [N, C, D, H, W], got ${showShape(x.shape)}.`,
      );
    if (grid.ndim !== x.ndim || grid.shape[0] !== x.shape[0] || grid.shape[x.ndim - 1] !== dims)
      throw new ShapeError(
        `${op}: an input of shape ${showShape(x.shape)} needs a grid of ${x.ndim} dims, the first ${x.shape[0]} and the last ${dims}, got ` +
          `${showShape(grid.shape)}.`,
      );
    if (x.shape.slice(2).includes(0))
      throw new ShapeError(
        `${op}: the spatial sizes of an input of shape ${showShape(x.shape)} must be at least 1.`,
      );
    if (mode !== 'bilinear' && mode !== 'nearest' && mode !== 'bicubic')
      throw new ArgumentError(`${op}: mode is ${show(mode)}; expected 'bilinear', 'nearest' or 'bicubic'.`);
    if (paddingMode !== 'zeros' && paddingMode !== 'border' && paddingMode !== 'reflection')
      throw new ArgumentError(
        `${op}: paddingMode is ${show(paddingMode)}; expected 'zeros', 'border' or 'reflection'.`,
      );
    if (mode === 'bicubic' && dims === 3)
      throw new ArgumentError(
        `${op}: mode 'bicubic' is for two spatial dims, got an input of shape ${showShape(x.shape)}.`,
      );
    const sizes = x.shape.slice(2);
    const spatial = grid.shape.slice(1, -1);
    const planes = reshapeTo(x, [x.shape[0], x.shape[1], numel(sizes)]);
    const points = reshapeTo(grid, [grid.shape[0], numel(spatial), dims]);
    const choices = sizes.map((size, d) => {
      const coordinate = select(points, 2, dims - 1 - d) as Tensor;
      // From [-1, 1] to elements.
      const scaled = alignCorners
        ? mul(add(coordinate, 1), (size - 1) / 2)
        : div(sub(mul(add(coordinate, 1), size), 1), 2);
      const position = scaled as Tensor;
      if (mode === 'bicubic') {
        const left = detach(floor(position)) as Tensor;
        return cubic(sub(position, left) as Tensor).map((weight, k) => ({
          // The padding moves each of the four elements, not the position between them.
          at: inside(add(left, k - 1) as Tensor, size, paddingMode, alignCorners),
          weight,
        }));
      }
      const moved = inside(position, size, paddingMode, alignCorners);
      if (mode === 'nearest') {
        const at = round(moved) as Tensor;
        // One, and a path to the grid, whose gradient is 0 and not missing.
        return [{ at, weight: where(lt(at, Number.NEGATIVE_INFINITY), at, 1) as Tensor }];
      }
      const left = detach(floor(moved)) as Tensor;
      const t = sub(moved, left) as Tensor;
      return [
        { at: left, weight: sub(1, t) as Tensor },
        { at: add(left, 1) as Tensor, weight: t },
      ];
    });
    return reshapeTo(corners(planes, sizes, choices), [x.shape[0], x.shape[1], ...spatial]);
  },
);
