import { type DType, kernels, type ReduceOp } from '@fluxion/kernels';
import { DTypeError, ShapeError, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import { droppedShape, keptShape, normalizeDims, numel, sameShape } from '../tensor/shape.js';
import type { Reduce, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, eq, le, logicalOr, mul, ne, sub, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating, requireTensor, savesNothing } from './define.js';
import { extents } from './extent.js';
import { elementwise } from './fused.js';
import { rowwise } from './rowwise.js';
import { expandTo, reshapeTo } from './shape.js';
import type { Traceable } from './trace.js';
import { sqrt, square, to } from './unary.js';

export type Dims = number | readonly number[] | undefined;

export interface ReduceOptions<K extends boolean = boolean> {
  /** Whether the reduced dims stay, with size 1. Default false. */
  readonly keepdim?: K;
}

export interface VarOptions<K extends boolean = boolean> extends ReduceOptions<K> {
  /** What is taken from the number of elements in the divisor. Default 1 (unbiased). */
  readonly correction?: number;
}

/** The spread and the mean, in this order. */
export type Moments<S extends Shape = Shape> = readonly [spread: Tensor<S>, mean: Tensor<S>];

/** The smallest and the largest element. */
export interface Extremes<S extends Shape = Shape> {
  readonly min: Tensor<S>;
  readonly max: Tensor<S>;
}

/** What reductions return: one tensor, or several of one shape. */
interface Reduced<S extends Shape> {
  readonly tensor: Tensor<S>;
  readonly moments: Moments<S>;
  readonly extremes: Extremes<S>;
}

/** A reduction over one or several dims (default: all). */
export type ReduceFunction<
  To extends keyof Reduced<Shape> = 'tensor',
  Options = unknown,
  Dim extends Dims = Dims,
> = <S extends Shape, const D extends Dim | undefined = undefined, const K extends boolean = false>(
  x: Tensor<S>,
  dim?: D,
  options?: ReduceOptions<K> & Options,
) => Reduced<Reduce<S, D, K>>[To];

export type ReduceMethod<
  To extends keyof Reduced<Shape> = 'tensor',
  Options = unknown,
  Dim extends Dims = Dims,
> = <S extends Shape, const D extends Dim | undefined = undefined, const K extends boolean = false>(
  this: Tensor<S>,
  dim?: D,
  options?: ReduceOptions<K> & Options,
) => Reduced<Reduce<S, D, K>>[To];

/** Runs a reduction kernel; the result keeps the dims with size 1. */
export function reduceKernel(op: ReduceOp, x: Tensor, dims: readonly number[], dtype: DType): Tensor {
  const kept = keptShape(x.shape, dims);
  const out = raw(kept, dtype);
  const bare = { storage: out.storage, offset: 0, shape: [] as number[], strides: [] as number[] };
  for (let i = 0; i < kept.length; i++)
    if (!dims.includes(i)) {
      bare.shape.push(kept[i]);
      bare.strides.push(out.strides[i]);
    }
  kernels().reduce(op, x, dims, bare);
  return out;
}

/** Drops the reduced dims unless they are to stay. */
export function finish(kept: Tensor, dims: readonly number[], keepdim: boolean | undefined): Tensor {
  return keepdim === true || dims.length === 0 ? kept : reshapeTo(kept, droppedShape(kept.shape, dims));
}

function requireElements(op: string, x: Tensor, dims: readonly number[]): void {
  for (const d of dims)
    if (x.shape[d] === 0)
      throw new ShapeError(
        `${op}: dim ${d} of shape ${showShape(x.shape)} is empty, and nothing has no ${op}.`,
      );
}

interface Summed {
  readonly dims: readonly number[];
  /** Whether the dims stay, with size 1. */
  readonly keepdim: boolean;
}

const sumOp: Primitive<Summed> & Traceable = {
  name: 'sum',
  reduction: 'sum',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const shape = n.inputShape(0);
    const { dims, keepdim } = n.attributes;
    // Where leading dims were dropped, expanding puts them back by itself.
    const leading = dims.length === 0 || dims[dims.length - 1] === dims.length - 1;
    return [expandTo(keepdim || leading ? g : reshapeTo(g, keptShape(shape, dims)), shape)];
  },
  forward: (inputs, { dims, keepdim }) => {
    const x = inputs[0] as Tensor;
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype;
    if (keepdim) return reduceKernel('sum', x, dims, dtype);
    const out = raw(droppedShape(x.shape, dims), dtype);
    kernels().reduce('sum', x, dims, out);
    return out;
  },
};

function summed(op: string, x: Tensor, dim: Dims, options: ReduceOptions | undefined): Summed {
  const keepdim = options?.keepdim === true;
  if (extents.current === null) return { dims: normalizeDims(op, dim, x.ndim), keepdim };
  extents.current.asked(dim, keepdim);
  return { dims: [], keepdim };
}

/** The sum over the dims (default: all); 0 for nothing. int32 and bool give int32. */
export const sum: ReduceFunction = (x, dim, options) => {
  requireTensor('sum', x);
  return apply(sumOp, [x], summed('sum', x, dim, options)) as never;
};

/** Undoes broadcasting: sums over the dims in which `shape` is smaller. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.ndim - shape.length;
  const dims: number[] = [];
  for (let i = 0; i < x.ndim; i++) if (i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)) dims.push(i);
  const keepdim = lead === 0;
  const y = apply(sumOp, [x], { dims, keepdim });
  // Some dims were dropped, and others have size 1.
  return reshapeTo(y, shape);
}

function count(shape: readonly number[], dims: readonly number[]): number {
  return numel(dims.map(d => shape[d]));
}

/** The arithmetic mean over the dims (default: all); NaN for nothing. */
export const mean: ReduceFunction = composite('mean', (x: Tensor, dim?: Dims, options?: ReduceOptions) => {
  requireFloating('mean', x);
  const over = summed('mean', x, dim, options);
  return div(apply(sumOp, [x], over), extents.current?.count ?? count(x.shape, over.dims)) as Tensor;
}) as ReduceFunction;

export type VarFunction = ReduceFunction<'tensor', VarOptions>;
export type VarMethod = ReduceMethod<'tensor', VarOptions>;

interface Spread {
  readonly dims: readonly number[];
  readonly count: number;
  readonly divisor: number;
}

const meanOver = (x: Tensor, dims: readonly number[], count: number): Tensor =>
  div(sum(x, dims, { keepdim: true }) as Tensor, count) as Tensor;

const centred = (x: Tensor, dims: readonly number[], count: number): Tensor =>
  sub(x, meanOver(x, dims, count)) as Tensor;

const meanSquare = rowwise('var', (dims, x: Tensor, count: number, divisor: number) => [
  meanOver(square(centred(x, dims, count)), dims, divisor),
]);

/**
 * The same once more, which takes away what rounding has left of the mean: beside data that hardly differ it would count. A mean that is NaN or
 * infinite stays where it is.
 */
const slope = rowwise('var', (dims, x: Tensor, g: Tensor, count: number, factor: number) => {
  const once = centred(x, dims, count);
  const rest = meanOver(once, dims, count);
  const zero = sub(rest, rest) as Tensor;
  const twice = sub(once, where(eq(zero, 0) as Tensor, rest, 0) as Tensor) as Tensor;
  return [mul(mul(g, factor) as Tensor, twice) as Tensor];
});

/** A rule of its own: that of its parts would spread the NaN of one infinite element over all, and keep two tensors more. */
const varOp: Primitive<Spread> = {
  name: 'var',
  vjp: (g, n) => {
    const { dims, count, divisor } = n.attributes;
    return slope.derive(dims, n.tensorInput(0), g, count, 2 / divisor);
  },
  forward: ([x], { dims, count, divisor }) => meanSquare.compute(dims, x as Tensor, count, divisor)[0],
};

/** The variance over the dims: sum((x - mean)**2) / max(n - correction, 0). */
export const variance: VarFunction = (x, dim, options) => {
  requireFloating('var', x);
  const dims = normalizeDims('var', dim, x.ndim);
  const number = count(x.shape, dims);
  const divisor = Math.max(number - (options?.correction ?? 1), 0);
  return finish(apply(varOp, [x], { dims, count: number, divisor }), dims, options?.keepdim) as never;
};

/**
 * The root of a sum of squares, which rounding may have left below 0. Its derivative at 0 is 0: that of the root is infinite, and 0 times it NaN, so the root
 * of 1 is taken there and the result masked.
 */
export const rootOfSquares = elementwise('sqrt', (squares: Tensor) => {
  const none = le(squares, 0) as Tensor;
  return where(none, 0, sqrt(where(none, 1, squares) as Tensor)) as Tensor;
}) as (squares: Tensor) => Tensor;

/** The square root of the variance; its derivative is 0 where the data are constant. */
export const std: VarFunction = composite('std', (x: Tensor, dim?: Dims, options?: VarOptions) =>
  rootOfSquares(variance(x, dim, options) as Tensor),
) as VarFunction;

function extremum(name: 'amax' | 'amin', kernel: 'max' | 'min'): ReduceFunction {
  const op: Primitive<readonly number[]> & Traceable = {
    name,
    reduction: kernel === 'max' ? 'max' : undefined,
    savesOutput: true,
    // Ties share the gradient evenly.
    vjp: (g, n) => {
      const x = n.tensorInput(0);
      // Where the output is NaN, it came from the NaN elements.
      const ties = logicalOr(eq(x, n.output()), ne(x, x));
      const share = div(g, to(sum(ties, n.attributes, { keepdim: true }), g.dtype));
      return [where(ties, share, 0)];
    },
    forward: (inputs, dims) => {
      const x = inputs[0] as Tensor;
      requireElements(name, x, dims);
      return reduceKernel(kernel, x, dims, x.dtype);
    },
  };
  return (x, dim, options) => {
    requireTensor(name, x);
    const dims = normalizeDims(name, dim, x.ndim);
    return finish(apply(op, [x], dims), dims, options?.keepdim) as never;
  };
}
/** The largest element over the dims (default: all), NaN if one is NaN; ties share the gradient evenly. */
export const amax: ReduceFunction = extremum('amax', 'max');
/** The smallest element over the dims (default: all), NaN if one is NaN; ties share the gradient evenly. */
export const amin: ReduceFunction = extremum('amin', 'min');

/** One dim, or all. */
export type ArgReduceFunction = ReduceFunction<'tensor', unknown, number | undefined>;
export type ArgReduceMethod = ReduceMethod<'tensor', unknown, number | undefined>;

function argExtremum(name: 'argmax' | 'argmin'): ArgReduceFunction {
  const op: Primitive<readonly number[]> = {
    name,
    vjp: null,
    why: 'an index moves in jumps',
    forward: (inputs, dims) => {
      const x = inputs[0] as Tensor;
      if (x.dtype === 'bool')
        throw new DTypeError(`${name}: expected numbers, got bool. Convert first: x.to('int32').`);
      requireElements(name, x, dims);
      return reduceKernel(name, x, dims, 'int32');
    },
  };
  return (x, dim, options) => {
    requireTensor(name, x);
    const dims =
      dim === undefined ? normalizeDims(name, undefined, x.ndim) : normalizeDims(name, [dim], x.ndim);
    return finish(apply(op, [x], dims), dims, options?.keepdim) as never;
  };
}
/** int32: the index of the largest element, the first one of equals; without a dim, into the flattened tensor. */
export const argmax: ArgReduceFunction = argExtremum('argmax');
/** int32: the index of the smallest element, the first one of equals; without a dim, into the flattened tensor. */
export const argmin: ArgReduceFunction = argExtremum('argmin');
