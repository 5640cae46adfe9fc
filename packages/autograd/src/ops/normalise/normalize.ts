import { ArgumentError, show } from '../../errors.js';
import { normalizeDims } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite } from '../define.js';
import { pNorm } from '../pNorm.js';
import { requireFinite, requireOneDType } from './standardize.js';

export interface NormalizeOptions {
  /** Which norm: 2 (default), 1, any other number, Infinity (the largest), -Infinity (the smallest), 0 (how many are not 0). */
  readonly p?: number;
  /** Along which dims. Default 1. */
  readonly dim?: number | readonly number[];
  /** What a smaller norm counts as. Default 1e-12. */
  readonly eps?: number;
}

/** x / max(norm, eps) with the p-norm along the dims. */
export const normalize: <S extends Shape>(x: Tensor<S>, options?: NormalizeOptions) => Tensor<S> = composite(
  'normalize',
  (x: Tensor, { p = 2, dim = 1, eps = 1e-12 }: NormalizeOptions = {}) => {
    requireOneDType('normalize', x, {});
    if (typeof p !== 'number' || Number.isNaN(p))
      throw new ArgumentError(`normalize: p is ${show(p)}; expected a number.`);
    requireFinite('normalize', 'eps', eps);
    const dims = normalizeDims('normalize', dim, x.ndim);
    return div(x, clamp(pNorm(x, p, dims, { keepdim: true }), { min: eps }) as Tensor) as Tensor;
  },
) as never;
