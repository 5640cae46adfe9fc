import Table from 'cli-table3';
import { titles } from '../sides/index.js';
import { type Curve, type GrowthAxis, growthTitles } from './growth.js';
import { quantity } from './row.js';
import type { SideName } from './types.js';

const axes = Object.keys(growthTitles) as readonly GrowthAxis[];

function megabytes(bytes: number): string {
  // It fitted into what the process had.
  if (bytes < 5e4) return '–';
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** For every axis a heading and rows: size, and time and peak memory of every side; exponents last. */
export function growthRows(
  curves: readonly Curve[],
): readonly { title: string; head: readonly string[]; rows: readonly (readonly string[])[] }[] {
  return axes.flatMap(axis => {
    const of = curves.filter(curve => curve.axis === axis);
    if (of.length === 0) return [];
    const name = (side: SideName): string => titles[side];
    const head = ['n', ...of.flatMap(({ side }) => [`${name(side)}: time`, 'peak memory'])];
    const rows = of[0].points.map(({ x }, i) => [
      String(x),
      ...of.flatMap(({ points }) => [quantity(points[i].milliseconds, 'ms'), megabytes(points[i].bytes)]),
    ]);
    const last = [
      'grows as',
      ...of.flatMap(({ exponents }) => [
        `n^${exponents.time.toFixed(2)}`,
        `n^${exponents.memory.toFixed(2)}`,
      ]),
    ];
    return [{ title: growthTitles[axis], head, rows: [...rows, last] }];
  });
}

export function growthTable(curves: readonly Curve[]): string {
  return growthRows(curves)
    .map(({ title, head, rows }) => {
      const out = new Table({
        head: [...head],
        style: { head: [], border: [], compact: true },
        colAligns: head.map(() => 'right'),
      });
      out.push(...rows.map(row => [...row]));
      return `time and peak memory against ${title}\n${out.toString()}`;
    })
    .join('\n\n');
}
