// The shapes that come of moving, repeating and cutting the elements of one tensor.
import type {
  Index,
  IndexSelect,
  Insert,
  Mutable,
  Remove,
  Reshape,
  Shape,
  SizeAt,
  SplitAt,
  Unknown,
} from '../shapeTypes.js';
import type { Plus, Product } from './arithmetic.js';

/** As many dims, none of their sizes known. */
export type SameRank<S extends Shape> = [number] extends [S['length']]
  ? Shape
  : { -readonly [K in keyof S]: number };

/** All dims made one. */
export type Ravel<S extends Shape> = number extends S['length'] ? [number] : [Product<S>];

export type AtLeast1<S extends Shape> = S extends readonly [] ? [1] : Mutable<S>;

export type AtLeast2<S extends Shape> = S extends readonly []
  ? [1, 1]
  : S extends readonly [infer N extends number]
    ? [1, N]
    : Mutable<S>;

export type AtLeast3<S extends Shape> = S extends readonly []
  ? [1, 1, 1]
  : S extends readonly [infer N extends number]
    ? [1, N, 1]
    : S extends readonly [infer M extends number, infer N extends number]
      ? [M, N, 1]
      : Mutable<S>;

/** A matrix transposed, a vector or scalar as it is. */
export type MatrixTranspose<S extends Shape> = S extends readonly [
  infer M extends number,
  infer N extends number,
]
  ? [N, M]
  : Mutable<S>;

/** Dim `D` made several of sizes `N`, where -1 stands for one to be found. */
export type Unflatten<S extends Shape, D extends number, N extends Shape> = number extends
  | S['length']
  | N['length']
  ? Shape
  : UnflattenAt<S, Index<S, D>, N>;

type UnflattenAt<S extends Shape, I extends string, N extends Shape> = Unknown extends I
  ? Shape
  : SplitAt<S, I> extends [
        infer Before extends Shape,
        readonly [infer M extends number, ...infer After extends Shape],
      ]
    ? Reshape<[M], N> extends infer Parts extends Shape
      ? [...Before, ...Parts, ...After]
      : Shape
    : Shape;

/** With one dim moved to another position; of lists of dims only the rank is known. */
export type MoveDim<
  S extends Shape,
  From extends number | readonly number[],
  To extends number | readonly number[],
> = From extends number
  ? To extends number
    ? MoveAt<S, Index<S, From>, Index<S, To>>
    : SameRank<S>
  : SameRank<S>;

type MoveAt<S extends Shape, I extends string, J extends string> = Unknown extends I | J
  ? SameRank<S>
  : Insert<Remove<S, I>, J, SizeAt<S, I>>;

type Times<M extends number, N extends number> = Product<[M, N]>;

/** Each size as often as the number for its dim says; numbers and dims are aligned at the last. */
export type Repeat<S extends Shape, N extends Shape> = number extends S['length'] | N['length']
  ? Shape
  : RepeatDims<S, N>;

type RepeatDims<S extends Shape, N extends Shape, Result extends Shape = []> = N extends readonly [
  ...infer RestN extends Shape,
  infer Count extends number,
]
  ? S extends readonly [...infer RestS extends Shape, infer M extends number]
    ? RepeatDims<RestS, RestN, [Times<M, Count>, ...Result]>
    : [...N, ...Result]
  : [...S, ...Result];

/** Dim `D` (or all as one) with every element `N` times; of a tensor of counts nothing is known. */
export type RepeatInterleave<S extends Shape, N, D extends number | undefined> = D extends number
  ? IndexSelect<S, D, N extends number ? Times<SizeAt<S, Index<S, D>>, N> : number>
  : [N extends number ? Product<[...S, N]> : number];

/** With margins of `P`: before and after the last dim, then the one before it, … Where something is taken away, the size is not worked out. */
export type Pad<S extends Shape, P extends Shape> = number extends S['length'] | P['length']
  ? Shape
  : PadDims<S, P>;

type PadDims<S extends Shape, P extends Shape, Result extends Shape = []> = P extends readonly [
  infer Before extends number,
  infer After extends number,
  ...infer RestP extends Shape,
]
  ? S extends readonly [...infer RestS extends Shape, infer M extends number]
    ? PadDims<RestS, RestP, [PadSize<M, Before, After>, ...Result]>
    : Shape
  : [...S, ...Result];

type PadSize<
  M extends number,
  Before extends number,
  After extends number,
> = `${Before}${After}` extends `${string}-${string}` ? number : Plus<Plus<M, Before>, After>;

/** Without dims `D1` and `D2`, and the diagonal last. Its size is known for the main one of squares. */
export type Diagonal<S extends Shape, O extends number, D1 extends number, D2 extends number> = DiagonalAt<
  S,
  O,
  Index<S, D1>,
  Index<S, D2>
>;

type DiagonalAt<S extends Shape, O extends number, I extends string, J extends string> = Unknown extends I | J
  ? Shape
  : [...Remove<S, I | J>, LineSize<O, SizeAt<S, I>, SizeAt<S, J>>];

type LineSize<O extends number, M extends number, N extends number> = [O, M, N] extends [0, N, M]
  ? M
  : number;

/** The last dim as the diagonal of two new ones. */
export type DiagEmbed<
  S extends Shape,
  O extends number,
  D1 extends number,
  D2 extends number,
> = S extends readonly [...infer Lead extends Shape, infer M extends number]
  ? [D1, D2] extends [-2, -1]
    ? LineSize<O, M, M> extends infer N extends number
      ? [...Lead, N, N]
      : Shape
    : SameRank<[...S, 1]>
  : Shape;

/** Dim `D` counts windows, whose elements are the last dim. */
export type SlidingWindow<S extends Shape, D extends number, N extends number> = number extends S['length']
  ? Shape
  : Unknown extends Index<S, D>
    ? Shape
    : [...IndexSelect<S, D, number>, N];
