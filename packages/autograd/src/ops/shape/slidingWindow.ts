import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { view } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { SlidingWindow } from '../../tensor/shapeTypes/moves.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';
import { foldWindows } from '../unfold.js';
import { movedim } from './permute.js';
import { reshapeTo } from './reshape.js';

interface Windows {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}

const windowsOp: Primitive<Windows> = {
  name: 'slidingWindow',
  savesInput: savesNothing,
  // Where windows overlap, their gradients add up: [..., windows, ..., size] as the columns of a fold.
  vjp: (g, n) => {
    const { dim, size, step } = n.attributes;
    const whole = n.inputShape(0);
    const rest = whole.toSpliced(dim, 1);
    const apart = movedim(g, dim, -1) as Tensor;
    const count = g.shape[dim];
    const columns = reshapeTo(apart, [1, rest.reduce((a, b) => a * b, 1), size, count]);
    const folded = foldWindows(columns, whole[dim], step);
    return [movedim(reshapeTo(folded, [...rest, whole[dim]]), -1, dim) as Tensor];
  },
  forward: (inputs, { dim, size, step }) => {
    const x = inputs[0] as Tensor;
    const stride = x.strides[dim];
    const count = Math.floor((x.shape[dim] - size) / step) + 1;
    return view(
      x,
      x.offset,
      [...x.shape.with(dim, count), size],
      [...x.strides.with(dim, stride * step), stride],
    );
  },
};

/**
 * Windows of `size` neighbours of a dim, `step` apart (default 1): the dim counts the windows, and a new last dim holds their elements. PyTorch's
 * method `Tensor.unfold`; `unfold` is here, as there in `nn.functional`, the one that makes columns of an image. Shares memory, also where windows overlap.
 */
export function slidingWindow<S extends Shape, const D extends number, const N extends number>(
  x: Tensor<S>,
  dim: D,
  size: N,
  step?: number,
): Tensor<SlidingWindow<S, D, N>>;
export function slidingWindow(x: Tensor, dim: number, size: number, step = 1): Tensor {
  requireTensor('slidingWindow', x);
  const d = normalizeDim('slidingWindow', dim, x.ndim);
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError(`slidingWindow: size is ${show(size)}; expected a whole number from 1.`);
  if (!Number.isInteger(step) || step < 1)
    throw new ArgumentError(`slidingWindow: step is ${show(step)}; expected a whole number from 1.`);
  const length = x.ndim === 0 ? 1 : x.shape[d];
  if (size > length)
    throw new ShapeError(
      `slidingWindow: windows of ${size} elements do not fit dim ${d} of shape ${showShape(x.shape)}. Use smaller ones, or pad it.`,
    );
  // A scalar counts as a vector, and there is no dim to count its only window.
  if (x.ndim === 0) return reshapeTo(x, [1]);
  return apply(windowsOp, [x], { dim: d, size, step });
}
