import { fuse, type Tensor, where } from '@fluxion/autograd';

/**
 * The square root with derivative 0 at 0, where the true one is infinite and would make a meta-gradient NaN. Below 0 it is 0 too: a variance that is a
 * difference can end there by rounding.
 */
export const safeSqrt: (x: Tensor) => Tensor = fuse((x: Tensor) => {
  const vanishes = x.le(0);
  return where(vanishes, 0, where(vanishes, 1, x).sqrt()) as Tensor;
});
