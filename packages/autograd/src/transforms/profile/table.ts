/** A column: its title, and the cell of each row. The first column is a name, all others are numbers. */
export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => string;
}

/** Rows under titles, with a line between the last of them and the totals. */
export function table<R>(columns: readonly Column<R>[], rows: readonly R[], totals: R | null): string {
  const lines = [...rows, ...(totals === null ? [] : [totals])].map(row => columns.map(c => c.cell(row)));
  const titles = columns.map(c => c.title);
  const widths = titles.map((title, i) =>
    lines.reduce((width, line) => Math.max(width, line[i].length), title.length),
  );
  const write = (line: readonly string[]): string =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const body = lines.map(write);
  if (totals !== null) body.splice(-1, 0, rule);
  return [write(titles), rule, ...body].join('\n');
}

/** Milliseconds. */
export function milliseconds(time: number): string {
  return time.toFixed(3);
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes in the unit that suits it. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  // Not 1024: what would be rounded to it belongs to the next unit.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
