import * as ag from '../src/index.js';
import {
  ArgumentError,
  DTypeError,
  IndexError,
  LinalgError,
  ShapeError,
  tensor,
  zeros,
} from '../src/index.js';
import type { Draw } from './draw.js';
import {
  definite,
  dominant,
  each,
  functionOnly,
  inverse,
  invertible,
  lowerOf,
  matricesOf,
  pairwise,
  plus,
  type Rows,
  separated,
  squareErrors,
  times,
  turned,
  unit,
  upperOf,
} from './linalg.js';
import { Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type Loose = (...args: unknown[]) => ag.Tensor;
const inv = ag.inv as Loose;
const solve = ag.solve as Loose;
const triangularSolve = ag.triangularSolve as Loose;
const cholesky = ag.cholesky as Loose;
const choleskySolve = ag.choleskySolve as Loose;
const luSolve = ag.luSolve as Loose;
const lstsq = ag.lstsq as unknown as (...args: unknown[]) => ag.Lstsq;

const noInverse = (name: string, call: (a: ag.Tensor) => unknown): ErrorCase[] => [
  {
    label: 'a singular matrix',
    call: () =>
      call(
        tensor([
          [1, 2],
          [2, 4],
        ]),
      ),
    error: LinalgError,
    message: new RegExp(`^${name}: the matrix is singular: pivot 1 of its 2 is 0; expected an invertible`),
  },
  {
    label: 'one of a batch is singular',
    call: () =>
      call(
        tensor([
          [
            [
              [1, 0],
              [0, 1],
            ],
          ],
          [
            [
              [1, 0],
              [0, 1],
            ],
          ],
          [
            [
              [0, 0],
              [0, 1],
            ],
          ],
        ]),
      ),
    error: LinalgError,
    message: new RegExp(
      `^${name}: matrix \\[2, 0\\] of a batch of shape \\[3, 1\\] is singular: pivot 0 of its 2`,
    ),
  },
];

const twoDTypes = (name: string, call: Loose): ErrorCase => ({
  label: 'two dtypes',
  call: () => call(zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
  error: DTypeError,
  message: new RegExp(`^${name}: operands have dtypes float32 and float64`),
});

const wrongRows = (name: string, call: Loose): ErrorCase => ({
  label: 'right sides of another size',
  call: () => call(zeros([2, 2]), zeros([3, 4])),
  error: ShapeError,
  message: new RegExp(
    `^${name}: matrices of shape \\[2, 2\\] and right sides of shape \\[3, 4\\] do not fit: 2 and 3`,
  ),
});

const wrongBatch = (name: string, call: Loose): ErrorCase => ({
  label: 'batches that do not broadcast',
  call: () => call(zeros([2, 2, 2]), zeros([3, 2, 4])),
  error: ShapeError,
  message: new RegExp(`^${name} \\(batch dims\\): shapes \\[2\\] and \\[3\\] do not broadcast`),
});

/** f(a) b, for vectors and matrices b; left: false for b f(a). */
function applied(f: (a: Rows) => Rows, a: Dense, b: Dense, left = true): Dense {
  const vector = b.shape.length === 1 || b.shape.join() === a.shape.slice(0, -1).join();
  const columns = vector ? new Dense([...b.shape, 1], b.data) : b;
  const x = pairwise(a, columns, columns.shape.slice(-2), (m, r) => {
    const k = columns.shape[columns.shape.length - 1];
    return left ? times(f(m), r, k) : times(r, f(m), k);
  });
  return vector ? new Dense(x.shape.slice(0, -1), x.data) : x;
}

const triangle = (a: Rows, upper: boolean, unitary = false): number[][] => {
  const t = upper ? upperOf(a) : lowerOf(a);
  return unitary ? t.map((row, i) => row.with(i, 1)) : t;
};

/** From a matrix of L and U and LAPACK's exchanges of rows. */
function unpacked(a: Rows, pivots: readonly number[]): number[][] {
  const product = times(plus(lowerOf(a, -1), unit(a.length)), upperOf(a));
  for (let i = pivots.length - 1; i >= 0; i--)
    [product[i], product[pivots[i] - 1]] = [product[pivots[i] - 1], product[i]];
  return product;
}

const right = (d: Draw, shape: readonly number[]): ag.Tensor => d.tensor(shape, { min: -1, max: 1 });

export const linalgSolveSamples = {
  inv: {
    op: inv,
    noMethod: functionOnly,
    calls: {
      matrix: d => {
        const n = d.size();
        return [invertible(d, [n, n])];
      },
      batch: d => [invertible(d, [2, 1, 3, 3])],
      transposed: d => [invertible(d, [3, 3]).transpose(0, 1)],
      empty: d => [d.tensor([0, 0])],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    naive: (a: Dense) => each(a, a.shape.slice(-2), inverse),
    errors: [...squareErrors('inv', inv), ...noInverse('inv', inv)],
  },
  solve: {
    op: solve,
    noMethod: functionOnly,
    calls: {
      matrices: d => {
        const n = d.size();
        return [invertible(d, [n, n]), right(d, [n, d.size()])];
      },
      'a vector': d => [invertible(d, [3, 3]), right(d, [3])],
      'a batch of vectors': d => [invertible(d, [2, 3, 3]), right(d, [2, 3])],
      'one vector for a batch': d => [invertible(d, [2, 2, 2]), right(d, [2])],
      'batches broadcast': d => [invertible(d, [2, 1, 2, 2]), right(d, [3, 2, 2])],
      'one matrix for a batch': d => [invertible(d, [2, 2]), right(d, [2, 2, 3])],
      'on the right': d => [invertible(d, [2, 3, 3]), right(d, [2, 3]).unsqueeze(0), { left: false }],
      'no right sides': d => [invertible(d, [2, 2]), d.tensor([2, 0])],
      empty: d => [d.tensor([0, 0]), d.tensor([0, 3])],
      'no batch': d => [d.tensor([0, 2, 2]), d.tensor([0, 2, 1])],
    },
    naive: (a: Dense, b: Dense, o?: ag.SolveOptions) => applied(inverse, a, b, o?.left),
    errors: [
      ...squareErrors('solve', a => solve(a, zeros([2]))),
      ...noInverse('solve', a => solve(a, zeros([2, 1]))),
      twoDTypes('solve', solve),
      wrongRows('solve', solve),
      wrongBatch('solve', solve),
      {
        label: 'a scalar on the right side',
        call: () => solve(zeros([2, 2]), zeros([])),
        error: ShapeError,
        message: /^solve: expected right sides \[n\] or \[\.\.\., n, k\], got a scalar/,
      },
      {
        label: 'a vector for x a = b',
        call: () => solve(zeros([2, 2]), zeros([2]), { left: false }),
        error: ShapeError,
        message: /^solve: right sides of shape \[2\] are vectors, which with left: false are rows/,
      },
    ],
  },
  triangularSolve: {
    op: triangularSolve,
    noMethod: functionOnly,
    calls: {
      upper: d => [dominant(d, [3, 3]), right(d, [3, d.size()]), { upper: true }],
      'lower, ones on the diagonal': d => [
        d.tensor([3, 3], { min: -1, max: 1 }),
        right(d, [3, 2]),
        { upper: false, unitriangular: true },
      ],
      'on the right': d => [dominant(d, [2, 3, 3]), right(d, [1, 2, 3]), { upper: false, left: false }],
      'batches broadcast': d => [dominant(d, [2, 1, 2, 2]), right(d, [3, 2, 2]), { upper: true }],
      transposed: d => [dominant(d, [3, 3]).transpose(0, 1), right(d, [3, 1]), { upper: true }],
      empty: d => [d.tensor([0, 0]), d.tensor([0, 3]), { upper: true }],
    },
    naive: (a: Dense, b: Dense, { upper, left, unitriangular }: ag.TriangularOptions) => {
      // Rows of right sides must not look like vectors.
      return applied(m => inverse(triangle(m, upper, unitriangular)), a, b, left);
    },
    errors: [
      ...squareErrors('triangularSolve', a => triangularSolve(a, zeros([2, 1]), { upper: true })),
      twoDTypes('triangularSolve', (a, b) => triangularSolve(a, b, { upper: true })),
      wrongRows('triangularSolve', (a, b) => triangularSolve(a, b, { upper: true })),
      wrongBatch('triangularSolve', (a, b) => triangularSolve(a, b, { upper: true })),
      {
        label: 'which triangle is not said',
        call: () => triangularSolve(zeros([2, 2]), zeros([2, 2])),
        error: ArgumentError,
        message: /^triangularSolve: upper is undefined; expected true or false/,
      },
      {
        label: 'a 0 on the diagonal',
        call: () =>
          triangularSolve(
            tensor([
              [1, 2],
              [3, 0],
            ]),
            zeros([2, 2]),
            { upper: true },
          ),
        error: LinalgError,
        message:
          /^triangularSolve: the matrix is singular: element 1 of the diagonal of a triangle of size 2 is 0/,
      },
    ],
  },
  cholesky: {
    op: cholesky,
    noMethod: functionOnly,
    symmetric: true,
    calls: {
      matrix: d => {
        const n = d.size();
        return [definite(d, [n, n])];
      },
      batch: d => [definite(d, [2, 3, 3])],
      upper: d => [definite(d, [3, 3]), { upper: true }],
      empty: d => [d.tensor([0, 0])],
      'no batch': d => [d.tensor([0, 2, 2])],
    },
    edges: {
      'the upper triangle is not read': d => [d.of([4, Number.NaN, 2, 3], [2, 2])],
      'the lower triangle is not read': d => [d.of([4, 2, Number.NaN, 3], [2, 2]), { upper: true }],
    },
    naive: (a: Dense, o?: ag.CholeskyOptions) =>
      each(a, a.shape.slice(-2), given => {
        const m = o?.upper === true ? turned(given) : given;
        const l = m.map(row => row.map(() => 0));
        // Column by column.
        for (let j = 0; j < m.length; j++)
          for (let i = j; i < m.length; i++) {
            const rest = m[i][j] - l[i].reduce((sum, x, k) => (k < j ? sum + x * l[j][k] : sum), 0);
            l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
          }
        return o?.upper === true ? turned(l) : l;
      }),
    errors: [
      ...squareErrors('cholesky', cholesky),
      {
        label: 'not positive definite',
        call: () =>
          cholesky(
            tensor([
              [
                [1, 0],
                [0, 1],
              ],
              [
                [1, 2],
                [2, 1],
              ],
            ]),
          ),
        error: LinalgError,
        message:
          /^cholesky: matrix \[1\] of a batch of shape \[2\] is not positive definite: pivot 1 of its 2/,
      },
      {
        label: 'NaN',
        call: () => cholesky(tensor([[Number.NaN]])),
        error: LinalgError,
        message: /^cholesky: the matrix is not positive definite: pivot 0 of its 1/,
      },
    ],
  },
  choleskySolve: {
    op: choleskySolve,
    noMethod: functionOnly,
    calls: {
      lower: d => [right(d, [3, d.size()]), dominant(d, [3, 3])],
      upper: d => [right(d, [3, 2]), dominant(d, [3, 3]), { upper: true }],
      'batches broadcast': d => [right(d, [3, 2, 2]), dominant(d, [2, 1, 2, 2])],
      empty: d => [d.tensor([0, 3]), d.tensor([0, 0])],
    },
    naive: (b: Dense, l: Dense, o?: ag.CholeskyOptions) =>
      applied(
        m => {
          const t = triangle(m, o?.upper === true);
          return inverse(o?.upper === true ? times(turned(t), t) : times(t, turned(t)));
        },
        l,
        b,
      ),
    errors: [
      ...squareErrors('choleskySolve', a => choleskySolve(zeros([2, 1]), a)),
      twoDTypes('choleskySolve', (a, b) => choleskySolve(b, a)),
      wrongRows('choleskySolve', (a, b) => choleskySolve(b, a)),
      wrongBatch('choleskySolve', (a, b) => choleskySolve(b, a)),
    ],
  },
  luSolve: {
    op: luSolve,
    noMethod: functionOnly,
    calls: {
      matrix: d => [dominant(d, [3, 3]), tensor(Int32Array.of(3, 3, 3)), right(d, [3, 2])],
      transposed: d => [
        dominant(d, [3, 3]),
        tensor(Int32Array.of(2, 3, 3)),
        right(d, [3, 2]),
        { adjoint: true },
      ],
      'on the right': d => [
        dominant(d, [3, 3]),
        tensor(Int32Array.of(2, 3, 3)),
        right(d, [2, 3]),
        { left: false },
      ],
      'batches broadcast': d => [
        dominant(d, [2, 1, 2, 2]),
        tensor([[[2, 2]], [[1, 2]]], { dtype: 'int32' }),
        right(d, [3, 2, 2]),
      ],
      empty: d => [d.tensor([0, 0]), zeros([0], { dtype: 'int32' }), d.tensor([0, 3])],
    },
    naive: (a: Dense, pivots: Dense, b: Dense, o: ag.LUSolveOptions = {}) => {
      const n = a.shape[a.shape.length - 1];
      const list = matricesOf(a).map((m, i) => unpacked(m, pivots.data.slice(i * n, (i + 1) * n)));
      const whole = new Dense(a.shape, list.flat(2));
      return applied(m => inverse(o.adjoint === true ? turned(m) : m), whole, b, o.left);
    },
    errors: [
      ...squareErrors('luSolve', a => luSolve(a, zeros([2], { dtype: 'int32' }), zeros([2, 1]))),
      twoDTypes('luSolve', (a, b) => luSolve(a, zeros([2], { dtype: 'int32' }), b)),
      {
        label: 'pivots that are no indices',
        call: () => luSolve(zeros([2, 2]), zeros([2]), zeros([2, 1])),
        error: DTypeError,
        message: /^luSolve: expected int32 pivots, got float32/,
      },
      {
        label: 'pivots of another shape',
        call: () => luSolve(zeros([2, 2]), zeros([3], { dtype: 'int32' }), zeros([2, 1])),
        error: ShapeError,
        message:
          /^luSolve: pivots of shape \[3\] do not belong to factors of shape \[2, 2\]; expected shape \[2\]/,
      },
      {
        label: 'a pivot outside',
        call: () => luSolve(zeros([2, 2]), tensor(Int32Array.of(1, 3)), zeros([2, 1])),
        error: IndexError,
        message: /^luSolve: pivot 3 at position 1 is outside 2 rows; expected 1 to 2/,
      },
      {
        label: 'a singular matrix',
        call: () => luSolve(zeros([2, 2]), tensor(Int32Array.of(1, 2)), zeros([2, 1])),
        error: LinalgError,
        message: /^luSolve: the matrix is singular: element 0 of the diagonal/,
      },
    ],
  },
  lstsq: {
    op: lstsq as never,
    noMethod: functionOnly,
    calls: {
      'more equations': d => [separated(d, [4, 2]), right(d, [4, d.size()])],
      'as many': d => [separated(d, [2, 2]), right(d, [2, 1])],
      'fewer: the smallest solution': d => [separated(d, [2, 4]), right(d, [2, 2])],
      'a vector': d => [separated(d, [3, 2]), right(d, [3])],
      'batches broadcast': d => [separated(d, [2, 1, 3, 2]), right(d, [2, 3, 2])],
      'no unknowns': d => [d.tensor([3, 0]), right(d, [3, 2])],
    },
    naive: (a: Dense, b: Dense) => {
      const [m, n] = a.shape.slice(-2);
      const vector = b.shape.length === 1;
      const columns = vector ? new Dense([...b.shape, 1], b.data) : b;
      const k = columns.shape[columns.shape.length - 1];
      const best = (x: Rows): Rows => {
        const t = turned(x, n);
        return m >= n ? times(inverse(times(t, x, n)), t, m) : times(t, inverse(times(x, t, m)), m);
      };
      const x = pairwise(a, columns, [n, k], (l, r) => times(best(l), r, k));
      const distances = pairwise(a, columns, [1, k], (l, r) => {
        const missed = plus(times(l, times(best(l), r, k), k), r, -1);
        return [Array.from({ length: k }, (_, j) => missed.reduce((sum, row) => sum + row[j] ** 2, 0))];
      });
      const lead = distances.shape.slice(0, -2);
      return vector
        ? [new Dense(x.shape.slice(0, -1), x.data), new Dense(lead, distances.data)]
        : [x, new Dense([...lead, k], distances.data)];
    },
    errors: [
      ...squareErrors('lstsq', a => lstsq(a, zeros([2, 1]))).filter(e => e.label !== 'not square'),
      twoDTypes('lstsq', lstsq as unknown as Loose),
      wrongRows('lstsq', lstsq as unknown as Loose),
      wrongBatch('lstsq', lstsq as unknown as Loose),
      {
        label: 'not of full rank',
        call: () =>
          lstsq(
            tensor([
              [1, 1],
              [1, 1],
              [1, 1],
            ]),
            zeros([3, 1]),
          ),
        error: LinalgError,
        message:
          /^lstsq: the matrix of 3 rows and 2 columns has not full rank: element 1 of the diagonal of r .* Use matmul\(pinv/,
      },
      {
        label: 'a scalar on the right side',
        call: () => lstsq(zeros([2, 2]), zeros([])),
        error: ShapeError,
        message: /^lstsq: expected right sides \[m\]/,
      },
      {
        label: 'a negative rcond',
        call: () => lstsq(zeros([2, 2]), zeros([2]), { rcond: -1 }),
        error: ArgumentError,
        message: /^lstsq: rcond is -1; expected a number from 0/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
