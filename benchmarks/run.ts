/** `npm run bench`: Fluxion against its peers. See README.md for how to read the table, and `--help`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparisonChart } from './harness/comparisonChart.js';
import { BenchError } from './harness/errors.js';
import { available, type GrowthReport, measureGrowth } from './harness/growth.js';
import { growthChart } from './harness/growthChart.js';
import { growthTable } from './harness/growthTable.js';
import { busyBefore, crowded, crowdWarning, machine, relaxedSimd, watchLoad } from './harness/machine.js';
import { type Options, parse } from './harness/options.js';
import { SideError } from './harness/process.js';
import { defaultFolder, json, keep, write } from './harness/results.js';
import type { Report, Row } from './harness/row.js';
import { Session } from './harness/session.js';
import { remarks, table } from './harness/table.js';
import type { SideName } from './harness/types.js';

const tooQuick = '--quick: too few samples to quote';

/** Writes what was found where it was asked for, and says where. */
function deliver(report: Report | GrowthReport, chart: string, options: Options, name: string): void {
  const files = {
    json: options.json ?? join(defaultFolder, `${name}.json`),
    svg: options.svg ?? join(defaultFolder, `${name}.svg`),
  };
  write(files.json, json(report));
  write(files.svg, chart);
  console.error(`written: ${files.json}, ${files.svg}`);
  if (options.results) keep(report, chart);
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) console.log(`warning: ${warning}`);
}

async function compare(options: Options): Promise<void> {
  const { quick } = options;
  const relaxed = relaxedSimd();
  const session = new Session({ quick, relaxed });
  try {
    const needed = new Set<SideName>(options.workloads.flatMap(workload => workload.sides));
    const names = options.sides.filter(side => needed.has(side));
    if (names.length === 0) throw new BenchError('--sides and --only leave nothing to measure together.');
    await session.start(names, options.python, options.sidesAsked);
    const rows: Row[] = [];
    for (const workload of options.workloads) {
      const row = await session.run(workload);
      if (row !== null) rows.push(row);
    }
    const warnings = [...session.warnings, ...(quick ? [tooQuick] : [])];
    console.log(table(rows));
    for (const remark of remarks(rows)) console.log(`note: ${remark}`);
    warn(warnings);
    const judged = rows.flatMap(row => (row.met === null ? [] : [row.met]));
    console.log(`${judged.filter(met => met).length} of ${judged.length} rows with targets meet all of them`);
    const sides = Object.fromEntries(session.sides.map(side => [side.name, side.description]));
    const report: Report = {
      ...machine(),
      date: today(),
      relaxedSimd: relaxed,
      quick,
      warnings,
      sides,
      rows,
    };
    deliver(report, comparisonChart(report), options, 'bench');
  } finally {
    session.close();
  }
}

async function grow(options: Options): Promise<void> {
  const { quick, python } = options;
  const { sides, warnings } = await available(options.sides, python, options.sidesAsked);
  const names = Object.keys(sides) as SideName[];
  if (names.length === 0) throw new BenchError('--growth: none of these sides has curves.');
  const before = await busyBefore();
  const watched = watchLoad();
  const growth = await measureGrowth(names, python, quick);
  const crowd = crowded(before, watched());
  if (crowd > 0) warnings.push(...crowdWarning(new Map([['the curves', crowd]])));
  if (quick) warnings.push(tooQuick);
  console.log(growthTable(growth));
  warn(warnings);
  const report: GrowthReport = { ...machine(), date: today(), quick, warnings, sides, growth };
  deliver(report, growthChart(report), options, 'growth');
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Runs all of this in another Node; gives its exit code. */
function elsewhere(node: string, args: readonly string[]): number {
  const ran = spawnSync(node, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    stdio: 'inherit',
    env: { ...process.env, FLUXION_BENCH_NODE: '' },
  });
  if (ran.error !== undefined) throw new BenchError(`--node ${node}: ${ran.error.message}`);
  return ran.status ?? 1;
}

async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options === null) return;
  if (options.node !== undefined && options.node !== '') {
    process.exitCode = elsewhere(options.node, withoutNode(args));
    return;
  }
  const { node, cpu } = machine();
  console.error(`Node ${node}, ${cpu}, relaxed SIMD ${relaxedSimd() ? 'available' : 'not available'}`);
  await (options.growth ? grow(options) : compare(options));
}

function withoutNode(args: readonly string[]): string[] {
  return args.filter((arg, i) => arg !== '--node' && args[i - 1] !== '--node' && !arg.startsWith('--node='));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchError || error instanceof SideError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
