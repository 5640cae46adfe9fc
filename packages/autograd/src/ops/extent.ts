import type { Tensor } from '../tensor/tensor.js';

/**
 * What sums go over in a function that is traced for shapes which only its calls know: see `fuse`. The stand-ins keep their shape, so that it is not seen in
 * what is traced.
 */
export interface Extent {
  /** Told of each sum, as it was asked for. */
  asked(dim: number | readonly number[] | undefined, keepdim: boolean): void;
  /** Stands for the number of elements that each sum adds up. */
  readonly count: Tensor;
}

export const extents: { current: Extent | null } = { current: null };

/** Runs a function with sums over what its calls say. */
export function withExtent<R>(extent: Extent, fn: () => R): R {
  const before = extents.current;
  extents.current = extent;
  try {
    return fn();
  } finally {
    extents.current = before;
  }
}
