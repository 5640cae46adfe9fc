import { Encoder, type LaneOps, laneOps, Op, V128 } from './encoder.js';

/** Writes the instructions of a function whose vectors have the lanes of one dtype. */
export class Writer extends Encoder {
  readonly ops: LaneOps;

  constructor(dtype: 'float32' | 'float64') {
    super();
    this.ops = laneOps[dtype];
  }

  simd(op: number): void {
    this.byte(0xfd).unsigned(op);
  }

  /** Alignment (none is promised) and offset of a load or store. */
  memory(offset: number): void {
    this.byte(0).unsigned(offset);
  }

  get(local: number): void {
    this.byte(Op.localGet).unsigned(local);
  }

  set(local: number): void {
    this.byte(Op.localSet).unsigned(local);
  }

  /** The address of element `index` of those at `base`, which have 2 ** shift bytes each. */
  address(base: number, index: number, shift: number): void {
    this.get(base);
    this.get(index);
    if (shift > 0) this.byte(Op.i32Const).signed(shift).byte(Op.i32Shl);
    this.byte(Op.i32Add);
  }

  increase(local: number, by: number): void {
    this.get(local);
    this.byte(Op.i32Const).signed(by).byte(Op.i32Add);
    this.set(local);
  }

  /** local += step */
  move(local: number, step: number): void {
    this.get(local);
    this.get(step);
    this.byte(Op.i32Add);
    this.set(local);
  }

  /** Counts down, and goes back to the beginning of the loop until nothing is left. */
  again(counter: number): void {
    this.get(counter);
    this.byte(Op.i32Const).signed(1).byte(Op.i32Sub, Op.localTee).unsigned(counter);
    this.byte(Op.brIf, 0, Op.end);
  }

  /** In every lane. */
  constant(value: number): void {
    this.lanes(() => value);
  }

  /** A vector, by lane. */
  lanes(value: (lane: number) => number): void {
    const { lanes, itemBytes } = this.ops;
    const view = new DataView(new ArrayBuffer(16));
    for (let lane = 0; lane < lanes; lane++) {
      if (itemBytes === 4) view.setFloat32(lane * 4, value(lane), true);
      else view.setFloat64(lane * 8, value(lane), true);
    }
    this.simd(V128.const);
    for (let k = 0; k < 16; k++) this.byte(view.getUint8(k));
  }

  /** On the stack already; lanes 2 and 3 of it in the place of 0 and 1. */
  upperHalf(local: number): void {
    this.get(local);
    this.simd(V128.shuffle);
    for (let k = 0; k < 16; k++) this.byte(8 + (k % 8));
  }
}
