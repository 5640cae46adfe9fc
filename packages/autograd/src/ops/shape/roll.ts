import { ArgumentError, show } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';
import { reshapeTo } from './reshape.js';
import { copyRuns } from './runs.js';

/** The attributes are the shift of every dim, from 0 to below its size. */
const rollOp: Primitive<readonly number[]> = {
  name: 'roll',
  savesInput: savesNothing,
  vjp: (g, n) => [
    apply(
      rollOp,
      [g],
      n.attributes.map((shift, d) => (shift === 0 ? 0 : g.shape[d] - shift)),
    ),
  ],
  forward: (inputs, shifts) => {
    const x = inputs[0] as Tensor;
    const out = raw(x.shape, x.dtype);
    const runs = shifts.map((shift, d) =>
      shift === 0
        ? null
        : [
            { to: 0, from: x.shape[d] - shift, size: shift, step: 1 },
            { to: shift, from: 0, size: x.shape[d] - shift, step: 1 },
          ],
    );
    copyRuns(x, out, runs);
    return out;
  },
};

function rolled(x: Tensor, shifts: readonly number[]): Tensor {
  const within = shifts.map((shift, d) => {
    const size = Math.max(x.shape[d], 1);
    return ((shift % size) + size) % size;
  });
  return apply(rollOp, [x], within);
}

/**
 * Each element moved on by the shift of its dim; what is moved over the end comes in again at the beginning. Shifts of one dim add up. Without
 * `dims` as if there were one dim, in C order.
 */
export function roll<S extends Shape>(
  x: Tensor<S>,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor<S>;
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  requireTensor('roll', x);
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  if (!Array.isArray(by) || by.length === 0 || !by.every(Number.isInteger))
    throw new ArgumentError(`roll: shifts is ${show(shifts)}; expected a whole number, or a list of them.`);
  const along = dims === undefined ? [] : typeof dims === 'number' ? [dims] : dims;
  if (along.length === 0) {
    if (by.length !== 1)
      throw new ArgumentError(`roll: ${by.length} shifts ${show(shifts)} need as many dims. Name them.`);
    return reshapeTo(rolled(reshapeTo(x, [x.size]), by), x.shape);
  }
  if (along.length !== by.length)
    throw new ArgumentError(
      `roll: shifts ${show(shifts)} and dims ${show(dims)} must be as many, they are ${by.length} and ${along.length}.`,
    );
  const total = new Array<number>(x.ndim).fill(0);
  along.forEach((dim, i) => {
    const d = normalizeDim('roll', dim, x.ndim);
    if (x.ndim > 0) total[d] += by[i];
  });
  return rolled(x, total);
}
