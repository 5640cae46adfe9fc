import {
  type AlphaOptions,
  celu,
  type DType,
  elu,
  full,
  type GeluOptions,
  gelu,
  glu,
  type HardtanhOptions,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  mish,
  prelu,
  type RreluOptions,
  relu,
  relu6,
  rrelu,
  type Shape,
  type SoftplusOptions,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  type Tensor,
  tanh,
  tanhshrink,
  threshold,
} from '@fluxion/autograd';
import { describeSettings } from './describe.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';

/** A layer that computes a function of every element, or along a dim, and so keeps the shape. */
export interface Activation extends Module {
  forward<S extends Shape>(x: Tensor<S>): Tensor<S>;
}

/** The class of such layers: made from `A`, what it was made with standing on the fields `F`. */
export type ActivationClass<A extends readonly unknown[] = [], F extends object = object> = new (
  ...args: A
) => Activation & Readonly<F>;

/** The class of the layers that compute `fn` with the settings which `read` makes of the constructor's arguments. */
function activation<A extends readonly unknown[], F extends object>(
  name: string,
  read: (...args: A) => F,
  fn: (x: Tensor, settings: F) => Tensor,
): ActivationClass<A, F> {
  const layer = class extends Module {
    static readonly forgets = true;
    /** What it computes, for `Sequential`. */
    static readonly op = fn;
    constructor(...args: A) {
      super();
      Object.assign(this, read(...args));
    }

    override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
      return fn(x, this as unknown as F) as Tensor<S>;
    }

    override describe(): string {
      const { training: _, ...settings } = this;
      return describeSettings(settings);
    }
  };
  Object.defineProperty(layer, 'name', { value: name });
  return layer as unknown as ActivationClass<A, F>;
}

/** Without settings. */
const plain = (name: string, fn: <S extends Shape>(x: Tensor<S>) => Tensor<S>): ActivationClass =>
  activation(name, () => ({}), fn);

interface Dim {
  readonly dim: number;
}

/** Along a dim, which must be given. */
const alongDim = (
  name: string,
  fn: (x: Tensor, dim: number) => Tensor,
): ActivationClass<[dim: number], Dim> =>
  activation(
    name,
    (dim: number) => ({ dim }),
    (x, settings) => fn(x, settings.dim),
  );

/** Of elu and celu. */
const withAlpha = (
  name: string,
  fn: (x: Tensor, options: AlphaOptions) => Tensor,
): ActivationClass<[options?: AlphaOptions], Required<AlphaOptions>> =>
  activation(name, ({ alpha = 1 }: AlphaOptions = {}) => ({ alpha }), fn);

interface Lambda {
  readonly lambda: number;
}

/** Of hardshrink and softshrink. */
const withLambda = (
  name: string,
  fn: (x: Tensor, lambda: number) => Tensor,
): ActivationClass<[lambda?: number], Lambda> =>
  activation(
    name,
    (lambda: number = 0.5) => ({ lambda }),
    (x, settings) => fn(x, settings.lambda),
  );

/** max(x, 0). */
export const ReLU: ActivationClass = plain('ReLU', relu);
/** min(max(x, 0), 6). */
export const ReLU6: ActivationClass = plain('ReLU6', relu6);
/** 1 / (1 + e**-x). */
export const Sigmoid: ActivationClass = plain('Sigmoid', sigmoid);
/** ln(1 / (1 + e**-x)). */
export const LogSigmoid: ActivationClass = plain('LogSigmoid', logsigmoid);
/** The hyperbolic tangent. */
export const Tanh: ActivationClass = plain('Tanh', tanh);
/** x * sigmoid(x). */
export const SiLU: ActivationClass = plain('SiLU', silu);
/** x tanh(ln(1 + e**x)). */
export const Mish: ActivationClass = plain('Mish', mish);
/** x / (1 + |x|). */
export const Softsign: ActivationClass = plain('Softsign', softsign);
/** elu with two constants that keep mean and variance. */
export const SELU: ActivationClass = plain('SELU', selu);
/** min(max(x + 3, 0), 6) / 6. */
export const Hardsigmoid: ActivationClass = plain('Hardsigmoid', hardsigmoid);
/** x hardsigmoid(x). */
export const Hardswish: ActivationClass = plain('Hardswish', hardswish);
/** x - tanh(x). */
export const Tanhshrink: ActivationClass = plain('Tanhshrink', tanhshrink);
/** 0 where |x| <= lambda (default 0.5), x elsewhere. */
export const Hardshrink: ActivationClass<[lambda?: number], Lambda> = withLambda('Hardshrink', hardshrink);
/** 0 where |x| <= lambda (default 0.5), elsewhere x moved towards 0 by lambda. */
export const Softshrink: ActivationClass<[lambda?: number], Lambda> = withLambda('Softshrink', softshrink);
/** x where x > threshold, `value` elsewhere. */
export const Threshold: ActivationClass<
  [threshold: number, value: number],
  { threshold: number; value: number }
> = activation(
  'Threshold',
  (border: number, value: number) => ({ threshold: border, value }),
  (x, settings) => threshold(x, settings.threshold, settings.value),
);
/** x where x > 0, alpha (e**x - 1) elsewhere. */
export const ELU: ActivationClass<[options?: AlphaOptions], Required<AlphaOptions>> = withAlpha('ELU', elu);
/** x where x > 0, alpha (e**(x / alpha) - 1) elsewhere. */
export const CELU: ActivationClass<[options?: AlphaOptions], Required<AlphaOptions>> = withAlpha(
  'CELU',
  celu,
);
/** x where x > 0, negativeSlope * x elsewhere; default slope 0.01. */
export const LeakyReLU: ActivationClass<[negativeSlope?: number], { negativeSlope: number }> = activation(
  'LeakyReLU',
  (negativeSlope: number = 0.01) => ({ negativeSlope }),
  (x, { negativeSlope }) => leakyRelu(x, negativeSlope),
);
/** x moved to the nearest border of [min, max]. */
export const Hardtanh: ActivationClass<[options?: HardtanhOptions], Required<HardtanhOptions>> = activation(
  'Hardtanh',
  ({ min = -1, max = 1 }: HardtanhOptions = {}) => ({ min, max }),
  hardtanh,
);
/** x Φ(x), or its approximation by a hyperbolic tangent. */
export const GELU: ActivationClass<[options?: GeluOptions], Required<GeluOptions>> = activation(
  'GELU',
  ({ approximate = 'none' }: GeluOptions = {}) => ({ approximate }),
  gelu,
);
/** ln(1 + e**(beta x)) / beta. */
export const Softplus: ActivationClass<[options?: SoftplusOptions], Required<SoftplusOptions>> = activation(
  'Softplus',
  ({ beta = 1, threshold = 20 }: SoftplusOptions = {}) => ({ beta, threshold }),
  softplus,
);
/** e**x / sum(e**x) along a dim. */
export const Softmax: ActivationClass<[dim: number], Dim> = alongDim('Softmax', softmax);
/** softmax of -x along a dim. */
export const Softmin: ActivationClass<[dim: number], Dim> = alongDim('Softmin', softmin);
/** ln(softmax(x)) along a dim. */
export const LogSoftmax: ActivationClass<[dim: number], Dim> = alongDim('LogSoftmax', logSoftmax);
/** softmax over the channels of x [N, C, H, W] or [C, H, W]. */
export const Softmax2d: ActivationClass = plain('Softmax2d', x => softmax(x, -3));

/** The first half of x along a dim (default the last) times the sigmoid of the second. */
export class GLU extends Module {
  static readonly forgets = true;
  readonly dim: number;

  constructor(dim = -1) {
    super();
    this.dim = dim;
  }

  override forward(x: Tensor): Tensor {
    return glu(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/** `rrelu` as a layer: slopes below 0 are drawn in training, and their mean after `eval()`. */
export class RReLU extends Module {
  static readonly forgets = true;
  readonly options: Omit<RreluOptions, 'training'>;

  constructor(options: Omit<RreluOptions, 'training'> = {}) {
    super();
    this.options = options;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return rrelu(x, { ...this.options, training: this.training });
  }

  override describe(): string {
    const { lower = 1 / 8, upper = 1 / 3 } = this.options;
    return describeSettings({ lower, upper });
  }
}

export interface PReLUOptions {
  /** How many slopes: 1 (default), or one for each channel. */
  readonly numParameters?: number;
  /** What the slopes start with. Default 0.25. */
  readonly init?: number;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** x where x > 0, weight * x elsewhere, with a weight to train: one, or one for each channel (dim 1). */
export class PReLU extends Module {
  static readonly forgets = true;
  weight: Tensor<[number]>;

  constructor({ numParameters = 1, init = 0.25, dtype }: PReLUOptions = {}) {
    super();
    this.weight = parameter(full([numParameters], init, { dtype }));
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return prelu(x, this.weight);
  }

  override describe(): string {
    return `numParameters=${this.weight.size}`;
  }
}

// The names stand for the types of the layers as well, as those of classes do.
export type ReLU = InstanceType<typeof ReLU>;
export type ReLU6 = InstanceType<typeof ReLU6>;
export type Sigmoid = InstanceType<typeof Sigmoid>;
export type LogSigmoid = InstanceType<typeof LogSigmoid>;
export type Tanh = InstanceType<typeof Tanh>;
export type SiLU = InstanceType<typeof SiLU>;
export type Mish = InstanceType<typeof Mish>;
export type Softsign = InstanceType<typeof Softsign>;
export type SELU = InstanceType<typeof SELU>;
export type Hardsigmoid = InstanceType<typeof Hardsigmoid>;
export type Hardswish = InstanceType<typeof Hardswish>;
export type ELU = InstanceType<typeof ELU>;
export type CELU = InstanceType<typeof CELU>;
export type LeakyReLU = InstanceType<typeof LeakyReLU>;
export type Hardtanh = InstanceType<typeof Hardtanh>;
export type GELU = InstanceType<typeof GELU>;
export type Softplus = InstanceType<typeof Softplus>;
export type Softmax = InstanceType<typeof Softmax>;
export type Softmin = InstanceType<typeof Softmin>;
export type LogSoftmax = InstanceType<typeof LogSoftmax>;
export type Softmax2d = InstanceType<typeof Softmax2d>;
export type Tanhshrink = InstanceType<typeof Tanhshrink>;
export type Hardshrink = InstanceType<typeof Hardshrink>;
export type Softshrink = InstanceType<typeof Softshrink>;
export type Threshold = InstanceType<typeof Threshold>;
