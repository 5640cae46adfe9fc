import type { Broadcast, Shape, ShapeMismatch } from '../../tensor/shapeTypes.js';

/** What stands before the matrices. */
export type Batch<S extends Shape> = S extends readonly [...infer B extends Shape, number, number]
  ? B
  : Shape;

type Rows<S extends Shape> = S extends readonly [...Shape, infer M extends number, number] ? M : number;
type Columns<S extends Shape> = S extends readonly [...Shape, infer N extends number] ? N : number;

/** The smaller of two sizes, where it can be told without comparing numbers. */
type Least<M extends number, N extends number> = [M, N] extends [N, M] ? M : number;
type Rank<S extends Shape> = Least<Rows<S>, Columns<S>>;

/** [..., min(m, n)] of [..., m, n]. */
export type Spectrum<S extends Shape> = number extends S['length'] ? Shape : [...Batch<S>, Rank<S>];
/** [..., m, min(m, n)] of [..., m, n]. */
export type LeftFactor<S extends Shape> = number extends S['length']
  ? Shape
  : [...Batch<S>, Rows<S>, Rank<S>];
/** [..., min(m, n), n] of [..., m, n]. */
export type RightFactor<S extends Shape> = number extends S['length']
  ? Shape
  : [...Batch<S>, Rank<S>, Columns<S>];
/** [..., m, m] of [..., m, n]. */
export type LeftSquare<S extends Shape> = number extends S['length']
  ? Shape
  : [...Batch<S>, Rows<S>, Rows<S>];
/** [..., n, n] of [..., m, n]. */
export type RightSquare<S extends Shape> = number extends S['length']
  ? Shape
  : [...Batch<S>, Columns<S>, Columns<S>];
/** [..., n, m] of [..., m, n]. */
export type Transposed<S extends Shape> = number extends S['length']
  ? Shape
  : [...Batch<S>, Columns<S>, Rows<S>];

/** The solution of equations with a matrix [..., n, n] and right sides [..., n, k] or [n]. */
export type Solution<A extends Shape, B extends Shape> = [number] extends [A['length'] | B['length']]
  ? Shape
  : B['length'] extends 1
    ? [...Batch<A>, Columns<A>]
    : A['length'] extends B['length']
      ? [...Broadcast<Batch<A>, Batch<B>>, Columns<A>, Columns<B>]
      : Shape;

type SquareProblem<Op extends string, S extends Shape> = [number] extends [Rows<S> | Columns<S>]
  ? null
  : [Rows<S>] extends [Columns<S>]
    ? null
    : ShapeMismatch<`${Op}: the matrix is not square`, Rows<S>, Columns<S>>;

/** For a parameter that must be square: `a: Tensor<S> & Square<'inv', S>`. It accepts anything while a type parameter is open. */
export type Square<Op extends string, S extends Shape> = [SquareProblem<Op, S>] extends [
  ShapeMismatch<string, unknown, unknown>,
]
  ? SquareProblem<Op, S>
  : unknown;
