import {
  bilinear,
  type DType,
  type FinishingActivation,
  type Generator,
  type LinearFits,
  type LinearShape,
  linear,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  zeros,
} from '@fluxion/autograd';
import { kaimingUniform_, uniform_ } from './init.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';
import type { ShapeMap } from './shapeMap.js';

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

interface LinearMap<In extends number, Out extends number> extends ShapeMap {
  readonly output: this['input'] extends infer X extends Shape ? LinearShape<X, [Out, In]> : Shape;
  readonly fits: this['input'] extends infer X extends Shape ? LinearFits<X, [Out, In]> : unknown;
}

/**
 * y = x weightᵀ + bias: [..., in] to [..., out].
 *
 * Weight [out, in] and bias [out] start uniform in ±1/sqrt(in), as in PyTorch.
 */
export class Linear<const In extends number = number, const Out extends number = number> extends Module {
  static readonly forgets = true;
  /** For the types alone. */
  declare readonly shapeMap: LinearMap<In, Out>;
  readonly inFeatures: In;
  readonly outFeatures: Out;
  weight: Tensor<[Out, In]>;
  bias: Tensor<[Out]> | null;

  constructor(inFeatures: In, outFeatures: Out, options: LinearOptions = {}) {
    super();
    for (const [name, size] of Object.entries({ inFeatures, outFeatures }))
      if (!Number.isInteger(size) || size < 0)
        throw new ShapeError(`Linear: ${name} is ${show(size)}; expected a whole number from 0.`);
    const { bias = true, dtype, generator } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = parameter(zeros([outFeatures, inFeatures], { dtype })) as Tensor<[Out, In]>;
    this.bias = bias ? (parameter(zeros([outFeatures], { dtype })) as Tensor<[Out]>) : null;
    kaimingUniform_(this.weight, { a: Math.sqrt(5), generator });
    if (this.bias !== null) {
      const bound = inFeatures === 0 ? 0 : 1 / Math.sqrt(inFeatures);
      uniform_(this.bias, -bound, bound, { generator });
    }
  }

  override forward<X extends Shape>(
    x: Tensor<X> & LinearFits<X, [Out, In]>,
  ): Tensor<LinearShape<X, [Out, In]>> {
    return this.forwardThrough(x, undefined);
  }

  /** The same, through an activation in the same pass: what `Sequential` does with two layers. */
  forwardThrough<X extends Shape>(
    x: Tensor<X> & LinearFits<X, [Out, In]>,
    activation: FinishingActivation | undefined,
  ): Tensor<LinearShape<X, [Out, In]>> {
    return linear<Shape, Shape, Shape>(x, this.weight, this.bias, { activation }) as never;
  }

  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

/**
 * y[..., o] = x1[..., i] weight[o, i, j] x2[..., j] summed over i and j, plus bias[o].
 *
 * Weight [out, in1, in2] and bias [out] start uniform in ±1/sqrt(in1), as in PyTorch.
 */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Tensor<[number, number, number]>;
  bias: Tensor<[number]> | null;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    for (const [name, size] of Object.entries({ in1Features, in2Features, outFeatures }))
      if (!Number.isInteger(size) || size < 1)
        throw new ShapeError(`Bilinear: ${name} is ${show(size)}; expected a whole number from 1.`);
    const { bias = true, dtype, generator } = options;
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = parameter(zeros([outFeatures, in1Features, in2Features], { dtype }));
    this.bias = bias ? parameter(zeros([outFeatures], { dtype })) : null;
    const bound = 1 / Math.sqrt(in1Features);
    uniform_(this.weight, -bound, bound, { generator });
    if (this.bias !== null) uniform_(this.bias, -bound, bound, { generator });
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias);
  }

  override describe(): string {
    const { in1Features, in2Features, outFeatures } = this;
    return `in1Features=${in1Features}, in2Features=${in2Features}, outFeatures=${outFeatures}, bias=${this.bias !== null}`;
  }
}
