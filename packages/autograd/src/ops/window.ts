import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';

/** One whole number for all spatial dims, or one for each. */
export type PerDim = number | readonly number[];

/** The numbers of an option for each of `dims` spatial dims, whole and at least `least`. */
export function perDim(op: string, name: string, value: PerDim, dims: number, least: number): number[] {
  const list = Array.isArray(value) ? (value as readonly number[]) : [value as number];
  if (list.length !== dims && list.length !== 1)
    throw new ArgumentError(
      `${op}: ${name} is ${show(value)}; expected one number, or ${dims} of them, one for each spatial dim.`,
    );
  for (const n of list)
    if (!Number.isInteger(n) || n < least)
      throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected whole numbers from ${least}.`);
  return list.length === dims ? list.slice() : new Array<number>(dims).fill(list[0]);
}

const layouts = ['', '[C, L]', '[C, H, W]', '[C, D, H, W]'];

/** Throws unless x has `dims` spatial dims after its channels, with or without a batch before them, and none of them but the batch is empty. */
export function requireSpatial(op: string, x: Tensor, dims: number): void {
  if (x.ndim !== dims + 1 && x.ndim !== dims + 2)
    throw new ShapeError(
      `${op}: expected an input of shape ${layouts[dims].replace('[', '[N, ')} or ${layouts[dims]}, got ${showShape(x.shape)}. ` +
        'Add the missing dims with unsqueeze.',
    );
  if (x.shape.slice(x.ndim - dims).includes(0))
    throw new ShapeError(
      `${op}: the spatial sizes of an input of shape ${showShape(x.shape)} must be at least 1; only the batch may be empty.`,
    );
}

/** How many windows fit along a dim: see `requireWindows`. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Before and after the input together. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** The number of windows in each dim; throws where the kernel is larger than the padded input. */
export function requireWindows(
  op: string,
  sizes: readonly number[],
  { kernel, stride, padding, dilation }: Windows,
): number[] {
  const reach = kernel.map((k, d) => (k - 1) * dilation[d] + 1);
  const padded = sizes.map((size, d) => size + padding[d]);
  if (reach.some((r, d) => r > padded[d]))
    throw new ShapeError(
      `${op}: a kernel of ${showShape(kernel)} with dilation ${showShape(dilation)} reaches over ${showShape(reach)} elements, the padded input has ` +
        `only ${showShape(padded)}. Use a smaller kernel or more padding.`,
    );
  return reach.map((r, d) => Math.floor((padded[d] - r) / stride[d]) + 1);
}

/** Throws unless all are of one floating point dtype. */
export function requireSameFloating(op: string, tensors: Readonly<Record<string, Tensor | undefined>>): void {
  let first: [string, Tensor] | undefined;
  for (const [name, t] of Object.entries(tensors)) {
    if (t === undefined) continue;
    if (t.dtype !== 'float32' && t.dtype !== 'float64')
      throw new DTypeError(
        `${op}: expected a float32 or float64 ${name}, got ${t.dtype}. Convert it first: x.to('float32').`,
      );
    first ??= [name, t];
    if (t.dtype !== first[1].dtype)
      throw new DTypeError(
        `${op}: the ${first[0]} is ${first[1].dtype} and the ${name} is ${t.dtype}; they must be the same. Convert one with to().`,
      );
  }
}

/** The shape of x without its last `dims` sizes. */
export function leading(x: Tensor, dims: number): readonly number[] {
  return x.shape.slice(0, x.ndim - dims);
}

/**
 * X [N, C, ...] or [C, ...] with channels `C` and spatial sizes that are not worked out. Which of the two it is, the weight tells, which has as many
 * dims as an input with a batch.
 */
export type Convolved<X extends Shape, W extends Shape, C extends number> = number extends X['length']
  ? Shape
  : number extends W['length']
    ? Unknown<X>
    : X['length'] extends W['length']
      ? X extends readonly [infer N extends number, number, ...infer Rest extends Shape]
        ? [N, C, ...Unknown<Rest>]
        : Shape
      : X extends readonly [number, ...infer Rest extends Shape]
        ? [C, ...Unknown<Rest>]
        : Shape;

/** As many sizes, none of them known. */
type Unknown<S extends Shape> = { -readonly [K in keyof S]: number };

/** The last `Dims` sizes are not worked out, the others stay. */
export type Pooled<X extends Shape, Dims extends Shape> = number extends X['length']
  ? Shape
  : X extends readonly [...infer Lead extends Shape, ...Dims]
    ? [...Lead, ...Dims]
    : Shape;
