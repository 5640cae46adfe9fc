import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, LinalgError, ShapeError, tensor, zeros } from '../src/index.js';
import {
  deficient,
  each,
  functionOnly,
  inverse,
  invertible,
  matricesOf,
  matrixErrors,
  type Rows,
  separated,
  squareErrors,
  symmetric,
  times,
  turned,
  unit,
  widthOf,
} from './linalg.js';
import { Dense } from './naive.js';
import type { OpInfo } from './types.js';

type Loose = (...args: unknown[]) => ag.Tensor;
const [pinv, matrixRank, matrixPower, matrixExp, multiDot, trace] = [
  ag.pinv,
  ag.matrixRank,
  ag.matrixPower,
  ag.matrixExp,
  ag.multiDot,
  ag.trace,
] as unknown as Loose[];

/** Moore and Penrose's, of a matrix of full rank. */
function pseudoinverse(a: Rows, n: number): number[][] {
  const t = turned(a, n);
  return a.length >= n
    ? times(inverse(times(t, a, n)), t, a.length)
    : times(t, inverse(times(a, t, a.length)), a.length);
}

function power(a: Rows, n: number): number[][] {
  let result = unit(a.length);
  const factor = n < 0 ? inverse(a) : a;
  for (let i = 0; i < Math.abs(n); i++) result = times(result, factor);
  return result;
}

/** By the series, of an eighth of the matrix. */
function exponential(a: Rows): number[][] {
  const part = a.map(row => row.map(x => x / 8));
  let term = unit(a.length);
  let sum = term;
  for (let i = 1; i < 40; i++) {
    term = times(term, part).map(row => row.map(x => x / i));
    sum = sum.map((row, r) => row.map((x, c) => x + term[r][c]));
  }
  for (let i = 0; i < 3; i++) sum = times(sum, sum);
  return sum;
}

export const linalgProductSamples = {
  pinv: {
    op: pinv,
    noMethod: functionOnly,
    calls: {
      tall: d => [separated(d, [3, 2])],
      'a wide batch': d => [separated(d, [2, 2, 3])],
      square: d => [invertible(d, [3, 3])],
      'with tolerances': d => [separated(d, [2, 2]), { atol: 0.1, rtol: 0.01 }],
      empty: d => [d.tensor([0, 3])],
    },
    edges: {
      zeros: d => [d.of(new Array<number>(6).fill(0), [2, 3])],
      'values up to a tolerance count as 0': d => [d.of([4, 0, 0, 0.5], [2, 2]), { atol: d.of([1], []) }],
      symmetric: d => [d.of([0, Number.NaN, 2, 0], [2, 2]), { hermitian: true }],
    },
    naive: (a: Dense) => {
      const [m, n] = a.shape.slice(-2);
      return each(a, [n, m], x => {
        if (x.flat().every(y => y === 0)) return turned(x, n);
        if (x[0][0] === 4 && x[1][1] === 0.5)
          return [
            [0.25, 0],
            [0, 0],
          ];
        if (Number.isNaN(x[0][1]))
          return [
            [0, 0.5],
            [0.5, 0],
          ];
        return pseudoinverse(x, n);
      });
    },
    errors: [
      ...matrixErrors('pinv', pinv),
      {
        label: 'a negative tolerance',
        call: () => pinv(zeros([2, 2]), { rtol: -1 }),
        error: ArgumentError,
        message: /^pinv: rtol is -1; expected a number from 0/,
      },
      {
        label: 'not symmetric',
        call: () => pinv(zeros([2, 3]), { hermitian: true }),
        error: ShapeError,
        message: /^pinv: expected square matrices/,
      },
      {
        label: 'infinite',
        call: () => pinv(tensor([[Number.POSITIVE_INFINITY]])),
        error: LinalgError,
        message: /^pinv: the matrix has no singular values/,
      },
    ],
  },
  matrixRank: {
    op: matrixRank,
    noMethod: functionOnly,
    noDerivative: 'a rank moves in jumps',
    calls: {
      full: d => [separated(d, [3, 2])],
      less: d => [deficient(d, [2, 4, 3], 2)],
      symmetric: d => [symmetric(d, [3, 3]), { hermitian: true }],
      empty: d => [d.tensor([2, 0, 3])],
    },
    edges: {
      zeros: d => [d.of([0, 0, 0, 0], [2, 2])],
    },
    naive: (a: Dense) =>
      each(a, [], x => {
        const work = x.map(row => [...row]);
        let rank = 0;
        for (let c = 0; c < widthOf(work) && rank < work.length; c++) {
          let p = rank;
          for (let i = rank; i < work.length; i++) if (Math.abs(work[i][c]) > Math.abs(work[p][c])) p = i;
          if (Math.abs(work[p][c]) < 1e-5) continue;
          [work[p], work[rank]] = [work[rank], work[p]];
          for (let i = rank + 1; i < work.length; i++) {
            const factor = work[i][c] / work[rank][c];
            work[i] = work[i].map((y, j) => y - factor * work[rank][j]);
          }
          rank++;
        }
        return rank;
      }),
    errors: [
      ...matrixErrors('matrixRank', matrixRank),
      {
        label: 'a tolerance that is no number',
        call: () => matrixRank(zeros([2, 2]), { atol: 'small' }),
        error: ArgumentError,
        message: /^matrixRank: atol is 'small'; expected a number from 0/,
      },
    ],
  },
  matrixPower: {
    op: matrixPower,
    noMethod: functionOnly,
    calls: {
      cube: d => [invertible(d, [3, 3]), 3],
      'first power': d => [invertible(d, [2, 2]), 1],
      'sixth power of a batch': d => [d.tensor([2, 2, 2], { min: -1, max: 1 }), 6],
      negative: d => [invertible(d, [3, 3]), -2],
      none: d => [d.tensor([2, 2, 2]), 0],
      empty: d => [d.tensor([0, 0]), 2],
    },
    naive: (a: Dense, n: number) => each(a, a.shape.slice(-2), x => power(x, n)),
    errors: [
      ...squareErrors('matrixPower', a => matrixPower(a, 2)),
      {
        label: 'no whole number',
        call: () => matrixPower(zeros([2, 2]), 0.5),
        error: ArgumentError,
        message: /^matrixPower: n is 0.5; expected a whole number/,
      },
      {
        label: 'a singular matrix has no negative power',
        call: () => matrixPower(zeros([2, 2]), -1),
        error: LinalgError,
        message: /^matrixPower: the matrix is singular: pivot 0 of its 2/,
      },
    ],
  },
  matrixExp: {
    op: matrixExp,
    noMethod: functionOnly,
    calls: {
      'tiny: degree 3': d => [d.tensor([2, 2], { min: -0.005, max: 0.005 })],
      'small: degree 5': d => [d.tensor([2, 2], { min: -0.1, max: 0.1 })],
      'degree 7': d => [d.tensor([2, 2, 2], { min: -0.4, max: 0.4 })],
      'degree 9 or 13': d => [d.tensor([3, 3], { min: -1, max: 1 })],
      'squared again: nearly a rotation': d => {
        const x = d.tensor([4], { min: -0.4, max: 0.4 }).toTypedArray();
        return [d.of([x[0], x[1] + 6, x[2] - 6, x[3]], [2, 2])];
      },
      'one element': d => [d.tensor([1, 1], { min: -8, max: 2 })],
      empty: d => [d.tensor([0, 0])],
    },
    edges: {
      zeros: d => [d.of([0, 0, 0, 0], [2, 2])],
      'one of a batch is not finite': d => [d.of([0, Number.NaN, 0, 0, 1, 2, 3, 4], [2, 2, 2])],
    },
    naive: (a: Dense) =>
      each(a, a.shape.slice(-2), x =>
        x.flat().some(Number.isNaN) ? x.map(row => row.map(() => Number.NaN)) : exponential(x),
      ),
    errors: squareErrors('matrixExp', matrixExp),
  },
  multiDot: {
    op: multiDot,
    noMethod: functionOnly,
    calls: {
      'two matrices': d => [[d.tensor([2, 3]), d.tensor([3, d.size()])]],
      'three matrices': d => [[d.tensor([4, 2]), d.tensor([2, 3]), d.tensor([3, 1])]],
      // One number, which must not come out near 0 by cancellation: errors are relative to the largest element.
      'vectors at the ends': d => [[[3], [3, 2], [2, 2], [2]].map(shape => d.tensor(shape, { min: 0.5 }))],
      'a vector first': d => [[d.tensor([3]), d.tensor([3, 2])]],
      empty: d => [[d.tensor([0, 2]), d.tensor([2, 2]), d.tensor([2, 3])]],
    },
    naive: (list: readonly Dense[]) => {
      const last = list.length - 1;
      const matrices = list.map((x, i) => {
        if (x.shape.length === 2) return x;
        return new Dense(i === 0 ? [1, ...x.shape] : [...x.shape, 1], x.data);
      });
      const product = matrices.map(x => matricesOf(x)[0]).reduce((a, b) => times(a, b));
      return new Dense([...list[0].shape.slice(0, -1), ...list[last].shape.slice(1)], product.flat());
    },
    errors: [
      {
        label: 'one matrix',
        call: () => multiDot([zeros([2, 2])]),
        error: ArgumentError,
        message: /^multiDot: got \[Tensor\]; expected a list of two tensors or more/,
      },
      {
        label: 'a vector in between',
        call: () => multiDot([zeros([2, 2]), zeros([2]), zeros([2, 2])]),
        error: ShapeError,
        message: /^multiDot: tensor 1 has shape \[2\]; expected a matrix\. Use matmul/,
      },
      {
        label: 'sizes that differ',
        call: () => multiDot([zeros([2, 3]), zeros([3, 4]), zeros([5, 2])]),
        error: ShapeError,
        message: /^multiDot: tensors 1 and 2 of shapes \[3, 4\] and \[5, 2\] do not fit: 4 and 5/,
      },
      {
        label: 'two dtypes',
        call: () => multiDot([zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })]),
        error: DTypeError,
        message: /^multiDot: operands have dtypes float32 and float64/,
      },
    ],
  },
  trace: {
    op: trace,
    noMethod: functionOnly,
    calls: {
      square: d => [d.tensor([3, 3])],
      tall: d => [d.tensor([4, 2])],
      wide: d => [d.tensor([2, 4])],
      empty: d => [d.tensor([0, 3])],
    },
    edges: {
      int32: d => [d.ints([3, 3], -5, 5)],
    },
    naive: (x: Dense) => new Dense([], [matricesOf(x)[0].reduce((sum, row, i) => sum + (row[i] ?? 0), 0)]),
    errors: [
      {
        label: 'a batch',
        call: () => trace(zeros([2, 3, 3])),
        error: ShapeError,
        message: /^trace: expected a matrix, got shape \[2, 3, 3\]/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
