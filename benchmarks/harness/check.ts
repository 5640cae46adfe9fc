import type { Expected } from './oracle/index.js';
import type { Readings } from './types.js';

export interface Disagreement {
  readonly step: number;
  readonly reading: string;
  readonly expected: number;
  readonly actual: number;
  /** |actual - expected|, less the slack, over the size of the reading's terms. */
  readonly error: number;
}

/** The largest relative error over all steps and readings. A reading that is missing, extra or not a number counts as infinite. */
export function worst(expected: Expected, actual: readonly Readings[]): Disagreement {
  let found: Disagreement = { step: 0, reading: 'none', expected: 0, actual: 0, error: -1 };
  for (const [step, wanted] of expected.readings.entries()) {
    const got = actual[step] ?? {};
    for (const reading of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const slack = reading === 'loss' ? 0 : expected.slack;
      const difference = Math.abs(got[reading] - wanted[reading]) - slack;
      const relative = Math.max(0, difference) / expected.scales[step][reading];
      const error = Number.isFinite(relative) ? relative : Infinity;
      if (error > found.error) {
        found = { step: step + 1, reading, expected: wanted[reading], actual: got[reading], error };
      }
    }
  }
  return found;
}
