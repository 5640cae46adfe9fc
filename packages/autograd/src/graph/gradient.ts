import { DTypeError, ShapeError, showShape } from '../errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { engine } from './engine.js';
import { noGrad } from './modes.js';
import { hold, release } from './region.js';

/** Replaces the gradient of a tensor; the one before is freed at once if nobody outside has seen it. */
export function setGradient(t: Tensor, value: Tensor | null): void {
  if (value !== null) {
    if (!sameShape(value.shape, t.shape))
      throw new ShapeError(
        `grad: a tensor of shape ${showShape(t.shape)} cannot have a gradient of shape ${showShape(value.shape)}.`,
      );
    if (value.dtype !== t.dtype)
      throw new DTypeError(
        `grad: a ${t.dtype} tensor cannot have a ${value.dtype} gradient: convert it with to('${t.dtype}').`,
      );
    hold(value.storage);
  }
  const before = t.gradient;
  (t as { gradient: Tensor | null }).gradient = value;
  if (before !== null) release(before.storage, 'clearing a gradient');
}

/** Adds to the gradient of a tensor. The sum is a new tensor: whoever holds the old gradient keeps what they saw. */
export function accumulateGradient(t: Tensor, grad: Tensor): void {
  if (t.gradient !== null) {
    const sum = noGrad(() => engine.add(t.gradient as Tensor, grad));
    sum.storage.engineOwned = true;
    setGradient(t, sum);
    return;
  }
  // Cotangents may share storage with each other, with saved values, or be views: a gradient is a plain tensor of its own.
  const own =
    grad.storage.engineOwned &&
    grad.storage.holds === 1 &&
    grad.storage.length === grad.size &&
    grad.contiguous;
  const result = own ? grad : engine.clone(grad);
  result.storage.engineOwned = true;
  setGradient(t, result);
}
