import { ShapeError, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { checkShape } from '../../tensor/shape.js';
import type { Expand, ExpandFits, Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from '../define.js';

const expandOp: Primitive<readonly number[]> = {
  name: 'expand',
  savesInput: savesNothing,
  // The engine sums what was broadcast.
  vjp: g => [g],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const lead = shape.length - x.ndim;
    const strides = shape.map((size, i) =>
      i < lead || x.shape[i - lead] !== size ? 0 : x.strides[i - lead],
    );
    return view(x, x.offset, shape, strides);
  },
};

/** Dims of size 1, and new leading dims, repeated to the given sizes without copying; -1 keeps a size. */
export function expand<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ExpandFits<S, T>,
): Tensor<Expand<S, T>>;
export function expand(x: Tensor, shape: Shape): Tensor {
  if (!Array.isArray(shape)) checkShape('expand', shape);
  const lead = shape.length - x.ndim;
  const target = shape.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead] : size));
  checkShape('expand', target);
  for (let i = 0; i < x.ndim; i++)
    if (lead < 0 || (x.shape[i] !== 1 && x.shape[i] !== target[lead + i]))
      throw new ShapeError(
        `expand: shape ${showShape(x.shape)} does not expand to ${showShape(shape)}: only dims of size 1 and new leading dims can grow.`,
      );
  return apply(expandOp, [x], target);
}
