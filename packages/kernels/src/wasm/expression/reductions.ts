import { type LaneOps, laneOps, Op, V128 } from './encoder.js';
import type { Frame, Reducing } from './frame.js';
import type { NodeWriter } from './nodes.js';
import { lanesLeft } from './partial.js';
import type { Writer } from './writer.js';

const f64: LaneOps = laneOps.float64;

interface Reduction {
  readonly a: number;
}

/** The code of `sum` and `max`. */
export class ReductionWriter {
  readonly #code: Writer;
  readonly #frame: Frame;
  readonly #nodes: NodeWriter;

  constructor(code: Writer, frame: Frame, nodes: NodeWriter) {
    this.#code = code;
    this.#frame = frame;
    this.#nodes = nodes;
  }

  #first(i: number): number {
    return (this.#frame.reducing as Reducing).accumulators.get(i) as number;
  }

  get #temporary(): number {
    return (this.#frame.reducing as Reducing).temporary;
  }

  /** Accumulators with nothing in them. */
  clear(i: number): void {
    const isMax = this.#isMax(i);
    for (let k = 0; k < (isMax ? 1 : 4); k++) {
      this.#code.constant(isMax ? Number.NEGATIVE_INFINITY : 0);
      this.#code.set(this.#first(i) + k);
    }
  }

  #isMax(i: number): boolean {
    return this.#frame.nodes[i].op === 'max';
  }

  /** So many vectors more. */
  accumulate(i: number, count: number): void {
    const { a } = this.#frame.nodes[i] as Reduction;
    if (this.#isMax(i)) {
      // In pairs, since a maximum takes ten cycles and the accumulator waits for each.
      this.#into(this.#first(i), this.#code.ops.max, () => this.#largest(a, 0, count));
      return;
    }
    for (let k = 0; k < count; k++) {
      this.#nodes.number(a, k);
      this.#code.set(this.#temporary);
      this.#add(this.#first(i) + 2 * (k & 1));
    }
  }

  /** The part of a vector that is left. */
  accumulatePart(i: number): void {
    const code = this.#code;
    const isMax = this.#isMax(i);
    this.#nodes.number((this.#frame.nodes[i] as Reduction).a);
    if (isMax) code.constant(Number.NEGATIVE_INFINITY);
    lanesLeft(code, this.#frame.left);
    code.simd(isMax ? V128.bitselect : V128.and);
    code.set(this.#temporary);
    if (isMax) this.#into(this.#first(i), code.ops.max, () => code.get(this.#temporary));
    else this.#add(this.#first(i));
  }

  /** Of vectors of a node: a power of two of them. */
  #largest(node: number, from: number, count: number): void {
    if (count === 1) {
      this.#nodes.number(node, from);
      return;
    }
    this.#largest(node, from, count / 2);
    this.#largest(node, from + count / 2, count / 2);
    this.#code.simd(this.#code.ops.max);
  }

  /**
   * Adds `temporary`. Sums of float32 are made in double precision, in two accumulators for its halves; those of float64 with what every addition rounds off
   * in an accumulator of its own (Knuth 1969).
   */
  #add(first: number): void {
    const code = this.#code;
    const temporary = this.#temporary;
    if (code.ops.lanes === 2) {
      this.#addCompensated(first);
      return;
    }
    for (let half = 0; half < 2; half++)
      this.#into(first + half, f64.add, () => {
        code.get(temporary);
        if (half === 1) code.upperHalf(temporary);
        code.simd(V128.promoteLow);
      });
  }

  #into(local: number, instruction: number, value: () => void): void {
    const code = this.#code;
    code.get(local);
    value();
    code.simd(instruction);
    code.set(local);
  }

  #addCompensated(first: number): void {
    const code = this.#code;
    const temporary = this.#temporary;
    const [next, added] = [temporary + 1, temporary + 2];
    const difference = (a: number, b: number): void => {
      code.get(a);
      code.get(b);
      code.simd(f64.sub);
    };
    code.get(first);
    code.get(temporary);
    code.simd(f64.add);
    code.set(next);
    difference(next, first);
    code.set(added);
    this.#into(first + 1, f64.add, () => {
      code.get(first);
      difference(next, added);
      code.simd(f64.sub);
      difference(temporary, added);
      code.simd(f64.add);
    });
    code.get(next);
    code.set(first);
  }

  /** From the accumulators to the value in every lane. */
  finish(i: number): void {
    const code = this.#code;
    if (this.#isMax(i)) this.#finishMax(this.#first(i));
    else this.#finishSum(this.#first(i));
    code.simd(code.ops.splat);
    code.set(this.#frame.localOf(i, 0));
  }

  #lane(vector: number, of: LaneOps, k: number): void {
    this.#code.get(vector);
    this.#code.simd(of.extract);
    this.#code.byte(k);
  }

  #finishMax(first: number): void {
    const code = this.#code;
    const { ops } = code;
    this.#lane(first, ops, 0);
    for (let k = 1; k < ops.lanes; k++) {
      this.#lane(first, ops, k);
      code.byte(ops.scalarMax);
    }
  }

  #finishSum(first: number): void {
    const code = this.#code;
    const narrow = code.ops.lanes === 4;
    for (const k of [0, 2]) {
      code.get(first + k);
      code.get(first + k + 1);
      if (!narrow) {
        // What was lost beside a sum that is not finite is NaN.
        code.get(first + k);
        code.get(first + k);
        code.simd(f64.sub);
        code.constant(0);
        code.simd(f64.eq);
        code.simd(V128.and);
      }
      code.simd(f64.add);
    }
    code.simd(f64.add);
    code.set(this.#temporary);
    this.#lane(this.#temporary, f64, 0);
    this.#lane(this.#temporary, f64, 1);
    code.byte(Op.f64Add);
    if (narrow) code.byte(Op.f32Demote);
  }
}
