import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Kernels, kernels, useKernels } from '../../kernels/src/index.js';
import { createWasm } from '../../kernels/src/wasm/index.js';
import { supports } from '../../kernels/src/wasm/load.js';
import { type Profile, profile } from '../src/index.js';
import { type Workload, workloads } from './counts/workloads.js';

/**
 * Guards that count instead of taking the time: what a step of each workload asks of the kernels and of the memory, to the last call and byte. The numbers
 * stand in `counts/*.txt`. After a change that is meant, `npx vitest run packages/fluxion/test/counts.test.ts -u` writes them anew: look at the difference
 * before it is committed.
 *
 * The compiled tiers must agree. The reference tier is left out: its memory is the JavaScript collector's, so that nothing is evacuated there, and it
 * compiles nothing.
 */
const tiers = (['wasm', 'wasm-relaxed'] as const).filter(supports);
const warmUp = 20;
const counted = 40;

const before = kernels();
afterAll(() => useKernels(before));

interface Left {
  readonly storages: number;
  readonly bytes: number;
}

interface Counts {
  readonly steps: readonly Profile[];
  /** What a step leaves in memory for the evacuation to find: results that the program could see. */
  readonly left: Left;
  /** WebAssembly modules made of expressions, in the first steps and after. */
  readonly modules: readonly [number, number];
  /** How much the memory was enlarged after the first steps. */
  readonly grown: number;
}

/** Steps of a workload on a memory of its own. */
function count(tier: Kernels, workload: Workload): Counts {
  useKernels(tier);
  const made = vi.spyOn(WebAssembly, 'Module');
  try {
    const step = workload();
    for (let i = 0; i < warmUp; i++) step();
    const early = made.mock.calls.length;
    const reserved = kernels().memory().reservedBytes;
    const steps = Array.from({ length: counted }, () => profile(step));
    return {
      steps,
      left: leftBy(step),
      modules: [early, made.mock.calls.length - early],
      grown: kernels().memory().reservedBytes - reserved,
    };
  } finally {
    made.mockRestore();
    useKernels(before);
  }
}

/** What a step leaves behind, measured at one in which nothing is evacuated or comes back. */
function leftBy(step: () => void): Left {
  for (let i = 0; i < counted; i++) {
    const at = kernels().memory();
    step();
    const now = kernels().memory();
    if (now.evacuations === at.evacuations && now.reloads === at.reloads)
      return {
        storages: now.youngCount + now.oldCount - at.youngCount - at.oldCount,
        bytes: now.youngBytes + now.oldBytes - at.youngBytes - at.oldBytes,
      };
  }
  throw new Error(`none of ${counted} steps is without an evacuation`);
}

/** What a step does, always the same. */
function perStep({ nodes, memory, kernels: called }: Profile): string {
  const calls = [...called].sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = calls.reduce((sum, kernel) => sum + kernel.calls, 0);
  return [
    `nodes recorded     ${nodes}`,
    `allocations        ${memory.allocations}`,
    `bytes allocated    ${memory.allocatedBytes}`,
    `kernel calls       ${total}`,
    ...calls.map(kernel => `  ${kernel.name.padEnd(24)} ${kernel.calls}`),
  ].join('\n');
}

function sum(steps: readonly Profile[], of: (memory: Profile['memory']) => number): number {
  return steps.reduce((total, step) => total + of(step.memory), 0);
}

/** What now and then happens between steps. */
function overall({ steps, modules, left }: Counts): string {
  return [
    `left by a step     ${left.storages} storages, ${left.bytes} bytes with what rounding up adds`,
    `evacuations        ${sum(steps, memory => memory.evacuations)}`,
    `bytes evacuated    ${sum(steps, memory => memory.evacuatedBytes)}`,
    `reloads            ${sum(steps, memory => memory.reloads)}`,
    `bytes reloaded     ${sum(steps, memory => memory.reloadedBytes)}`,
    `compiled           ${modules[0]} in the first ${warmUp} steps`,
  ].join('\n');
}

function report(name: string, counts: Counts): string {
  const total = `In the ${counted} steps after the first ${warmUp}`;
  return `${name}\n\nIn each step\n\n${perStep(counts.steps[0])}\n\n${total}\n\n${overall(counts)}\n`;
}

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`counts/${name.replaceAll(/\W+/g, '-')}.txt`, import.meta.url));

describe.each(tiers)('on %s, a step', build => {
  test.each(Object.entries(workloads))(
    'of %s makes the calls that it is known to make',
    async (name, workload) => {
      const counts = count(createWasm({ relaxed: build === 'wasm-relaxed' }), workload);
      const texts = counts.steps.map(perStep);
      expect(new Set(texts).size, 'steps differ from each other').toBe(1);
      expect(counts.modules[1], 'expressions compiled after the first steps').toBe(0);
      expect(counts.grown, 'bytes of memory added after the first steps').toBe(0);
      await expect(
        report(name, counts),
        `${name}: a step makes other calls than before. If that is meant, run vitest with -u on this file and look at the difference`,
      ).toMatchFileSnapshot(fileOf(name));
    },
  );
});
