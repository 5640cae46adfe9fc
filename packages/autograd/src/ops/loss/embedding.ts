import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, minimum, mul, sub, where } from '../binary.js';
import { clamp } from '../clamp.js';
import { composite } from '../define.js';
import { pNorm } from '../pNorm.js';
import { sum } from '../reduce.js';
import { reducing } from '../rowwise.js';
import { sqrt, square } from '../unary.js';
import {
  reduceLosses,
  reductionOf,
  requireAlike,
  requireSigns,
  requireStrength,
  requireTensors,
} from './shared.js';
import type { LossOptions, Reduced, Reduction, SameFits, Strength, WithoutLast } from './types.js';

const distance = (a: Tensor, b: Tensor, p: number, eps: number): Tensor =>
  pNorm(add(sub(a, b) as Tensor, eps) as Tensor, p, [a.ndim - 1]);

export interface TripletMarginLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** How much farther than the positive the negative should be. Default 1. */
  readonly margin?: Strength;
  /** The order of the norm that is the distance, above 0. Default 2. */
  readonly p?: number;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number;
  /** Whether the distance of positive and negative counts where it is smaller than that of anchor and negative (Balntas et al. 2016). Default false. */
  readonly swap?: boolean;
}

/** max(near - far + margin, 0), where with `swap` a distance that is less than `far` takes its place. */
function triplet(near: Tensor, far: Tensor, between: Tensor | null, margin: Strength): Tensor {
  const distant = between === null ? far : (minimum(far, between) as Tensor);
  return clamp(add(sub(near, distant) as Tensor, margin as Tensor) as Tensor, { min: 0 });
}

/**
 * max(|anchor - positive| - |anchor - negative| + margin, 0) of distances over the last dim, reduced (Schroff, Kalenichenko, Philbin 2015). All three
 * have one shape [..., D] and one floating point dtype. The derivative by equal points is 0.
 */
export const tripletMarginLoss: <
  S extends Shape,
  T extends Shape,
  U extends Shape,
  R extends Reduction = 'mean',
>(
  anchor: Tensor<S>,
  positive: Tensor<T> & SameFits<'tripletMarginLoss', S, T>,
  negative: Tensor<U> & SameFits<'tripletMarginLoss', S, U>,
  options?: TripletMarginLossOptions<R>,
) => Tensor<Reduced<R, WithoutLast<S>>> = composite(
  'tripletMarginLoss',
  (anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletMarginLossOptions = {}) => {
    const op = 'tripletMarginLoss';
    const { margin = 1, p = 2, eps = 1e-6, swap = false } = options;
    const reduction = reductionOf(op, options.reduction);
    requireAlike(op, { anchor, positive, negative });
    if (anchor.ndim === 0) throw new ShapeError(`${op}: the anchor is a scalar; expected [..., D].`);
    requireStrength(op, 'margin', margin, anchor.dtype);
    if (!(p > 0)) throw new ArgumentError(`${op}: p is ${show(p)}; expected a number above 0, or Infinity.`);
    if (!Number.isFinite(eps))
      throw new ArgumentError(`${op}: eps is ${show(eps)}; expected a finite number.`);
    const losses = triplet(
      distance(anchor, positive, p, eps),
      distance(anchor, negative, p, eps),
      swap ? distance(positive, negative, p, eps) : null,
      margin,
    );
    return reduceLosses(losses, reduction);
  },
) as never;

export interface TripletMarginWithDistanceLossOptions<R extends Reduction = Reduction>
  extends LossOptions<R> {
  /** The distances of two batches of points, made of differentiable ops. Default: the Euclidean one over the last dim, as in tripletMarginLoss. */
  readonly distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** How much farther than the positive the negative should be. Default 1. */
  readonly margin?: Strength;
  /** Whether the distance of positive and negative counts where it is smaller than that of anchor and negative. Default false. */
  readonly swap?: boolean;
}

/** tripletMarginLoss with a distance of one's own; the losses have the shape of what that returns. */
export function tripletMarginWithDistanceLoss<R extends Reduction = 'mean'>(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceLossOptions<R> = {},
): Tensor<Reduced<R, Shape>> {
  const op = 'tripletMarginWithDistanceLoss';
  const {
    distanceFunction,
    margin = 1,
    swap = false,
    reduction,
  } = options as TripletMarginWithDistanceLossOptions;
  const reduced = reductionOf(op, reduction);
  requireAlike(op, { anchor, positive, negative });
  requireStrength(op, 'margin', margin, anchor.dtype);
  if (distanceFunction === undefined)
    return tripletMarginLoss(anchor, positive, negative, { margin, swap, reduction: reduced }) as never;
  if (typeof distanceFunction !== 'function')
    throw new ArgumentError(
      `${op}: distanceFunction is ${show(distanceFunction)}; expected (a, b) => distances.`,
    );
  // Outside of the op proper, which would free what the function makes and may keep.
  const near = measured(op, distanceFunction(anchor, positive));
  const far = measured(op, distanceFunction(anchor, negative), near);
  const between = swap ? measured(op, distanceFunction(positive, negative), near) : null;
  return ofDistances(near, far, between, margin, reduced) as never;
}

const ofDistances = composite(
  'tripletMarginWithDistanceLoss',
  (near: Tensor, far: Tensor, between: Tensor | null, margin: Strength, reduction: Reduction) =>
    reduceLosses(triplet(near, far, between, margin), reduction),
);

function measured(op: string, distances: unknown, first?: Tensor): Tensor {
  if (!(distances instanceof Tensor))
    throw new ArgumentError(`${op}: distanceFunction returned ${show(distances)}; expected a tensor.`);
  if (first !== undefined && !sameShape(distances.shape, first.shape))
    throw new ShapeError(
      `${op}: distanceFunction returned shapes ${showShape(first.shape)} and ${showShape(distances.shape)}; expected one shape each time.`,
    );
  return distances;
}

export interface CosineEmbeddingLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** The cosine up to which what is unlike costs nothing, -1 to 1. Default 0. */
  readonly margin?: Strength;
}

/** Added to squared norms: PyTorch's single precision number, in every dtype. */
const smallestSquare = Math.fround(1e-12);

/** The cosine of the angle over the last dim. */
const cosine = reducing('cosine', (dims, a: Tensor, b: Tensor) => {
  const product = sum(mul(a, b) as Tensor, dims, { keepdim: true }) as Tensor;
  const squares = (x: Tensor): Tensor =>
    add(sum(square(x), dims, { keepdim: true }) as Tensor, smallestSquare) as Tensor;
  return div(product, sqrt(mul(squares(a), squares(b)) as Tensor)) as Tensor;
});

/**
 * With c the cosine of the angle of two vectors: 1 - c where the target is 1 (alike), max(c - margin, 0) where it is -1, reduced. Vectors [N, D] and a
 * target [N], or [D] and []; the target in int32 or the vectors' dtype.
 *
 * @throws ArgumentError where a target is neither
 */
export const cosineEmbeddingLoss: <S extends Shape, T extends Shape, R extends Reduction = 'mean'>(
  first: Tensor<S>,
  second: Tensor<T> & SameFits<'cosineEmbeddingLoss', S, T>,
  target: Tensor,
  options?: CosineEmbeddingLossOptions<R>,
) => Tensor<Reduced<R, WithoutLast<S>>> = composite(
  'cosineEmbeddingLoss',
  (first: Tensor, second: Tensor, target: Tensor, options: CosineEmbeddingLossOptions = {}) => {
    const op = 'cosineEmbeddingLoss';
    const { margin = 0 } = options;
    const reduction = reductionOf(op, options.reduction);
    requireAlike(op, { first, second });
    requireTensors(op, { target });
    if (first.ndim < 1 || first.ndim > 2 || !sameShape(target.shape, first.shape.slice(0, -1)))
      throw new ShapeError(
        `${op}: vectors of shape ${showShape(first.shape)} and a target of shape ${showShape(target.shape)}; expected [N, D] and [N], or [D] and [].`,
      );
    requireStrength(op, 'margin', margin, first.dtype, { min: -1, max: 1 });
    requireSigns(op, target, first.dtype);
    const c = cosine({ dims: [first.ndim - 1], keepdim: false }, first, second);
    const unlike = clamp(sub(c, margin as Tensor) as Tensor, { min: 0 });
    return reduceLosses(where(eq(target, 1) as Tensor, sub(1, c) as Tensor, unlike) as Tensor, reduction);
  },
) as never;
