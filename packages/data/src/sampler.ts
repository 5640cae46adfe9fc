import { ArgumentError, type Generator, multinomial, randperm, show, tensor } from '@fluxion/autograd';

/**
 * The order of one epoch: which of `length` samples come, one after the other; some may come twice and others not at all. It takes its random
 * numbers from `generator` and from nowhere else, so that an epoch that was broken off can be gone through again.
 */
export type Sampler = (length: number, generator: Generator) => ArrayLike<number>;

/** 0, 1, 2, … */
export const sequential: Sampler = length => Int32Array.from({ length }, (_, i) => i);

/** Every sample once, in random order. */
export const shuffled: Sampler = (length, generator) => randperm(length, { generator }).toTypedArray();

/**
 * Samples drawn in proportion to weights, against classes of unequal size.
 *
 * @param weights one for each sample, finite, from 0; they need not add up to 1
 * @param count how many are drawn for an epoch. Default: as many as there are weights
 * @param options `replacement`: whether a sample may come more than once. Default true
 */
export function weighted(
  weights: ArrayLike<number>,
  count: number = weights.length,
  options: { readonly replacement?: boolean } = {},
): Sampler {
  const { replacement = true } = options;
  const table = tensor(Float64Array.from(weights));
  return (length, generator) => {
    if (weights.length !== length)
      throw new ArgumentError(
        `weighted: ${weights.length} weights for ${length} samples; expected one for each sample.`,
      );
    if (!Number.isInteger(count) || count < 0)
      throw new ArgumentError(`weighted: count is ${show(count)}; expected a whole number from 0.`);
    return count === 0 ? [] : multinomial(table, count, { replacement, generator }).toTypedArray();
  };
}
