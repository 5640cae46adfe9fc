import type { Tensor } from '../tensor/tensor.js';

/**
 * What the derivative of an elementwise op is written in. Tensors, scalar Values and plain numbers each provide it, so that one rule serves
 * all three. `M` is the type of a condition.
 */
export interface Arithmetic<T, M = unknown> {
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  pow(a: T | number, b: T | number): T;
  neg(x: T): T;
  sign(x: T): T;
  square(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  sin(x: T): T;
  cos(x: T): T;
  sqrt(x: T): T;
  sinh(x: T): T;
  cosh(x: T): T;
  sigmoid(x: T): T;
  trunc(x: T): T;
  digamma(x: T): T;
  polygamma(n: number, x: T): T;
  floorDiv(a: T | number, b: T | number): T;
  xlogy(a: T | number, b: T | number): T;
  eq(a: T | number, b: T | number): M;
  lt(a: T | number, b: T | number): M;
  le(a: T | number, b: T | number): M;
  gt(a: T | number, b: T | number): M;
  ge(a: T | number, b: T | number): M;
  and(a: M, b: M): M;
  where(condition: M, a: T | number, b: T | number): T;
  /** Zero in the form of x, whatever x holds. */
  zero(x: T): T;
}

/** The derivative of an op of one argument: from the gradient of the output and the value it reads to the gradient of the input. */
export interface UnaryRule {
  readonly reads: 'input' | 'output' | 'nothing';
  readonly rule: <T, M>(m: Arithmetic<T, M>, g: T, value: T) => T;
}

/** The derivatives of an op of two arguments, by each of them. */
export interface BinaryRule {
  /** Which of the two arguments, and whether the output, each derivative reads: to save no more than that. */
  readonly saves: (i: number, needsOther: boolean, needsThis: boolean) => boolean;
  readonly readsOutput: boolean;
  readonly first: <T, M>(m: Arithmetic<T, M>, g: T, a: T | number, b: T | number, y: T) => T;
  readonly second: <T, M>(m: Arithmetic<T, M>, g: T, a: T | number, b: T | number, y: T) => T;
}

/**
 * The rules of the ops made of one, for scalar Values, which use the same. By the op itself and not by its name, so that to make an op has no effect
 * but for who has it: bundlers leave out the ops that a program does not use.
 */
export const rules: WeakMap<object, UnaryRule | BinaryRule> = new WeakMap();

/** The arithmetic of tensors; the methods provide it when they are attached, so that no op file needs another for its derivative. */
export let tensors: Arithmetic<Tensor, Tensor>;

export function provideTensorArithmetic(arithmetic: Arithmetic<Tensor, Tensor>): void {
  tensors = arithmetic;
}
