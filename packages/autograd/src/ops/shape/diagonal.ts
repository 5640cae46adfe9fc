import { ArgumentError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { DiagEmbed, Diagonal } from '../../tensor/shapeTypes/moves.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, requireTensor } from '../define.js';
import { partOps } from './part.js';

export interface DiagonalViewOptions<
  O extends number = number,
  D1 extends number = number,
  D2 extends number = number,
> {
  /** Which diagonal: 0 the main one, positive ones above it, negative ones below. Default 0. */
  readonly offset?: O;
  /** The dim of the rows. Default 0 for `diagonal`, -2 for `diagEmbed`. */
  readonly dim1?: D1;
  /** The dim of the columns. Default 1 for `diagonal`, -1 for `diagEmbed`. */
  readonly dim2?: D2;
}

interface Line {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

/** The diagonal as the last dim, after the dims that are left. */
function lineOf(x: Tensor, { offset, dim1, dim2 }: Line): Tensor {
  const row = Math.max(-offset, 0);
  const column = Math.max(offset, 0);
  const length = Math.max(Math.min(x.shape[dim1] - row, x.shape[dim2] - column), 0);
  const rest = x.shape.map((_, i) => i).filter(i => i !== dim1 && i !== dim2);
  return view(
    x,
    length === 0 ? x.offset : x.offset + row * x.strides[dim1] + column * x.strides[dim2],
    [...rest.map(i => x.shape[i]), length],
    [...rest.map(i => x.strides[i]), x.strides[dim1] + x.strides[dim2]],
  );
}

const line = partOps('diagonal', 'diagEmbed', lineOf);

function lineArguments(op: string, rank: number, { offset, dim1, dim2 }: Line): Line {
  if (!Number.isInteger(offset))
    throw new ArgumentError(`${op}: offset is ${show(offset)}; expected a whole number.`);
  const a = normalizeDim(op, dim1, rank);
  const b = normalizeDim(op, dim2, rank);
  if (a === b)
    throw new IndexError(`${op}: dim1 ${dim1} and dim2 ${dim2} are both dim ${a}; they must be different.`);
  return { offset, dim1: a, dim2: b };
}

/** x[i, i + offset] of two dims, as the last dim after those that are left; shares memory. */
export function diagonal<
  S extends Shape,
  const O extends number = 0,
  const D1 extends number = 0,
  const D2 extends number = 1,
>(x: Tensor<S>, options?: DiagonalViewOptions<O, D1, D2>): Tensor<Diagonal<S, O, D1, D2>>;
export function diagonal(x: Tensor, { offset = 0, dim1 = 0, dim2 = 1 }: DiagonalViewOptions = {}): Tensor {
  requireTensor('diagonal', x);
  if (x.ndim < 2)
    throw new ShapeError(
      `diagonal: expected 2 dims or more, got shape ${showShape(x.shape)}. A diagonal is that of a matrix.`,
    );
  return apply(line.take, [x], lineArguments('diagonal', x.ndim, { offset, dim1, dim2 }));
}

/** The vectors of the last dim as diagonals of square matrices that are 0 elsewhere: the adjoint of `diagonal`. */
export function diagEmbed<
  S extends Shape,
  const O extends number = 0,
  const D1 extends number = -2,
  const D2 extends number = -1,
>(x: Tensor<S>, options?: DiagonalViewOptions<O, D1, D2>): Tensor<DiagEmbed<S, O, D1, D2>>;
export function diagEmbed(x: Tensor, { offset = 0, dim1 = -2, dim2 = -1 }: DiagonalViewOptions = {}): Tensor {
  requireTensor('diagEmbed', x);
  if (x.ndim === 0)
    throw new ShapeError('diagEmbed: expected vectors, got a scalar. Unsqueeze it to one of one element.');
  const part = lineArguments('diagEmbed', x.ndim + 1, { offset, dim1, dim2 });
  const size = x.shape[x.ndim - 1] + Math.abs(part.offset);
  const rest = x.shape.slice(0, -1);
  let next = 0;
  const shape = Array.from({ length: x.ndim + 1 }, (_, i) =>
    i === part.dim1 || i === part.dim2 ? size : rest[next++],
  );
  return apply(line.put, [x], { part, shape, value: 0 });
}
