import type { Broadcast, Fits, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';

/** Elementwise op of one tensor. */
export type UnaryFunction = <S extends Shape>(x: Tensor<S>) => Tensor<S>;
export type UnaryMethod = <S extends Shape>(this: Tensor<S>) => Tensor<S>;

/** Elementwise op of two operands, broadcast against each other; a number takes the dtype of the tensor. */
export type BinaryFunction<Name extends string> = <A extends Shape = [], B extends Shape = []>(
  a: number | Tensor<A>,
  b: number | (Tensor<B> & Fits<Name, A, B>),
) => Tensor<Broadcast<A, B>>;
export type BinaryMethod<Name extends string> = <A extends Shape, B extends Shape = []>(
  this: Tensor<A>,
  b: number | (Tensor<B> & Fits<Name, A, B>),
) => Tensor<Broadcast<A, B>>;
