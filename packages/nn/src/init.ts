import {
  ArgumentError,
  eye,
  type Generator,
  noGrad,
  rand,
  randn,
  randperm,
  ShapeError,
  scope,
  show,
  showShape,
  stack,
  type Tensor,
  truncNormal,
  where,
  zeros,
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

export interface OrthogonalOptions extends InitOptions {
  /** A factor. Default 1. */
  readonly gain?: number;
}

export interface DiracOptions {
  /** Groups of output channels, each of which passes the input channels on. Default 1. */
  readonly groups?: number;
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

/** Normal with a mean (default 0) and a standard deviation (default 1) before it is cut to [low, high] (default [-2, 2]). */
export function truncNormal_<T extends Tensor>(
  t: T,
  mean = 0,
  std = 1,
  low = -2,
  high = 2,
  { generator }: InitOptions = {},
): T {
  return overwrite(t, () =>
    truncNormal(t.shape, { mean, std, min: low, max: high, dtype: t.dtype, generator }),
  );
}

/** 1 on the diagonal of a matrix, 0 elsewhere. */
export function eye_<T extends Tensor>(t: T): T {
  requireRank('eye_', t, 2, 2, 'a matrix');
  return overwrite(t, () => eye(t.shape[0], t.shape[1], { dtype: t.dtype }));
}

/** The weight [out, in, ...kernel] of a convolution that passes its input channels on, as many as there are outputs for. */
export function dirac_<T extends Tensor>(t: T, { groups = 1 }: DiracOptions = {}): T {
  requireRank('dirac_', t, 3, 5, 'the weight [out, in, ...kernel] of a convolution');
  const [out, channels, ...kernel] = t.shape;
  if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0)
    throw new ArgumentError(
      `dirac_: groups is ${show(groups)}; expected a whole number that divides the ${out} output channels of a weight of shape ${showShape(t.shape)}.`,
    );
  const each = out / groups;
  constant_(t, 0);
  if (t.size === 0) return t;
  noGrad(() =>
    scope(() => {
      for (let o = 0; o < out; o++) {
        if (o % each >= channels) continue;
        let place: Tensor = t.select(0, o).select(0, o % each);
        for (const size of kernel) place = place.select(0, Math.floor(size / 2));
        place.fill_(1);
      }
    }),
  );
  return t;
}

/**
 * Rows, or columns where there are more rows, of a random orthogonal matrix, times a gain (Saxe, McClelland, Ganguli 2013). Dims after the first
 * count as one.
 */
export function orthogonal_<T extends Tensor>(t: T, { gain = 1, generator }: OrthogonalOptions = {}): T {
  requireRank('orthogonal_', t, 2, Number.POSITIVE_INFINITY, 'a matrix, or a weight [out, in, ...kernel]');
  if (!Number.isFinite(gain))
    throw new ArgumentError(`orthogonal_: gain is ${show(gain)}; expected a finite number.`);
  if (t.size === 0) return t;
  const rows = t.shape[0];
  const columns = t.size / rows;
  return overwrite(t, () => {
    const short = orthonormalRows(Math.min(rows, columns), Math.max(rows, columns), generator);
    const q: Tensor = rows <= columns ? short : short.transpose(0, 1);
    return q.mul(gain).to(t.dtype).reshape(t.shape);
  });
}

/** Normal vectors made orthonormal one after the other: by symmetry any turn of them is as likely. */
function orthonormalRows(n: number, size: number, generator?: Generator): Tensor {
  const drawn = randn([n, size], { dtype: 'float64', generator });
  const q: Tensor = zeros([n, size], { dtype: 'float64' });
  for (let i = 0; i < n; i++) {
    let v: Tensor = drawn.select(0, i);
    const before = q.slice(0, { end: i });
    // Once is not enough where little of v is left over: what remains then is not orthogonal to all digits, but the second time it is.
    for (let pass = 0; i > 0 && pass < 2; pass++) v = v.sub(before.matmul(v).matmul(before));
    q.select(0, i).assign(v.div(v.square().sum().sqrt()));
  }
  return q;
}

/** A matrix of normal numbers with mean 0 in which a part of each column, `sparsity` of it rounded up, is 0 (Martens 2010). */
export function sparse_<T extends Tensor>(
  t: T,
  sparsity: number,
  std = 0.01,
  { generator }: InitOptions = {},
): T {
  requireRank('sparse_', t, 2, 2, 'a matrix');
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new ArgumentError(`sparse_: sparsity is ${show(sparsity)}; expected a number from 0 to 1.`);
  if (!Number.isFinite(std) || std < 0)
    throw new ArgumentError(`sparse_: std is ${show(std)}; expected a finite number from 0.`);
  if (t.size === 0) return t;
  const [rows, columns] = t.shape;
  const none = Math.ceil(sparsity * rows);
  return overwrite(t, () => {
    const values: Tensor = randn(t.shape, { dtype: t.dtype, generator }).mul(std);
    const empty = stack(
      Array.from({ length: columns }, () => randperm(rows, { generator }).lt(none)),
      1,
    );
    return where(empty, 0, values);
  });
}

function requireRank(op: string, t: Tensor, least: number, most: number, what: string): void {
  if (t.ndim < least || t.ndim > most)
    throw new ShapeError(`${op}: expected ${what}, got a tensor of shape ${showShape(t.shape)}.`);
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
