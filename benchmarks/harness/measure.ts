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
  /** What all samples of a side may take together, in milliseconds: a slow side takes fewer, but never fewer than `fewest`. */
  readonly budget: number;
  readonly fewest: number;
}

export const paces: { readonly full: Pace; readonly quick: Pace } = {
  full: { rounds: 31, sample: 60, warmup: 1000, budget: 20_000, fewest: 3 },
  quick: { rounds: 5, sample: 15, warmup: 150, budget: 600, fewest: 1 },
};

export interface Summary {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly samples: number;
}

export function summarise(samples: readonly number[]): Summary {
  const values = [...samples];
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    samples: values.length,
  };
}

/** Steps before the clock starts in every sample: the first ones after a reset create the optimizer's state. */
const UNTIMED = 3;
/** Beside steps that take longer than this many milliseconds, that state is nothing. */
const LONG = 300;

async function time(side: RemoteSide, untimed: number, steps: number): Promise<number> {
  const { milliseconds, loss } = await side.sample(untimed, steps);
  if (!Number.isFinite(loss)) throw new Error(`${side.name}: the loss became ${loss} while timing`);
  return milliseconds;
}

interface Plan {
  readonly side: RemoteSide;
  readonly untimed: number;
  readonly steps: number;
  /** In how many of the rounds it takes part. */
  readonly rounds: number;
  readonly samples: number[];
}

/** In how many rounds a side can take part whose samples take so many milliseconds. */
export function affordable(pace: Pace, sample: number): number {
  return Math.max(
    Math.min(pace.fewest, pace.rounds),
    Math.min(pace.rounds, Math.floor(pace.budget / sample)),
  );
}

/** Spreads `rounds` visits evenly over `all` rounds. */
export function takesPart(round: number, rounds: number, all: number): boolean {
  return Math.floor(((round + 1) * rounds) / all) > Math.floor((round * rounds) / all);
}

/** Warms the side up and decides how many steps make a sample. */
async function calibrate(side: RemoteSide, pace: Pace, maximumSteps: number): Promise<Plan> {
  let steps = 1;
  let fastest = await time(side, 0, 1);
  for (const end = performance.now() + pace.warmup - fastest; performance.now() < end; ) {
    fastest = Math.min(fastest, (await time(side, UNTIMED, steps)) / steps);
    steps = Math.max(1, Math.min(maximumSteps, steps * 4, Math.ceil(pace.sample / fastest)));
  }
  const untimed = fastest > LONG ? 0 : UNTIMED;
  return { side, untimed, steps, rounds: affordable(pace, (untimed + steps) * fastest), samples: [] };
}

/** Times the prepared sides in turns, a different one first in every round. Gives milliseconds a step. */
export async function measure(
  sides: readonly RemoteSide[],
  pace: Pace,
  maximumSteps: number,
): Promise<Map<SideName, readonly number[]>> {
  const plans: Plan[] = [];
  for (const side of sides) plans.push(await calibrate(side, pace, maximumSteps));
  for (let round = 0; round < pace.rounds; round++) {
    for (let i = 0; i < plans.length; i++) {
      const { side, untimed, steps, rounds, samples } = plans[(round + i) % plans.length];
      if (takesPart(round, rounds, pace.rounds)) samples.push((await time(side, untimed, steps)) / steps);
    }
  }
  return new Map(plans.map(({ side, samples }) => [side.name, samples]));
}
