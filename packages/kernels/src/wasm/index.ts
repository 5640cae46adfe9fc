import { Heap, type HeapOptions } from '../heap/heap.js';
import type { Kernels } from '../interface.js';
import { createConvolution } from './convolution.js';
import { createCopy } from './copy.js';
import { createElementwise } from './elementwise.js';
import { createExpression } from './expression/index.js';
import { createGather } from './gather.js';
import { createGemm } from './gemm.js';
import { load, supports } from './load.js';
import { createPool } from './pool.js';
import { createRandom } from './random.js';
import { createReduce } from './reduce.js';
import { createReferenceOverMemory } from './reference.js';
import type { Runtime } from './runtime.js';
import { createScan } from './scan.js';

export interface WasmOptions extends Omit<HeapOptions, 'base'> {
  /** The build with fused multiply-add, for engines that know relaxed SIMD. By default, if this engine does. */
  readonly relaxed?: boolean;
}

const pageSize = 65_536;

/** A loaded build with a memory and a heap of its own. */
export function createRuntime(options: WasmOptions = {}): Runtime {
  const relaxed = options.relaxed ?? supports('wasm-relaxed');
  const maximum = Math.floor((options.limitBytes ?? 2 ** 32) / pageSize);
  const memory = new WebAssembly.Memory({ initial: Math.min(16, maximum), maximum });
  const { exports } = new WebAssembly.Instance(load(relaxed ? 'wasm-relaxed' : 'wasm'), { env: { memory } });
  const heap = new Heap(memory, { ...options, base: exports.heapBase() });
  return { exports, memory, relaxed, heap, threads: null };
}

const runtimes = new WeakMap<Kernels, Runtime>();

/** The WebAssembly tier. Throws what the engine throws where it refuses to compile the build. */
export function createWasm(options: WasmOptions = {}): Kernels {
  const runtime = createRuntime(options);
  const kernels = kernelsOf(runtime);
  runtimes.set(kernels, runtime);
  return kernels;
}

/** What kernels of this tier work with; undefined for others, and for what stands before them. */
export function runtimeOf(kernels: Kernels): Runtime | undefined {
  return runtimes.get(kernels);
}

/** Lets kernels of this tier go on with another runtime, to which the heap has moved. Storages and compiled expressions stay valid. */
export function moveTo(kernels: Kernels, runtime: Runtime): void {
  Object.assign(kernels, kernelsOf(runtime));
  runtimes.set(kernels, runtime);
}

function kernelsOf(runtime: Runtime): Kernels {
  const { heap } = runtime;
  const { pack, ...copying } = createCopy(runtime);
  const reference = createReferenceOverMemory(runtime);
  return {
    name: runtime.relaxed ? 'wasm-relaxed' : 'wasm',
    allocate: (dtype, length) => heap.allocate(dtype, length),
    free: (storage, by) => heap.free(storage, by),
    tenure: storage => heap.tenure(storage),
    memory: () => heap.stats(),
    ...copying,
    ...createElementwise(runtime, reference),
    ...createExpression(runtime, reference),
    ...createReduce(runtime, reference, { pack }),
    ...createScan(runtime, reference, { pack }),
    ...createGemm(runtime),
    ...createConvolution(runtime, { pack }),
    ...createPool(runtime, { pack }),
    ...createGather(runtime),
    ...createRandom(runtime, reference),
    sort: reference.sort,
  };
}
