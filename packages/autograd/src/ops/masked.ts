import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import { broadcastShapes } from '../tensor/shape.js';
import type { Broadcast, Fits, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { truePlaces } from './atIndex.js';
import { composite, requireTensor, withoutDerivative } from './define.js';
import { checkSource, int32 } from './lanes.js';
import { pick, put } from './places.js';
import { expand, reshapeTo, select, slice } from './shape.js';

interface Masked {
  /** x expanded to the shape that it and the mask broadcast to. */
  readonly x: Tensor;
  /** Where the mask holds, in C order. */
  readonly places: Tensor;
  readonly dims: readonly number[];
}

function masked(op: string, x: Tensor, mask: Tensor): Masked {
  if (!(mask instanceof Tensor) || mask.dtype !== 'bool')
    throw new DTypeError(
      `${op}: expected a bool tensor as mask, got ${mask instanceof Tensor ? mask.dtype : show(mask)}. Compare first: x.ne(0).`,
    );
  const shape = broadcastShapes(op, x.shape, mask.shape);
  const wide = expand(x, shape) as Tensor;
  const flags = kernels().read(expand(mask, shape) as Tensor);
  const places: number[] = [];
  for (let i = 0; i < flags.length; i++) if (flags[i] !== 0) places.push(i);
  const vector = wide.ndim === 0 ? reshapeTo(wide, [1]) : wide;
  return { x: vector, places: int32(places), dims: vector.shape.map((_, d) => d) };
}

/** The elements where the mask (bool) holds, as a vector in C order. Both broadcast against each other. */
export const maskedSelect: <A extends Shape, M extends Shape>(
  x: Tensor<A>,
  mask: Tensor<M> & Fits<'maskedSelect', A, M>,
) => Tensor<[number]> = composite('maskedSelect', (x: Tensor, mask: Tensor) => {
  const at = masked('maskedSelect', x, mask);
  return pick(at.x, at.places, at.dims, true);
}) as never;

/**
 * A copy of x, broadcast against the mask (bool), in which the places where it holds are given the elements of the source one after the other, both in C order. The source has
 * x's dtype and at least as many elements as there are places.
 */
export const maskedScatter: <A extends Shape, M extends Shape>(
  x: Tensor<A>,
  mask: Tensor<M> & Fits<'maskedScatter', A, M>,
  source: Tensor,
) => Tensor<Broadcast<A, M>> = composite('maskedScatter', (x: Tensor, mask: Tensor, source: Tensor) => {
  const op = 'maskedScatter';
  if (!(source instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as source, got ${show(source)}. Use maskedFill.`);
  checkSource(op, x, source);
  const shape = mask instanceof Tensor ? broadcastShapes(op, x.shape, mask.shape) : x.shape;
  const at = masked(op, x, mask);
  if (source.size < at.places.size)
    throw new ShapeError(
      `${op}: the mask holds at ${at.places.size} places, but a source of shape ${showShape(source.shape)} has ${source.size} elements. Give one for every place.`,
    );
  const values = slice(reshapeTo(source, [source.size]), 0, { end: at.places.size }) as Tensor;
  return reshapeTo(put('assign', at.x, at.places, values, { dims: at.dims, distinct: true }), shape);
}) as never;

const nonzeroOp = withoutDerivative<string>('nonzero', 'its output is int32', ([x]) =>
  coordinates(x as Tensor),
);
const argwhereOp = withoutDerivative<undefined>('argwhere', 'its output is int32', ([x]) =>
  coordinates(x as Tensor),
);

/** int32 [n, dims]: the coordinates of the elements other than 0, NaN among them, in C order. */
function coordinates(x: Tensor): Tensor {
  const lists = truePlaces(kernels().read(x), x.shape);
  if (x.ndim === 0) return int32([], [kernels().read(x)[0] === 0 ? 0 : 1, 0]);
  const count = lists[0].length;
  const flat = new Int32Array(count * x.ndim);
  for (let d = 0; d < x.ndim; d++) for (let i = 0; i < count; i++) flat[i * x.ndim + d] = lists[d][i];
  return int32(flat, [count, x.ndim]);
}

export interface NonzeroOptions<T extends boolean = boolean> {
  /** Whether to return a list with a vector for every dim, ready to be given to `at`; a scalar counts as a vector then. Default false. */
  readonly asTuple?: T;
}

export interface NonzeroFunction {
  <S extends Shape>(
    x: Tensor<S>,
    options: NonzeroOptions<true> & { readonly asTuple: true },
  ): Tensor<[number]>[];
  <S extends Shape>(x: Tensor<S>, options?: NonzeroOptions<false>): Tensor<[number, S['length']]>;
}

export interface NonzeroMethod {
  <S extends Shape>(
    this: Tensor<S>,
    options: NonzeroOptions<true> & { readonly asTuple: true },
  ): Tensor<[number]>[];
  <S extends Shape>(this: Tensor<S>, options?: NonzeroOptions<false>): Tensor<[number, S['length']]>;
}

/** int32 [n, dims]: the coordinates of the n elements other than 0 (NaN is one of them), in C order; or a list of one vector for every dim. */
export const nonzero: NonzeroFunction = ((x: Tensor, { asTuple = false }: NonzeroOptions = {}) => {
  requireTensor('nonzero', x);
  if (!asTuple) return nonzeroOp([x], '');
  const vector = x.ndim === 0 ? reshapeTo(x, [1]) : x;
  const list = nonzeroOp([vector], '');
  return vector.shape.map((_, d) => select(list, 1, d) as Tensor);
}) as NonzeroFunction;

/** int32 [n, dims]: the coordinates of the n elements other than 0, in C order. */
export const argwhere: <S extends Shape>(x: Tensor<S>) => Tensor<[number, S['length']]> = ((x: Tensor) => {
  requireTensor('argwhere', x);
  return argwhereOp([x], undefined);
}) as never;
