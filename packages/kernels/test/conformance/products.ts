import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import { contiguous, generate, type Layout, layouts, type Values, values } from './arbitraries.js';
import { bounds } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

/** What is done to the results: `bias` is one that is added. */
interface End {
  readonly bias: boolean;
  readonly relu: boolean;
}

const ends: fc.Arbitrary<End | undefined> = fc.option(fc.record({ bias: fc.boolean(), relu: fc.boolean() }), {
  nil: undefined,
});

/** out = a b, finished, once in each tier, with sum |a| |b| (+ |bias|) as the scale of the error. */
function multiply(
  c: Comparison,
  dtype: 'float32' | 'float64',
  shape: readonly number[],
  a: Layout,
  b: Layout,
  x: Values,
  end: End | undefined,
): void {
  const aValues = generate(x, dtype, a.length);
  const bValues = generate({ kind: x.kind, seed: x.seed + 1 }, dtype, b.length);
  const left = c.input(dtype, a, aValues);
  const right = c.input(dtype, b, bValues);
  const out = c.output(dtype, shape);
  const columns = contiguous(shape.slice(-1));
  const biasValues = generate({ kind: 'ordinary', seed: x.seed + 2 }, dtype, columns.length);
  const bias = c.input(dtype, columns, biasValues);
  for (const k of ['tested', 'reference'] as const)
    c[k].gemm(left[k], right[k], out[k], end && { bias: end.bias ? bias[k] : null, relu: end.relu });
  const scale = c.output('float64', shape);
  const leftSizes = c.input('float64', a, aValues.map(Math.abs));
  const rightSizes = c.input('float64', b, bValues.map(Math.abs));
  const biasSizes = c.input('float64', columns, biasValues.map(Math.abs)).reference;
  c.reference.gemm(leftSizes.reference, rightSizes.reference, scale.reference, {
    bias: end?.bias === true ? biasSizes : null,
    relu: false,
  });
  const k = a.shape[a.shape.length - 1];
  c.check(out, bounds.gemm(k), `gemm to [${shape}] with k = ${k}`, c.reference.read(scale.reference));
}

const size = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 40 }));

export function gemmConformance({ tested, reference, runs }: Tiers): void {
  describe('gemm', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const bound = 'within (k + 1) eps of sum |a| |b| + |bias|';
      test(`gemm ${dtype}: ${bound}, any strides`, () => {
        const plan = fc.record({ m: size, n: size, k: size }).chain(({ m, n, k }) =>
          fc.record({
            shape: fc.constant([m, n]),
            a: layouts([m, k]),
            b: layouts([k, n]),
            x: values('ordinary'),
            end: ends,
          }),
        );
        fc.assert(
          fc.property(plan, ({ shape, a, b, x, end }) =>
            Comparison.run(tested, reference, c => multiply(c, dtype, shape, a, b, x, end)),
          ),
          { numRuns: runs * 2 },
        );
      });

      test(`gemm ${dtype}: ${bound}, batches that broadcast`, () => {
        const small = fc.integer({ min: 1, max: 9 });
        const batches = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 });
        const plan = fc
          .record({ batch: batches, m: small, n: small, k: small })
          .chain(({ batch, m, n, k }) => {
            const part = fc
              .tuple(
                fc.integer({ min: 0, max: batch.length }),
                fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
              )
              .map(([missing, ones]) => batch.map((s, d) => (ones[d] ? 1 : s)).slice(missing));
            return fc.record({
              shape: fc.constant([...batch, m, n]),
              a: part.chain(lead => layouts([...lead, m, k])),
              b: part.chain(lead => layouts([...lead, k, n])),
              x: values('ordinary'),
              end: ends,
            });
          });
        fc.assert(
          fc.property(plan, ({ shape, a, b, x, end }) =>
            Comparison.run(tested, reference, c => multiply(c, dtype, shape, a, b, x, end)),
          ),
          { numRuns: runs * 2 },
        );
      });

      test(`gemm ${dtype}: ${bound}, sizes about blocks and tiles`, () => {
        const sizes: readonly (readonly [number, number, number])[] = [
          [64, 64, 64],
          [65, 63, 127],
          [67, 129, 259],
          [128, 1, 300],
          [1, 130, 520],
          [1, 1, 1100],
          [131, 17, 256],
          [5, 1030, 9],
          [257, 9, 33],
          [16, 48, 513],
          [7, 22, 131],
          [6, 3, 1061],
          [2, 5, 18],
          [3, 1030, 2051],
        ];
        for (const [m, n, k] of sizes) {
          for (const transposed of ['neither', 'a', 'b', 'both']) {
            const flip = (rows: number, columns: number, yes: boolean): Layout =>
              yes ? { ...contiguous([rows, columns]), strides: [1, rows] } : contiguous([rows, columns]);
            const a = flip(m, k, transposed === 'a' || transposed === 'both');
            const b = flip(k, n, transposed === 'b' || transposed === 'both');
            const end = { bias: transposed === 'a' || transposed === 'b', relu: transposed === 'b' };
            Comparison.run(tested, reference, c =>
              multiply(c, dtype, [m, n], a, b, { kind: 'ordinary', seed: m }, end),
            );
          }
        }
      });

      test(`gemm ${dtype}: NaN and infinities come through, 0 times infinity included`, () => {
        const sizes = fc.integer({ min: 1, max: 20 });
        fc.assert(
          fc.property(
            sizes,
            sizes,
            sizes,
            fc.nat(),
            fc.constantFrom(NaN, Infinity, -Infinity),
            (m, n, k, at, bad) =>
              Comparison.run(tested, reference, c => {
                const aValues = new Float64Array(m * k).fill(0);
                const bValues = new Float64Array(k * n).fill(2);
                bValues[at % (k * n)] = bad;
                aValues[at % (m * k)] = 3;
                const a = c.input(dtype, contiguous([m, k]), aValues);
                const b = c.input(dtype, contiguous([k, n]), bValues);
                const out = c.output(dtype, [m, n]);
                for (const s of ['tested', 'reference'] as const) c[s].gemm(a[s], b[s], out[s]);
                c.check(out, bounds.value, `${m} x ${k} x ${n}`);
              }),
          ),
          { numRuns: runs },
        );
      });
    }

    test('gemm of int32 throws DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('int32', contiguous([2, 2]), [1, 2, 3, 4]);
        const out = c.output('int32', [2, 2]);
        expect(() => c.tested.gemm(a.tested, a.tested, out.tested)).toThrow(DTypeError);
      });
    });
  });
}
