import type { BinaryOp, CompareOp, Kernels, LogicalOp, Operand, UnaryOp } from '../interface.js';
import { toElement, unsupported } from '../reference/view.js';
import { type DType, itemSize } from '../storage.js';
import { Layout, layoutOf, Rows } from './broadcast.js';
import { createCopy } from './copy.js';
import { addressOf, sizeOf, viewOf } from './layout.js';
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

function unaryTable(exports: Runtime['exports'], dtype: DType): Map<UnaryOp, Kernel> {
  const ops = dtype === 'bool' ? [] : dtype === 'int32' ? integerUnary : unaryOps;
  return new Map(ops.map(op => [op, exports[`${op}_${suffix[dtype]}`]]));
}

function binaryTable(exports: Runtime['exports'], dtype: DType): Map<BinaryOp, BinaryKernel> {
  const table = new Map<BinaryOp, BinaryKernel>();
  if (dtype === 'bool') {
    for (const [op, name] of Object.entries(byteKernels)) {
      table.set(op as CompareOp | LogicalOp, {
        run: exports[`${name}_bytes`],
        exchanged: op === 'gt' || op === 'ge',
      });
    }
    return table;
  }
  const arithmetic = dtype === 'int32' ? integerBinary : [...integerBinary, 'div' as const];
  for (const op of arithmetic) table.set(op, { run: exports[`${op}_${suffix[dtype]}`], exchanged: false });
  for (const op of compareOps) {
    const exchanged = op === 'gt' || op === 'ge';
    const name = op === 'gt' ? 'lt' : op === 'ge' ? 'le' : op;
    table.set(op, { run: exports[`${name}_${suffix[dtype]}`], exchanged });
  }
  return table;
}

function expected(op: string): string {
  if (op.startsWith('logical')) return 'bool';
  const integer =
    (integerUnary as readonly string[]).includes(op) || (integerBinary as readonly string[]).includes(op);
  return integer ? 'float32, float64 or int32' : 'float32 or float64';
}

type Elementwise = Pick<Kernels, 'unary' | 'binary' | 'where' | 'logicalNot'>;

/** The elementwise families. Every op of the interface has compiled code for every dtype that it takes. */
export function createElementwise(runtime: Runtime): Elementwise {
  const { exports, heap } = runtime;
  const copying = createCopy(runtime);
  const rows = new Rows(copying);

  const unaryTables: Readonly<Record<DType, Map<UnaryOp, Kernel>>> = {
    float32: unaryTable(exports, 'float32'),
    float64: unaryTable(exports, 'float64'),
    int32: unaryTable(exports, 'int32'),
    bool: unaryTable(exports, 'bool'),
  };
  const binaryTables: Readonly<Record<DType, Map<BinaryOp, BinaryKernel>>> = {
    float32: binaryTable(exports, 'float32'),
    float64: binaryTable(exports, 'float64'),
    int32: binaryTable(exports, 'int32'),
    bool: binaryTable(exports, 'bool'),
  };
  const whereKernels: Readonly<Record<number, Kernel>> = {
    1: exports.where_8,
    4: exports.where_32,
    8: exports.where_64,
  };

  function putNumber(dtype: DType, address: number, value: number): number {
    viewOf(heap, dtype)[address / itemSize[dtype]] = toElement(dtype, value);
    return address;
  }

  function unary(op: UnaryOp, a: Operand, out: Operand): void {
    const kernel = unaryTables[a.storage.dtype].get(op);
    if (kernel === undefined) throw unsupported(op, a.storage.dtype, expected(op));
    const total = sizeOf(out.shape);
    if (total === 0) return;
    if (layoutOf(a, out.shape) === Layout.contiguous) {
      kernel(total, addressOf(heap, a), addressOf(heap, out));
      return;
    }
    copying.copy(a, out);
    const address = addressOf(heap, out);
    kernel(total, address, address);
  }

  function binary(op: BinaryOp, a: Operand | number, b: Operand | number, out: Operand): void {
    const dtype =
      typeof a !== 'number' ? a.storage.dtype : typeof b !== 'number' ? b.storage.dtype : out.storage.dtype;
    const kernel = binaryTables[dtype].get(op);
    if (kernel === undefined) throw unsupported(op, dtype, expected(op));
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
    const pa = typeof left === 'number' ? putNumber(dtype, numberA, left) : addressOf(heap, left);
    let pb: number;
    // Bringing a storage back may move nothing but the views: a number put in memory stays there.
    if (typeof right === 'number') pb = putNumber(dtype, numberB, right);
    else pb = addressOf(heap, right);
    run(1, total, pa, 0, layoutA, pb, 0, layoutB, addressOf(heap, out));
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
    const size = rows.rows * rows.length * itemSize[out.storage.dtype];
    let po = addressOf(heap, out);
    if (typeof a === 'number' || typeof b === 'number') {
      const p = typeof a === 'number' ? putNumber(dtype, numberA, a) : putNumber(dtype, numberB, b as number);
      do {
        if (typeof a === 'number') run(rows.rows, rows.length, p, 0, 0, address[0], row[0], inner[0], po);
        else run(rows.rows, rows.length, address[0], row[0], inner[0], p, 0, 0, po);
        po += size;
      } while (rows.next());
    } else {
      do {
        run(rows.rows, rows.length, address[0], row[0], inner[0], address[1], row[1], inner[1], po);
        po += size;
      } while (rows.next());
    }
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
    const size = itemSize[dtype];
    const run = whereKernels[size];
    const layoutC = layoutOf(condition, shape);
    const layoutA = typeof a === 'number' ? Layout.repeated : layoutOf(a, shape);
    const layoutB = typeof b === 'number' ? Layout.repeated : layoutOf(b, shape);
    if (layoutC !== Layout.general && layoutA !== Layout.general && layoutB !== Layout.general) {
      const pc = addressOf(heap, condition);
      const pa = typeof a === 'number' ? putNumber(dtype, numberA, a) : addressOf(heap, a);
      const pb = typeof b === 'number' ? putNumber(dtype, numberB, b) : addressOf(heap, b);
      run(1, total, pc, 0, layoutC, pa, 0, layoutA, pb, 0, layoutB, addressOf(heap, out));
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
    let po = addressOf(heap, out);
    do {
      run(
        ...([rows.rows, rows.length, address[0], row[0], inner[0]] as const),
        ...(pa < 0 ? ([address[1], row[1], inner[1]] as const) : ([pa, 0, 0] as const)),
        ...(pb < 0 ? ([address[at], row[at], inner[at]] as const) : ([pb, 0, 0] as const)),
        po,
      );
      po += block;
    } while (rows.next());
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
