import { kernels } from '@fluxion/kernels';
import { record } from '../../graph/record.js';
import { raw } from '../../tensor/raw.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';
import { cut } from './cut.js';

/** Tensors one after the other along a dim; all other sizes are equal. The adjoint of `pieces`. */
const catOp: Primitive<number> = {
  name: 'cat',
  savesInput: savesNothing,
  vjp: (g, n) => {
    const dim = n.attributes;
    const parts = pieces(
      g,
      dim,
      n.inputShapes.map(shape => shape[dim]),
    );
    return parts.map((piece, i) => (n.needs(i) ? piece : null));
  },
  forward: (inputs, dim) => {
    const list = inputs as readonly Tensor[];
    const shape = list[0].shape.slice();
    shape[dim] = list.reduce((sum, t) => sum + t.shape[dim], 0);
    const out = raw(shape, list[0].dtype);
    let start = 0;
    for (const t of list) {
      kernels().copy(t, cut(out, { dim, start, size: t.shape[dim], step: 1 }));
      start += t.shape[dim];
    }
    return out;
  },
};

/** Joins tensors that are known to fit. */
export function join(tensors: readonly Tensor[], dim: number): Tensor {
  return apply(catOp, tensors, dim);
}

/** One node with an output for each piece: with a node each, every piece would have a gradient of the size of the whole. */
const splitOp: Primitive<number> = {
  name: 'split',
  savesInput: savesNothing,
  forward: () => {
    throw new TypeError('split has several outputs: pieces() below runs it');
  },
  vjp: (_, n, gradOutputs) => {
    const known = gradOutputs.find(g => g !== null) as Tensor;
    const parts = gradOutputs.map((g, i) => g ?? zeros(n.outputShape(i), known));
    return [join(parts, n.attributes)];
  },
};

function zeros(shape: readonly number[], like: Tensor): Tensor {
  const out = raw(shape, like.dtype);
  kernels().fill(out, 0);
  return out;
}

/** Neighbouring ranges of one dim, of sizes that add up to its own; they share memory. */
export function pieces(x: Tensor, dim: number, sizes: readonly number[]): Tensor[] {
  let start = 0;
  const outputs = sizes.map(size => {
    const piece = cut(x, { dim, start, size, step: 1 });
    start += size;
    return piece;
  });
  record(splitOp, [x], dim, outputs);
  return outputs;
}
