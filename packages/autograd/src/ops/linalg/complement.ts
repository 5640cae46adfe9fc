import { record } from '../../graph/record.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Primitive } from '../define.js';
import { matmul, mT, neg } from './untyped.js';

/**
 * Columns [..., m, l] that complete orthonormal ones [..., m, k] to a basis. They may be turned among themselves; the derivative is the one
 * along which they are not, so it is right for whatever depends on the space between them alone: it moves as Q Q^T of the others does.
 */
const complementOp: Primitive = {
  name: 'orthogonalComplement',
  savesOutput: true,
  forward: () => {
    throw new TypeError('orthogonalComplement is computed with what it completes');
  },
  vjp: (g, n) => {
    const turned = matmul(mT(g), n.tensorInput(0));
    return [neg(matmul(n.output(), turned))];
  },
};

/** Records `rest`, computed along with `columns`, as what completes them. */
export function complement(columns: Tensor, rest: Tensor): Tensor {
  record(complementOp, [columns], undefined, [rest]);
  return rest;
}
