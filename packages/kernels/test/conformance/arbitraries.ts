import fc from 'fast-check';
import type { DType } from '../../src/storage.js';

/** Where the elements of an operand are in its storage. */
export interface Layout {
  /** Of the storage, in elements. */
  readonly length: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** C order, starting at `offset` and with `tail` elements after the last. */
export function contiguous(shape: readonly number[], offset = 0, tail = 0): Layout {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d];
  }
  return { length: offset + count(shape) + tail, offset, shape, strides };
}

/** Rank 0 to 5; odd sizes, ones and now and then a zero. */
export const shapes: fc.Arbitrary<readonly number[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 0, max: 150 })) },
  { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 2, maxLength: 2 }) },
  { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 }) },
  { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 5 }) },
);

/** A transposed, stepped, reversed, padded layout without overlap. */
export function stridedLayouts(shape: readonly number[]): fc.Arbitrary<Layout> {
  const rank = shape.length;
  const dims = shape.map((_, d) => d);
  return fc
    .record({
      order: fc.shuffledSubarray(dims, { minLength: rank, maxLength: rank }),
      steps: fc.array(fc.constantFrom(1, 1, 1, 2, 3, -1, -2), { minLength: rank, maxLength: rank }),
      pads: fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: rank, maxLength: rank }),
      lead: fc.constantFrom(0, 0, 1, 2, 3, 5),
      tail: fc.constantFrom(0, 0, 1, 3),
    })
    .map(({ order, steps, pads, lead, tail }) => {
      const strides = new Array<number>(rank).fill(0);
      let offset = lead;
      let extent = 1;
      for (const d of order) {
        const step = steps[d];
        strides[d] = extent * step;
        const reach = Math.max(shape[d] - 1, 0) * Math.abs(step);
        if (step < 0) offset += extent * reach;
        extent *= reach + 1 + pads[d];
      }
      return { length: lead + extent + tail, offset, shape, strides };
    });
}

/** Any layout without overlap that has `shape`. */
export function distinctLayouts(shape: readonly number[]): fc.Arbitrary<Layout> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(0, 0, 1, 2, 3).map(offset => contiguous(shape, offset)) },
    { weight: 3, arbitrary: stridedLayouts(shape) },
  );
}

/** Any layout that has `shape`; dims may have stride 0. */
export function layouts(shape: readonly number[]): fc.Arbitrary<Layout> {
  const repeat = fc.array(fc.constantFrom(false, false, false, true), {
    minLength: shape.length,
    maxLength: shape.length,
  });
  return fc.oneof(
    { weight: 4, arbitrary: distinctLayouts(shape) },
    {
      weight: 1,
      arbitrary: fc.tuple(distinctLayouts(shape), repeat).map(([layout, zero]) => ({
        ...layout,
        strides: layout.strides.map((stride, d) => (zero[d] && stride > 0 ? 0 : stride)),
      })),
    },
  );
}

/** Any layout that broadcasts to `shape`: leading dims missing, dims of size 1, dims of stride 0. */
export function broadcastingLayouts(shape: readonly number[]): fc.Arbitrary<Layout> {
  const shrunk = fc
    .record({
      missing: fc.integer({ min: 0, max: shape.length }),
      ones: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
    })
    .chain(({ missing, ones }) => layouts(shape.map((size, d) => (ones[d] ? 1 : size)).slice(missing)));
  return fc.oneof({ weight: 3, arbitrary: layouts(shape) }, { weight: 2, arbitrary: shrunk });
}

/**
 * ordinary  of size about 1
 * wide      any magnitude that the dtype has, subnormal numbers included
 * special   zeros of both signs, NaN, infinities, limits and thresholds, mixed with the other two
 */
export type ValueKind = 'ordinary' | 'wide' | 'special';
export interface Values {
  readonly kind: ValueKind;
  readonly seed: number;
}

export function values(...kinds: ValueKind[]): fc.Arbitrary<Values> {
  return fc.record({
    kind: fc.constantFrom<ValueKind>(
      ...(kinds.length > 0 ? kinds : (['ordinary', 'wide', 'special'] as const)),
    ),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  });
}

/** A small generator for test data: a Weyl sequence through two multiplications. */
export function source(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const common = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  2,
  3,
  -3,
  1 / 3,
  100.25,
  1e-5,
  -1e-5,
];
/** Halves, multiples of pi / 2, and where exp, tanh, sigmoid and erf overflow, underflow or become constant. */
const thresholds = [
  Math.PI / 2,
  Math.PI,
  -Math.PI,
  22 * Math.PI,
  1e4,
  1e7,
  2 ** 23,
  2 ** 23 + 1,
  2 ** 24,
  2 ** 31,
  -(2 ** 31),
  0.34657359,
  Math.LN2,
  17.33,
  18.1,
  -17.3,
  36.7,
  37.5,
  9.01,
  -9.01,
  10,
  88.3762,
  88.7228,
  88.73,
  -87.3365,
  -88,
  -103.9,
  -104.1,
  3.9,
  4,
  5.9,
  6,
  -6,
  0.875,
  1.25,
  2.857,
];
const single = [
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  2 ** -126 - 2 ** -149,
  (2 - 2 ** -23) * 2 ** 127,
  -(2 ** 127),
  1 + 2 ** -23,
  1 - 2 ** -24,
];
const double = [
  2 ** -1074,
  -(2 ** -1074),
  2 ** -1022,
  2 ** -1022 - 2 ** -1074,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1 + 2 ** -52,
  1 - 2 ** -53,
  709.78,
  709.79,
  -708.4,
  -745.13,
  -745.14,
  2 ** 52 + 1,
  2 ** 52 - 0.5,
  -(2 ** 51) - 0.5,
  2 ** 53,
  1e300,
  -1e300,
];
const specialFloats = {
  float32: [...common, ...thresholds, ...single],
  float64: [...common, ...thresholds, ...double],
};
const specialInts = [
  0, 1, -1, 2, -2, 3, 7, 31, 32, 65535, 65536, -65536, 2147483647, -2147483648, 2147483646,
];

function draw(kind: ValueKind, dtype: DType, random: () => number): number {
  if (dtype === 'bool') return random() < 0.5 ? 0 : 1;
  if (dtype === 'int32') {
    if (kind === 'ordinary') return Math.floor(random() * 201) - 100;
    if (kind === 'special' && random() < 0.5) return specialInts[Math.floor(random() * specialInts.length)];
    return Math.floor(random() * 2 ** 32) - 2 ** 31;
  }
  if (kind === 'ordinary') return (random() * 2 - 1) * 4;
  if (kind === 'special') {
    const pick = random();
    const list = specialFloats[dtype];
    if (pick < 0.5) return list[Math.floor(random() * list.length)];
    return draw(pick < 0.75 ? 'ordinary' : 'wide', dtype, random);
  }
  const [low, high] = dtype === 'float32' ? [-149, 128] : [-1074, 1024];
  const exponent = Math.floor(low + random() * (high - low));
  return (random() < 0.5 ? -1 : 1) * (1 + random()) * 2 ** exponent;
}

export function generate({ kind, seed }: Values, dtype: DType, length: number): Float64Array {
  const random = source(seed);
  return Float64Array.from({ length }, () => draw(kind, dtype, random));
}

/** For tails of SIMD loops and the loops themselves. */
export const lengths: readonly number[] = [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 1025, 9973];
