import {
  type DType,
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
    return linear<Shape, Shape, Shape>(x, this.weight, this.bias) as never;
  }

  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}
