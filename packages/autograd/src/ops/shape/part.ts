import { kernels } from '@fluxion/kernels';
import { raw, view } from '../../tensor/raw.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';

/** Where a part is put: into a tensor of this shape that holds `value` elsewhere. */
export interface Place<A> {
  readonly part: A;
  readonly shape: readonly number[];
  readonly value: number;
}

/** Looking at a part of a tensor, and its adjoint, putting the part into a constant. */
export interface PartOps<A> {
  readonly take: Primitive<A>;
  readonly put: Primitive<Place<A>>;
}

/** The two ops for the parts that `take` shows: views in which no element appears twice. */
export function partOps<A>(
  takeName: string,
  putName: string,
  take: (x: Tensor, part: A) => Tensor,
): PartOps<A> {
  const takeOp: Primitive<A> = {
    name: takeName,
    savesInput: savesNothing,
    vjp: (g, n) => [apply(putOp, [g], { part: n.attributes, shape: n.inputShape(0), value: 0 })],
    forward: (inputs, part) => take(inputs[0] as Tensor, part),
  };
  const putOp: Primitive<Place<A>> = {
    name: putName,
    savesInput: savesNothing,
    vjp: (g, n) => [apply(takeOp, [g], n.attributes.part)],
    forward: (inputs, { part, shape, value }) => {
      const x = inputs[0] as Tensor;
      const out = raw(shape, x.dtype);
      kernels().fill(out, value);
      kernels().copy(x, take(out, part));
      return out;
    },
  };
  return { take: takeOp, put: putOp };
}

/** A box: from an index on in each dim, so many elements. */
export interface Box {
  readonly start: readonly number[];
  readonly sizes: readonly number[];
}

/** Cropping to a box, and padding with a constant around one. */
export const box: PartOps<Box> = partOps('crop', 'pad', (x, { start, sizes }) =>
  view(
    x,
    start.reduce((at, i, d) => at + i * x.strides[d], x.offset),
    sizes,
    x.strides,
  ),
);
