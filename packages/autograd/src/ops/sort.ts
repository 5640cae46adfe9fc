import { kernels } from '@fluxion/kernels';
import { ArgumentError, show, showShape } from '../errors.js';
import { record } from '../graph/record.js';
import { raw } from '../tensor/raw.js';
import { normalizeDim } from '../tensor/shape.js';
import type { IndexSelect, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Extrema } from './composite/extrema.js';
import { apply, composite, type Primitive, requireTensor, savesNothing } from './define.js';
import { addedUp, asVector } from './lanes.js';
import { reshapeTo } from './shape.js';

interface Order {
  readonly dim: number;
  readonly descending: boolean;
  /** How many, from the first. */
  readonly count: number;
}

/** Outputs: the values, and where each was found. */
const sortOp: Primitive<Order> = {
  name: 'sort',
  savesInput: savesNothing,
  savesOutput: true,
  forward: () => {
    throw new TypeError('sort has two outputs: sorted() below runs it');
  },
  vjp: (g, n) => [addedUp(n.inputShape(0), n.attributes.dim, n.output(1), g)],
};

function sorted(x: Tensor, order: Order): readonly [values: Tensor, indices: Tensor] {
  const shape = x.shape.with(order.dim, order.count);
  const values = raw(shape, x.dtype) as Tensor;
  const indices = raw(shape, 'int32') as Tensor;
  kernels().sort(x, order.dim, order.descending, values, indices);
  record(sortOp, [x], order, [values, indices]);
  return [values, indices];
}

const argsortOp: Primitive<Order> = {
  name: 'argsort',
  vjp: null,
  why: 'an index moves in jumps',
  forward: (inputs, { dim, descending, count }) => {
    const x = inputs[0] as Tensor;
    const out = raw(x.shape.with(dim, count), 'int32');
    kernels().sort(x, dim, descending, null, out);
    return out;
  },
};

/** int32: where the first `count` in order are found along a dim of a tensor that has one. */
export function firstInOrder(x: Tensor, order: Order): Tensor {
  return apply(argsortOp, [x], order);
}

export interface SortOptions {
  /** Whether the largest comes first. Default false. */
  readonly descending?: boolean;
}

export type SortFunction = <S extends Shape>(x: Tensor<S>, dim?: number, options?: SortOptions) => Extrema<S>;
export type SortMethod = <S extends Shape>(
  this: Tensor<S>,
  dim?: number,
  options?: SortOptions,
) => Extrema<S>;
export type ArgsortFunction = <S extends Shape>(
  x: Tensor<S>,
  dim?: number,
  options?: SortOptions,
) => Tensor<S>;
export type ArgsortMethod = <S extends Shape>(
  this: Tensor<S>,
  dim?: number,
  options?: SortOptions,
) => Tensor<S>;

function orderOf(op: string, x: Tensor, dim: number, { descending = false }: SortOptions = {}): Order {
  requireTensor(op, x);
  const d = normalizeDim(op, dim, x.ndim);
  if (typeof descending !== 'boolean')
    throw new ArgumentError(`${op}: descending is ${show(descending)}; expected true or false.`);
  return { dim: d, descending, count: x.ndim === 0 ? 1 : x.shape[d] };
}

const sortParts = composite('sort', (x: Tensor, dim: number, options?: SortOptions) => {
  const order = orderOf('sort', x, dim, options);
  return sorted(asVector(x), order).map(t => reshapeTo(t, x.shape));
});

/**
 * `{ values, indices }` along a dim (default: the last) in ascending order, or descending if asked for; indices are int32. Always stable: equal elements keep their order. NaN
 * counts as larger than everything. The gradient of each value goes where it was found. Any dtype.
 */
export const sort: SortFunction = ((x: Tensor, dim = -1, options?: SortOptions) => {
  const [values, indices] = sortParts(x, dim, options);
  return { values, indices };
}) as SortFunction;

/** The int32 indices that sort a dim (default: the last): see `sort`. */
export const argsort: ArgsortFunction = ((x: Tensor, dim = -1, options?: SortOptions) => {
  const order = orderOf('argsort', x, dim, options);
  return reshapeTo(firstInOrder(asVector(x), order), x.shape);
}) as ArgsortFunction;

/** The values in ascending order along the first dim. */
export const msort: <S extends Shape>(x: Tensor<S>) => Tensor<S> = composite('msort', (x: Tensor) => {
  const order = orderOf('msort', x, 0);
  return reshapeTo(sorted(asVector(x), order)[0], x.shape);
}) as never;

export interface TopkOptions {
  /** Whether the largest are wanted. Otherwise the smallest. Default true. */
  readonly largest?: boolean;
}

export type TopkFunction = <S extends Shape, const K extends number, const D extends number = -1>(
  x: Tensor<S>,
  k: K,
  dim?: D,
  options?: TopkOptions,
) => Extrema<IndexSelect<S, D, K>>;
export type TopkMethod = <S extends Shape, const K extends number, const D extends number = -1>(
  this: Tensor<S>,
  k: K,
  dim?: D,
  options?: TopkOptions,
) => Extrema<IndexSelect<S, D, K>>;

const topkParts = composite('topk', (x: Tensor, k: number, dim: number, { largest = true }: TopkOptions) => {
  if (typeof largest !== 'boolean')
    throw new ArgumentError(`topk: largest is ${show(largest)}; expected true or false.`);
  const order = orderOf('topk', x, dim, { descending: largest });
  if (!Number.isInteger(k) || k < 0 || k > order.count)
    throw new ArgumentError(
      `topk: k is ${show(k)}; expected a whole number from 0 to the ${order.count} elements along dim ${order.dim} of shape ${showShape(x.shape)}.`,
    );
  const parts = sorted(asVector(x), { ...order, count: k });
  return x.ndim === 0 && k === 1 ? parts.map(t => reshapeTo(t, [])) : parts;
});

/**
 * `{ values, indices }` of the k largest elements along a dim (default: the last), the largest first; or of the k smallest. Of equals the first ones are
 * taken. NaN counts as larger than everything.
 */
export const topk: TopkFunction = ((x: Tensor, k: number, dim: number = -1, options: TopkOptions = {}) => {
  const [values, indices] = topkParts(x, k, dim, options);
  return { values, indices };
}) as never;
