import type { Kernels, Operand, ReduceOp } from '../interface.js';
import { contiguousStrides } from '../reference/view.js';
import type { DType } from '../storage.js';
import type { CopyKernels } from './copy.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import { inParts, type Runtime } from './runtime.js';

const codes: Readonly<Partial<Record<ReduceOp, number>>> = { sum: 0, prod: 1, max: 2, min: 3 };

/** From so many calls on, threads share the calls. */
const fewCalls = 8;
/** What an element takes, roughly. */
const nanoseconds = 0.4;

// The dims of a reduction after simplification; reused from call to call. Steps are in bytes.
const sizes: number[] = [];
const steps: number[] = [];
const toSteps: number[] = [];
const reduced: boolean[] = [];

/** Drops dims of size 1 and merges neighbours of one kind that lie evenly. Returns how many are left. */
function merge(count: number): number {
  let n = 0;
  for (let d = 0; d < count; d++) {
    const size = sizes[d];
    if (size === 1) continue;
    if (n > 0 && reduced[n - 1] === reduced[d] && steps[n - 1] === steps[d] * size) {
      sizes[n - 1] *= size;
      steps[n - 1] = steps[d];
    } else {
      sizes[n] = size;
      steps[n] = steps[d];
      reduced[n] = reduced[d];
      n++;
    }
  }
  return n;
}

/** Puts the dims of `a` into the lists above. */
function analyse(a: Operand, axes: readonly number[], itemBytes: number): number {
  const { shape, strides } = a;
  let next = 0;
  for (let d = 0; d < shape.length; d++) {
    sizes[d] = shape[d];
    steps[d] = strides[d] * itemBytes;
    reduced[d] = axes[next] === d;
    if (reduced[d]) next++;
  }
  return merge(shape.length);
}

/** Lays the kept dims (and the other reduced ones) out in C order: where the results of reducing dim `target` go. */
function layOut(n: number, target: number, itemBytes: number): number {
  let step = itemBytes;
  for (let d = n - 1; d >= 0; d--) {
    if (d === target) continue;
    toSteps[d] = step;
    step *= sizes[d];
  }
  return step;
}

export function createReduce(
  runtime: Runtime,
  reference: Pick<Kernels, 'reduce'>,
  { pack }: Pick<CopyKernels, 'pack'>,
): Pick<Kernels, 'reduce'> {
  const { heap } = runtime;
  const { reduce4, reduce8, argmax4, argmax8 } = runtime.exports;

  type Run = (count: number, a: number, row: number, to: number, toStep: number) => void;

  /** Reduces dim `target` (-1: a dim of one element) of the dims in the lists; `run` does it for all of one other dim. */
  function lanes(n: number, target: number, itemBytes: number, a: number, to: number, run: Run): void {
    let lane = -1;
    const dense = target >= 0 && steps[target] !== itemBytes;
    for (let d = 0; d < n; d++) {
      if (d === target) continue;
      if (lane < 0) lane = d;
      else if (dense && steps[lane] === itemBytes) continue;
      else if ((dense && steps[d] === itemBytes) || sizes[d] > sizes[lane]) lane = d;
    }
    if (lane < 0) {
      run(1, a, 0, to, 0);
      return;
    }
    let calls = 1;
    let each = nanoseconds;
    for (let d = 0; d < n; d++) {
      if (d === target || d === lane) each *= sizes[d];
      else calls *= sizes[d];
    }
    // Few calls are divided one by one.
    inParts(calls < fewCalls ? null : runtime.threads, calls, calls * each, (first, last) => {
      for (let i = first; i < last; i++) {
        let from = a;
        let result = to;
        for (let d = n - 1, rest = i; d >= 0; d--) {
          if (d === target || d === lane) continue;
          const at = rest % sizes[d];
          rest = (rest - at) / sizes[d];
          from += at * steps[d];
          result += at * toSteps[d];
        }
        run(sizes[lane], from, steps[lane], result, toSteps[lane]);
      }
    });
  }

  function innermostReduced(n: number, itemBytes: number): number {
    let best = -1;
    for (let d = 0; d < n; d++) {
      if (!reduced[d]) continue;
      if (steps[d] === itemBytes) return d;
      if (best < 0 || sizes[d] > sizes[best]) best = d;
    }
    return best;
  }

  function countReduced(n: number): number {
    let count = 0;
    for (let d = 0; d < n; d++) if (reduced[d]) count++;
    return count;
  }

  function numeric(op: ReduceOp, a: Operand, axes: readonly number[], out: Operand): void {
    const code = codes[op] as number;
    if (evenly(code, a, axes, out)) return;
    const outBytes = out.storage.dtype === 'float32' ? 4 : 8;
    const to = addressOf(heap, out);
    let itemBytes = outBytes;
    let from = addressOf(heap, a);
    let n = analyse(a, axes, itemBytes);
    const mark = heap.mark();
    // Sums and products over several dims keep their parts in double precision.
    const partBytes = code <= 1 ? 8 : itemBytes;
    for (;;) {
      const remaining = countReduced(n);
      const last = remaining <= 1;
      const target = innermostReduced(n, itemBytes);
      const resultBytes = last ? outBytes : partBytes;
      const bytes = layOut(n, target, resultBytes);
      const result = last ? to : heap.temporary(bytes);
      const length = target < 0 ? 1 : sizes[target];
      const stride = target < 0 ? itemBytes : steps[target];
      const kernel = itemBytes === 4 ? reduce4 : reduce8;
      const double = resultBytes === 8 ? 1 : 0;
      lanes(n, target, itemBytes, from, result, (count, address, row, toAddress, toStep) => {
        kernel(code, count, address, row, length, stride, toAddress, toStep, double);
      });
      if (last) break;
      // On with the result, which is contiguous and has lost a dim.
      for (let d = 0; d < n; d++) steps[d] = toSteps[d];
      sizes[target] = 1;
      n = merge(n);
      from = result;
      itemBytes = partBytes;
    }
    heap.release(mark);
  }

  /** The common case without the lists: contiguous data of which the leading or the trailing dims are reduced. */
  function evenly(code: number, a: Operand, axes: readonly number[], out: Operand): boolean {
    const count = axes.length;
    const rank = a.shape.length;
    if (count === 0 || !isContiguous(a)) return false;
    const leading = axes[count - 1] === count - 1;
    if (!leading && axes[0] !== rank - count) return false;
    const kept = sizeOf(out.shape);
    let length = 1;
    for (let i = 0; i < count; i++) length *= a.shape[axes[i]];
    const size = a.storage.dtype === 'float32' ? 4 : 8;
    const from = addressOf(heap, a);
    const to = addressOf(heap, out);
    const kernel = size === 4 ? reduce4 : reduce8;
    const double = size === 8 ? 1 : 0;
    // Of `length` rows of `kept` elements, or of `kept` rows of `length` elements.
    if (leading && kept > 1) kernel(code, kept, from, size, length, kept * size, to, size, double);
    else kernel(code, kept, from, length * size, length, size, to, size, double);
    return true;
  }

  function extreme(op: ReduceOp, a: Operand, axes: readonly number[], out: Operand): void {
    const itemBytes = a.storage.dtype === 'float32' ? 4 : 8;
    const to = addressOf(heap, out);
    let from = addressOf(heap, a);
    let n = analyse(a, axes, itemBytes);
    const mark = heap.mark();
    if (countReduced(n) > 1) {
      // All dims of something that is not contiguous: positions count in C order.
      from = pack(a);
      n = analyse({ ...a, strides: contiguousStrides(a.shape) }, axes, itemBytes);
    }
    const target = innermostReduced(n, itemBytes);
    layOut(n, target, 4);
    const length = target < 0 ? 1 : sizes[target];
    const stride = target < 0 ? itemBytes : steps[target];
    const kernel = itemBytes === 4 ? argmax4 : argmax8;
    const least = op === 'argmin' ? 1 : 0;
    lanes(n, target, itemBytes, from, to, (count, address, row, toAddress, toStep) => {
      kernel(least, count, address, row, length, stride, toAddress, toStep);
    });
    heap.release(mark);
  }

  return {
    reduce(op, a, axes, out) {
      const { dtype } = a.storage;
      if (!isNative(op, dtype, out.storage.dtype)) {
        reference.reduce(op, a, axes, out);
        return;
      }
      if (sizeOf(out.shape) === 0) return;
      if (op === 'argmax' || op === 'argmin') extreme(op, a, axes, out);
      else numeric(op, a, axes, out);
    },
  };
}

/** What is left to the reference functions: see servedByReference. They also explain dtypes that nobody takes. */
function isNative(op: ReduceOp, from: DType, to: DType): boolean {
  if (from !== 'float32' && from !== 'float64') return false;
  if (op === 'argmax' || op === 'argmin') return to === 'int32';
  return op in codes && from === to;
}
