import {
  type GeluOptions,
  gelu,
  leakyRelu,
  logSoftmax,
  relu,
  type Shape,
  type SoftplusOptions,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
} from '@fluxion/autograd';
import { Module } from './module.js';

/** max(x, 0). */
export class ReLU extends Module {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return relu(x);
  }
}

/** x where x > 0, negativeSlope * x elsewhere. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  /** @param negativeSlope default 0.01 */
  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return leakyRelu(x, this.negativeSlope);
  }

  override describe(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

/** 1 / (1 + e**-x). */
export class Sigmoid extends Module {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return tanh(x);
  }
}

/** x Φ(x), or its approximation by a hyperbolic tangent. */
export class GELU extends Module {
  readonly options: GeluOptions;

  constructor(options: GeluOptions = {}) {
    super();
    this.options = options;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return gelu(x, this.options);
  }

  override describe(): string {
    return `approximate=${this.options.approximate ?? 'none'}`;
  }
}

/** x * sigmoid(x). */
export class SiLU extends Module {
  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return silu(x);
  }
}

/** ln(1 + e**(beta x)) / beta. */
export class Softplus extends Module {
  readonly options: SoftplusOptions;

  constructor(options: SoftplusOptions = {}) {
    super();
    this.options = options;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return softplus(x, this.options);
  }

  override describe(): string {
    return `beta=${this.options.beta ?? 1}, threshold=${this.options.threshold ?? 20}`;
  }
}

/** e**x / sum(e**x) along a dim. */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return softmax(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/** ln(softmax(x)) along a dim. */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return logSoftmax(x, this.dim);
  }

  override describe(): string {
    return `dim=${this.dim}`;
  }
}
