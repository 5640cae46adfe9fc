import Table from 'cli-table3';
import { sideNames, titles } from '../sides/index.js';
import type { Timing } from './measure.js';
import type { PeerName, SideName, Target, Workload } from './types.js';

export interface Row {
  readonly workload: string;
  readonly unit: Workload['unit'];
  /** Medians in `unit`; null where the side was not measured. */
  readonly ours: number | null;
  readonly peers: Partial<Record<PeerName, number>>;
  /** Quartiles of the samples, in `unit`. */
  readonly quartiles: Partial<Record<SideName, readonly [number, number]>>;
  /** The largest relative error against the float64 reference, by side, and what was allowed. */
  readonly errors: Partial<Record<SideName, number>>;
  readonly tolerance: number;
  readonly target: string;
  /** Whether every target holds; null when a side that it needs was not measured. */
  readonly met: boolean | null;
}

export interface Report {
  readonly node: string;
  readonly cpu: string;
  readonly relaxedSimd: boolean;
  readonly quick: boolean;
  readonly warnings: readonly string[];
  readonly sides: Partial<Record<SideName, string>>;
  readonly rows: readonly Row[];
}

function perUnit(unit: Workload['unit'], milliseconds: number): number {
  return unit === 'µs' ? milliseconds * 1000 : milliseconds;
}

/** A target in words: "8 times PyTorch", or "1.15 of PyTorch's time" for what may be slower than the peer. */
export function describe({ peer, times }: Target): string {
  if (times === 1) return `as fast as ${titles[peer]}`;
  if (times > 1) return `${Number(times.toPrecision(3))} x ${titles[peer]}`;
  return `<= ${Number((1 / times).toPrecision(3))} of ${titles[peer]}'s time`;
}

/** All targets met; false as soon as one is missed; null when none is missed but some cannot be judged. */
export function judge(
  targets: readonly Target[],
  ours: number | undefined,
  peers: Partial<Record<PeerName, number>>,
): boolean | null {
  if (ours === undefined) return null;
  let verdict: boolean | null = true;
  for (const { peer, times } of targets) {
    const theirs = peers[peer];
    if (theirs === undefined) verdict = null;
    else if (theirs / ours < times) return false;
  }
  return verdict;
}

export function makeRow(
  workload: Workload,
  targets: readonly Target[],
  timings: ReadonlyMap<SideName, Timing>,
  errors: Partial<Record<SideName, number>>,
): Row {
  const peers: Partial<Record<PeerName, number>> = {};
  const quartiles: Partial<Record<SideName, readonly [number, number]>> = {};
  for (const [name, timing] of timings) {
    if (name !== 'fluxion') peers[name] = perUnit(workload.unit, timing.median);
    quartiles[name] = [
      perUnit(workload.unit, timing.lowerQuartile),
      perUnit(workload.unit, timing.upperQuartile),
    ];
  }
  const own = timings.get('fluxion');
  const ours = own && perUnit(workload.unit, own.median);
  return {
    workload: workload.name,
    unit: workload.unit,
    ours: ours ?? null,
    peers,
    quartiles,
    errors,
    tolerance: workload.check.tolerance,
    target: targets.map(describe).join('; '),
    met: judge(targets, ours, peers),
  };
}

function cell(row: Row, name: SideName): string {
  const value = name === 'fluxion' ? row.ours : row.peers[name];
  const spread = row.quartiles[name];
  if (value === null || value === undefined || spread === undefined) return '';
  const half = ((spread[1] - spread[0]) / 2 / value) * 100;
  const lines = [`${number(value)} ${row.unit} ±${half.toFixed(0)}%`];
  if (name !== 'fluxion' && row.ours !== null) lines.push(`${number(value / row.ours)} x`);
  return lines.join('\n');
}

/** Three digits, and no exponent. */
function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A table of medians with half the interquartile range; below each peer, how many times as fast Fluxion is. */
export function table(rows: readonly Row[]): string {
  const shown = sideNames.filter(name => rows.some(row => cell(row, name) !== ''));
  const out = new Table({
    head: ['workload', ...shown.map(name => titles[name]), 'target', 'met'],
    style: { head: [], border: [] },
    colWidths: [26, ...shown.map(() => null), 30, null],
    wordWrap: true,
  });
  for (const row of rows) {
    const met = row.met === null ? '?' : row.met ? 'yes' : 'no';
    out.push([row.workload, ...shown.map(name => cell(row, name)), row.target, met]);
  }
  return out.toString();
}
