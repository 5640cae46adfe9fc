import { ArgumentError, show } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import { normalizeDims } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div, eq, ne, pow, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite } from '../define.js';
import { amax, amin, sum } from '../reduce.js';
import { abs, sqrt, square, to } from '../unary.js';
import { requireFinite, requireOneDType } from './standardize.js';

export interface NormalizeOptions {
  /** Which norm: 2 (default), 1, any other number, Infinity (the largest), -Infinity (the smallest), 0 (how many are not 0). */
  readonly p?: number;
  /** Along which dims. Default 1. */
  readonly dim?: number | readonly number[];
  /** What a smaller norm counts as. Default 1e-12. */
  readonly eps?: number;
}

/** f(x) with `atZero` where x is 0. Replaced before f is taken as well: a masked infinity would come back as NaN in the derivative. */
function besideZero(x: Tensor, atZero: number, f: (x: Tensor) => Tensor): Tensor {
  const zero = eq(x, 0) as Tensor;
  return where(zero, atZero, f(where(zero, 1, x) as Tensor)) as Tensor;
}

/** The p-norm over the dims, kept; its derivative at 0 is 0. */
function normOver(x: Tensor, p: number, dims: readonly number[]): Tensor {
  const keepdim = { keepdim: true };
  if (p === 0) return noGrad(() => sum(to(ne(x, 0), x.dtype) as Tensor, dims, keepdim) as Tensor);
  if (p === 2) return besideZero(sum(square(x), dims, keepdim) as Tensor, 0, s => sqrt(s) as Tensor);
  const sizes = abs(x) as Tensor;
  if (p === 1) return sum(sizes, dims, keepdim) as Tensor;
  if (p === Number.POSITIVE_INFINITY) return amax(sizes, dims, keepdim) as Tensor;
  if (p === Number.NEGATIVE_INFINITY) return amin(sizes, dims, keepdim) as Tensor;
  const atZero = p < 0 ? Number.POSITIVE_INFINITY : 0;
  const powers = besideZero(sizes, atZero, s => pow(s, p) as Tensor);
  return besideZero(sum(powers, dims, keepdim) as Tensor, atZero, s => pow(s, 1 / p) as Tensor);
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
    return div(x, clamp(normOver(x, p, dims), { min: eps }) as Tensor) as Tensor;
  },
) as never;
