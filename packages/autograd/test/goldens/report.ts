import type { Outcome } from './run.js';

interface Counts {
  passed: number;
  failed: number;
  unsupported: number;
  readonly reasons: Set<string>;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
  /** The report, without a closing line. */
  readonly text: string;
}

const detailedFailures = 20;
const detailedQuantities = 4;

/** Counts by op, the first failures in detail, and totals. */
export function tally(outcomes: readonly Outcome[]): Tally {
  const groups = new Map<string, Counts>();
  for (const o of outcomes) {
    const counts = groups.get(o.group) ?? { passed: 0, failed: 0, unsupported: 0, reasons: new Set() };
    groups.set(o.group, counts);
    if (o.status === 'passed') counts.passed++;
    else if (o.status === 'failed') counts.failed++;
    else {
      counts.unsupported++;
      counts.reasons.add(o.reason);
    }
  }
  const width = Math.max(12, ...[...groups.keys()].map(name => name.length));
  const row = (name: string, ...cells: readonly (string | number)[]): string =>
    name.padEnd(width) + cells.map(cell => String(cell).padStart(8)).join('');
  const lines = [row('', 'passed', 'failed', 'not yet')];
  for (const [name, c] of groups) {
    const reasons = [...c.reasons].join('; ');
    lines.push(row(name, c.passed, c.failed, c.unsupported) + (reasons === '' ? '' : `  ${reasons}`));
  }

  const count = (status: Outcome['status']): number => outcomes.filter(o => o.status === status).length;
  const [passed, failed, unsupported] = [count('passed'), count('failed'), count('not yet supported')];
  const failures = outcomes.filter(o => o.status === 'failed');
  lines.push(...failures.slice(0, detailedFailures).flatMap(describeFailure));
  if (failures.length > detailedFailures)
    lines.push(`… and ${failures.length - detailedFailures} more failures`);
  lines.push(
    '',
    `${outcomes.length} cases: ${passed} passed, ${failed} failed, ${unsupported} not yet supported`,
  );
  return { passed, failed, unsupported, text: lines.join('\n') };
}

function describeFailure(o: Outcome): string[] {
  const shown = o.problems.slice(0, detailedQuantities).map(p => {
    const where = p.index < 0 ? '' : `, element ${p.index}`;
    return `  ${p.quantity}${where}: got ${p.got}, expected ${p.want}`;
  });
  const rest = o.problems.length - shown.length;
  return ['', `FAILED ${o.id}`, ...shown, ...(rest > 0 ? [`  … and ${rest} more quantities`] : [])];
}
