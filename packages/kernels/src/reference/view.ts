import { DTypeError } from '../errors.js';
import type { Operand } from '../interface.js';
import type { DType, TypedArray } from '../storage.js';

/**
 * What a family function works on: the array of a whole storage, and the strided part of it that is meant.
 * Where the bytes live is not its business, so other tiers run the same functions over views of WebAssembly memory.
 */
export interface View {
  readonly data: TypedArray;
  readonly dtype: DType;
  /** In elements of `data`, as are the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Gives the elements of the whole storage of an operand, element 0 first. Throws MemoryError if it was freed. A kernel
 * resolves all its operands before it touches one: a `resolve` that moves bytes or grows the memory on the way would cut off the arrays it
 * gave out before, so such a tier must bring all operands in first.
 */
export type Resolve = (operand: Operand) => TypedArray;

export function viewOf(resolve: Resolve, operand: Operand): View {
  return {
    data: resolve(operand),
    dtype: operand.storage.dtype,
    offset: operand.offset,
    shape: operand.shape,
    strides: operand.strides,
  };
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (let d = 0; d < shape.length; d++) count *= shape[d];
  return count;
}

/** Strides of a contiguous array in C order. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

/** Strides of `view` seen with `shape`: 0 in dims that broadcast, leading ones included. */
export function broadcastStrides(
  view: { readonly shape: readonly number[]; readonly strides: readonly number[] },
  shape: readonly number[],
): number[] {
  const lead = shape.length - view.shape.length;
  return shape.map((_, d) => (d < lead || view.shape[d - lead] === 1 ? 0 : view.strides[d - lead]));
}

/**
 * Visits an index space in C order, a row (a run along the last dim) at a time: `row(count, at, step)` is told for every
 * array k where in its data the row starts (`at[k]`) and how far apart the elements are (`step[k]`).
 * `at` and `step` are reused from row to row.
 */
export function forEachRow(
  shape: readonly number[],
  offsets: readonly number[],
  strides: readonly (readonly number[])[],
  row: (count: number, at: readonly number[], step: readonly number[]) => void,
): void {
  // Dims of size 1 are dropped and neighbours that every array steps through evenly are merged: contiguous data is one row.
  // The order of the visits stays C order.
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 0) return;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && steps.every((own, k) => own[last] === strides[k][d] * size)) {
      sizes[last] *= size;
      for (let k = 0; k < steps.length; k++) steps[k][last] = strides[k][d];
    } else {
      sizes.push(size);
      for (let k = 0; k < steps.length; k++) steps[k].push(strides[k][d]);
    }
  }
  const inner = sizes.length - 1;
  const count = inner < 0 ? 1 : sizes[inner];
  const step = steps.map(own => (inner < 0 ? 0 : own[inner]));
  const at = offsets.slice();
  const index = new Array<number>(Math.max(inner, 0)).fill(0);
  for (;;) {
    row(count, at, step);
    let d = inner - 1;
    for (; d >= 0; d--) {
      if (++index[d] < sizes[d]) {
        for (let k = 0; k < at.length; k++) at[k] += steps[k][d];
        break;
      }
      index[d] = 0;
      for (let k = 0; k < at.length; k++) at[k] -= steps[k][d] * (sizes[d] - 1);
    }
    if (d < 0) return;
  }
}

/** `value` as an element of `dtype`, by the rules of `copy`; storing it loses nothing more. */
export function toElement(dtype: DType, value: number): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
    case 'int32':
      // Saturates, and NaN gives 0, as i32.trunc_sat does: `value | 0` would wrap around instead.
      if (value >= 2147483647) return 2147483647;
      return value <= -2147483648 ? -2147483648 : value | 0;
    case 'bool':
      // `value ? 1 : 0` would call NaN false.
      return value !== 0 ? 1 : 0;
  }
}

export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** An op asked for a dtype that it does not have. */
export function unsupported(op: string, dtype: DType, expected: string): DTypeError {
  return new DTypeError(`${op}: got ${dtype}, expected ${expected}; convert the input first.`);
}
