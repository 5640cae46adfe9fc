import {
  ArgumentError,
  type Generator,
  noGrad,
  rand,
  randn,
  ShapeError,
  scope,
  show,
  showShape,
  type Tensor,
} from '@fluxion/autograd';

/*
 * Initialisers overwrite a tensor in place, unrecorded, and return it. What is random is drawn from the generator given, else from
 * the one that `manualSeed` seeds.
 */

export interface InitOptions {
  readonly generator?: Generator;
}

/** What a gain is known for. */
export type Nonlinearity = 'linear' | 'convolution' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

export type FanMode = 'fanIn' | 'fanOut';

export interface XavierOptions extends InitOptions {
  /** A factor, such as `calculateGain` recommends. Default 1. */
  readonly gain?: number;
}

export interface KaimingOptions extends InitOptions {
  /** The slope below zero of a leaky ReLU that follows. Default 0. */
  readonly a?: number;
  /** Whose scale is kept: that of the activations (`fanIn`, the default) or of the gradients. */
  readonly mode?: FanMode;
  /** Default `leakyRelu`, which with `a` of 0 is `relu`. */
  readonly nonlinearity?: Nonlinearity;
}

/** All elements 0. */
export function zeros_<T extends Tensor>(t: T): T {
  return constant_(t, 0);
}

/** All elements 1. */
export function ones_<T extends Tensor>(t: T): T {
  return constant_(t, 1);
}

/** All elements the same. */
export function constant_<T extends Tensor>(t: T, value: number): T {
  return noGrad(() => t.fill_(value));
}

/** Uniform from `low` (default 0) up to `high` (default 1). */
export function uniform_<T extends Tensor>(t: T, low = 0, high = 1, { generator }: InitOptions = {}): T {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new ArgumentError(
      `uniform_: expected finite bounds, low <= high, got ${show(low)} and ${show(high)}.`,
    );
  return overwrite(t, () =>
    rand(t.shape, { dtype: t.dtype, generator })
      .mul(high - low)
      .add(low),
  );
}

/** Normal with a mean (default 0) and a standard deviation (default 1). */
export function normal_<T extends Tensor>(t: T, mean = 0, std = 1, { generator }: InitOptions = {}): T {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0)
    throw new ArgumentError(
      `normal_: expected a finite mean and a standard deviation from 0, got ${show(mean)} and ${show(std)}.`,
    );
  return overwrite(t, () => randn(t.shape, { dtype: t.dtype, generator }).mul(std).add(mean));
}

/**
 * The factor that keeps the scale of activations through a nonlinearity: 1 for `linear`, `convolution` and `sigmoid`, 5/3 for `tanh`,
 * sqrt(2) for `relu`, sqrt(2 / (1 + slope²)) for `leakyRelu`, 3/4 for `selu`.
 *
 * @param slope of `leakyRelu` below zero, default 0.01
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (!Number.isFinite(slope))
    throw new ArgumentError(`calculateGain: slope is ${show(slope)}; expected a finite number.`);
  switch (nonlinearity) {
    case 'linear':
    case 'convolution':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentError(
        `calculateGain: no gain is known for ${show(nonlinearity)}; expected linear, convolution, sigmoid, tanh, relu, leakyRelu or selu.`,
      );
  }
}

/** How many inputs feed an output of a weight [out, in, ...kernel], and how many outputs an input feeds. */
export function calculateFans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new ShapeError(
      `init: a tensor of shape ${showShape(shape)} has no fans; expected a weight [out, in, ...kernel] of 2 dims or more. Use uniform_ or normal_.`,
    );
  const field = shape.slice(2).reduce((n, size) => n * size, 1);
  return { fanIn: shape[1] * field, fanOut: shape[0] * field };
}

/** Uniform in ±gain sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierUniform_<T extends Tensor>(t: T, { gain = 1, generator }: XavierOptions = {}): T {
  const { fanIn, fanOut } = calculateFans(t.shape);
  return symmetric(t, gain * Math.sqrt(6 / (fanIn + fanOut)), generator);
}

/** Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function xavierNormal_<T extends Tensor>(t: T, { gain = 1, generator }: XavierOptions = {}): T {
  const { fanIn, fanOut } = calculateFans(t.shape);
  return centred(t, gain * Math.sqrt(2 / (fanIn + fanOut)), generator);
}

/** Uniform in ±gain sqrt(3 / fan) (He et al. 2015). */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return symmetric(t, Math.sqrt(3) * kaimingStd(t, options), options.generator);
}

/** Normal with standard deviation gain / sqrt(fan) (He et al. 2015). */
export function kaimingNormal_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return centred(t, kaimingStd(t, options), options.generator);
}

function kaimingStd(
  t: Tensor,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions,
): number {
  if (mode !== 'fanIn' && mode !== 'fanOut')
    throw new ArgumentError(`init: mode is ${show(mode)}; expected 'fanIn' or 'fanOut'.`);
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFans(t.shape)[mode]);
}

// A tensor without elements may have a fan of 0 and so an infinite bound; there is nothing to draw.
function symmetric<T extends Tensor>(t: T, bound: number, generator?: Generator): T {
  return t.size === 0 ? t : uniform_(t, -bound, bound, { generator });
}

function centred<T extends Tensor>(t: T, std: number, generator?: Generator): T {
  return t.size === 0 ? t : normal_(t, 0, std, { generator });
}

/** Computes and assigns unrecorded; what that takes is freed at once. */
function overwrite<T extends Tensor>(t: T, values: () => Tensor): T {
  noGrad(() => scope(() => void t.assign(values())));
  return t;
}
