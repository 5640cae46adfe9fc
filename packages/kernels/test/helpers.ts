import type { Kernels, Operand } from '../src/interface.js';
import { createReference } from '../src/reference/index.js';
import type { DType } from '../src/storage.js';
import { contiguous, type Layout } from './conformance/arbitraries.js';

/** The reference tier and short ways to call it. */
export const kernels: Kernels = createReference();

export function operand(dtype: DType, layout: Layout, contents: ArrayLike<number>): Operand {
  const storage = kernels.allocate(dtype, layout.length);
  kernels.write({ ...contiguous([layout.length]), storage }, contents);
  return { ...layout, storage };
}

export function vector(dtype: DType, ...contents: number[]): Operand {
  return operand(dtype, contiguous([contents.length]), contents);
}

export function empty(dtype: DType, shape: readonly number[]): Operand {
  const layout = contiguous(shape);
  return { ...layout, storage: kernels.allocate(dtype, layout.length) };
}

export const elements = (a: Operand): number[] => Array.from(kernels.read(a));

export function unary(op: Parameters<Kernels['unary']>[0], dtype: DType, ...contents: number[]): number[] {
  const out = empty(dtype, [contents.length]);
  kernels.unary(op, vector(dtype, ...contents), out);
  return elements(out);
}

export function binary(
  op: Parameters<Kernels['binary']>[0],
  dtype: DType,
  x: number[],
  y: number[] | number,
): number[] {
  const compares = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'].includes(op);
  const out = empty(compares ? 'bool' : dtype, [x.length]);
  kernels.binary(op, vector(dtype, ...x), typeof y === 'number' ? y : vector(dtype, ...y), out);
  return elements(out);
}

/** A flat index in C order as one index per dim. */
function unravel(flat: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d];
    rest = Math.floor(rest / shape[d]);
  }
  return index;
}

/** All indices of a shape in C order. */
export function indices(shape: readonly number[]): number[][] {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, flat) => unravel(flat, shape));
}

/** The element at an index of the shape that `a` broadcasts to. */
export function at(data: ArrayLike<number>, a: Layout, index: readonly number[]): number {
  const lead = index.length - a.shape.length;
  let position = a.offset;
  for (let d = 0; d < a.shape.length; d++)
    position += (a.shape[d] === 1 ? 0 : index[d + lead]) * a.strides[d];
  return data[position];
}
