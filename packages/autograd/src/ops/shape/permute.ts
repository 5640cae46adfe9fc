import { ArgumentError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { MatrixTranspose, MoveDim } from '../../tensor/shapeTypes/moves.js';
import type { Permute, Shape, Transpose } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';

const permuteOp: Primitive<readonly number[]> = {
  name: 'permute',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const order = n.attributes;
    const back = new Array<number>(order.length);
    for (let i = 0; i < order.length; i++) back[order[i]] = i;
    return [apply(permuteOp, [g], back)];
  },
  forward: (inputs, dims) => {
    const x = inputs[0] as Tensor;
    const rank = dims.length;
    const shape = new Array<number>(rank);
    const strides = new Array<number>(rank);
    for (let i = 0; i < rank; i++) {
      shape[i] = x.shape[dims[i]];
      strides[i] = x.strides[dims[i]];
    }
    return view(x, x.offset, shape, strides);
  },
};

/** The dims in another order, for an order that is known to be one. */
export function permuteTo(x: Tensor, order: readonly number[]): Tensor {
  return apply(permuteOp, [x], order);
}

/** The dims in another order; shares memory. */
export function permute<S extends Shape, const P extends readonly number[]>(
  x: Tensor<S>,
  dims: P,
): Tensor<Permute<S, P>> {
  requireTensor('permute', x);
  if (!Array.isArray(dims))
    throw new ArgumentError(
      `permute: expected the dims in their new order, such as [1, 0], got ${show(dims)}.`,
    );
  const order = dims.map(d => normalizeDim('permute', d, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== order.length)
    throw new IndexError(
      `permute: expected each of the ${x.ndim} dims of shape ${showShape(x.shape)} once, got ${showShape(dims)}.`,
    );
  return permuteTo(x, order) as Tensor<Permute<S, P>>;
}

export type TransposeFunction = <S extends Shape, const D0 extends number, const D1 extends number>(
  x: Tensor<S>,
  dim0: D0,
  dim1: D1,
) => Tensor<Transpose<S, D0, D1>>;

function swapping(op: string): TransposeFunction {
  return ((x: Tensor, dim0: number, dim1: number) => {
    requireTensor(op, x);
    const a = normalizeDim(op, dim0, x.ndim);
    const b = normalizeDim(op, dim1, x.ndim);
    const order = new Array<number>(x.ndim);
    for (let i = 0; i < order.length; i++) order[i] = i === a ? b : i === b ? a : i;
    return permuteTo(x, order);
  }) as TransposeFunction;
}

/** Two dims swapped; shares memory. */
export const transpose: TransposeFunction = swapping('transpose');
/** The same as `transpose`: NumPy's name for it. */
export const swapaxes: TransposeFunction = swapping('swapaxes');
/** The same as `transpose`: PyTorch's other name for it. */
export const swapdims: TransposeFunction = swapping('swapdims');

/** A matrix with rows and columns swapped; vectors and scalars as they are. Shares memory. */
export function t<S extends Shape>(x: Tensor<S>): Tensor<MatrixTranspose<S>>;
export function t(x: Tensor): Tensor {
  requireTensor('t', x);
  if (x.ndim > 2)
    throw new ShapeError(
      `t: expected a matrix at most, got shape ${showShape(x.shape)}. Use transpose, which names the dims to swap.`,
    );
  return x.ndim < 2 ? x : permuteTo(x, [1, 0]);
}

export type MoveDimFunction = <
  S extends Shape,
  const From extends number | readonly number[],
  const To extends number | readonly number[],
>(
  x: Tensor<S>,
  source: From,
  destination: To,
) => Tensor<MoveDim<S, From, To>>;

/** The dims that a list names, counted from the front; throws where one appears twice. */
function distinctDims(op: string, what: string, dims: number | readonly number[], rank: number): number[] {
  const given = typeof dims === 'number' ? [dims] : dims;
  if (!Array.isArray(given))
    throw new ArgumentError(`${op}: ${what} is ${show(dims)}; expected a dim, or a list of dims.`);
  const list = given.map(d => normalizeDim(op, d, rank));
  list.forEach((d, i) => {
    if (list.indexOf(d) !== i)
      throw new IndexError(`${op}: ${what} ${show(dims)} names dim ${d} twice: name each dim once.`);
  });
  return list;
}

function moving(op: string): MoveDimFunction {
  return ((x: Tensor, source: number | readonly number[], destination: number | readonly number[]) => {
    requireTensor(op, x);
    const from = distinctDims(op, 'source', source, x.ndim);
    const to = distinctDims(op, 'destination', destination, x.ndim);
    if (from.length !== to.length)
      throw new ArgumentError(
        `${op}: source ${show(source)} and destination ${show(destination)} name ${from.length} and ${to.length} dims; they must be as many.`,
      );
    if (x.ndim === 0) return permuteTo(x, []);
    const rest = x.shape.map((_, i) => i).filter(d => !from.includes(d));
    let next = 0;
    return permuteTo(
      x,
      x.shape.map((_, i) => {
        const moved = to.indexOf(i);
        return moved >= 0 ? from[moved] : rest[next++];
      }),
    );
  }) as MoveDimFunction;
}

/** Dim `source` moved to position `destination` (or several), the others in their order; shares memory. */
export const movedim: MoveDimFunction = moving('movedim');
/** The same as `movedim`: NumPy's name for it. */
export const moveaxis: MoveDimFunction = moving('moveaxis');
