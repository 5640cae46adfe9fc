import { DTypeError } from '../errors.js';
import type { Kernels, Operand } from '../interface.js';
import type { CopyKernels } from './copy.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import type { Runtime } from './runtime.js';

/** Max pools and sparse matrices along a dim. */
export function createPool(
  runtime: Runtime,
  { pack }: Pick<CopyKernels, 'pack'>,
): Pick<Kernels, 'maxPool' | 'sparseAlong'> {
  const { heap } = runtime;
  const { maxPool4, maxPool8, sparseAlong4, sparseAlong8 } = runtime.exports;

  function check(op: string, a: Operand, out: Operand): void {
    const { dtype } = a.storage;
    if (out.storage.dtype !== dtype || (dtype !== 'float32' && dtype !== 'float64')) {
      throw new DTypeError(
        `${op}: got ${dtype} with an output of ${out.storage.dtype}, expected float32 or float64 for both; convert the input first.`,
      );
    }
  }

  /** A temporary with whole numbers. */
  function ints(values: ArrayLike<number>): number {
    const address = heap.temporary(Math.max(values.length, 1) * 4);
    heap.i32.set(values, address / 4);
    return address;
  }

  return {
    maxPool(a, windows, out, indices) {
      check('maxPool', a, out);
      if (indices.storage.dtype !== 'int32')
        throw new DTypeError(`maxPool: got indices of ${indices.storage.dtype}, expected int32.`);
      if (sizeOf(out.shape) === 0) return;
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const positions = addressOf(heap, indices);
      const from = isContiguous(a) ? addressOf(heap, a) : pack(a);
      const lead = a.shape.length - windows.length;
      const missing = 3 - windows.length;
      const one = { start: Int32Array.of(0), end: Int32Array.of(1), step: 1 };
      const three = [...new Array<typeof one>(missing).fill(one), ...windows];
      const starts = three.map(w => ints(w.start));
      const ends = three.map(w => ints(w.end));
      const { start, end, step } = three[2];
      const pairs = step === 1 && start.every((first, i) => first === 2 * i && end[i] === first + 2);
      const tables = ints([
        ...[...three.map(w => w.start.length), ...three.map(w => w.step)],
        ...[...starts, ...ends, pairs ? 1 : 0],
      ]);
      const [depth, height, width] = [...new Array<number>(missing).fill(1), ...a.shape.slice(lead)];
      const run = a.storage.dtype === 'float32' ? maxPool4 : maxPool8;
      run(from, sizeOf(a.shape.slice(0, lead)), depth, height, width, tables, to, positions);
      heap.release(mark);
    },

    sparseAlong(a, dim, { offsets, indices, weights }, out) {
      check('sparseAlong', a, out);
      if (sizeOf(out.shape) === 0) return;
      const single = a.storage.dtype === 'float32';
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const from = isContiguous(a) ? addressOf(heap, a) : pack(a);
      const values = heap.temporary(Math.max(weights.length, 1) * 8);
      const [first, columns] = [ints(offsets), ints(indices)];
      if (single) heap.f32.set(weights, values / 4);
      else heap.f64.set(weights, values / 8);
      const outer = sizeOf(a.shape.slice(0, dim));
      const inner = sizeOf(a.shape.slice(dim + 1));
      const run = single ? sparseAlong4 : sparseAlong8;
      run(to, from, outer, out.shape[dim], a.shape[dim], inner, first, columns, values);
      heap.release(mark);
    },
  };
}
