import type { Heap } from '../heap/heap.js';
import type { Operand } from '../interface.js';
import { type DType, itemSize, type TypedArray } from '../storage.js';

/** Address of the first element that an operand means. */
export function addressOf(heap: Heap, operand: Operand): number {
  const { storage } = operand;
  return heap.address(storage) + operand.offset * itemSize[storage.dtype];
}

export function sizeOf(shape: readonly number[]): number {
  let count = 1;
  for (let d = 0; d < shape.length; d++) count *= shape[d];
  return count;
}

/** Whether the elements lie one after the other in C order. */
export function isContiguous(operand: Operand): boolean {
  const { shape, strides } = operand;
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1) {
      if (strides[d] !== step) return false;
      step *= shape[d];
    }
  }
  return true;
}

/** The whole memory as elements of a dtype. Good until it grows. */
export function viewOf(heap: Heap, dtype: DType): TypedArray {
  if (dtype === 'float32') return heap.f32;
  if (dtype === 'float64') return heap.f64;
  return dtype === 'int32' ? heap.i32 : heap.u8;
}
