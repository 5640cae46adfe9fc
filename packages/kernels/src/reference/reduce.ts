import type { ReduceOp } from '../interface.js';
import type { DType, TypedArray } from '../storage.js';
import { contiguousStrides, elementCount, forEachRow, isFloating, unsupported, type View } from './view.js';

/**
 * Reduces the dims in `axes`. Floating sums are accumulated in double precision with Neumaier's compensation, products in double precision,
 * and rounded once; those of int32 and bool wrap around in int32.
 */
export function reduce(op: ReduceOp, a: View, axes: readonly number[], out: View): void {
  checkDtypes(op, a.dtype, out.dtype);
  const axisSet = new Set(axes);
  // One walk over `a` in C order: the accumulators have stride 0 along the reduced dims.
  const keptShape = a.shape.filter((_, d) => !axisSet.has(d));
  const keptStrides = spread(a.shape, contiguousStrides(keptShape), d => !axisSet.has(d));
  const accumulators = new Float64Array(elementCount(keptShape));
  if (op === 'argmax' || op === 'argmin') {
    // And `position` counts along the reduced dims alone.
    const reducedShape = a.shape.filter((_, d) => axisSet.has(d));
    const positionStrides = spread(a.shape, contiguousStrides(reducedShape), d => axisSet.has(d));
    const positions = new Int32Array(accumulators.length);
    extremePositions(op, a, keptStrides, positionStrides, accumulators, positions);
    store(positions, out);
    return;
  }
  accumulators.fill(initial[op]);
  if (op === 'sum' && isFloating(a.dtype)) compensatedSum(a, keptStrides, accumulators);
  else accumulate(op, a, keptStrides, accumulators);
  store(accumulators, out);
}

const initial = { sum: 0, prod: 1, max: -Infinity, min: Infinity, any: 0, all: 1 } as const;

function checkDtypes(op: ReduceOp, from: DType, to: DType): void {
  if ((op === 'any' || op === 'all') && from !== 'bool') throw unsupported(op, from, 'bool');
  let expected: DType = from;
  if (op === 'argmax' || op === 'argmin' || ((op === 'sum' || op === 'prod') && !isFloating(from)))
    expected = 'int32';
  if (to !== expected) throw unsupported(`${op} of ${from}`, to, `an output of ${expected}`);
}

/** The strides of some dims, set out over all of them, with 0 for the others. */
function spread(
  shape: readonly number[],
  strides: readonly number[],
  own: (dim: number) => boolean,
): number[] {
  let next = 0;
  return shape.map((_, d) => (own(d) ? strides[next++] : 0));
}

function accumulate(
  op: keyof typeof initial,
  a: View,
  keptStrides: readonly number[],
  acc: Float64Array,
): void {
  const source = a.data;
  const step = stepFunction(op, a.dtype);
  forEachRow(a.shape, [a.offset, 0], [a.strides, keptStrides], (count, at, by) => {
    let [i, o] = at;
    if (by[1] === 0) {
      let value = acc[o];
      for (let n = 0; n < count; n++, i += by[0]) value = step(value, source[i]);
      acc[o] = value;
    } else {
      for (let n = 0; n < count; n++, i += by[0], o += by[1]) acc[o] = step(acc[o], source[i]);
    }
  });
}

/** What every addition rounds off is summed apart (Neumaier 1974): the error no longer grows with the count. */
function compensatedSum(a: View, keptStrides: readonly number[], sums: Float64Array): void {
  const source = a.data;
  const lost = new Float64Array(sums.length);
  forEachRow(a.shape, [a.offset, 0], [a.strides, keptStrides], (count, at, step) => {
    let [i, o] = at;
    for (let n = 0; n < count; n++, i += step[0], o += step[1]) {
      const sum = sums[o];
      const x = source[i];
      const next = sum + x;
      lost[o] += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
      sums[o] = next;
    }
  });
  // With an infinity about, what was lost is NaN and the plain sum is right.
  for (let o = 0; o < sums.length; o++) if (Number.isFinite(sums[o])) sums[o] += lost[o];
}

function stepFunction(op: keyof typeof initial, dtype: DType): (acc: number, x: number) => number {
  switch (op) {
    case 'sum':
      return (acc, x) => (acc + x) | 0;
    case 'prod':
      return isFloating(dtype) ? (acc, x) => acc * x : Math.imul;
    case 'max':
      return Math.max;
    case 'min':
      return Math.min;
    case 'any':
      return (acc, x) => acc | x;
    case 'all':
      return (acc, x) => acc & x;
  }
}

function extremePositions(
  op: 'argmax' | 'argmin',
  a: View,
  keptStrides: readonly number[],
  positionStrides: readonly number[],
  best: Float64Array,
  positions: Int32Array,
): void {
  const source = a.data;
  positions.fill(-1);
  const strides = [a.strides, keptStrides, positionStrides];
  forEachRow(a.shape, [a.offset, 0, 0], strides, (count, at, step) => {
    let [i, o, position] = at;
    for (let n = 0; n < count; n++, i += step[0], o += step[1], position += step[2]) {
      const x = source[i];
      const held = best[o];
      // A NaN beats everything, and the first NaN stays.
      const better = !Number.isNaN(held) && (Number.isNaN(x) || (op === 'argmax' ? x > held : x < held));
      if (better || positions[o] < 0) {
        best[o] = x;
        positions[o] = position;
      }
    }
  });
}

/** Writes a contiguous result to `out`, whose dtype rounds it. */
function store(values: TypedArray, out: View): void {
  const target = out.data;
  forEachRow(out.shape, [0, out.offset], [contiguousStrides(out.shape), out.strides], (count, at, step) => {
    let [i, o] = at;
    for (let n = 0; n < count; n++, i += step[0], o += step[1]) target[o] = values[i];
  });
}
