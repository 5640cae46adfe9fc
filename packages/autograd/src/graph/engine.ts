import type { DType } from '@fluxion/kernels';
import type { Tensor } from '../tensor/tensor.js';

/**
 * The arithmetic on gradients that the walk itself needs. The ops above fill it in when they are loaded, so that the graph knows
 * no op: each is differentiable where it records.
 */
export interface EngineArithmetic {
  add(a: Tensor, b: Tensor): Tensor;
  /** Adds `b` into `a`, unrecorded. */
  addInPlace(a: Tensor, b: Tensor): void;
  /** Undoes broadcasting: sums over the dims in which `shape` is smaller. */
  sumTo(t: Tensor, shape: readonly number[]): Tensor;
  full(shape: readonly number[], value: number, dtype: DType): Tensor;
  /** A contiguous copy of its own. */
  clone(t: Tensor): Tensor;
}

export let engine: EngineArithmetic;

export function provideArithmetic(arithmetic: EngineArithmetic): void {
  engine = arithmetic;
}
