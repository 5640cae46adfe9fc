import type { Generator } from '@fluxion/autograd';
import { rand, randn } from '@fluxion/autograd';

/** A number from the beta distribution with both parameters alpha: the share that one of two gamma-distributed numbers has in their sum. */
export function beta(alpha: number, generator: Generator | undefined): number {
  const [a, b] = [gamma(alpha, generator), gamma(alpha, generator)];
  // Both are 0 where alpha is tiny: then one of the ends.
  if (a + b === 0) return uniform(generator) < 0.5 ? 0 : 1;
  return a / (a + b);
}

const uniform = (generator: Generator | undefined): number =>
  rand([], { generator, dtype: 'float64' }).item();
const normal = (generator: Generator | undefined): number =>
  randn([], { generator, dtype: 'float64' }).item();

/** A number from the gamma distribution of scale 1 (Marsaglia and Tsang 2000). */
function gamma(alpha: number, generator: Generator | undefined): number {
  if (alpha < 1) return gamma(alpha + 1, generator) * uniform(generator) ** (1 / alpha);
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normal(generator);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - uniform(generator)) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
  }
}
