import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import {
  broadcastingLayouts,
  contiguous,
  count,
  distinctLayouts,
  generate,
  layouts,
  lengths,
  shapes,
  source,
  values,
} from './arbitraries.js';
import { bounds, describeBound } from './bounds.js';
import { assertClose } from './compare.js';
import { Comparison } from './comparison.js';
import type { Tiers } from './index.js';

const scatterModes = ['add', 'assign', 'max', 'min'] as const;
const everyDtype = ['float32', 'float64', 'int32', 'bool'] as const;

export function copyConformance({ tested, reference, runs }: Tiers): void {
  describe('copy', () => {
    for (const from of everyDtype) {
      for (const to of everyDtype) {
        test(`copy ${from} to ${to}: ${describeBound(bounds.bits)}`, () => {
          const plan = shapes.chain(shape =>
            fc.record({
              a: broadcastingLayouts(shape),
              out: distinctLayouts(shape),
              x: values(),
              y: values(),
            }),
          );
          fc.assert(
            fc.property(plan, ({ a, out, x, y }) =>
              Comparison.run(tested, reference, c => {
                const input = c.input(from, a, x);
                const target = c.inout(to, out, y);
                for (const k of ['tested', 'reference'] as const) c[k].copy(input[k], target[k]);
                // The gaps of a strided output stay as they were.
                c.checkStorage(target, bounds.bits, 'copy');
              }),
            ),
            { numRuns: runs },
          );
          for (const n of lengths) {
            Comparison.run(tested, reference, c => {
              const input = c.input(from, contiguous([n], n % 3), { kind: 'special', seed: n });
              const target = c.output(to, [n]);
              for (const k of ['tested', 'reference'] as const) c[k].copy(input[k], target[k]);
              c.check(target, bounds.bits, `copy of ${n}`);
            });
          }
        });
      }
    }

    for (const dtype of everyDtype) {
      test(`copy ${dtype}, large transpose: ${describeBound(bounds.bits)}`, () => {
        for (const [m, n] of [
          [67, 129],
          [128, 64],
          [5, 1003],
        ]) {
          Comparison.run(tested, reference, c => {
            const transposed = { ...contiguous([m, n]), strides: [1, m] };
            const input = c.input(dtype, transposed, { kind: 'special', seed: m });
            const target = c.output(dtype, [m, n]);
            for (const k of ['tested', 'reference'] as const) c[k].copy(input[k], target[k]);
            c.check(target, bounds.bits, `${m} x ${n}`);
          });
        }
      });

      test(`fill ${dtype}: ${describeBound(bounds.bits)}`, () => {
        const plan = fc.record({ shape: shapes, x: values() });
        fc.assert(
          fc.property(plan, ({ shape, x }) =>
            Comparison.run(tested, reference, c => {
              const [value] = generate(x, dtype, 1);
              const out = c.output(dtype, shape);
              for (const k of ['tested', 'reference'] as const) c[k].fill(out[k], value);
              c.check(out, bounds.bits, `fill with ${value}`);
            }),
          ),
          { numRuns: runs },
        );
      });

      test(`read and write ${dtype}: ${describeBound(bounds.bits)}`, () => {
        const plan = shapes.chain(shape =>
          fc.record({ a: layouts(shape), out: distinctLayouts(shape), x: values(), y: values() }),
        );
        fc.assert(
          fc.property(plan, ({ a, out, x, y }) =>
            Comparison.run(tested, reference, c => {
              c.check(c.input(dtype, a, x), bounds.bits, 'read');
              const target = c.inout(dtype, out, y);
              const elements = generate(x, dtype, count(out.shape));
              for (const k of ['tested', 'reference'] as const) c[k].write(target[k], elements);
              c.checkStorage(target, bounds.bits, 'write');
            }),
          ),
          { numRuns: runs },
        );
      });
    }

    test('read gives a copy', () => {
      Comparison.run(tested, reference, c => {
        const a = c.input('float32', contiguous([4]), [1, 2, 3, 4]);
        c.tested.read(a.tested)[0] = 9;
        c.check(a, bounds.bits, 'after a change of what was read');
      });
    });
  });
}

/** A gather or scatter: `size` is the data's shape, `index` no larger than it but along `dim`. */
const indexings = fc
  .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })
  .chain(shape =>
    fc.record({
      shape: fc.constant(shape),
      dim: fc.integer({ min: 0, max: shape.length - 1 }),
      cut: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: shape.length, maxLength: shape.length }),
      along: fc.integer({ min: 0, max: 40 }),
      x: values(),
    }),
  )
  .map(({ shape, dim, cut, along, x }) => ({
    shape,
    dim,
    indexShape: shape.map((size, d) => (d === dim ? along : Math.max(size - cut[d], 1))),
    x,
  }));

export function gatherConformance({ tested, reference, runs }: Tiers): void {
  const plans = indexings.chain(plan =>
    fc.record({
      plan: fc.constant(plan),
      a: layouts(plan.shape),
      index: layouts(plan.indexShape),
      from: layouts(plan.indexShape),
    }),
  );
  const indices = (length: number, size: number, seed: number): Float64Array => {
    const random = source(seed);
    return Float64Array.from({ length }, () => Math.floor(random() * size));
  };

  describe('gather and scatter', () => {
    for (const dtype of everyDtype) {
      test(`gather ${dtype}: ${describeBound(bounds.bits)}`, () => {
        fc.assert(
          fc.property(plans, ({ plan: { shape, dim, indexShape, x }, a, index }) =>
            Comparison.run(tested, reference, c => {
              const data = c.input(dtype, a, x);
              const at = c.input('int32', index, indices(index.length, shape[dim], x.seed));
              const out = c.output(dtype, indexShape);
              for (const k of ['tested', 'reference'] as const) {
                expect(c[k].gather(data[k], dim, at[k], out[k])).toBe(-1);
              }
              c.check(out, bounds.bits, 'gather');
            }),
          ),
          { numRuns: runs },
        );
      });
    }

    test('gather and scatter: position of the first bad index, nothing written', () => {
      const bad = plans.filter(({ plan }) => count(plan.indexShape) > 0);
      fc.assert(
        fc.property(
          bad,
          fc.nat(),
          fc.constantFrom('above', 'below', 'far'),
          ({ plan, a, from }, where, how) =>
            Comparison.run(tested, reference, c => {
              const { shape, dim, indexShape, x } = plan;
              const size = shape[dim];
              const layout = contiguous(indexShape);
              const contents = indices(layout.length, size, x.seed);
              const position = where % layout.length;
              for (let i = position; i < layout.length; i += 3) {
                contents[i] = how === 'above' ? size : how === 'below' ? -1 : 2 ** 31 - 1;
              }
              const at = c.input('int32', layout, contents);
              const data = c.input('float32', a, x);
              const out = c.output('float32', indexShape);
              expect(c.tested.gather(data.tested, dim, at.tested, out.tested)).toBe(position);
              c.check(out, bounds.bits, 'gather');
              const terms = c.input('float32', from, x);
              for (const mode of scatterModes) {
                const sum = c.output('float32', shape);
                expect(c.tested.scatter(mode, sum.tested, dim, at.tested, terms.tested)).toBe(position);
                c.check(sum, bounds.bits, `scatter by ${mode}`);
              }
            }),
        ),
        { numRuns: runs },
      );
    });

    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      test(`scatter by add ${dtype}: ${dtype === 'int32' ? 'exact' : 'within (n + 1) eps of |out| + sum |source|'}`, () => {
        fc.assert(
          fc.property(plans, values('ordinary'), fc.boolean(), ({ plan, index, from }, y, fresh) =>
            Comparison.run(tested, reference, c => {
              const { shape, dim, indexShape, x } = plan;
              const data = dtype === 'int32' ? x : y;
              const out = c.inout(dtype, contiguous(shape), data);
              const at = c.input('int32', index, indices(index.length, shape[dim], x.seed));
              const terms = c.input(dtype, from, data);
              const scale = c.inout(
                'float64',
                contiguous(shape),
                generate(data, dtype, count(shape)).map(fresh ? () => 0 : Math.abs),
              );
              const sizes = c.input('float64', from, generate(data, dtype, from.length).map(Math.abs));
              c.reference.scatter('add', scale.reference, dim, at.reference, sizes.reference);
              for (const k of ['tested', 'reference'] as const) {
                expect(c[k].scatter('add', out[k], dim, at[k], terms[k], fresh)).toBe(-1);
              }
              const bound = dtype === 'int32' ? bounds.value : bounds.scatterAdd(indexShape[dim]);
              c.check(out, bound, 'scatter by add', c.reference.read(scale.reference));
            }),
          ),
          { numRuns: runs },
        );
      });
    }

    for (const dtype of everyDtype) {
      for (const mode of ['assign', 'max', 'min'] as const) {
        if (dtype === 'bool' && mode !== 'assign') continue;
        test(`scatter by ${mode} ${dtype}: ${describeBound(bounds.value)}`, () => {
          const targets = plans.chain(plan =>
            fc.record({ all: fc.constant(plan), out: distinctLayouts(plan.plan.shape) }),
          );
          fc.assert(
            fc.property(targets, ({ all: { plan, index, from }, out: layout }) =>
              Comparison.run(tested, reference, c => {
                const { shape, dim, x } = plan;
                const out = c.inout(dtype, layout, { ...x, seed: x.seed + 1 });
                const at = c.input('int32', index, indices(index.length, shape[dim], x.seed));
                const source = c.input(dtype, from, x);
                for (const k of ['tested', 'reference'] as const)
                  expect(c[k].scatter(mode, out[k], dim, at[k], source[k])).toBe(-1);
                // The gaps of a strided output stay as they were.
                c.checkStorage(out, bounds.value, mode);
              }),
            ),
            { numRuns: runs },
          );
        });
      }
    }

    test('scatter of bool by anything but assign throws DTypeError', () => {
      Comparison.run(tested, reference, c => {
        const out = c.output('bool', [3]);
        const at = c.input('int32', contiguous([2]), [0, 1]);
        const source = c.input('bool', contiguous([2]), [0, 1]);
        for (const mode of ['add', 'max', 'min'] as const)
          expect(() => c.tested.scatter(mode, out.tested, 0, at.tested, source.tested)).toThrow(DTypeError);
      });
    });

    test('a long embedding lookup and its gradient: exact for whole numbers', () => {
      Comparison.run(tested, reference, c => {
        const table = c.input('float32', contiguous([50, 33]), { kind: 'special', seed: 5 });
        const index = { ...contiguous([301, 33]), length: 301, strides: [1, 0] };
        const at = c.input('int32', index, indices(301, 50, 6));
        const out = c.output('float32', [301, 33]);
        const grad = c.inout('float32', contiguous([50, 33]), new Float64Array(50 * 33));
        const whole = generate({ kind: 'ordinary', seed: 7 }, 'int32', 301 * 33);
        const terms = c.input('float32', contiguous([301, 33]), whole);
        for (const k of ['tested', 'reference'] as const) {
          expect(c[k].gather(table[k], 0, at[k], out[k])).toBe(-1);
          expect(c[k].scatter('add', grad[k], 0, at[k], terms[k])).toBe(-1);
        }
        c.check(out, bounds.bits, 'gather');
        c.check(grad, bounds.value, 'scatter by add');
      });
    });
  });
}

export function randomConformance({ tested, reference, runs }: Tiers): void {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const counters = fc.oneof(
    fc.integer({ min: 0, max: 1000 }),
    fc
      .constantFrom(2 ** 32, 2 ** 33, 2 ** 34, 2 ** 52)
      .chain(at => fc.integer({ min: at - 20, max: at + 20 })),
    fc.integer({ min: 0, max: 2 ** 53 - 20_000 }),
  );
  describe('random', () => {
    for (const kind of ['uniform', 'normal', 'exponential'] as const) {
      for (const dtype of ['float32', 'float64'] as const) {
        test(`${kind} ${dtype}: the documented stream to the last bit`, () => {
          const plan = fc.tuple(
            word,
            word,
            counters,
            fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constant(9973)),
          );
          fc.assert(
            fc.property(plan, ([key0, key1, counter, n]) =>
              Comparison.run(tested, reference, c => {
                const out = c.output(dtype, [n]);
                for (const k of ['tested', 'reference'] as const)
                  c[k].random(kind, key0, key1, counter, out[k]);
                c.check(out, bounds.bits, kind);
              }),
            ),
            { numRuns: runs },
          );
        });
      }
      test(`${kind} of int32 throws DTypeError`, () => {
        Comparison.run(tested, reference, c => {
          const out = c.output('int32', [3]);
          expect(() => c.tested.random(kind, 1, 2, 3, out.tested)).toThrow(DTypeError);
        });
      });
    }
  });
}

export function boolConformance({ tested }: Tiers): void {
  test('bool is stored as 0 and 1', () => {
    const storage = tested.allocate('bool', 5);
    const all = { ...contiguous([5]), storage };
    tested.write(all, [0, 1, 2, NaN, -3]);
    assertClose(tested.read(all), Uint8Array.of(0, 1, 1, 1, 1), bounds.bits, 'bool');
    tested.free(storage, 'the test');
  });
}
