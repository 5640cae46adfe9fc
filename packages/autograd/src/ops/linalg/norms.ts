import { ArgumentError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { normalizeDim, normalizeDims } from '../../tensor/shape.js';
import type { Reduce, Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite, requireFloating } from '../define.js';
import { pNorm } from '../pNorm.js';
import type { Dims, ReduceOptions } from '../reduce.js';
import { reshapeTo } from '../shape.js';
import { signOfDet } from './det.js';
import { inverse } from './solve.js';
import { asColumn, batchOf, identityLike, requireMatrix, requireSquare } from './support.js';
import { decompose } from './svd.js';
import type { Batch } from './types.js';
import { abs, amax, amin, div, eq, mul, permute, sum, where } from './untyped.js';

const keep = { keepdim: true } as const;

function without(x: Tensor, dims: readonly number[], keepdim: boolean | undefined): Tensor {
  if (keepdim === true) return x;
  return reshapeTo(
    x,
    x.shape.filter((_, i) => !dims.includes(i)),
  );
}

/** Throws where an extremum of nothing would be asked for. */
function requireElements(op: string, ord: unknown, shape: readonly number[], dims: readonly number[]): void {
  for (const d of dims)
    if (shape[d] === 0)
      throw new ShapeError(
        `${op}: dim ${d} of shape ${showShape(shape)} is empty, and nothing has no norm of order ${show(ord)}. Use another order, such as 2 ` +
          "for vectors or 'fro' for matrices.",
      );
}

export type VectorNormFunction = <
  S extends Shape,
  const D extends Dims = undefined,
  const K extends boolean = false,
>(
  x: Tensor<S>,
  ord?: number,
  dim?: D,
  options?: ReduceOptions<K>,
) => Tensor<Reduce<S, D, K>>;

/**
 * The norm of order `ord` (default 2) of vectors along the dims (default: all elements as one vector): (sum of |x|**ord)**(1/ord), the
 * largest or smallest |x| for plus and minus infinity, the number of elements other than 0 for 0 (which has no derivative). The gradient is
 * 0 where the norm is 0; ties of the largest and smallest share it evenly.
 */
export const vectorNorm: VectorNormFunction = composite(
  'vectorNorm',
  (x: Tensor, ord = 2, dim?: Dims, options: ReduceOptions = {}) => {
    requireFloating('vectorNorm', x);
    if (typeof ord !== 'number' || Number.isNaN(ord))
      throw new ArgumentError(
        `vectorNorm: ord is ${show(ord)}; expected a number, or plus or minus Infinity. Use matrixNorm for norms of matrices.`,
      );
    const dims = normalizeDims('vectorNorm', dim, x.ndim);
    if (ord < 0 || ord === Number.POSITIVE_INFINITY) requireElements('vectorNorm', ord, x.shape, dims);
    return pNorm(x, ord, dims, options);
  },
) as VectorNormFunction;

/** Frobenius and nuclear norm; the largest (negative: smallest) sum of a column for 1, of a row for Infinity, singular value for 2. */
export type MatrixNormOrder = 'fro' | 'nuc' | number;

const orders: readonly unknown[] = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity];

export type MatrixNormFunction = <
  S extends Shape,
  const D extends readonly [number, number] = [-2, -1],
  const K extends boolean = false,
>(
  x: Tensor<S>,
  ord?: MatrixNormOrder,
  dim?: D,
  options?: ReduceOptions<K>,
) => Tensor<Reduce<S, D, K>>;

/**
 * A norm of the matrices in two dims (default: the last two): `fro` (default), `nuc`, 1, -1, 2, -2, Infinity or -Infinity; see
 * `MatrixNormOrder`. The gradient of `fro`, 1 and Infinity is 0 at 0; ties of the largest and smallest share it evenly.
 */
export const matrixNorm: MatrixNormFunction = composite(
  'matrixNorm',
  (
    x: Tensor,
    ord: MatrixNormOrder = 'fro',
    dim: readonly [number, number] = [-2, -1],
    options: ReduceOptions = {},
  ) => {
    requireMatrix('matrixNorm', x);
    if (!orders.includes(ord))
      throw new ArgumentError(
        `matrixNorm: ord is ${show(ord)}; expected one of ${orders.map(show).join(', ')}. Use vectorNorm for other orders.`,
      );
    if (!Array.isArray(dim) || dim.length !== 2)
      throw new ArgumentError(`matrixNorm: dim is ${show(dim)}; expected two dims, such as [-2, -1].`);
    const [row, column] = dim.map(d => normalizeDim('matrixNorm', d, x.ndim));
    if (row === column)
      throw new IndexError(
        `matrixNorm: dim ${row} appears twice in ${showShape(dim)}: a matrix has two different dims.`,
      );
    return without(matrix('matrixNorm', x, ord, row, column), [row, column], options.keepdim);
  },
) as never;

/** With the two dims kept, of size 1. */
function matrix(op: string, x: Tensor, ord: MatrixNormOrder, row: number, column: number): Tensor {
  if (ord === 'fro') return pNorm(x, 2, [row, column], keep);
  if (ord === 'nuc' || Math.abs(ord) === 2) {
    if (ord !== 'nuc') requireElements(op, ord, x.shape, [row, column]);
    const rest = x.shape.map((_, i) => i).filter(i => i !== row && i !== column);
    const s = decompose(op, permute(x, [...rest, row, column]))[1];
    const value = ord === 'nuc' ? sum(s, -1) : ord > 0 ? amax(s, -1) : amin(s, -1);
    return reshapeTo(
      value,
      x.shape.map((size, i) => (rest.includes(i) ? size : 1)),
    );
  }
  const [summed, compared] = Math.abs(ord) === 1 ? [row, column] : [column, row];
  requireElements(op, ord, x.shape, [compared]);
  const sums = sum(abs(x), summed, keep);
  return ord > 0 ? amax(sums, compared, keep) : amin(sums, compared, keep);
}

/**
 * The condition number [...] of a [..., m, n]: for `ord` 2 (default) and -2 the quotient of the largest and the smallest singular value, or its
 * inverse; for the other orders of `matrixNorm` that of the matrix times that of its inverse, infinite for a singular matrix. 0 for
 * matrices without elements.
 */
export const cond: <S extends Shape>(a: Tensor<S>, ord?: MatrixNormOrder) => Tensor<Batch<S>> = composite(
  'cond',
  (a: Tensor, ord: MatrixNormOrder = 2) => {
    requireMatrix('cond', a);
    if (!orders.includes(ord))
      throw new ArgumentError(`cond: ord is ${show(ord)}; expected one of ${orders.map(show).join(', ')}.`);
    const both = (x: Tensor): Tensor => {
      const value = matrix('cond', x, ord, x.ndim - 2, x.ndim - 1);
      return reshapeTo(value, batchOf(x));
    };
    if (a.size === 0) return sum(abs(a), [-2, -1]);
    if (ord === 2 || ord === -2) {
      const s = decompose('cond', a)[1];
      const [largest, smallest] = [amax(s, -1), amin(s, -1)];
      return ord === 2 ? div(largest, smallest) : div(smallest, largest);
    }
    requireSquare('cond', a);
    const n = a.shape[a.ndim - 1];
    const singular = eq(signOfDet(a), 0);
    const safe = where(asColumn(asColumn(singular)), identityLike(a, n), a);
    const value = mul(both(safe), both(inverse('cond', safe)));
    return where(singular, Number.POSITIVE_INFINITY, value);
  },
) as never;
