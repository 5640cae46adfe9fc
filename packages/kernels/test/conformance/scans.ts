import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { ScanOp } from '../../src/interface.js';
import type { DType } from '../../src/storage.js';
import { contiguous, generate, type Layout, layouts, source, type Values, values } from './arbitraries.js';
import { type Bound, bounds, describeBound } from './bounds.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

/** A dim of any length between others; zero sizes now and then. */
const plans = fc
  .record({
    before: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }),
    n: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 70 })),
    after: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 1 }),
    reverse: fc.boolean(),
  })
  .chain(p =>
    fc.record({
      dim: fc.constant(p.before.length),
      reverse: fc.constant(p.reverse),
      layout: layouts([...p.before, p.n, ...p.after]),
      other: layouts([...p.before, p.n, ...p.after]),
    }),
  );

export function scanConformance({ tested, reference, runs }: Tiers): void {
  const sides = ['tested', 'reference'] as const;

  const once = (
    c: Comparison,
    op: ScanOp,
    dtype: DType,
    layout: Layout,
    contents: ArrayLike<number>,
    dim: number,
    reverse: boolean,
  ): void => {
    const a = c.input(dtype, layout, contents);
    const whole = !isFloat(dtype) && (op === 'sum' || op === 'prod');
    const out = c.output(whole ? 'int32' : dtype, layout.shape);
    const indices = op === 'max' || op === 'min' ? c.output('int32', layout.shape) : null;
    for (const s of sides) c[s].scan(op, a[s], dim, reverse, out[s], indices === null ? null : indices[s]);
    const label = `${op} of [${layout.shape}] along ${dim}${reverse ? ', reversed' : ''}`;
    let bound: Bound = bounds.value;
    let scales: ArrayLike<number> | undefined;
    if (isFloat(dtype) && op === 'sum') {
      const sizes = c.input('float64', layout, Float64Array.from(contents, Math.abs));
      const scale = c.output('float64', layout.shape);
      c.reference.scan('sum', sizes.reference, dim, reverse, scale.reference, null);
      scales = c.reference.read(scale.reference);
      bound = bounds.scanSum;
    } else if (op === 'logsumexp') {
      const largest = Array.from(contents).reduce(
        (m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m),
        0,
      );
      scales = Array.from(
        c.reference.read(out.reference),
        y => 1 + (Number.isFinite(y) ? Math.abs(y) : 0) + largest,
      );
      bound = bounds.scanLogarithm(layout.shape[dim]);
    }
    c.check(out, bound, label, scales);
    if (indices !== null) c.check(indices, bounds.bits, `${label}: indices`);
  };

  /** Ties for the extremes; products that stay within the range. */
  const contentsFor = (op: ScanOp, dtype: DType, x: Values, length: number): Float64Array => {
    if (op === 'prod' && isFloat(dtype)) {
      const random = source(x.seed);
      return Float64Array.from({ length }, () => (random() < 0.5 ? -1 : 1) * (0.9 + 0.2 * random()));
    }
    const contents = generate(x, dtype, length);
    return (op === 'max' || op === 'min') && x.seed % 2 === 0 ? contents.map(Math.sign) : contents;
  };

  const apply = (op: ScanOp, dtype: DType, name: string): void => {
    test(name, () => {
      const inexact = isFloat(dtype) && op === 'sum';
      fc.assert(
        fc.property(plans, inexact ? values('ordinary') : values('ordinary', 'special'), (p, x) =>
          Comparison.run(tested, reference, c =>
            once(c, op, dtype, p.layout, contentsFor(op, dtype, x, p.layout.length), p.dim, p.reverse),
          ),
        ),
        { numRuns: runs * 2 },
      );
    });
  };

  describe('scan', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
      const sums = isFloat(dtype) ? describeBound(bounds.scanSum) : 'exact';
      apply('sum', dtype, `sum ${dtype}: ${sums}, the running sum of |a|`);
      apply('prod', dtype, `prod ${dtype}: exact`);
      for (const op of ['max', 'min'] as const)
        apply(op, dtype, `${op} ${dtype}: exact, with indices, ties, infinities and NaN`);
    }
    for (const dtype of ['float32', 'float64'] as const) {
      apply('logsumexp', dtype, `logsumexp ${dtype}: within (n + 8) eps of 1 + |out| + the largest |a|`);

      test(`sum ${dtype} of 100003 equal numbers: ${describeBound(bounds.scanSum)}, at every place`, () => {
        for (const layout of [contiguous([100_003]), contiguous([100_003, 5])])
          Comparison.run(tested, reference, c =>
            once(c, 'sum', dtype, layout, new Float64Array(layout.length).fill(0.1), 0, false),
          );
      });

      test(`sum ${dtype}: an infinity stays, and two of different signs give NaN`, () => {
        for (const special of [[Infinity], [Infinity, -Infinity], [NaN]])
          Comparison.run(tested, reference, c => {
            const contents = [1, 0.1, ...special, 2, 0.3, 7];
            const a = c.input(dtype, contiguous([contents.length]), contents);
            const out = c.output(dtype, [contents.length]);
            for (const s of sides) c[s].scan('sum', a[s], 0, false, out[s], null);
            c.check(out, bounds.value, `running sum of ${contents}`);
          });
      });

      test(`recurrence ${dtype}: exact, either way, with either factor, any strides`, () => {
        fc.assert(
          fc.property(plans, values('ordinary'), fc.boolean(), (p, x, lag) =>
            Comparison.run(tested, reference, c => {
              const factors = generate(x, dtype, p.layout.length).map(v => v / 3);
              const terms = generate({ ...x, seed: x.seed + 1 }, dtype, p.other.length);
              // Nothing comes before the first element: the factor there may be anything.
              const a = c.input(dtype, p.layout, factors);
              const b = c.input(dtype, p.other, terms);
              const out = c.output(dtype, p.layout.shape);
              for (const s of sides) c[s].recurrence(a[s], b[s], p.dim, { reverse: p.reverse, lag }, out[s]);
              c.check(out, bounds.value, `recurrence over [${p.layout.shape}] along ${p.dim}`);
            }),
          ),
          { numRuns: runs * 2 },
        );
      });

      test(`recurrence ${dtype}: the factor that has nothing to multiply may be NaN`, () => {
        for (const [reverse, lag, unused] of [
          [false, false, 0],
          [false, true, 2],
          [true, false, 2],
          [true, true, 0],
        ] as const)
          Comparison.run(tested, reference, c => {
            const factors = [2, 2, 2].map((v, i) => (i === unused ? NaN : v));
            const a = c.input(dtype, contiguous([3]), factors);
            const b = c.input(dtype, contiguous([3]), [1, 1, 1]);
            const out = c.output(dtype, [3]);
            for (const s of sides) c[s].recurrence(a[s], b[s], 0, { reverse, lag }, out[s]);
            expect(Array.from(c.tested.read(out.tested))).toEqual(reverse ? [7, 3, 1] : [1, 3, 7]);
          });
      });
    }

    test('dtypes that there are none of throw DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('int32', contiguous([3]), [1, 2, 3]).tested;
        const x = c.input('float32', contiguous([3]), [1, 2, 3]).tested;
        const out = c.output('int32', [3]).tested;
        const floats = c.output('float32', [3]).tested;
        expect(() => c.tested.scan('logsumexp', a, 0, false, out, null)).toThrow(DTypeError);
        expect(() => c.tested.scan('sum', x, 0, false, out, null)).toThrow(DTypeError);
        expect(() => c.tested.scan('max', x, 0, false, floats, null)).toThrow(DTypeError);
        expect(() => c.tested.recurrence(a, a, 0, { reverse: false, lag: false }, out)).toThrow(DTypeError);
        expect(() => c.tested.recurrence(x, a, 0, { reverse: false, lag: false }, floats)).toThrow(
          DTypeError,
        );
      });
    });
  });
}
