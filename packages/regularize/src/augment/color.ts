import {
  ArgumentError,
  arange,
  cat,
  conv2d,
  exp,
  matmul,
  neg,
  pad,
  type Shape,
  ShapeError,
  show,
  showShape,
  type Tensor,
  tensor,
} from '@fluxion/autograd';
import { aligned, batched, checkPerSample, column, type PerSample, times } from './batch.js';

// Values usually lie between 0 and 1. None of these functions clamps them: chain `clamp({ min: 0, max: 1 })` where that matters.

/** Weights of red, green and blue in brightness (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114];

/** Grey levels [N, 1, H, W]: weighted for three channels, the mean of any other number. */
function grey(images: Tensor): Tensor {
  const channels = images.shape[1];
  if (channels !== 3) return images.mean(1, { keepdim: true }) as Tensor;
  const weights = tensor(luma, { dtype: images.dtype }).reshape([1, 3, 1, 1]) as Tensor;
  return images.mul(weights).sum(1, { keepdim: true }) as Tensor;
}

function requireColours(op: string, images: Tensor): void {
  if (images.shape[1] !== 3)
    throw new ShapeError(
      `${op}: expected red, green and blue, [N, 3, H, W], got shape ${showShape(images.shape)}.`,
    );
}

/** base + factor (images - base). */
function blend(images: Tensor, base: Tensor, factor: PerSample): Tensor {
  return images
    .sub(base)
    .mul(aligned(factor, 4) as Tensor)
    .add(base) as Tensor;
}

/** Images times a factor: 0 is black, 1 the image. */
export function brightness<S extends Shape>(x: Tensor<S>, factor: PerSample): Tensor<S> {
  return batched('brightness', x, 4, images => {
    checkPerSample('brightness', 'the factor', factor, images.shape[0]);
    return images.mul(aligned(factor, 4) as Tensor) as Tensor;
  }) as Tensor<S>;
}

/** Distance from each image's mean grey level times a factor: 0 is all grey, 1 the image. */
export function contrast<S extends Shape>(x: Tensor<S>, factor: PerSample): Tensor<S> {
  return batched('contrast', x, 4, images => {
    checkPerSample('contrast', 'the factor', factor, images.shape[0]);
    return blend(images, grey(images).mean([1, 2, 3], { keepdim: true }) as Tensor, factor);
  }) as Tensor<S>;
}

/** Distance of images [N, 3, H, W] from their grey version times a factor: 0 is grey, 1 the image. */
export function saturation<S extends Shape>(x: Tensor<S>, factor: PerSample): Tensor<S> {
  return batched('saturation', x, 4, images => {
    requireColours('saturation', images);
    checkPerSample('saturation', 'the factor', factor, images.shape[0]);
    return blend(images, grey(images), factor);
  }) as Tensor<S>;
}

/** Luma and two colour differences (YIQ, NTSC 1953), and the way back. */
const toYiq = [luma, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]];
const fromYiq = inverse3(toYiq);

function inverse3(m: readonly (readonly number[])[]): number[][] {
  const cofactor = (i: number, j: number): number => {
    const [a, b] = [0, 1, 2].filter(k => k !== i);
    const [c, d] = [0, 1, 2].filter(k => k !== j);
    return (m[a][c] * m[b][d] - m[a][d] * m[b][c]) * ((i + j) % 2 === 0 ? 1 : -1);
  };
  const det = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  return [0, 1, 2].map(i => [0, 1, 2].map(j => cofactor(j, i) / det));
}

/**
 * Turns the colours of images [N, 3, H, W] around the grey axis of the YIQ space. Brightness stays to the last digit, and the derivative
 * by the angle exists everywhere, which the hue of HSV does not have at grey.
 *
 * @param degrees 360 is a full turn
 */
export function hue<S extends Shape>(x: Tensor<S>, degrees: PerSample): Tensor<S> {
  return batched('hue', x, 4, images => {
    requireColours('hue', images);
    const [n, , height, width] = images.shape;
    checkPerSample('hue', 'the angle', degrees, n);
    const matrix = (rows: number[][]): Tensor => tensor(rows, { dtype: images.dtype });
    const yiq = matmul(
      matrix(toYiq as number[][]),
      images.reshape([n, 3, height * width]) as Tensor,
    ) as Tensor;
    const [y, i, q] = [0, 1, 2].map(c => yiq.slice(1, { start: c, end: c + 1 }) as Tensor);
    const angle = aligned(times(degrees, Math.PI / 180), 3);
    const [cosine, sine] =
      typeof angle === 'number'
        ? [Math.cos(angle), Math.sin(angle)]
        : [angle.cos() as Tensor, angle.sin() as Tensor];
    const turned = cat(
      [
        y,
        i.mul(cosine as Tensor).sub(q.mul(sine as Tensor) as Tensor) as Tensor,
        i.mul(sine as Tensor).add(q.mul(cosine as Tensor) as Tensor) as Tensor,
      ],
      1,
    ) as Tensor;
    return matmul(matrix(fromYiq), turned).reshape(images.shape) as Tensor;
  }) as Tensor<S>;
}

export interface BlurOptions {
  /** Pixels along each axis that take part, an odd number. Default: three standard deviations to either side. */
  readonly kernelSize?: number;
}

/**
 * Gaussian blur, one axis after the other; borders are mirrored. Differentiable in the images and in `sigma`, also from sample to sample.
 *
 * @param sigma standard deviation in pixels, above 0
 */
export function gaussianBlur<S extends Shape>(
  x: Tensor<S>,
  sigma: PerSample,
  options: BlurOptions = {},
): Tensor<S> {
  const op = 'gaussianBlur';
  return batched(op, x, 4, images => {
    const [n, channels, height, width] = images.shape;
    checkPerSample(op, 'sigma', sigma, n);
    const values = typeof sigma === 'number' ? [sigma] : Array.from(sigma.toTypedArray());
    const bad = values.find(s => !(s > 0));
    if (bad !== undefined) throw new ArgumentError(`${op}: sigma is ${bad}; expected a number above 0.`);
    const { kernelSize = 2 * Math.ceil(3 * Math.max(...values)) + 1 } = options;
    if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0)
      throw new ArgumentError(
        `${op}: kernelSize is ${show(kernelSize)}; expected an odd whole number from 1.`,
      );
    const reach = (kernelSize - 1) / 2;
    const axis = column(sigma, n, images.dtype).reshape([n, 1]) as Tensor;
    const distance = (arange(0, kernelSize, 1, { dtype: images.dtype }) as Tensor)
      .sub(reach)
      .reshape([1, kernelSize]) as Tensor;
    const bell = exp(neg(distance.div(axis).square().div(2))) as Tensor;
    const kernel = bell.div(bell.sum(1, { keepdim: true }) as Tensor) as Tensor;
    // Every channel of every sample is a group with a kernel of its own.
    const weights = kernel.reshape([n, 1, kernelSize]).expand([n, channels, kernelSize]);
    const planes = images.reshape([1, n * channels, height, width]) as Tensor;
    const pass = (t: Tensor, across: boolean): Tensor => {
      const size = across ? [1, kernelSize] : [kernelSize, 1];
      const border = across ? [reach, reach, 0, 0] : [0, 0, reach, reach];
      return conv2d(mirrored(t, border), weights.reshape([n * channels, 1, ...size]) as Tensor, null, {
        groups: n * channels,
      }) as Tensor;
    };
    return pass(pass(planes, true), false).reshape(images.shape) as Tensor;
  }) as Tensor<S>;
}

/** Padded by reflection; a picture that is smaller than the border is mirrored again. */
function mirrored(t: Tensor, border: readonly number[]): Tensor {
  let rest = border.slice();
  let padded = t;
  while (rest.some(width => width > 0)) {
    const [height, width] = padded.shape.slice(-2);
    const largest = [width, width, height, height].map(size => size - 1);
    const step = rest.map((b, i) => Math.min(b, largest[i]));
    // A single row or column has no neighbour to mirror.
    if (step.every(b => b === 0)) return pad(padded, rest, { mode: 'replicate' }) as Tensor;
    padded = pad(padded, step, { mode: 'reflect' }) as Tensor;
    rest = rest.map((b, i) => b - step[i]);
  }
  return padded;
}
