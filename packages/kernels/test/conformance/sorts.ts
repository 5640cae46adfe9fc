import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { DType, TypedArray } from '../../src/storage.js';
import { contiguous, generate, type Layout, layouts, source, values } from './arbitraries.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

const everyDtype = ['float32', 'float64', 'int32', 'bool'] as const;

const shapes = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 10, max: 200 })),
);

const plans = shapes
  .chain(shape =>
    fc.record({
      shape: fc.constant(shape),
      dim: fc.integer({ min: 0, max: shape.length - 1 }),
      part: fc.constantFrom(1, 1, 0.5, 0.2, 0.05, 0),
      descending: fc.boolean(),
      a: layouts(shape),
      v: values(),
      ties: fc.boolean(),
    }),
  )
  .map(plan => ({ ...plan, k: Math.round(plan.shape[plan.dim] * plan.part) }));

/** What comes before what, written out: by value with NaN as the largest, then by place. */
function order(lane: readonly number[], descending: boolean): number[] {
  const rank = (x: number): number => (Number.isNaN(x) ? 1 : 0);
  const compare = (x: number, y: number): number => rank(x) - rank(y) || (x < y ? -1 : x > y ? 1 : 0);
  return lane
    .map((x, i) => ({ x, i }))
    .sort((p, q) => (descending ? compare(q.x, p.x) : compare(p.x, q.x)) || p.i - q.i)
    .map(({ i }) => i);
}

/** The sort of a plan in plain numbers: values and indices in C order. */
function expected(
  contents: ArrayLike<number>,
  { shape, strides, offset }: Layout,
  dim: number,
  descending: boolean,
  k: number,
): { values: number[]; indices: number[] } {
  const out = shape.with(dim, k);
  const values: number[] = [];
  const indices: number[] = [];
  const visit = (d: number, index: readonly number[]): void => {
    if (d < shape.length) {
      for (let i = 0; i < out[d]; i++) visit(d + 1, [...index, i]);
      return;
    }
    const lane = Array.from(
      { length: shape[dim] },
      (_, i) => contents[offset + index.with(dim, i).reduce((sum, j, e) => sum + j * strides[e], 0)],
    );
    const at = order(lane, descending)[index[dim]];
    indices.push(at);
    values.push(lane[at]);
  };
  visit(0, []);
  return { values, indices };
}

export function sortConformance({ tested, reference, runs }: Tiers): void {
  describe('sort', () => {
    for (const dtype of everyDtype) {
      test(`${dtype}: exactly the order written out, stable, with NaN, ties, any strides, the first ones or all`, () => {
        fc.assert(
          fc.property(plans, ({ a, shape, dim, k, descending, v, ties }) =>
            Comparison.run(tested, reference, c => {
              const drawn = generate(v, dtype, a.length);
              // Signs of numbers are few: many equal ones, zeros of both signs and NaN among them.
              const x = c.input(dtype, a, ties ? drawn.map(Math.sign) : drawn);
              const stored = c.reference.read({
                ...contiguous([a.length]),
                storage: x.reference.storage,
              });
              const want = expected(stored, a, dim, descending, k);
              const outShape = shape.with(dim, k);
              const sorted = c.output(dtype, outShape);
              const indices = c.output('int32', outShape);
              c.tested.sort(x.tested, dim, descending, sorted.tested, indices.tested);
              expect(Array.from(c.tested.read(indices.tested))).toEqual(want.indices);
              expect(Array.from(c.tested.read(sorted.tested))).toEqual(want.values);
              const alone = c.output('int32', outShape);
              c.tested.sort(x.tested, dim, descending, null, alone.tested);
              expect(Array.from(c.tested.read(alone.tested))).toEqual(want.indices);
            }),
          ),
          { numRuns: runs * 3 },
        );
      });
    }

    test('long lanes: sorted, reversed, constant and random ones', () => {
      const n = 5000;
      const random = source(3);
      const lanes: Readonly<Record<string, (i: number) => number>> = {
        sorted: i => i,
        reversed: i => -i,
        constant: () => 1,
        random: () => Math.floor(random() * 1000),
        'sorted but for the end': i => (i < n - 3 ? i : 17),
      };
      for (const [label, lane] of Object.entries(lanes)) {
        for (const descending of [false, true]) {
          for (const k of [n, 40]) {
            Comparison.run(tested, reference, c => {
              const contents = Float64Array.from({ length: n }, (_, i) => lane(i));
              const x = c.input('float64', contiguous([n]), contents);
              const indices = c.output('int32', [k]);
              c.tested.sort(x.tested, 0, descending, null, indices.tested);
              const got: TypedArray = c.tested.read(indices.tested);
              const want = order(Array.from(contents), descending).slice(0, k);
              expect(Array.from(got), label).toEqual(want);
            });
          }
        }
      }
    });

    test('indices of another dtype throw DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const x = c.input('float32', contiguous([2]), [1, 2]).tested;
        const wrong = (dtype: DType) => c.output(dtype, [2]).tested;
        expect(() => c.tested.sort(x, 0, false, null, wrong('float32'))).toThrow(DTypeError);
        expect(() => c.tested.sort(x, 0, false, wrong('float64'), wrong('int32'))).toThrow(DTypeError);
      });
    });
  });
}
