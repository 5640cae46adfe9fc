import { kernels } from '@fluxion/kernels';
import { view } from '../../tensor/raw.js';
import type { Tensor } from '../../tensor/tensor.js';

/** Elements `to`, `to + 1`, … of a dim, `size` of them, which show elements `from`, `from + step`, … */
export interface Run {
  readonly to: number;
  readonly from: number;
  readonly size: number;
  readonly step: number;
}

/** The runs that a list of indices falls into. */
export function runsOf(indices: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let to = 0; to < indices.length; ) {
    const from = indices[to];
    const step = to + 1 < indices.length ? indices[to + 1] - from : 1;
    let size = 1;
    while (to + size < indices.length && indices[to + size] === from + size * step) size++;
    runs.push({ to, from, size, step });
    to += size;
  }
  return runs;
}

/**
 * out[i, j, …] = x[a[i], b[j], …], where the indices of each dim are given as runs (null: its own). One strided copy for each combination of
 * runs, so that every element is written once and nothing but `out` is allocated.
 */
export function copyRuns(x: Tensor, out: Tensor, runs: readonly (readonly Run[] | null)[]): void {
  const shape = out.shape.slice();
  const fromStrides = x.strides.slice();
  const visit = (d: number, from: number, to: number): void => {
    if (d === shape.length) {
      kernels().copy(view(x, from, shape, fromStrides), view(out, to, shape, out.strides));
      return;
    }
    const list = runs[d];
    if (list === null) {
      visit(d + 1, from, to);
      return;
    }
    for (const run of list) {
      shape[d] = run.size;
      fromStrides[d] = x.strides[d] * run.step;
      visit(d + 1, from + run.from * x.strides[d], to + run.to * out.strides[d]);
    }
  };
  visit(0, x.offset, out.offset);
}
