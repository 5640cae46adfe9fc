import { ArgumentError, ShapeError, showShape } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import type { Input } from '../../graph/node.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, mul, sub } from '../binary.js';
import { composite } from '../define.js';
import { elementwise } from '../fused.js';
import { checkWritable, markChanged } from '../inPlace.js';
import { Fused } from '../program.js';
import { reshapeTo } from '../shape.js';
import type { Body } from '../trace.js';
import { rsqrt } from '../unary.js';
import {
  alongChannels,
  countOver,
  meanOver,
  requireChannels,
  requireFinite,
  requireOneDType,
  requireRank,
  scaleAndShift,
  standardize,
  tensorsAmong,
} from './standardize.js';

/** What is normalised with, and what becomes of it; all tensors have shape [C]. */
interface ChannelOptions {
  /** What the mean is in use; moves towards the mean of the batch in training. */
  readonly runningMean?: Tensor | null;
  /** What the variance is in use; moves towards the unbiased variance of the batch in training. */
  readonly runningVar?: Tensor | null;
  /** Factors that come last but one. Default: none. */
  readonly weight?: Tensor | null;
  /** Summands that come last. Default: none. */
  readonly bias?: Tensor | null;
  /** How far running statistics move: running = (1 - momentum) running + momentum batch. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

export interface BatchNormOptions extends ChannelOptions {
  /** Whether the statistics are those of the batch (and the running ones, if given, are updated), or the running ones. Default false. */
  readonly training?: boolean;
}

export interface InstanceNormOptions extends ChannelOptions {
  /** Whether the statistics are those of the instance (and the running ones, if given, are updated), or the running ones. Default true. */
  readonly useInputStats?: boolean;
}

/** Checks everything that both ops take, before anything is written. */
function read(op: string, x: Tensor, least: number, options: ChannelOptions, own: boolean) {
  const { momentum = 0.1, eps = 1e-5 } = options;
  const { runningMean, runningVar, weight, bias } = tensorsAmong(op, {
    runningMean: options.runningMean,
    runningVar: options.runningVar,
    weight: options.weight,
    bias: options.bias,
  });
  const tensors = { runningMean, runningVar, weight, bias };
  requireOneDType(op, x, tensors);
  requireRank(op, x, least, least === 2 ? '[N, C, ...]' : '[N, C, L, ...]');
  requireChannels(op, x, tensors);
  requireFinite(op, 'momentum', momentum);
  requireFinite(op, 'eps', eps);
  for (const [name, t] of Object.entries({ runningMean, runningVar }))
    if (t === undefined) {
      if (!own)
        throw new ArgumentError(
          `${op}: there is no ${name}, and the statistics of the input are not to be used; expected a tensor of shape [${x.shape[1]}].`,
        );
    } else if (own) noGrad(() => checkWritable(op, t));
  const along = (t: Tensor | undefined): Tensor | undefined =>
    t === undefined ? undefined : alongChannels(t, x.ndim);
  return { runningMean, runningVar, weight: along(weight), bias: along(bias), momentum, eps };
}

const moved = new Fused(
  'batchNorm',
  ((running: Tensor, batch: Tensor, factor: number, rest: number, momentum: number) =>
    add(
      mul(running, rest),
      mul(mul(batch, factor) as Tensor, momentum) as Tensor,
    ) as Tensor) as unknown as Body,
);

/** Moves a running statistic, unrecorded, towards `factor` times that of the batch, which has as many elements. */
function move(
  op: string,
  running: Tensor | undefined,
  batch: Tensor,
  factor: number,
  momentum: number,
): void {
  if (running === undefined) return;
  moved.assign(running, [running, reshapeTo(batch, running.shape), factor, 1 - momentum, momentum]);
  // For the message where a derivative misses what they were.
  markChanged(running, op);
}

const affine = elementwise(
  'batchNorm',
  (x: Tensor, mean: Tensor, variance: Tensor, weight: Input, bias: Input, eps: number) => {
    const scale = mul(rsqrt(add(variance, eps) as Tensor), weight) as Tensor;
    return add(mul(sub(x, mean) as Tensor, scale) as Tensor, bias) as Tensor;
  },
);

/** With the running statistics: every element by itself. */
function withRunning(x: Tensor, given: ReturnType<typeof read>): Tensor {
  const [mean, variance] = [given.runningMean, given.runningVar].map(t => alongChannels(t as Tensor, x.ndim));
  return affine(x, mean, variance, given.weight ?? 1, given.bias ?? 0, given.eps);
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias for each channel of x [N, C, ...] (Ioffe and Szegedy 2015). In training mean and (biased) variance
 * are those of the batch, and running statistics, where given, are updated in place: unrecorded, and with the unbiased variance. Else the
 * running statistics are used, and receive gradients if they require them.
 *
 * A batch without elements updates nothing. Inside `checkpoint` both runs update.
 *
 * @throws ShapeError for a batch of one value per channel in training: its variance is 0, and all that comes out is the bias
 */
export const batchNorm: <S extends Shape>(x: Tensor<S>, options?: BatchNormOptions) => Tensor<S> = composite(
  'batchNorm',
  (x: Tensor, options: BatchNormOptions = {}) => {
    const training = options.training === true;
    const given = read('batchNorm', x, 2, options, training);
    if (!training) return withRunning(x, given);
    const dims = x.shape.map((_, d) => d).filter(d => d !== 1);
    const count = countOver(x, dims);
    if (count === 1)
      throw new ShapeError(
        `batchNorm: expected more than 1 value per channel in training, got an input of shape ${showShape(x.shape)}. ` +
          'Use a larger batch, or training: false.',
      );
    const { y, mean, variance } = standardize(x, dims, given.eps, given.weight, given.bias);
    if (x.size > 0)
      noGrad(() => {
        move('batchNorm', given.runningMean, mean, 1, given.momentum);
        move('batchNorm', given.runningVar, variance, count / (count - 1), given.momentum);
      });
    return y;
  },
) as never;

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias with mean and variance of each channel of each instance of x [N, C, L, ...] (Ulyanov, Vedaldi,
 * Lempitsky 2016). Running statistics, where given, move towards the mean over the batch of the instances' statistics.
 *
 * @throws ShapeError for one value per channel, unless the running statistics are used
 */
export const instanceNorm: <S extends Shape>(x: Tensor<S>, options?: InstanceNormOptions) => Tensor<S> =
  composite('instanceNorm', (x: Tensor, options: InstanceNormOptions = {}) => {
    const own = options.useInputStats !== false;
    const given = read('instanceNorm', x, 3, options, own);
    if (!own) return withRunning(x, given);
    const dims = x.shape.map((_, d) => d).slice(2);
    const count = countOver(x, dims);
    if (count === 1)
      throw new ShapeError(
        `instanceNorm: expected more than 1 value per channel of an instance, got an input of shape ${showShape(x.shape)}. ` +
          'Normalise over the batch (batchNorm), or use running statistics.',
      );
    const { y, mean, variance } = standardize(x, dims, given.eps);
    if (x.size > 0)
      noGrad(() => {
        move('instanceNorm', given.runningMean, meanOver(mean, [0]), 1, given.momentum);
        move('instanceNorm', given.runningVar, meanOver(variance, [0]), count / (count - 1), given.momentum);
      });
    return scaleAndShift(y, given.weight, given.bias);
  }) as never;
