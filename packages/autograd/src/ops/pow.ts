import type { Input } from '../graph/node.js';
import type { Tensor } from '../tensor/tensor.js';
import { arithmetic, eq, ge, logicalAnd, mul, sub, where } from './binary.js';
import type { BinaryFunction } from './types.js';
import { log, zerosOf } from './unary.js';

/**
 * a ** b, with 0 ** 0 = 1. Where the exponent is 0 the derivative by the base is 0; where the base is 0 and the exponent not negative,
 * that by the exponent is 0 (the limit of a**b ln a is no help to anybody there).
 */
export const pow: BinaryFunction<'pow'> = arithmetic(
  'pow',
  {
    saves: () => true,
    savesOutput: true,
    vjp: (g, n) => {
      const a = n.input(0);
      const b = n.input(1);
      return [n.needs(0) ? powBase(g, a as Tensor, b) : null, n.needs(1) ? powExponent(g, a, b as Tensor, n.output()) : null];
    },
  },
  false,
);

function powBase(g: Tensor, a: Tensor, b: Input): Tensor {
  if (typeof b === 'number') {
    if (b === 0) return zerosOf(g);
    if (b === 1) return g;
    if (b === 2) return mul(g, mul(a, 2));
    return mul(g, mul(pow(a, b - 1), b));
  }
  // The exponent is replaced before the power is taken: a masked infinity would come back as NaN in the second derivative.
  const isZero = eq(b, 0);
  const safe = where(isZero, 1, b);
  return where(isZero, 0, mul(g, mul(b, pow(a, sub(safe, 1)))));
}

function powExponent(g: Tensor, a: Input, b: Tensor, y: Tensor): Tensor {
  if (typeof a === 'number') return a === 0 ? where(ge(b, 0), 0, mul(g, mul(y, Number.NEGATIVE_INFINITY))) : mul(g, mul(y, Math.log(a)));
  const flat = logicalAnd(eq(a, 0), ge(b, 0));
  return where(flat, 0, mul(g, mul(y, log(where(flat, 1, a)))));
}
