import { ArgumentError, show } from '../../errors.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, mul, pow } from '../binary.js';
import { composite } from '../define.js';
import { type Entry, sparseAlong, sparseMap } from '../sparse.js';
import { square } from '../unary.js';
import { requireFinite, requireOneDType, requireRank } from './standardize.js';

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

/**
 * x / (k + alpha m)**beta, where m is the mean of the squares of the `size` channels around: floor(size / 2) before, and as many after or one less. Zeros
 * stand beyond the first and last channel (Krizhevsky, Sutskever, Hinton 2012, who have the sum in place of the mean). x is [N, C, L, ...].
 */
export const localResponseNorm: <S extends Shape>(
  x: Tensor<S>,
  size: number,
  options?: LocalResponseNormOptions,
) => Tensor<S> = composite(
  'localResponseNorm',
  (x: Tensor, size: number, options: LocalResponseNormOptions = {}) => {
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    requireOneDType('localResponseNorm', x, {});
    requireRank('localResponseNorm', x, 3, '[N, C, L, ...]');
    if (!Number.isInteger(size) || size < 1)
      throw new ArgumentError(`localResponseNorm: size is ${show(size)}; expected a whole number from 1.`);
    for (const [name, value] of Object.entries({ alpha, beta, k }))
      requireFinite('localResponseNorm', name, value);
    const channels = x.shape[1];
    const before = Math.floor(size / 2);
    const rows = Array.from({ length: channels }, (_, i) => {
      const start = Math.max(i - before, 0);
      const end = Math.min(i - before + size, channels);
      return Array.from({ length: end - start }, (_, j): Entry => [start + j, 1 / size]);
    });
    const means = sparseAlong(square(x) as Tensor, sparseMap(1, channels, rows));
    return div(x, pow(add(mul(means, alpha), k) as Tensor, beta) as Tensor) as Tensor;
  },
) as never;
