import type { TypedArray } from '../../src/storage.js';
import type { Bound } from './bounds.js';

const double = new Float64Array(1);
const doubleBits = new BigInt64Array(double.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/** The place of a number in the order of all float32 (or float64) numbers; +0 and -0 share one. */
function ordinal(x: number, isDouble: boolean): bigint {
  if (isDouble) {
    double[0] = x;
    const bits = doubleBits[0];
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
  }
  single[0] = x;
  const bits = singleBits[0];
  return BigInt(bits < 0 ? -(bits & 0x7fffffff) : bits);
}

/** How many steps from one number to its neighbour lie between two; Infinity if exactly one of them is NaN. */
export function ulpDistance(a: number, b: number, isDouble: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  const distance = ordinal(a, isDouble) - ordinal(b, isDouble);
  return Number(distance < 0n ? -distance : distance);
}

/** Says what is wrong with one element, or null. */
function fault(
  actual: number,
  expected: number,
  bound: Bound,
  isDouble: boolean,
  scale: number,
): string | null {
  if (Object.is(actual, expected)) return null;
  if (Number.isNaN(actual) || Number.isNaN(expected)) return 'one is NaN';
  if (actual === expected) return bound.kind === 'bits' ? 'zeros of different sign' : null;
  switch (bound.kind) {
    case 'bits':
    case 'value':
      return 'different';
    case 'ulp': {
      const distance = ulpDistance(actual, expected, isDouble);
      return distance <= bound.ulp ? null : `${distance} ulp apart, ${bound.ulp} allowed`;
    }
    case 'scaled': {
      if (!Number.isFinite(actual) || !Number.isFinite(expected)) return 'one is infinite';
      const eps = isDouble ? 2 ** -52 : 2 ** -23;
      // Where the scale underflows, a step between subnormal numbers is the least that can be asked for.
      const allowed = bound.eps * Math.max(eps * scale, isDouble ? 2 ** -1074 : 2 ** -149);
      const error = Math.abs(actual - expected);
      return error <= allowed ? null : `${error} apart, ${allowed} allowed`;
    }
  }
}

/** Throws at the first element outside the bound. `scales` is needed for the bound `scaled` alone. */
export function assertClose(
  actual: TypedArray,
  expected: TypedArray,
  bound: Bound,
  label: string,
  scales?: ArrayLike<number>,
): void {
  if (actual.constructor !== expected.constructor || actual.length !== expected.length) {
    throw new Error(
      `${label}: ${actual.constructor.name} of ${actual.length}, expected ${expected.constructor.name} of ${expected.length}`,
    );
  }
  if (bound.kind === 'scaled' && scales === undefined) throw new Error(`${label}: the bound needs scales`);
  const isDouble = expected instanceof Float64Array;
  for (let i = 0; i < expected.length; i++) {
    const problem = fault(actual[i], expected[i], bound, isDouble, scales?.[i] ?? 0);
    if (problem !== null) {
      const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));
      throw new Error(
        `${label}: element ${i} of ${expected.length} is ${show(actual[i])}, expected ${show(expected[i])}: ${problem}`,
      );
    }
  }
}
