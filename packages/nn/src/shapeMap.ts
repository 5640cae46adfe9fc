import type { Shape, ShapeMismatch, Tensor } from '@fluxion/autograd';

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

/** The dims that layers find after the channels; their sizes are not worked out. */
export type Spatial1d = readonly [number];
export type Spatial2d = readonly [number, number];
export type Spatial3d = readonly [number, number, number];

/** [N, C, ...D] or [C, ...D] with other channels. */
export type WithChannels<X extends Shape, C extends number, D extends Shape> = number extends X['length']
  ? Shape
  : X extends readonly [infer N extends number, number, ...D]
    ? [N, C, ...D]
    : X extends readonly [number, ...D]
      ? [C, ...D]
      : Shape;

/** `unknown`, or a mismatch where X [N, C, ...D] or [C, ...D] surely has other channels. */
export type ChannelFits<X extends Shape, C extends number, D extends Shape> = number extends X['length'] | C
  ? unknown
  : X extends readonly [number, infer Own extends number, ...D]
    ? SameChannels<Own, C>
    : X extends readonly [infer Own extends number, ...D]
      ? SameChannels<Own, C>
      : unknown;

type SameChannels<Own extends number, C extends number> = number extends Own
  ? unknown
  : Own extends C
    ? unknown
    : ShapeMismatch<'channels differ', Own, C>;

/** Of layers that map channels. */
export interface ChannelMap<In extends number, Out extends number, D extends Shape> extends ShapeMap {
  readonly output: this['input'] extends infer X extends Shape ? WithChannels<X, Out, D> : Shape;
  readonly fits: this['input'] extends infer X extends Shape ? ChannelFits<X, In, D> : unknown;
}

/** X with other sizes in the last dims. */
export type Resized<X extends Shape, D extends Shape, Sizes extends Shape = D> = number extends X['length']
  ? Shape
  : X extends readonly [...infer Lead extends Shape, ...D]
    ? [...Lead, ...Sizes]
    : Shape;

/** Of layers that change the sizes of the last dims. */
export interface ResizeMap<D extends Shape, Sizes extends Shape = D> extends ShapeMap {
  readonly output: this['input'] extends infer X extends Shape ? Resized<X, D, Sizes> : Shape;
  readonly fits: unknown;
}
