import { ArgumentError, show } from '../../errors.js';
import type { Generator } from '../../tensor/generator.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, ge, gt, le, logicalAnd, mul, sub, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite, requireFloating } from '../define.js';
import { drawOf, generatorOf } from '../random.js';
import type { UnaryFunction } from '../types.js';
import { tanh } from '../unary.js';

function requireWidth(op: string, lambda: number): void {
  if (typeof lambda !== 'number' || !(lambda >= 0))
    throw new ArgumentError(`${op}: lambda is ${show(lambda)}; expected a number from 0.`);
}

/** 0 where |x| <= lambda (default 0.5), x elsewhere; the derivative at the borders is 0. */
export const hardshrink: <S extends Shape>(x: Tensor<S>, lambda?: number) => Tensor<S> = composite(
  'hardshrink',
  (x: Tensor, lambda: number = 0.5) => {
    requireFloating('hardshrink', x);
    requireWidth('hardshrink', lambda);
    const inside = logicalAnd(ge(x, -lambda) as Tensor, le(x, lambda) as Tensor) as Tensor;
    return where(inside, 0, x) as Tensor;
  },
) as never;

/** 0 where |x| <= lambda (default 0.5), elsewhere x moved towards 0 by lambda; the derivative at the borders is 0. */
export const softshrink: <S extends Shape>(x: Tensor<S>, lambda?: number) => Tensor<S> = composite(
  'softshrink',
  (x: Tensor, lambda: number = 0.5) => {
    requireFloating('softshrink', x);
    requireWidth('softshrink', lambda);
    return sub(x, clamp(x, { min: -lambda, max: lambda })) as Tensor;
  },
) as never;

/** x - tanh(x). */
export const tanhshrink: UnaryFunction = composite('tanhshrink', (x: Tensor) => {
  requireFloating('tanhshrink', x);
  return sub(x, tanh(x) as Tensor) as Tensor;
}) as never;

/** x where x > threshold, `value` elsewhere. */
export const threshold: <S extends Shape>(x: Tensor<S>, threshold: number, value: number) => Tensor<S> =
  composite('threshold', (x: Tensor, border: number, value: number) => {
    requireFloating('threshold', x);
    for (const [name, number] of Object.entries({ threshold: border, value }))
      if (typeof number !== 'number' || Number.isNaN(number))
        throw new ArgumentError(`threshold: ${name} is ${show(number)}; expected a number.`);
    return where(le(x, border), value, x) as Tensor;
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

/** x where x > 0, a slope times x elsewhere; in training every element has its own, uniform in [lower, upper] (Xu et al. 2015). */
export const rrelu: <S extends Shape>(x: Tensor<S>, options?: RreluOptions) => Tensor<S> = composite(
  'rrelu',
  (x: Tensor, { lower = 1 / 8, upper = 1 / 3, training = false, generator }: RreluOptions = {}) => {
    requireFloating('rrelu', x);
    if (!Number.isFinite(lower) || !Number.isFinite(upper) || lower > upper)
      throw new ArgumentError(
        `rrelu: lower is ${show(lower)} and upper ${show(upper)}; expected finite numbers, lower at most upper.`,
      );
    const above = gt(x, 0) as Tensor;
    if (!training) return where(above, x, mul(x, (lower + upper) / 2)) as Tensor;
    generatorOf('rrelu', generator);
    const uniform = drawOf('rrelu', 'uniform', x.shape, x.dtype, generator);
    const slopes = add(mul(uniform, upper - lower) as Tensor, lower) as Tensor;
    return where(above, x, mul(x, slopes) as Tensor) as Tensor;
  },
) as never;
