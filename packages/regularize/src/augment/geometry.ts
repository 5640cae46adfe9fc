import {
  ArgumentError,
  add,
  affineGrid,
  arange,
  type DType,
  div,
  flip as flipDims,
  type GridSampleOptions,
  gridSample,
  mul,
  type Shape,
  ShapeError,
  show,
  showShape,
  slice,
  stack,
  Tensor,
} from '@fluxion/autograd';
import { batched, checkPerSample, column, inverse, minus, type PerSample, plus, times } from './batch.js';

/** How pixels between pixels are read, and what lies outside the image. */
export type SampleOptions = Pick<GridSampleOptions, 'mode' | 'paddingMode'>;

/** One number for both axes, or one for each. */
export type PerAxis = PerSample | { readonly x?: PerSample; readonly y?: PerSample };

/** What is done to an image, in this order, each about its centre. */
export interface AffineSteps {
  /** Magnification; 1 leaves it as it is. */
  readonly scale?: PerAxis;
  /** Degrees by which verticals (x) and horizontals (y) lean. A number is x alone. */
  readonly shear?: PerAxis;
  /** Degrees, counter-clockwise. */
  readonly rotate?: PerSample;
  /** Pixels to the right (x) and down (y). */
  readonly translate?: { readonly x?: PerSample; readonly y?: PerSample };
}

const radians = Math.PI / 180;
const cos = (degrees: PerSample): PerSample =>
  typeof degrees === 'number' ? Math.cos(degrees * radians) : (degrees.mul(radians).cos() as Tensor);
const sin = (degrees: PerSample): PerSample =>
  typeof degrees === 'number' ? Math.sin(degrees * radians) : (degrees.mul(radians).sin() as Tensor);
const tan = (degrees: PerSample): PerSample => times(sin(degrees), inverse(cos(degrees)));

function axes(
  value: PerAxis,
  other: (x: PerSample) => PerSample,
  absent: number,
): [x: PerSample, y: PerSample] {
  if (typeof value === 'number' || value instanceof Tensor) return [value, other(value)];
  const { x = absent, y = absent } = value;
  return [x, y];
}

/**
 * Scales, shears, rotates and moves images with a single resampling, differentiably in the images and in every number. Each output pixel
 * shows what the inverse map finds in the input.
 *
 * @param x images [N, C, H, W] or [C, H, W]
 */
export function affine<S extends Shape>(
  x: Tensor<S>,
  steps: AffineSteps,
  options: SampleOptions = {},
): Tensor<S> {
  return affineAs('affine', x, steps, options);
}

function affineAs<S extends Shape>(
  op: string,
  x: Tensor<S>,
  steps: AffineSteps,
  options: SampleOptions,
): Tensor<S> {
  return batched(op, x, 4, images => {
    const [n, , height, width] = images.shape;
    const [scaleX, scaleY] = axes(steps.scale ?? 1, s => s, 1);
    const [shearX, shearY] = axes(steps.shear ?? 0, () => 0, 0);
    const { rotate: degrees = 0 } = steps;
    const { x: right = 0, y: down = 0 } = steps.translate ?? {};
    const given = {
      scale: scaleX,
      'scale along y': scaleY,
      shear: shearX,
      'shear along y': shearY,
      rotate: degrees,
    };
    for (const [what, value] of Object.entries({ ...given, 'translate x': right, 'translate y': down }))
      checkPerSample(op, what, value, n);
    for (const s of [scaleX, scaleY])
      if (s === 0) throw new ArgumentError(`${op}: a scale of 0 leaves no image; expected another number.`);

    // Columns of the map of points from the centre, y pointing down: first scaled, then sheared, then turned.
    const [c, s] = [cos(degrees), sin(degrees)];
    const [leanX, leanY] = [tan(shearX), tan(shearY)];
    const turn = (px: PerSample, py: PerSample): [PerSample, PerSample] => [
      plus(times(c, px), times(s, py)),
      minus(times(c, py), times(s, px)),
    ];
    const [a, d] = turn(scaleX, times(leanY, scaleX));
    const [b, e] = turn(times(leanX, scaleY), scaleY);

    // Its inverse, which takes output pixels to input pixels.
    const scaling = inverse(minus(times(a, e), times(b, d)));
    const [i00, i01] = [times(e, scaling), times(times(b, -1), scaling)];
    const [i10, i11] = [times(times(d, -1), scaling), times(a, scaling)];
    const shiftX = plus(times(i00, right), times(i01, down));
    const shiftY = plus(times(i10, right), times(i11, down));

    // From pixels to positions from -1 to 1, which stretch a picture that is no square.
    const theta = [
      i00,
      times(i01, height / width),
      times(shiftX, -2 / width),
      times(i10, width / height),
      i11,
      times(shiftY, -2 / height),
    ];
    return sampled(images, theta, [height, width], options);
  }) as Tensor<S>;
}

/** Images read through theta, row by row, at a size. */
function sampled(
  images: Tensor,
  theta: readonly PerSample[],
  size: readonly number[],
  options: SampleOptions,
): Tensor {
  const [n, channels] = images.shape;
  const columns = theta.map(entry => column(entry, n, images.dtype));
  const matrices = stack(columns, 1).reshape([n, 2, 3]);
  return gridSample(images, affineGrid(matrices, [n, channels, ...size]), options);
}

/**
 * Turns images about their centres.
 *
 * @param degrees counter-clockwise
 */
export function rotate<S extends Shape>(
  x: Tensor<S>,
  degrees: PerSample,
  options: SampleOptions = {},
): Tensor<S> {
  return affineAs('rotate', x, { rotate: degrees }, options);
}

/** Magnifies images about their centres; factors below 1 make them smaller. The size of the picture stays. */
export function scale<S extends Shape>(
  x: Tensor<S>,
  factor: PerAxis,
  options: SampleOptions = {},
): Tensor<S> {
  return affineAs('scale', x, { scale: factor }, options);
}

/** Moves images by pixels, or parts of pixels, to the right (x) and down (y). */
export function translate<S extends Shape>(
  x: Tensor<S>,
  pixels: { readonly x?: PerSample; readonly y?: PerSample },
  options: SampleOptions = {},
): Tensor<S> {
  return affineAs('translate', x, { translate: pixels }, options);
}

/** Lets verticals lean to the right below the centre and to the left above it (x), and horizontals down on the right (y), by degrees. */
export function shear<S extends Shape>(
  x: Tensor<S>,
  degrees: PerAxis,
  options: SampleOptions = {},
): Tensor<S> {
  return affineAs('shear', x, { shear: degrees }, options);
}

/**
 * Bends images in perspective (Heckbert 1989).
 *
 * @param corners [N, 4, 2], or [4, 2] for all: where in the input, from -1 to 1, the output's corners look, as (x, y), from the top left clockwise. The
 * corners of the input itself, (-1, -1), (1, -1), (1, 1), (-1, 1), leave the image as it is
 */
export function perspective<S extends Shape>(
  x: Tensor<S>,
  corners: Tensor,
  options: SampleOptions = {},
): Tensor<S> {
  const op = 'perspective';
  return batched(op, x, 4, images => {
    const [n, , height, width] = images.shape;
    const fits = corners instanceof Tensor && corners.ndim >= 2 && corners.ndim <= 3;
    if (!fits || corners.shape.slice(-2).join() !== '4,2' || (corners.ndim === 3 && corners.shape[0] !== n))
      throw new ShapeError(
        `${op}: expected corners of shape [${n}, 4, 2] or [4, 2], got ${corners instanceof Tensor ? showShape(corners.shape) : show(corners)}.`,
      );
    const quads = (corners.ndim === 2 ? corners.unsqueeze(0) : corners) as Tensor;
    const at = (corner: number, axis: number): Tensor =>
      (quads.select(1, corner) as Tensor).select(1, axis).reshape([-1, 1, 1]) as Tensor;
    const [x0, x1, x2, x3] = [0, 1, 2, 3].map(k => at(k, 0));
    const [y0, y1, y2, y3] = [0, 1, 2, 3].map(k => at(k, 1));
    const cross = (px: Tensor, py: Tensor, qx: Tensor, qy: Tensor): Tensor => px.mul(qy).sub(qx.mul(py));
    // The map of the unit square to a quadrilateral in homogeneous coordinates.
    const [dx1, dx2, sx] = [x1.sub(x2), x3.sub(x2), x0.sub(x1).add(x2).sub(x3)];
    const [dy1, dy2, sy] = [y1.sub(y2), y3.sub(y2), y0.sub(y1).add(y2).sub(y3)];
    const area = cross(dx1, dy1, dx2, dy2);
    const g = div(cross(sx, sy, dx2, dy2), area) as Tensor;
    const h = div(cross(dx1, dy1, sx, sy), area) as Tensor;
    const u = centres(width, images.dtype).reshape([1, 1, width]) as Tensor;
    const v = centres(height, images.dtype).reshape([1, height, 1]) as Tensor;
    const weight = add(add(mul(g, u), mul(h, v)) as Tensor, 1) as Tensor;
    const along = (first: Tensor, second: Tensor, last: Tensor): Tensor => {
      const across = second.sub(first).add(g.mul(second)).mul(u);
      const down = last.sub(first).add(h.mul(last)).mul(v);
      return across.add(down).add(first).div(weight);
    };
    const grid = stack([along(x0, x1, x3), along(y0, y1, y3)], 3) as Tensor;
    return gridSample(images, grid.expand([n, height, width, 2]) as Tensor, options);
  }) as Tensor<S>;
}

/** Centres of pixels along an axis from 0 to 1. */
function centres(count: number, dtype: DType): Tensor {
  return (arange(0, count, 1, { dtype }) as Tensor).add(0.5).div(count);
}

/** A mirror image: left and right swapped ('horizontal'), or top and bottom ('vertical'). */
export function flip<S extends Shape>(
  x: Tensor<S>,
  direction: 'horizontal' | 'vertical' = 'horizontal',
): Tensor<S> {
  if (direction !== 'horizontal' && direction !== 'vertical')
    throw new ArgumentError(`flip: direction is ${show(direction)}; expected 'horizontal' or 'vertical'.`);
  return batched(
    'flip',
    x,
    4,
    images => flipDims(images, [direction === 'horizontal' ? 3 : 2]) as Tensor,
  ) as Tensor<S>;
}

/** A part of an image, in pixels from its top left corner. */
export interface Box {
  readonly top: PerSample;
  readonly left: PerSample;
  readonly height: PerSample;
  readonly width: PerSample;
}

/** The part of images [..., C, H, W] that a box of whole pixels covers; a view. */
export function crop(x: Tensor, box: { readonly [K in keyof Box]: number }): Tensor {
  const { top, left, height, width } = box;
  return batched('crop', x, 4, images => {
    const [, , rows, columns] = images.shape;
    const inside = (start: number, size: number, whole: number): boolean =>
      Number.isInteger(start) && Number.isInteger(size) && start >= 0 && size >= 1 && start + size <= whole;
    if (!inside(top, height, rows) || !inside(left, width, columns))
      throw new ShapeError(
        `crop: the box { top: ${show(top)}, left: ${show(left)}, height: ${show(height)}, width: ${show(width)} } does not lie in images of shape ` +
          `${showShape(images.shape)} in whole pixels. Use resizedCrop for parts of pixels.`,
      );
    const strip = slice(images, 2, { start: top, end: top + height }) as Tensor;
    return slice(strip, 3, { start: left, end: left + width }) as Tensor;
  });
}

/** The middle of images, of a size [height, width]; what does not divide evenly is cut off at the right and at the bottom. */
export function centerCrop(x: Tensor, size: readonly [number, number]): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  const [height, width] = size;
  return crop(x, {
    top: Math.floor((rows - height) / 2),
    left: Math.floor((columns - width) / 2),
    height,
    width,
  });
}

/**
 * The part of images that a box covers, resampled to a size, differentiably in the box too, whose numbers may be parts of pixels and
 * differ from sample to sample.
 */
export function resizedCrop(
  x: Tensor,
  box: Box,
  size: readonly [number, number],
  options: SampleOptions = {},
): Tensor {
  const op = 'resizedCrop';
  return batched(op, x, 4, images => {
    const [n, , rows, columns] = images.shape;
    for (const [what, value] of Object.entries(box)) checkPerSample(op, what, value, n);
    if (!Array.isArray(size) || size.length !== 2 || !size.every(s => Number.isInteger(s) && s >= 1))
      throw new ShapeError(
        `${op}: expected a size [height, width] of whole numbers from 1, got ${show(size)}.`,
      );
    // The box's size and centre, from -1 to 1.
    const centre = (start: PerSample, extent: PerSample, whole: number): PerSample =>
      minus(times(plus(times(start, 2), extent), 1 / whole), 1);
    const theta = [
      times(box.width, 1 / columns),
      0,
      centre(box.left, box.width, columns),
      0,
      times(box.height, 1 / rows),
      centre(box.top, box.height, rows),
    ];
    return sampled(images, theta, size, options);
  });
}
