import { kernels } from '@fluxion/kernels';
import { mode } from '../graph/modes.js';
import { view } from '../tensor/raw.js';
import { broadcastsTo } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add } from './binary.js';
import { apply, type Primitive, savesNothing } from './define.js';

/** `add`, written over its first operand. */
const overOp: Primitive = {
  name: 'add',
  savesInput: savesNothing,
  vjp: g => [g, g],
  forward: inputs => {
    const [y, bias] = inputs as readonly Tensor[];
    kernels().binary('add', y, bias, y);
    return view(y, y.offset, y.shape, y.strides);
  },
};

/**
 * y + bias, for a y that was just computed, that nobody else has seen, and that the derivative of what made it does not read: the sum takes its place, instead
 * of a second array of the same size. Where that is not possible, and under `detectAnomaly`, which shows the operands, it is an ordinary sum.
 */
export function addBias(y: Tensor, bias: Tensor): Tensor {
  const own = y.contiguous && y.storage.length === y.size;
  if (!own || y.dtype !== bias.dtype || !broadcastsTo(bias.shape, y.shape) || mode.anomaly)
    return add(y, bias) as Tensor;
  return apply(overOp, [y, bias], undefined);
}
