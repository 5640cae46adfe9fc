import { median, quantile } from 'simple-statistics';
import type { RemoteSide } from './process.js';
import type { SideName } from './types.js';

export interface Pace {
  /** Samples of every side; each round visits every side once. */
  readonly rounds: number;
  /** What one sample should take at least, in milliseconds. */
  readonly sample: number;
  /** How long each side runs before anything counts, in milliseconds. */
  readonly warmup: number;
}

export const paces: { readonly full: Pace; readonly quick: Pace } = {
  full: { rounds: 31, sample: 60, warmup: 1000 },
  quick: { rounds: 5, sample: 15, warmup: 150 },
};

/** Milliseconds a step. */
export interface Timing {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly samples: number;
  readonly stepsPerSample: number;
}

export function summarise(samples: readonly number[], stepsPerSample: number): Timing {
  const values = [...samples];
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    samples: values.length,
    stepsPerSample,
  };
}

/** Steps before the clock starts in every sample: the first ones after a reset create the optimizer's state. */
const UNTIMED = 3;

async function time(side: RemoteSide, steps: number): Promise<number> {
  const { milliseconds, loss } = await side.sample(UNTIMED, steps);
  if (!Number.isFinite(loss)) throw new Error(`${side.name}: the loss became ${loss} while timing`);
  return milliseconds;
}

/** Warms the side up and returns how many steps make a sample. */
async function calibrate(side: RemoteSide, pace: Pace, maximumSteps: number): Promise<number> {
  let steps = 1;
  let fastest = Infinity;
  for (const end = performance.now() + pace.warmup; performance.now() < end; ) {
    fastest = Math.min(fastest, (await time(side, steps)) / steps);
    steps = Math.max(1, Math.min(maximumSteps, steps * 4, Math.ceil(pace.sample / fastest)));
  }
  return steps;
}

/** Times the prepared sides in turns, a different one first in every round. */
export async function measure(
  sides: readonly RemoteSide[],
  pace: Pace,
  maximumSteps: number,
): Promise<Map<SideName, Timing>> {
  const plan: { side: RemoteSide; steps: number; samples: number[] }[] = [];
  for (const side of sides)
    plan.push({ side, steps: await calibrate(side, pace, maximumSteps), samples: [] });
  for (let round = 0; round < pace.rounds; round++) {
    for (let i = 0; i < plan.length; i++) {
      const { side, steps, samples } = plan[(round + i) % plan.length];
      samples.push((await time(side, steps)) / steps);
    }
  }
  return new Map(plan.map(({ side, steps, samples }) => [side.name, summarise(samples, steps)]));
}
