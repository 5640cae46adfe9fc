import { ArgumentError, IndexError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { Permute, Shape, Transpose } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';

const permuteOp: Primitive<readonly number[]> = {
  name: 'permute',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const back = new Array<number>(n.attributes.length);
    n.attributes.forEach((d, i) => {
      back[d] = i;
    });
    return [apply(permuteOp, [g], back)];
  },
  forward: (inputs, dims) => {
    const x = inputs[0] as Tensor;
    return view(
      x,
      x.offset,
      dims.map(d => x.shape[d]),
      dims.map(d => x.strides[d]),
    );
  },
};

/** The dims in another order; shares memory. */
export function permute<S extends Shape, const P extends readonly number[]>(
  x: Tensor<S>,
  dims: P,
): Tensor<Permute<S, P>> {
  if (!Array.isArray(dims))
    throw new ArgumentError(
      `permute: expected the dims in their new order, such as [1, 0], got ${show(dims)}.`,
    );
  const order = dims.map(d => normalizeDim('permute', d, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== order.length)
    throw new IndexError(
      `permute: expected each of the ${x.ndim} dims of shape ${showShape(x.shape)} once, got ${showShape(dims)}.`,
    );
  return apply(permuteOp, [x], order) as Tensor<Permute<S, P>>;
}

/** Two dims swapped; shares memory. */
export function transpose<S extends Shape, const D0 extends number, const D1 extends number>(
  x: Tensor<S>,
  dim0: D0,
  dim1: D1,
): Tensor<Transpose<S, D0, D1>> {
  const a = normalizeDim('transpose', dim0, x.ndim);
  const b = normalizeDim('transpose', dim1, x.ndim);
  const order = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return apply(permuteOp, [x], order) as unknown as Tensor<Transpose<S, D0, D1>>;
}
