import { ShapeError, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { broadcastShapes, checkShape, sameShape } from '../../tensor/shape.js';
import type { BroadcastAll } from '../../tensor/shapeTypes/joins.js';
import type { Expand, ExpandFits, Shape, ShapesOf } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';
import { checkTensors } from './list.js';

const expandOp: Primitive<readonly number[]> = {
  name: 'expand',
  savesInput: savesNothing,
  // The engine sums what was broadcast.
  vjp: g => [g],
  forward: (inputs, shape) => {
    const x = inputs[0] as Tensor;
    const lead = shape.length - x.ndim;
    const strides = new Array<number>(shape.length);
    for (let i = 0; i < shape.length; i++)
      strides[i] = i < lead || x.shape[i - lead] !== shape[i] ? 0 : x.strides[i - lead];
    return view(x, x.offset, shape, strides);
  },
};

/** Expanded to a shape that is known to fit. */
export function expandTo(x: Tensor, shape: readonly number[]): Tensor {
  return sameShape(x.shape, shape) ? x : apply(expandOp, [x], shape);
}

function expanded(op: string, x: Tensor, shape: Shape): Tensor {
  if (!Array.isArray(shape)) checkShape(op, shape);
  const lead = shape.length - x.ndim;
  const target = shape.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead] : size));
  checkShape(op, target);
  for (let i = 0; i < x.ndim; i++)
    if (lead < 0 || (x.shape[i] !== 1 && x.shape[i] !== target[lead + i]))
      throw new ShapeError(
        `${op}: shape ${showShape(x.shape)} does not expand to ${showShape(shape)}: only dims of size 1 and new leading dims can grow.`,
      );
  return apply(expandOp, [x], target);
}

/** Dims of size 1, and new leading dims, repeated to the given sizes without copying; -1 keeps a size. */
export function expand<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ExpandFits<S, T>,
): Tensor<Expand<S, T>>;
export function expand(x: Tensor, shape: Shape): Tensor {
  requireTensor('expand', x);
  return expanded('expand', x, shape);
}

/** The same as `expand`: PyTorch's other name for it. */
export function broadcastTo<S extends Shape, const T extends Shape>(
  x: Tensor<S>,
  shape: T & ExpandFits<S, T>,
): Tensor<Expand<S, T>>;
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  requireTensor('broadcastTo', x);
  return expanded('broadcastTo', x, shape);
}

/** Expanded to the shape of another tensor; shares memory. */
export function expandAs<S extends Shape, T extends Shape>(
  x: Tensor<S>,
  other: Tensor<T> & ExpandFits<S, T>,
): Tensor<T>;
export function expandAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('expandAs', x);
  return expanded('expandAs', x, other.shape);
}

/** All of them expanded to the shape that they broadcast to; they share memory with what was given. */
export function broadcastTensors<const T extends readonly Tensor[]>(
  tensors: T,
): { -readonly [K in keyof T]: Tensor<BroadcastAll<ShapesOf<T>>> };
export function broadcastTensors(tensors: readonly Tensor[]): Tensor[] {
  checkTensors('broadcastTensors', tensors);
  const shape = tensors.reduce<readonly number[]>(
    (all, t) => broadcastShapes('broadcastTensors', all, t.shape),
    [],
  );
  return tensors.map(t => apply(expandOp, [t], shape));
}
