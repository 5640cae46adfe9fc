import { titles } from '../sides/index.js';
import { summarise } from './measure.js';
import type { PeerName, Samples, SideName, StepWorkload, Target, Unit, Workload } from './types.js';

export interface Verdict {
  readonly target: string;
  /** Of whom Fluxion was to be `times` as fast; nobody and null for bounds. */
  readonly peers: readonly PeerName[];
  readonly times: number | null;
  /** How many times as fast it was; null without the peer, and for bounds. */
  readonly ratio: number | null;
  /** The ratio as the target puts it: of times, where it may be slower than the peer. */
  readonly reached: number | null;
  /** Null when a side that it needs was not measured. */
  readonly met: boolean | null;
}

export interface Row {
  readonly workload: string;
  readonly detail?: string;
  readonly unit: Unit;
  /** Medians in `unit`; null where the side was not measured. */
  readonly ours: number | null;
  readonly peers: Partial<Record<PeerName, number>>;
  /** Quartiles of the samples, in `unit`. */
  readonly quartiles: Partial<Record<SideName, readonly [number, number]>>;
  /** The largest relative error against the float64 reference, by side, and what was allowed; absent where nothing is computed. */
  readonly errors?: Partial<Record<SideName, number>>;
  readonly tolerance?: number;
  readonly verdicts: readonly Verdict[];
  readonly target: string;
  /** Whether every target holds; null when none is missed and some cannot be judged, or there is none. */
  readonly met: boolean | null;
  readonly notes: readonly string[];
  /** What about a side is not as its description says. */
  readonly sideNotes: SideNotes;
}

export type SideNotes = Partial<Record<SideName, string>>;

export interface Report {
  readonly node: string;
  readonly cpu: string;
  readonly date: string;
  readonly relaxedSimd: boolean;
  readonly quick: boolean;
  readonly warnings: readonly string[];
  readonly sides: Partial<Record<SideName, string>>;
  readonly rows: readonly Row[];
}

/** How many times as good ours is as theirs. */
export function ratioOf(unit: Unit, ours: number, theirs: number): number {
  return unit === 'GFLOP/s' ? ours / theirs : theirs / ours;
}

/** Three digits, and no exponent. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A time with its unit, which is the one that suits it. */
export function quantity(value: number, unit: Unit): string {
  if (unit === 'ratio') return value.toFixed(2);
  if (unit === 'exponent') return `n^${value.toFixed(2)}`;
  // The unit of these is said once, with the workload.
  if (unit === 'GFLOP/s') return number(value);
  if (unit === 'ms' && value < 0.1) return `${number(value * 1000)} µs`;
  if (unit === 'µs' && value >= 1000) return `${number(value / 1000)} ms`;
  return `${number(value)} ${unit}`;
}

/** A target in words: "8 x PyTorch", or "≤ 1.15 of PyTorch's time" for what may be slower than the peer. */
export function describe(target: Target, unit: Unit): string {
  if ('atMost' in target) {
    const { atMost } = target;
    if (unit === 'exponent') return `≤ n^${atMost}`;
    return unit === 'ratio' ? `≤ ${atMost}` : `≤ ${atMost} ${unit}`;
  }
  const { peers, times } = target;
  const names = peers.map(peer => titles[peer]).join(', ');
  const whom = peers.length > 1 ? `best of ${names}` : names;
  if (times === 1) return `as fast as ${whom}`;
  if (times > 1) return `${Number(times.toPrecision(3))} x ${whom}`;
  if (unit === 'GFLOP/s') return `${Number(times.toPrecision(3))} of ${whom}`;
  return `≤ ${Number((1 / times).toPrecision(3))} of ${whom}'s time`;
}

export function judge(
  target: Target,
  unit: Unit,
  ours: number | undefined,
  peers: Partial<Record<PeerName, number>>,
): Verdict {
  const words = describe(target, unit);
  if ('atMost' in target) {
    const met = ours === undefined ? null : ours <= target.atMost;
    return { target: words, peers: [], times: null, ratio: null, reached: null, met };
  }
  const open = {
    target: words,
    peers: target.peers,
    times: target.times,
    ratio: null,
    reached: null,
    met: null,
  };
  if (ours === undefined) return open;
  const ratios = target.peers.flatMap(peer => {
    const theirs = peers[peer];
    return theirs === undefined ? [] : [ratioOf(unit, ours, theirs)];
  });
  if (ratios.length === 0) return open;
  const ratio = Math.min(...ratios);
  // A peer that is missing might have been better: enough for a miss, too little for a success.
  const met = ratio < target.times ? false : ratios.length === target.peers.length ? true : null;
  const reached = target.times < 1 && unit !== 'GFLOP/s' ? 1 / ratio : ratio;
  return { ...open, ratio, reached, met };
}

/** All met; false as soon as one is missed; null when none is missed but some cannot be judged. */
export function overall(verdicts: readonly Verdict[]): boolean | null {
  if (verdicts.some(({ met }) => met === false)) return false;
  return verdicts.length > 0 && verdicts.every(({ met }) => met === true) ? true : null;
}

/** Milliseconds a step in the unit of the workload. */
export function inUnit({ unit, operations }: StepWorkload, milliseconds: number): number {
  if (unit === 'µs') return milliseconds * 1000;
  if (unit === 'GFLOP/s') return (operations ?? 0) / milliseconds / 1e6;
  return milliseconds;
}

/** What goes with the numbers of a workload. */
export interface Findings {
  /** In the unit of the workload. */
  readonly samples: Samples;
  readonly errors?: Partial<Record<SideName, number>>;
  readonly notes?: readonly string[];
  readonly sideNotes?: SideNotes;
}

export function makeRow(
  workload: Workload,
  targets: readonly Target[],
  { samples, errors, notes = [], sideNotes = {} }: Findings,
): Row {
  const peers: Partial<Record<PeerName, number>> = {};
  const quartiles: Partial<Record<SideName, readonly [number, number]>> = {};
  let ours: number | undefined;
  for (const [name, values] of Object.entries(samples) as [SideName, readonly number[]][]) {
    const { median, lowerQuartile, upperQuartile } = summarise(values);
    if (name === 'fluxion') ours = median;
    else peers[name] = median;
    quartiles[name] = [lowerQuartile, upperQuartile];
  }
  const { name, detail, unit } = workload;
  const verdicts = targets.map(target => judge(target, unit, ours, peers));
  return {
    workload: name,
    detail,
    unit,
    ours: ours ?? null,
    peers,
    quartiles,
    errors,
    tolerance: workload.kind === 'steps' ? workload.check.tolerance : undefined,
    verdicts,
    target: verdicts.map(({ target }) => target).join('; '),
    met: overall(verdicts),
    notes,
    sideNotes,
  };
}
