import {
  ArgumentError,
  add,
  arange,
  DTypeError,
  type Generator,
  indexSelect,
  mul,
  rand,
  randperm,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  sub,
  Tensor,
  where,
} from '@fluxion/autograd';
import { checkGenerator, checkNumber, requireFloating } from '../check.js';
import { beta } from './beta.js';

export interface MixOptions {
  /** The share of each sample that stays is drawn from Beta(alpha, alpha), once for a batch. Default 1: any share is as likely as any other. */
  readonly alpha?: number;
  /** The share itself, from 0 to 1, instead of a draw; for mixup it may be a scalar tensor, through which gradients flow. */
  readonly share?: number | Tensor;
  /** What the share, the partners and the place are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface Mixed<X extends Shape, Y extends Shape> {
  readonly x: Tensor<X>;
  readonly target: Tensor<Y>;
  /** Which sample each one was mixed with, int32 [N]. */
  readonly partner: Tensor<[number]>;
  /** The share of each sample that stayed. */
  readonly share: number | Tensor;
}

function prepare(
  op: string,
  x: Tensor,
  target: Tensor,
  options: MixOptions,
): { partner: Tensor<[number]>; share: number | Tensor } {
  const { alpha = 1, share, generator } = options;
  requireFloating(op, x);
  checkGenerator(op, generator);
  if (!(target instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as target, got ${show(target)}.`);
  if (target.dtype !== 'float32' && target.dtype !== 'float64')
    throw new DTypeError(
      `${op}: targets are mixed as probabilities, got ${target.dtype}. Make them so: oneHot(labels, classes).to('float32').`,
    );
  if (x.ndim === 0 || target.ndim === 0 || x.shape[0] !== target.shape[0])
    throw new ShapeError(
      `${op}: a batch of shape ${showShape(x.shape)} and targets of shape ${showShape(target.shape)} must have the same first size.`,
    );
  if (typeof alpha !== 'number' || !(alpha > 0 && alpha < Number.POSITIVE_INFINITY))
    throw new ArgumentError(`${op}: alpha is ${show(alpha)}; expected a finite number above 0.`);
  if (typeof share === 'number') checkNumber(op, 'the share', share, 0, 1);
  else if (share !== undefined && !(share instanceof Tensor && share.size === 1))
    throw new ArgumentError(
      `${op}: the share is ${show(share)}; expected a number from 0 to 1, or a scalar tensor.`,
    );
  const drawn = share ?? beta(alpha, generator);
  return { share: drawn, partner: randperm(x.shape[0], { generator }) };
}

/** share * x + (1 - share) * what the index picks. */
function blend<S extends Shape>(x: Tensor<S>, partner: Tensor, share: number | Tensor): Tensor<S> {
  const other = indexSelect(x as Tensor, 0, partner) as Tensor;
  const factor = share instanceof Tensor ? ((share as Tensor).to(x.dtype).reshape([]) as Tensor) : share;
  return add(
    other,
    mul(sub(x as Tensor, other) as Tensor, factor as Tensor) as Tensor,
  ) as Tensor as Tensor<S>;
}

/**
 * Every sample blended with another one of the batch, and its target with that one's, in the same share (Zhang et al. 2018).
 *
 * @param x [N, ...]
 * @param target probabilities [N, classes], or numbers to regress on [N, ...]
 */
export function mixup<X extends Shape, Y extends Shape>(
  x: Tensor<X>,
  target: Tensor<Y>,
  options: MixOptions = {},
): Mixed<X, Y> {
  const { partner, share } = prepare('mixup', x, target, options);
  return {
    x: scope(() => blend(x, partner, share)),
    target: scope(() => blend(target, partner, share)),
    partner,
    share,
  };
}

/**
 * A rectangle of every image replaced by that of another one of the batch, and its target mixed in proportion to the areas (Yun et al.
 * 2019). The place is random and the same for all; where it sticks out, `share` tells what really stayed.
 *
 * @param x images [N, C, H, W]
 * @param target probabilities [N, classes]
 */
export function cutmix<X extends Shape, Y extends Shape>(
  x: Tensor<X>,
  target: Tensor<Y>,
  options: MixOptions = {},
): Mixed<X, Y> {
  const op = 'cutmix';
  if (options.share instanceof Tensor)
    throw new ArgumentError(
      `${op}: the share is a tensor; expected a number, for areas are whole pixels. mixup takes a tensor.`,
    );
  if (x.ndim !== 4)
    throw new ShapeError(`${op}: expected images of shape [N, C, H, W], got ${showShape(x.shape)}.`);
  const { partner, share: wanted } = prepare(op, x, target, options);
  const [, , rows, columns] = x.shape;
  const side = Math.sqrt(1 - (wanted as number));
  const range = (count: number): [number, number] => {
    const extent = Math.round(count * side);
    const centre = Math.floor(rand([], { generator: options.generator, dtype: 'float64' }).item() * count);
    const start = centre - Math.floor(extent / 2);
    return [Math.max(start, 0), Math.min(start + extent, count)];
  };
  const [[top, bottom], [left, right]] = [range(rows), range(columns)];
  const share = 1 - ((bottom - top) * (right - left)) / Math.max(rows * columns, 1);
  const mixed = scope(() => {
    const within = (count: number, from: number, to: number): Tensor => {
      const at = arange(0, count, 1, { dtype: 'int32' }) as Tensor;
      return at.ge(from).logicalAnd(at.lt(to) as Tensor) as Tensor;
    };
    const hole = within(rows, top, bottom)
      .reshape([rows, 1])
      .logicalAnd(within(columns, left, right)) as Tensor;
    return where(hole, indexSelect(x as Tensor, 0, partner) as Tensor, x as Tensor) as Tensor;
  });
  return { x: mixed as Tensor<X>, target: scope(() => blend(target, partner, share)), partner, share };
}
