import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { broadcastShapes, normalizeDim } from '../../tensor/shape.js';
import type { Reduce, Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, logicalXor, mul, sub } from '../binary.js';
import { composite, notATensor, requireFloating } from '../define.js';
import { sum } from '../reduce.js';
import { cumsum } from '../scan.js';
import { cat, reshapeTo, slice } from '../shape.js';
import { clone } from '../unary.js';

export interface DiffOptions {
  /** How many times differences are taken; 0 gives x back, whatever is put before or behind. Default 1. */
  readonly n?: number;
  /** Default -1. */
  readonly dim?: number;
  /** Put before x along the dim first; all other sizes must be equal. */
  readonly prepend?: Tensor;
  /** Put behind x along the dim first; all other sizes must be equal. */
  readonly append?: Tensor;
}

/** All but the first, and all but the last index of a dim. */
function neighbours(x: Tensor, dim: number): [later: Tensor, earlier: Tensor] {
  return [
    slice(x, dim, { start: 1 }) as Tensor,
    slice(x, dim, { end: Math.max(x.shape[dim] - 1, 0) }) as Tensor,
  ];
}

function extended(x: Tensor, dim: number, { prepend, append }: DiffOptions): Tensor {
  const parts = Object.entries({ prepend, x, append }).flatMap(([name, part]) => {
    if (part === undefined) return [];
    if (!(part instanceof Tensor)) throw notATensor('diff', part);
    if (part.dtype !== x.dtype)
      throw new DTypeError(
        `diff: ${name} is ${part.dtype} and x is ${x.dtype}; they must be the same. Convert one: ${name}.to('${x.dtype}').`,
      );
    if (part.ndim !== x.ndim || part.shape.some((size, d) => d !== dim && size !== x.shape[d]))
      throw new ShapeError(
        `diff: ${name} has shape ${showShape(part.shape)}, x has ${showShape(x.shape)}: all sizes but that of dim ${dim} must be equal.`,
      );
    return [part];
  });
  return parts.length === 1 ? x : cat(parts, dim);
}

/**
 * Differences of neighbours along a dim, x[i + 1] - x[i], `n` times over; each time the dim loses one place, down to none. Of bool tensors,
 * whether neighbours differ.
 */
export const diff: (x: Tensor, options?: DiffOptions) => Tensor = composite(
  'diff',
  (x: Tensor, options: DiffOptions = {}) => {
    const { n = 1, dim = -1 } = options;
    if (!Number.isInteger(n) || n < 0)
      throw new ArgumentError(`diff: n is ${show(n)}; expected a whole number from 0.`);
    if (x.ndim === 0)
      throw new ShapeError('diff: a scalar has no dim to take differences along. Use reshape([1]).');
    const d = normalizeDim('diff', dim, x.ndim);
    const all = extended(x, d, options);
    // As in PyTorch and NumPy: no differences leave x, without what was put to it.
    let y = n === 0 ? clone(x) : all;
    for (let i = 0; i < n && y.shape[d] > 0; i++) {
      const [later, earlier] = neighbours(y, d);
      y = (y.dtype === 'bool' ? logicalXor(later, earlier) : sub(later, earlier)) as Tensor;
    }
    return y;
  },
);

export interface TrapezoidOptions<D extends number = number> {
  /** Where the samples were taken: a vector, or a tensor that broadcasts to them. Default: `dx` apart. */
  readonly x?: Tensor;
  /** How far samples are apart; not together with `x`. Default 1. */
  readonly dx?: number;
  /** Default -1. */
  readonly dim?: D;
}

/** The areas under the straight lines between neighbours. */
function areas(name: string, y: Tensor, { x, dx = 1 }: TrapezoidOptions, dim: number): Tensor {
  const [later, earlier] = neighbours(y, dim);
  const heights = add(later, earlier) as Tensor;
  if (x === undefined) return mul(heights, dx / 2) as Tensor;
  return mul(heights, mul(widths(name, x, y, dim), 0.5) as Tensor) as Tensor;
}

/** How far the samples are apart, in a shape that broadcasts to theirs. */
function widths(name: string, x: Tensor, y: Tensor, dim: number): Tensor {
  const fits = x.ndim === 1 ? x.size === y.shape[dim] : x.ndim > 1;
  if (!fits)
    throw new ShapeError(
      `${name}: x has shape ${showShape(x.shape)}, dim ${dim} of y of shape ${showShape(y.shape)} has ${y.shape[dim]} samples. One place for each is needed.`,
    );
  const shape =
    x.ndim === 1
      ? y.shape.map((_, d) => (d === dim ? x.size : 1))
      : [...new Array<number>(Math.max(y.ndim - x.ndim, 0)).fill(1), ...x.shape];
  // Counted from the end: x may have dims that y has not.
  const at = shape.length - (y.ndim - dim);
  if (shape[at] !== y.shape[dim])
    throw new ShapeError(
      `${name}: x has shape ${showShape(x.shape)}, dim ${dim} of y of shape ${showShape(y.shape)} has ${y.shape[dim]} samples. One place for each is needed.`,
    );
  broadcastShapes(name, shape, y.shape);
  const [later, earlier] = neighbours(reshapeTo(x, shape), at);
  return sub(later, earlier) as Tensor;
}

function checked(name: string, y: Tensor, options: TrapezoidOptions): number {
  requireFloating(name, y);
  const { x, dx } = options;
  if (x !== undefined) {
    if (!(x instanceof Tensor)) throw notATensor(name, x);
    if (dx !== undefined)
      throw new ArgumentError(`${name}: got both x and dx = ${show(dx)}. Give one of them.`);
    if (x.dtype !== y.dtype)
      throw new DTypeError(
        `${name}: x is ${x.dtype} and y is ${y.dtype}; they must be the same. Convert one: x.to('${y.dtype}').`,
      );
  } else if (dx !== undefined && typeof dx !== 'number')
    throw new ArgumentError(`${name}: dx is ${show(dx)}; expected a number.`);
  if (y.ndim === 0)
    throw new ShapeError(`${name}: a scalar has no dim to integrate along. Use reshape([1]).`);
  return normalizeDim(name, options.dim ?? -1, y.ndim);
}

export interface TrapezoidFunction {
  <S extends Shape, const D extends number = -1>(
    y: Tensor<S>,
    options?: TrapezoidOptions<D> & { readonly x?: undefined },
  ): Tensor<Reduce<S, D>>;
  (y: Tensor, options?: TrapezoidOptions): Tensor;
}
export interface TrapezoidMethod {
  <S extends Shape, const D extends number = -1>(
    this: Tensor<S>,
    options?: TrapezoidOptions<D> & { readonly x?: undefined },
  ): Tensor<Reduce<S, D>>;
  (this: Tensor, options?: TrapezoidOptions): Tensor;
}

/** The integral along a dim of the straight lines between samples y (the trapezoidal rule); 0 of one sample. float32 or float64. */
export const trapezoid: TrapezoidFunction = composite(
  'trapezoid',
  (y: Tensor, options: TrapezoidOptions = {}) => {
    const dim = checked('trapezoid', y, options);
    // Counted from the end: x may have dims that y has not.
    return sum(areas('trapezoid', y, options, dim), dim - y.ndim) as Tensor;
  },
);

/** The integral from the first sample up to every further one: `trapezoid` as a running sum; one place shorter than y. float32 or float64. */
export const cumulativeTrapezoid: (y: Tensor, options?: TrapezoidOptions) => Tensor = composite(
  'cumulativeTrapezoid',
  (y: Tensor, options: TrapezoidOptions = {}) => {
    const dim = checked('cumulativeTrapezoid', y, options);
    return cumsum(areas('cumulativeTrapezoid', y, options, dim), dim - y.ndim) as Tensor;
  },
);
