import type { Shape } from '../shapeTypes.js';

/** Part of a dim as text, as Python writes it: `start:end` or `start:end:step`, each of them may be left out. */
export type RangeText = `${Bound}:${Bound}` | `${Bound}:${Bound}:${Bound}`;
type Bound = '' | `${number}`;

/** An index that takes the whole dim. */
type Whole = ':' | '::' | '::1';

/**
 * The shape that indices leave of a shape. A number takes its dim away, null puts in a new one, a range keeps its dim with a size that is not worked out
 * (unless it is the whole one), and '...' stands for all dims that nothing else is said of. With tensors or lists among the indices the shape
 * depends on them, and is `Shape`.
 */
export type At<S extends Shape, I extends readonly unknown[]> = number extends S['length'] | I['length']
  ? Shape
  : Front<S, I>;

type Front<S extends Shape, I extends readonly unknown[], Result extends Shape = []> = I extends readonly [
  infer Head,
  ...infer Rest,
]
  ? [Head] extends [null]
    ? Front<S, Rest, [...Result, 1]>
    : [Head] extends ['...']
      ? Back<S, Rest> extends [infer Left extends Shape, infer Tail extends Shape]
        ? [...Result, ...Left, ...Tail]
        : Shape
      : S extends readonly [infer N extends number, ...infer Others extends Shape]
        ? Kept<Head, N> extends infer K extends Shape
          ? Front<Others, Rest, [...Result, ...K]>
          : Shape
        : Shape
  : [...Result, ...S];

/** From the end to the '...': what is left of S, and what the indices make of the rest. */
type Back<S extends Shape, I extends readonly unknown[], Result extends Shape = []> = I extends readonly [
  ...infer Rest,
  infer Head,
]
  ? [Head] extends [null]
    ? Back<S, Rest, [1, ...Result]>
    : S extends readonly [...infer Others extends Shape, infer N extends number]
      ? Kept<Head, N> extends infer K extends Shape
        ? Back<Others, Rest, [...K, ...Result]>
        : null
      : null
  : [S, Result];

/** What an index leaves of a dim of size N: [] or one size; null for what is no basic index. */
type Kept<Head, N extends number> = [Head] extends [number]
  ? []
  : [Head] extends [Whole]
    ? [N]
    : [Head] extends [RangeText | Range]
      ? [number]
      : null;

/** Anything that looks like the options of a slice; tensors and lists do not. */
interface Range {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
  readonly shape?: never;
  readonly length?: never;
}
