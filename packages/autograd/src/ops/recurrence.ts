import { kernels, type RecurrenceDirection } from '@fluxion/kernels';
import { raw, rawLike, view } from '../tensor/raw.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './binary.js';
import { apply, type Primitive, savesNothing } from './define.js';

interface Shift {
  readonly dim: number;
  /** 1: every element moves one place on, the first place becomes free; -1: one place back. */
  readonly by: 1 | -1;
  /** What stands in the place that becomes free. */
  readonly fill: number;
}

/** All but the first (or the last) index of a dim. */
function allButOne(x: Tensor, dim: number, first: boolean): Tensor {
  const shape = x.shape.map((size, d) => (d === dim ? size - 1 : size));
  return view(x, x.offset + (first ? x.strides[dim] : 0), shape, x.strides);
}

const shiftOp: Primitive<Shift> = {
  name: 'shift',
  savesInput: savesNothing,
  vjp: (g, n) => [shift(g, n.attributes.dim, n.attributes.by === 1 ? -1 : 1, 0)],
  forward: (inputs, { dim, by, fill }) => {
    const x = inputs[0] as Tensor;
    const out = raw(x.shape, x.dtype);
    kernels().fill(out, fill);
    if (x.shape[dim] > 1) kernels().copy(allButOne(x, dim, by === -1), allButOne(out, dim, by === 1));
    return out;
  },
};

/** The elements moved by one place along a dim; what leaves it is lost. */
export function shift(x: Tensor, dim: number, by: 1 | -1, fill: number): Tensor {
  return apply(shiftOp, [x], { dim, by, fill });
}

const recurrenceOp: Primitive<RecurrenceDirection & { readonly dim: number }> = {
  name: 'recurrence',
  savesInput: i => i === 0,
  savesOutput: true,
  // The transpose of a linear recurrence is one that runs the other way, each factor belonging to the neighbour.
  vjp: (g, n) => {
    const { dim, reverse, lag } = n.attributes;
    const factors = n.tensorInput(0);
    const terms = recurrence(factors, g, dim, { reverse: !reverse, lag: !lag });
    if (!n.needs(0)) return [null, terms];
    const on = reverse ? -1 : 1;
    const back = reverse ? 1 : -1;
    return [
      lag
        ? (mul(shift(terms, dim, back, 0), n.output()) as Tensor)
        : (mul(terms, shift(n.output(), dim, on, 0)) as Tensor),
      terms,
    ];
  },
  forward: (inputs, { dim, ...direction }) => {
    const [factors, terms] = inputs as readonly Tensor[];
    const out = rawLike(terms);
    kernels().recurrence(factors, terms, dim, direction, out);
    return out;
  },
};

/**
 * out[i] = terms[i] + factors[i] * out[i - 1] along a dim, the first being terms[0]; the other way if `reverse`, and with the factor of the
 * element before if `lag`. What running products and running logarithms have as derivatives, in linear time and without a division.
 */
export function recurrence(
  factors: Tensor,
  terms: Tensor,
  dim: number,
  direction: RecurrenceDirection,
): Tensor {
  return apply(recurrenceOp, [factors, terms], { dim, ...direction });
}
