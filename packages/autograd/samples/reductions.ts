import * as ag from '../src/index.js';
import { ArgumentError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { type Dense, dimOf, map, reduce } from './naive.js';
import {
  average,
  distinct,
  empties,
  emptyError,
  extremes,
  largest,
  listErrors,
  type ReduceOp,
  reduction,
  smallest,
  spread,
  total,
  variances,
} from './reduce.js';
import type { OpInfo } from './types.js';
import { wrongDType } from './unary.js';

type Dims = number | readonly number[];

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;
const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);
const counted: Record<string, (d: Draw) => unknown[]> = {
  int32: d => [d.ints([2, 3], -5, 5), 1],
  bool: d => [d.bools([7])],
};

function moments(name: string, op: unknown, finish: (variance: number) => number): OpInfo {
  return {
    op: op as ReduceOp,
    calls: variances(),
    edges: { 'one element': d => [d.tensor([2, 1]), 1], 'constant data': d => [d.of([2, 2, 2])] },
    naive: (x: Dense, dim?: Dims, options?: ag.VarOptions) => [
      reduce(values => finish(spread(values, options?.correction ?? 1)), x, dim, options),
      reduce(average, x, dim, options),
    ],
    errors: [...listErrors(name, op as ReduceOp), wrongDType(name, op as ReduceOp)],
  };
}

/** A reduction of whether elements are other than 0. */
function truth(
  name: string,
  op: unknown,
  f: (values: readonly number[]) => number,
  noDerivative: string,
): OpInfo {
  const { calls, naive, errors } = reduction(name, op, f);
  return {
    op: op as ReduceOp,
    calls: {
      ...calls,
      ...empties,
      'with zeros': d => [d.of([0, 1, 0, -2, 0, 0, 3, 0.5, -1, 0, 0, 1e-30], [4, 3]), 1],
      'zeros alone': d => [d.of([0, 0, -0])],
      'many dims': d => [d.ints([2, 3, 2], 0, 1), [0, -1], { keepdim: true }],
      NaN: d => [d.of([nan, 0, 0, 0], [2, 2]), 1],
      bool: d => [d.bools([3, 3]), 0],
    },
    naive,
    noDerivative,
    errors,
  };
}

const power = (p: number, values: readonly number[]): number => {
  const sizes = values.map(Math.abs);
  if (sizes.length === 0) return 0;
  if (p === 0) return sizes.filter(v => v !== 0).length;
  if (p === inf) return largest(sizes);
  if (p === -inf) return smallest(sizes);
  const sum = total(sizes.map(v => v ** p));
  return sum === 0 ? 0 : sum ** (1 / p);
};

/** A number away from 0, where most norms have kinks. */
const away = { avoid: [0], margin: 0.3 };

const normCalls: Record<string, (d: Draw) => unknown[]> = {
  'all dims': d => [d.tensor([d.size(), d.size(3)], away)],
  'order 2, one dim': d => [d.tensor([2, d.size(), 2], away), 2, 1],
  fro: d => [d.tensor([2, 2, 3], away), 'fro', [0, 2], { keepdim: true }],
  'order 1': d => [d.tensor([2, d.size()], away), 1, -1, { keepdim: true }],
  'order 1.5': d => [d.tensor([3, d.size()], away), 1.5, 0],
  'order 3': d => [d.tensor([2, 3], away), 3, [0, 1]],
  'order 0.5': d => [d.tensor([2, 2], away), 0.5, 1],
  'order -1': d => [d.tensor([2, 3], away), -1, 1],
  'order 0': d => [d.tensor([2, 3], away), 0, 1],
  infinity: d => [d.distinct([2, d.size()], { offset: 4 }), inf, 1],
  'minus infinity': d => [d.distinct([2, 3], { offset: 4 }), -inf],
  'an element of 0': d => [d.of([0, 1, -2]), 2],
  'order 4, an element of 0': d => [d.of([0, 1, -2]), 4],
  'no dims': d => [d.tensor([2, 3], away), 3, []],
  scalar: d => [d.tensor([], away)],
  transposed: d => [d.tensor([3, 4], away).transpose(0, 1), 2, 0],
  'no rows': d => [d.tensor([0, 3]), 2, 1],
  nothing: d => [d.tensor([2, 0]), 2, 1],
};

export const reductionSamples = {
  prod: reduction('prod', ag.prod, product, undefined, {
    calls: {
      ...empties,
      'a factor of 0': d => [d.of([2, 0, -1.5, 1, 3, 0.5], [2, 3]), 1],
      'factors of 0': d => [d.of([2, 0, -1.5, 0, 3, 0.5], [2, 3])],
      'zeros, two dims': d => [d.of([0, 1, 2, 3, 0, 0, 1, 2], [2, 2, 2]), [0, 2]],
    },
    edges: { ...counted, infinities: d => [d.of([inf, 2, -inf])] },
  }),
  varMean: moments('varMean', ag.varMean, x => x),
  stdMean: moments('stdMean', ag.stdMean, Math.sqrt),
  any: truth('any', ag.any, v => Number(v.some(x => x !== 0)), 'its output is bool'),
  all: truth('all', ag.all, v => Number(v.every(x => x !== 0)), 'its output is bool'),
  countNonzero: truth(
    'countNonzero',
    ag.countNonzero,
    v => v.filter(x => x !== 0).length,
    'a count moves in jumps',
  ),
  nansum: reduction('nansum', ag.nansum, v => total(v.filter(x => !Number.isNaN(x))), undefined, {
    calls: empties,
    edges: { ...counted, NaN: d => [d.of([1, nan, nan, nan, inf, 2], [3, 2]), 1] },
  }),
  nanmean: reduction('nanmean', ag.nanmean, v => average(v.filter(x => !Number.isNaN(x))), undefined, {
    edges: { ...empties, NaN: d => [d.of([1, nan, nan, nan, inf, 2], [3, 2]), 1] },
    errors: [wrongDType('nanmean', ag.nanmean as ReduceOp)],
  }),
  aminmax: {
    op: ag.aminmax as unknown as ReduceOp,
    calls: reduction('aminmax', ag.aminmax, largest, distinct).calls,
    edges: extremes,
    naive: (x: Dense, dim?: Dims, options?: ag.ReduceOptions) => [
      reduce(smallest, x, dim, options),
      reduce(largest, x, dim, options),
    ],
    errors: [
      ...listErrors('aminmax', ag.aminmax as unknown as ReduceOp),
      {
        ...emptyError('aminmax', ag.aminmax as unknown as ReduceOp),
        message: /^aminmax: dim 1 of shape \[2, 0\] is empty/,
      },
    ],
  },
  norm: {
    op: ag.norm,
    calls: normCalls,
    edges: {
      zeros: d => [d.of([0, 0, 1, 0], [2, 2]), 2, 1],
      'zeros, order 3': d => [d.of([0, 0, 1, 0], [2, 2]), 3, 1],
      'zeros, order -1': d => [d.of([0, 0, 1, 0], [2, 2]), -1, 1],
      'zeros, order 0': d => [d.of([0, 0, 1, 0, nan, 2], [3, 2]), 0, 1],
      'ties, infinity': d => [d.of([1, -1, 0.5]), inf],
      'ties, minus infinity': d => [d.of([1, -1, 2]), -inf],
      NaN: d => [d.of([1, nan, 2]), 2],
      'NaN, infinity': d => [d.of([1, nan, 2]), inf],
      infinities: d => [d.of([inf, 1, -inf]), 3],
      'nothing, infinity': d => [d.tensor([2, 0]), inf, 1],
      'nothing, order -1': d => [d.tensor([0]), -1],
    },
    naive: (x: Dense, p: number | 'fro' = 2, dim?: Dims, options?: ag.ReduceOptions) =>
      reduce(v => power(p === 'fro' ? 2 : p, v), x, dim, options),
    errors: [
      ...listErrors('norm', (x, dim) => ag.norm(x, 2, dim)),
      wrongDType('norm', ag.norm as ReduceOp),
      {
        label: 'the nuclear norm',
        call: () => ag.norm(zeros([2, 2]), 'nuc' as 'fro'),
        error: ArgumentError,
        message: /^norm: p is 'nuc', the norm of a matrix; .*Use matrixNorm/,
      },
      {
        label: 'no order',
        call: () => ag.norm(zeros([2, 2]), nan),
        error: ArgumentError,
        message: /^norm: p is NaN; expected a number, an infinity or 'fro'/,
      },
    ],
  },
  renorm: {
    op: ag.renorm,
    calls: {
      'some are larger': d => [d.tensor([4, 3], away), 2, 0, 1.4],
      'order 1, last dim': d => [d.tensor([2, 3, 2], away), 1, -1, 3.5],
      'order 3': d => [d.tensor([3, 2], away), 3, 1, 0.5],
      infinity: d => [d.distinct([2, 3], { offset: 4 }), inf, 1, 1],
      'none is larger': d => [d.tensor([2, 3], away), 2, 0, 100],
      transposed: d => [d.tensor([3, 2], away).transpose(0, 1), 2, 0, 1],
      'no rows': d => [d.tensor([0, 3]), 2, 0, 1],
    },
    edges: {
      zeros: d => [d.of([0, 0, 3, 4], [2, 2]), 2, 0, 0],
      'a row as long as allowed': d => [d.of([3, 4, 3, 5], [2, 2]), 2, 0, 5],
    },
    naive: (x: Dense, p: number, dim: number, maxnorm: number) => {
      const d = dimOf(dim, x.shape.length);
      const dims = x.shape.flatMap((_, i) => (i === d ? [] : [i]));
      const norms = reduce(v => power(p, v), x, dims, { keepdim: true });
      return map((v, n) => (n > maxnorm ? (v * maxnorm) / (n + 1e-7) : v), x, norms);
    },
    errors: [
      wrongDType('renorm', x => ag.renorm(x, 2, 0, 1)),
      {
        label: 'a vector',
        call: () => ag.renorm(zeros([3]), 2, 0, 1),
        error: ShapeError,
        message: /^renorm: expected two dims at least, got shape \[3\]/,
      },
      {
        label: 'order 0',
        call: () => ag.renorm(zeros([2, 3]), 0, 0, 1),
        error: ArgumentError,
        message: /^renorm: p is 0; expected a number above 0/,
      },
      {
        label: 'a negative limit',
        call: () => ag.renorm(zeros([2, 3]), 2, 0, -1),
        error: ArgumentError,
        message: /^renorm: maxnorm is -1; expected a number from 0/,
      },
      {
        label: 'no such dim',
        call: () => ag.renorm(zeros([2, 3]), 2, 2, 1),
        error: ag.IndexError,
        message: /^renorm: dim 2 is outside/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
