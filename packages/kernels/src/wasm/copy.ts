import type { Heap } from '../heap/heap.js';
import type { Kernels, Operand } from '../interface.js';
import { contiguousStrides, toElement } from '../reference/view.js';
import { arrayType, type DType, Generation, itemSize, type TypedArray } from '../storage.js';
import { addressOf, isContiguous, sizeOf, viewOf } from './layout.js';
import { nullPage } from './nullPage.js';
import type { Runtime } from './runtime.js';

/** Numbers of the element kinds in the compiled `cast`. */
const kind: Readonly<Record<DType, number>> = { float32: 0, float64: 1, int32: 2, bool: 3 };

const scalarAddress: number = nullPage.scalar;

// Dims of a copy after simplification, innermost last; reused from call to call.
const sizes: number[] = [];
const toSteps: number[] = [];
const fromSteps: number[] = [];

type Layout = Pick<Operand, 'shape' | 'strides'>;

/**
 * Drops dims of size 1 and merges neighbours that both sides step through evenly. Steps are in bytes. Returns how many
 * dims are left.
 */

function simplify(a: Layout, out: Layout, fromSize: number, toSize: number): number {
  const { shape } = out;
  const lead = shape.length - a.shape.length;
  let n = 0;
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const to = out.strides[d] * toSize;
    const from = d < lead || a.shape[d - lead] === 1 ? 0 : a.strides[d - lead] * fromSize;
    if (n > 0 && toSteps[n - 1] === to * size && fromSteps[n - 1] === from * size) {
      sizes[n - 1] *= size;
      toSteps[n - 1] = to;
      fromSteps[n - 1] = from;
    } else {
      sizes[n] = size;
      toSteps[n] = to;
      fromSteps[n] = from;
      n++;
    }
  }
  return n;
}

function swap(i: number, j: number): void {
  for (const list of [sizes, toSteps, fromSteps]) {
    const held = list[i];
    list[i] = list[j];
    list[j] = held;
  }
}

export interface CopyKernels extends Pick<Kernels, 'read' | 'write' | 'fill' | 'copy'> {
  /** Address of a contiguous copy in temporary memory. */
  pack(a: Operand): number;
}

export function createCopy(runtime: Runtime): CopyKernels {
  const { heap } = runtime;
  const { copy1, copy4, copy8, cast, zeroBytes } = runtime.exports;

  /** Runs the compiled code over the two dims that suit it best, and loops over the others. `pair` is -1 for a plain copy. */
  function strided(n: number, to: number, from: number, itemBytes: number, pair: number): void {
    if (n >= 2) {
      // Columns: the dim in which the target is densest. Rows: where the source is contiguous, if the columns are not, for a transpose.
      let column = n - 1;
      for (let d = n - 2; d >= 0; d--)
        if (Math.abs(toSteps[d]) < Math.abs(toSteps[column]) && toSteps[d] !== 0) column = d;
      if (column !== n - 1) swap(column, n - 1);
      let row = n - 2;
      if (fromSteps[n - 1] !== itemBytes && fromSteps[n - 1] !== 0) {
        for (let d = n - 3; d >= 0; d--) if (fromSteps[d] === itemBytes) row = d;
      } else for (let d = n - 3; d >= 0; d--) if (sizes[d] > sizes[row]) row = d;
      if (row !== n - 2) swap(row, n - 2);
    }
    outer(0, n, to, from, itemBytes, pair);
  }

  function outer(d: number, n: number, to: number, from: number, itemBytes: number, pair: number): void {
    if (d >= n - 2) {
      const rows = n > 1 ? sizes[n - 2] : 1;
      const toRow = n > 1 ? toSteps[n - 2] : 0;
      const fromRow = n > 1 ? fromSteps[n - 2] : 0;
      const columns = n > 0 ? sizes[n - 1] : 1;
      const toColumn = n > 0 ? toSteps[n - 1] : itemBytes;
      const fromColumn = n > 0 ? fromSteps[n - 1] : itemBytes;
      if (pair >= 0) cast(pair, to, toRow, toColumn, from, fromRow, fromColumn, rows, columns);
      else {
        const run = itemBytes === 4 ? copy4 : itemBytes === 8 ? copy8 : copy1;
        run(to, toRow, toColumn, from, fromRow, fromColumn, rows, columns);
      }
      return;
    }
    const toStep = toSteps[d];
    const fromStep = fromSteps[d];
    for (let i = 0; i < sizes[d]; i++) {
      outer(d + 1, n, to, from, itemBytes, pair);
      to += toStep;
      from += fromStep;
    }
  }

  function copy(a: Operand, out: Operand): void {
    const total = sizeOf(out.shape);
    if (total === 0) return;
    const fromType = a.storage.dtype;
    const toType = out.storage.dtype;
    const from = addressOf(heap, a);
    const to = addressOf(heap, out);
    const n = simplify(a, out, itemSize[fromType], itemSize[toType]);
    const pair = fromType === toType ? -1 : 4 * kind[fromType] + kind[toType];
    strided(n, to, from, itemSize[toType], pair);
  }

  function pack(a: Operand): number {
    const from = addressOf(heap, a);
    const size = itemSize[a.storage.dtype];
    const to = heap.temporary(sizeOf(a.shape) * size);
    strided(simplify(a, contiguousLike(a), size, size), to, from, size, -1);
    return to;
  }

  return {
    copy,
    pack,
    fill(out, value) {
      const total = sizeOf(out.shape);
      if (total === 0) return;
      const { dtype } = out.storage;
      const size = itemSize[dtype];
      const to = addressOf(heap, out);
      const element = toElement(dtype, value);
      if (isContiguous(out) && (total <= 16 || element === 0)) {
        // TypedArray.fill costs some 50 ns to begin with; Object.is tells -0, which is not made of zero bytes.
        if (total <= 16) {
          const view = viewOf(heap, dtype);
          const begin = to / size;
          for (let i = begin; i < begin + total; i++) view[i] = element;
          return;
        }
        if (!Object.is(element, -0)) {
          zeroBytes(to, total * size);
          return;
        }
      }
      viewOf(heap, dtype)[scalarAddress / size] = element;
      strided(simplify(scalarOperand, out, size, size), to, scalarAddress, size, -1);
    },
    read(a) {
      const { storage } = a;
      const { dtype } = storage;
      const total = sizeOf(a.shape);
      const result = new arrayType[dtype](total);
      if (total === 0) {
        // Touched all the same: reading a freed tensor is an error whatever its size.
        heap.peek(storage);
        return result;
      }
      const size = itemSize[dtype];
      if (isContiguous(a)) {
        if (storage.generation === Generation.outside) {
          const bytes = heap.peek(storage);
          const from = a.offset * size;
          new Uint8Array(result.buffer).set(bytes.subarray(from, from + total * size));
          return result;
        }
        const begin = addressOf(heap, a) / size;
        const view = viewOf(heap, dtype);
        if (total <= 32) for (let i = 0; i < total; i++) result[i] = view[begin + i];
        else result.set(view.subarray(begin, begin + total));
        return result;
      }
      const mark = heap.mark();
      const begin = pack(a) / size;
      result.set(viewOf(heap, dtype).subarray(begin, begin + total));
      heap.release(mark);
      return result;
    },
    write(out, values) {
      const total = sizeOf(out.shape);
      const { dtype } = out.storage;
      const to = addressOf(heap, out);
      if (total === 0) return;
      const size = itemSize[dtype];
      if (isContiguous(out)) {
        store(heap, dtype, to / size, total, values);
        return;
      }
      const mark = heap.mark();
      const packed = heap.temporary(total * size);
      store(heap, dtype, packed / size, total, values);
      strided(simplify(contiguousLike(out), out, size, size), to, packed, size, -1);
      heap.release(mark);
    },
  };
}

const scalarOperand: Layout = { shape: [], strides: [] };

function contiguousLike(a: Operand): Layout {
  return { shape: a.shape, strides: contiguousStrides(a.shape) };
}

/** Stores values, converted by the rules of `copy`, from index `begin` of the whole memory on. */
function store(heap: Heap, dtype: DType, begin: number, total: number, values: ArrayLike<number>): void {
  const view = viewOf(heap, dtype);
  if (values instanceof view.constructor && dtype !== 'bool') {
    const typed = values as TypedArray;
    view.set(typed.length === total ? typed : typed.subarray(0, total), begin);
    return;
  }
  if (dtype === 'float32' || dtype === 'float64') for (let i = 0; i < total; i++) view[begin + i] = values[i];
  else for (let i = 0; i < total; i++) view[begin + i] = toElement(dtype, values[i]);
}
