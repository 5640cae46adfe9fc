import type {
  BinaryOp,
  Kernels,
  Operand,
  RandomKind,
  ReduceOp,
  ScanOp,
  SpecialBinaryOp,
  SpecialOp,
  UnaryOp,
} from '../interface.js';
import { referenceKernels } from '../reference/index.js';
import { arrayType, type DType, type TypedArray } from '../storage.js';
import type { Runtime } from './runtime.js';

/**
 * What this tier has no compiled code for: the plain TypeScript functions do it, over views of WebAssembly memory. The table is complete;
 * a test runs down the kernels and finds nothing else there.
 */
export const servedByReference: {
  /** Of both floating dtypes. Expressions with any of these are run by the reference functions as a whole. */
  readonly unary: readonly UnaryOp[];
  readonly binary: readonly BinaryOp[];
  readonly random: readonly RandomKind[];
  readonly reduce: Readonly<Partial<Record<ReduceOp, readonly DType[]>>>;
  /** Of every dtype: their time goes into comparing numbers one by one. */
  readonly order: readonly (keyof Kernels)[];
  readonly scan: Readonly<Partial<Record<ScanOp, readonly DType[]>>>;
} = {
  unary: [
    ...(['exp2', 'log2', 'log10', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh'] as const),
    ...(['atanh', 'erfc', 'erfinv', 'lgamma', 'digamma'] as const),
  ] satisfies readonly SpecialOp[],
  binary: [
    'floorDiv',
    'remainder',
    'fmod',
    'atan2',
    'hypot',
    'logaddexp',
    'xlogy',
    'polygamma',
  ] satisfies readonly SpecialBinaryOp[],
  random: ['exponential'],
  order: ['sort'],
  reduce: {
    sum: ['int32', 'bool'],
    prod: ['int32', 'bool'],
    max: ['int32', 'bool'],
    min: ['int32', 'bool'],
    argmax: ['int32', 'bool'],
    argmin: ['int32', 'bool'],
    any: ['bool'],
    all: ['bool'],
  },
  scan: {
    sum: ['int32', 'bool'],
    prod: ['int32', 'bool'],
    max: ['int32', 'bool'],
    min: ['int32', 'bool'],
  },
};

type Served = Pick<
  Kernels,
  'sort' | 'reduce' | 'scan' | 'recurrence' | 'unary' | 'binary' | 'random' | 'compile' | 'run'
>;

/** The reference functions over WebAssembly memory. */
export function createReferenceOverMemory(runtime: Runtime): Served {
  const { heap } = runtime;
  const kernels = referenceKernels((operand: Operand): TypedArray => {
    const { storage } = operand;
    const address = heap.address(storage);
    return new arrayType[storage.dtype](heap.allocator.memory.buffer, address, storage.length);
  });
  /** Bringing one storage back may grow the memory, which cuts off views made before: so all of them first. */
  const bring = (...operands: readonly (Operand | number)[]): void => {
    for (const a of operands) if (typeof a !== 'number') heap.address(a.storage);
  };
  return {
    reduce(op, a, axes, out) {
      bring(a, out);
      kernels.reduce(op, a, axes, out);
    },
    scan(op, a, dim, reverse, out, indices) {
      bring(a, out, indices ?? 0);
      kernels.scan(op, a, dim, reverse, out, indices);
    },
    recurrence(a, b, dim, direction, out) {
      bring(a, b, out);
      kernels.recurrence(a, b, dim, direction, out);
    },
    unary(op, a, out) {
      bring(a, out);
      kernels.unary(op, a, out);
    },
    binary(op, a, b, out) {
      bring(a, b, out);
      kernels.binary(op, a, b, out);
    },
    sort(a, dim, descending, values, indices) {
      bring(a, values ?? 0, indices);
      kernels.sort(a, dim, descending, values, indices);
    },
    random: kernels.random,
    compile: kernels.compile,
    run(compiled, inputs, outputs) {
      bring(...inputs, ...outputs);
      kernels.run(compiled, inputs, outputs);
    },
  };
}
