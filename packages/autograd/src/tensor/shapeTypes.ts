import type { Plus, Product } from './shapeTypes/arithmetic.js';

export type { Product } from './shapeTypes/arithmetic.js';

/**
 * Shapes as types. Nothing here exists at run time.
 *
 * They are gradual: a size is a literal where it is known and `number` where it is not, and a shape of unknown rank is
 * `Shape`. What is unknown fits everything. Results are mutable tuples, so that an editor shows `Tensor<[64, 10]>`;
 * arguments may be readonly.
 *
 * Two traps for whoever changes this file:
 * - A type that guards a parameter (`...Fits`) must accept anything while it waits for a type parameter, or generic code
 *   such as `<S extends Shape>(x: Tensor<S>) => x.add(x)` does not compile. That is why `Accept` wraps its operand in a tuple, why the
 *   tests for an unknown rank do, and why "no mismatch" is `null`.
 * - Recursion goes over the dims and carries its result along, so that it is bounded by the rank.
 */
export type Shape = readonly number[];

declare const shapeMismatch: unique symbol;

/**
 * Stands in the type of a parameter whose shape cannot fit, and can be read in the compiler's message: what does not fit,
 * the size that stands there and the size that was expected. Nothing is assignable to it.
 */
export interface ShapeMismatch<Message extends string, Given, Expected> {
  readonly [shapeMismatch]: [message: Message, given: Given, expected: Expected];
}

type AnyMismatch = ShapeMismatch<string, unknown, unknown>;

/** `unknown`, which changes nothing in an intersection, unless `Problem` is surely a mismatch. */
type Accept<Problem> = [Problem] extends [AnyMismatch] ? Problem : unknown;

/** The shape as a mutable tuple; `Shape` where the rank is unknown. */
export type Mutable<S extends Shape> = [number] extends [S['length']]
  ? Shape
  : { -readonly [K in keyof S]: S[K] };

/** Anything with a shape: a tensor. */
export interface Shaped {
  readonly shape: Shape;
}

/** The shapes of a list of tensors. */
export type ShapesOf<Tensors extends readonly Shaped[]> = {
  -readonly [K in keyof Tensors]: Tensors[K]['shape'];
};

// Broadcasting.

/** The size two sizes broadcast to. Where one is unknown and the other is a literal other than 1, nothing else can come out. */
type BroadcastSize<M extends number, N extends number> = M extends 1
  ? N
  : N extends 1
    ? M
    : number extends M
      ? N
      : M;

/** The shape that two shapes broadcast to, aligned at the last dim. */
export type Broadcast<A extends Shape, B extends Shape> = [number] extends [A['length'] | B['length']]
  ? Shape
  : BroadcastDims<A, B>;

type BroadcastDims<A extends Shape, B extends Shape, Result extends Shape = []> = A extends readonly [
  ...infer RestA extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer RestB extends Shape, infer N extends number]
    ? BroadcastDims<RestA, RestB, [BroadcastSize<M, N>, ...Result]>
    : [...A, ...Result]
  : [...B, ...Result];

/** `null`, or the mismatch of two sizes that must be equal. */
type SizeProblem<M extends number, N extends number, Message extends string> = [number] extends [M | N]
  ? null
  : M extends N
    ? null
    : ShapeMismatch<Message, M, N>;

type BroadcastProblem<A extends Shape, B extends Shape, Message extends string> = [number] extends [
  A['length'] | B['length'],
]
  ? null
  : BroadcastDimsProblem<A, B, Message>;

type BroadcastDimsProblem<A extends Shape, B extends Shape, Message extends string> = A extends readonly [
  ...infer RestA extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer RestB extends Shape, infer N extends number]
    ? BroadcastSizeProblem<M, N, Message> extends infer P extends AnyMismatch
      ? P
      : BroadcastDimsProblem<RestA, RestB, Message>
    : null
  : null;

type BroadcastSizeProblem<M extends number, N extends number, Message extends string> = [number] extends [
  M | N,
]
  ? null
  : M extends N | 1
    ? null
    : N extends 1
      ? null
      : ShapeMismatch<Message, M, N>;

/** For the parameter `b` of an elementwise op: `b: Tensor<B> & Fits<'add', A, B>`. */
export type Fits<Op extends string, A extends Shape, B extends Shape> = Accept<
  BroadcastProblem<A, B, `${Op}: sizes differ`>
>;

// Matrix products.

/** [k] or [..., m, k] times [k] or [..., k, n]; what stands before the matrices broadcasts. */
export type MatMul<A extends Shape, B extends Shape> = [number] extends [A['length'] | B['length']]
  ? Shape
  : A extends readonly [...infer BatchA extends Shape, infer M extends number, number]
    ? B extends readonly [...infer BatchB extends Shape, number, infer N extends number]
      ? [...BroadcastDims<BatchA, BatchB>, M, N]
      : [...BatchA, M]
    : B extends readonly [...infer BatchB extends Shape, number, infer N extends number]
      ? [...BatchB, N]
      : [];

type MatMulProblem<A extends Shape, B extends Shape> = [number] extends [A['length'] | B['length']]
  ? null
  : A extends readonly [...infer RestA extends Shape, infer K extends number]
    ? B extends readonly [...infer BatchB extends Shape, infer L extends number, number]
      ? SizeProblem<K, L, 'matmul: inner sizes differ'> extends infer P extends AnyMismatch
        ? P
        : RestA extends readonly [...infer BatchA extends Shape, number]
          ? BroadcastDimsProblem<BatchA, BatchB, 'matmul: batch sizes differ'>
          : null
      : B extends readonly [infer L extends number]
        ? SizeProblem<K, L, 'matmul: inner sizes differ'>
        : ShapeMismatch<'matmul: a scalar has no inner size', A, B>
    : ShapeMismatch<'matmul: a scalar has no inner size', A, B>;

/** For the second operand of `matmul`. */
export type MatMulFits<A extends Shape, B extends Shape> = Accept<MatMulProblem<A, B>>;

/** x [..., in] and weight [out, in] give [..., out]; a weight [in] gives [...]. */
export type Linear<X extends Shape, W extends Shape> = [number] extends [X['length'] | W['length']]
  ? Shape
  : X extends readonly [...infer Batch extends Shape, number]
    ? W extends readonly [infer Out extends number, number]
      ? [...Batch, Out]
      : W extends readonly [number]
        ? Batch
        : Shape
    : Shape;

type LinearProblem<X extends Shape, W extends Shape, Bias extends Shape> = [number] extends [
  X['length'] | W['length'],
]
  ? null
  : X extends readonly [...Shape, infer In extends number]
    ? W extends readonly [...infer Out extends Shape, infer WIn extends number]
      ? SizeProblem<In, WIn, 'linear: input features differ'> extends infer P extends AnyMismatch
        ? P
        : Out extends readonly [number, number, ...Shape]
          ? ShapeMismatch<
              'linear: expected a weight of 1 or 2 dims',
              W,
              [outFeatures: number, inFeatures: number]
            >
          : BroadcastProblem<Bias, Out, 'linear: size of the bias differs from the output features'>
      : ShapeMismatch<
          'linear: expected a weight of 1 or 2 dims',
          W,
          [outFeatures: number, inFeatures: number]
        >
    : ShapeMismatch<'linear: expected an input of 1 dim or more', X, [...number[], inFeatures: number]>;

/** For the weight of `linear` (no `Bias`), and for its bias. */
export type LinearFits<X extends Shape, W extends Shape, Bias extends Shape = []> = Accept<
  LinearProblem<X, W, Bias>
>;

// Dims. The index of a dim is its key in the tuple, counted from the front: '0', '1', ...

export type Unknown = 'unknown';

/** The index of dim `D`; `Unknown` where rank or dim are not known or the dim does not exist. */
export type Index<S extends Shape, D extends number> = number extends D | S['length']
  ? Unknown
  : IndexOfKey<S, `${D}`>;

type IndexOfKey<S extends Shape, K extends string> = K extends keyof S ? K : IndexFromEnd<S, K>;

type IndexFromEnd<S extends Shape, K extends string, Seen extends 0[] = [0]> = S extends readonly [
  ...infer Rest extends Shape,
  number,
]
  ? K extends `-${Seen['length']}`
    ? `${Rest['length']}`
    : IndexFromEnd<Rest, K, [...Seen, 0]>
  : Unknown;

/** The indices of one dim or several. */
type Indices<S extends Shape, Dims extends number | readonly number[]> = Dims extends number
  ? Index<S, Dims>
  : Dims extends readonly number[]
    ? number extends Dims['length']
      ? Unknown
      : Index<S, Dims[number]>
    : never;

export type SizeAt<S extends Shape, I> = I extends keyof S ? (S[I] extends number ? S[I] : number) : number;

/** What stands before an index, and the rest: [Before, From]. */
export type SplitAt<
  S extends Shape,
  I extends string,
  Before extends Shape = [],
> = `${Before['length']}` extends I
  ? [Before, S]
  : S extends readonly [infer M extends number, ...infer Rest extends Shape]
    ? SplitAt<Rest, I, [...Before, M]>
    : [Before, []];

export type Insert<S extends Shape, I extends string, N extends number> =
  SplitAt<S, I> extends [infer Before extends Shape, infer After extends Shape]
    ? [...Before, N, ...After]
    : Shape;

export type Remove<
  S extends Shape,
  I extends string,
  Result extends Shape = [],
  Seen extends 0[] = [],
> = S extends readonly [infer M extends number, ...infer Rest extends Shape]
  ? Remove<Rest, I, `${Seen['length']}` extends I ? Result : [...Result, M], [...Seen, 0]>
  : Result;

type ReplaceAt<S extends Shape, I extends string, N extends number> = Unknown extends I
  ? Shape
  : { -readonly [K in keyof S]: K extends I ? N : S[K] };

type DimProblem<Op extends string, S extends Shape, D> = [number] extends [D | S['length']]
  ? null
  : D extends number
    ? Index<S, D> extends Unknown
      ? S extends readonly []
        ? D extends 0 | -1
          ? null
          : ShapeMismatch<`${Op}: no such dim`, D, { rank: 0 }>
        : ShapeMismatch<`${Op}: no such dim`, D, { rank: S['length'] }>
      : null
    : null;

/** For a parameter that names one dim: `dim: D & DimFits<'softmax', S, D>`. Lists of dims are left to run time. */
export type DimFits<
  Op extends string,
  S extends Shape,
  D extends number | readonly number[] | undefined,
> = Accept<DimProblem<Op, S, D>>;

/** With dims `D0` and `D1` exchanged. */
export type Transpose<S extends Shape, D0 extends number, D1 extends number> = D0 extends number
  ? D1 extends number
    ? TransposeAt<S, Index<S, D0>, Index<S, D1>>
    : never
  : never;

type TransposeAt<S extends Shape, I extends string, J extends string> = Unknown extends I | J
  ? Shape
  : { -readonly [K in keyof S]: K extends I ? SizeAt<S, J> : K extends J ? SizeAt<S, I> : S[K] };

/** Dim i of the result is dim `P[i]` of `S`. */
export type Permute<S extends Shape, P extends Shape> = [number] extends [S['length'] | P['length']]
  ? Shape
  : P['length'] extends S['length']
    ? { -readonly [K in keyof P]: SizeAt<S, Index<S, P[K]>> }
    : Shape;

/** Without the dims reduced over (`undefined`: all of them), or with size 1 in their place. */
export type Reduce<
  S extends Shape,
  Dims extends number | readonly number[] | undefined = undefined,
  Keepdim extends boolean = false,
> = Dims extends number | readonly number[]
  ? S extends readonly []
    ? []
    : ReduceAt<S, Indices<S, Dims>, Keepdim>
  : Keepdim extends true
    ? Ones<S>
    : [];

type ReduceAt<S extends Shape, I extends string, Keepdim extends boolean> = Unknown extends I
  ? Shape
  : Keepdim extends true
    ? ReplaceAt<S, I, 1>
    : Remove<S, I>;

type Ones<S extends Shape> = [number] extends [S['length']] ? Shape : { -readonly [K in keyof S]: 1 };

/** Without the dims `D` that have size 1; without every dim of size 1 if `D` is undefined. */
export type Squeeze<
  S extends Shape,
  D extends number | readonly number[] | undefined = undefined,
> = number extends S['length']
  ? Shape
  : D extends number | readonly number[]
    ? SqueezeAt<S, Indices<S, D>>
    : number extends S[number]
      ? Shape
      : WithoutOnes<S, string>;

type SqueezeAt<S extends Shape, I extends string> = number extends SizeAt<S, I> ? Shape : WithoutOnes<S, I>;

type WithoutOnes<
  S extends Shape,
  I extends string,
  Result extends Shape = [],
  Seen extends 0[] = [],
> = S extends readonly [infer M extends number, ...infer Rest extends Shape]
  ? WithoutOnes<Rest, I, [M, `${Seen['length']}`] extends [1, I] ? Result : [...Result, M], [...Seen, 0]>
  : Result;

/** With a dim of size 1 put in, so that it becomes dim `D` of the result. */
export type Unsqueeze<S extends Shape, D extends number> = InsertDim<S, D, 1>;

type InsertDim<S extends Shape, D extends number, N extends number> = number extends S['length']
  ? Shape
  : D extends number
    ? InsertAt<S, Index<[...S, 1], D>, N>
    : never;

type InsertAt<S extends Shape, I extends string, N extends number> = Unknown extends I
  ? Shape
  : Insert<S, I, N>;

/** With another size at dim `D`: `indexSelect`, and the parts of `split`. */
export type IndexSelect<S extends Shape, D extends number, N extends number> = D extends number
  ? ReplaceAt<S, Index<S, D>, N>
  : never;

/** Part of dim `D`: its size is not worked out. */
export type Slice<S extends Shape, D extends number> = IndexSelect<S, D, number>;

/** Without dim `D`. */
export type Select<S extends Shape, D extends number> = D extends number
  ? ReduceAt<S, Index<S, D>, false>
  : never;

/** `gather` gives the shape of its index. */
export type Gather<I extends Shape> = Mutable<I>;

/** Class numbers of shape `S`, each as a row of `N`. */
export type OneHot<S extends Shape, N extends number> = number extends S['length'] ? Shape : [...S, N];

// Shapes asked for by the user, where -1 stands for a size to be found.

/** Dims `Start` to `End`, both included, made one. A scalar becomes [1]. */
export type Flatten<
  S extends Shape,
  Start extends number = 0,
  End extends number = -1,
> = number extends S['length']
  ? [Start, End] extends [0, -1]
    ? [number]
    : Shape
  : S extends readonly []
    ? [1]
    : FlattenAt<S, Index<S, Start>, Index<S, End>>;

type FlattenAt<S extends Shape, I extends string, J extends string> = Unknown extends I | J
  ? Shape
  : SplitAt<S, J> extends [
        infer Front extends Shape,
        readonly [infer Last extends number, ...infer After extends Shape],
      ]
    ? SplitAt<Front, I> extends [infer Before extends Shape, infer Middle extends Shape]
      ? [...Before, Product<[...Middle, Last]>, ...After]
      : Shape
    : Shape;

/** The shape asked for. A literal -1 is worked out where the other sizes asked for are all found among those of `S`. */
export type Reshape<S extends Shape, Target extends Shape> = [number] extends [Target['length']]
  ? Shape
  : -1 extends Target[number]
    ? ReplaceInferred<Target, Inferred<S, Target>>
    : Mutable<Target>;

type ReplaceInferred<Target extends Shape, N extends number> = {
  -readonly [K in keyof Target]: Target[K] extends -1 ? N : Target[K];
};

type Inferred<S extends Shape, Target extends Shape> = number extends S['length']
  ? number
  : Cancel<S, Target> extends [infer Rest extends Shape, []]
    ? Product<Rest>
    : number;

/** What is left of `S` and of `Target` without the sizes that they share, 1 and -1. */
type Cancel<S extends Shape, Target extends Shape, Left extends Shape = []> = Target extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? N extends 1 | -1
    ? Cancel<S, Rest, Left>
    : number extends N
      ? Cancel<S, Rest, [...Left, N]>
      : RemoveSize<S, N> extends infer Others extends Shape
        ? Cancel<Others, Rest, Left>
        : Cancel<S, Rest, [...Left, N]>
  : [S, Left];

type RemoveSize<S extends Shape, N extends number, Before extends Shape = []> = S extends readonly [
  infer M extends number,
  ...infer Rest extends Shape,
]
  ? M extends N
    ? [...Before, ...Rest]
    : RemoveSize<Rest, N, [...Before, M]>
  : null;

type ReshapeProblem<S extends Shape, Target extends Shape> = [number] extends [
  S['length'] | Target['length'] | S[number] | Target[number],
]
  ? null
  : -1 extends Target[number]
    ? null
    : Cancel<S, Target> extends [infer M extends Shape, infer N extends Shape]
      ? Product<M> extends Product<N>
        ? null
        : SizeProblem<Product<S>, Product<Target>, 'reshape: numbers of elements differ'>
      : null;

/** For the target of `reshape`. With a -1 in it, the check is left to run time. */
export type ReshapeFits<S extends Shape, Target extends Shape> = Accept<ReshapeProblem<S, Target>>;

/** The shape asked for; -1 keeps a size. */
export type Expand<S extends Shape, Target extends Shape> = [number] extends [Target['length']]
  ? Shape
  : number extends S['length']
    ? ReplaceInferred<Target, number>
    : ExpandDims<S, Target>;

type ExpandDims<S extends Shape, Target extends Shape, Result extends Shape = []> = Target extends readonly [
  ...infer RestT extends Shape,
  infer N extends number,
]
  ? S extends readonly [...infer RestS extends Shape, infer M extends number]
    ? ExpandDims<RestS, RestT, [N extends -1 ? M : N, ...Result]>
    : [...Target, ...Result]
  : Result;

type ExpandProblem<S extends Shape, Target extends Shape> = [number] extends [S['length'] | Target['length']]
  ? null
  : ExpandDimsProblem<S, Target> extends infer P extends AnyMismatch
    ? P
    : ExpandDimsProblem<S, Target> extends 'few'
      ? ShapeMismatch<'expand: the target has fewer dims', S['length'], Target['length']>
      : null;

type ExpandDimsProblem<S extends Shape, Target extends Shape> = S extends readonly [
  ...infer RestS extends Shape,
  infer M extends number,
]
  ? Target extends readonly [...infer RestT extends Shape, infer N extends number]
    ? ExpandSizeProblem<M, N> extends infer P extends AnyMismatch
      ? P
      : ExpandDimsProblem<RestS, RestT>
    : 'few'
  : null;

type ExpandSizeProblem<M extends number, N extends number> = [number] extends [M | N]
  ? null
  : N extends -1
    ? null
    : M extends 1
      ? null
      : SizeProblem<M, N, 'expand: only a size of 1 can grow'>;

/** For the target of `expand`. */
export type ExpandFits<S extends Shape, Target extends Shape> = Accept<ExpandProblem<S, Target>>;

// Several tensors.

/** Joined along dim `D`, whose sizes add up. */
export type Cat<Shapes extends readonly Shape[], D extends number = 0> = D extends number
  ? number extends Shapes['length']
    ? IndexSelect<Shapes[number], D, number>
    : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
      ? CatAt<First, Rest, Index<First, D>>
      : Shape
  : never;

type CatAt<S extends Shape, Shapes extends readonly Shape[], I extends string> = Unknown extends I
  ? Shape
  : Shapes extends readonly [infer Next extends Shape, ...infer Rest extends readonly Shape[]]
    ? Next['length'] extends S['length']
      ? CatAt<CatTwo<S, Next, I>, Rest, I>
      : Shape
    : Mutable<S>;

type CatTwo<A extends Shape, B extends Shape, I extends string> = {
  -readonly [K in keyof A]: K extends I
    ? Plus<SizeAt<A, K>, SizeAt<B, K>>
    : number extends A[K]
      ? SizeAt<B, K>
      : A[K];
};

/** Joined along a new dim, dim `D` of the result. */
export type Stack<Shapes extends readonly Shape[], D extends number = 0> = number extends Shapes['length']
  ? InsertDim<Shapes[number], D, number>
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? CatAt<First, Rest, 'none'> extends infer S extends Shape
      ? InsertDim<S, D, Shapes['length']>
      : Shape
    : Shape;

type JoinProblem<Op extends string, Shapes extends readonly Shape[], I extends string> = [number] extends [
  Shapes['length'],
]
  ? null
  : Shapes extends readonly [
        infer A extends Shape,
        infer B extends Shape,
        ...infer Rest extends readonly Shape[],
      ]
    ? SameProblem<Op, ReplaceAt<A, I, number>, ReplaceAt<B, I, number>> extends infer P extends AnyMismatch
      ? P
      : JoinProblem<Op, [B, ...Rest], I>
    : null;

type SameProblem<Op extends string, A extends Shape, B extends Shape> = [number] extends [
  A['length'] | B['length'],
]
  ? null
  : A['length'] extends B['length']
    ? SameDimsProblem<Op, A, B>
    : ShapeMismatch<`${Op}: numbers of dims differ`, A['length'], B['length']>;

type SameDimsProblem<Op extends string, A extends Shape, B extends Shape> = A extends readonly [
  ...infer RestA extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer RestB extends Shape, infer N extends number]
    ? SizeProblem<M, N, `${Op}: sizes differ`> extends infer P extends AnyMismatch
      ? P
      : SameDimsProblem<Op, RestA, RestB>
    : null
  : null;

/** For the list of `cat`: `tensors: T & CatFits<ShapesOf<T>, D>`. Neighbours are compared. */
export type CatFits<Shapes extends readonly Shape[], D extends number = 0> = Accept<
  JoinProblem<'cat', Shapes, Index<Shapes[0], D>>
>;

/** For the list of `stack`. */
export type StackFits<Shapes extends readonly Shape[]> = Accept<JoinProblem<'stack', Shapes, 'none'>>;

// Nested array literals.

/** What `tensor` takes: numbers or booleans nested to any depth, or a typed array. */
export type NestedArray = number | boolean | readonly NestedArray[] | FlatArray;

/** A typed array, or anything like one. */
export interface FlatArray {
  readonly length: number;
  readonly [index: number]: number;
}

/**
 * The shape of a nested array, by its first elements: `tensor<const T extends NestedArray>(data: T): Tensor<NestedShape<T>>`.
 * Types that contain themselves, as `NestedArray` does, have no depth: they give up at the eighth dim.
 */
export type NestedShape<T, Result extends Shape = []> = NestedArray extends T
  ? Shape
  : Result['length'] extends 8
    ? Shape
    : T extends readonly unknown[]
      ? T extends readonly []
        ? [...Result, 0]
        : NestedShape<T[0], [...Result, T['length']]>
      : T extends number | boolean
        ? Result
        : T extends FlatArray
          ? [...Result, number]
          : Shape;
