import { parseArgs } from 'node:util';
import { sideNames } from '../sides/index.js';
import { workloads } from '../workloads/index.js';
import { BenchError } from './errors.js';
import type { SideName, Workload } from './types.js';

export interface Options {
  readonly workloads: readonly Workload[];
  readonly sides: readonly SideName[];
  /** The sides were named, and so may not be missing. */
  readonly sidesAsked: boolean;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly python: string;
  readonly node: string | undefined;
  readonly quick: boolean;
  readonly growth: boolean;
  readonly results: boolean;
}

const usage = `usage: npm run bench -- [options]

  --only NAME[,NAME]  workloads whose name contains NAME (may be repeated)
  --sides A,B         only these sides: ${sideNames.join(', ')}
  --growth            curves of time and peak memory instead of the table
  --json FILE         where the numbers go (default out/bench.json, out/growth.json)
  --svg FILE          where the chart goes (default out/bench.svg, out/growth.svg)
  --results           keeps the run in results/ as well, and writes RESULTS.md anew
  --python CMD        the Python that has torch (default /usr/bin/python3)
  --node CMD          the Node that runs everything (default: this one, or what FLUXION_BENCH_NODE names)
  --quick             few and short samples, and small stand-ins: to see that everything works, not to quote
  --help              this text`;

/** Null where only help was wanted, which it prints. */
export function parse(args: readonly string[]): Options | null {
  const values = valuesOf(args);
  if (values.help) {
    console.log(usage);
    return null;
  }
  const { json, svg, python, node, quick, growth, results } = values;
  if (results && (quick || values.only !== undefined || values.sides !== undefined))
    throw new BenchError(
      '--results keeps a whole run: it goes with neither --quick, --only nor --sides. Use --json for others.',
    );
  if (growth && values.only !== undefined)
    throw new BenchError('--growth draws its own curves: it does not go with --only.');
  return {
    workloads: chosenWorkloads(values.only),
    sides: chosenSides(values.sides),
    sidesAsked: values.sides !== undefined,
    json,
    svg,
    python,
    node: node ?? process.env.FLUXION_BENCH_NODE,
    quick,
    growth,
    results,
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        sides: { type: 'string' },
        json: { type: 'string' },
        svg: { type: 'string' },
        python: { type: 'string', default: '/usr/bin/python3' },
        node: { type: 'string' },
        quick: { type: 'boolean', default: false },
        growth: { type: 'boolean', default: false },
        results: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

/** The parts of lists with commas. */
function parts(lists: readonly string[]): readonly string[] {
  return lists
    .flatMap(list => list.split(','))
    .map(part => part.trim())
    .filter(part => part !== '');
}

function chosenWorkloads(only: readonly string[] | undefined): readonly Workload[] {
  if (only === undefined) return workloads;
  const asked = parts(only);
  const matches = (workload: Workload, part: string): boolean =>
    workload.name.toLowerCase().includes(part.toLowerCase());
  const unknown = asked.filter(part => !workloads.some(w => matches(w, part)));
  if (unknown.length > 0 || asked.length === 0) {
    const names = workloads.map(w => `  ${w.name}`).join('\n');
    throw new BenchError(
      `--only ${unknown.join(', ')}: no workload has that in its name. There are:\n${names}`,
    );
  }
  return workloads.filter(w => asked.some(part => matches(w, part)));
}

function chosenSides(list: string | undefined): readonly SideName[] {
  if (list === undefined) return sideNames;
  const asked = parts([list]);
  const unknown = asked.filter(name => !sideNames.some(side => side === name));
  if (unknown.length > 0 || asked.length === 0) {
    throw new BenchError(`--sides ${unknown.join(', ')}: not a side. There are: ${sideNames.join(', ')}`);
  }
  return sideNames.filter(side => asked.includes(side));
}
