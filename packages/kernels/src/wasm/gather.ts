import { DTypeError } from '../errors.js';
import type { Kernels, Operand, ScatterMode } from '../interface.js';
import { type DType, itemSize } from '../storage.js';
import { addressOf, sizeOf } from './layout.js';
import type { Runtime } from './runtime.js';

const kinds: Readonly<Partial<Record<DType, number>>> = { float32: 0, float64: 1, int32: 2 };
const modes: Readonly<Record<Exclude<ScatterMode, 'assign'>, number>> = { add: 0, max: 1, min: 2 };

/**
 * The dims of a gather or scatter, walked together: those of the index, the side that is indexed (whose step along `dim` is 0 here,
 * since the index says where to go) and the side that has the index's shape. Reused from call to call; steps in bytes.
 */
const sizes: number[] = [];
const indexSteps: number[] = [];
const indexedSteps: number[] = [];
const plainSteps: number[] = [];

function analyse(index: Operand, indexed: Operand, plain: Operand, dim: number, itemBytes: number): number {
  const { shape } = index;
  let n = 0;
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const i = index.strides[d] * 4;
    const x = d === dim ? 0 : indexed.strides[d] * itemBytes;
    const p = plain.strides[d] * itemBytes;
    if (
      n > 0 &&
      indexSteps[n - 1] === i * size &&
      indexedSteps[n - 1] === x * size &&
      plainSteps[n - 1] === p * size
    ) {
      sizes[n - 1] *= size;
    } else sizes[n++] = size;
    indexSteps[n - 1] = i;
    indexedSteps[n - 1] = x;
    plainSteps[n - 1] = p;
  }
  return n;
}

function check(op: string, index: Operand, a: Operand, b: Operand): void {
  if (index.storage.dtype !== 'int32') {
    throw new DTypeError(`${op}: got an index of ${index.storage.dtype}, expected int32; convert it first.`);
  }
  if (a.storage.dtype !== b.storage.dtype) {
    throw new DTypeError(
      `${op}: got ${a.storage.dtype} and ${b.storage.dtype}, expected the same dtype on both sides; convert one of them first.`,
    );
  }
}

interface Step {
  indexed: number;
  plain: number;
  index: number;
}

export function createGather(runtime: Runtime): Pick<Kernels, 'gather' | 'scatter'> {
  const { heap } = runtime;
  const { firstOutside, gatherRows, scatterRows, assignRows, zeroBytes } = runtime.exports;

  /** Position in C order of the first index outside 0 <= i < size, or -1. Looks at a broadcast index once. */
  function firstBad(index: Operand, size: number): number {
    const { shape, strides } = index;
    return search(index, 0, shape.length, addressOf(heap, index), size, shape, strides);
  }

  function search(
    index: Operand,
    d: number,
    rank: number,
    address: number,
    limit: number,
    shape: readonly number[],
    strides: readonly number[],
  ): number {
    if (d === rank) return firstOutside(address, 0, 1, limit);
    // How many elements of C order one step of this dim is.
    let weight = 1;
    let contiguous = true;
    for (let e = rank - 1; e > d; e--) {
      if (shape[e] !== 1 && strides[e] !== weight) contiguous = false;
      weight *= shape[e];
    }
    if (contiguous && (shape[d] === 1 || strides[d] === weight))
      return firstOutside(address, 4, shape[d] * weight, limit);
    const count = strides[d] === 0 ? 1 : shape[d];
    if (d === rank - 1) return firstOutside(address, strides[d] * 4, count, limit);
    for (let i = 0; i < count; i++) {
      const found = search(index, d + 1, rank, address + i * strides[d] * 4, limit, shape, strides);
      if (found >= 0) return i * weight + found;
    }
    return -1;
  }

  /** One call of a kernel, from these addresses on. */
  type Run = (indexed: number, plain: number, index: number) => void;

  /** What a call of a kernel does: `count` indices, each of which moves a row of `row` contiguous elements, and that `outer` times. */
  let row = 1;
  let count = 1;
  let outer = 1;
  /** Bytes that are cleared each time. */
  let clear = 0;
  /** Its steps in `indexed`, `plain` and `index`, from index to index and from time to time. Reused from call to call. */
  const inner: Step = { indexed: 0, plain: 0, index: 0 };
  const around: Step = { indexed: 0, plain: 0, index: 0 };

  function put(step: Step, d: number): number {
    step.indexed = d < 0 ? 0 : indexedSteps[d];
    step.plain = d < 0 ? 0 : plainSteps[d];
    step.index = d < 0 ? 0 : indexSteps[d];
    return d < 0 ? 1 : sizes[d];
  }

  /** `fresh` bytes are what is to be cleared on the side that is indexed, in all; 0 if nothing is. */
  function walk(
    n: number,
    itemBytes: number,
    indexed: number,
    plain: number,
    index: number,
    run: Run,
    fresh = 0,
  ): void {
    row = 1;
    // An index that is the same along a contiguous last dim moves whole rows.
    if (
      n > 0 &&
      indexSteps[n - 1] === 0 &&
      indexedSteps[n - 1] === itemBytes &&
      plainSteps[n - 1] === itemBytes
    ) {
      row = sizes[n - 1];
      n--;
    }
    count = put(inner, n - 1);
    outer = put(around, n - 2);
    // Part by part, which then is in the cache when it is added to, if the parts are all there is.
    clear = n <= 2 && outer * around.indexed === fresh ? around.indexed : 0;
    if (fresh > 0 && clear === 0) zeroBytes(indexed, fresh);
    loop(0, n - 2, indexed, plain, index, run);
  }

  function loop(d: number, end: number, indexed: number, plain: number, index: number, run: Run): void {
    if (d >= end) {
      run(indexed, plain, index);
      return;
    }
    for (let i = 0; i < sizes[d]; i++) {
      loop(d + 1, end, indexed, plain, index, run);
      indexed += indexedSteps[d];
      plain += plainSteps[d];
      index += indexSteps[d];
    }
  }

  return {
    gather(a, dim, index, out) {
      check('gather', index, a, out);
      if (sizeOf(index.shape) === 0) return -1;
      const bad = firstBad(index, a.shape[dim]);
      if (bad >= 0) return bad;
      const itemBytes = itemSize[a.storage.dtype];
      const from = addressOf(heap, a);
      const at = addressOf(heap, index);
      const to = addressOf(heap, out);
      const along = a.strides[dim] * itemBytes;
      const n = analyse(index, a, out, dim, itemBytes);
      walk(n, itemBytes, from, to, at, (source, target, i) => {
        gatherRows(
          target,
          inner.plain,
          source,
          inner.indexed,
          along,
          i,
          inner.index,
          count,
          row * itemBytes,
          outer,
          around.plain,
          around.indexed,
          around.index,
        );
      });
      return -1;
    },
    scatter(mode, out, dim, index, source, fresh = false) {
      check('scatter', index, out, source);
      const { dtype } = out.storage;
      const kind = kinds[dtype];
      if (mode !== 'assign' && kind === undefined) {
        throw new DTypeError(
          `scatter by ${mode}: got ${dtype}, expected float32, float64 or int32; convert the inputs first.`,
        );
      }
      const itemBytes = itemSize[dtype];
      const bytes = sizeOf(out.shape) * itemBytes;
      if (sizeOf(index.shape) === 0) {
        if (fresh) zeroBytes(addressOf(heap, out), bytes);
        return -1;
      }
      const bad = firstBad(index, out.shape[dim]);
      if (bad >= 0) return bad;
      const to = addressOf(heap, out);
      const at = addressOf(heap, index);
      const from = addressOf(heap, source);
      const along = out.strides[dim] * itemBytes;
      const n = analyse(index, out, source, dim, itemBytes);
      const run: Run =
        mode === 'assign'
          ? (target, values, i) => {
              assignRows(
                target,
                inner.indexed,
                along,
                values,
                inner.plain,
                i,
                inner.index,
                count,
                row * itemBytes,
                outer,
                around.indexed,
                around.plain,
                around.index,
              );
            }
          : (target, values, i) => {
              scatterRows(
                modes[mode],
                kind as number,
                target,
                inner.indexed,
                along,
                values,
                inner.plain,
                i,
                inner.index,
                count,
                row,
                outer,
                around.indexed,
                around.plain,
                around.index,
                clear,
              );
            };
      walk(n, itemBytes, to, from, at, run, fresh ? bytes : 0);
      return -1;
    },
  };
}
