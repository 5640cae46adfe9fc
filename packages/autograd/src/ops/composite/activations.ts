import { ArgumentError } from '../../errors.js';
import type { Input } from '../../graph/node.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, gt, lt, mul, pow, where } from '../binary.js';
import { composite, requireFloating } from '../define.js';
import type { UnaryFunction } from '../types.js';
import { erf, exp, log1p, sigmoid, tanh } from '../unary.js';

/** x where x > 0, slope * x elsewhere (also for the derivative at 0). Default slope 0.01 (Maas, Hannun and Ng 2013). */
export const leakyRelu: <S extends Shape>(x: Tensor<S>, slope?: number) => Tensor<S> = composite(
  'leakyRelu',
  (x: Tensor, slope: number = 0.01) => {
    requireFloating('leakyRelu', x);
    return where(gt(x, 0), x, mul(x, slope)) as Tensor;
  },
) as never;

export interface GeluOptions {
  /** `none`: x Phi(x) with the error function. `tanh`: its approximation by a hyperbolic tangent. Default `none`. */
  readonly approximate?: 'none' | 'tanh';
}

/** Gaussian error linear unit, x * Phi(x) (Hendrycks and Gimpel 2016). */
export const gelu: <S extends Shape>(x: Tensor<S>, options?: GeluOptions) => Tensor<S> = composite(
  'gelu',
  (x: Tensor, { approximate = 'none' }: GeluOptions = {}) => {
    requireFloating('gelu', x);
    if (approximate === 'none') return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)) as Tensor;
    if (approximate !== 'tanh')
      throw new ArgumentError(`gelu: approximate is '${approximate}'; expected 'none' or 'tanh'.`);
    const inner = mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1)) as Tensor;
  },
) as never;

/** x * sigmoid(x), also called swish (Elfwing, Uchibe and Doya 2018). */
export const silu: UnaryFunction = composite('silu', (x: Tensor) => {
  requireFloating('silu', x);
  return mul(x, sigmoid(x)) as Tensor;
}) as never;

export interface SoftplusOptions {
  /** Default 1. */
  readonly beta?: number;
  /** Above this value of beta * x the function is x itself. Default 20. */
  readonly threshold?: number;
}

/** ln(1 + e**(beta x)) / beta (Dugas et al. 2001). */
export const softplus: <S extends Shape>(x: Tensor<S>, options?: SoftplusOptions) => Tensor<S> = composite(
  'softplus',
  (x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}) => {
    requireFloating('softplus', x);
    const scaled = beta === 1 ? x : mul(x, beta);
    const over = gt(scaled, threshold);
    // The exponential is kept from overflowing where its result is not used: its masked derivative would be NaN.
    const soft = log1p(exp(where(over, 0, scaled)));
    return where(over, x, beta === 1 ? soft : div(soft, beta)) as Tensor;
  },
) as never;

export interface ClampOptions {
  readonly min?: Input;
  readonly max?: Input;
}

/**
 * The elements moved to the nearest border of [min, max]; where min > max, max. At a border the gradient passes. Borders may be tensors
 * that broadcast to x, and then receive the gradient of what they cut off.
 */
export const clamp: <S extends Shape>(x: Tensor<S>, options: ClampOptions) => Tensor<S> = composite(
  'clamp',
  (x: Tensor, options: ClampOptions) => {
    const { min, max } = options ?? {};
    if (min === undefined && max === undefined)
      throw new ArgumentError('clamp: expected min, max or both: x.clamp({ min: 0, max: 1 }).');
    let y = x;
    // Not maximum and minimum: they would share the gradient at a border.
    if (min !== undefined) y = where(lt(y, min as Tensor), min, y) as Tensor;
    if (max !== undefined) y = where(gt(y, max as Tensor), max, y) as Tensor;
    return y;
  },
) as never;
