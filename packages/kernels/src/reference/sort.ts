import { forEachRow, unsupported, type View } from './view.js';

/** Runs of this length are sorted by insertion before they are merged. */
const runLength = 12;

/**
 * What one lane is sorted with, reused from lane to lane. Keys ascend in the order asked for and none is NaN; in double precision, which holds every element
 * of every dtype.
 */
interface Scratch {
  keys: Float64Array;
  order: Int32Array;
  spareKeys: Float64Array;
  spareOrder: Int32Array;
}

/** Sorts the first n keys and their order: equal keys stay as they are. */
function mergeSort(s: Scratch, n: number): void {
  for (let start = 0; start < n; start += runLength)
    insertionSort(s.keys, s.order, start, Math.min(start + runLength, n));
  for (let width = runLength; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width)
      merge(s, start, Math.min(start + width, n), Math.min(start + 2 * width, n));
    [s.keys, s.spareKeys] = [s.spareKeys, s.keys];
    [s.order, s.spareOrder] = [s.spareOrder, s.order];
  }
}

function insertionSort(keys: Float64Array, order: Int32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const key = keys[i];
    const at = order[i];
    let j = i - 1;
    for (; j >= start && keys[j] > key; j--) {
      keys[j + 1] = keys[j];
      order[j + 1] = order[j];
    }
    keys[j + 1] = key;
    order[j + 1] = at;
  }
}

/** Merges two neighbouring runs into the spare arrays. */
function merge(
  { keys, order, spareKeys, spareOrder }: Scratch,
  start: number,
  middle: number,
  end: number,
): void {
  // Nothing to compare where the runs follow on one another: what is sorted already costs one pass of copies.
  if (middle >= end || keys[middle - 1] <= keys[middle]) {
    spareKeys.set(keys.subarray(start, end), start);
    spareOrder.set(order.subarray(start, end), start);
    return;
  }
  let left = start;
  let right = middle;
  for (let to = start; to < end; to++) {
    const from = right >= end || (left < middle && keys[left] <= keys[right]) ? left++ : right++;
    spareKeys[to] = keys[from];
    spareOrder[to] = order[from];
  }
}

/** The k-th smallest of the first n keys (k from 1), by a heap of the k smallest with the largest of them on top. */
function kthSmallest(keys: Float64Array, n: number, k: number): number {
  const heap = keys.slice(0, k);
  const sink = (from: number): void => {
    const key = heap[from];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= k) break;
      if (child + 1 < k && heap[child + 1] > heap[child]) child++;
      if (heap[child] <= key) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = key;
  };
  for (let i = (k >> 1) - 1; i >= 0; i--) sink(i);
  for (let i = k; i < n; i++) {
    if (keys[i] < heap[0]) {
      heap[0] = keys[i];
      sink(0);
    }
  }
  return heap[0];
}

/** Moves the k smallest of the first n keys to the front, in the order they have. */
function select({ keys, order }: Scratch, n: number, k: number): void {
  const limit = kthSmallest(keys, n, k);
  let below = 0;
  for (let i = 0; i < n; i++) if (keys[i] < limit) below++;
  // Of those that equal the limit, the first ones.
  let equal = k - below;
  let to = 0;
  for (let i = 0; to < k; i++) {
    if (keys[i] > limit || (keys[i] === limit && equal-- <= 0)) continue;
    keys[to] = keys[i];
    order[to++] = order[i];
  }
}

/** Puts the indices of the first k elements of a lane in order into `order`. */
function sortLane(
  s: Scratch,
  data: ArrayLike<number>,
  at: number,
  step: number,
  n: number,
  k: number,
  descending: boolean,
): void {
  // NaN goes to the one end or the other before anything is compared.
  let nans = 0;
  const { keys, order, spareOrder } = s;
  let count = 0;
  for (let i = 0, from = at; i < n; i++, from += step) {
    const x = data[from];
    if (Number.isNaN(x)) spareOrder[nans++] = i;
    else {
      keys[count] = descending ? -x : x;
      order[count++] = i;
    }
  }
  const nanOrder = nans > 0 ? spareOrder.slice(0, nans) : null;
  const first = descending ? Math.min(nans, k) : 0;
  const wanted = Math.min(k - first, count);
  // A heap of few is cheaper than sorting all.
  if (wanted > 0 && wanted * 8 <= count) {
    select(s, count, wanted);
    mergeSort(s, wanted);
  } else if (wanted > 0) mergeSort(s, count);
  if (nanOrder === null) return;
  if (descending) {
    s.order.copyWithin(first, 0, wanted);
    s.order.set(nanOrder.subarray(0, first), 0);
  } else s.order.set(nanOrder.subarray(0, k - wanted), wanted);
}

/**
 * The elements along a dim in order, equal ones in the order they had, NaN as the largest; the outputs may be shorter than a along the dim and then hold the first.
 * A merge sort (Knuth, "The Art of Computer Programming" 3, 5.2.4) over typed arrays; where few are wanted, a heap finds them first.
 */
export function sort(a: View, dim: number, descending: boolean, values: View | null, indices: View): void {
  if (indices.dtype !== 'int32') throw unsupported('sort', indices.dtype, 'int32 indices');
  if (values !== null && values.dtype !== a.dtype)
    throw unsupported('sort', values.dtype, `${a.dtype} like the input`);
  const n = a.shape[dim];
  const k = indices.shape[dim];
  const views = values === null ? [a, indices] : [a, indices, values];
  const scratch: Scratch = {
    keys: new Float64Array(n),
    order: new Int32Array(n),
    spareKeys: new Float64Array(n),
    spareOrder: new Int32Array(n),
  };
  forEachRow(
    a.shape.map((size, d) => (d === dim ? 1 : size)),
    views.map(v => v.offset),
    views.map(v => v.strides),
    (count, at, step) => {
      for (let lane = 0; lane < count; lane++) {
        const from = at[0] + lane * step[0];
        sortLane(scratch, a.data, from, a.strides[dim], n, k, descending);
        const { order } = scratch;
        let to = at[1] + lane * step[1];
        for (let i = 0; i < k; i++, to += indices.strides[dim]) indices.data[to] = order[i];
        if (values === null) continue;
        to = at[2] + lane * step[2];
        for (let i = 0; i < k; i++, to += values.strides[dim])
          values.data[to] = a.data[from + order[i] * a.strides[dim]];
      }
    },
  );
}
