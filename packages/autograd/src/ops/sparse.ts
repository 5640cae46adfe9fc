import { kernels, type SparseRows } from '@fluxion/kernels';
import { raw } from '../tensor/raw.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Primitive, savesNothing } from './define.js';

/** One entry of a row: which column, and its weight. */
export type Entry = readonly [column: number, weight: number];

/** A sparse matrix along a dim, with its transpose, which is its derivative. */
export interface SparseMap {
  readonly dim: number;
  readonly matrix: SparseRows;
  readonly transposed: SparseRows;
}

function pack(rows: readonly (readonly Entry[])[]): SparseRows {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i] + row.length;
  });
  const entries = rows.flat();
  return {
    offsets,
    indices: Int32Array.from(entries, ([column]) => column),
    weights: Float64Array.from(entries, ([, weight]) => weight),
  };
}

/** The map with the given rows over a dim of `columns` elements; entries of a row that name one column add up. */
export function sparseMap(dim: number, columns: number, rows: readonly (readonly Entry[])[]): SparseMap {
  const merged = rows.map(row => {
    const sums = new Map<number, number>();
    for (const [column, weight] of row) sums.set(column, (sums.get(column) ?? 0) + weight);
    return [...sums];
  });
  const back: Entry[][] = Array.from({ length: columns }, () => []);
  merged.forEach((row, i) => {
    for (const [column, weight] of row) back[column].push([i, weight]);
  });
  return { dim, matrix: pack(merged), transposed: pack(back) };
}

const sparseOp: Primitive<SparseMap> = {
  name: 'sparseAlong',
  savesInput: savesNothing,
  vjp: (g, { attributes: { dim, matrix, transposed } }) => [
    apply(sparseOp, [g], { dim, matrix: transposed, transposed: matrix }),
  ],
  forward: (inputs, { dim, matrix }) => {
    const x = inputs[0] as Tensor;
    const out = raw(x.shape.with(dim, matrix.offsets.length - 1), x.dtype);
    kernels().sparseAlong(x, dim, matrix, out);
    return out;
  },
};

/** The matrix times every vector along the dim. */
export function sparseAlong(x: Tensor, map: SparseMap): Tensor {
  return apply(sparseOp, [x], map);
}
