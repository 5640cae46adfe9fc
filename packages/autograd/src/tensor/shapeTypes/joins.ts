// The shapes that come of several tensors.
import type { Broadcast, Cat, Mutable, Shape } from '../shapeTypes.js';
import type { AtLeast1, AtLeast2, AtLeast3 } from './moves.js';

/** The shape that all broadcast to. */
export type BroadcastAll<Shapes extends readonly Shape[], Result extends Shape = []> = number extends
  | Shapes['length']
  | Result['length']
  ? Shape
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? BroadcastAll<Rest, Broadcast<Result, First>>
    : Result;

/** Joined along dim 1, or along the only dim where the first is a vector or a scalar. */
export type HStack<Shapes extends readonly Shape[]> = Shapes[0] extends readonly [] | readonly [number]
  ? Cat<{ -readonly [K in keyof Shapes]: AtLeast1<Shapes[K]> }, 0>
  : Cat<Shapes, 1>;

export type VStack<Shapes extends readonly Shape[]> = Cat<
  { -readonly [K in keyof Shapes]: AtLeast2<Shapes[K]> },
  0
>;

export type DStack<Shapes extends readonly Shape[]> = Cat<
  { -readonly [K in keyof Shapes]: AtLeast3<Shapes[K]> },
  2
>;

export type ColumnStack<Shapes extends readonly Shape[]> = Cat<
  { -readonly [K in keyof Shapes]: Column<Shapes[K]> },
  1
>;

type Column<S extends Shape> = S extends readonly []
  ? [1, 1]
  : S extends readonly [infer N extends number]
    ? [N, 1]
    : Mutable<S>;
