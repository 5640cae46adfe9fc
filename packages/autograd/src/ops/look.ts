import { kernels, type Operand } from '@fluxion/kernels';
import type { Input } from '../graph/node.js';
import { raw, rawLike, view } from '../tensor/raw.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from './define.js';
import { zeros } from './lanes.js';

/** What basic indices see of a tensor: in every dim the elements start, start + step, … and, by output dim, which dim of the tensor is shown. */
export interface Look {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  /** -1: a new dim of size 1. */
  readonly dims: readonly number[];
  /** Of the output. */
  readonly shape: readonly number[];
}

function look(x: Tensor, { starts, steps, dims, shape }: Look): Tensor {
  let { offset } = x;
  // Where there is nothing to see, nothing is pointed to either.
  if (!shape.includes(0)) for (let d = 0; d < starts.length; d++) offset += starts[d] * x.strides[d];
  return view(
    x,
    offset,
    shape,
    dims.map(d => (d < 0 ? 0 : x.strides[d] * steps[d])),
  );
}

const lookOp: Primitive<Look> = {
  name: 'at',
  savesInput: savesNothing,
  vjp: (g, n) => [replaceAt('assign', zeros(n.inputShape(0), g), n.attributes, g)],
  forward: (inputs, attributes) => look(inputs[0] as Tensor, attributes),
};

/** A view of what the indices see. */
export function lookAt(x: Tensor, attributes: Look): Tensor {
  return apply(lookOp, [x], attributes);
}

const replaceOf = (mode: 'add' | 'assign'): Primitive<Look> => ({
  name: 'put',
  savesInput: savesNothing,
  // The engine sums what was broadcast.
  vjp: (g, n) => [
    n.needs(0) ? (mode === 'add' ? g : replaceAt('assign', g, n.attributes, 0)) : null,
    n.needs(1) ? lookAt(g, n.attributes) : null,
  ],
  forward: (inputs, attributes) => {
    const x = inputs[0] as Tensor;
    const out = rawLike(x);
    kernels().copy(x, out);
    const part = look(out, attributes);
    if (mode === 'assign') write(part, inputs[1]);
    else {
      const sum = raw(part.shape, x.dtype);
      kernels().binary('add', part, inputs[1], sum);
      kernels().copy(sum, part);
      kernels().free(sum.storage, 'put');
    }
    return out;
  },
});
const replaceOps = { add: replaceOf('add'), assign: replaceOf('assign') } as const;

function write(part: Operand, value: Input): void {
  if (typeof value === 'number') kernels().fill(part, value);
  else kernels().copy(value, part);
}

/** x with a value, which broadcasts, added to what the indices see or in its place. */
export function replaceAt(mode: 'add' | 'assign', x: Tensor, attributes: Look, value: Input): Tensor {
  return apply(replaceOps[mode], [x, value], attributes);
}
