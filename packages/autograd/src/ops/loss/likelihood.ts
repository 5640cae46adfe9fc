import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, gt, lt, mul, sub, where } from '../binary.js';
import { composite } from '../define.js';
import { unsqueeze } from '../shape.js';
import { detach, exp, log, square } from '../unary.js';
import {
  lossOf,
  reductionOf,
  requireAlike,
  requireElementsWithin,
  requireOneDType,
  requireOneShape,
} from './shared.js';
import type { LossOptions, PairLossFunction, Reduced, Reduction, SameFits } from './types.js';

export interface KlDivOptions<R extends Reduction | 'batchmean' = Reduction | 'batchmean'>
  extends LossOptions<R> {
  /** Whether the target holds log-probabilities too. Default false. */
  readonly logTarget?: boolean;
}

const ofLogProbabilities = lossOf(
  'klDiv',
  (x: Tensor, t: Tensor) => mul(exp(t), sub(t, x) as Tensor) as Tensor,
);
/** t ln t is 0 at 0, but has no derivative there. */
const ofProbabilities = lossOf('klDiv', (x: Tensor, t: Tensor) => {
  const entropy = where(eq(t, 0) as Tensor, 0, mul(t, log(t)) as Tensor) as Tensor;
  return sub(entropy, mul(t, x) as Tensor) as Tensor;
});

/**
 * Kullback-Leibler divergence of log-probabilities `input` from probabilities `target`: target * (ln target - input), elementwise, then reduced.
 * `batchmean` is the sum divided by the size of the first dim, which is the divergence per sample; `mean` divides by all elements. Both have one
 * shape and one floating point dtype.
 */
export const klDiv: <S extends Shape, T extends Shape, R extends Reduction | 'batchmean' = 'mean'>(
  input: Tensor<S>,
  target: Tensor<T> & SameFits<'klDiv', S, T>,
  options?: KlDivOptions<R>,
) => Tensor<Reduced<R, S>> = composite(
  'klDiv',
  (input: Tensor, target: Tensor, { reduction, logTarget = false }: KlDivOptions = {}) => {
    const reduced = reductionOf<Reduction | 'batchmean'>('klDiv', reduction, 'batchmean');
    requireAlike('klDiv', { input, target });
    if (reduced === 'batchmean' && input.ndim === 0)
      throw new ShapeError("klDiv: a scalar has no batch; expected another reduction than 'batchmean'.");
    const divergence = logTarget ? ofLogProbabilities : ofProbabilities;
    return divergence(reduced === 'batchmean' ? input.shape[0] : reduced, input, target);
  },
) as never;

export interface PoissonNllLossOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Whether Stirling's approximation of ln(target!) is added where the target exceeds 1. Default false. */
  readonly full?: boolean;
  /** Added to the rate before its logarithm is taken, where the input is a rate. Default 1e-8. */
  readonly eps?: number;
}

/** t ln t - t + ln(2 pi t) / 2, 0 up to 1; masked before the logarithm is taken. */
function stirling(t: Tensor): Tensor {
  const large = gt(t, 1) as Tensor;
  const safe = where(large, t, 1) as Tensor;
  const logs = log(safe);
  const value = add(sub(mul(safe, logs) as Tensor, safe) as Tensor, mul(logs, 0.5) as Tensor) as Tensor;
  return where(large, add(value, Math.log(2 * Math.PI) / 2) as Tensor, 0) as Tensor;
}

const poisson = (logInput: boolean, full: boolean) =>
  lossOf('poissonNllLoss', (x: Tensor, t: Tensor, eps: number) => {
    const [rate, logRate] = logInput ? [exp(x), x] : [x, log(add(x, eps) as Tensor)];
    const losses = sub(rate, mul(t, logRate) as Tensor) as Tensor;
    return full ? (add(losses, stirling(t)) as Tensor) : losses;
  });

const ofCounts = {
  log: poisson(true, false),
  logFull: poisson(true, true),
  rate: poisson(false, false),
  rateFull: poisson(false, true),
};

/**
 * The negative log-likelihood of counts `target` under Poisson distributions: e**input - target * input, or input - target * ln(input + eps), reduced.
 * Both have one shape and one floating point dtype.
 */
export const poissonNllLoss: PairLossFunction<'poissonNllLoss', PoissonNllLossOptions> = composite(
  'poissonNllLoss',
  (input: Tensor, target: Tensor, options: PoissonNllLossOptions = {}) => {
    const { logInput = true, full = false, eps = 1e-8 } = options;
    const reduction = reductionOf('poissonNllLoss', options.reduction);
    requireAlike('poissonNllLoss', { input, target });
    requireEps('poissonNllLoss', eps);
    const loss = ofCounts[`${logInput ? 'log' : 'rate'}${full ? 'Full' : ''}`];
    return loss(reduction, input, target, eps);
  },
) as never;

export interface GaussianNllLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Whether the constant ln(2 pi) / 2 is added. Default false. */
  readonly full?: boolean;
  /** Smaller variances count as this. Default 1e-6. */
  readonly eps?: number;
}

const ofNormal = lossOf(
  'gaussianNllLoss',
  (x: Tensor, t: Tensor, variance: Tensor, eps: number, constant: number) => {
    // The floor is put under the number, not under its gradient: what is too small must be able to grow.
    const floor = add(sub(variance, detach(variance)) as Tensor, eps) as Tensor;
    const v = where(lt(variance, eps) as Tensor, floor, variance) as Tensor;
    const misfit = div(square(sub(x, t) as Tensor), v) as Tensor;
    return add(mul(add(log(v), misfit) as Tensor, 0.5) as Tensor, constant) as Tensor;
  },
);

/**
 * The negative log-likelihood of `target` under normal distributions of mean `input` and variance `variance`:
 * (ln variance + (input - target)**2 / variance) / 2, reduced (Nix and Weigend 1994). All have one floating point dtype; the target has the input's shape,
 * and the variance too, or one with the last dim left out or of size 1. A variance below eps counts as eps, and its gradient as if it were eps.
 *
 * @throws ArgumentError where a variance is negative
 */
export const gaussianNllLoss: <S extends Shape, T extends Shape, R extends Reduction = 'mean'>(
  input: Tensor<S>,
  target: Tensor<T> & SameFits<'gaussianNllLoss', S, T>,
  variance: Tensor,
  options?: GaussianNllLossOptions<R>,
) => Tensor<Reduced<R, S>> = composite(
  'gaussianNllLoss',
  (input: Tensor, target: Tensor, variance: Tensor, options: GaussianNllLossOptions = {}) => {
    const op = 'gaussianNllLoss';
    const { full = false, eps = 1e-6 } = options;
    const reduction = reductionOf(op, options.reduction);
    requireOneDType(op, { input, target, variance });
    requireOneShape(op, { input, target });
    requireEps(op, eps);
    const spread = alignedVariance(op, variance, input);
    requireElementsWithin(
      op,
      'variance',
      variance,
      { min: 0 },
      'Predict its logarithm, or take softplus of it.',
    );
    return ofNormal(reduction, input, target, spread, eps, full ? Math.log(2 * Math.PI) / 2 : 0);
  },
) as never;

function alignedVariance(op: string, variance: Tensor, input: Tensor): Tensor {
  if (sameShape(variance.shape, input.shape)) return variance;
  const outer = input.shape.slice(0, -1);
  if (input.ndim > 0 && sameShape(variance.shape, outer)) return unsqueeze(variance, -1) as Tensor;
  if (input.ndim > 0 && sameShape(variance.shape, [...outer, 1])) return variance;
  throw new ShapeError(
    `${op}: the input has shape ${showShape(input.shape)}, the variance ${showShape(variance.shape)}; expected the same shape, or the last dim left out or 1.`,
  );
}

function requireEps(op: string, eps: number): void {
  if (!(eps >= 0) || eps === Number.POSITIVE_INFINITY)
    throw new ArgumentError(`${op}: eps is ${show(eps)}; expected a finite number from 0.`);
}
