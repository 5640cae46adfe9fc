import {
  ArgumentError,
  arange,
  DTypeError,
  type Generator,
  gather,
  mul,
  pad,
  rand,
  ShapeError,
  show,
  showShape,
  Tensor,
  tensor,
  where,
} from '@fluxion/autograd';
import { checkProbability } from '../check.js';
import { gaussianNoise } from '../dropout.js';
import { aligned, checkPerSample, minus, type PerSample, plus, times } from './batch.js';
import { brightness, contrast, gaussianBlur, hue, saturation } from './color.js';
import { cutout } from './erase.js';
import { type AffineSteps, affine, flip, perspective, resizedCrop, type SampleOptions } from './geometry.js';
import { type SignalOptions, timeShift, timeStretch } from './signal.js';
import { type TokenDropoutOptions, tokenDropout } from './text.js';

/**
 * A random change of a batch that takes its random numbers from `generator` and from nowhere else. Samples are the first dim, and each gets
 * numbers of its own.
 */
export type Transform = (x: Tensor, generator: Generator) => Tensor;

/** How far from nothing a change may go: a number, or a scalar tensor, through which gradients flow. */
export type Reach = number | Tensor;
/** Smallest and largest value; numbers, or scalar tensors, through which gradients flow. */
export type Range = readonly [min: Reach, max: Reach];

const batchOf = (x: Tensor): number => {
  if (x.ndim === 0)
    throw new ShapeError('augmentation: a scalar is no batch; expected samples along the first dim.');
  return x.shape[0];
};

/** Uniform in [0, 1), one for each sample; part of no graph, so that only what it is stretched to is differentiated. */
function unit(x: Tensor, generator: Generator): Tensor {
  const dtype = x.dtype === 'float64' ? 'float64' : 'float32';
  return rand([batchOf(x)], { dtype, generator }) as Tensor;
}

const scalar = (op: string, what: string, value: Reach): Reach => {
  checkPerSample(op, what, value, 1);
  return value instanceof Tensor ? ((value as Tensor).reshape([]) as Tensor) : value;
};

/** Uniform between -reach and reach. */
function around(x: Tensor, reach: Reach, generator: Generator): PerSample {
  if (reach === 0) return 0;
  return times(unit(x, generator).mul(2).sub(1) as Tensor, reach);
}

/** Uniform between min and max. */
function between(x: Tensor, [min, max]: Range, generator: Generator): PerSample {
  if (typeof min === 'number' && min === max) return min;
  return plus(times(unit(x, generator), minus(max, min)), min);
}

function checkRange(op: string, what: string, range: Range): Range {
  if (!Array.isArray(range) || range.length !== 2)
    throw new ArgumentError(`${op}: ${what} is ${show(range)}; expected a range [min, max].`);
  const [min, max] = range.map(end => scalar(op, what, end as Reach));
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    throw new ArgumentError(`${op}: ${what} is [${min}, ${max}]; expected the smaller number first.`);
  return [min, max];
}

/** Of `randomAffine`. */
export interface AffineReach {
  /** Degrees either way. */
  readonly rotate?: Reach;
  /** Magnification, the same along both axes. */
  readonly scale?: Range;
  /** Degrees either way by which verticals lean. */
  readonly shear?: Reach;
  /** Pixels either way. */
  readonly translate?: { readonly x?: Reach; readonly y?: Reach };
}

/** `affine` with random numbers: scaled, sheared, turned and moved in one resampling. */
export function randomAffine(reach: AffineReach, options: SampleOptions = {}): Transform {
  return affineTransform('randomAffine', reach, options);
}

function affineTransform(op: string, reach: AffineReach, options: SampleOptions): Transform {
  const degrees = scalar(op, 'rotate', reach.rotate ?? 0);
  const lean = scalar(op, 'shear', reach.shear ?? 0);
  const size = checkRange(op, 'scale', reach.scale ?? [1, 1]);
  const right = scalar(op, 'translate x', reach.translate?.x ?? 0);
  const down = scalar(op, 'translate y', reach.translate?.y ?? 0);
  return (x, generator) => {
    const steps: AffineSteps = {
      scale: between(x, size, generator),
      shear: around(x, lean, generator),
      rotate: around(x, degrees, generator),
      translate: { x: around(x, right, generator), y: around(x, down, generator) },
    };
    return affine(x, steps, options);
  };
}

/** `rotate` by up to so many degrees either way. */
export function randomRotate(degrees: Reach, options: SampleOptions = {}): Transform {
  return affineTransform('randomRotate', { rotate: degrees }, options);
}

/** `scale` by a factor from a range. */
export function randomScale(range: Range, options: SampleOptions = {}): Transform {
  return affineTransform('randomScale', { scale: range }, options);
}

/** `translate` by up to so many pixels either way along each axis. */
export function randomTranslate(
  pixels: { readonly x?: Reach; readonly y?: Reach },
  options: SampleOptions = {},
): Transform {
  return affineTransform('randomTranslate', { translate: pixels }, options);
}

/** `shear` by up to so many degrees either way. */
export function randomShear(degrees: Reach, options: SampleOptions = {}): Transform {
  return affineTransform('randomShear', { shear: degrees }, options);
}

/** Another transform, for each sample with probability p. */
export function randomApply(transform: Transform, p = 0.5): Transform {
  checkProbability('randomApply', 'the probability', p);
  if (typeof transform !== 'function')
    throw new ArgumentError(`randomApply: expected a transform, got ${show(transform)}.`);
  return (x, generator) => {
    const chosen = unit(x, generator).lt(p) as Tensor;
    const changed = transform(x, generator);
    if (changed.ndim !== x.ndim || changed.shape.some((size, i) => size !== x.shape[i]))
      throw new ShapeError(
        `randomApply: the transform turned shape ${showShape(x.shape)} into ${showShape(changed.shape)}; where only some samples are changed it must keep the shape.`,
      );
    return where(aligned(chosen, x.ndim) as Tensor, changed, x) as Tensor;
  };
}

/** `flip` with probability p. */
export function randomFlip(p = 0.5, direction: 'horizontal' | 'vertical' = 'horizontal'): Transform {
  checkProbability('randomFlip', 'the probability', p);
  return randomApply(x => flip(x, direction), p);
}

export interface RandomCropOptions {
  /** Pixels of zeros around the image before it is cropped. Default 0. */
  readonly padding?: number;
}

/** A part of each image of a size [height, width] in whole pixels, from a place of its own. */
export function randomCrop(size: readonly [number, number], options: RandomCropOptions = {}): Transform {
  const op = 'randomCrop';
  const { padding = 0 } = options;
  if (!Array.isArray(size) || size.length !== 2 || !size.every(s => Number.isInteger(s) && s >= 1))
    throw new ShapeError(
      `${op}: expected a size [height, width] of whole numbers from 1, got ${show(size)}.`,
    );
  if (!Number.isInteger(padding) || padding < 0)
    throw new ArgumentError(`${op}: padding is ${show(padding)}; expected a whole number from 0.`);
  const [height, width] = size;
  return (x, generator) => {
    if (x.ndim !== 4)
      throw new ShapeError(`${op}: expected images [N, C, H, W], got shape ${showShape(x.shape)}.`);
    const padded = padding === 0 ? x : (pad(x, [padding, padding, padding, padding]) as Tensor);
    const [n, channels, rows, columns] = padded.shape;
    if (height > rows || width > columns)
      throw new ShapeError(
        `${op}: a crop of ${showShape(size)} is larger than images of shape ${showShape(x.shape)} with a padding of ${padding}.`,
      );
    const places = (extent: number, whole: number): Tensor => {
      const starts = unit(x, generator)
        .mul(whole - extent + 1)
        .floor()
        .to('int32')
        .reshape([n, 1]) as Tensor;
      return starts.add(arange(0, extent, 1, { dtype: 'int32' })) as Tensor;
    };
    const down = places(height, rows).mul(columns).reshape([n, height, 1]) as Tensor;
    const pixels = down
      .add(places(width, columns).reshape([n, 1, width]))
      .reshape([n, 1, height * width]) as Tensor;
    const planes = padded.reshape([n, channels, rows * columns]) as Tensor;
    const picked = gather(planes, 2, pixels.expand([n, channels, height * width]) as Tensor) as Tensor;
    return picked.reshape([n, channels, height, width]) as Tensor;
  };
}

export interface RandomResizedCropOptions extends SampleOptions {
  /** Which share of the image's area is kept. Default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** Width by height of the part. Default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number];
}

/**
 * A part of each image of random area, proportions and place, resampled to a size [height, width] (Szegedy et al. 2015). A part that would be longer than the
 * image is cut to its length.
 */
export function randomResizedCrop(
  size: readonly [number, number],
  options: RandomResizedCropOptions = {},
): Transform {
  const op = 'randomResizedCrop';
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], ...sampling } = options;
  for (const [what, range] of Object.entries({ scale, ratio })) {
    checkRange(op, what, range);
    if (!(range[0] > 0))
      throw new ArgumentError(`${op}: ${what} is ${show(range)}; expected numbers above 0.`);
  }
  return (x, generator) => {
    const [rows, columns] = x.shape.slice(-2);
    const area = tensorOf(between(x, scale, generator), x).mul(rows * columns);
    const proportion = tensorOf(between(x, ratio.map(Math.log) as [number, number], generator), x).exp();
    const width = area.mul(proportion).sqrt().clamp({ max: columns }) as Tensor;
    const height = area.div(proportion).sqrt().clamp({ max: rows }) as Tensor;
    const left = mul(unit(x, generator), width.neg().add(columns) as Tensor) as Tensor;
    const top = mul(unit(x, generator), height.neg().add(rows) as Tensor) as Tensor;
    return resizedCrop(x, { top, left, height, width }, size, sampling);
  };
}

const tensorOf = (value: PerSample, x: Tensor): Tensor =>
  typeof value === 'number' ? (tensor(value, { dtype: x.dtype }) as Tensor) : value;

/**
 * `perspective` with every corner moved inwards at random.
 *
 * @param distortion the share of half the image that a corner may move along each axis, 0 to 1
 */
export function randomPerspective(distortion: Reach, options: SampleOptions = {}): Transform {
  const op = 'randomPerspective';
  const reach = scalar(op, 'the distortion', distortion);
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ];
  return (x, generator) => {
    const u = rand([batchOf(x), 4, 2], { dtype: x.dtype as 'float32', generator }) as Tensor;
    const start = tensor(corners, { dtype: x.dtype }) as Tensor;
    const inward = mul(u, reach as Tensor) as Tensor;
    return perspective(x, start.sub(start.mul(inward) as Tensor) as Tensor, options);
  };
}

/** `brightness` by a factor from a range. */
export const randomBrightness = (range: Range): Transform => factor('randomBrightness', range, brightness);
/** `contrast` by a factor from a range. */
export const randomContrast = (range: Range): Transform => factor('randomContrast', range, contrast);
/** `saturation` by a factor from a range. */
export const randomSaturation = (range: Range): Transform => factor('randomSaturation', range, saturation);
/** `gaussianBlur` with a standard deviation from a range of numbers above 0. */
export const randomBlur = (range: Range): Transform => factor('randomBlur', range, gaussianBlur);

function factor(op: string, range: Range, fn: (x: Tensor, value: PerSample) => Tensor): Transform {
  const checked = checkRange(op, 'the range', range);
  return (x, generator) => fn(x, between(x, checked, generator));
}

/** `hue` by up to so many degrees either way. */
export function randomHue(degrees: Reach): Transform {
  const reach = scalar('randomHue', 'the angle', degrees);
  return (x, generator) => hue(x, around(x, reach, generator));
}

/** `gaussianNoise` of a standard deviation. */
export function randomNoise(std: Reach): Transform {
  const deviation = scalar('randomNoise', 'the standard deviation', std);
  return (x, generator) => gaussianNoise(x, deviation, { generator });
}

/** `cutout` of a rectangle. */
export function randomCutout(
  size: number | readonly [number, number],
  options: { readonly fill?: number } = {},
): Transform {
  return (x, generator) => cutout(x, size, { ...options, generator });
}

/** `timeShift` by up to so many samples either way. */
export function randomTimeShift(samples: Reach, options: SignalOptions = {}): Transform {
  const reach = scalar('randomTimeShift', 'the shift', samples);
  return (x, generator) => timeShift(x, around(x, reach, generator), options);
}

/** `timeStretch` by a rate from a range of numbers above 0. */
export function randomTimeStretch(range: Range, options: SignalOptions = {}): Transform {
  const checked = checkRange('randomTimeStretch', 'the rate', range);
  return (x, generator) => timeStretch(x, between(x, checked, generator), options);
}

/** `tokenDropout` with probability p. */
export function randomTokenDropout(
  p: number,
  options: Omit<TokenDropoutOptions, 'generator' | 'training'>,
): Transform {
  return (tokens, generator) => {
    if (tokens.dtype !== 'int32')
      throw new DTypeError(`randomTokenDropout: expected an int32 tensor of tokens, got ${tokens.dtype}.`);
    return tokenDropout(tokens, p, { ...options, generator });
  };
}
