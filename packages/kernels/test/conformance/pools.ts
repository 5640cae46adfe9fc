import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { PoolWindows, SparseRows } from '../../src/interface.js';
import { contiguous, generate, layouts, source, values } from './arbitraries.js';
import { bounds } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

/** Windows of any size and order over a dim. */
const windows: fc.Arbitrary<{ readonly size: number; readonly windows: PoolWindows }> = fc
  .record({ size: fc.integer({ min: 1, max: 7 }), step: fc.integer({ min: 1, max: 3 }) })
  .chain(({ size, step }) =>
    fc.array(fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: size })), { maxLength: 6 }).map(list => ({
      size,
      windows: {
        start: Int32Array.from(list, ([start]) => start),
        end: Int32Array.from(list, ([start, length]) => Math.min(start + length, size)),
        step,
      },
    })),
  );

/** The windows that most networks have: two elements each, side by side, from the first on. */
const pairs: typeof windows = fc
  .integer({ min: 2, max: 21 })
  .chain(size => fc.record({ size: fc.constant(size), count: fc.integer({ min: 1, max: size >> 1 }) }))
  .map(({ size, count }) => {
    const start = Int32Array.from({ length: count }, (_, i) => 2 * i);
    return { size, windows: { start, end: start.map(first => first + 2), step: 1 } };
  });

const lead = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 });

export function poolConformance({ tested, reference, runs }: Tiers): void {
  describe('pools', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      test(`maxPool ${dtype}: exact, any windows, any strides, with NaN, infinities and equals`, () => {
        const plan = fc
          .record({
            lead,
            dims: fc.array(fc.oneof(windows, pairs), { minLength: 1, maxLength: 3 }),
            ties: fc.boolean(),
          })
          .chain(({ lead, dims, ties }) =>
            fc.record({
              a: layouts([...lead, ...dims.map(d => d.size)]),
              shape: fc.constant([...lead, ...dims.map(d => d.windows.start.length)]),
              list: fc.constant(dims.map(d => d.windows)),
              v: values('special'),
              ties: fc.constant(ties),
            }),
          );
        fc.assert(
          fc.property(plan, ({ a, shape, list, v, ties }) =>
            Comparison.run(tested, reference, c => {
              const contents = generate(v, dtype, a.length);
              const x = c.input(dtype, a, ties ? contents.map(Math.sign) : contents);
              const out = c.output(dtype, shape);
              const indices = c.output('int32', shape);
              for (const s of ['tested', 'reference'] as const) c[s].maxPool(x[s], list, out[s], indices[s]);
              c.check(out, bounds.value, `values of [${a.shape}]`);
              c.check(indices, bounds.bits, `indices of [${a.shape}]`);
            }),
          ),
          { numRuns: runs * 2 },
        );
      });

      test(`sparseAlong ${dtype}: within (terms + 1) eps of sum |products|, any matrix, any strides`, () => {
        const plan = fc
          .record({ before: lead, after: lead, size: fc.nat(6), rows: fc.nat(6), seed: fc.nat() })
          .chain(p =>
            fc.record({
              p: fc.constant(p),
              a: layouts([...p.before, p.size, ...p.after]),
              v: values('ordinary'),
            }),
          );
        fc.assert(
          fc.property(plan, ({ p, a, v }) =>
            Comparison.run(tested, reference, c => {
              const random = source(p.seed);
              const offsets = [0];
              const indices: number[] = [];
              for (let row = 0; row < p.rows; row++) {
                for (let i = 0; i < p.size; i++) if (random() < 0.5) indices.push(i);
                offsets.push(indices.length);
              }
              const weights = Float64Array.from(indices, () => random() * 4 - 2);
              const table = (values: Float64Array): SparseRows => ({
                offsets: Int32Array.from(offsets),
                indices: Int32Array.from(indices),
                weights: values,
              });
              const shape = [...p.before, p.rows, ...p.after];
              const contents = generate(v, dtype, a.length);
              const x = c.input(dtype, a, contents);
              const out = c.output(dtype, shape);
              const dim = p.before.length;
              for (const s of ['tested', 'reference'] as const)
                c[s].sparseAlong(x[s], dim, table(weights), out[s]);
              const sizes = c.input('float64', a, contents.map(Math.abs));
              const scale = c.output('float64', shape);
              c.reference.sparseAlong(sizes.reference, dim, table(weights.map(Math.abs)), scale.reference);
              c.check(
                out,
                bounds.products(p.size),
                `[${a.shape}], dim ${dim}`,
                c.reference.read(scale.reference),
              );
            }),
          ),
          { numRuns: runs * 2 },
        );
      });
    }

    test('int32 throws DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('int32', contiguous([2]), [1, 2]).tested;
        const out = c.output('int32', [1]).tested;
        const window = { start: Int32Array.of(0), end: Int32Array.of(2), step: 1 };
        const matrix = {
          offsets: Int32Array.of(0, 1),
          indices: Int32Array.of(0),
          weights: Float64Array.of(1),
        };
        expect(() => c.tested.maxPool(a, [window], out, out)).toThrow(DTypeError);
        expect(() => c.tested.sparseAlong(a, 0, matrix, out)).toThrow(DTypeError);
      });
    });
  });
}
