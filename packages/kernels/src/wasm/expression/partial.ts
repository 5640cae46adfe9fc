import { noResult, Op, V128, ValueType } from './encoder.js';
import type { Writer } from './writer.js';

/** The 1 to 3 (for float64: 1) elements at the end of a row: `left` is the local with their number. */

/** if (left < bound) { first } else { second }, which leave a vector each. */
function choose(code: Writer, left: number, bound: number, first: () => void, second: () => void): void {
  code.get(left);
  code.byte(Op.i32Const).signed(bound).byte(Op.i32LtU, Op.if, ValueType.v128);
  first();
  code.byte(Op.else);
  second();
  code.byte(Op.end);
}

/** The other lanes are 0. */
export function loadPart(code: Writer, left: number, address: () => void): void {
  const load = (op: number): void => {
    address();
    code.simd(op);
    code.memory(0);
  };
  if (code.ops.lanes === 2) {
    load(V128.load64Zero);
    return;
  }
  const three = (): void => {
    address();
    load(V128.load64Zero);
    code.simd(V128.load32Lane);
    code.memory(8);
    code.byte(2);
  };
  choose(...([code, left, 2, () => load(V128.load32Zero)] as const), () =>
    choose(code, left, 3, () => load(V128.load64Zero), three),
  );
}

/** Bytes, in the lowest lanes of bytes. */
export function loadBytesPart(code: Writer, left: number, address: () => void): void {
  const lane = (k: number): void => {
    address();
    if (k === 0) code.constant(0);
    else lane(k - 1);
    code.simd(V128.load8Lane);
    code.memory(k);
    code.byte(k);
  };
  if (code.ops.lanes === 2) lane(0);
  else {
    const more = (): void =>
      choose(
        code,
        left,
        3,
        () => lane(1),
        () => lane(2),
      );
    choose(code, left, 2, () => lane(0), more);
  }
}

/** What `value` leaves. */
export function storePart(code: Writer, left: number, address: () => void, value: () => void): void {
  const store = (op: number, offset: number, lane: number): void => {
    address();
    value();
    code.simd(op);
    code.memory(offset);
    code.byte(lane);
  };
  if (code.ops.lanes === 2) {
    store(V128.store64Lane, 0, 0);
    return;
  }
  code.get(left);
  code.byte(Op.i32Const).signed(2).byte(Op.i32LtU, Op.if, noResult);
  store(V128.store32Lane, 0, 0);
  code.byte(Op.else);
  store(V128.store64Lane, 0, 0);
  code.get(left);
  code.byte(Op.i32Const).signed(3).byte(Op.i32GeU, Op.if, noResult);
  store(V128.store32Lane, 8, 2);
  code.byte(Op.end, Op.end);
}

/** A mask of the lanes that hold the elements left. */
export function lanesLeft(code: Writer, left: number): void {
  const { ops } = code;
  code.lanes(lane => lane);
  code.get(left);
  code.byte(ops.itemBytes === 4 ? Op.f32Convert : Op.f64Convert);
  code.simd(ops.splat);
  code.simd(ops.lt);
}
