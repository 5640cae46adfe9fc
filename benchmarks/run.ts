/**
 * `npm run bench`: Fluxion against its peers. See README.md for how to read the table.
 *
 *   --only NAME    workloads whose name contains NAME (may be repeated)
 *   --sides A,B    only these sides: fluxion, jaxjs, jaxjsEager, tfjs, pytorch
 *   --json FILE    writes the numbers to FILE as well
 *   --python CMD   the Python that has torch (default /usr/bin/python3)
 *   --quick        few and short samples: to see that everything works, not to quote
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { worst } from './harness/check.js';
import { loadWarning, machine, relaxedSimd, watchLoad } from './harness/machine.js';
import { measure, paces } from './harness/measure.js';
import { expected } from './harness/oracle.js';
import { RemoteSide, SideError, SideUnavailable } from './harness/process.js';
import { makeRow, type Report, type Row, table } from './harness/report.js';
import type { SideName, Workload } from './harness/types.js';
import { sideNames, titles } from './sides/index.js';
import { workloads } from './workloads/index.js';

/** A mistake in the call, or a comparison that failed: shown without a stack. */
class BenchError extends Error {
  override name = 'BenchError';
}

const installPyTorch =
  'On Debian and Ubuntu: apt-get install python3-torch libopenblas0-pthread; elsewhere name a Python that has torch with --python';

const usage = 'usage: npm run bench -- [--only NAME]... [--sides A,B] [--json FILE] [--python CMD] [--quick]';

function options() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        sides: { type: 'string' },
        json: { type: 'string' },
        python: { type: 'string', default: '/usr/bin/python3' },
        quick: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function chosenWorkloads(only: readonly string[] | undefined): readonly Workload[] {
  if (only === undefined) return workloads;
  const unknown = only.filter(part => !workloads.some(w => matches(w, part)));
  if (unknown.length > 0) {
    const names = workloads.map(w => `  ${w.name}`).join('\n');
    throw new BenchError(
      `--only ${unknown.join(', ')}: no workload has that in its name. There are:\n${names}`,
    );
  }
  return workloads.filter(w => only.some(part => matches(w, part)));
}

function matches(workload: Workload, part: string): boolean {
  return workload.name.toLowerCase().includes(part.toLowerCase());
}

function chosenSides(list: string | undefined): readonly SideName[] {
  if (list === undefined) return sideNames;
  const asked = list.split(',').map(name => name.trim());
  const unknown = asked.filter(name => !sideNames.some(side => side === name));
  if (unknown.length > 0) {
    throw new BenchError(`--sides ${unknown.join(', ')}: not a side. There are: ${sideNames.join(', ')}`);
  }
  return sideNames.filter(side => asked.includes(side));
}

/** Starts every side. PyTorch may be missing, unless it was asked for by name; the others may not. */
async function start(
  names: readonly SideName[],
  asked: boolean,
  python: string,
  started: RemoteSide[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    try {
      const side = await RemoteSide.start(name, python);
      started.push(side);
      console.error(`${titles[name]}: ${side.description}`);
    } catch (error) {
      if (!(error instanceof SideUnavailable)) throw error;
      if (name !== 'pytorch') {
        throw new BenchError(
          `${error.message}\nIs everything installed ("npm run bootstrap")? --sides runs without it.`,
        );
      }
      const reason = `PyTorch is left out: ${error.message}. ${installPyTorch}`;
      if (asked) throw new BenchError(reason);
      missing.push(reason);
    }
  }
  return missing;
}

/** Compares every side with the float64 reference; returns the errors, or throws with the first reading that is wrong. */
async function check(
  workload: Workload,
  sides: readonly RemoteSide[],
): Promise<Partial<Record<SideName, number>>> {
  const { steps, tolerance } = workload.check;
  const task = workload.task();
  const wanted = expected(task, steps);
  const errors: Partial<Record<SideName, number>> = {};
  for (const side of sides) {
    await side.prepare(task);
    const found = worst(wanted, (await side.check(steps)).readings);
    if (found.error > tolerance) {
      throw new BenchError(
        `${workload.name}: ${titles[side.name]} computes something else. Step ${found.step}, ${found.reading}: ` +
          `expected ${found.expected}, got ${found.actual} (relative error ${found.error.toExponential(1)}, ` +
          `allowed ${tolerance}). Nothing was timed.`,
      );
    }
    errors[side.name] = found.error;
  }
  return errors;
}

function write(file: string, report: Report): void {
  try {
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    throw new BenchError(`--json ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

async function main(): Promise<void> {
  const { only, sides: list, json, python, quick } = options();
  const chosen = chosenWorkloads(only);
  const names = chosenSides(list);
  const relaxed = relaxedSimd();
  const { node, cpu } = machine();
  console.error(`Node ${node}, ${cpu}, relaxed SIMD ${relaxed ? 'available' : 'not available'}`);

  const started: RemoteSide[] = [];
  try {
    const warnings = await start(names, list !== undefined, python, started);
    const rows: Row[] = [];
    for (const workload of chosen) {
      const busy = await loadWarning();
      if (busy !== undefined) warnings.push(`${workload.name}: ${busy}`);
      const sides = started.filter(side => workload.sides.includes(side.name));
      const errors = await check(workload, sides);
      const largest = Math.max(...Object.values(errors)).toExponential(1);
      console.error(`${workload.name}: ${sides.length} checked (largest relative error ${largest}); timing`);
      const watched = watchLoad();
      const timings = await measure(sides, quick ? paces.quick : paces.full, workload.maximumSteps);
      const crowded = watched();
      if (crowded !== undefined) warnings.push(`${workload.name}: ${crowded}`);
      rows.push(makeRow(workload, workload.targets[relaxed ? 'relaxed' : 'baseline'], timings, errors));
    }
    console.log(table(rows));
    for (const warning of warnings) console.log(`warning: ${warning}`);
    if (quick) console.log('warning: --quick: too few samples to quote');
    const sides = Object.fromEntries(started.map(side => [side.name, side.description]));
    const report: Report = { node, cpu, relaxedSimd: relaxed, quick, warnings, sides, rows };
    if (json !== undefined) write(json, report);
  } finally {
    for (const side of started) side.close();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchError || error instanceof SideError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
