import type * as ag from '../src/index.js';
import { DTypeError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { broadcast, Dense } from './naive.js';
import type { ErrorCase } from './types.js';

/** Matrices for the samples of linear algebra, and what textbooks say of them in plain numbers: no factorisation of the library is used. */
export type Rows = readonly (readonly number[])[];

export const functionOnly =
  'a function only, so that programs without linear algebra do not carry it' as const;

// Plain arithmetic of matrices.

const rows = (m: number, n: number, f: (i: number, j: number) => number): number[][] =>
  Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
export const unit = (n: number): number[][] => rows(n, n, (i, j) => (i === j ? 1 : 0));
export const widthOf = (a: Rows, otherwise = 0): number => a[0]?.length ?? otherwise;
export const turned = (a: Rows, n = widthOf(a)): number[][] => rows(n, a.length, (i, j) => a[j][i]);
export const times = (a: Rows, b: Rows, n = widthOf(b)): number[][] =>
  rows(a.length, n, (i, j) => b.reduce((sum, row, k) => sum + a[i][k] * row[j], 0));
export const plus = (a: Rows, b: Rows, factor = 1): number[][] =>
  rows(a.length, widthOf(a), (i, j) => a[i][j] + factor * b[i][j]);
export const lowerOf = (a: Rows, d = 0): number[][] =>
  rows(a.length, widthOf(a), (i, j) => (j - i <= d ? a[i][j] : 0));
export const upperOf = (a: Rows, d = 0): number[][] =>
  rows(a.length, widthOf(a), (i, j) => (j - i >= d ? a[i][j] : 0));
const without = (a: Rows, i: number, j: number): number[][] =>
  a.filter((_, k) => k !== i).map(row => row.filter((_, k) => k !== j));

/** By expansion along the first row. */
export function determinant(a: Rows): number {
  if (a.length === 0) return 1;
  return a[0].reduce((sum, x, j) => sum + (j % 2 === 0 ? x : -x) * determinant(without(a, 0, j)), 0);
}

/** By cofactors. */
export function inverse(a: Rows): number[][] {
  const d = determinant(a);
  return rows(
    a.length,
    a.length,
    (i, j) => ((i + j) % 2 === 0 ? 1 : -1) * (determinant(without(a, j, i)) / d),
  );
}

/** Columns made orthonormal one after the other, twice. */
export function orthonormal(a: Rows): number[][] {
  const done: number[][] = [];
  for (const given of turned(a)) {
    let column = [...given];
    for (let pass = 0; pass < 2; pass++)
      for (const d of done) {
        const dot = d.reduce((sum, x, i) => sum + x * column[i], 0);
        column = column.map((x, i) => x - dot * d[i]);
      }
    const norm = Math.sqrt(column.reduce((sum, x) => sum + x * x, 0));
    done.push(column.map(x => x / norm));
  }
  return turned(done, a.length);
}

/** Columns with their largest element positive; `also` is turned along. */
function oriented(a: Rows, also: Rows): [number[][], number[][]] {
  const signs = turned(a).map(column => {
    const at = column.reduce((best, x, i) => (Math.abs(x) > Math.abs(column[best]) ? i : best), 0);
    return column[at] < 0 ? -1 : 1;
  });
  return [a, also].map(m => m.map(row => row.map((x, j) => x * (signs[j] ?? 1)))) as [number[][], number[][]];
}

/** Eigenvalues, descending, and eigenvectors of a positive definite matrix by orthogonal iteration. */
function iterate(a: Rows): { readonly values: number[]; readonly vectors: number[][] } {
  let q = unit(a.length);
  for (let i = 0; i < 800; i++) q = orthonormal(times(a, q));
  const d = times(turned(q), times(a, q));
  return { values: d.map((row, i) => row[i]), vectors: q };
}

/** Ascending eigenvalues and eigenvectors of a symmetric matrix. */
export function eigen(a: Rows): { readonly values: number[]; readonly vectors: number[][] } {
  const shift = Math.max(0, ...a.map(row => row.reduce((sum, x) => sum + Math.abs(x), 0))) + 0.1;
  const { values, vectors } = iterate(
    plus(
      unit(a.length).map(row => row.map(x => x * shift)),
      a,
      -1,
    ),
  );
  return { values: values.map(x => shift - x), vectors: oriented(vectors, [])[0] };
}

/** u [m, k], s and v [n, k] of a matrix of full rank. */
export function singular(a: Rows, n = widthOf(a)): { u: number[][]; s: number[]; v: number[][] } {
  if (a.length < n) {
    const { u, s, v } = singular(turned(a, n), a.length);
    return { u: v, s, v: u };
  }
  if (n === 0) return { u: a.map(() => []), s: [], v: [] };
  const { values, vectors } = iterate(times(turned(a, n), a));
  const s = values.map(x => Math.sqrt(Math.max(x, 0)));
  const [u, v] = oriented(
    times(a, vectors).map(row => row.map((x, j) => x / s[j])),
    vectors,
  );
  return { u, s, v };
}

// Batches.

/** The matrices of [..., m, n] in C order. */
export function matricesOf(x: Dense): Rows[] {
  const [m, n] = x.shape.slice(-2);
  const count = x.shape.slice(0, -2).reduce((p, size) => p * size, 1);
  return Array.from({ length: count }, (_, b) => rows(m, n, (i, j) => x.data[b * m * n + i * n + j]));
}

/** A result of `inner` dims for every matrix. */
export function each(
  x: Dense,
  inner: readonly number[],
  f: (a: Rows) => readonly number[] | Rows | number,
): Dense {
  const batch = x.shape.slice(0, -2);
  return new Dense(
    [...batch, ...inner],
    matricesOf(x).flatMap(a => [f(a)].flat(2) as number[]),
  );
}

/** A product or the like of matrices whose batches broadcast. */
export function pairwise(a: Dense, b: Dense, inner: readonly number[], f: (a: Rows, b: Rows) => Rows): Dense {
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (x: Dense): Rows[] => {
    const own = matricesOf(x);
    const lead = x.shape.slice(0, -2);
    const places = new Dense(
      lead,
      own.map((_, i) => i),
    );
    const list: Rows[] = [];
    const visit = (index: readonly number[]): void => {
      if (index.length === batch.length) list.push(own[places.at(index)]);
      else for (let i = 0; i < batch[index.length]; i++) visit([...index, i]);
    };
    visit([]);
    return list;
  };
  const right = spread(b);
  return new Dense(
    [...batch, ...inner],
    spread(a).flatMap((m, i) => f(m, right[i]).flat()),
  );
}

// Arguments.

const numbers = (d: Draw, shape: readonly number[], min = -1, max = 1): number[] =>
  Array.from(d.tensor(shape, { min, max }).toTypedArray());

function fill(d: Draw, shape: readonly number[], make: (m: number, n: number) => Rows): ag.Tensor {
  const [m, n] = shape.slice(-2);
  const count = shape.slice(0, -2).reduce((p, size) => p * size, 1);
  const list = Array.from({ length: count }, () => make(m, n));
  return d.of(
    list.flatMap(a => a.flat()),
    shape,
  );
}

function random(d: Draw, m: number, n: number): number[][] {
  const values = numbers(d, [m, n]);
  return rows(m, n, (i, j) => values[i * n + j]);
}

/** Far from singular, its large elements next to the diagonal, so that rows must be exchanged. */
export const invertible = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (m, n) => random(d, m, n).map((row, i) => row.with((i + 1) % n, row[(i + 1) % n] + n)));

/** Both triangles are far from singular. */
export const dominant = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (m, n) => random(d, m, n).map((row, i) => row.map((x, j) => (i === j ? x + n : x))));

export const definite = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (m, n) => {
    const a = random(d, m, n);
    return plus(times(a, turned(a)), unit(n));
  });

/** With given singular values. */
function stretched(d: Draw, m: number, n: number, values: (k: number) => number[]): number[][] {
  const k = Math.min(m, n);
  const u = orthonormal(random(d, m, k));
  const v = orthonormal(random(d, n, k));
  const s = values(k);
  return times(
    u.map(row => row.map((x, j) => x * s[j])),
    turned(v, k),
    n,
  );
}

/** Singular values about 1 apart. */
export const separated = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (m, n) => stretched(d, m, n, k => numbers(d, [k], 0.7, 1.1).map((x, i) => x + k - 1 - i)));

/** Singular values of the first min(m, n) columns from 1 to 1.5, further columns at random. */
export const balanced = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (m, n) => {
    const first = stretched(d, m, Math.min(m, n), k => numbers(d, [k], 1, 1.5));
    const others = random(d, m, Math.max(n - m, 0));
    return first.map((row, i) => [...row, ...others[i]]);
  });

/** Symmetric, with eigenvalues of both signs about 1 apart. */
export const symmetric = (d: Draw, shape: readonly number[]): ag.Tensor =>
  fill(d, shape, (_, n) => {
    const v = orthonormal(random(d, n, n));
    const w = numbers(d, [n], -0.2, 0.2).map((x, i) => x + i - 1.4);
    const a = times(
      v.map(row => row.map((x, j) => x * w[j])),
      turned(v),
    );
    return rows(n, n, (i, j) => (a[i][j] + a[j][i]) / 2);
  });

/** Of a rank below the sizes, to the last digit: small whole numbers. */
export const deficient = (d: Draw, shape: readonly number[], rank: number): ag.Tensor =>
  fill(d, shape, (m, n) => {
    const whole = (k: number, l: number): number[][] => {
      const values = d.ints([k, l], -3, 3).toTypedArray();
      return rows(k, l, (i, j) => values[i * l + j] / 4);
    };
    return times(whole(m, rank), whole(rank, n), n);
  });

// Errors.

type Call = (a: ag.Tensor) => unknown;

/** What all functions of matrices refuse. */
export function matrixErrors(name: string, call: Call): ErrorCase[] {
  return [
    {
      label: 'int32 is refused',
      call: () => call(zeros([2, 2], { dtype: 'int32' })),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 tensor, got int32`),
    },
    {
      label: 'a vector is no matrix',
      call: () => call(zeros([3])),
      error: ShapeError,
      message: new RegExp(`^${name}: expected a matrix \\[m, n\\] or a batch of them, got shape \\[3\\]`),
    },
  ];
}

export function squareErrors(name: string, call: Call): ErrorCase[] {
  return [
    ...matrixErrors(name, call),
    {
      label: 'not square',
      call: () => call(zeros([5, 2, 3])),
      error: ShapeError,
      message: new RegExp(
        `^${name}: expected square matrices, got shape \\[5, 2, 3\\] with 2 rows and 3 columns. Slice`,
      ),
    },
  ];
}
