import { noGrad } from '../graph/modes.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, ge, gt, mul, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating } from './define.js';
import { elementwise, fusedRule } from './fused.js';
import { exp, log1p, sigmoid } from './unary.js';

export interface SoftplusOptions {
  /** Default 1. */
  readonly beta?: number;
  /** Above this value of beta * x the function is x itself. Default 20. */
  readonly threshold?: number;
}

/**
 * A rule of its own: it keeps x alone, and is constant from the threshold on, which there belongs to the curve for the value and the first
 * derivative, and to the line for the second, as in PyTorch.
 */
const softplusOp: Primitive<Required<SoftplusOptions>> = {
  name: 'softplus',
  vjp: (g, n) => [slope(g, n.tensorInput(0), n.attributes.beta, n.attributes.threshold)],
  forward: ([x], { beta, threshold }) => noGrad(() => curve(x, beta, threshold)),
};

const slope = fusedRule('softplus', (g: Tensor, x: Tensor, beta: number, threshold: number) => {
  const scaled = mul(x, beta) as Tensor;
  const inside = sigmoid(where(ge(scaled, threshold) as Tensor, threshold, scaled) as Tensor);
  return mul(g, where(gt(scaled, threshold) as Tensor, 1, inside) as Tensor) as Tensor;
});

// Elementwise ops, so that `fuse` sees through it.
const curve = elementwise('softplus', (x: Tensor, beta: number, threshold: number) => {
  const scaled = mul(x, beta) as Tensor;
  const over = gt(scaled, threshold) as Tensor;
  return where(over, x, div(log1p(exp(scaled) as Tensor), beta) as Tensor) as Tensor;
});

/** ln(1 + e**(beta x)) / beta (Dugas et al. 2001). */
export const softplus: <S extends Shape>(x: Tensor<S>, options?: SoftplusOptions) => Tensor<S> = composite(
  'softplus',
  (x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}) => {
    requireFloating('softplus', x);
    return apply(softplusOp, [x], { beta, threshold });
  },
) as never;
