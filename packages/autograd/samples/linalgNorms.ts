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
  each,
  functionOnly,
  inverse,
  invertible,
  matrixErrors,
  type Rows,
  separated,
  singular,
  turned,
} from './linalg.js';
import { build, Dense, dimOf, reduce } from './naive.js';
import type { OpInfo } from './types.js';

type Loose = (...args: unknown[]) => ag.Tensor;
const [vectorNorm, matrixNorm, cond] = [ag.vectorNorm, ag.matrixNorm, ag.cond] as unknown as Loose[];

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
} satisfies Record<string, OpInfo>;
