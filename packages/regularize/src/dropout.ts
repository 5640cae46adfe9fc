import {
  add,
  dropout,
  type Generator,
  mul,
  rand,
  randn,
  type Shape,
  ShapeError,
  scope,
  showShape,
  Tensor,
  where,
} from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import { checkGenerator, checkProbability, checkStrength, requireFloating } from './check.js';

export { dropout } from '@fluxion/autograd';

export interface DropoutOptions {
  /** What the mask is drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface DropoutFunctionOptions extends DropoutOptions {
  /** Whether anything is dropped. Default true; a module passes its own `training`. */
  readonly training?: boolean;
}

const dropped = 'the probability of dropping an element';

/** Throws what `dropout` would throw, under the name of the variant. */
function check(op: string, x: Tensor, p: number, options: DropoutFunctionOptions): void {
  checkProbability(op, dropped, p);
  requireFloating(op, x);
  checkGenerator(op, options.generator);
}

function dropChannels<S extends Shape>(
  op: string,
  spatial: number,
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions,
): Tensor<S> {
  check(op, x, p, options);
  const channel = x.ndim - spatial - 1;
  if (channel !== 0 && channel !== 1)
    throw new ShapeError(
      `${op}: expected [N, C, ...] or [C, ...] with ${spatial} spatial dim${spatial === 1 ? '' : 's'}, got shape ${showShape(x.shape)}.`,
    );
  return dropout(x, p, { ...options, sharedDims: x.shape.map((_, d) => d).slice(channel + 1) });
}

/** `dropout` of whole channels of x [N, C, L] or [C, L] (Tompson et al. 2015): neighbours in a feature map are alike, and one would stand in for another. */
export function dropout1d<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  return dropChannels('dropout1d', 1, x, p, options);
}

/** `dropout` of whole channels of x [N, C, H, W] or [C, H, W]. */
export function dropout2d<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  return dropChannels('dropout2d', 2, x, p, options);
}

/** `dropout` of whole channels of x [N, C, D, H, W] or [C, D, H, W]. */
export function dropout3d<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  return dropChannels('dropout3d', 3, x, p, options);
}

/**
 * `dropout` of whole samples of x [N, ...]: put on the branch of a residual block, it leaves the block out (stochastic depth; Huang et al.
 * 2016).
 */
export function dropPath<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  check('dropPath', x, p, options);
  if (x.ndim === 0) throw new ShapeError('dropPath: a scalar has no samples; expected [N, ...].');
  return dropout(x, p, { ...options, sharedDims: x.shape.map((_, d) => d).slice(1) });
}

/** SELU's value far below zero: -scale * alpha. */
const saturated = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for networks of SELU: dropped elements become the value that SELU has far below 0, and all are then scaled and moved so that mean 0 and
 * variance 1 stay (Klambauer et al. 2017). p of 1 gives zeros.
 */
export function alphaDropout<S extends Shape>(
  x: Tensor<S>,
  p: number,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  const op = 'alphaDropout';
  check(op, x, p, options);
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  const scale = p === 1 ? 0 : 1 / Math.sqrt((1 - p) * (1 + p * saturated * saturated));
  return scope(() => {
    const kept = rand(x.shape as Shape, { dtype: x.dtype, generator }).ge(p) as Tensor;
    const mixed = where(kept, x, saturated) as Tensor;
    return mixed.mul(scale).add(-scale * p * saturated) as Tensor<S>;
  });
}

/** x plus normal noise in training; `std` may be a scalar tensor, through which gradients flow. */
export function gaussianNoise<S extends Shape>(
  x: Tensor<S>,
  std: number | Tensor,
  options: DropoutFunctionOptions = {},
): Tensor<S> {
  const op = 'gaussianNoise';
  checkStrength(op, 'the standard deviation', std);
  requireFloating(op, x);
  checkGenerator(op, options.generator);
  const { training = true, generator } = options;
  if (!training || std === 0) return x;
  return scope(() => {
    const noise = randn(x.shape as Shape, { dtype: x.dtype, generator });
    return add(x as Tensor, mul(noise, std instanceof Tensor ? std.reshape([]) : std) as Tensor) as Tensor<S>;
  });
}

/** A layer that does something to its input in training and is the identity after `eval()`. */
abstract class Noise extends Module {
  /** What it draws from; undefined for the one that `manualSeed` seeds. */
  readonly generator: Generator | undefined;

  constructor(options: DropoutOptions) {
    super();
    checkGenerator(new.target.name, options.generator);
    this.generator = options.generator;
  }

  /** Options for the function of the layer. */
  protected get options(): DropoutFunctionOptions {
    return { training: this.training, generator: this.generator };
  }
}

abstract class Dropping extends Noise {
  readonly p: number;

  /** @param p the probability, default 0.5 */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    super(options);
    checkProbability(new.target.name, dropped, p);
    this.p = p;
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}

/** `dropout` as a layer: active in training, the identity after `eval()`. */
export class Dropout extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout(x, this.p, this.options);
  }
}

/** `dropout1d` as a layer. */
export class Dropout1d extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout1d(x, this.p, this.options);
  }
}

/** `dropout2d` as a layer. */
export class Dropout2d extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout2d(x, this.p, this.options);
  }
}

/** `dropout3d` as a layer. */
export class Dropout3d extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropout3d(x, this.p, this.options);
  }
}

/** `alphaDropout` as a layer. */
export class AlphaDropout extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return alphaDropout(x, this.p, this.options);
  }
}

/** `dropPath` as a layer. */
export class DropPath extends Dropping {
  static readonly forgets = true;
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return dropPath(x, this.p, this.options);
  }
}

/** `gaussianNoise` as a layer. A `std` that requires a gradient is a parameter. */
export class GaussianNoise extends Noise {
  static readonly forgets = true;
  readonly std: number | Tensor;

  constructor(std: number | Tensor, options: DropoutOptions = {}) {
    super(options);
    checkStrength('GaussianNoise', 'the standard deviation', std);
    this.std = std;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return gaussianNoise(x, this.std, this.options);
  }

  override describe(): string {
    return typeof this.std === 'number' ? `std=${this.std}` : 'std=tensor';
  }
}
