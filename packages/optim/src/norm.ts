import { ArgumentError, type DType, fuse, show, type Tensor, where } from '@fluxion/autograd';
import { safeSqrt } from './transforms/safe.js';

/** Throws unless there is such a norm. */
export function checkNormType(op: string, normType: number): void {
  if (typeof normType !== 'number' || Number.isNaN(normType) || normType === 0)
    throw new ArgumentError(
      `${op}: normType is ${show(normType)}; expected a number other than 0, such as 1, 2 or Infinity.`,
    );
}

/**
 * The norm of all elements of all tensors taken as one vector, a scalar: of order `normType`; Infinity: the largest size of an element. float64 if one of the tensors
 * is. Its derivative at 0 is 0. Without tensors there is nothing to take the dtype from, and that is an error.
 */
export function globalNorm(tensors: readonly Tensor[], normType = 2): Tensor {
  checkNormType('globalNorm', normType);
  if (tensors.length === 0) throw new ArgumentError('globalNorm: got no tensors. Give at least one.');
  const dtype: DType = tensors.some(t => t.dtype === 'float64') ? 'float64' : 'float32';
  const parts = tensors.filter(t => t.size > 0).map(t => partOf(t.to(dtype), normType));
  if (parts.length === 0) return tensors[0].sum().to(dtype) as Tensor;
  if (normType === Number.POSITIVE_INFINITY) return parts.reduce((a, b) => a.maximum(b) as Tensor);
  if (normType === Number.NEGATIVE_INFINITY) return parts.reduce((a, b) => a.minimum(b) as Tensor);
  const total = parts.reduce((a, b) => a.add(b) as Tensor);
  if (normType === 2) return safeSqrt(total);
  if (normType === 1) return total;
  const vanishes = total.le(0);
  return where(vanishes, total, (where(vanishes, 1, total) as Tensor).pow(1 / normType)) as Tensor;
}

// In one pass each, without a tensor for the squares or the sizes.
const sumOfSquares = fuse((t: Tensor) => t.square().sum() as Tensor);
const sumOfSizes = fuse((t: Tensor) => t.abs().sum() as Tensor);
const sumOfPowers = fuse((t: Tensor, order: number) => t.abs().pow(order).sum() as Tensor);

/** What one tensor adds to the norm. */
function partOf(t: Tensor, normType: number): Tensor {
  if (normType === Number.POSITIVE_INFINITY) return t.abs().amax() as Tensor;
  if (normType === Number.NEGATIVE_INFINITY) return t.abs().amin() as Tensor;
  if (normType === 2) return sumOfSquares(t);
  return normType === 1 ? sumOfSizes(t) : sumOfPowers(t, normType);
}
