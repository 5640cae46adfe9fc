import {
  ArgumentError,
  arange,
  gridSample,
  type Shape,
  stack,
  type Tensor,
  zerosLike,
} from '@fluxion/autograd';
import { aligned, batched, checkPerSample, minus, type PerSample, times } from './batch.js';
import type { SampleOptions } from './geometry.js';

/** What is done to a signal. */
export interface ResampleSteps {
  /** By how many samples the signal comes later; may be a fraction. Default 0. */
  readonly shift?: PerSample;
  /** How fast it runs: 2 is twice as fast. Default 1. */
  readonly rate?: PerSample;
}

/** Padding and interpolation; along time `bilinear` is linear. */
export type SignalOptions = Pick<SampleOptions, 'paddingMode'> & { readonly mode?: 'bilinear' | 'nearest' };

function resample<S extends Shape>(
  op: string,
  x: Tensor<S>,
  steps: ResampleSteps,
  options: SignalOptions,
): Tensor<S> {
  return batched(op, x, 3, signals => {
    const [n, channels, length] = signals.shape;
    const { shift = 0, rate = 1 } = steps;
    checkPerSample(op, 'the shift', shift, n);
    checkPerSample(op, 'the rate', rate, n);
    const time = (arange(0, length, 1, { dtype: signals.dtype }) as Tensor).unsqueeze(0) as Tensor;
    // out(t) = x(rate * t - shift), in samples; then from -1 to 1.
    const at = minus(times(time, aligned(rate, 2)), aligned(shift, 2)) as Tensor;
    const position = at.mul(2).add(1).div(length).sub(1) as Tensor;
    const grid = stack([position, zerosLike(position) as Tensor], 2).unsqueeze(1) as Tensor;
    const planes = signals.reshape([n, channels, 1, length]) as Tensor;
    return gridSample(planes, grid.expand([n, 1, length, 2]) as Tensor, options).reshape(
      signals.shape,
    ) as Tensor;
  }) as Tensor<S>;
}

/**
 * Delays signals [N, C, L] or [C, L] by samples, or parts of samples, differentiably in the signals and in the delay.
 *
 * @param samples negative ones bring the signal forward
 */
export function timeShift<S extends Shape>(
  x: Tensor<S>,
  samples: PerSample,
  options: SignalOptions = {},
): Tensor<S> {
  return resample('timeShift', x, { shift: samples }, options);
}

/**
 * Lets signals [N, C, L] or [C, L] run faster (rate above 1) or slower from their beginning; the length stays. Pitch changes with it.
 *
 * @param rate above 0
 */
export function timeStretch<S extends Shape>(
  x: Tensor<S>,
  rate: PerSample,
  options: SignalOptions = {},
): Tensor<S> {
  if (typeof rate === 'number' && !(rate > 0))
    throw new ArgumentError(`timeStretch: the rate is ${rate}; expected a number above 0.`);
  return resample('timeStretch', x, { rate }, options);
}
