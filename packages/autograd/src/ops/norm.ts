import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { normalizeDim, normalizeDims } from '../tensor/shape.js';
import type { Reduce, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, gt, mul, where } from './binary.js';
import { composite, requireFloating } from './define.js';
import { pNorm } from './pNorm.js';
import type { Dims, ReduceOptions } from './reduce.js';
import { clone } from './unary.js';

/** The order of a norm: any number, infinities included, or 'fro' for 2. */
export type NormOrder = number | 'fro';

export type NormFunction = <
  S extends Shape,
  const D extends Dims = undefined,
  const K extends boolean = false,
>(
  x: Tensor<S>,
  p?: NormOrder,
  dim?: D,
  options?: ReduceOptions<K>,
) => Tensor<Reduce<S, D, K>>;

export type NormMethod = <S extends Shape, const D extends Dims = undefined, const K extends boolean = false>(
  this: Tensor<S>,
  p?: NormOrder,
  dim?: D,
  options?: ReduceOptions<K>,
) => Tensor<Reduce<S, D, K>>;

function checkOrder(op: string, p: unknown): number {
  if (p === 'fro') return 2;
  if (p === 'nuc')
    throw new ArgumentError(
      `${op}: p is 'nuc', the norm of a matrix; expected a number or 'fro'. Use matrixNorm(x, 'nuc').`,
    );
  if (typeof p !== 'number' || Number.isNaN(p))
    throw new ArgumentError(`${op}: p is ${show(p)}; expected a number, an infinity or 'fro'.`);
  return p;
}

/**
 * The p-norm over the dims (default: all), (sum |x|**p)**(1/p), also of p below 1, where it is none by the book. Infinity: the largest |x|, ties
 * sharing the gradient evenly; -Infinity: the smallest; 0: how many are not 0; 'fro': 2, the default. Of zeros, and of nothing, 0. Derivatives
 * at elements of 0 (of p other than 2), and at norms of 0, are 0. float32 or float64.
 */
export const norm: NormFunction = composite(
  'norm',
  (x: Tensor, p: NormOrder = 2, dim?: Dims, options?: ReduceOptions) => {
    requireFloating('norm', x);
    return pNorm(x, checkOrder('norm', p), normalizeDims('norm', dim, x.ndim), options);
  },
) as NormFunction;

/**
 * x with every slice along `dim` whose p-norm is larger than `maxnorm` scaled down to it (to maxnorm / (norm + 1e-7) times the slice, as
 * in PyTorch). float32 or float64, two dims at least.
 */
export const renorm: <S extends Shape>(x: Tensor<S>, p: number, dim: number, maxnorm: number) => Tensor<S> =
  composite('renorm', (x: Tensor, p: number, dim: number, maxnorm: number) => {
    requireFloating('renorm', x);
    if (x.ndim < 2)
      throw new ShapeError(
        `renorm: expected two dims at least, got shape ${showShape(x.shape)}. A vector by itself: x.unsqueeze(0).`,
      );
    if (typeof p !== 'number' || !(p > 0))
      throw new ArgumentError(`renorm: p is ${show(p)}; expected a number above 0, or Infinity.`);
    if (typeof maxnorm !== 'number' || !(maxnorm >= 0))
      throw new ArgumentError(`renorm: maxnorm is ${show(maxnorm)}; expected a number from 0.`);
    const d = normalizeDim('renorm', dim, x.ndim);
    if (x.size === 0) return clone(x);
    const dims = x.shape.flatMap((_, i) => (i === d ? [] : [i]));
    const norms = pNorm(x, p, dims, { keepdim: true });
    const scale = where(
      gt(norms, maxnorm) as Tensor,
      div(maxnorm, add(norms, 1e-7) as Tensor) as Tensor,
      1,
    ) as Tensor;
    return mul(x, scale) as Tensor;
  }) as never;
