import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { titles } from '../sides/index.js';
import { BenchError } from './errors.js';
import type { GrowthReport } from './growth.js';
import { growthRows } from './growthTable.js';
import type { Report } from './row.js';
import { columns, named, remarks, verdict } from './table.js';
import type { SideName } from './types.js';

const benchmarks = fileURLToPath(new URL('..', import.meta.url));

/** Where a run leaves what it found when nobody says where: git ignores it. */
export const defaultFolder: string = join(benchmarks, '..', 'out');

export function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new BenchError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

export function json(report: Report | GrowthReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** "node20" of "v20.20.2". */
function major(node: string): string {
  return `node${/\d+/.exec(node)?.[0] ?? ''}`;
}

/**
 * Keeps a whole run under results/, one for each major version of Node, and writes RESULTS.md anew from all that is kept there.
 */
export function keep(report: Report | GrowthReport, chart: string, folder: string = benchmarks): void {
  const name = major(report.node) + ('growth' in report ? '-growth' : '');
  write(join(folder, 'results', `${name}.json`), json(report));
  write(join(folder, 'results', `${name}.svg`), chart);
  const kept = readdirSync(join(folder, 'results'))
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => JSON.parse(readFileSync(join(folder, 'results', file), 'utf8')) as Report | GrowthReport);
  write(join(folder, 'RESULTS.md'), markdown(kept));
}

export function markdown(reports: readonly (Report | GrowthReport)[]): string {
  const parts = [
    '# Results',
    '<!-- Written by `npm run bench -- --results`; do not edit. -->',
    'Medians of runs of `npm run bench -- --results` and `npm run bench -- --results --growth`; [README.md](README.md) says how to read them. ' +
      'Compare ratios, which stand below the times of the others: times differ between machines and runs.',
    ...reports.map(report => ('growth' in report ? growthSection(report) : section(report))),
  ];
  return `${parts.join('\n\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(text => text.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |`;
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function about(report: Report | GrowthReport): string {
  const sides = Object.entries(report.sides).map(([name, text]) => `${titles[name as SideName]}: ${text}`);
  return [`* ${report.date}, Node ${report.node}, ${report.cpu}`, ...sides.map(side => `* ${side}`)].join(
    '\n',
  );
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:\n\n${items.map(item => `* ${item}`).join('\n')}`];
}

function section(report: Report): string {
  const shown = columns(report.rows);
  const table = grid(
    ['workload', ...shown.map(({ title }) => title), 'met? target (reached)'],
    report.rows.map(r => [
      named(r),
      ...shown.map(({ of }) => of(r).join('\n')),
      r.verdicts.map(verdict).join('\n'),
    ]),
  );
  return [
    `## Node ${report.node}`,
    about(report),
    `![How many times as fast as the others is Fluxion?](results/${major(report.node)}.svg)`,
    table,
    ...list('Remarks', remarks(report.rows)),
    ...list('Warnings', report.warnings),
  ].join('\n\n');
}

function growthSection(report: GrowthReport): string {
  return [
    `## Growth, Node ${report.node}`,
    about(report),
    `![Time of a step and peak memory as things grow](results/${major(report.node)}-growth.svg)`,
    ...growthRows(report.growth).map(({ title, head, rows }) => `Against ${title}:\n\n${grid(head, rows)}`),
    ...list('Warnings', report.warnings),
  ].join('\n\n');
}
