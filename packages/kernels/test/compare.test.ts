import { describe, expect, test } from 'vitest';
import { assertClose, ulpDistance } from './conformance/compare.js';

const f32 = (...x: number[]): Float32Array => Float32Array.from(x);
const f64 = (...x: number[]): Float64Array => Float64Array.from(x);
const ulp = { kind: 'ulp', ulp: 2 } as const;

describe('the comparator', () => {
  test('counts steps between neighbours', () => {
    expect(ulpDistance(1, 1 + 2 ** -52, true)).toBe(1);
    expect(ulpDistance(1, 1 + 2 ** -23, false)).toBe(1);
    expect(ulpDistance(2 ** -149, -(2 ** -149), false)).toBe(2);
    expect(ulpDistance(0, -0, true)).toBe(0);
    expect(ulpDistance(Number.MAX_VALUE, Infinity, true)).toBe(1);
    expect(ulpDistance(NaN, NaN, true)).toBe(0);
    expect(ulpDistance(NaN, 1, true)).toBe(Infinity);
  });

  test.each([
    ['NaN for a number', { kind: 'scaled', eps: 1e9 } as const, f32(NaN), f32(1)],
    ['a number for NaN', { kind: 'ulp', ulp: 1e9 } as const, f32(1), f32(NaN)],
    ['a number for infinity', { kind: 'scaled', eps: 1e9 } as const, f32(3e38), f32(Infinity)],
    ['the wrong infinity', { kind: 'value' } as const, f64(-Infinity), f64(Infinity)],
    ['-0 for 0', { kind: 'bits' } as const, f32(-0), f32(0)],
    ['one ulp where exact', { kind: 'value' } as const, f64(1 + 2 ** -52), f64(1)],
    ['three ulp of two', ulp, f32(1 + 3 * 2 ** -23), f32(1)],
    ['a flushed subnormal', ulp, f32(0), f32(2 ** -140)],
    ['too large a part of the scale', { kind: 'scaled', eps: 2 } as const, f32(1 + 3 * 2 ** -23), f32(1)],
    ['another length', { kind: 'value' } as const, f32(1, 2), f32(1)],
    ['another dtype', { kind: 'value' } as const, f64(1), f32(1)],
  ])('refuses %s', (_, bound, actual, expected) => {
    expect(() => assertClose(actual, expected, bound, 'op', [1])).toThrow(/op/);
  });

  test.each([
    ['NaN for NaN', { kind: 'bits' } as const, f32(NaN), f32(NaN)],
    ['-0 for 0 where the sign is open', { kind: 'value' } as const, f32(-0), f32(0)],
    ['two ulp of two', ulp, f32(1 + 2 * 2 ** -23), f32(1)],
    ['an error within the scale', { kind: 'scaled', eps: 2 } as const, f32(2 ** -22), f32(0)],
  ])('lets pass %s', (_, bound, actual, expected) => {
    assertClose(actual, expected, bound, 'op', [1]);
  });
});
