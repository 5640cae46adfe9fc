import type { RecurrenceDirection, ScanOp } from '../interface.js';
import type { DType, TypedArray } from '../storage.js';
import { forEachRow, isFloating, unsupported, type View } from './view.js';

/** One row: where it starts, how far apart its elements are, and how many there are. */
interface Row {
  readonly data: TypedArray;
  readonly at: number;
  readonly step: number;
}

/** Calls `row` for every run along `dim`, with where it starts in each of the views. */
function forEachRun(dim: number, views: readonly View[], row: (at: readonly number[]) => void): void {
  const shape = views[0].shape.map((size, d) => (d === dim ? 1 : size));
  const strides = views.map(view => view.strides.map((stride, d) => (d === dim ? 0 : stride)));
  forEachRow(
    shape,
    views.map(view => view.offset),
    strides,
    (count, at, step) => {
      for (let i = 0; i < count; i++) row(at.map((start, k) => start + i * step[k]));
    },
  );
}

/** The run of a view that starts at `at`, seen from its other end if `reverse`. */
function runOf(view: View, dim: number, at: number, reverse: boolean): Row {
  const step = view.strides[dim];
  return reverse
    ? { data: view.data, at: at + (view.shape[dim] - 1) * step, step: -step }
    : { data: view.data, at, step };
}

function outputOf(op: ScanOp, dtype: DType): DType {
  return (op === 'sum' || op === 'prod') && !isFloating(dtype) ? 'int32' : dtype;
}

/**
 * out[i] is the reduction of a[0..i] along `dim` (of a[i..] if `reverse`). Floating sums are accumulated in double precision with
 * compensation, products and exponentials in double precision; those of int32 and bool wrap around in int32.
 */
export function scan(
  op: ScanOp,
  a: View,
  dim: number,
  reverse: boolean,
  out: View,
  indices: View | null,
): void {
  if (op === 'logsumexp' && !isFloating(a.dtype)) throw unsupported(op, a.dtype, 'float32 or float64');
  const expected = outputOf(op, a.dtype);
  if (out.dtype !== expected) throw unsupported(`${op} of ${a.dtype}`, out.dtype, `an output of ${expected}`);
  const n = a.shape[dim];
  if (op === 'max' || op === 'min') {
    if (indices?.dtype !== 'int32')
      throw unsupported(op, indices?.dtype ?? 'bool', 'int32 indices beside the values');
    forEachRun(dim, [a, out, indices], ([from, to, where]) => {
      const runs = [runOf(a, dim, from, reverse), runOf(out, dim, to, reverse)] as const;
      extremes(op, n, ...runs, runOf(indices, dim, where, reverse), reverse);
    });
    return;
  }
  const run = op === 'sum' ? (isFloating(a.dtype) ? sums : wholeSums) : op === 'prod' ? products : logarithms;
  const whole = !isFloating(a.dtype);
  forEachRun(dim, [a, out], ([from, to]) => {
    run(n, runOf(a, dim, from, reverse), runOf(out, dim, to, reverse), whole);
  });
}

/** What every addition rounds off is summed apart (Neumaier 1974), so that late elements are as good as early ones. */
function sums(n: number, a: Row, out: Row): void {
  let sum = 0;
  let lost = 0;
  for (let k = 0; k < n; k++) {
    const x = a.data[a.at + k * a.step];
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
    // With an infinity about, what was lost is NaN and the plain sum is right.
    out.data[out.at + k * out.step] = Number.isFinite(sum) ? sum + lost : sum;
  }
}

function wholeSums(n: number, a: Row, out: Row): void {
  let sum = 0;
  for (let k = 0; k < n; k++) {
    sum = (sum + a.data[a.at + k * a.step]) | 0;
    out.data[out.at + k * out.step] = sum;
  }
}

function products(n: number, a: Row, out: Row, whole: boolean): void {
  let product = 1;
  for (let k = 0; k < n; k++) {
    const x = a.data[a.at + k * a.step];
    product = whole ? Math.imul(product, x) : product * x;
    out.data[out.at + k * out.step] = product;
  }
}

/** ln of the running sum of e**x, as the largest element so far plus ln of a sum of e**(x - largest). */
function logarithms(n: number, a: Row, out: Row): void {
  let largest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const x = a.data[a.at + k * a.step];
    if (x > largest) {
      sum = sum * Math.exp(largest - x) + 1;
      largest = x;
      // The difference of two equal infinities would be NaN.
    } else sum += x === largest ? 1 : Math.exp(x - largest);
    out.data[out.at + k * out.step] = largest + Math.log(sum);
  }
}

/** The extreme so far and where it is: of equals the last one, and of NaN the last one from the first NaN on. */
function extremes(op: 'max' | 'min', n: number, a: Row, out: Row, indices: Row, reverse: boolean): void {
  let best = Number.NaN;
  let position = 0;
  for (let k = 0; k < n; k++) {
    const x = a.data[a.at + k * a.step];
    if (k === 0 || Number.isNaN(x) || (op === 'max' ? x >= best : x <= best)) {
      best = x;
      position = reverse ? n - 1 - k : k;
    }
    out.data[out.at + k * out.step] = best;
    indices.data[indices.at + k * indices.step] = position;
  }
}

/** out[i] = b[i] + c * out[before i], where c is a[i], or a[before i] if `lag`; carried in double precision. */
export function recurrence(
  a: View,
  b: View,
  dim: number,
  { reverse, lag }: RecurrenceDirection,
  out: View,
): void {
  if (!isFloating(a.dtype)) throw unsupported('recurrence', a.dtype, 'float32 or float64');
  for (const other of [b, out])
    if (other.dtype !== a.dtype) throw unsupported('recurrence', other.dtype, `${a.dtype} like the factors`);
  const n = a.shape[dim];
  forEachRun(dim, [a, b, out], starts => {
    const [factors, terms, results] = [a, b, out].map((view, i) => runOf(view, dim, starts[i], reverse));
    let carried = 0;
    for (let k = 0; k < n; k++) {
      const x = terms.data[terms.at + k * terms.step];
      // There is nothing before the first: its factor, which may be anything, plays no part.
      carried = k === 0 ? x : x + factors.data[factors.at + (lag ? k - 1 : k) * factors.step] * carried;
      results.data[results.at + k * results.step] = carried;
    }
  });
}
