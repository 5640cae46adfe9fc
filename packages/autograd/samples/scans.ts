import * as ag from '../src/index.js';
import { IndexError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { along, type Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { wrongDType } from './unary.js';

type Scan = (x: ag.Tensor, dim: number) => unknown;
type Make = (d: Draw, shape: readonly number[]) => ag.Tensor;

const dimErrors = (name: string, op: Scan): ErrorCase[] => [
  {
    label: 'no such dim',
    call: () => op(zeros([2, 3]), 2),
    error: IndexError,
    message: new RegExp(`^${name}: dim 2 is outside the range of a tensor with 2 dims`),
  },
  {
    label: 'no dim at all',
    call: () => op(zeros([2, 3]), undefined as never),
    error: IndexError,
    message: new RegExp(`^${name}: dim undefined is outside the range`),
  },
];

function calls(make: Make): Record<string, (d: Draw) => unknown[]> {
  return {
    vector: d => [make(d, [d.size(6)]), 0],
    'last dim': d => [make(d, [2, d.size(5)]), -1],
    'first dim': d => [make(d, [d.size(4), 5]), 0],
    'middle dim': d => [make(d, [2, d.size(4), 2]), 1],
    transposed: d => [make(d, [3, 4]).transpose(0, 1), 0],
    sliced: d => [make(d, [3, 5]).slice(1, { start: 1, step: 2 }), 1],
    expanded: d => [make(d, [1, 3]).expand([2, 3]), 0],
    scalar: d => [make(d, []), 0],
    'scalar, dim -1': d => [make(d, []), -1],
    'no rows': d => [make(d, [0, 3]), 1],
    'nothing along the dim': d => [make(d, [2, 0]), 1],
  };
}

/** The reduction of the elements up to each one. */
const upTo =
  (f: (values: readonly number[]) => number) =>
  (x: Dense, dim: number): Dense =>
    along((values, i) => f(values.slice(0, i + 1)), x, dim);

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);
const logarithm = (values: readonly number[]): number => {
  const m = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return Number.isFinite(m) ? m + Math.log(total(values.map(x => Math.exp(x - m)))) : m;
};

/** Where the extreme is: the last of equals, the last NaN. */
const lastOf =
  (better: (a: number, b: number) => boolean) =>
  (values: readonly number[]): number =>
    values.reduce((best, x, i) => {
      if (Number.isNaN(x)) return i;
      return !Number.isNaN(values[best]) && (x === values[best] || better(x, values[best])) ? i : best;
    }, 0);

const ordinary: Make = (d, shape) => d.tensor(shape);
const distinct: Make = (d, shape) => d.distinct(shape);
const inf = Number.POSITIVE_INFINITY;

function extremum(name: string, op: unknown, where: (values: readonly number[]) => number): OpInfo {
  return {
    op: op as Scan,
    calls: Object.fromEntries(Object.entries(calls(distinct)).filter(([label]) => label !== 'expanded')),
    edges: {
      // Repeated elements are ties.
      expanded: d => [d.distinct([1, 3]).expand([2, 3]), 0],
      ties: d => [d.of([1, 1, 0, 1, 2, 2, 0, 0]), 0],
      NaN: d => [d.of([1, Number.NaN, 0, Number.NaN, 2, 2]), 0],
      infinities: d => [d.of([-inf, -inf, 0, inf, inf, 1]), 0],
      int32: d => [d.ints([3, 4], -3, 3), 1],
      bool: d => [d.bools([3, 4]), 0],
    },
    naive: (x: Dense, dim: number) => [upTo(v => v[where(v)])(x, dim), upTo(where)(x, dim)],
    errors: dimErrors(name, op as Scan),
  };
}

const counted: Record<string, (d: Draw) => unknown[]> = {
  int32: d => [d.ints([3, 4], -3, 3), 1],
  bool: d => [d.bools([5]), 0],
};

export const scanSamples = {
  cumsum: {
    op: ag.cumsum,
    calls: calls(ordinary),
    edges: { ...counted, infinities: d => [d.of([1, inf, 2, -inf, 3]), 0] },
    naive: upTo(total),
    errors: dimErrors('cumsum', ag.cumsum),
  },
  cumprod: {
    op: ag.cumprod,
    calls: {
      ...calls(ordinary),
      'a factor of 0': d => [d.of([1.5, -2, 0, 0.5, 3]), 0],
      'several factors of 0': d => [d.of([2, 0, 3, 1, 0, 1, 0, 0.5], [2, 4]), 1],
      zeros: d => [d.of([0, 0, 0]), 0],
    },
    edges: { ...counted, infinities: d => [d.of([1, inf, 2, 0, 3]), 0] },
    naive: upTo(product),
    errors: dimErrors('cumprod', ag.cumprod),
  },
  logcumsumexp: {
    op: ag.logcumsumexp,
    calls: {
      ...calls(ordinary),
      'far apart': d => [d.of([-30, 20, -25, 21, 0, 22]), 0],
    },
    edges: {
      'large numbers': d => [d.of([1000, -1000, 1000, 999, -1e30, 1001], [2, 3]), 1],
      'minus infinity': d => [d.of([-inf, -inf, 0, 1, -inf, 2]), 0],
      infinity: d => [d.of([-inf, 1, inf, 2, inf]), 0],
      NaN: d => [d.of([1, Number.NaN, 2]), 0],
    },
    naive: (x: Dense, dim: number) => upTo(v => (v.some(Number.isNaN) ? Number.NaN : logarithm(v)))(x, dim),
    errors: [
      ...dimErrors('logcumsumexp', ag.logcumsumexp),
      wrongDType('logcumsumexp', x => ag.logcumsumexp(x, 0)),
      {
        label: 'a plain array',
        call: () => ag.logcumsumexp([1, 2] as never, 0),
        error: ag.ArgumentError,
        message:
          /^logcumsumexp: expected a tensor, got \[1, 2\]\. Make it a tensor first: tensor\(\[1, 2\]\)/,
      },
    ],
  },
  cummax: extremum(
    'cummax',
    ag.cummax,
    lastOf((a, b) => a > b),
  ),
  cummin: extremum(
    'cummin',
    ag.cummin,
    lastOf((a, b) => a < b),
  ),
} satisfies Record<string, OpInfo>;
