import { noGrad } from '../graph/modes.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './binary.js';
import { apply, type Primitive } from './define.js';
import { elementwise } from './fused.js';
import { abs, exp, log1p, neg, relu, sigmoid } from './unary.js';

// Elementwise ops, so that formulas with it can be compiled.
const curve = elementwise(
  'log1pexp',
  (x: Tensor) => add(relu(x), log1p(exp(neg(abs(x))) as Tensor)) as Tensor,
);

/** A rule of its own: that of its parts is wrong at 0. */
const log1pexpOp: Primitive = {
  name: 'log1pexp',
  vjp: (g, n) => [mul(g, sigmoid(n.tensorInput(0))) as Tensor],
  forward: ([x]) => noGrad(() => curve(x)),
};

/** ln(1 + e**x) to all digits, without overflow. softplus is x itself from its threshold on, and logaddexp has no compiled code. */
export const log1pexp = (x: Tensor): Tensor => apply(log1pexpOp, [x], undefined);
