import { type Tensor, tensor } from '@fluxion/autograd';
import { expect } from 'vitest';

export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-12): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++)
    expect(Math.abs(got[i] - want[i]), `element ${i}: ${got[i]}, expected ${want[i]}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(want[i])),
    );
}

/** Central differences of a function of one float64 tensor, in every element. */
export function slopes(f: (x: Tensor) => number, x: Tensor, h = 1e-6): Float64Array {
  const values = Float64Array.from(x.toTypedArray());
  return values.map((value, i) => {
    const at = (v: number): number => {
      const moved = values.slice();
      moved[i] = v;
      return f(tensor(moved).reshape(x.shape));
    };
    return (at(value + h) - at(value - h)) / (2 * h);
  });
}

export function caught(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
