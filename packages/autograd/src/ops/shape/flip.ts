import { ArgumentError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim, normalizeDims } from '../../tensor/shape.js';
import type { SameRank } from '../../tensor/shapeTypes/moves.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';
import { permuteTo } from './permute.js';

const flipOp: Primitive<readonly number[]> = {
  name: 'flip',
  savesInput: savesNothing,
  vjp: (g, n) => [flipped(g, n.attributes)],
  forward: (inputs, dims) => {
    const x = inputs[0] as Tensor;
    const strides = x.strides.slice();
    let { offset } = x;
    for (const d of dims) {
      offset += Math.max(x.shape[d] - 1, 0) * strides[d];
      strides[d] *= -1;
    }
    return view(x, offset, x.shape, strides);
  },
};

function flipped(x: Tensor, dims: readonly number[]): Tensor {
  return apply(flipOp, [x], dims);
}

/** The elements of the dims in the opposite order; shares memory (the strides become negative). */
export function flip<S extends Shape>(x: Tensor<S>, dims: number | readonly number[]): Tensor<S> {
  requireTensor('flip', x);
  if (typeof dims !== 'number' && !Array.isArray(dims))
    throw new ArgumentError(`flip: expected a dim, or a list of dims, to flip, got ${show(dims)}.`);
  return flipped(x, normalizeDims('flip', dims, x.ndim)) as Tensor<S>;
}

function flipping(op: string, dim: number): <S extends Shape>(x: Tensor<S>) => Tensor<S> {
  return <S extends Shape>(x: Tensor<S>) => {
    requireTensor(op, x);
    if (x.ndim <= dim)
      throw new ShapeError(
        `${op}: shape ${showShape(x.shape)} has no dim ${dim} to flip; expected ${dim + 1} dims or more.`,
      );
    return flipped(x, [dim]) as Tensor<S>;
  };
}
/** Left and right exchanged: dim 1 in the opposite order; shares memory. */
export const fliplr: <S extends Shape>(x: Tensor<S>) => Tensor<S> = flipping('fliplr', 1);
/** Up and down exchanged: dim 0 in the opposite order; shares memory. */
export const flipud: <S extends Shape>(x: Tensor<S>) => Tensor<S> = flipping('flipud', 0);

/**
 * Turned by `k` times 90 degrees in the plane of two dims, from the first towards the second (k may be negative; default dims: [0, 1]). Shares memory.
 */
export function rot90<S extends Shape>(
  x: Tensor<S>,
  k?: number,
  dims?: readonly [number, number],
): Tensor<SameRank<S>>;
export function rot90(x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor {
  requireTensor('rot90', x);
  if (!Number.isInteger(k))
    throw new ArgumentError(`rot90: k is ${show(k)}; expected a whole number of quarter turns.`);
  if (!Array.isArray(dims) || dims.length !== 2)
    throw new ArgumentError(`rot90: dims is ${show(dims)}; expected two dims, such as [0, 1].`);
  if (x.ndim < 2) throw new ShapeError(`rot90: expected 2 dims or more, got shape ${showShape(x.shape)}.`);
  const [a, b] = dims.map(d => normalizeDim('rot90', d, x.ndim));
  if (a === b)
    throw new IndexError(`rot90: dims ${show(dims)} name dim ${a} twice; a plane has two different ones.`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) return flipped(x, [a, b]);
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return permuteTo(flipped(x, [turns === 1 ? b : a]), order);
}
