import { type DType, type NestedArray, type Tensor, tensor } from '@fluxion/autograd';
import { expect } from 'vitest';

/** A float64 leaf that requires a gradient, with a shape that the compiler does not know. */
export function leaf(data: NestedArray, name = '', dtype: DType = 'float64'): Tensor {
  const t = tensor(data as number[], { dtype, requiresGrad: true }) as Tensor;
  t.name = name;
  return t;
}

/** A float64 tensor outside any graph, with a shape that the compiler does not know. */
export function constant(data: NestedArray, dtype: DType = 'float64'): Tensor {
  return tensor(data as number[], { dtype }) as Tensor;
}

/** The elements in C order. */
export function numbers(t: Tensor | null): number[] {
  if (t === null) throw new Error('expected a tensor, got null');
  return Array.from(t.toTypedArray());
}

/** What a call throws, as plain data: class and text. */
export function errorOf(fn: () => unknown): { name: string; message: string } {
  try {
    fn();
  } catch (error) {
    return { name: (error as Error).name, message: (error as Error).message };
  }
  throw new Error('expected an error, got none');
}

/** Compares element by element, relative to sizes above 1. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const scale = Math.max(1, Math.abs(expected[i]));
    const off = Object.is(actual[i], expected[i]) ? 0 : Math.abs(actual[i] - expected[i]);
    if (!(off <= tolerance * scale))
      throw new Error(`element ${i}: ${actual[i]}, expected ${expected[i]} within ${tolerance * scale}`);
  }
}
