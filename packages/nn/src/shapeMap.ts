import type { Shape, Tensor } from '@fluxion/autograd';

/**
 * How a layer's type maps shapes, for containers that chain layers. TypeScript cannot apply a generic method to a type, so a layer whose output
 * depends on its input's shape in other ways than "the same" carries such an interface; `this['input']` stands for the shape that comes in.
 */
export interface ShapeMap {
  readonly input: unknown;
  readonly output: Shape;
  /** `unknown`, or a mismatch when the input does not fit. */
  readonly fits: unknown;
}

/** What `Sequential` takes. */
export type Layer = { forward(x: never): Tensor } | ((x: never) => Tensor);

/** The shape that leaves a layer when `X` enters. */
type Output<L, X extends Shape> = L extends { readonly shapeMap: infer M extends ShapeMap }
  ? (M & { readonly input: X })['output']
  : L extends { readonly layerTypes: infer Inner extends readonly unknown[] }
    ? ChainOutput<Inner, X>
    : L extends <S extends Shape>(x: Tensor<S>) => Tensor<S>
      ? X
      : L extends { forward: <S extends Shape>(x: Tensor<S>) => Tensor<S> }
        ? X
        : L extends ((x: never) => Tensor<infer Y>) | { forward(x: never): Tensor<infer Y> }
          ? Y
          : Shape;

/** `unknown` when `X` fits the layer, else something that no tensor is. */
type LayerFits<L, X extends Shape> = L extends { readonly shapeMap: infer M extends ShapeMap }
  ? (M & { readonly input: X })['fits']
  : L extends { readonly layerTypes: infer Inner extends readonly unknown[] }
    ? ChainFits<Inner, X>
    : unknown;

/** The shape that leaves a chain of layers. */
export type ChainOutput<Layers extends readonly unknown[], X extends Shape> = number extends Layers['length']
  ? Shape
  : Layers extends readonly [infer First, ...infer Rest]
    ? ChainOutput<Rest, Output<First, X>>
    : X;

/** `unknown` when every layer gets a shape that fits. */
export type ChainFits<
  Layers extends readonly unknown[],
  X extends Shape,
  Result = unknown,
> = number extends Layers['length']
  ? unknown
  : Layers extends readonly [infer First, ...infer Rest]
    ? ChainFits<Rest, Output<First, X>, Result & LayerFits<First, X>>
    : Result;
