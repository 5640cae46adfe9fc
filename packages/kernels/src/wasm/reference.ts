import type { Kernels, Operand, ReduceOp } from '../interface.js';
import { referenceKernels } from '../reference/index.js';
import { arrayType, type DType, type TypedArray } from '../storage.js';
import type { Runtime } from './runtime.js';

/**
 * What this tier has no compiled code for: the plain TypeScript functions do it, over views of WebAssembly memory. The table is complete;
 * a test runs down the kernels and finds nothing else there.
 */
export const servedByReference: {
  readonly reduce: Readonly<Partial<Record<ReduceOp, readonly DType[]>>>;
} = {
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
};

/** The reference functions over WebAssembly memory. */
export function createReferenceOverMemory(runtime: Runtime): Pick<Kernels, 'reduce'> {
  const { heap } = runtime;
  const kernels = referenceKernels((operand: Operand): TypedArray => {
    const { storage } = operand;
    const address = heap.address(storage);
    return new arrayType[storage.dtype](heap.allocator.memory.buffer, address, storage.length);
  });
  return {
    reduce(op, a, axes, out) {
      // Bringing one storage back may grow the memory, which cuts off views made before: so all of them first.
      heap.address(a.storage);
      heap.address(out.storage);
      kernels.reduce(op, a, axes, out);
    },
  };
}
