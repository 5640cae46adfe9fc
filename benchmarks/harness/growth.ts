import { median } from 'simple-statistics';
import { exponent, graphSizes, measureChain } from '../probes/graphGrowth.js';
import { titles } from '../sides/index.js';
import { mlpTask } from '../workloads/mlp.js';
import { worst } from './check.js';
import { BenchError } from './errors.js';
import { expected } from './oracle/index.js';
import { RemoteSide } from './process.js';
import { start } from './session.js';
import type { MlpTask, SideName } from './types.js';

export type GrowthAxis = 'batch' | 'width' | 'depth' | 'nodes';

export interface GrowthPoint {
  readonly x: number;
  /** A step: forward, backward and, but for `nodes`, Adam. */
  readonly milliseconds: number;
  /** The peak of the process, beyond what it was when the library had been loaded. */
  readonly bytes: number;
}

export interface Curve {
  readonly axis: GrowthAxis;
  readonly side: SideName;
  readonly points: readonly GrowthPoint[];
  /** Of the upper half of the points, on logarithmic axes: 1 is linear. */
  readonly exponents: { readonly time: number; readonly memory: number };
}

export interface GrowthReport {
  readonly node: string;
  readonly cpu: string;
  readonly date: string;
  readonly quick: boolean;
  readonly warnings: readonly string[];
  readonly sides: Partial<Record<SideName, string>>;
  readonly growth: readonly Curve[];
}

interface Family {
  readonly axis: Exclude<GrowthAxis, 'nodes'>;
  /** What grows, in words; the rest stays as it is. */
  readonly title: string;
  readonly sizes: readonly number[];
  readonly task: (x: number) => MlpTask;
}

/** Two hidden layers where depth does not grow. */
const families: readonly Family[] = [
  {
    axis: 'batch',
    title: 'batch (MLP 256-256-256-10)',
    sizes: [1, 4, 16, 64, 256, 1024],
    task: batch => mlpTask([256, 256, 256, 10], batch, 7),
  },
  {
    axis: 'width',
    title: 'width (MLP n-n-n-10, batch 64)',
    sizes: [16, 64, 128, 256, 512, 1024],
    task: width => mlpTask([width, width, width, 10], 64, 7),
  },
  {
    axis: 'depth',
    title: 'depth (MLP of n layers of 128, batch 64)',
    sizes: [1, 2, 4, 8, 16, 32],
    task: depth => mlpTask([...Array<number>(depth).fill(128), 10], 64, 7),
  },
];

export const growthTitles: Readonly<Record<GrowthAxis, string>> = {
  batch: families[0].title,
  width: families[1].title,
  depth: families[2].title,
  nodes: 'graph of n nodes (forward and backward)',
};

/** What can be compared: jax-js eager and the scalar engines would take minutes a step. */
export const growthSides: readonly SideName[] = ['fluxion', 'pytorch', 'jaxjs', 'tfjs'];
/** Sides that build a graph as the program runs, and have no limit to its depth. */
const chainSides: readonly SideName[] = ['fluxion', 'pytorch'];

async function measureTraining(
  side: RemoteSide,
  task: MlpTask,
  quick: boolean,
): Promise<Omit<GrowthPoint, 'x'>> {
  const before = await side.peakBytes();
  await side.prepare(task);
  const { error, reading } = worst(expected(task, 2), (await side.check(2)).readings);
  // Deep and narrow nets on noise have gradients near zero, where Adam's first steps turn rounding into steps: only that it is the same work is checked.
  if (!(error < 1e-3))
    throw new BenchError(`${titles[side.name]} computes something else: ${reading} (${error})`);
  const target = quick ? 10 : 100;
  let steps = 1;
  let each = (await side.sample(3, 1)).milliseconds;
  for (const end = performance.now() + target * 3; performance.now() < end; ) {
    each = Math.min(each, (await side.sample(3, steps)).milliseconds / steps);
    steps = Math.max(1, Math.min(500, Math.ceil(target / each)));
  }
  const times: number[] = [];
  for (let i = 0; i < (quick ? 1 : 7); i++) times.push((await side.sample(3, steps)).milliseconds / steps);
  return { milliseconds: median(times), bytes: (await side.peakBytes()) - before };
}

function curve(axis: GrowthAxis, side: SideName, points: readonly GrowthPoint[]): Curve {
  const upper = points.slice(Math.floor(points.length / 2) - 1);
  return {
    axis,
    side,
    points,
    exponents: {
      time: exponent(upper.map(({ x, milliseconds }) => [x, milliseconds])),
      memory: exponent(upper.map(({ x, bytes }) => [x, bytes])),
    },
  };
}

/** Every point in a process of its own: what came before must leave neither memory nor compiled code behind. */
export async function measureGrowth(
  names: readonly SideName[],
  python: string,
  quick: boolean,
): Promise<Curve[]> {
  const curves: Curve[] = [];
  const shortened = (sizes: readonly number[]): readonly number[] => (quick ? sizes.slice(0, 2) : sizes);
  for (const { axis, sizes, task } of families) {
    const points = new Map<SideName, GrowthPoint[]>(names.map(name => [name, []]));
    for (const x of shortened(sizes)) {
      for (const name of names) {
        const side = await RemoteSide.start(name, python);
        try {
          points.get(name)?.push({ x, ...(await measureTraining(side, task(x), quick)) });
        } finally {
          side.close();
        }
      }
      console.error(`${axis} ${x}: ${names.length} measured`);
    }
    for (const [name, found] of points) curves.push(curve(axis, name, found));
  }
  for (const name of names.filter(side => chainSides.includes(side))) {
    const points: GrowthPoint[] = [];
    for (const nodes of shortened(graphSizes.full)) {
      const { milliseconds, bytes } = await measureChain(name, python, nodes, false);
      points.push({ x: nodes, milliseconds, bytes });
    }
    console.error(`nodes: ${titles[name]} measured`);
    curves.push(curve('nodes', name, points));
  }
  return curves;
}

/** Which of the sides run here, with their descriptions, and why the others do not. */
export async function available(
  names: readonly SideName[],
  python: string,
  asked: boolean,
): Promise<{ sides: Partial<Record<SideName, string>>; warnings: string[] }> {
  const sides: Partial<Record<SideName, string>> = {};
  const warnings: string[] = [];
  for (const name of names.filter(side => growthSides.includes(side))) {
    const side = await start(name, python, asked);
    if (typeof side === 'string') warnings.push(side);
    else {
      sides[name] = side.description;
      side.close();
    }
  }
  return { sides, warnings };
}
