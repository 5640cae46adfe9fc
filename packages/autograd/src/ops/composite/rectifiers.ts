import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, ge, gt, le, lt, mul, where } from '../binary.js';
import { composite, requireFloating } from '../define.js';
import { elementwise } from '../fused.js';
import { reshapeTo } from '../shape.js';
import type { UnaryFunction } from '../types.js';
import { expm1 } from '../unary.js';

function requireNumber(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected a number.`);
}

/** x inside (low, high), the borders outside; NaN stays. At a border the derivative is 0, other than with `clamp`. */
const between = (name: string) =>
  elementwise(
    name,
    (x: Tensor, low: number, high: number) =>
      where(le(x, low), low, where(ge(x, high), high, x) as Tensor) as Tensor,
  );

const betweenZeroAndSix = between('relu6');
const betweenBorders = between('hardtanh');

/** min(max(x, 0), 6); the derivative is 0 at 0 and at 6. */
export const relu6: UnaryFunction = composite('relu6', (x: Tensor) => {
  requireFloating('relu6', x);
  return betweenZeroAndSix(x, 0, 6);
}) as never;

export interface HardtanhOptions {
  /** Default -1. */
  readonly min?: number;
  /** Default 1. */
  readonly max?: number;
}

/** x moved to the nearest border of [min, max]; the derivative at a border is 0. */
export const hardtanh: <S extends Shape>(x: Tensor<S>, options?: HardtanhOptions) => Tensor<S> = composite(
  'hardtanh',
  (x: Tensor, { min = -1, max = 1 }: HardtanhOptions = {}) => {
    requireFloating('hardtanh', x);
    requireNumber('hardtanh', 'min', min);
    requireNumber('hardtanh', 'max', max);
    if (min > max)
      throw new ArgumentError(`hardtanh: min is ${min} and max ${max}; expected min to be at most max.`);
    return betweenBorders(x, min, max);
  },
) as never;

const hardsigmoidOf = elementwise('hardsigmoid', (x: Tensor) => {
  const middle = div(add(x, 3) as Tensor, 6) as Tensor;
  return where(le(x, -3), 0, where(ge(x, 3), 1, middle) as Tensor) as Tensor;
});

/** min(max(x + 3, 0), 6) / 6; the derivative is 0 at -3 and at 3. */
export const hardsigmoid: UnaryFunction = composite('hardsigmoid', (x: Tensor) => {
  requireFloating('hardsigmoid', x);
  return hardsigmoidOf(x);
}) as never;

const hardswishOf = elementwise('hardswish', (x: Tensor) => {
  const below = lt(x, -3) as Tensor;
  const above = gt(x, 3) as Tensor;
  // Nothing large goes into the product where it is not used: its masked derivative could be NaN.
  const inside = where(below, 0, where(above, 0, x) as Tensor) as Tensor;
  const middle = div(mul(inside, add(inside, 3) as Tensor) as Tensor, 6) as Tensor;
  return where(below, 0, where(above, x, middle) as Tensor) as Tensor;
});

/** x hardsigmoid(x) (Howard et al. 2019); the derivative is -1/2 at -3 and 3/2 at 3. */
export const hardswish: UnaryFunction = composite('hardswish', (x: Tensor) => {
  requireFloating('hardswish', x);
  return hardswishOf(x);
}) as never;

/**
 * outer * x above 0, scale * (e**(x / width) - 1) below. At 0 itself the line through 0 with the slope of the lower branch: first derivative scale / width,
 * second derivative 0.
 */
const exponentialBelow = (name: string) =>
  elementwise(name, (x: Tensor, outer: number, scale: number, width: number, slope: number) => {
    const below = lt(x, 0) as Tensor;
    // The exponential is kept from overflowing where it is not used: its masked derivative would be NaN.
    const exponent = where(below, x, 0) as Tensor;
    const curve = mul(expm1(div(exponent, width) as Tensor), scale) as Tensor;
    const line = where(eq(x, 0), mul(x, slope) as Tensor, mul(x, outer) as Tensor) as Tensor;
    return where(below, curve, line) as Tensor;
  });

const eluOf = exponentialBelow('elu');
const celuOf = exponentialBelow('celu');
const seluOf = exponentialBelow('selu');

export interface AlphaOptions {
  /** Default 1. */
  readonly alpha?: number;
}

/** x where x > 0, alpha (e**x - 1) elsewhere, also for the derivative at 0 (Clevert, Unterthiner and Hochreiter 2016). */
export const elu: <S extends Shape>(x: Tensor<S>, options?: AlphaOptions) => Tensor<S> = composite(
  'elu',
  (x: Tensor, { alpha = 1 }: AlphaOptions = {}) => {
    requireFloating('elu', x);
    requireNumber('elu', 'alpha', alpha);
    return eluOf(x, 1, alpha, 1, alpha);
  },
) as never;

/** x where x > 0, alpha (e**(x / alpha) - 1) elsewhere (Barron 2017). */
export const celu: <S extends Shape>(x: Tensor<S>, options?: AlphaOptions) => Tensor<S> = composite(
  'celu',
  (x: Tensor, { alpha = 1 }: AlphaOptions = {}) => {
    requireFloating('celu', x);
    requireNumber('celu', 'alpha', alpha);
    if (alpha === 0) throw new ArgumentError('celu: alpha is 0; expected another number.');
    return celuOf(x, 1, alpha, alpha, 1);
  },
) as never;

/** Of Klambauer et al., "Self-normalizing neural networks" (2017). */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** scale * elu(x, alpha) with the two constants that keep mean and variance (Klambauer et al. 2017). */
export const selu: UnaryFunction = composite('selu', (x: Tensor) => {
  requireFloating('selu', x);
  return seluOf(x, seluScale, seluScale * seluAlpha, 1, seluScale * seluAlpha);
}) as never;

const preluOf = elementwise('prelu', (x: Tensor, weight: Tensor) => {
  const above = gt(x, 0) as Tensor;
  // Where it is not used the product is one of 0: an infinity there would make the masked derivative NaN.
  return where(above, x, mul(weight, where(above, 0, x) as Tensor) as Tensor) as Tensor;
});

/** x where x > 0, weight * x elsewhere; `weight` has one element, or one for each channel (dim 1 of x) (He et al. 2015). */
export const prelu: <S extends Shape>(x: Tensor<S>, weight: Tensor) => Tensor<S> = composite(
  'prelu',
  (x: Tensor, weight: Tensor) => {
    requireFloating('prelu', x);
    if (!(weight instanceof Tensor))
      throw new ArgumentError(`prelu: expected a tensor as weight, got ${show(weight)}: tensor([0.25]).`);
    if (weight.ndim > 1)
      throw new ShapeError(
        `prelu: the weight has shape ${showShape(weight.shape)}; expected one dim. Flatten it: weight.flatten().`,
      );
    let w = weight;
    if (weight.size === 1) w = reshapeTo(weight, []);
    else {
      const channels = x.ndim >= 2 ? x.shape[1] : 1;
      if (weight.size !== channels)
        throw new ShapeError(
          `prelu: a weight of ${weight.size} elements does not fit an input of shape ${showShape(x.shape)} with ${channels} channels. ` +
            `Give 1 element, or ${channels}.`,
        );
      w = reshapeTo(weight, [channels, ...x.shape.slice(2).map(() => 1)]);
    }
    return preluOf(x, w);
  },
) as never;
