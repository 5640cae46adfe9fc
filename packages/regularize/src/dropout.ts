import {
  ArgumentError,
  DTypeError,
  type Generator,
  rand,
  type Shape,
  scope,
  show,
  type Tensor,
  where,
} from '@fluxion/autograd';
import { Module } from '@fluxion/nn';

export interface DropoutOptions {
  /** What the mask is drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface DropoutFunctionOptions extends DropoutOptions {
  /** Whether anything is dropped. Default true; a module passes its own `training`. */
  readonly training?: boolean;
}

/**
 * Sets each element to 0 with probability p and divides the others by 1 - p, so that the expected value stays (inverted dropout; Srivastava
 * et al. 2014). p of 1 gives zeros, also in place of NaN and infinities. Outside training, and for p of 0, returns x itself and draws nothing.
 *
 * @param x float32 or float64, of any shape
 * @param p from 0 to 1
 */
export function dropout<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  checkProbability('dropout', p);
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw new DTypeError(
      `dropout: expected a float32 or float64 tensor, got ${x.dtype}. Convert it first: x.to('float32').`,
    );
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  return scope(() => {
    const kept: Tensor = rand(x.shape, { dtype: x.dtype, generator }).ge(p);
    // Choosing rather than multiplying with the mask: 0 times an infinity would be NaN.
    return where(kept, p === 1 ? x : x.mul(1 / (1 - p)), 0) as Tensor<S>;
  });
}

function checkProbability(op: string, p: number): void {
  if (typeof p !== 'number' || !(p >= 0 && p <= 1))
    throw new ArgumentError(
      `${op}: the probability of dropping an element is ${show(p)}; expected a number from 0 to 1.`,
    );
}

/** `dropout` as a layer: active in training, the identity after `eval()`. */
export class Dropout extends Module {
  readonly p: number;
  /** What masks are drawn from; undefined for the one that `manualSeed` seeds. */
  readonly generator: Generator | undefined;

  /** @param p the probability of dropping an element, default 0.5 */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    super();
    checkProbability('Dropout', p);
    this.p = p;
    this.generator = options.generator;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout(x, this.p, { training: this.training, generator: this.generator });
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}
