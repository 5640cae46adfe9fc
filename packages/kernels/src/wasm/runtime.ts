import type { Heap } from '../heap/heap.js';
import type { InputKind } from './expression/frame.js';

/** A loaded WebAssembly build and the memory it works on: what every kernel family of the tier is given. */
export interface Runtime {
  /** Exports of the ahead-of-time build. */
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
  readonly memory: WebAssembly.Memory;
  /** Whether fused multiply-add (relaxed SIMD) may be used. */
  readonly relaxed: boolean;
  readonly heap: Heap;
  /** Null while there is one thread: always, unless a program calls `setThreads`. */
  readonly threads: Threads | null;
}

/** How kernels use several threads, besides calling `exports`, which split what is large by themselves. */
export interface Threads {
  /**
   * Calls `body` for parts of 0 <= i < total, the first part first. What it calls of `exports` and of expressions is not run at once but together with the other parts, in
   * order within a part, and all of it before this returns. So no part may depend on what another one, or a call before in the same part, writes, as far
   * as this thread reads it. Temporaries made in `body` are the part's own. `work` is the time it takes in all, in nanoseconds, roughly.
   */
  split(total: number, work: number, body: (from: number, to: number) => void): void;
  /** The function of an expression, split where it is large; see `generate` for its parameters. */
  expression(kernel: Kernel, shape: ExpressionShape): Kernel;
}

type Kernel = (...args: number[]) => number;

export interface ExpressionShape {
  /** The module it comes from. */
  readonly bytes: Uint8Array;
  readonly kinds: readonly InputKind[];
  readonly outputs: number;
  readonly itemBytes: number;
  /** How many nodes are computed. */
  readonly nodes: number;
  /** Whether there are reductions. */
  readonly reduces: boolean;
}

/** `body` for parts of 0 <= i < total, on several threads where there are some: see `Threads.split`. */
export function inParts(
  threads: Threads | null,
  total: number,
  work: number,
  body: (from: number, to: number) => void,
): void {
  if (threads === null) body(0, total);
  else threads.split(total, work, body);
}
