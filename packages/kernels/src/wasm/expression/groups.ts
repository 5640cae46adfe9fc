import type { Heap } from '../../heap/heap.js';
import type { Operand } from '../../interface.js';
import { itemSize } from '../../storage.js';
import type { CopyKernels } from '../copy.js';
import { addressOf } from '../layout.js';

/**
 * How the operands of an expression with reductions lie: groups (dim -3, and the dims before it, where all operands go through them evenly) of segments (dim -2)
 * of elements (dim -1). What is left of the dims before is loops around. An input whose elements are neither side by side nor all one in a group is packed.
 *
 * One object is reused for all calls. It is not re-entrant.
 */
export class Groups {
  readonly #copying: CopyKernels;
  readonly #heap: Heap;
  readonly #shape: number[] = [];
  readonly #position: number[] = [];
  /** By operand, inputs before outputs: the number, or an address. */
  readonly #values: number[] = [];
  /** By operand: strides in bytes; null for a number. */
  readonly #strides: (number[] | null)[] = [];
  #groups = 1;
  /** How many dims are loops around. */
  #outer = 0;

  constructor(copying: CopyKernels, heap: Heap) {
    this.#copying = copying;
    this.#heap = heap;
  }

  /** Finds the shape that the operands broadcast to; false where it is empty. */
  measure(inputs: readonly (Operand | number)[], outputs: readonly Operand[]): boolean {
    const shape = this.#shape;
    const rank = outputs[0].shape.length;
    shape.length = rank;
    for (let d = 0; d < rank; d++) {
      shape[d] = 1;
      for (const x of inputs) if (typeof x !== 'number' && x.shape[d] !== 1) shape[d] = x.shape[d];
      for (const x of outputs) if (x.shape[d] !== 1) shape[d] = x.shape[d];
      if (shape[d] === 0) return false;
    }
    return true;
  }

  /** Finds addresses and steps, which are valid until the mark is released that was made before. */
  place(inputs: readonly (Operand | number)[], outputs: readonly Operand[]): void {
    const rank = this.#shape.length;
    [...inputs, ...outputs].forEach((x, i) => {
      if (typeof x === 'number') {
        this.#values[i] = x;
        this.#strides[i] = null;
        return;
      }
      const strides = this.#broadcast(x.shape, x.strides);
      const fits =
        strides[rank - 1] === 1 ||
        this.#shape[rank - 1] === 1 ||
        (strides[rank - 1] === 0 && (strides[rank - 2] === 0 || this.#shape[rank - 2] === 1));
      if (fits) this.#values[i] = addressOf(this.#heap, x);
      else {
        // With its repeats in the last dims, but none before.
        const shape = x.shape.map((size, d) => (d < rank - 2 ? size : this.#shape[d]));
        this.#values[i] = this.#copying.pack({ ...x, shape, strides });
        let step = 1;
        for (let d = rank - 1; d >= 0; d--) {
          strides[d] = shape[d] === 1 && this.#shape[d] !== 1 ? 0 : step;
          step *= shape[d];
        }
      }
      const bytes = itemSize[x.storage.dtype];
      this.#strides[i] = strides.map(stride => stride * bytes);
    });
    this.#values.length = inputs.length + outputs.length;
    this.#merge();
  }

  /** Whether all elements of a group are one. */
  repeats(i: number): boolean {
    const strides = this.#strides[i] as number[];
    return strides[this.#shape.length - 1] === 0;
  }

  /** Which outputs have an element for every element. */
  whole(outputs: readonly Operand[]): boolean[] {
    const last = this.#shape.length - 1;
    return outputs.map(
      ({ shape }) => shape[last] === this.#shape[last] && shape[last - 1] === this.#shape[last - 1],
    );
  }

  /** What the compiled function takes. */
  arguments(): number[] {
    const rank = this.#shape.length;
    const list = [this.#groups, this.#shape[rank - 2], this.#shape[rank - 1]];
    this.#values.forEach((value, i) => {
      const strides = this.#strides[i];
      if (strides === null) list.push(value);
      else list.push(value, strides[rank - 3], strides[rank - 2]);
    });
    return list;
  }

  /** Moves on to the next block of groups; false when there is none. */
  next(): boolean {
    for (let d = this.#outer - 1; d >= 0; d--) {
      const size = this.#shape[d];
      const back = ++this.#position[d] === size;
      for (let i = 0; i < this.#values.length; i++) {
        const strides = this.#strides[i];
        if (strides !== null) this.#values[i] += back ? strides[d] * (1 - size) : strides[d];
      }
      if (!back) return true;
      this.#position[d] = 0;
    }
    return false;
  }

  #broadcast(shape: readonly number[], strides: readonly number[]): number[] {
    return this.#shape.map((size, d) => (shape[d] === 1 && size !== 1 ? 0 : strides[d]));
  }

  /** Takes the dims before the groups in, where every array goes on evenly. */
  #merge(): void {
    const rank = this.#shape.length;
    this.#groups = this.#shape[rank - 3];
    this.#outer = rank - 3;
    while (this.#outer > 0) {
      const d = this.#outer - 1;
      const groups = this.#groups;
      const even = this.#strides.every((strides, i) => {
        if (strides === null || i >= this.#values.length || this.#shape[d] === 1) return true;
        return groups > 1 ? strides[d] === strides[rank - 3] * groups : true;
      });
      if (!even) break;
      if (groups === 1 && this.#shape[d] > 1)
        for (const strides of this.#strides) if (strides !== null) strides[rank - 3] = strides[d];
      this.#groups *= this.#shape[d];
      this.#outer = d;
    }
    this.#position.fill(0);
    for (let d = 0; d < this.#outer; d++) this.#position[d] = 0;
  }
}
