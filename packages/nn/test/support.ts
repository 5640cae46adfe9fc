import { expect } from 'vitest';

export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-12): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++)
    expect(Math.abs(got[i] - want[i]), `element ${i}: ${got[i]}, expected ${want[i]}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(want[i])),
    );
}

export function caught(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
