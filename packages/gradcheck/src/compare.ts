import { type Generator, randn } from '@fluxion/autograd';
import type { Comparison } from './report.js';
import { type Sample, type Slope, slopeAtZero, stepFor } from './slope.js';

/** An input, its gradient by the rule, and the function of its values alone. */
export interface Subject {
  readonly index: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly gradient: Float64Array;
  readonly f: (values: Float64Array) => Sample;
}

export interface CompareOptions {
  readonly inputs: readonly Subject[];
  readonly generator: Generator;
  readonly atol: number;
  readonly rtol: number;
  readonly maxElements: number;
  readonly directions: number;
}

export interface Problem {
  readonly kind: 'mismatch' | 'kink';
  readonly at: Comparison;
  readonly slope: Slope;
}

export interface Outcome {
  readonly worst: Comparison | null;
  readonly problem: Problem | null;
  readonly compared: number;
}

interface Finding {
  readonly at: Comparison;
  readonly slope: Slope;
  /** The error in units of the tolerance; above 1 it does not pass. */
  readonly ratio: number;
}

/** Compares every gradient with slopes. A wrong derivative somewhere counts for more than a kink elsewhere. */
export function compareSlopes(options: CompareOptions): Outcome {
  let worst: Finding | null = null;
  let wrong: Finding | null = null;
  let kink: Finding | null = null;
  let compared = 0;
  for (const subject of options.inputs) {
    if (subject.values.length === 0) continue;
    const atZero = subject.f(subject.values);
    for (const direction of directionsOf(subject, options)) {
      const found = compareAlong(subject, direction, atZero, options);
      compared++;
      if (!found.slope.smooth) {
        kink ??= found;
        continue;
      }
      if (worst === null || found.ratio > worst.ratio) worst = found;
      if (found.ratio > 1 && (wrong === null || found.ratio > wrong.ratio))
        wrong = direction.size === 1 ? found : locate(subject, direction, atZero, options, found);
    }
  }
  const problem: Problem | null =
    wrong !== null
      ? { kind: 'mismatch', at: wrong.at, slope: wrong.slope }
      : kink !== null
        ? { kind: 'kink', at: kink.at, slope: kink.slope }
        : null;
  return { worst: worst?.at ?? null, problem, compared };
}

/** Which elements move, and how far. */
type Direction = ReadonlyMap<number, number>;

function* directionsOf({ values }: Subject, options: CompareOptions): IterableIterator<Direction> {
  if (values.length <= options.maxElements) {
    for (let i = 0; i < values.length; i++) yield new Map([[i, 1]]);
    return;
  }
  for (let k = 0; k < options.directions; k++)
    yield new Map(
      Array.from(
        randn([values.length], { generator: options.generator, dtype: 'float64' }).toTypedArray(),
        (u, i) => [i, u],
      ),
    );
}

function compareAlong(
  subject: Subject,
  direction: Direction,
  atZero: Sample,
  { atol, rtol }: CompareOptions,
): Finding {
  const { values, gradient } = subject;
  let analytic = 0;
  let largest = 0;
  for (const [i, u] of direction) {
    analytic += gradient[i] * u;
    largest = Math.max(largest, Math.abs(values[i]));
  }
  const f = (t: number): Sample => {
    const moved = values.slice();
    for (const [i, u] of direction) moved[i] += t * u;
    return subject.f(moved);
  };
  const slope = slopeAtZero(
    f,
    atZero,
    stepFor(direction.size === 1 ? values[firstOf(direction)] : largest),
    atol,
  );
  const error = Math.abs(analytic - slope.value);
  const tolerance = atol + rtol * Math.max(Math.abs(analytic), Math.abs(slope.value)) + slope.noise;
  const position = direction.size === 1 ? positionOf(firstOf(direction), subject.shape) : null;
  const at = {
    input: subject.index,
    name: subject.name,
    position,
    analytic,
    numeric: slope.value,
    error,
    tolerance,
  };
  // A NaN is no small error.
  return { at, slope, ratio: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / tolerance };
}

/** Halves a direction that fails until one element is left, or neither half fails by itself. */
function locate(
  subject: Subject,
  direction: Direction,
  atZero: Sample,
  options: CompareOptions,
  found: Finding,
): Finding {
  let entries = [...direction];
  let best = found;
  while (entries.length > 1) {
    const middle = entries.length >> 1;
    const halves = [entries.slice(0, middle), entries.slice(middle)].map(half => {
      // One element by itself moves by 1, so that its entry reads as the gradient.
      const part: Direction = new Map(half.length === 1 ? [[half[0][0], 1]] : half);
      return { half, result: compareAlong(subject, part, atZero, options) };
    });
    halves.sort((a, b) => b.result.ratio - a.result.ratio);
    if (!(halves[0].result.ratio > 1) || !halves[0].result.slope.smooth) break;
    entries = halves[0].half;
    best = halves[0].result;
  }
  return best;
}

function firstOf(direction: Direction): number {
  for (const i of direction.keys()) return i;
  return -1;
}

function positionOf(flat: number, shape: readonly number[]): number[] {
  const position = new Array<number>(shape.length);
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d--) {
    position[d] = rest % shape[d];
    rest = Math.floor(rest / shape[d]);
  }
  return position;
}
