import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { ReduceOp } from '../../src/interface.js';
import type { DType } from '../../src/storage.js';
import {
  contiguous,
  count,
  generate,
  type Layout,
  layouts,
  lengths,
  shapes,
  source,
  type Values,
  values,
} from './arbitraries.js';
import { type Bound, bounds, describeBound } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

function outDtype(op: ReduceOp, dtype: DType): DType {
  if (op === 'argmax' || op === 'argmin') return 'int32';
  if ((op === 'sum' || op === 'prod') && (dtype === 'int32' || dtype === 'bool')) return 'int32';
  return dtype;
}

const floats: readonly DType[] = ['float32', 'float64'];
const isFloat = (dtype: DType): boolean => floats.includes(dtype);

export function reduceConformance({ tested, reference, runs }: Tiers): void {
  const once = (
    c: Comparison,
    op: ReduceOp,
    dtype: DType,
    layout: Layout,
    contents: ArrayLike<number>,
    axes: number[],
  ): void => {
    const a = c.input(dtype, layout, contents);
    const shape = layout.shape.filter((_, d) => !axes.includes(d));
    const out = c.output(outDtype(op, dtype), shape);
    for (const k of ['tested', 'reference'] as const) c[k].reduce(op, a[k], axes, out[k]);
    const n = axes.reduce((product, d) => product * layout.shape[d], 1);
    let bound: Bound = bounds.value;
    let scales: ArrayLike<number> | undefined;
    if (isFloat(dtype) && (op === 'sum' || op === 'prod')) {
      // sum |a|, or |product of a|: both are the same reduction of the sizes, in double precision.
      const sizes = c.input('float64', layout, Float64Array.from(contents, Math.abs));
      const scale = c.output('float64', shape);
      c.reference.reduce(op, sizes.reference, axes, scale.reference);
      scales = c.reference.read(scale.reference);
      bound = op === 'sum' ? bounds.sum(n) : bounds.prod(n);
    }
    c.check(out, bound, `${op} of [${layout.shape}] over [${axes}]`, scales);
  };

  /** Products of many factors must not leave the range on the way, which depends on the order. */
  const contentsFor = (op: ReduceOp, dtype: DType, x: Values, length: number): Float64Array => {
    if (op !== 'prod' || !isFloat(dtype)) return generate(x, dtype, length);
    const random = source(x.seed);
    return Float64Array.from({ length }, () => (random() < 0.5 ? -1 : 1) * (0.9 + 0.2 * random()));
  };

  const apply = (op: ReduceOp, dtype: DType, name: string): void => {
    test(name, () => {
      const arg = op === 'argmax' || op === 'argmin';
      const inexact = isFloat(dtype) && (op === 'sum' || op === 'prod');
      const plan = shapes
        .chain(shape => {
          const dims = shape.map((_, d) => d);
          const axes = arg
            ? fc.constantFrom(dims, ...dims.map(d => [d]))
            : fc.oneof(fc.constant(dims), fc.subarray(dims), fc.subarray(dims));
          return fc.record({ layout: layouts(shape), axes, x: inexact ? values('ordinary') : values() });
        })
        .filter(({ layout, axes }) => {
          const hasEmpty = ['sum', 'prod', 'any', 'all'].includes(op);
          return hasEmpty || axes.every(d => layout.shape[d] > 0);
        });
      fc.assert(
        fc.property(plan, ({ layout, axes, x }) =>
          Comparison.run(tested, reference, c =>
            once(c, op, dtype, layout, contentsFor(op, dtype, x, layout.length), axes),
          ),
        ),
        { numRuns: runs * 2 },
      );
      for (const n of lengths) {
        const x: Values = { kind: inexact ? 'ordinary' : 'special', seed: n };
        // Along the row, across the rows, and everything; ties and a late extreme come with the special values.
        const cases: readonly (readonly [Layout, number[]])[] = [
          [contiguous([n], n % 3), [0]],
          [contiguous([n, 3]), [0]],
          [contiguous([3, n]), [1]],
        ];
        for (const [layout, axes] of n > 2000 ? cases.slice(0, 1) : cases) {
          Comparison.run(tested, reference, c =>
            once(c, op, dtype, layout, contentsFor(op, dtype, x, layout.length), axes),
          );
        }
      }
    });
  };

  describe('reduce', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
      const exact = !isFloat(dtype);
      apply('sum', dtype, `sum ${dtype}: ${exact ? 'exact' : 'within (8 + log2(n + 1)) eps of sum |a|'}`);
      apply('prod', dtype, `prod ${dtype}: ${exact ? 'exact' : 'within (n + 1) eps of |product|'}`);
      for (const op of ['max', 'min', 'argmax', 'argmin'] as const) apply(op, dtype, `${op} ${dtype}: exact`);
    }
    apply('any', 'bool', 'any bool: exact');
    apply('all', 'bool', 'all bool: exact');

    for (const dtype of ['float32', 'float64'] as const) {
      test(`sum and prod ${dtype}: NaN and infinities come through`, () => {
        const plan = fc.record({
          n: fc.integer({ min: 1, max: 80 }),
          special: fc.subarray([NaN, Infinity, -Infinity, 0], { minLength: 1 }),
          at: fc.nat(),
        });
        fc.assert(
          fc.property(plan, ({ n, special, at }) =>
            Comparison.run(tested, reference, c => {
              const contents = new Float64Array(n).fill(1.25);
              special.forEach((x, i) => {
                contents[(at + i * 7) % n] = x;
              });
              const a = c.input(dtype, contiguous([n]), contents);
              const sum = c.output(dtype, []);
              const prod = c.output(dtype, []);
              for (const k of ['tested', 'reference'] as const) {
                c[k].reduce('sum', a[k], [0], sum[k]);
                c[k].reduce('prod', a[k], [0], prod[k]);
              }
              c.check(sum, { kind: 'ulp', ulp: 1 }, `sum of ${contents}`);
              c.check(prod, { kind: 'ulp', ulp: n }, `prod of ${contents}`);
            }),
          ),
          { numRuns: runs },
        );
      });

      // Rounding errors that all go one way: a plain running sum is off by hundreds of eps.
      const long = bounds.sum(100_003);
      test(`sum ${dtype} of 100003 equal numbers, in a row, apart and side by side: ${describeBound(long)}, sum |a|`, () => {
        for (const value of [0.1, 0.7]) {
          const n = 100_003;
          const apart: Layout = { length: 2 * n, offset: 1, shape: [n], strides: [2] };
          for (const layout of [contiguous([n]), apart, contiguous([n, 9]), contiguous([2, 3, n])]) {
            const axes = layout.shape.length === 3 ? [0, 2] : [0];
            const kept = layout.shape.filter((_, d) => !axes.includes(d));
            Comparison.run(tested, reference, c => {
              const a = c.input(dtype, layout, new Float64Array(layout.length).fill(value));
              const out = c.output(dtype, kept);
              for (const k of ['tested', 'reference'] as const) c[k].reduce('sum', a[k], axes, out[k]);
              c.check(out, long, `sum of ${value}`, c.reference.read(out.reference));
            });
          }
        }
      });

      test(`max, min, argmax, argmin ${dtype}: the first of equals, NaN the extreme, wherever it is`, () => {
        for (let n = 1; n <= 37; n++) {
          for (let at = 0; at < n; at++) {
            Comparison.run(tested, reference, c => {
              const extreme = [NaN, Infinity, -Infinity, 5, -5][(n + at) % 5];
              const contents = new Float64Array(n).fill(0.5);
              contents[at] = extreme;
              contents[Math.min(at + 3, n - 1)] = extreme;
              for (const op of ['max', 'min', 'argmax', 'argmin'] as const) {
                once(c, op, dtype, contiguous([n]), contents, [0]);
              }
            });
          }
        }
      });
    }

    test('any of float32 throws DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('float32', contiguous([3]), [1, 2, 3]);
        const out = c.output('bool', []);
        expect(() => c.tested.reduce('any', a.tested, [0], out.tested)).toThrow(DTypeError);
      });
    });

    test('empty reductions: sum 0, prod 1, any false, all true', () => {
      for (const [op, dtype, identity] of [
        ['sum', 'float32', 0],
        ['sum', 'float64', 0],
        ['sum', 'int32', 0],
        ['prod', 'float32', 1],
        ['prod', 'int32', 1],
        ['any', 'bool', 0],
        ['all', 'bool', 1],
      ] as const) {
        Comparison.run(tested, reference, c => {
          const a = c.input(dtype, contiguous([0, 5]), []);
          const out = c.output(outDtype(op, dtype), [5]);
          c.tested.reduce(op, a.tested, [0], out.tested);
          expect(Array.from(c.tested.read(out.tested))).toEqual(new Array(count([5])).fill(identity));
        });
      }
    });
  });
}
