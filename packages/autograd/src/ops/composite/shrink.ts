import { ArgumentError, show } from '../../errors.js';
import type { Generator } from '../../tensor/generator.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, ge, gt, le, logicalAnd, mul, sub, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite, requireFloating } from '../define.js';
import { elementwise } from '../fused.js';
import { drawOf, generatorOf } from '../random.js';
import type { UnaryFunction } from '../types.js';
import { tanh } from '../unary.js';

function requireWidth(op: string, lambda: number): void {
  if (typeof lambda !== 'number' || !(lambda >= 0))
    throw new ArgumentError(`${op}: lambda is ${show(lambda)}; expected a number from 0.`);
}

const hardshrinkOf = elementwise('hardshrink', (x: Tensor, low: number, high: number) => {
  const inside = logicalAnd(ge(x, low) as Tensor, le(x, high) as Tensor) as Tensor;
  return where(inside, 0, x) as Tensor;
});

/** 0 where |x| <= lambda (default 0.5), x elsewhere; the derivative at the borders is 0. */
export const hardshrink: <S extends Shape>(x: Tensor<S>, lambda?: number) => Tensor<S> = composite(
  'hardshrink',
  (x: Tensor, lambda: number = 0.5) => {
    requireFloating('hardshrink', x);
    requireWidth('hardshrink', lambda);
    return hardshrinkOf(x, -lambda, lambda);
  },
) as never;

const softshrinkOf = elementwise(
  'softshrink',
  (x: Tensor, min: number, max: number) => sub(x, clamp(x, { min, max })) as Tensor,
);

/** 0 where |x| <= lambda (default 0.5), elsewhere x moved towards 0 by lambda; the derivative at the borders is 0. */
export const softshrink: <S extends Shape>(x: Tensor<S>, lambda?: number) => Tensor<S> = composite(
  'softshrink',
  (x: Tensor, lambda: number = 0.5) => {
    requireFloating('softshrink', x);
    requireWidth('softshrink', lambda);
    return softshrinkOf(x, -lambda, lambda);
  },
) as never;

const tanhshrinkOf = elementwise('tanhshrink', (x: Tensor) => sub(x, tanh(x) as Tensor) as Tensor);

/** x - tanh(x). */
export const tanhshrink: UnaryFunction = composite('tanhshrink', (x: Tensor) => {
  requireFloating('tanhshrink', x);
  return tanhshrinkOf(x);
}) as never;

const thresholdOf = elementwise(
  'threshold',
  (x: Tensor, border: number, value: number) => where(le(x, border), value, x) as Tensor,
);

/** x where x > threshold, `value` elsewhere. */
export const threshold: <S extends Shape>(x: Tensor<S>, threshold: number, value: number) => Tensor<S> =
  composite('threshold', (x: Tensor, border: number, value: number) => {
    requireFloating('threshold', x);
    for (const [name, number] of Object.entries({ threshold: border, value }))
      if (typeof number !== 'number' || Number.isNaN(number))
        throw new ArgumentError(`threshold: ${name} is ${show(number)}; expected a number.`);
    return thresholdOf(x, border, value);
  }) as never;

export interface RreluOptions {
  /** Default 1/8. */
  readonly lower?: number;
  /** Default 1/3. */
  readonly upper?: number;
  /** Whether the slopes are drawn; else all are the mean of the two borders. Default false. */
  readonly training?: boolean;
  /** Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const sloped = elementwise(
  'rrelu',
  (x: Tensor, slope: Tensor | number) => where(gt(x, 0), x, mul(x, slope) as Tensor) as Tensor,
);

/** x where x > 0, a slope times x elsewhere; in training every element has its own, uniform in [lower, upper] (Xu et al. 2015). */
export const rrelu: <S extends Shape>(x: Tensor<S>, options?: RreluOptions) => Tensor<S> = composite(
  'rrelu',
  (x: Tensor, { lower = 1 / 8, upper = 1 / 3, training = false, generator }: RreluOptions = {}) => {
    requireFloating('rrelu', x);
    if (!Number.isFinite(lower) || !Number.isFinite(upper) || lower > upper)
      throw new ArgumentError(
        `rrelu: lower is ${show(lower)} and upper ${show(upper)}; expected finite numbers, lower at most upper.`,
      );
    if (!training) return sloped(x, (lower + upper) / 2);
    generatorOf('rrelu', generator);
    const uniform = drawOf('rrelu', 'uniform', x.shape, x.dtype, generator);
    const slopes = add(mul(uniform, upper - lower) as Tensor, lower) as Tensor;
    return sloped(x, slopes);
  },
) as never;
