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
  singular,
  squareErrors,
  symmetric,
  times,
  turned,
  unit,
  widthOf,
} from './linalg.js';
import { build, Dense, dimOf, reduce } from './naive.js';
import type { OpInfo } from './types.js';

type Loose = (...args: unknown[]) => ag.Tensor;
const [vectorNorm, matrixNorm, cond, pinv, matrixRank, matrixPower, matrixExp, multiDot, trace] = [
  ag.vectorNorm,
  ag.matrixNorm,
  ag.cond,
  ag.pinv,
  ag.matrixRank,
  ag.matrixPower,
  ag.matrixExp,
  ag.multiDot,
  ag.trace,
] as unknown as Loose[];

function lengthOf(values: readonly number[], p: number): number {
  const sizes = values.map(Math.abs);
  if (p === 0) return sizes.filter(x => x !== 0).length;
  if (p === Number.POSITIVE_INFINITY) return Math.max(...sizes);
  if (p === Number.NEGATIVE_INFINITY) return Math.min(...sizes);
  return sizes.reduce((sum, x) => sum + x ** p, 0) ** (1 / p);
}

function sizeOf(a: Rows, ord: ag.MatrixNormOrder): number {
  if (ord === 'fro') return lengthOf(a.flat(), 2);
  if (ord === 'nuc' || Math.abs(ord) === 2) {
    const { s } = a.flat().some(x => x !== 0) ? singular(a) : { s: a.length === 0 ? [] : [0] };
    return ord === 'nuc' ? s.reduce((x, y) => x + y, 0) : ord > 0 ? Math.max(...s) : Math.min(...s);
  }
  const lines = Math.abs(ord) === 1 ? turned(a) : a;
  const sums = lines.map(line => lengthOf(line, 1));
  return ord > 0 ? Math.max(...sums) : Math.min(...sums);
}

/** The two dims put last. */
function moved(x: Dense, dims: readonly number[]): Dense {
  const rank = x.shape.length;
  const last = dims.map(d => dimOf(d, rank));
  const order = [...x.shape.map((_, d) => d).filter(d => !last.includes(d)), ...last];
  return build(
    order.map(d => x.shape[d]),
    index => {
      const at = new Array<number>(rank);
      order.forEach((d, i) => {
        at[d] = index[i];
      });
      return x.at(at);
    },
  );
}

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

const unknownOrder = (name: string, call: Loose) =>
  ({
    label: 'an unknown order',
    call: () => call(zeros([2, 2]), 3),
    error: ArgumentError,
    message: new RegExp(
      `^${name}: ord is 3; expected one of 'fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity`,
    ),
  }) as const;

const away = { avoid: [0], margin: 0.2 };

export const linalgNormSamples = {
  vectorNorm: {
    op: vectorNorm,
    noMethod: functionOnly,
    calls: {
      'of all elements': d => [d.tensor([2, d.size()])],
      'of a scalar': d => [d.tensor([], away)],
      'order 3 of rows': d => [d.tensor([2, 3], away), 3, -1],
      'order 1 of columns': d => [d.tensor([2, 3], away), 1, 0, { keepdim: true }],
      'order 0.5': d => [d.tensor([4], away), 0.5],
      'order -2': d => [d.tensor([3, 2], away), -2, [0]],
      'the largest': d => [d.distinct([3, 2], { offset: 0.15 }), Number.POSITIVE_INFINITY, 0],
      'the smallest': d => [d.distinct([2, 3], { offset: 5 }), Number.NEGATIVE_INFINITY, [0, 1]],
      empty: d => [d.tensor([0])],
      'no rows': d => [d.tensor([0, 3]), 1, -1],
    },
    edges: {
      'order 0 counts': d => [d.of([0, 1, 0, -2, Number.NaN]), 0],
      'zeros, order 2': d => [d.of([0, 0])],
      'zeros, order 0.5': d => [d.of([0, 0]), 0.5],
      'zeros, order -1': d => [d.of([0, 2]), -1],
      NaN: d => [d.of([Number.NaN, 1]), Number.POSITIVE_INFINITY],
      infinite: d => [d.of([Number.POSITIVE_INFINITY, 1]), 3],
    },
    naive: (x: Dense, p = 2, dim?: number | number[], o?: ag.ReduceOptions) =>
      reduce(v => lengthOf(v, p), x, dim, o),
    errors: [
      {
        label: 'int32 is refused',
        call: () => vectorNorm(zeros([2], { dtype: 'int32' })),
        error: DTypeError,
        message: /^vectorNorm: expected a float32 or float64 tensor, got int32/,
      },
      {
        label: 'an order that is no number',
        call: () => vectorNorm(zeros([2]), 'fro'),
        error: ArgumentError,
        message: /^vectorNorm: ord is 'fro'; expected a number, .* Use matrixNorm/,
      },
      {
        label: 'the largest of nothing',
        call: () => vectorNorm(zeros([2, 0]), Number.POSITIVE_INFINITY, 1),
        error: ShapeError,
        message: /^vectorNorm: dim 1 of shape \[2, 0\] is empty, and nothing has no norm of order Infinity/,
      },
      {
        label: 'a dim outside',
        call: () => vectorNorm(zeros([2]), 2, 1),
        error: IndexError,
        message: /^vectorNorm: dim 1 is outside/,
      },
    ],
  },
  matrixNorm: {
    op: matrixNorm,
    noMethod: functionOnly,
    calls: {
      'fro of a batch': d => [d.tensor([2, 2, d.size()])],
      nuc: d => [separated(d, [3, 2]), 'nuc'],
      'nuc of other dims': d => [
        separated(d, [2, 3, 2]).permute([1, 0, 2]),
        'nuc',
        [0, 2],
        { keepdim: true },
      ],
      'order 1': d => [d.tensor([3, 2], away), 1],
      'order -1, of other dims': d => [d.tensor([3, 2, 2], away), -1, [1, 0]],
      'order 2': d => [separated(d, [2, 3]), 2],
      'order -2': d => [separated(d, [2, 2, 2]), -2, [-2, -1], { keepdim: true }],
      'the largest row': d => [d.tensor([3, 2], away), Number.POSITIVE_INFINITY],
      'the smallest row': d => [d.tensor([2, 2], away), Number.NEGATIVE_INFINITY],
      'no rows': d => [d.tensor([2, 0, 3])],
    },
    edges: {
      'zeros, fro': d => [d.of([0, 0, 0, 0], [2, 2])],
      'zeros, nuc': d => [d.of([0, 0, 0, 0], [2, 2]), 'nuc'],
      NaN: d => [d.of([Number.NaN, 0, 0, 1], [2, 2]), 1],
    },
    naive: (
      x: Dense,
      ord: ag.MatrixNormOrder = 'fro',
      dim: readonly number[] = [-2, -1],
      o?: ag.ReduceOptions,
    ) => {
      const values = each(moved(x, dim), [], a => sizeOf(a, ord));
      const last = dim.map(d => dimOf(d, x.shape.length));
      return o?.keepdim === true
        ? new Dense(
            x.shape.map((size, d) => (last.includes(d) ? 1 : size)),
            values.data,
          )
        : values;
    },
    errors: [
      ...matrixErrors('matrixNorm', matrixNorm),
      unknownOrder('matrixNorm', matrixNorm),
      {
        label: 'one dim',
        call: () => matrixNorm(zeros([2, 2]), 'fro', [0]),
        error: ArgumentError,
        message: /^matrixNorm: dim is \[0\]; expected two dims/,
      },
      {
        label: 'a dim twice',
        call: () => matrixNorm(zeros([2, 2]), 'fro', [1, -1]),
        error: IndexError,
        message: /^matrixNorm: dim 1 appears twice in \[1, -1\]/,
      },
      {
        label: 'the largest of nothing',
        call: () => matrixNorm(zeros([0, 2]), Number.POSITIVE_INFINITY),
        error: ShapeError,
        message: /^matrixNorm: dim 0 of shape \[0, 2\] is empty/,
      },
      {
        label: 'NaN',
        call: () => matrixNorm(tensor([[Number.NaN]]), 'nuc'),
        error: LinalgError,
        message: /^matrixNorm: the matrix has no singular values/,
      },
    ],
  },
  cond: {
    op: cond,
    noMethod: functionOnly,
    calls: {
      square: d => [separated(d, [3, 3])],
      'tall, order -2': d => [separated(d, [2, 3, 2]), -2],
      fro: d => [invertible(d, [3, 3]), 'fro'],
      'order 1': d => [invertible(d, [2, 2]), 1],
      empty: d => [d.tensor([0, 0])],
      'no batch': d => [d.tensor([0, 2, 2]), 1],
    },
    edges: {
      singular: d => [d.of([1, 2, 2, 4, 1, 0, 0, 2], [2, 2, 2]), 1],
    },
    naive: (a: Dense, ord: ag.MatrixNormOrder = 2) =>
      each(a, [], x => {
        if (x.length === 0) return 0;
        if (ord !== 2 && ord !== -2) {
          const i = inverse(x);
          return i.flat().every(Number.isFinite) ? sizeOf(x, ord) * sizeOf(i, ord) : Number.POSITIVE_INFINITY;
        }
        const { s } = singular(x);
        const quotient = Math.max(...s) / Math.min(...s);
        return ord === 2 ? quotient : 1 / quotient;
      }),
    errors: [
      ...matrixErrors('cond', cond),
      unknownOrder('cond', cond),
      {
        label: 'no inverse of what is not square',
        call: () => cond(zeros([2, 3]), 'fro'),
        error: ShapeError,
        message: /^cond: expected square matrices, got shape \[2, 3\]/,
      },
    ],
  },
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
      'squared again': d => [invertible(d, [3, 3])],
      'one element': d => [d.tensor([1, 1], { min: -8, max: 2 })],
      empty: d => [d.tensor([0, 0])],
    },
    edges: {
      zeros: d => [d.of([0, 0, 0, 0], [2, 2])],
      NaN: d => [d.of([0, Number.NaN, 0, 0], [2, 2])],
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
      'vectors at the ends': d => [[d.tensor([3]), d.tensor([3, 2]), d.tensor([2, 2]), d.tensor([2])]],
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
