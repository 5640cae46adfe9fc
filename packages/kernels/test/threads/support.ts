import type { Expression, Kernels, Operand } from '../../src/interface.js';
import type { DType } from '../../src/storage.js';
import { startThreads, type ThreadOptions } from '../../src/threads/index.js';
import { type Platform, platform, type WorkerHandle } from '../../src/threads/platform.js';
import { createWasm } from '../../src/wasm/index.js';
import { contiguous, count } from '../conformance/arbitraries.js';

export async function threaded(threads: number, options: ThreadOptions = {}): Promise<Kernels> {
  const kernels = createWasm();
  await startThreads(() => kernels, threads, options);
  return kernels;
}

/** The same, and the workers. */
export async function watched(
  threads: number,
  options: ThreadOptions = {},
): Promise<{ kernels: Kernels; workers: WorkerHandle[] }> {
  const workers: WorkerHandle[] = [];
  const watching: Platform = {
    ...platform,
    async makeWorker() {
      const worker = await platform.makeWorker();
      workers.push(worker);
      return worker;
    },
  };
  return { kernels: await threaded(threads, { platform: watching, ...options }), workers };
}

export function make(kernels: Kernels, dtype: DType, shape: number[], value: (i: number) => number): Operand {
  const layout = contiguous(shape);
  const operand = { ...layout, storage: kernels.allocate(dtype, count(shape)) };
  kernels.write(
    operand,
    Float64Array.from({ length: count(shape) }, (_, i) => value(i)),
  );
  return operand;
}

export const contiguousPart = (a: Operand, length: number): Operand => ({ ...a, ...contiguous([length]) });

export const transposed = (a: Operand): Operand => ({
  ...a,
  shape: [...a.shape].reverse(),
  strides: [...a.strides].reverse(),
});

export const adam: Expression = {
  dtype: 'float32',
  inputs: ['array', 'array', 'scalar'],
  nodes: [
    { op: 'input', index: 0 },
    { op: 'input', index: 1 },
    { op: 'input', index: 2 },
    { op: 'mul', a: 1, b: 2 },
    { op: 'tanh', a: 3 },
    { op: 'sub', a: 0, b: 4 },
  ],
  outputs: [3, 5],
};
