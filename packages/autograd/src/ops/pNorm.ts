import type { Tensor } from '../tensor/tensor.js';
import { eq, pow, where } from './binary.js';
import { amax, amin, type ReduceOptions, rootOfSquares, sum } from './reduce.js';
import { reducing } from './rowwise.js';
import { abs, square } from './unary.js';

/**
 * f(x) with `atZero` in place of f(0), where every derivative is 0. Zeros are replaced before f is taken as well: its derivative may be infinite
 * there, and 0 times that would be NaN.
 */
function besideZero(x: Tensor, atZero: number, f: (x: Tensor) => Tensor): Tensor {
  const zero = eq(x, 0) as Tensor;
  return where(zero, atZero, f(where(zero, 1, x) as Tensor)) as Tensor;
}

const euclidean = reducing('norm', (dims, x: Tensor) =>
  rootOfSquares(sum(square(x), dims, { keepdim: true }) as Tensor),
);
const total = reducing('norm', (dims, x: Tensor) => sum(abs(x), dims, { keepdim: true }) as Tensor);

/**
 * (sum |x|**p)**(1/p) over dims that are known to exist, for every norm and distance of the library. Infinity: the largest |x|, -Infinity: the smallest, ties
 * sharing the gradient evenly; 0: how many are not 0. Of nothing, 0. Derivatives at elements of 0 (of p other than 2), and at norms of 0, are 0.
 */
export function pNorm(x: Tensor, p: number, dims: readonly number[], options?: ReduceOptions): Tensor {
  const reduced = { dims, keepdim: options?.keepdim === true };
  if (p === 2) return euclidean(reduced, x);
  // The norm of nothing is 0, for every p; the largest of nothing would be an error.
  if (p === 1 || dims.some(d => x.shape[d] === 0)) return total(reduced, x);
  const sizes = abs(x) as Tensor;
  if (!Number.isFinite(p)) return (p > 0 ? amax : amin)(sizes, dims, options) as Tensor;
  const atZero = p < 0 ? Number.POSITIVE_INFINITY : 0;
  const powers = sum(
    besideZero(sizes, atZero, s => pow(s, p) as Tensor),
    dims,
    options,
  ) as Tensor;
  return p === 0 ? powers : besideZero(powers, atZero, s => pow(s, 1 / p) as Tensor);
}
