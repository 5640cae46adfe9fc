import { type LaneOps, laneOps, Op, V128 } from './encoder.js';
import type { Frame, Reducing } from './frame.js';
import type { NodeWriter } from './nodes.js';
import { lanesLeft } from './partial.js';
import type { Writer } from './writer.js';

const f64: LaneOps = laneOps.float64;

/** The code of `sum` and `max`. */
export class ReductionWriter {
  private readonly code: Writer;
  private readonly frame: Frame;
  private readonly nodes: NodeWriter;

  constructor(code: Writer, frame: Frame, nodes: NodeWriter) {
    this.code = code;
    this.frame = frame;
    this.nodes = nodes;
  }

  private first(i: number): number {
    return (this.frame.reducing as Reducing).accumulators.get(i) as number;
  }

  private get temporary(): number {
    return (this.frame.reducing as Reducing).temporary;
  }

  /** Accumulators with nothing in them. */
  clear(i: number): void {
    for (let k = 0; k < 4; k++) {
      this.code.constant(this.frame.nodes[i].op === 'max' ? Number.NEGATIVE_INFINITY : 0);
      this.code.set(this.first(i) + k);
    }
  }

  /**
   * One vector more. Sums of float32 are made in double precision, in two accumulators for its halves; those of float64 with what every addition rounds off
   * in an accumulator of its own (Knuth 1969).
   */
  accumulate(i: number, vector: number, part: boolean): void {
    const { code, temporary } = this;
    const { ops } = code;
    const node = this.frame.nodes[i] as { readonly op: 'sum' | 'max'; readonly a: number };
    const first = this.first(i) + 2 * (vector & 1);
    this.nodes.number(node.a, vector);
    if (part) {
      if (node.op === 'max') code.constant(Number.NEGATIVE_INFINITY);
      lanesLeft(code, this.frame.left);
      code.simd(node.op === 'max' ? V128.bitselect : V128.and);
    }
    code.set(temporary);
    if (node.op === 'max') this.into(first, ops.max, () => code.get(temporary));
    else if (ops.lanes === 4)
      for (let half = 0; half < 2; half++)
        this.into(first + half, f64.add, () => {
          code.get(temporary);
          if (half === 1) code.upperHalf(temporary);
          code.simd(V128.promoteLow);
        });
    else this.compensated(first);
  }

  private into(local: number, instruction: number, value: () => void): void {
    const { code } = this;
    code.get(local);
    value();
    code.simd(instruction);
    code.set(local);
  }

  private compensated(first: number): void {
    const { code, temporary } = this;
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
    this.into(first + 1, f64.add, () => {
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
    const { code } = this;
    if (this.frame.nodes[i].op === 'max') this.finishMax(this.first(i));
    else this.finishSum(this.first(i));
    code.simd(code.ops.splat);
    code.set(this.frame.localOf(i, 0));
  }

  private lane(of: LaneOps, k: number): void {
    this.code.get(this.temporary);
    this.code.simd(of.extract);
    this.code.byte(k);
  }

  private finishMax(first: number): void {
    const { code } = this;
    const { ops } = code;
    code.get(first);
    code.get(first + 2);
    code.simd(ops.max);
    code.set(this.temporary);
    this.lane(ops, 0);
    for (let k = 1; k < ops.lanes; k++) {
      this.lane(ops, k);
      code.byte(ops.scalarMax);
    }
  }

  private finishSum(first: number): void {
    const { code } = this;
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
    code.set(this.temporary);
    this.lane(f64, 0);
    this.lane(f64, 1);
    code.byte(Op.f64Add);
    if (narrow) code.byte(Op.f32Demote);
  }
}
