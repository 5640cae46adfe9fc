import { ArgumentError } from '../../errors.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, gt, mul, pow, where } from '../binary.js';
import { composite, requireFloating } from '../define.js';
import { elementwise } from '../fused.js';
import type { UnaryFunction } from '../types.js';
import { erf, sigmoid, tanh } from '../unary.js';

const leaky = elementwise(
  'leakyRelu',
  (x: Tensor, slope: number) => where(gt(x, 0), x, mul(x, slope)) as Tensor,
);

/** x where x > 0, slope * x elsewhere (also for the derivative at 0). Default slope 0.01 (Maas, Hannun and Ng 2013). */
export const leakyRelu: <S extends Shape>(x: Tensor<S>, slope?: number) => Tensor<S> = composite(
  'leakyRelu',
  (x: Tensor, slope: number = 0.01) => {
    requireFloating('leakyRelu', x);
    return leaky(x, slope);
  },
) as never;

export interface GeluOptions {
  /** `none`: x Phi(x) with the error function. `tanh`: its approximation by a hyperbolic tangent. Default `none`. */
  readonly approximate?: 'none' | 'tanh';
}

const geluByErf = elementwise(
  'gelu',
  (x: Tensor) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)) as Tensor,
);

const geluByTanh = elementwise('gelu', (x: Tensor) => {
  const inner = mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1)) as Tensor;
});

/** Gaussian error linear unit, x * Phi(x) (Hendrycks and Gimpel 2016). */
export const gelu: <S extends Shape>(x: Tensor<S>, options?: GeluOptions) => Tensor<S> = composite(
  'gelu',
  (x: Tensor, { approximate = 'none' }: GeluOptions = {}) => {
    requireFloating('gelu', x);
    if (approximate === 'none') return geluByErf(x);
    if (approximate !== 'tanh')
      throw new ArgumentError(`gelu: approximate is '${approximate}'; expected 'none' or 'tanh'.`);
    return geluByTanh(x);
  },
) as never;

const swish = elementwise('silu', (x: Tensor) => mul(x, sigmoid(x)) as Tensor);

/** x * sigmoid(x), also called swish (Elfwing, Uchibe and Doya 2018). */
export const silu: UnaryFunction = composite('silu', (x: Tensor) => {
  requireFloating('silu', x);
  return swish(x);
}) as never;
