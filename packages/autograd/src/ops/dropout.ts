import { ArgumentError, show } from '../errors.js';
import type { Generator } from '../tensor/generator.js';
import { normalizeDims } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { ge, mul, where } from './binary.js';
import { composite, requireFloating } from './define.js';
import { elementwise } from './fused.js';
import { drawOf, generatorOf } from './random.js';

export interface DropoutOptions {
  /** Whether anything is dropped. Default true; a module passes its own `training`. */
  readonly training?: boolean;
  /** Dims along which all elements share one lot, so that whole slices are dropped. Default: none. */
  readonly sharedDims?: readonly number[];
  /** What the lots are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** Choosing rather than multiplying with the mask: 0 times an infinity would be NaN. */
const chosen = elementwise(
  'dropout',
  (x: Tensor, kept: Tensor, factor: number) => where(kept, mul(x, factor) as Tensor, 0) as Tensor,
);

/**
 * Sets each element to 0 with probability p and divides the others by 1 - p, so that the expected value stays (inverted dropout; Srivastava
 * et al. 2014). p of 1 gives zeros, also in place of NaN and infinities. Outside training, and for p of 0, returns x itself and draws nothing.
 *
 * @param x float32 or float64, of any shape
 * @param p from 0 to 1
 */
export const dropout: <S extends Shape>(x: Tensor<S>, p: number, options?: DropoutOptions) => Tensor<S> =
  composite('dropout', (x: Tensor, p: number, options: DropoutOptions = {}) => {
    const { training = true, sharedDims = [], generator } = options;
    requireFloating('dropout', x);
    if (typeof p !== 'number' || !(p >= 0 && p <= 1))
      throw new ArgumentError(
        `dropout: the probability of dropping an element is ${show(p)}; expected a number from 0 to 1.`,
      );
    const shared = normalizeDims('dropout', sharedDims, x.ndim);
    generatorOf('dropout', generator);
    if (!training || p === 0) return x;
    const shape = x.shape.map((size, d) => (shared.includes(d) ? 1 : size));
    const kept = ge(drawOf('dropout', 'uniform', shape, x.dtype, generator), p) as Tensor;
    return chosen(x, kept, p === 1 ? 1 : 1 / (1 - p));
  }) as never;
