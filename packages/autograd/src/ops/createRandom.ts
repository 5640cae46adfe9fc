import { type DType, fillRandom, kernels, stableLog } from '@fluxion/kernels';
import { ArgumentError, DataError, DTypeError, show } from '../errors.js';
import { noGrad } from '../graph/modes.js';
import { markLeaf } from '../graph/node.js';
import type { Generator } from '../tensor/generator.js';
import { broadcastShapes, checkShape, numel } from '../tensor/shape.js';
import type { Mutable, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { add, mul } from './binary.js';
import { create, type RandomOptions } from './construct.js';
import { composite, requireDifferentiable, requireTensor, withoutDerivative } from './define.js';
import { ensureMethods } from './methods.js';
import { drawOf, drawsNumbers, generatorOf } from './random.js';
import { expand } from './shape.js';
import { floor, to } from './unary.js';

/** Draws, and marks the leaf if a gradient is wanted. */
function drawn<S extends Shape>(
  op: string,
  kind: 'uniform' | 'normal' | 'exponential',
  shape: S,
  { dtype = 'float32', requiresGrad = false, generator }: RandomOptions,
): Tensor<S> {
  ensureMethods();
  if (requiresGrad) {
    checkShape(op, shape);
    requireDifferentiable(op, dtype);
  }
  const out = drawOf(op, kind, shape, dtype, generator);
  if (requiresGrad) markLeaf(out);
  return out;
}

/** Uniform in [0, 1). */
export function rand<const S extends Shape>(shape: S, options: RandomOptions = {}): Tensor<Mutable<S>> {
  return drawn('rand', 'uniform', shape, options) as never;
}

/** Standard normal. */
export function randn<const S extends Shape>(shape: S, options: RandomOptions = {}): Tensor<Mutable<S>> {
  return drawn('randn', 'normal', shape, options) as never;
}

/** Uniform in [0, 1), with the shape and the dtype of a tensor. */
export function randLike<S extends Shape>(x: Tensor<S>, options?: RandomOptions): Tensor<S> {
  requireTensor('randLike', x);
  return drawn('randLike', 'uniform', x.shape, { dtype: x.dtype, ...options });
}

/** Standard normal, with the shape and the dtype of a tensor. */
export function randnLike<S extends Shape>(x: Tensor<S>, options?: RandomOptions): Tensor<S> {
  requireTensor('randnLike', x);
  return drawn('randnLike', 'normal', x.shape, { dtype: x.dtype, ...options });
}

/** Products and sums by kernels, which round alike in every tier; freed on the way. */
const whole = composite(
  'randint',
  (low: number, high: number, shape: Shape, dtype: DType, generator: Generator | undefined) =>
    noGrad(() => {
      const u = drawOf('randint', 'uniform', shape, 'float64', generator);
      return to(add(floor(mul(u, high - low) as Tensor), low) as Tensor, dtype);
    }),
);

function randomWhole(op: string, low: number, high: number, shape: Shape, options: RandomOptions): Tensor {
  ensureMethods();
  checkShape(op, shape);
  const { dtype = 'int32', requiresGrad = false, generator } = options;
  if (dtype !== 'int32' && dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`${op}: expected dtype int32, float32 or float64, got ${show(dtype)}.`);
  if (requiresGrad) requireDifferentiable(op, dtype);
  generatorOf(op, generator);
  // In float32 every whole number up to 2**24 exists.
  const limit = dtype === 'float32' ? 2 ** 24 : dtype === 'float64' ? 2 ** 53 : 2 ** 31;
  for (const [name, value] of Object.entries({ low, high }))
    if (!Number.isInteger(value) || value < -limit || value > limit)
      throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected a whole number that ${dtype} has.`);
  if (low >= high)
    throw new ArgumentError(`${op}: low is ${low} and high ${high}; expected low to be below high.`);
  const out = whole(low, high, shape.slice(), dtype, generator);
  if (requiresGrad) markLeaf(out);
  return out;
}

/**
 * Whole numbers from `low` to below `high`, int32 unless told otherwise: low + floor(u (high - low)), u being the float64 uniform stream.
 */
export function randint<const S extends Shape>(
  low: number,
  high: number,
  shape: S,
  options: RandomOptions = {},
): Tensor<Mutable<S>> {
  return randomWhole('randint', low, high, shape, options) as never;
}

/** Whole numbers from `low` to below `high`, with the shape and the dtype of a tensor. */
export function randintLike<S extends Shape>(
  x: Tensor<S>,
  low: number,
  high: number,
  options?: RandomOptions,
): Tensor<S> {
  requireTensor('randintLike', x);
  return randomWhole('randintLike', low, high, x.shape, { dtype: x.dtype, ...options }) as Tensor<S>;
}

/** A stretch of the float64 stream in plain numbers, computed here rather than read back from a kernel. */
function numbers(kind: 'uniform' | 'normal', generator: Generator, count: number): Float64Array {
  const values = new Float64Array(count);
  const { key, counter } = generator.take(count);
  fillRandom(kind, key[0], key[1], counter, values);
  return values;
}

/**
 * The whole numbers below n in random order, int32 unless told otherwise. Fisher and Yates: for i = n - 1 down to 1, elements i and floor(u (i + 1)) change places, u being
 * number n - 1 - i of the float64 uniform stream.
 */
export function randperm<const N extends number>(n: N, options: RandomOptions = {}): Tensor<[N]> {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31)
    throw new ArgumentError(`randperm: n is ${show(n)}; expected a whole number from 0 to 2**31 - 1.`);
  const generator = generatorOf('randperm', options.generator);
  return create('randperm', [n] as [N], options.dtype ?? 'int32', options, out => {
    const u = numbers('uniform', generator, Math.max(n - 1, 0));
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i >= 1; i--) {
      const j = Math.floor(u[n - 1 - i] * (i + 1));
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    kernels().write(out, order);
  });
}

interface NormalAttributes {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly generator: Generator | undefined;
}

const normalOp = withoutDerivative<NormalAttributes>('normal', drawsNumbers, ([mean, std], attributes) => {
  const { shape, dtype, generator } = attributes;
  const z = drawOf('normal', 'normal', shape, dtype, generator);
  return add(mul(z, std as Tensor) as Tensor, mean as Tensor) as Tensor;
});

/**
 * Normal: mean + std z, z being the normal stream of the dtype. Mean and standard deviation are numbers, and `shape` is given; or one or both are tensors (float32 or
 * float64), which broadcast to the shape, or to each other where it is left out. The result is a constant for derivatives.
 */
export function normal<const S extends Shape = Shape>(
  mean: Tensor | number,
  std: Tensor | number,
  shape?: S,
  options: RandomOptions = {},
): Tensor<Mutable<S>> {
  ensureMethods();
  const tensors = [mean, std].filter(x => x instanceof Tensor);
  for (const [name, x] of Object.entries({ mean, std }))
    if (!(x instanceof Tensor) && !Number.isFinite(x))
      throw new ArgumentError(`normal: ${name} is ${show(x)}; expected a tensor or a finite number.`);
  for (const t of tensors)
    if (t.dtype !== (options.dtype ?? tensors[0].dtype))
      throw new DTypeError(
        `normal: got a tensor of ${t.dtype} beside ${options.dtype ?? tensors[0].dtype}. Convert it: x.to('${options.dtype ?? tensors[0].dtype}').`,
      );
  let size: readonly number[] | undefined = shape;
  if (size === undefined) {
    if (tensors.length === 0)
      throw new ArgumentError('normal: mean and std are numbers; give a shape: normal(0, 1, [2, 3]).');
    size =
      tensors.length === 2 ? broadcastShapes('normal', tensors[0].shape, tensors[1].shape) : tensors[0].shape;
  }
  const negative = std instanceof Tensor ? firstNegative(std) : (std as number) < 0 ? (std as number) : null;
  if (negative !== null)
    throw new DataError(`normal: std is ${negative}; expected standard deviations from 0.`);
  const target = size;
  checkShape('normal', target);
  const dtype = options.dtype ?? tensors[0]?.dtype ?? 'float32';
  if (options.requiresGrad === true) requireDifferentiable('normal', dtype);
  const fit = (x: Tensor | number): Tensor | number =>
    x instanceof Tensor ? (expand(x, target as number[]) as Tensor) : x;
  const out = normalOp([fit(mean), fit(std)], { shape: target, dtype, generator: options.generator });
  if (options.requiresGrad === true) markLeaf(out);
  return out as never;
}

/** The first element that is no standard deviation. */
function firstNegative(std: Tensor): number | null {
  const values = kernels().read(std);
  for (let i = 0; i < values.length; i++) if (!(values[i] >= 0)) return values[i];
  return null;
}

export interface ExponentialOptions extends RandomOptions {
  /** Above 0. Default 1. */
  readonly rate?: number;
}

const divided = composite('exponential', (e: Tensor, rate: number) => mul(e, 1 / rate) as Tensor);

/** Exponential with a rate: the exponential stream of the dtype times 1 / rate. Never 0 but by underflow. */
export function exponential<const S extends Shape>(
  shape: S,
  options: ExponentialOptions = {},
): Tensor<Mutable<S>> {
  const { rate = 1 } = options;
  if (!(rate > 0) || rate === Number.POSITIVE_INFINITY)
    throw new ArgumentError(`exponential: rate is ${show(rate)}; expected a finite number above 0.`);
  if (rate === 1) return drawn('exponential', 'exponential', shape, options) as never;
  return noGrad(() => {
    const e = drawn('exponential', 'exponential', shape, { ...options, requiresGrad: false });
    if (options.requiresGrad === true) requireDifferentiable('exponential', e.dtype);
    const out = divided(e, rate);
    if (options.requiresGrad === true) markLeaf(out);
    return out;
  }) as never;
}

export interface TruncNormalOptions extends RandomOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Above 0. Default 1. */
  readonly std?: number;
  /** Default mean - 2 std. */
  readonly min?: number;
  /** Default mean + 2 std. */
  readonly max?: number;
}

/**
 * Normal with what lies outside [min, max] drawn again (float32: rounded afterwards). Each attempt takes two numbers p, u of the float64 uniform
 * stream, the next two whatever became of those before, and is accepted as Robert, "Simulation of truncated normal variables" (1995), says. With
 * [a, b] = ([min, max] - mean) / std, turned around if b <= 0 or if it lies further to the left,
 *
 *   b - a > 2.5, a <= 0    z = the normal quantile of number p of the stream; accepted if it lies in [a, b]
 *   (b - a) r <= 2         z = a + p (b - a); accepted if -ln(1 - u) >= (z**2 - n**2) / 2, n being the number of [a, b] nearest to 0
 *   otherwise              z = a - ln(1 - p) / r; accepted if z <= b and -ln(1 - u) >= (z - r)**2 / 2
 *
 * with r = (a + sqrt(a**2 + 4)) / 2 where a > 0, and 0 elsewhere.
 */
export function truncNormal<const S extends Shape>(
  shape: S,
  options: TruncNormalOptions = {},
): Tensor<Mutable<S>> {
  const { mean = 0, std = 1, dtype = 'float32' } = options;
  const { min = mean - 2 * std, max = mean + 2 * std } = options;
  if (!Number.isFinite(mean))
    throw new ArgumentError(`truncNormal: mean is ${show(mean)}; expected a finite number.`);
  if (!(std > 0) || std === Number.POSITIVE_INFINITY)
    throw new ArgumentError(`truncNormal: std is ${show(std)}; expected a finite number above 0.`);
  if (!(min < max))
    throw new ArgumentError(
      `truncNormal: min is ${show(min)} and max ${show(max)}; expected min to be below max.`,
    );
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(
      `truncNormal: random numbers are float32 or float64, not ${show(dtype)}. Convert them with to().`,
    );
  const generator = generatorOf('truncNormal', options.generator);
  return create('truncNormal', shape, dtype, options, out => {
    const values = new Float64Array(numel(shape));
    drawTruncated(values, (min - mean) / std, (max - mean) / std, generator);
    // Rounding must not lead over a border.
    for (let i = 0; i < values.length; i++) values[i] = Math.min(Math.max(mean + std * values[i], min), max);
    kernels().write(out, values);
  }) as never;
}

/** Fills with draws from the standard normal distribution cut to [a, b]. */
function drawTruncated(out: Float64Array, a: number, b: number, generator: Generator): void {
  if (b <= 0 || -a > b) {
    drawTruncated(out, -b, -a, generator);
    for (let i = 0; i < out.length; i++) out[i] = -out[i];
    return;
  }
  const rate = a > 0 ? (a + Math.sqrt(a * a + 4)) / 2 : 0;
  const nearest = Math.max(a, 0);
  const byNormal = a <= 0 && b - a > 2.5;
  const byUniform = !byNormal && (b - a) * rate <= 2;
  let filled = 0;
  while (filled < out.length) {
    // As many attempts as results are missing: none is made in vain, so the stream is that of one attempt after the other.
    const pairs = numbers(byNormal ? 'normal' : 'uniform', generator, 2 * (out.length - filled));
    for (let k = 0; k < pairs.length; k += 2) {
      const p = pairs[k];
      let z = p;
      if (!byNormal) {
        z = byUniform ? a + p * (b - a) : a - stableLog(1 - p) / rate;
        const excess = byUniform ? z * z - nearest * nearest : (z - rate) * (z - rate);
        if (-stableLog(1 - pairs[k + 1]) < excess / 2) continue;
      }
      if (z >= a && z <= b) out[filled++] = z;
    }
  }
}
