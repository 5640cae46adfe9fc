import * as ag from '../src/index.js';
import { IndexError, ShapeError, zeros } from '../src/index.js';
import type { Draw } from './draw.js';
import { along, type Dense, reduce } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { wrongDType } from './unary.js';

type Dims = number | readonly number[];
export type ReduceOp = (x: ag.Tensor, dim?: Dims, options?: ag.ReduceOptions) => ag.Tensor;
type Make = (d: Draw, shape: readonly number[]) => ag.Tensor;

const ordinary: Make = (d, shape) => d.tensor(shape);
/** Extrema have kinks at ties. */
export const distinct: Make = (d, shape) => d.distinct(shape);

function dimErrors(name: string, op: ReduceOp): ErrorCase[] {
  return [
    {
      label: 'no such dim',
      call: () => op(zeros([2, 3]), 2),
      error: IndexError,
      message: new RegExp(
        `^${name}: dim 2 is outside the range of a tensor with 2 dims: expected a whole number from -2 to 1`,
      ),
    },
    {
      label: 'a fraction as dim',
      call: () => op(zeros([2, 3]), 0.5),
      error: IndexError,
      message: new RegExp(`^${name}: dim 0\\.5 is outside`),
    },
  ];
}

export function listErrors(name: string, op: ReduceOp): ErrorCase[] {
  return [
    ...dimErrors(name, op),
    {
      label: 'a dim named twice',
      call: () => op(zeros([2, 3]), [1, -1]),
      error: IndexError,
      message: new RegExp(`^${name}: dim 1 appears twice in \\[1, -1\\]: name each dim once`),
    },
  ];
}

export const emptyError = (name: string, op: ReduceOp): ErrorCase => ({
  label: 'nothing to reduce',
  call: () => op(zeros([2, 0]), 1),
  error: ShapeError,
  message: new RegExp(`^${name}: dim 1 of shape \\[2, 0\\] is empty, and nothing has no ${name}`),
});

function reductions(make: Make): Record<string, (d: Draw) => unknown[]> {
  return {
    'all dims': d => [make(d, [d.size(), d.size(3)])],
    'one dim': d => [make(d, [2, d.size(), 2]), 1],
    'last dim, kept': d => [make(d, [2, d.size()]), -1, { keepdim: true }],
    'two dims': d => [make(d, [2, 3, d.size(3)]), [-1, 0]],
    'two dims, kept': d => [make(d, [2, d.size(3), 2]), [0, 2], { keepdim: true }],
    'all dims, kept': d => [make(d, [2, 2]), undefined, { keepdim: true }],
    'no dims': d => [make(d, [2, 3]), []],
    scalar: d => [make(d, [])],
    'scalar, dim -1': d => [make(d, []), -1],
    transposed: d => [make(d, [3, 4]).transpose(0, 1), 0],
    sliced: d => [make(d, [3, 5]).slice(1, { start: 1, step: 2 }), 1],
    expanded: d => [make(d, [1, 3]).slice(0, { end: 1 }), 0],
    'no rows': d => [make(d, [0, 3]), 1],
  };
}

export const empties: Record<string, (d: Draw) => unknown[]> = {
  'nothing to reduce': d => [d.tensor([2, 0]), 1],
  'nothing at all': d => [d.tensor([0])],
};

export function reduction(
  name: string,
  op: unknown,
  f: (values: readonly number[]) => number,
  make: Make = ordinary,
  more: Partial<OpInfo> = {},
): OpInfo {
  return {
    op: op as ReduceOp,
    calls: { ...reductions(make), ...more.calls },
    edges: more.edges,
    naive: (x: Dense, dim?: Dims, options?: ag.ReduceOptions) => reduce(f, x, dim, options),
    errors: [...listErrors(name, op as ReduceOp), ...(more.errors ?? [])],
  };
}

export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const average = (values: readonly number[]): number => total(values) / values.length;
export const spread = (values: readonly number[], correction: number): number => {
  const m = average(values);
  return total(values.map(x => (x - m) ** 2)) / Math.max(values.length - correction, 0);
};
export const largest = (values: readonly number[]): number =>
  values.some(Number.isNaN) ? Number.NaN : values.reduce((a, b) => Math.max(a, b));
export const smallest = (values: readonly number[]): number =>
  values.some(Number.isNaN) ? Number.NaN : values.reduce((a, b) => Math.min(a, b));
const logSumExp = (values: readonly number[]): number => {
  const m = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(m)) return m;
  return m + Math.log(total(values.map(x => Math.exp(x - m))));
};

/** At least two elements in every reduced run: of one, the unbiased variance is NaN. */
export function variances(): Record<string, (d: Draw) => unknown[]> {
  return {
    'all dims': d => [d.tensor([d.int(2, 4), d.size(3)])],
    'one dim': d => [d.tensor([2, d.int(2, 4), 2]), 1],
    'last dim, kept': d => [d.tensor([2, d.int(2, 4)]), -1, { keepdim: true }],
    'two dims, biased': d => [d.tensor([2, 3, 2]), [-1, 0], { correction: 0 }],
    'correction 2': d => [d.tensor([5]), 0, { correction: 2 }],
    transposed: d => [d.tensor([3, 4]).transpose(0, 1), 0],
    'no rows': d => [d.tensor([0, 3]), 1],
  };
}

function deviation(name: string, op: unknown, finish: (x: number) => number): OpInfo {
  return {
    op: op as ReduceOp,
    calls: variances(),
    edges: { 'one element': d => [d.tensor([2, 1]), 1], 'constant data': d => [d.of([2, 2, 2])] },
    naive: (x: Dense, dim?: Dims, options?: ag.VarOptions) =>
      reduce(values => finish(spread(values, options?.correction ?? 1)), x, dim, options),
    errors: [...listErrors('(var|std)', op as ReduceOp), wrongDType('var', op as ReduceOp)].map(e => ({
      ...e,
      label: `${e.label} (${name})`,
    })),
  };
}

const argOf =
  (better: (a: number, b: number) => boolean) =>
  (values: readonly number[]): number =>
    values.reduce((best, x, i) => {
      if (Number.isNaN(values[best])) return best;
      return Number.isNaN(x) || better(x, values[best]) ? i : best;
    }, 0);
const argLargest = argOf((a, b) => a > b);
const argSmallest = argOf((a, b) => a < b);

function argReduction(name: string, op: unknown, f: (values: readonly number[]) => number): OpInfo {
  return {
    op: op as ReduceOp,
    calls: {
      'all dims': d => [d.distinct([2, 3])],
      'one dim': d => [d.distinct([2, 3, 2]), 1],
      'last dim, kept': d => [d.distinct([2, 3]), -1, { keepdim: true }],
      'all dims, kept': d => [d.distinct([2, 3]), undefined, { keepdim: true }],
      ties: d => [d.ints([4, 5], 0, 2), 1],
      NaN: d => [d.of([1, Number.NaN, 3, Number.NaN])],
      transposed: d => [d.distinct([3, 4]).transpose(0, 1), 0],
      scalar: d => [d.distinct([])],
      'no rows': d => [d.distinct([0, 3]), 1],
    },
    naive: (x: Dense, dim?: number, options?: ag.ReduceOptions) => reduce(f, x, dim, options),
    noDerivative: 'an index moves in jumps',
    errors: [
      ...dimErrors(name, op as ReduceOp),
      emptyError(name, op as ReduceOp),
      wrongDType(name, op as ReduceOp, 'bool'),
    ],
  };
}

export const extremes: Record<string, (d: Draw) => unknown[]> = {
  ties: d => [d.of([2, 2, 1, 2], [2, 2]), 0],
  'NaN wins': d => [d.of([1, Number.NaN, 3, 4], [2, 2]), 1],
  int32: d => [d.ints([3, 2], -9, 9), 0],
};

function extremum(name: string, op: unknown, f: typeof largest, arg: typeof argLargest): OpInfo {
  const inner = name === 'max' ? '(max|amax|argmax)' : '(min|amin|argmin)';
  return {
    op: op as ReduceOp,
    calls: {
      'all dims': d => [d.distinct([2, d.size()])],
      'one dim': d => [d.distinct([2, d.size(), 2]), 1],
      'last dim, kept': d => [d.distinct([2, d.size()]), -1, { keepdim: true }],
      transposed: d => [d.distinct([3, 4]).transpose(0, 1), 0],
      sliced: d => [d.distinct([3, 5]).slice(1, { start: 1, step: 2 }), 1],
      scalar: d => [d.distinct([])],
      'scalar, dim 0': d => [d.distinct([]), 0],
      'no rows': d => [d.distinct([0, 3]), 1],
    },
    edges: { ...extremes, 'ties in all': d => [d.of([1, 1, 0])] },
    naive: (x: Dense, dim?: number, options?: ag.ReduceOptions) =>
      dim === undefined ? reduce(f, x) : [reduce(f, x, dim, options), reduce(arg, x, dim, options)],
    errors: [...dimErrors(inner, op as ReduceOp), emptyError(inner, op as ReduceOp)],
  };
}

function softmax(name: string, op: unknown, f: (values: readonly number[], i: number) => number): OpInfo {
  const fn = op as (x: ag.Tensor, dim: number) => ag.Tensor;
  return {
    op: fn,
    calls: {
      'last dim': d => [d.tensor([2, d.size()], { min: -3, max: 3 }), -1],
      'first dim': d => [d.tensor([d.size(), 2]), 0],
      'middle dim': d => [d.tensor([2, d.size(), 2]), 1],
      transposed: d => [d.tensor([3, 4]).transpose(0, 1), 1],
      'one class': d => [d.tensor([3, 1]), 1],
      scalar: d => [d.tensor([]), 0],
      'no rows': d => [d.tensor([0, 3]), 1],
      'no classes': d => [d.tensor([3, 0]), 1],
    },
    edges: {
      'large numbers': d => [d.of([1000, 999, -1000, -1000, 0, 88], [2, 3]), 1],
      'minus infinity': d => [d.of([Number.NEGATIVE_INFINITY, 0, 1]), 0],
    },
    naive: (x: Dense, dim: number) => along(f, x, dim),
    errors: [...dimErrors(name, fn as ReduceOp), wrongDType(name, x => fn(x, 0))],
  };
}

export const reduceSamples = {
  sum: reduction('sum', ag.sum, total, ordinary, {
    calls: empties,
    edges: { int32: d => [d.ints([2, 3], -5, 5), 1], bool: d => [d.bools([7])] },
    errors: [],
  }),
  mean: reduction('mean', ag.mean, average, ordinary, {
    edges: empties,
    errors: [wrongDType('mean', ag.mean as ReduceOp)],
  }),
  var: deviation('var', ag.var, x => x),
  std: deviation('std', ag.std, Math.sqrt),
  amax: reduction('amax', ag.amax, largest, distinct, {
    edges: extremes,
    errors: [emptyError('amax', ag.amax as ReduceOp)],
  }),
  amin: reduction('amin', ag.amin, smallest, distinct, {
    edges: extremes,
    errors: [emptyError('amin', ag.amin as ReduceOp)],
  }),
  max: extremum('max', ag.max, largest, argLargest),
  min: extremum('min', ag.min, smallest, argSmallest),
  argmax: argReduction('argmax', ag.argmax, argLargest),
  argmin: argReduction('argmin', ag.argmin, argSmallest),
  logsumexp: reduction('logsumexp', ag.logsumexp, logSumExp, ordinary, {
    edges: {
      ...empties,
      'large numbers': d => [d.of([1000, 999, -1000, -1001], [2, 2]), 1],
      infinities: d => [
        d.of(
          [
            Number.NEGATIVE_INFINITY,
            Number.NEGATIVE_INFINITY,
            Number.POSITIVE_INFINITY,
            0,
            Number.NEGATIVE_INFINITY,
            1,
          ],
          [3, 2],
        ),
        1,
      ],
    },
    errors: [wrongDType('logsumexp', ag.logsumexp as ReduceOp)],
  }),
  softmax: softmax('softmax', ag.softmax, (values, i) => Math.exp(values[i] - logSumExp(values))),
  logSoftmax: softmax('logSoftmax', ag.logSoftmax, (values, i) => values[i] - logSumExp(values)),
} satisfies Record<string, OpInfo>;
