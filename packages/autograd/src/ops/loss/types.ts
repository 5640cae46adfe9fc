import type { Shape, ShapeMismatch } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';

/** What becomes of the losses: their mean (default), their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions<R extends string = Reduction> {
  readonly reduction?: R;
}

/** The strength of a term: a number, or a tensor of shape [] and the input's dtype, which then receives a gradient like any other. */
export type Strength = number | Tensor;

/** A scalar, unless nothing is reduced. */
export type Reduced<R extends string, S extends Shape> = R extends 'none' ? S : [];

/** [N, C, ...] without its classes: [N, ...]; [C] without them is []. */
export type WithoutClasses<S extends Shape> = number extends S['length']
  ? Shape
  : S extends readonly [infer N extends number, number, ...infer Rest extends Shape]
    ? [N, ...Rest]
    : [];

/** [..., D] without the last dim. */
export type WithoutLast<S extends Shape> = number extends S['length']
  ? Shape
  : S extends readonly [...infer Rest extends Shape, number]
    ? { -readonly [K in keyof Rest]: Rest[K] }
    : [];

/** `null`, or the mismatch of two shapes that must be the same. What is unknown fits everything. */
type ShapesProblem<A extends Shape, B extends Shape, Message extends string> = [number] extends [
  A['length'] | B['length'],
]
  ? null
  : A['length'] extends B['length']
    ? SizesProblem<A, B, Message>
    : ShapeMismatch<Message, B, A>;

type SizesProblem<A extends Shape, B extends Shape, Message extends string> = A extends readonly [
  infer M extends number,
  ...infer RestA extends Shape,
]
  ? B extends readonly [infer N extends number, ...infer RestB extends Shape]
    ? [number] extends [M | N]
      ? SizesProblem<RestA, RestB, Message>
      : number extends M | N
        ? SizesProblem<RestA, RestB, Message>
        : M extends N
          ? SizesProblem<RestA, RestB, Message>
          : ShapeMismatch<Message, N, M>
    : null
  : null;

/** For a parameter that must have the shape `A`: `target: Tensor<B> & SameFits<'mseLoss', A, B>`. */
export type SameFits<Op extends string, A extends Shape, B extends Shape> = [
  ShapesProblem<A, B, `${Op}: shapes differ`>,
] extends [ShapeMismatch<string, unknown, unknown>]
  ? ShapesProblem<A, B, `${Op}: shapes differ`>
  : unknown;

/** A loss of an input and a target of its shape. */
export type PairLossFunction<Name extends string, O = LossOptions> = <
  S extends Shape,
  T extends Shape,
  R extends Reduction = 'mean',
>(
  input: Tensor<S>,
  target: Tensor<T> & SameFits<Name, S, T>,
  options?: O & LossOptions<R>,
) => Tensor<Reduced<R, S>>;

/** A loss of an input and a target of its shape, summed over the last dim. */
export type RowLossFunction<O = LossOptions> = <S extends Shape, R extends Reduction = 'mean'>(
  input: Tensor<S>,
  target: Tensor,
  options?: O & LossOptions<R>,
) => Tensor<Reduced<R, WithoutLast<S>>>;
