import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError } from '../../src/errors.js';
import type { Kernels, Operand } from '../../src/interface.js';
import { cholesky, eigh, lu, luSolve, qr, svd, triangularSolve } from '../../src/linalg/index.js';
import { useKernels } from '../../src/select.js';
import { contiguous, layouts, values } from './arbitraries.js';
import { bounds } from './bounds.js';
import { Comparison, type Pair } from './comparison.js';
import type { Tiers } from './index.js';

const size = fc.integer({ min: 0, max: 6 });
const batches = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 });

/** A product of two matrices in C order. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    let sum = 0;
    for (let p = 0; p < k; p++) sum += a[Math.floor(at / n) * k + p] * b[p * n + (at % n)];
    return sum;
  });
}

function transposed(a: ArrayLike<number>, m: number, n: number): number[] {
  return Array.from({ length: m * n }, (_, at) => a[(at % m) * n + Math.floor(at / m)]);
}

function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

const identity = (n: number): number[] =>
  Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

/** Runs `fn` on a tier: the factorisations read and write through the one in use. */
function on<R>(tier: Kernels, fn: () => R): R {
  useKernels(tier);
  return fn();
}

/** The factorisations: on every tier they give what they give on the reference, and that is factors. */
export function factorisationConformance({ tested, reference, runs }: Tiers): void {
  describe('factorisations', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const eps = dtype === 'float32' ? 2 ** -23 : 2 ** -52;

      test(`lu, cholesky, qr, eigh, svd ${dtype}: exact, any strides and batches`, () => {
        const plan = fc.record({ batch: batches, m: size, n: size, full: fc.boolean() }).chain(p =>
          fc.record({
            p: fc.constant(p),
            a: layouts([...p.batch, p.m, p.n]),
            square: layouts([...p.batch, p.n, p.n]),
            x: values('ordinary'),
          }),
        );
        fc.assert(
          fc.property(plan, ({ p: { batch, m, n, full }, a, square, x }) =>
            Comparison.run(tested, reference, c => {
              const k = Math.min(m, n);
              const input = c.input(dtype, a, x);
              const second = c.input(dtype, square, x);
              const make = (...shape: number[]): Pair => c.output(dtype, [...batch, ...shape]);
              const packed = make(m, n);
              const permutation = c.output('int32', [...batch, m]);
              const sign = make();
              const [q, r] = [make(m, full ? m : k), make(full ? m : k, n)];
              const [w, v] = [make(n), make(n, n)];
              const [u, s, vh] = [make(m, full ? m : k), make(k), make(full ? n : k, n)];
              const l = make(n, n);
              const results = (['tested', 'reference'] as const).map(t =>
                on(c[t], () => {
                  qr(input[t], q[t], r[t]);
                  return [
                    lu(input[t], packed[t], permutation[t], sign[t]),
                    eigh(second[t], w[t], v[t]),
                    svd(input[t], u[t], s[t], vh[t]),
                    cholesky(second[t], l[t]),
                  ];
                }),
              );
              expect(results[0]).toEqual(results[1]);
              for (const [i, out] of [packed, permutation, sign, q, r, w, v, u, s, vh, l].entries())
                c.check(out, bounds.value, `output ${i} of ${m} x ${n}`);
            }),
          ),
          { numRuns: runs },
        );
      });

      test(`luSolve and triangularSolve ${dtype}: exact, batches that broadcast; a pivot of 0 is found`, () => {
        const plan = fc
          .record({ n: size, k: size, upper: fc.boolean(), unit: fc.boolean(), adjoint: fc.boolean() })
          .chain(p =>
            fc.record({
              p: fc.constant(p),
              a: layouts([2, 1, p.n, p.n]),
              b: layouts([3, p.n, p.k]),
              x: values('ordinary'),
              zero: fc.boolean(),
            }),
          );
        fc.assert(
          fc.property(plan, ({ p: { n, k, upper, unit, adjoint }, a, b, x, zero }) =>
            Comparison.run(tested, reference, c => {
              const left = zero ? c.input(dtype, a, new Float64Array(a.length)) : c.input(dtype, a, x);
              const right = c.input(dtype, b, { kind: 'ordinary', seed: x.seed + 1 });
              // Factors in double precision, whatever the dtype of the matrix.
              const packed = c.output('float64', [2, 1, n, n]);
              const permutation = c.output('int32', [2, 1, n]);
              const sign = c.output(dtype, [2, 1]);
              const outs = [c.output(dtype, [2, 3, n, k]), c.output(dtype, [2, 3, n, k])];
              const results = (['tested', 'reference'] as const).map(t =>
                on(c[t], () => {
                  const missing = lu(left[t], packed[t], permutation[t], sign[t]);
                  luSolve(packed[t], permutation[t], right[t], outs[0][t], adjoint);
                  return [missing, triangularSolve(left[t], right[t], outs[1][t], { upper, unit })];
                }),
              );
              expect(results[0]).toEqual(results[1]);
              if (zero && n > 0) expect(results[0]).toEqual([0, unit ? -1 : 0]);
              for (const out of outs) c.check(out, bounds.value, `${n} x ${k}`);
            }),
          ),
          { numRuns: runs },
        );
      });

      test(`${dtype}: the factors multiply to the matrix, within 40 n eps of its largest element; vectors are orthonormal`, () => {
        const sizes = fc.integer({ min: 1, max: 12 });
        fc.assert(
          fc.property(sizes, sizes, values('ordinary'), (m, n, x) =>
            Comparison.run(tested, reference, c => {
              useKernels(tested);
              const k = Math.min(m, n);
              const read = (o: Operand): ArrayLike<number> => tested.read(o);
              const a = c.input(dtype, contiguous([m, n]), x).tested;
              const values = read(a);
              const scale = Math.max(1, ...Array.from(values, Math.abs));
              const bound = 40 * Math.max(m, n) * eps;
              const make = (...shape: number[]): Operand => c.output(dtype, shape).tested;
              const [q, r] = [make(m, k), make(k, n)];
              qr(a, q, r);
              expect(apart(product(read(q), read(r), m, k, n), values)).toBeLessThan(bound * scale);
              const [u, s, vh] = [make(m, m), make(k), make(n, n)];
              expect(svd(a, u, s, vh)).toBe(-1);
              const [left, right] = [read(u), read(vh)];
              const stretched = Float64Array.from({ length: m * n }, (_, i) =>
                i % n === Math.floor(i / n) ? read(s)[i % n] : 0,
              );
              const again = product(product(left, stretched, m, m, n), right, m, n, n);
              expect(apart(again, values)).toBeLessThan(bound * scale);
              for (const [t, size] of [
                [left, m],
                [right, n],
                [read(q), 0],
              ] as const)
                if (size > 0)
                  expect(
                    apart(product(transposed(t, size, size), t, size, size, size), identity(size)),
                  ).toBeLessThan(bound);
              expect(apart(product(transposed(read(q), m, k), read(q), k, m, k), identity(k))).toBeLessThan(
                bound,
              );
              // a a^T is symmetric and positive: its eigenvalues are the squares of the singular values.
              const gram = product(values, transposed(values, m, n), m, n, m);
              const g = c.input(dtype, contiguous([m, m]), gram).tested;
              const size2 = Math.max(1, ...gram.map(Math.abs));
              const [w, v] = [make(m), make(m, m)];
              expect(eigh(g, w, v)).toBe(-1);
              const scaled = Float64Array.from(read(v), (e, i) => e * read(w)[i % m]);
              expect(apart(product(scaled, transposed(read(v), m, m), m, m, m), gram)).toBeLessThan(
                bound * size2 * m,
              );
              // With I added it has a Cholesky factor and an inverse.
              const definite = gram.map((e, i) => e / size2 + (i % (m + 1) === 0 ? 1 : 0));
              const d = c.input(dtype, contiguous([m, m]), definite).tested;
              const l = make(m, m);
              expect(cholesky(d, l)).toBe(-1);
              expect(apart(product(read(l), transposed(read(l), m, m), m, m, m), definite)).toBeLessThan(
                bound,
              );
              const packed = c.output('float64', [m, m]).tested;
              const permutation = c.output('int32', [m]).tested;
              expect(lu(d, packed, permutation, c.output(dtype, []).tested)).toBe(-1);
              const one = c.input(dtype, contiguous([m, m]), identity(m)).tested;
              for (const adjoint of [false, true]) {
                const inverse = make(m, m);
                luSolve(packed, permutation, one, inverse, adjoint);
                const given = adjoint ? transposed(definite, m, m) : definite;
                expect(apart(product(given, read(inverse), m, m, m), identity(m))).toBeLessThan(bound * m);
              }
            }),
          ),
          { numRuns: runs },
        );
      });
    }

    test('a matrix that is not finite has no eigenvalues, and one of int32 no factors', () => {
      Comparison.run(tested, reference, c => {
        useKernels(tested);
        const a = c.input('float64', contiguous([2, 2, 2]), [1, 0, 0, 1, Number.NaN, 0, 0, 1]).tested;
        const w = c.output('float64', [2, 2]).tested;
        const v = c.output('float64', [2, 2, 2]).tested;
        expect(eigh(a, w, v)).toBe(1);
        expect(svd(a, v, w, c.output('float64', [2, 2, 2]).tested)).toBe(1);
        expect(c.tested.read(w)[0]).toBeLessThan(-12345);
        const b = c.input('int32', contiguous([2, 2]), [1, 2, 3, 4]).tested;
        expect(() => cholesky(b, c.output('int32', [2, 2]).tested)).toThrow(DTypeError);
      });
    });
  });
}
