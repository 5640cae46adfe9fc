import { kernels, type TypedArray } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import { record } from '../graph/record.js';
import { raw } from '../tensor/raw.js';
import { normalizeDim, numel } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { composite, type Primitive, requireTensor } from './define.js';
import { int32 } from './lanes.js';
import { permute, reshapeTo } from './shape.js';
import { firstInOrder } from './sort.js';

export interface UniqueOptions {
  /** Slices along this dim are compared instead of elements. */
  readonly dim?: number;
  /** Whether to return which of the values each element is, too. Default false. */
  readonly returnInverse?: boolean;
  /** Whether to return how often each value occurs, too. Default false. */
  readonly returnCounts?: boolean;
}

/** What `unique` gives when more than the values is asked for. */
export interface UniqueResult {
  readonly values: Tensor;
  /** int32: the place among the values of every element (in the shape of x), or of every slice. With `returnInverse`. */
  readonly inverse?: Tensor;
  /** int32: how often each value occurs. With `returnCounts`. */
  readonly counts?: Tensor;
}

interface WithInverse extends UniqueResult {
  readonly inverse: Tensor;
}
interface WithCounts extends UniqueResult {
  readonly counts: Tensor;
}

export interface UniqueFunction {
  <S extends Shape>(
    x: Tensor<S>,
    options: UniqueOptions & { readonly returnInverse: true; readonly returnCounts: true },
  ): WithInverse & WithCounts;
  <S extends Shape>(x: Tensor<S>, options: UniqueOptions & { readonly returnInverse: true }): WithInverse;
  <S extends Shape>(x: Tensor<S>, options: UniqueOptions & { readonly returnCounts: true }): WithCounts;
  <S extends Shape>(x: Tensor<S>, options?: UniqueOptions): Tensor;
}
export interface UniqueMethod {
  (
    this: Tensor,
    options: UniqueOptions & { readonly returnInverse: true; readonly returnCounts: true },
  ): WithInverse & WithCounts;
  (this: Tensor, options: UniqueOptions & { readonly returnInverse: true }): WithInverse;
  (this: Tensor, options: UniqueOptions & { readonly returnCounts: true }): WithCounts;
  (this: Tensor, options?: UniqueOptions): Tensor;
}

/** Rows of numbers [n, width] in C order. */
interface Rows {
  readonly data: TypedArray;
  readonly width: number;
  readonly count: number;
}

function equalRows({ data, width }: Rows, i: number, j: number): boolean {
  for (let k = 0; k < width; k++) if (data[i * width + k] !== data[j * width + k]) return false;
  return true;
}

/** The rows in ascending order, compared from their first element on, NaN as the largest; equal ones as they are. */
function rowOrder({ data, width, count }: Rows): Int32Array {
  const compare = (i: number, j: number): number => {
    for (let k = 0; k < width; k++) {
      const [a, b] = [data[i * width + k], data[j * width + k]];
      if (a < b) return -1;
      if (a > b) return 1;
      const nans = Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      if (nans !== 0) return nans;
    }
    return i - j;
  };
  return Int32Array.from({ length: count }, (_, i) => i).sort(compare);
}

interface Groups {
  /** The first row of each group. */
  readonly first: number[];
  readonly counts: number[];
  /** The group of each row. */
  readonly inverse: Int32Array;
}

/** Neighbours in the order that are equal, made one. */
function group(rows: Rows, order: ArrayLike<number>): Groups {
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(rows.count);
  for (let i = 0; i < rows.count; i++) {
    if (i > 0 && equalRows(rows, order[i - 1], order[i])) counts[counts.length - 1]++;
    else {
      first.push(order[i]);
      counts.push(1);
    }
    inverse[order[i]] = first.length - 1;
  }
  return { first, counts, inverse };
}

const uniqueOp = (name: string): Primitive => ({
  name,
  vjp: null,
  why: 'equal elements share a value, and how many there are moves in jumps',
  forward: () => {
    throw new TypeError(`${name} has three outputs: uniqueOf() below runs it`);
  },
});

function uniqueOf(name: string, consecutive: boolean): UniqueFunction {
  const op = uniqueOp(name);
  const parts = composite(name, (x: Tensor, dim?: number): readonly Tensor[] => {
    const d = dim === undefined ? 0 : normalizeDim(name, dim, x.ndim);
    const byDim = dim !== undefined && x.ndim > 0;
    const slices = byDim ? moveFirst(x, d) : reshapeTo(x, [x.size]);
    const count = slices.shape[0];
    const rows: Rows = { data: kernels().read(slices), width: numel(slices.shape.slice(1)), count };
    const asTheyAre = (): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
    const sorted = (): ArrayLike<number> =>
      slices.ndim === 1
        ? kernels().read(firstInOrder(slices, { dim: 0, descending: false, count }))
        : rowOrder(rows);
    const { first, counts, inverse } = group(rows, consecutive ? asTheyAre() : sorted());
    const found = raw([first.length, ...slices.shape.slice(1)], x.dtype) as Tensor;
    const { data, width } = rows;
    const taken = new Float64Array(first.length * width);
    first.forEach((row, i) => {
      for (let k = 0; k < width; k++) taken[i * width + k] = data[row * width + k];
    });
    kernels().write(found, taken);
    const values = byDim && d > 0 ? moveTo(found, d) : found;
    const outputs = [values, int32(inverse, byDim ? [count] : x.shape), int32(counts)];
    record(op, [x], undefined, outputs);
    return outputs;
  });
  return ((x: Tensor, options: UniqueOptions = {}) => {
    requireTensor(name, x);
    const { dim, returnInverse = false, returnCounts = false } = options;
    for (const [key, value] of Object.entries({ returnInverse, returnCounts }))
      if (typeof value !== 'boolean')
        throw new ArgumentError(`${name}: ${key} is ${show(value)}; expected true or false.`);
    const [values, inverse, counts] = parts(x, dim);
    if (!returnInverse && !returnCounts) return values;
    return { values, ...(returnInverse ? { inverse } : {}), ...(returnCounts ? { counts } : {}) };
  }) as UniqueFunction;
}

function moveFirst(x: Tensor, d: number): Tensor {
  return permute(x, [d, ...x.shape.map((_, i) => i).filter(i => i !== d)]);
}

function moveTo(x: Tensor, d: number): Tensor {
  const order = Array.from({ length: x.ndim - 1 }, (_, i) => i + 1);
  order.splice(d, 0, 0);
  return permute(x, order);
}

/**
 * The different elements in ascending order, as a vector; with a dim the different slices along it. With `returnInverse` or `returnCounts` an object that has them beside the
 * values. NaN equals nothing, so each is a value of its own, at the end.
 */
export const unique: UniqueFunction = uniqueOf('unique', false);
/** The elements (or slices) without those that equal the one before them, in the order they have; otherwise like `unique`. */
export const uniqueConsecutive: UniqueFunction = uniqueOf('uniqueConsecutive', true);
