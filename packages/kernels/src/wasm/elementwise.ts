import type { BinaryOp, CompareOp, Kernels, LogicalOp, Operand, UnaryOp } from '../interface.js';
import { toElement, unsupported } from '../reference/view.js';
import type { DType } from '../storage.js';
import { Layout, layoutOf, Rows } from './broadcast.js';
import { createCopy } from './copy.js';
import { sizeOf, viewOf } from './layout.js';
import { servedByReference } from './reference.js';
import type { Runtime } from './runtime.js';

type Kernel = (...args: number[]) => number;

/** A compiled loop over two operands; `exchanged` where it takes them in the other order. */
interface BinaryKernel {
  readonly run: Kernel;
  readonly exchanged: boolean;
}

/** The null page below the heap: where a number operand is put, to be found in memory like any other. One vector for each. */
const numberA = 128;
const numberB = 144;

/** What an element of a broadcast takes, roughly. */
const nanoseconds = 0.3;

const suffix: Readonly<Record<DType, string>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  bool: 'bytes',
};

const integerUnary = ['neg', 'abs', 'sign', 'square', 'relu'] as const satisfies readonly UnaryOp[];
const unaryOps: readonly UnaryOp[] = [
  ...integerUnary,
  ...(['exp', 'expm1', 'log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'sin', 'cos', 'tanh'] as const),
  ...(['sigmoid', 'erf', 'floor', 'ceil', 'round', 'trunc'] as const),
];
const integerBinary = ['add', 'sub', 'mul', 'pow', 'maximum', 'minimum'] as const;
const compareOps = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const satisfies readonly CompareOp[];

/** Bytes of 0 and 1 are compared by logic; the arguments of greater-than are exchanged. */
const byteKernels: Readonly<Record<CompareOp | LogicalOp, string>> = {
  logicalAnd: 'and',
  logicalOr: 'or',
  logicalXor: 'xor',
  eq: 'same',
  ne: 'xor',
  lt: 'less',
  le: 'lessOrSame',
  gt: 'less',
  ge: 'lessOrSame',
};

/** Kernels by op. An object without prototype: a look-up costs half of what a Map's does. */
type Table<Op extends string, K> = Readonly<Partial<Record<Op, K>>>;

function tableOf<Op extends string, K>(entries: readonly (readonly [Op, K])[]): Table<Op, K> {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

/** Bytes of an element. Comparing strings that are the same object is many times as fast as looking them up. */
function bytesOf(dtype: DType): number {
  return dtype === 'float32' || dtype === 'int32' ? 4 : dtype === 'float64' ? 8 : 1;
}

function unaryTable(exports: Runtime['exports'], dtype: DType): Table<UnaryOp, Kernel> {
  const ops = dtype === 'bool' ? [] : dtype === 'int32' ? integerUnary : unaryOps;
  return tableOf(ops.map(op => [op, exports[`${op}_${suffix[dtype]}`]]));
}

function binaryTable(exports: Runtime['exports'], dtype: DType): Table<BinaryOp, BinaryKernel> {
  const table: [BinaryOp, BinaryKernel][] = [];
  if (dtype === 'bool') {
    for (const [op, name] of Object.entries(byteKernels)) {
      table.push([
        op as CompareOp | LogicalOp,
        {
          run: exports[`${name}_bytes`],
          exchanged: op === 'gt' || op === 'ge',
        },
      ]);
    }
    return tableOf(table);
  }
  const arithmetic = dtype === 'int32' ? integerBinary : [...integerBinary, 'div' as const];
  for (const op of arithmetic) table.push([op, { run: exports[`${op}_${suffix[dtype]}`], exchanged: false }]);
  for (const op of compareOps) {
    const exchanged = op === 'gt' || op === 'ge';
    const name = op === 'gt' ? 'lt' : op === 'ge' ? 'le' : op;
    table.push([op, { run: exports[`${name}_${suffix[dtype]}`], exchanged }]);
  }
  return tableOf(table);
}

function expected(op: string): string {
  if (op.startsWith('logical')) return 'bool';
  const integer =
    (integerUnary as readonly string[]).includes(op) || (integerBinary as readonly string[]).includes(op);
  return integer ? 'float32, float64 or int32' : 'float32 or float64';
}

type Elementwise = Pick<Kernels, 'unary' | 'binary' | 'where' | 'logicalNot'>;

/** The elementwise families. What has no compiled code is in `servedByReference`; these also explain the dtypes that nobody takes. */
export function createElementwise(
  runtime: Runtime,
  reference: Pick<Kernels, 'unary' | 'binary'>,
): Elementwise {
  const { exports, heap } = runtime;
  const copying = createCopy(runtime);
  const rows = new Rows(copying);

  const unary32 = unaryTable(exports, 'float32');
  const unary64 = unaryTable(exports, 'float64');
  const unaryInteger = unaryTable(exports, 'int32');
  const unaryBool = unaryTable(exports, 'bool');
  const binary32 = binaryTable(exports, 'float32');
  const binary64 = binaryTable(exports, 'float64');
  const binaryInteger = binaryTable(exports, 'int32');
  const binaryBool = binaryTable(exports, 'bool');
  const whereKernels: Readonly<Record<number, Kernel>> = {
    1: exports.where_8,
    4: exports.where_32,
    8: exports.where_64,
  };

  function addressOf(a: Operand, itemBytes: number): number {
    return heap.address(a.storage) + a.offset * itemBytes;
  }

  function putNumber(dtype: DType, address: number, value: number): number {
    viewOf(heap, dtype)[address / bytesOf(dtype)] = toElement(dtype, value);
    return address;
  }

  function unary(op: UnaryOp, a: Operand, out: Operand): void {
    const { dtype } = a.storage;
    let table = unary32;
    if (dtype !== 'float32')
      table = dtype === 'float64' ? unary64 : dtype === 'int32' ? unaryInteger : unaryBool;
    const kernel = table[op];
    if (kernel === undefined) {
      if (servedByReference.unary.includes(op)) {
        reference.unary(op, a, out);
        return;
      }
      throw unsupported(op, dtype, expected(op));
    }
    const total = sizeOf(out.shape);
    if (total === 0) return;
    if (layoutOf(a, out.shape) === Layout.contiguous) {
      const size = bytesOf(dtype);
      kernel(total, addressOf(a, size), addressOf(out, size));
      return;
    }
    copying.copy(a, out);
    const address = addressOf(out, bytesOf(dtype));
    kernel(total, address, address);
  }

  function binary(op: BinaryOp, a: Operand | number, b: Operand | number, out: Operand): void {
    const dtype =
      typeof a !== 'number' ? a.storage.dtype : typeof b !== 'number' ? b.storage.dtype : out.storage.dtype;
    let table = binary32;
    if (dtype !== 'float32')
      table = dtype === 'float64' ? binary64 : dtype === 'int32' ? binaryInteger : binaryBool;
    const kernel = table[op];
    if (kernel === undefined) {
      if (servedByReference.binary.includes(op)) {
        reference.binary(op, a, b, out);
        return;
      }
      throw unsupported(op, dtype, expected(op));
    }
    if (typeof b !== 'number' && b.storage.dtype !== dtype) {
      throw unsupported(op, b.storage.dtype, `${dtype} like the first operand`);
    }
    const { run, exchanged } = kernel;
    const left = exchanged ? b : a;
    const right = exchanged ? a : b;
    const { shape } = out;
    const total = sizeOf(shape);
    if (total === 0) return;
    const layoutA = typeof left === 'number' ? Layout.repeated : layoutOf(left, shape);
    const layoutB = typeof right === 'number' ? Layout.repeated : layoutOf(right, shape);
    if (layoutA === Layout.general || layoutB === Layout.general) {
      broadcast(run, dtype, left, right, out);
      return;
    }
    const size = bytesOf(dtype);
    const pa = typeof left === 'number' ? putNumber(dtype, numberA, left) : addressOf(left, size);
    const pb = typeof right === 'number' ? putNumber(dtype, numberB, right) : addressOf(right, size);
    const po = addressOf(out, bytesOf(out.storage.dtype));
    run(1, total, pa, 0, layoutA, pb, 0, layoutB, po);
  }

  function broadcast(
    run: Kernel,
    dtype: DType,
    a: Operand | number,
    b: Operand | number,
    out: Operand,
  ): void {
    const mark = heap.mark();
    rows.clear();
    if (typeof a !== 'number') rows.add(a);
    if (typeof b !== 'number') rows.add(b);
    rows.prepare(out.shape, heap);
    const { address, inner, row } = rows;
    const size = rows.rows * rows.length * bytesOf(out.storage.dtype);
    let po = addressOf(out, bytesOf(out.storage.dtype));
    const pa = typeof a === 'number' ? putNumber(dtype, numberA, a) : -1;
    const pb = typeof b === 'number' ? putNumber(dtype, numberB, b) : -1;
    rows.each(runtime.threads, nanoseconds, () => {
      if (pa >= 0) run(rows.rows, rows.length, pa, 0, 0, address[0], row[0], inner[0], po);
      else if (pb >= 0) run(rows.rows, rows.length, address[0], row[0], inner[0], pb, 0, 0, po);
      else run(rows.rows, rows.length, address[0], row[0], inner[0], address[1], row[1], inner[1], po);
      po += size;
    });
    heap.release(mark);
  }

  function where(condition: Operand, a: Operand | number, b: Operand | number, out: Operand): void {
    const { dtype } = out.storage;
    if (condition.storage.dtype !== 'bool')
      throw unsupported('where', condition.storage.dtype, 'a bool condition');
    if (typeof a !== 'number' && a.storage.dtype !== dtype) {
      throw unsupported('where', a.storage.dtype, `${dtype} like the output`);
    }
    if (typeof b !== 'number' && b.storage.dtype !== dtype) {
      throw unsupported('where', b.storage.dtype, `${dtype} like the output`);
    }
    const { shape } = out;
    const total = sizeOf(shape);
    if (total === 0) return;
    const size = bytesOf(dtype);
    const run = whereKernels[size];
    const layoutC = layoutOf(condition, shape);
    const layoutA = typeof a === 'number' ? Layout.repeated : layoutOf(a, shape);
    const layoutB = typeof b === 'number' ? Layout.repeated : layoutOf(b, shape);
    if (layoutC !== Layout.general && layoutA !== Layout.general && layoutB !== Layout.general) {
      const pc = addressOf(condition, 1);
      const pa = typeof a === 'number' ? putNumber(dtype, numberA, a) : addressOf(a, size);
      const pb = typeof b === 'number' ? putNumber(dtype, numberB, b) : addressOf(b, size);
      run(1, total, pc, 0, layoutC, pa, 0, layoutA, pb, 0, layoutB, addressOf(out, size));
      return;
    }
    const mark = heap.mark();
    rows.clear();
    rows.add(condition);
    if (typeof a !== 'number') rows.add(a);
    if (typeof b !== 'number') rows.add(b);
    rows.prepare(shape, heap);
    const { address, inner, row } = rows;
    const block = rows.rows * rows.length * size;
    const pa = typeof a === 'number' ? putNumber(dtype, numberA, a) : -1;
    const pb = typeof b === 'number' ? putNumber(dtype, numberB, b) : -1;
    const at = pa < 0 ? 2 : 1;
    let po = addressOf(out, bytesOf(out.storage.dtype));
    rows.each(runtime.threads, nanoseconds, () => {
      run(
        ...([rows.rows, rows.length, address[0], row[0], inner[0]] as const),
        ...(pa < 0 ? ([address[1], row[1], inner[1]] as const) : ([pa, 0, 0] as const)),
        ...(pb < 0 ? ([address[at], row[at], inner[at]] as const) : ([pb, 0, 0] as const)),
        po,
      );
      po += block;
    });
    heap.release(mark);
  }

  return {
    unary,
    binary,
    where,
    logicalNot(a, out) {
      if (a.storage.dtype !== 'bool') throw unsupported('logicalNot', a.storage.dtype, 'bool');
      binary('logicalXor', a, 1, out);
    },
  };
}
