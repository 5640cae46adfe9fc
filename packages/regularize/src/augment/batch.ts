import {
  ArgumentError,
  add,
  expand,
  mul,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  sub,
  Tensor,
  tensor,
} from '@fluxion/autograd';
import { requireFloating } from '../check.js';

/** One number for all samples, or a tensor of one for all ([]) or for each ([N]), through which gradients flow. */
export type PerSample = number | Tensor;

/** Throws unless it is a finite number or a tensor that fits a batch of n. */
export function checkPerSample(op: string, what: string, value: PerSample, n: number): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new ArgumentError(`${op}: ${what} is ${show(value)}; expected a finite number, or a tensor.`);
    return;
  }
  if (!(value instanceof Tensor))
    throw new ArgumentError(`${op}: ${what} is ${show(value)}; expected a number or a tensor.`);
  requireFloating(op, value);
  if (value.size !== 1 && (value.ndim !== 1 || value.shape[0] !== n))
    throw new ShapeError(
      `${op}: ${what} has shape ${showShape(value.shape)}; expected one number, or one for each of ${n} samples.`,
    );
}

/** A number for each sample as [N, 1, …] with so many dims, to broadcast against a batch; plain numbers stay. */
export function aligned(value: PerSample, dims: number): PerSample {
  if (typeof value === 'number') return value;
  return value.reshape([value.size, ...new Array<number>(dims - 1).fill(1)]) as Tensor;
}

/** Arithmetic of numbers and tensors alike; what is known beforehand costs no graph. */
export const times = (a: PerSample, b: PerSample): PerSample =>
  typeof a === 'number' && typeof b === 'number' ? a * b : (mul(a as Tensor, b as Tensor) as Tensor);
export const plus = (a: PerSample, b: PerSample): PerSample =>
  typeof a === 'number' && typeof b === 'number' ? a + b : (add(a as Tensor, b as Tensor) as Tensor);
export const minus = (a: PerSample, b: PerSample): PerSample =>
  typeof a === 'number' && typeof b === 'number' ? a - b : (sub(a as Tensor, b as Tensor) as Tensor);
export const inverse = (a: PerSample): PerSample =>
  typeof a === 'number' ? 1 / a : (a.reciprocal() as Tensor);

/** One number or tensor for each sample: [N] of the dtype. */
export function column(value: PerSample, n: number, dtype: Tensor['dtype']): Tensor {
  if (typeof value === 'number') return expand(tensor(value, { dtype }), [n]) as Tensor;
  const t = value.to(dtype) as Tensor;
  return expand(t.reshape([t.size]) as Tensor, [n]) as Tensor;
}

/**
 * Runs a function of a batch; a single sample becomes a batch of one on the way.
 *
 * @param dims how many a batch has: 4 for images [N, C, H, W], 3 for signals [N, C, L]
 */
export function batched(op: string, x: Tensor, dims: 3 | 4, fn: (batch: Tensor) => Tensor): Tensor {
  requireFloating(op, x);
  if (x.ndim !== dims && x.ndim !== dims - 1)
    throw new ShapeError(
      `${op}: expected ${dims === 4 ? 'images [N, C, H, W] or [C, H, W]' : 'signals [N, C, L] or [C, L]'}, got shape ${showShape(x.shape)}.`,
    );
  if (x.shape.slice(-(dims - 2)).includes(0))
    throw new ShapeError(
      `${op}: there is nothing in ${dims === 4 ? 'images' : 'signals'} of shape ${showShape(x.shape)}; expected sizes from 1.`,
    );
  return scope(() => {
    if (x.ndim === dims) return fn(x);
    return fn(x.unsqueeze(0) as Tensor).squeeze(0) as Tensor<Shape>;
  });
}
