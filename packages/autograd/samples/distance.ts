import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, ShapeError, zeros } from '../src/index.js';
import { broadcast, build, type Dense, dimOf } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

// Loosely typed: error cases pass what the compiler would refuse.
type Two<Options> = (a: ag.Tensor, b: ag.Tensor, options?: Options) => ag.Tensor;
const cosineSimilarity = ag.cosineSimilarity as Two<ag.CosineSimilarityOptions>;
const pairwiseDistance = ag.pairwiseDistance as Two<ag.PairwiseDistanceOptions>;
const cdist = ag.cdist as Two<ag.CdistOptions>;
const { pdist } = ag;

const aFunction = 'a function only: programs that do not use it do not carry it';
const { POSITIVE_INFINITY: infinity } = Number;

function norm(values: readonly number[], p: number): number {
  const sizes = values.map(Math.abs);
  if (p === 0) return sizes.filter(x => x !== 0).length;
  if (p === infinity) return sizes.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), 0);
  if (p === -infinity) return Math.min(...sizes);
  return sizes.reduce((sum, x) => sum + x ** p, 0) ** (1 / p);
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const dtypes = (name: string, op: Two<never>): ErrorCase[] => [
  {
    label: 'int32',
    call: () => op(zeros([2, 2], { dtype: 'int32' }), zeros([2, 2], { dtype: 'int32' })),
    error: DTypeError,
    message: new RegExp(`^${name}: expected a float32 or float64 first tensor, got int32`),
  },
  {
    label: 'two dtypes',
    call: () => op(zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
    error: DTypeError,
    message: new RegExp(`^${name}: the first tensor is float32 and the second tensor is float64`),
  },
];

const shapes = (name: string, op: Two<never>): ErrorCase => ({
  label: 'shapes that do not broadcast',
  call: () => op(zeros([2, 3]), zeros([2, 4])),
  error: ShapeError,
  message: new RegExp(`^${name}: shapes \\[2, 3\\] and \\[2, 4\\] do not broadcast`),
});

export const distanceSamples = {
  cosineSimilarity: {
    op: cosineSimilarity,
    calls: {
      'dim 1': d => [d.tensor([2, 3], { avoid: [0] }), d.tensor([2, 3], { avoid: [0] })],
      'dim 0': d => [d.tensor([3, d.size()], { avoid: [0] }), d.tensor([3, 1], { avoid: [0] }), { dim: 0 }],
      'dims that broadcast': d => [
        d.tensor([2, 3], { avoid: [0] }),
        d.tensor([2, 1, 3], { avoid: [0] }),
        { dim: -1 },
      ],
      'one of them of size 1 in the dim': d => [
        d.tensor([2, 1], { avoid: [0] }),
        d.tensor([3], { avoid: [0] }),
      ],
      scalars: d => [d.tensor([], { avoid: [0] }), d.tensor([], { avoid: [0] }), { dim: 0 }],
      transposed: d => [d.tensor([3, 2], { avoid: [0] }).transpose(0, 1), d.tensor([2, 3], { avoid: [0] })],
      'no vectors': d => [d.tensor([0, 3]), d.tensor([0, 3])],
    },
    edges: {
      'shorter than eps': d => [d.tensor([2, 3]), d.tensor([2, 3]), { eps: 5 }],
      'of nothing': d => [d.of([0, 0, 1, 2], [2, 2]), d.of([1, 2, 0, 0], [2, 2])],
    },
    naive: (a: Dense, b: Dense, { dim = 1, eps = 1e-8 }: ag.CosineSimilarityOptions = {}) => {
      const shape = broadcast(a.shape, b.shape);
      const d = dimOf(dim, shape.length);
      return build(shape.toSpliced(d, 1), index => {
        const values = (x: Dense): number[] =>
          range(shape[d] ?? 1).map(i => x.at(shape.length === 0 ? [] : index.toSpliced(d, 0, i)));
        const [u, v] = [values(a), values(b)];
        const length = (w: readonly number[]): number => Math.max(norm(w, 2), eps);
        return u.reduce((sum, x, i) => sum + x * v[i], 0) / (length(u) * length(v));
      });
    },
    noMethod: aFunction,
    errors: [
      ...dtypes('cosineSimilarity', cosineSimilarity),
      shapes('cosineSimilarity', cosineSimilarity),
      {
        label: 'a negative eps',
        call: () => cosineSimilarity(zeros([2, 2]), zeros([2, 2]), { eps: -1 }),
        error: ArgumentError,
        message: /^cosineSimilarity: eps is -1; expected a number from 0/,
      },
    ],
  },
  pairwiseDistance: {
    op: pairwiseDistance,
    calls: {
      'p = 2': d => [d.tensor([2, 3]), d.tensor([2, 3])],
      'p = 1, keeping the dim': d => [
        d.distinct([2, 3]),
        d.distinct([2, 3], { offset: 9 }),
        { p: 1, keepdim: true },
      ],
      'p = 3, broadcast': d => [d.tensor([2, 1, 3]), d.tensor([2, 3], { min: 3, max: 5 }), { p: 3 }],
      'p = infinity': d => [d.distinct([2, 3]), d.of([9, 9, 9, 9, 9, 9], [2, 3]), { p: infinity, eps: 0 }],
      'p = -infinity': d => [d.distinct([2, 3]), d.of([9, 9, 9, 9, 9, 9], [2, 3]), { p: -infinity, eps: 0 }],
      'p = -1': d => [d.tensor([3]), d.tensor([3], { min: 3, max: 5 }), { p: -1 }],
      'no vectors': d => [d.tensor([0, 3]), d.tensor([0, 3])],
    },
    edges: {
      'p = 0': d => [d.of([1, 2, 3]), d.of([1, 0, 3]), { p: 0, eps: 0 }],
      'the same': d => [d.of([1, 2, 3]), d.of([1, 2, 3]), { eps: 0 }],
      'NaN and an infinity': d => [d.of([Number.NaN, 2, infinity, 1], [2, 2]), d.tensor([2, 2])],
    },
    naive: (a: Dense, b: Dense, { p = 2, eps = 1e-6, keepdim = false }: ag.PairwiseDistanceOptions = {}) => {
      const shape = broadcast(a.shape, b.shape);
      const n = shape[shape.length - 1];
      return build([...shape.slice(0, -1), ...(keepdim ? [1] : [])], index => {
        const at = index.slice(0, shape.length - 1);
        return norm(
          range(n).map(i => a.at([...at, i]) - b.at([...at, i]) + eps),
          p,
        );
      });
    },
    noMethod: aFunction,
    errors: [
      ...dtypes('pairwiseDistance', pairwiseDistance),
      shapes('pairwiseDistance', pairwiseDistance),
      {
        label: 'p is no number',
        call: () => pairwiseDistance(zeros([2]), zeros([2]), { p: 'two' as never }),
        error: ArgumentError,
        message: /^pairwiseDistance: p is 'two'; expected a number/,
      },
    ],
  },
  cdist: {
    op: cdist,
    calls: {
      'p = 2': d => [d.tensor([2, 3]), d.tensor([d.size(), 3])],
      'p = 2, batches': d => [d.tensor([2, 1, 2, 3]), d.tensor([3, 1, 3])],
      'p = 2, many': d => [d.tensor([26, 2]), d.tensor([2, 2], { min: 3, max: 5 })],
      'p = 2, by a matrix product': d => [
        d.tensor([2, 2, 3]),
        d.tensor([3, 3], { min: 3, max: 5 }),
        { matmul: true },
      ],
      'p = 1': d => [d.tensor([2, 2]), d.tensor([3, 2], { min: 3, max: 5 }), { p: 1 }],
      'p = 3': d => [d.tensor([2, 2]), d.tensor([3, 2], { min: 3, max: 5 }), { p: 3 }],
      'p = 0.5': d => [d.tensor([2, 2]), d.tensor([3, 2], { min: 3, max: 5 }), { p: 0.5 }],
      'p = infinity': d => [d.distinct([2, 2]), d.of([9, 19, 9, 29], [2, 2]), { p: infinity }],
      transposed: d => [d.tensor([3, 2]).transpose(0, 1), d.tensor([2, 3])],
      'vectors of no elements': d => [d.tensor([2, 0]), d.tensor([3, 0])],
      'no vectors': d => [d.tensor([0, 2]), d.tensor([3, 2])],
    },
    edges: {
      'p = 0': d => [d.of([1, 2, 3, 4], [2, 2]), d.of([1, 0, 3, 4], [2, 2]), { p: 0 }],
      ...Object.fromEntries(
        [0.5, 1, 1.5, 2, 3, infinity].map(p => [
          `equal vectors, p = ${p}`,
          (d: Parameters<NonNullable<OpInfo['edges']>[string]>[0]) => [
            d.of([1, 2, 3, 4], [2, 2]),
            d.of([1, 2, 5, 4], [2, 2]),
            { p },
          ],
        ]),
      ),
      'p = infinity, no elements': d => [d.tensor([2, 0]), d.tensor([1, 0]), { p: infinity }],
      NaN: d => [d.of([Number.NaN, 2], [1, 2]), d.tensor([2, 2])],
    },
    naive: (a: Dense, b: Dense, { p = 2 }: ag.CdistOptions = {}) => {
      const [m, n] = [a.shape[a.shape.length - 2], b.shape[b.shape.length - 2]];
      const size = a.shape[a.shape.length - 1];
      const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
      return build([...batch, m, n], index => {
        const [at, i, j] = [index.slice(0, -2), index[index.length - 2], index[index.length - 1]];
        return norm(
          range(size).map(k => a.at([...at, i, k]) - b.at([...at, j, k])),
          p,
        );
      });
    },
    noMethod: aFunction,
    errors: [
      ...dtypes('cdist', cdist),
      {
        label: 'vectors of two sizes',
        call: () => cdist(zeros([2, 3]), zeros([2, 4])),
        error: ShapeError,
        message:
          /^cdist: expected vectors of one size as \[\.\.\., P, M\] and \[\.\.\., R, M\], got shapes \[2, 3\] and \[2, 4\]/,
      },
      {
        label: 'batches that do not broadcast',
        call: () => cdist(zeros([2, 3, 1]), zeros([3, 3, 1])),
        error: ShapeError,
        message: /^cdist: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'a negative p',
        call: () => cdist(zeros([2, 3]), zeros([2, 3]), { p: -1 }),
        error: ArgumentError,
        message: /^cdist: p is -1; expected a number from 0/,
      },
    ],
  },
  pdist: {
    op: pdist,
    calls: {
      'p = 2': d => [d.tensor([d.int(2, 5), 3])],
      'p = 1': d => [d.distinct([3, 2]), { p: 1 }],
      'p = 4': d => [d.tensor([3, 2]), { p: 4 }],
      'p = infinity': d => [d.of([1, 2, 5, 9, -3, 20], [3, 2]), { p: infinity }],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1)],
      'one vector': d => [d.tensor([1, 3])],
    },
    edges: { 'equal vectors': d => [d.of([1, 2, 1, 2], [2, 2])], 'p = 0': d => [d.tensor([3, 2]), { p: 0 }] },
    naive: (x: Dense, { p = 2 }: ag.PdistOptions = {}) => {
      const [n, size] = x.shape;
      const pairs = range(n).flatMap(i => range(n - 1 - i).map(k => [i, i + 1 + k]));
      return build([pairs.length], ([at]) => {
        const [i, j] = pairs[at];
        return norm(
          range(size).map(k => x.at([i, k]) - x.at([j, k])),
          p,
        );
      });
    },
    noMethod: aFunction,
    errors: [
      {
        label: 'a batch',
        call: () => pdist(zeros([2, 3, 4])),
        error: ShapeError,
        message: /^pdist: expected vectors as \[N, M\], got shape \[2, 3, 4\]\. Use cdist/,
      },
      {
        label: 'int32',
        call: () => pdist(zeros([2, 3], { dtype: 'int32' })),
        error: DTypeError,
        message: /^pdist: expected a float32 or float64 input, got int32/,
      },
      {
        label: 'a negative p',
        call: () => pdist(zeros([2, 3]), { p: -1 }),
        error: ArgumentError,
        message: /^pdist: p is -1; expected a number from 0/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
