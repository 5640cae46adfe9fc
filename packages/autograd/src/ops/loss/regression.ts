import type { Tensor } from '../../tensor/tensor.js';
import { div, eq, lt, mul, sub, where } from '../binary.js';
import { composite } from '../define.js';
import { abs, square } from '../unary.js';
import { lossOf, reductionOf, requireAlike, requireStrength } from './shared.js';
import type { LossOptions, PairLossFunction, Strength } from './types.js';

const squares = lossOf('mseLoss', (x: Tensor, t: Tensor) => square(sub(x, t) as Tensor));

/**
 * (input - target)**2, reduced. Input and target have one shape and one floating point dtype.
 *
 * @throws ShapeError where the shapes differ: a target [N] against an input [N, 1] would broadcast to [N, N] and train nonsense
 */
export const mseLoss: PairLossFunction<'mseLoss'> = composite(
  'mseLoss',
  (input: Tensor, target: Tensor, options: LossOptions = {}) => {
    const reduction = reductionOf('mseLoss', options.reduction);
    requireAlike('mseLoss', { input, target });
    return squares(reduction, input, target);
  },
) as never;

const sizes = lossOf('l1Loss', (x: Tensor, t: Tensor) => abs(sub(x, t) as Tensor));

/** |input - target|, reduced; the derivative where they are equal is 0. Shapes and dtypes as for mseLoss. */
export const l1Loss: PairLossFunction<'l1Loss'> = composite(
  'l1Loss',
  (input: Tensor, target: Tensor, options: LossOptions = {}) => {
    const reduction = reductionOf('l1Loss', options.reduction);
    requireAlike('l1Loss', { input, target });
    return sizes(reduction, input, target);
  },
) as never;

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the square ends and the straight line begins, from 0 (l1Loss). Default 1. */
  readonly beta?: Strength;
}

const smooth = lossOf('smoothL1Loss', (x: Tensor, t: Tensor, beta: Tensor) => {
  const difference = sub(x, t) as Tensor;
  const d = abs(difference);
  // A beta of 0 must not divide, not even where the result is masked: the derivative would be NaN.
  const divisor = typeof beta === 'number' ? beta : where(eq(beta, 0) as Tensor, 1, beta);
  const curve = div(parabola(difference), divisor as Tensor) as Tensor;
  return where(lt(d, beta) as Tensor, curve, sub(d, half(beta) as Tensor) as Tensor) as Tensor;
});

/**
 * With d = |input - target|: d**2 / (2 beta) below beta and d - beta / 2 above (Girshick 2015), reduced. Shapes and dtypes as for mseLoss.
 */
export const smoothL1Loss: PairLossFunction<'smoothL1Loss', SmoothL1LossOptions> = composite(
  'smoothL1Loss',
  (input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}) => {
    const { beta = 1 } = options;
    const reduction = reductionOf('smoothL1Loss', options.reduction);
    requireAlike('smoothL1Loss', { input, target });
    requireStrength('smoothL1Loss', 'beta', beta, input.dtype, { min: 0 });
    return beta === 0 ? sizes(reduction, input, target) : smooth(reduction, input, target, beta);
  },
) as never;

export interface HuberLossOptions extends LossOptions {
  /** Where the square ends and the straight line begins, above 0. Default 1. */
  readonly delta?: Strength;
}

const huber = lossOf('huberLoss', (x: Tensor, t: Tensor, delta: Tensor) => {
  const difference = sub(x, t) as Tensor;
  const d = abs(difference);
  const line = mul(sub(d, half(delta) as Tensor) as Tensor, delta) as Tensor;
  return where(lt(d, delta) as Tensor, parabola(difference), line) as Tensor;
});

/** With d = |input - target|: d**2 / 2 below delta and delta (d - delta / 2) above (Huber 1964), reduced. Shapes and dtypes as for mseLoss. */
export const huberLoss: PairLossFunction<'huberLoss', HuberLossOptions> = composite(
  'huberLoss',
  (input: Tensor, target: Tensor, options: HuberLossOptions = {}) => {
    const { delta = 1 } = options;
    const reduction = reductionOf('huberLoss', options.reduction);
    requireAlike('huberLoss', { input, target });
    requireStrength('huberLoss', 'delta', delta, input.dtype, { above: 0 });
    return huber(reduction, input, target, delta);
  },
) as never;

function half(x: Strength): Strength {
  return typeof x === 'number' ? x / 2 : (mul(x, 0.5) as Tensor);
}

/** Not of the absolute value, whose derivative at 0 is 0: the second one of the square would be too. */
const parabola = (difference: Tensor): Tensor => mul(square(difference), 0.5) as Tensor;
