import type { Kernels, Operand, ScanOp } from '../interface.js';
import type { DType } from '../storage.js';
import type { CopyKernels } from './copy.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import type { Runtime } from './runtime.js';

const codes: Readonly<Record<ScanOp, number>> = { sum: 0, prod: 1, max: 2, min: 3, logsumexp: 4 };

const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** Running reductions and linear recurrences. */
export function createScan(
  runtime: Runtime,
  reference: Pick<Kernels, 'scan' | 'recurrence'>,
  { pack }: Pick<CopyKernels, 'pack'>,
): Pick<Kernels, 'scan' | 'recurrence'> {
  const { heap } = runtime;
  const { scan4, scan8, recurrence4, recurrence8 } = runtime.exports;
  const dense = (a: Operand): number => (isContiguous(a) ? addressOf(heap, a) : pack(a));
  const before = ({ shape }: Operand, dim: number): number => sizeOf(shape.slice(0, dim));
  const after = ({ shape }: Operand, dim: number): number => sizeOf(shape.slice(dim + 1));

  return {
    scan(op, a, dim, reverse, out, indices) {
      const { dtype } = a.storage;
      const located = op === 'max' || op === 'min';
      // The reference functions also explain dtypes that nobody takes.
      if (
        !isFloating(dtype) ||
        out.storage.dtype !== dtype ||
        (located && indices?.storage.dtype !== 'int32')
      ) {
        reference.scan(op, a, dim, reverse, out, indices);
        return;
      }
      if (sizeOf(a.shape) === 0) return;
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const where = indices === null ? 0 : addressOf(heap, indices);
      const from = dense(a);
      const run = dtype === 'float32' ? scan4 : scan8;
      run(codes[op], before(a, dim), a.shape[dim], after(a, dim), reverse ? 1 : 0, from, to, where);
      heap.release(mark);
    },

    recurrence(a, b, dim, direction, out) {
      const { dtype } = a.storage;
      if (!isFloating(dtype) || b.storage.dtype !== dtype || out.storage.dtype !== dtype) {
        reference.recurrence(a, b, dim, direction, out);
        return;
      }
      if (sizeOf(a.shape) === 0) return;
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const factors = dense(a);
      const terms = dense(b);
      const run = dtype === 'float32' ? recurrence4 : recurrence8;
      const [reverse, lag] = [direction.reverse ? 1 : 0, direction.lag ? 1 : 0];
      run(before(a, dim), a.shape[dim], after(a, dim), reverse, lag, factors, terms, to);
      heap.release(mark);
    },
  };
}
