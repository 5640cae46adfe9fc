import type { Heap } from '../../heap/heap.js';
import type { Operand } from '../../interface.js';
import { itemSize } from '../../storage.js';
import type { CopyKernels } from '../copy.js';
import { addressOf } from '../layout.js';

/**
 * How the operands of an expression with reductions lie: groups (dim -3, and the dims before it, where all operands go through them evenly) of segments (dim -2)
 * of elements (dim -1). What is left of the dims before is loops around. An input whose elements are neither side by side nor all one in a group is packed.
 *
 * One object is reused for all calls, so that a call allocates nothing. It is not re-entrant.
 */
export class Groups {
  readonly #copying: CopyKernels;
  readonly #heap: Heap;
  readonly #shape: number[] = [];
  readonly #position: number[] = [];
  /** By operand, inputs before outputs: the number, or an address. */
  readonly #values: number[] = [];
  readonly #isNumber: boolean[] = [];
  /** By operand: strides in bytes. */
  readonly #strides: number[][] = [];
  readonly #arguments: number[] = [];
  #count = 0;
  #groups = 1;
  /** How many dims are loops around. */
  #outer = 0;

  constructor(copying: CopyKernels, heap: Heap) {
    this.#copying = copying;
    this.#heap = heap;
  }

  /** Finds the shape that the operands broadcast to; false where it is empty. */
  measure(inputs: readonly (Operand | number)[], outputs: readonly Operand[]): boolean {
    const rank = outputs[0].shape.length;
    this.#shape.length = rank;
    for (let d = 0; d < rank; d++) {
      let size = 1;
      for (let i = 0; i < inputs.length; i++) {
        const x = inputs[i];
        if (typeof x !== 'number' && x.shape[d] !== 1) size = x.shape[d];
      }
      for (let k = 0; k < outputs.length; k++) if (outputs[k].shape[d] !== 1) size = outputs[k].shape[d];
      if (size === 0) return false;
      this.#shape[d] = size;
    }
    return true;
  }

  /** Finds addresses and steps, which are valid until the mark is released that was made before. */
  place(inputs: readonly (Operand | number)[], outputs: readonly Operand[]): void {
    this.#count = inputs.length + outputs.length;
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i];
      this.#isNumber[i] = typeof x === 'number';
      if (typeof x === 'number') this.#values[i] = x;
      else this.#put(i, x);
    }
    for (let k = 0; k < outputs.length; k++) {
      this.#isNumber[inputs.length + k] = false;
      this.#put(inputs.length + k, outputs[k]);
    }
    this.#merge();
  }

  #put(i: number, x: Operand): void {
    this.#strides[i] ??= [];
    const shape = this.#shape;
    const strides = this.#strides[i];
    const rank = shape.length;
    for (let d = 0; d < rank; d++) strides[d] = x.shape[d] === 1 && shape[d] !== 1 ? 0 : x.strides[d];
    const step = strides[rank - 1];
    const fits =
      step === 1 ||
      shape[rank - 1] === 1 ||
      (step === 0 && (strides[rank - 2] === 0 || shape[rank - 2] === 1));
    if (fits) this.#values[i] = addressOf(this.#heap, x);
    else {
      // With its repeats in the last dims, but none before.
      const own = x.shape.map((size, d) => (d < rank - 2 ? size : shape[d]));
      this.#values[i] = this.#copying.pack({ ...x, shape: own, strides: [...strides] });
      let next = 1;
      for (let d = rank - 1; d >= 0; d--) {
        strides[d] = own[d] === 1 && shape[d] !== 1 ? 0 : next;
        next *= own[d];
      }
    }
    const bytes = itemSize[x.storage.dtype];
    for (let d = 0; d < rank; d++) strides[d] *= bytes;
  }

  /** Whether all elements of a group are one. */
  repeats(i: number): boolean {
    return this.#strides[i][this.#shape.length - 1] === 0;
  }

  /** Whether an output has an element for every element. */
  isWhole({ shape }: Operand): boolean {
    const last = this.#shape.length - 1;
    return shape[last] === this.#shape[last] && shape[last - 1] === this.#shape[last - 1];
  }

  /** What the compiled function takes. */
  arguments(): readonly number[] {
    const rank = this.#shape.length;
    const list = this.#arguments;
    list[0] = this.#groups;
    list[1] = this.#shape[rank - 2];
    list[2] = this.#shape[rank - 1];
    let n = 3;
    for (let i = 0; i < this.#count; i++) {
      list[n++] = this.#values[i];
      if (this.#isNumber[i]) continue;
      list[n++] = this.#strides[i][rank - 3];
      list[n++] = this.#strides[i][rank - 2];
    }
    list.length = n;
    return list;
  }

  /** Moves on to the next block of groups; false when there is none. */
  next(): boolean {
    for (let d = this.#outer - 1; d >= 0; d--) {
      const size = this.#shape[d];
      const back = ++this.#position[d] === size;
      for (let i = 0; i < this.#count; i++) {
        if (this.#isNumber[i]) continue;
        const step = this.#strides[i][d];
        this.#values[i] += back ? step * (1 - size) : step;
      }
      if (!back) return true;
      this.#position[d] = 0;
    }
    return false;
  }

  /** Takes the dims before the groups in, where every array goes on evenly. */
  #merge(): void {
    const at = this.#shape.length - 3;
    this.#groups = this.#shape[at];
    this.#outer = at;
    for (; this.#outer > 0; this.#outer--) {
      const d = this.#outer - 1;
      const size = this.#shape[d];
      if (size === 1) continue;
      for (let i = 0; i < this.#count && this.#groups > 1; i++)
        if (!this.#isNumber[i] && this.#strides[i][d] !== this.#strides[i][at] * this.#groups) {
          for (let k = 0; k < this.#outer; k++) this.#position[k] = 0;
          return;
        }
      if (this.#groups === 1)
        for (let i = 0; i < this.#count; i++)
          if (!this.#isNumber[i]) this.#strides[i][at] = this.#strides[i][d];
      this.#groups *= size;
    }
  }
}
