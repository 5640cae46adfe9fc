import type { ArithmeticOp, BinaryOp, CompareOp, LogicalOp, UnaryOp } from '../interface.js';
import type { DType } from '../storage.js';
import { arithmeticFloat, arithmeticInt32, compare, logical, unaryFloat, unaryInt32 } from './scalar.js';
import { broadcastStrides, forEachRow, isFloating, toElement, unsupported, type View } from './view.js';

/** The function of one element, or DTypeError. Results are stored in an array of out's dtype, which rounds them. */
function unaryFunction(op: UnaryOp, dtype: DType): (x: number) => number {
  if (isFloating(dtype)) return unaryFloat[op];
  const integer = dtype === 'int32' ? unaryInt32[op] : undefined;
  if (integer === undefined) throw unsupported(op, dtype, expectedOfUnary(op));
  return integer;
}

function expectedOfUnary(op: UnaryOp): string {
  return unaryInt32[op] === undefined ? 'float32 or float64' : 'float32, float64 or int32';
}

function binaryFunction(op: BinaryOp, dtype: DType): (x: number, y: number) => number {
  if (op in compare) return compare[op as CompareOp];
  if (op in logical) {
    if (dtype !== 'bool') throw unsupported(op, dtype, 'bool');
    return logical[op as LogicalOp];
  }
  const arithmetic = op as ArithmeticOp;
  if (isFloating(dtype)) return arithmeticFloat[arithmetic];
  const integer = (arithmeticInt32 as Partial<typeof arithmeticFloat>)[arithmetic];
  if (dtype === 'int32' && integer !== undefined) return integer;
  throw unsupported(op, dtype, integer === undefined ? 'float32 or float64' : 'float32, float64 or int32');
}

/** A number seen as an operand of dtype that broadcasts to anything. */
function scalarView(dtype: DType, value: number): View {
  const data = new Float64Array(1);
  data[0] = toElement(dtype, value);
  return { data, dtype, offset: 0, shape: [], strides: [] };
}

export function unary(op: UnaryOp, a: View, out: View): void {
  const f = unaryFunction(op, a.dtype);
  const source = a.data;
  const target = out.data;
  const strides = [broadcastStrides(a, out.shape), out.strides];
  forEachRow(out.shape, [a.offset, out.offset], strides, (count, at, step) => {
    let i = at[0];
    let o = at[1];
    for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = f(source[i]);
  });
}

/** A number operand is first rounded to the dtype of the other one. */
export function binary(op: BinaryOp, a: View | number, b: View | number, out: View): void {
  const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : out.dtype;
  const f = binaryFunction(op, dtype);
  const left = typeof a === 'number' ? scalarView(dtype, a) : a;
  const right = typeof b === 'number' ? scalarView(dtype, b) : b;
  if (left.dtype !== right.dtype) throw unsupported(op, right.dtype, `${left.dtype} like the first operand`);
  const x = left.data;
  const y = right.data;
  const target = out.data;
  const strides = [broadcastStrides(left, out.shape), broadcastStrides(right, out.shape), out.strides];
  forEachRow(out.shape, [left.offset, right.offset, out.offset], strides, (count, at, step) => {
    let [i, j, o] = at;
    for (let n = 0; n < count; n++, i += step[0], j += step[1], o += step[2]) target[o] = f(x[i], y[j]);
  });
}

export function logicalNot(a: View, out: View): void {
  if (a.dtype !== 'bool') throw unsupported('logicalNot', a.dtype, 'bool');
  const source = a.data;
  const target = out.data;
  const strides = [broadcastStrides(a, out.shape), out.strides];
  forEachRow(out.shape, [a.offset, out.offset], strides, (count, at, step) => {
    let i = at[0];
    let o = at[1];
    for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = source[i] ^ 1;
  });
}

export function where(condition: View, a: View | number, b: View | number, out: View): void {
  if (condition.dtype !== 'bool') throw unsupported('where', condition.dtype, 'a bool condition');
  const left = typeof a === 'number' ? scalarView(out.dtype, a) : a;
  const right = typeof b === 'number' ? scalarView(out.dtype, b) : b;
  for (const side of [left, right]) {
    if (side.dtype !== out.dtype) throw unsupported('where', side.dtype, `${out.dtype} like the output`);
  }
  const c = condition.data;
  const x = left.data;
  const y = right.data;
  const target = out.data;
  const strides = [condition, left, right].map(view => broadcastStrides(view, out.shape));
  strides.push(out.strides as number[]);
  const offsets = [condition.offset, left.offset, right.offset, out.offset];
  forEachRow(out.shape, offsets, strides, (count, at, step) => {
    let [k, i, j, o] = at;
    for (let n = 0; n < count; n++, k += step[0], i += step[1], j += step[2], o += step[3]) {
      target[o] = c[k] !== 0 ? x[i] : y[j];
    }
  });
}
