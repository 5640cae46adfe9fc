import {
  ArgumentError,
  add,
  DTypeError,
  mul,
  oneHot,
  type Shape,
  ShapeError,
  scope,
  show,
  sub,
  Tensor,
} from '@fluxion/autograd';

export interface LabelSmoothingOptions {
  /** How much of each target is spread evenly over the classes: 0 to 1, or a scalar tensor, through which gradients flow. Default 0.1. */
  readonly amount?: number | Tensor;
  /** The dtype of the result for class indices. Default float32. */
  readonly dtype?: 'float32' | 'float64';
}

/**
 * (1 - amount) * target + amount / classes (Szegedy et al. 2016), for a cross-entropy of probabilities.
 *
 * @param target class indices, int32 [N, ...], which become [N, ..., classes]; or probabilities whose last dim holds the classes
 */
export function labelSmoothing(target: Tensor, classes: number, options: LabelSmoothingOptions = {}): Tensor {
  const op = 'labelSmoothing';
  const { amount = 0.1, dtype = 'float32' } = options;
  if (!(target instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor of labels, got ${show(target)}.`);
  if (!Number.isInteger(classes) || classes < 1)
    throw new ArgumentError(
      `${op}: the number of classes is ${show(classes)}; expected a whole number from 1.`,
    );
  if (
    amount instanceof Tensor ? amount.size !== 1 : typeof amount !== 'number' || !(amount >= 0 && amount <= 1)
  )
    throw new ArgumentError(
      `${op}: amount is ${show(amount)}; expected a number from 0 to 1, or a scalar tensor.`,
    );
  if (target.dtype === 'bool')
    throw new DTypeError(`${op}: expected int32 class indices or probabilities, got bool.`);
  if (target.dtype !== 'int32' && target.shape[target.ndim - 1] !== classes)
    throw new ShapeError(
      `${op}: probabilities of shape [${target.shape.join(', ')}] for ${classes} classes; expected ${classes} as the last size.`,
    );
  return scope(() => {
    const full: Tensor<Shape> =
      target.dtype === 'int32' ? (oneHot(target as Tensor, classes) as Tensor).to(dtype) : target;
    if (typeof amount === 'number') return full.mul(1 - amount).add(amount / classes);
    const share = (amount as Tensor).reshape([]) as Tensor;
    return add(mul(full, sub(1, share) as Tensor) as Tensor, mul(share, 1 / classes) as Tensor) as Tensor;
  });
}
