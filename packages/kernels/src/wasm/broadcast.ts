import type { Operand } from '../interface.js';
import { itemSize } from '../storage.js';
import type { CopyKernels } from './copy.js';
import { addressOf } from './layout.js';
import { inParts, type Threads } from './runtime.js';

/** How an operand lies in the shape of the result. */
export const Layout = { repeated: 0, contiguous: 1, general: 2 } as const;
export type Layout = (typeof Layout)[keyof typeof Layout];

/** Cheap on purpose: operands of other ranks that would be contiguous after all are found by `Rows`. */
export function layoutOf(a: Operand, shape: readonly number[]): Layout {
  const own = a.shape;
  const { strides } = a;
  let d = own.length - 1;
  if (own.length === shape.length) {
    let step = 1;
    for (; d >= 0; d--) {
      const size = own[d];
      if (size !== shape[d]) break;
      if (size === 1) continue;
      if (strides[d] !== step) break;
      step *= size;
    }
    if (d < 0) return Layout.contiguous;
  }
  for (d = own.length - 1; d >= 0; d--) if (own[d] !== 1 && strides[d] !== 0) return Layout.general;
  return Layout.repeated;
}

/** From so many blocks on, threads share the blocks; fewer are divided one by one. */
const fewBlocks = 8;

/**
 * The common loop of several operands that broadcast to one contiguous result: dims of size 1 are dropped, neighbours that
 * every operand steps through evenly are merged, and an operand whose innermost step is neither 0 nor 1 is packed into
 * temporary memory. Then the two innermost dims are a call of a kernel, and the others are loops around it.
 *
 * One object is reused for all calls, so that a broadcast allocates nothing. It is not re-entrant.
 */
export class Rows {
  /** Of the two innermost dims: rows, and elements in each. */
  rows = 1;
  length = 1;
  count = 0;
  /** For each operand: address of the first element, and steps in elements. */
  readonly address: number[] = [];
  readonly itemBytes: number[] = [];
  readonly inner: number[] = [];
  readonly row: number[] = [];
  readonly #copying: CopyKernels;
  readonly #operands: Operand[] = [];
  readonly #sizes: number[] = [];
  /** strides[operand][dim], of the merged dims. */
  readonly #strides: number[][] = [];
  readonly #position: number[] = [];
  #dims = 0;

  constructor(copying: CopyKernels) {
    this.#copying = copying;
  }

  clear(): void {
    this.count = 0;
  }

  add(a: Operand): void {
    const k = this.count++;
    this.#operands[k] = a;
    this.#strides[k] ??= [];
  }

  /** Merges the dims, packs what must be packed. `address` and the steps of operand k are valid afterwards. */
  prepare(shape: readonly number[], heap: Parameters<typeof addressOf>[0]): void {
    this.#merge(shape);
    let packed = false;
    for (let k = 0; k < this.count; k++) {
      const a = this.#operands[k];
      const bytes = itemSize[a.storage.dtype];
      this.itemBytes[k] = bytes;
      const step = this.#dims > 0 ? this.#strides[k][this.#dims - 1] : 0;
      if (step === 0 || step === 1) {
        this.address[k] = addressOf(heap, a);
        continue;
      }
      const dense = withoutRepeats(a);
      this.address[k] = this.#copying.pack(dense);
      this.#operands[k] = contiguous(dense);
      packed = true;
    }
    if (packed) this.#merge(shape);
    const dims = this.#dims;
    this.length = dims > 0 ? this.#sizes[dims - 1] : 1;
    this.rows = dims > 1 ? this.#sizes[dims - 2] : 1;
    for (let k = 0; k < this.count; k++) {
      this.inner[k] = dims > 0 ? this.#strides[k][dims - 1] : 0;
      this.row[k] = dims > 1 ? this.#strides[k][dims - 2] : 0;
      this.#operands[k] = nothing;
    }
    for (let d = 0; d < dims - 2; d++) this.#position[d] = 0;
  }

  /** Calls `run` for each block of rows, in order. An element takes so many nanoseconds, roughly. */
  each(threads: Threads | null, nanoseconds: number, run: () => void): void {
    if (this.#dims <= 2) {
      run();
      return;
    }
    let blocks = 1;
    for (let d = 0; d < this.#dims - 2; d++) blocks *= this.#sizes[d];
    const work = blocks * this.rows * this.length * nanoseconds;
    inParts(blocks < fewBlocks ? null : threads, blocks, work, (from, to) => {
      for (let i = from; i < to; i++) {
        run();
        this.next();
      }
    });
  }

  /** Moves the addresses to the next block of rows; false when there is none. */
  next(): boolean {
    for (let d = this.#dims - 3; d >= 0; d--) {
      const size = this.#sizes[d];
      const back = ++this.#position[d] === size;
      for (let k = 0; k < this.count; k++) {
        const step = this.#strides[k][d] * this.itemBytes[k];
        this.address[k] += back ? step * (1 - size) : step;
      }
      if (!back) return true;
      this.#position[d] = 0;
    }
    return false;
  }

  #merge(shape: readonly number[]): void {
    const sizes = this.#sizes;
    let n = 0;
    for (let d = 0; d < shape.length; d++) {
      const size = shape[d];
      if (size === 1) continue;
      let even = n > 0;
      for (let k = 0; k < this.count; k++) {
        const strides = this.#strides[k];
        const a = this.#operands[k];
        const at = d - (shape.length - a.shape.length);
        const stride = at < 0 || a.shape[at] === 1 ? 0 : a.strides[at];
        strides[n] = stride;
        if (even && strides[n - 1] !== stride * size) even = false;
      }
      if (even) {
        for (let k = 0; k < this.count; k++) this.#strides[k][n - 1] = this.#strides[k][n];
        sizes[n - 1] *= size;
      } else sizes[n++] = size;
    }
    this.#dims = n;
  }
}

const nothing: Operand = {
  storage: undefined as unknown as Operand['storage'],
  offset: 0,
  shape: [],
  strides: [],
};

/** The same elements, each once: dims that repeat them have size 1. */
function withoutRepeats(a: Operand): Operand {
  const shape = a.shape.map((size, d) => (a.strides[d] === 0 ? 1 : size));
  return { storage: a.storage, offset: a.offset, shape, strides: a.strides };
}

function contiguous(a: Operand): Operand {
  const strides: number[] = [];
  let step = 1;
  for (let d = a.shape.length - 1; d >= 0; d--) {
    strides[d] = a.shape[d] === 1 ? 0 : step;
    step *= a.shape[d];
  }
  return { ...a, strides };
}
