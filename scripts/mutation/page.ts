/** The table of results in docs/mutation.md, a row for each file; the text around it is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from '../support/run.js';
import type { Equivalent } from './equivalents.js';

export interface Counts {
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly uncovered: number;
}

const page = resolve(root, 'docs/mutation.md');
const begin = '<!-- Written by scripts/mutation.ts: the rows of the files of a run. -->';
const end = '<!-- End of what is written by scripts/mutation.ts. -->';

export function scoreOf(counts: Counts): number {
  return counts.mutants === 0 ? 100 : (100 * (counts.killed + counts.timeout)) / counts.mutants;
}

function total(rows: Iterable<Counts>): Counts {
  const sum = { mutants: 0, killed: 0, timeout: 0, survived: 0, uncovered: 0 };
  for (const row of rows) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += row[key];
  return sum;
}

const cells = (name: string, c: Counts): string =>
  `| ${[name, c.mutants, c.killed, c.timeout, c.survived, c.uncovered, `${scoreOf(c).toFixed(1)} %`].join(' | ')} |`;

function readRows(table: string): Map<string, Counts> {
  const rows = new Map<string, Counts>();
  for (const match of table.matchAll(/^\| `([^`]+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|/gm)) {
    const [mutants, killed, timeout, survived, uncovered] = match.slice(2, 7).map(Number);
    rows.set(match[1], { mutants, killed, timeout, survived, uncovered });
  }
  return rows;
}

/** Enters the results of files; those of files that have no rules any more go. */
export function enterResults(
  results: ReadonlyMap<string, Counts>,
  files: ReadonlySet<string>,
  equivalents: readonly Equivalent[],
): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`${page} has lost the lines between which the results go: ${begin} and ${end}`);
  const rows = readRows(text.slice(from, to));
  for (const [file, counts] of results) rows.set(file, counts);
  for (const file of rows.keys()) if (!files.has(file)) rows.delete(file);
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const table = [
    '| file | mutants | killed | timeout | survived | no coverage | score |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...sorted.map(([file, counts]) => cells(`\`${file}\``, counts)),
    cells('all', total(rows.values())),
  ];
  const code = (source: string): string => (source === '' ? '' : `\`${source.replaceAll('|', '\\|')}\``);
  const list = [
    '| file | instead of | stands | and makes no difference, since |',
    '| --- | --- | --- | --- |',
    ...equivalents.map(
      e =>
        `| \`${e.file}\` | ${code(e.original)}${e.beside === undefined ? '' : ` in ${code(e.beside)}`} | ${code(e.replacement)} | ${e.reason.replaceAll('|', '\\|')} |`,
    ),
  ];
  const written = [begin, table.join('\n'), 'Survivors that no test can kill:', list.join('\n')].join('\n\n');
  writeFileSync(page, `${text.slice(0, from)}${written}\n\n${text.slice(to)}`);
}
