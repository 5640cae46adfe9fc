import Table from 'cli-table3';
import { sideNames, titles } from '../sides/index.js';
import { number, quantity, type Row, ratioOf, type Verdict } from './row.js';
import type { SideName } from './types.js';

/** Sides that only few workloads have share a column, and are named in its cells. */
const rare: readonly SideName[] = ['oneThread', 'micrograd', 'microgradJs', 'plainCopy'];

/** The median with half the interquartile range, and below it how many times as fast Fluxion is. */
export function cell(row: Row, name: SideName): readonly string[] {
  const value = name === 'fluxion' ? row.ours : row.peers[name];
  const spread = row.quartiles[name];
  if (value === null || value === undefined || spread === undefined) return [];
  const half = ((spread[1] - spread[0]) / 2 / value) * 100;
  // A size has no spread, and needs none.
  const lines = [quantity(value, row.unit) + (half > 0 ? ` ±${half.toFixed(0)}%` : '')];
  if (name !== 'fluxion' && row.ours !== null) lines.push(`${number(ratioOf(row.unit, row.ours, value))} x`);
  const note = row.sideNotes[name];
  if (note !== undefined) lines.push(`(${note})`);
  return lines;
}

function others(row: Row): readonly string[] {
  return rare.flatMap(name => {
    const lines = cell(row, name);
    return lines.length === 0 ? [] : [`${titles[name]}:`, ...lines];
  });
}

/** The name, and below it what it does not say. */
export function named({ workload, detail }: Row): string {
  return detail === undefined ? workload : `${workload}\n${detail}`;
}

function mark(met: boolean | null): string {
  return met === null ? '?' : met ? 'yes' : 'NO';
}

/** A target and whether it is met, with what was reached in the same terms. */
export function verdict({ target, reached, met }: Verdict): string {
  return `${mark(met).padEnd(3)} ${target}${reached === null ? '' : ` (${number(reached)})`}`;
}

/** The columns that are not empty: title and cell. */
export function columns(
  rows: readonly Row[],
): readonly { title: string; of: (row: Row) => readonly string[] }[] {
  const all = [
    ...sideNames
      .filter(name => !rare.includes(name))
      .map(name => ({ title: titles[name], of: (row: Row) => cell(row, name) })),
    { title: 'others', of: others },
  ];
  return all.filter(column => rows.some(row => column.of(row).length > 0));
}

/** A table of medians with half the interquartile range; below each peer, how many times as fast Fluxion is. */
export function table(rows: readonly Row[]): string {
  const shown = columns(rows);
  const out = new Table({
    head: ['workload', ...shown.map(({ title }) => title), 'met? target (reached)'],
    style: { head: [], border: [], compact: false },
    colWidths: [30, ...shown.map(() => null), 50],
    wordWrap: true,
  });
  for (const row of rows) {
    out.push([
      named(row),
      ...shown.map(({ of }) => of(row).join('\n')),
      row.verdicts.map(verdict).join('\n'),
    ]);
  }
  return out.toString();
}

/** Remarks on single numbers, which have no room in the table. */
export function remarks(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ workload, notes }) => notes.map(note => `${workload}: ${note}`));
}
