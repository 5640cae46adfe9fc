import type { Heap } from '../heap/heap.js';

/** A loaded WebAssembly build and the memory it works on: what every kernel family of the tier is given. */
export interface Runtime {
  /** Exports of the ahead-of-time build. */
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
  readonly memory: WebAssembly.Memory;
  /** Whether fused multiply-add (relaxed SIMD) may be used. */
  readonly relaxed: boolean;
  readonly heap: Heap;
}
