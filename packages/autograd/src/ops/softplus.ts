import { noGrad } from '../graph/modes.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, ge, gt, mul, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating } from './define.js';
import { exp, log1p, sigmoid } from './unary.js';

export interface SoftplusOptions {
  /** Default 1. */
  readonly beta?: number;
  /** Above this value of beta * x the function is x itself. Default 20. */
  readonly threshold?: number;
}

const times = (x: Tensor, beta: number): Tensor => (beta === 1 ? x : (mul(x, beta) as Tensor));

/**
 * A rule of its own: it keeps x alone, and is constant from the threshold on, which there belongs to the curve for the value and the first
 * derivative, and to the line for the second, as in PyTorch. The parts of its value are elementwise ops, so that `fuse` sees through it.
 */
const softplusOp: Primitive<Required<SoftplusOptions>> = {
  name: 'softplus',
  vjp: (g, n) => {
    const { beta, threshold } = n.attributes;
    const scaled = times(n.tensorInput(0), beta);
    const slope = sigmoid(where(ge(scaled, threshold) as Tensor, threshold, scaled) as Tensor);
    return [mul(g, where(gt(scaled, threshold) as Tensor, 1, slope) as Tensor) as Tensor];
  },
  forward: (inputs, { beta, threshold }) =>
    noGrad(() => {
      const x = inputs[0] as Tensor;
      const scaled = times(x, beta);
      const over = gt(scaled, threshold) as Tensor;
      const soft = log1p(exp(scaled) as Tensor) as Tensor;
      return where(over, x, beta === 1 ? soft : div(soft, beta)) as Tensor;
    }),
};

/** ln(1 + e**(beta x)) / beta (Dugas et al. 2001). */
export const softplus: <S extends Shape>(x: Tensor<S>, options?: SoftplusOptions) => Tensor<S> = composite(
  'softplus',
  (x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}) => {
    requireFloating('softplus', x);
    return apply(softplusOp, [x], { beta, threshold });
  },
) as never;
