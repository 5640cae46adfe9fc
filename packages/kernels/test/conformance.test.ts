/**
 * The reference tier is the oracle of the others, so it is itself compared with formulas written out index by index (here),
 * with values computed by mpmath and with examples worked by hand (reference.test.ts).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../src/interface.js';
import { createReference } from '../src/reference/index.js';
import type { DType } from '../src/storage.js';
import {
  broadcastingLayouts,
  contiguous,
  count,
  distinctLayouts,
  generate,
  layouts,
  shapes,
  values,
} from './conformance/arbitraries.js';
import { memoryConformance } from './conformance/memory.js';
import { sortConformance } from './conformance/sorts.js';
import { at, elements, empty, indices, kernels, operand } from './helpers.js';

describe('walks over strided operands, against index arithmetic', () => {
  test('binary with broadcasting', () => {
    const plan = shapes.chain(shape =>
      fc.record({
        shape: fc.constant(shape),
        a: broadcastingLayouts(shape),
        b: broadcastingLayouts(shape),
        x: values(),
        y: values(),
      }),
    );
    fc.assert(
      fc.property(plan, ({ shape, a, b, x, y }) => {
        const left = generate(x, 'float64', a.length);
        const right = generate(y, 'float64', b.length);
        const out = empty('float64', shape);
        kernels.binary('sub', operand('float64', a, left), operand('float64', b, right), out);
        expect(elements(out)).toEqual(indices(shape).map(index => at(left, a, index) - at(right, b, index)));
      }),
      { numRuns: 300 },
    );
  });

  test('where with broadcasting', () => {
    const plan = shapes.chain(shape =>
      fc.record({
        shape: fc.constant(shape),
        condition: broadcastingLayouts(shape),
        a: broadcastingLayouts(shape),
        b: broadcastingLayouts(shape),
        x: values(),
      }),
    );
    fc.assert(
      fc.property(plan, ({ shape, condition, a, b, x }) => {
        const flags = generate(x, 'bool', condition.length);
        const left = generate(x, 'int32', a.length);
        const right = generate({ ...x, seed: x.seed + 1 }, 'int32', b.length);
        const out = empty('int32', shape);
        kernels.where(
          operand('bool', condition, flags),
          operand('int32', a, left),
          operand('int32', b, right),
          out,
        );
        expect(elements(out)).toEqual(
          indices(shape).map(index =>
            at(flags, condition, index) === 1 ? at(left, a, index) : at(right, b, index),
          ),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('copy to a strided output leaves the gaps alone', () => {
    const plan = shapes.chain(shape =>
      fc.record({ a: broadcastingLayouts(shape), out: distinctLayouts(shape), x: values('ordinary') }),
    );
    fc.assert(
      fc.property(plan, ({ a, out, x }) => {
        const from = generate(x, 'float64', a.length);
        const target = operand('float64', out, new Float64Array(out.length).fill(99));
        kernels.copy(operand('float64', a, from), target);
        const expected = new Float64Array(out.length).fill(99);
        for (const index of indices(out.shape)) {
          const position = index.reduce((sum, i, d) => sum + i * out.strides[d], out.offset);
          expected[position] = at(from, a, index);
        }
        expect(kernels.read({ ...contiguous([out.length]), storage: target.storage })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('reduce: sum, max, argmax, prod, all', () => {
    const plan = shapes
      .filter(shape => count(shape) > 0)
      .chain(shape => {
        const dims = shape.map((_, d) => d);
        return fc.record({ a: layouts(shape), axes: fc.subarray(dims), x: values('ordinary') });
      });
    fc.assert(
      fc.property(plan, ({ a, axes, x }) => {
        const contents = generate(x, 'int32', a.length);
        const kept = a.shape.map((_, d) => d).filter(d => !axes.includes(d));
        const outShape = kept.map(d => a.shape[d]);
        const groups = indices(outShape).map(outIndex =>
          indices(axes.map(d => a.shape[d])).map(inner => {
            const index = a.shape.map((_, d) =>
              axes.includes(d) ? inner[axes.indexOf(d)] : outIndex[kept.indexOf(d)],
            );
            return at(contents, a, index);
          }),
        );
        const reduced = (op: Parameters<Kernels['reduce']>[0], from: DType, to: DType): number[] => {
          const out = empty(to, outShape);
          kernels.reduce(op, operand(from, a, contents), axes, out);
          return elements(out);
        };
        expect(reduced('sum', 'float64', 'float64')).toEqual(groups.map(g => g.reduce((s, v) => s + v, 0)));
        expect(reduced('sum', 'int32', 'int32')).toEqual(groups.map(g => g.reduce((s, v) => s + v, 0)));
        expect(reduced('max', 'float32', 'float32')).toEqual(groups.map(g => Math.max(...g)));
        expect(reduced('min', 'int32', 'int32')).toEqual(groups.map(g => Math.min(...g)));
        expect(reduced('prod', 'int32', 'int32')).toEqual(groups.map(g => g.reduce(Math.imul, 1)));
        expect(reduced('all', 'bool', 'bool')).toEqual(groups.map(g => (g.every(v => v !== 0) ? 1 : 0)));
        expect(reduced('any', 'bool', 'bool')).toEqual(groups.map(g => (g.some(v => v !== 0) ? 1 : 0)));
        expect(reduced('argmax', 'float32', 'int32')).toEqual(groups.map(g => g.indexOf(Math.max(...g))));
        expect(reduced('argmin', 'float64', 'int32')).toEqual(groups.map(g => g.indexOf(Math.min(...g))));
      }),
      { numRuns: 150 },
    );
  });

  test('gemm with batches, strides and accumulation: exact for whole numbers', () => {
    const small = fc.integer({ min: 0, max: 6 });
    const plan = fc
      .record({
        batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        m: small,
        n: small,
        k: small,
      })
      .chain(({ batch, m, n, k }) => {
        const part = fc.integer({ min: 0, max: batch.length }).map(missing => batch.slice(missing));
        return fc.record({
          shape: fc.constant([...batch, m, n]),
          k: fc.constant(k),
          a: part.chain(lead => layouts([...lead, m, k])),
          b: part.chain(lead => layouts([...lead, k, n])),
          x: values('ordinary'),
          relu: fc.boolean(),
        });
      });
    fc.assert(
      fc.property(plan, ({ shape, k, a, b, x, relu }) => {
        const left = generate(x, 'int32', a.length);
        const right = generate({ ...x, seed: x.seed + 1 }, 'int32', b.length);
        const columns = contiguous(shape.slice(-1));
        const addends = generate({ ...x, seed: x.seed + 2 }, 'int32', columns.length);
        const out = operand('float32', contiguous(shape), new Float64Array(count(shape)));
        const bias = operand('float32', columns, addends);
        kernels.gemm(operand('float32', a, left), operand('float32', b, right), out, { bias, relu });
        const expected = indices(shape).map(index => {
          const batch = index.slice(0, -2);
          const [i, j] = index.slice(-2);
          let sum = 0;
          for (let p = 0; p < k; p++) sum += at(left, a, [...batch, i, p]) * at(right, b, [...batch, p, j]);
          sum += addends[j];
          return relu ? Math.max(sum, 0) : sum;
        });
        expect(elements(out)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('gather and scatter', () => {
    const plan = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }).chain(shape =>
      fc.record({
        shape: fc.constant(shape),
        dim: fc.integer({ min: 0, max: shape.length - 1 }),
        along: fc.integer({ min: 0, max: 7 }),
        a: layouts(shape),
        x: values('ordinary'),
      }),
    );
    fc.assert(
      fc.property(plan, ({ shape, dim, along, a, x }) => {
        const indexShape = shape.map((size, d) => (d === dim ? along : size));
        const index = generate(x, 'int32', count(indexShape)).map(i => Math.abs(i) % shape[dim]);
        const contents = generate(x, 'int32', a.length);
        const where = operand('int32', contiguous(indexShape), index);
        const out = empty('int32', indexShape);
        expect(kernels.gather(operand('int32', a, contents), dim, where, out)).toBe(-1);
        const moved = indices(indexShape).map((own, flat) =>
          own.map((i, d) => (d === dim ? index[flat] : i)),
        );
        expect(elements(out)).toEqual(moved.map(from => at(contents, a, from)));
        const target = operand('int32', contiguous(shape), new Int32Array(count(shape)).fill(1));
        const combine = {
          add: (s: number, v: number) => s + v,
          assign: (_: number, v: number) => v,
          max: Math.max,
          min: Math.min,
        };
        for (const mode of ['add', 'assign', 'max', 'min'] as const) {
          kernels.fill(target, 1);
          expect(kernels.scatter(mode, target, dim, where, out)).toBe(-1);
          const values = indices(shape).map(own =>
            moved.reduce(
              (s, to, flat) => (to.join() === own.join() ? combine[mode](s, elements(out)[flat]) : s),
              1,
            ),
          );
          expect(elements(target)).toEqual(values);
        }
      }),
      { numRuns: 100 },
    );
  });
});

sortConformance({
  tested: kernels,
  reference: createReference(),
  runs: 40,
  fused: false,
  long: { tiny: 0, large: 0 },
});

memoryConformance({
  tested: kernels,
  reference: createReference(),
  runs: 40,
  fused: false,
  long: { tiny: 20_000, large: 100 },
});
