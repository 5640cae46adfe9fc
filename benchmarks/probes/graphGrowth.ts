import { linearRegression, median } from 'simple-statistics';
import { worst } from '../harness/check.js';
import { expected } from '../harness/oracle/index.js';
import { RemoteSide, SideError } from '../harness/process.js';
import type { ChainTask, ProbeResult, ProbeWorkload, SideName } from '../harness/types.js';

export interface ChainPoint {
  readonly nodes: number;
  readonly milliseconds: number;
  /** Of the process, beyond what it had after small graphs. */
  readonly bytes: number;
}

const chain = (nodes: number, scalars: boolean): ChainTask => ({ kind: 'chain', nodes, scalars, x: 0.3 });

/** Forward and backward of a chain of nodes, in a new process: what came before must not leave memory to use again. */
export async function measureChain(
  name: SideName,
  python: string,
  nodes: number,
  scalars: boolean,
): Promise<ChainPoint> {
  const side = await RemoteSide.start(name, python);
  try {
    await side.prepare(chain(1000, scalars));
    await side.sample(0, 100);
    const before = await side.peakBytes();
    const task = chain(nodes, scalars);
    await side.prepare(task);
    const { error } = worst(expected(task, 1), (await side.check(1)).readings);
    if (!(error < 1e-6)) throw new SideError(`${name}: the gradient of ${nodes} nodes is wrong (${error})`);
    // After one graph: later ones would add the garbage of those before.
    const bytes = (await side.peakBytes()) - before;
    const times: number[] = [];
    const repetitions = Math.max(1, Math.ceil(20_000 / nodes));
    for (let i = 0; i < 3; i++) times.push((await side.sample(0, repetitions)).milliseconds / repetitions);
    return { nodes, milliseconds: median(times), bytes };
  } finally {
    side.close();
  }
}

/** The slope in a diagram with logarithmic axes: 1 for linear growth, 2 for quadratic. */
export function exponent(points: readonly (readonly [x: number, y: number])[]): number {
  return linearRegression(points.map(([x, y]) => [Math.log(x), Math.log(Math.max(y, 1e-9))])).m;
}

export const graphSizes: { readonly full: readonly number[]; readonly quick: readonly number[] } = {
  full: [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6],
  quick: [1e4, 3e4, 1e5],
};

/** Smaller graphs fit into what a process has anyway. */
const SMALLEST_FOR_MEMORY = 1e5;

const measured = new Map<string, Promise<readonly ChainPoint[]>>();

/** Time and memory are two rows of one measurement. */
function points(scalars: boolean, quick: boolean): Promise<readonly ChainPoint[]> {
  const key = `${scalars} ${quick}`;
  const before = measured.get(key);
  if (before !== undefined) return before;
  const now = (async () => {
    const found: ChainPoint[] = [];
    for (const nodes of graphSizes[quick ? 'quick' : 'full'])
      found.push(await measureChain('fluxion', '', nodes, scalars));
    return found;
  })();
  measured.set(key, now);
  return now;
}

function probe(scalars: boolean, what: 'time' | 'memory'): ProbeWorkload {
  // A logarithm, a cache that is outgrown or a collector that looks twice add a few hundredths; a square adds 1.
  const targets = [{ atMost: 1.15 }];
  return {
    kind: 'probe',
    name: `${scalars ? 'scalar' : 'tensor'} graph: growth of ${what}`,
    detail: '1e3 to 1e6 nodes, forward + backward',
    unit: 'exponent',
    sides: ['fluxion'],
    targets: { baseline: targets, relaxed: targets },
    async run(quick): Promise<ProbeResult> {
      const all = await points(scalars, quick);
      const largest = all[all.length - 1];
      if (what === 'time') {
        const k = exponent(all.map(({ nodes, milliseconds }) => [nodes, milliseconds]));
        const each = ((largest.milliseconds * 1e6) / largest.nodes).toFixed(0);
        return { samples: { fluxion: [k] }, note: `${largest.nodes} nodes: ${each} ns a node` };
      }
      const large = quick ? all : all.filter(({ nodes }) => nodes >= SMALLEST_FOR_MEMORY);
      const k = exponent(large.map(({ nodes, bytes }) => [nodes, bytes]));
      const each = (largest.bytes / largest.nodes).toFixed(0);
      return { samples: { fluxion: [k] }, note: `${largest.nodes} nodes: ${each} bytes a node at the peak` };
    },
  };
}

export const graphGrowth: readonly ProbeWorkload[] = [
  probe(false, 'time'),
  probe(false, 'memory'),
  probe(true, 'time'),
  probe(true, 'memory'),
];
