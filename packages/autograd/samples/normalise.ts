import * as ag from '../src/index.js';
import {
  ArgumentError,
  DTypeError,
  GraphError,
  IndexError,
  ShapeError,
  tensor,
  zeros,
} from '../src/index.js';
import { build, type Dense, dimOf, map, reduce } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const noMethod = 'a function only: programs that do not use it do not carry it';
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const meanSquare = (values: readonly number[]): number => mean(values.map(v => v * v));
const spread = (values: readonly number[]): number => meanSquare(values.map(v => v - mean(values)));

/** [C] as [C, 1, ...] beside x [N, C, ...]; a number where there is none. */
const beside = (t: Dense | null | undefined, x: Dense, none: number): Dense | number =>
  t == null ? none : build([t.data.length, ...x.shape.slice(2).map(() => 1)], ([c]) => t.data[c]);

function standardized(
  x: Dense,
  m: Dense | number,
  v: Dense | number,
  eps: number,
  weight: Dense | number,
  bias: Dense | number,
): Dense {
  return map((a, b, c, d, e) => ((a - b) / Math.sqrt(c + eps)) * d + e, x, m, v, weight, bias);
}

interface Channels {
  readonly runningMean?: Dense | null;
  readonly runningVar?: Dense | null;
  readonly weight?: Dense | null;
  readonly bias?: Dense | null;
  readonly eps?: number;
}

/** With the statistics over dims, or the running ones. */
function channelNorm(x: Dense, dims: number[] | null, { eps = 1e-5, ...o }: Channels): Dense {
  const statistic = (f: (values: readonly number[]) => number, running?: Dense | null): Dense | number =>
    dims === null ? beside(running, x, Number.NaN) : reduce(f, x, dims, { keepdim: true });
  return standardized(
    x,
    statistic(mean, o.runningMean),
    statistic(spread, o.runningVar),
    eps,
    beside(o.weight, x, 1),
    beside(o.bias, x, 0),
  );
}

const trailing = (x: Dense, shape: number | readonly number[]): number[] =>
  [shape].flat().map((_, i, list) => x.shape.length - list.length + i);

function groupNorm(x: Dense, groups: number, { eps = 1e-5, ...o }: Channels = {}): Dense {
  const size = x.shape[1] / groups;
  const own = ([n, c]: readonly number[], f: (values: readonly number[]) => number): number => {
    const rest = x.shape.slice(2).reduce((a, b) => a * b, 1);
    const start = (n * x.shape[1] + Math.floor(c / size) * size) * rest;
    return f(x.data.slice(start, start + size * rest));
  };
  return standardized(
    x,
    build(x.shape, index => own(index, mean)),
    build(x.shape, index => own(index, spread)),
    eps,
    beside(o.weight, x, 1),
    beside(o.bias, x, 0),
  );
}

function responseNorm(
  x: Dense,
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1 }: ag.LocalResponseNormOptions = {},
): Dense {
  return build(x.shape, index => {
    const around = Array.from({ length: size }, (_, j) => index[1] - Math.floor(size / 2) + j);
    const inside = around.filter(c => c >= 0 && c < x.shape[1]).map(c => x.at(index.with(1, c)) ** 2);
    return x.at(index) / (k + (alpha * sum(inside)) / size) ** beta;
  });
}

function norm(values: readonly number[], p: number): number {
  const sizes = values.map(Math.abs);
  if (p === Number.POSITIVE_INFINITY) return Math.max(...sizes);
  if (p === Number.NEGATIVE_INFINITY) return Math.min(...sizes);
  if (p === 0) return sizes.filter(v => v !== 0).length;
  return sum(sizes.map(v => v ** p)) ** (1 / p);
}

function normalize(x: Dense, { p = 2, dim = 1, eps = 1e-12 }: ag.NormalizeOptions = {}): Dense {
  const dims = [dim].flat().map(d => dimOf(d, x.shape.length));
  const norms = reduce(values => norm(values, p), x, dims, { keepdim: true });
  return map((v, n) => v / Math.max(n, eps), x, norms);
}

type Call = (x: ag.Tensor, options?: object) => unknown;

const wholeNumbers = (name: string, call: Call, shape: readonly number[] = [2, 3, 4]): ErrorCase => ({
  label: 'whole numbers',
  call: () => call(zeros(shape, { dtype: 'int32' }) as ag.Tensor),
  error: DTypeError,
  message: new RegExp(`^${name}: expected a float32 or float64 input, got int32`),
});

const notANumber = (name: string, call: Call, option: string): ErrorCase => ({
  label: `NaN as ${option}`,
  call: () => call(zeros([2, 3, 4]), { [option]: Number.NaN }),
  error: ArgumentError,
  message: new RegExp(`^${name}: ${option} is NaN; expected a finite number`),
});

/** Errors of the ops that normalise x [2, 3, 4] and then scale it. */
function affineErrors(name: string, call: Call, wrong: RegExp): ErrorCase[] {
  return [
    wholeNumbers(name, call),
    notANumber(name, call, 'eps'),
    {
      label: 'a weight of another dtype',
      call: () => call(zeros([2, 3, 4]), { weight: zeros([3], { dtype: 'float64' }) }),
      error: DTypeError,
      message: new RegExp(`^${name}: the input is float32 and weight float64; they must be the same`),
    },
    {
      label: 'a weight of another shape',
      call: () => call(zeros([2, 3, 4]), { weight: zeros([5]) }),
      error: ShapeError,
      message: wrong,
    },
    {
      label: 'a number as weight',
      call: () => call(zeros([2, 3, 4]), { weight: 2 }),
      error: ArgumentError,
      message: new RegExp(`^${name}: weight is 2; expected a tensor, or nothing`),
    },
  ];
}

const channelMismatch = (name: string, option: string): RegExp =>
  new RegExp(
    `^${name}: ${option} has shape \\[5\\], the input \\[2, 3, 4\\] with 3 channels in dim 1; expected ${option} of shape \\[3\\]`,
  );

function channelErrors(name: string, call: Call, own: object): ErrorCase[] {
  return [
    ...affineErrors(name, (x, options) => call(x, { ...own, ...options }), channelMismatch(name, 'weight')),
    notANumber(name, (x, options) => call(x, { ...own, ...options }), 'momentum'),
    {
      label: 'running statistics of other channels',
      call: () => call(zeros([2, 3, 4]), { ...own, runningVar: zeros([5]) }),
      error: ShapeError,
      message: channelMismatch(name, 'runningVar'),
    },
    {
      label: 'running statistics that share memory',
      call: () => call(zeros([2, 3, 4]), { ...own, runningMean: zeros([1]).expand([3]) }),
      error: GraphError,
      message: new RegExp(`^${name}: the tensor of shape \\[3\\] is an expanded view`),
    },
    {
      label: 'one value per channel',
      call: () => call(zeros([1, 3, 1]), own),
      error: ShapeError,
      message: new RegExp(
        `^${name}: expected more than 1 value per channel .*, got an input of shape \\[1, 3, 1\\]`,
      ),
    },
    {
      label: 'too few dims',
      call: () => call(zeros([3]), own),
      error: ShapeError,
      message: new RegExp(`^${name}: expected an input of shape \\[N, C, .*\\], got \\[3\\]`),
    },
  ];
}

const noStatistics = (name: string, call: () => unknown): ErrorCase => ({
  label: 'neither statistics',
  call,
  error: ArgumentError,
  message: new RegExp(
    `^${name}: there is no runningMean, and the statistics of the input are not to be used; expected a tensor of shape \\[3\\]`,
  ),
});

const notTheShape = (name: string, call: (shape: readonly number[]) => unknown): ErrorCase[] => [
  {
    label: 'another normalised shape',
    call: () => call([3]),
    error: ShapeError,
    message: new RegExp(
      `^${name}: the last dims of an input of shape \\[2, 3, 4\\] are not the normalizedShape \\[3\\]; expected \\[..., 3\\]`,
    ),
  },
  {
    label: 'no normalised shape',
    call: () => call([]),
    error: ShapeError,
    message: new RegExp(`^${name}: normalizedShape is \\[\\]; expected at least one size`),
  },
  {
    label: 'half a size',
    call: () => call([1.5]),
    error: ShapeError,
    message: new RegExp(`^${name}: size 1.5 in shape \\[1.5\\]`),
  },
];

const notTheWeight = (name: string): RegExp =>
  new RegExp(`^${name}: weight has shape \\[5\\]; expected the normalizedShape \\[4\\]`);

// Inputs are `distinct`: where the elements of a row are nearly the same, what is divided by their deviation has few digits left in float32.

export const normaliseSamples = {
  batchNorm: {
    op: ag.batchNorm,
    calls: {
      'of a batch': d => [d.distinct([4, 2]), { training: true }],
      'of images, scaled and shifted': d => [
        d.distinct([2, 3, 2, 2]),
        { training: true, weight: d.tensor([3]), bias: d.tensor([3]), eps: 0.1 },
      ],
      'with running statistics': d => [
        d.distinct([2, 3, 4]),
        {
          runningMean: d.tensor([3]),
          runningVar: d.tensor([3], { min: 0.5 }),
          weight: d.tensor([3]),
          bias: d.tensor([3]),
        },
      ],
      'one value, with running statistics': d => [
        d.distinct([1, 2]),
        { runningMean: d.tensor([2]), runningVar: d.tensor([2], { min: 0.5 }), weight: null },
      ],
      'no elements': d => [
        d.distinct([0, 2, 3]),
        { training: true, weight: d.tensor([2]), bias: d.tensor([2]) },
      ],
    },
    edges: {
      'constant channels': d => [d.of([3, 1, 3, 2], [2, 2]), { training: true }],
      'far from 0': d => [d.tensor([8, 2], { min: 1e6, max: 1e6 + 64 }), { training: true }],
      'a NaN stays in its channel': d => [d.of([Number.NaN, 1, 3, 2], [2, 2]), { training: true }],
    },
    naive: (x: Dense, o: Channels & { readonly training?: boolean } = {}) =>
      channelNorm(x, o.training === true ? x.shape.map((_, i) => i).filter(i => i !== 1) : null, o),
    noMethod,
    errors: [
      ...channelErrors('batchNorm', ag.batchNorm as Call, { training: true }),
      noStatistics('batchNorm', () => ag.batchNorm(zeros([2, 3]))),
    ],
  },
  instanceNorm: {
    op: ag.instanceNorm,
    calls: {
      plain: d => [d.distinct([2, 3, 4])],
      'of images, scaled and shifted': d => [
        d.distinct([2, 3, 2, 2]),
        { weight: d.tensor([3]), bias: d.tensor([3]), eps: 0.1 },
      ],
      'with running statistics': d => [
        d.distinct([2, 3, 4]),
        { useInputStats: false, runningMean: d.tensor([3]), runningVar: d.tensor([3], { min: 0.5 }) },
      ],
      'no elements': d => [d.distinct([0, 2, 3]), { weight: d.tensor([2]) }],
    },
    naive: (x: Dense, o: Channels & { readonly useInputStats?: boolean } = {}) =>
      channelNorm(x, o.useInputStats === false ? null : x.shape.map((_, i) => i).slice(2), o),
    noMethod,
    errors: [
      ...channelErrors('instanceNorm', ag.instanceNorm as Call, {}),
      noStatistics('instanceNorm', () => ag.instanceNorm(zeros([2, 3, 4]), { useInputStats: false })),
    ],
  },
  layerNorm: {
    op: ag.layerNorm,
    calls: {
      'the last dim': d => [d.distinct([2, 3, 4]), 4],
      'two dims, scaled and shifted': d => [
        d.distinct([2, 3, 4]),
        [3, 4],
        { weight: d.tensor([3, 4]), bias: d.tensor([3, 4]), eps: 0.1 },
      ],
      'a bias alone': d => [d.distinct([5]), [5], { weight: null, bias: d.tensor([5]) }],
      'rows without elements': d => [d.distinct([2, 0]), [0]],
      'no rows': d => [d.distinct([0, 3]), [3], { weight: d.tensor([3]) }],
    },
    edges: {
      'rows of one': d => [d.distinct([3, 1]), [1]],
      'far from 0': d => [d.tensor([2, 8], { min: 1e6, max: 1e6 + 64 }), [8]],
    },
    naive: (x: Dense, shape: number | readonly number[], o: Channels = {}) => {
      const statistic = (f: (values: readonly number[]) => number): Dense =>
        reduce(f, x, trailing(x, shape), { keepdim: true });
      return standardized(x, statistic(mean), statistic(spread), o.eps ?? 1e-5, o.weight ?? 1, o.bias ?? 0);
    },
    noMethod,
    errors: [
      ...affineErrors('layerNorm', (x, o) => ag.layerNorm(x, 4, o), notTheWeight('layerNorm')),
      ...notTheShape('layerNorm', shape => ag.layerNorm(zeros([2, 3, 4]), shape)),
    ],
  },
  rmsNorm: {
    op: ag.rmsNorm,
    calls: {
      'the last dim': d => [d.distinct([2, 3, 4]), 4, { eps: 1e-5 }],
      'two dims, scaled': d => [d.distinct([2, 3, 4]), [3, 4], { weight: d.tensor([3, 4]), eps: 0.1 }],
      'eps of the dtype': d => [d.distinct([3, 5]), [5], { eps: null }],
      'no rows': d => [d.distinct([0, 3]), [3], { weight: d.tensor([3]) }],
    },
    edges: { zeros: d => [d.of([0, 0, 0, 1], [2, 2]), 2] },
    naive: (x: Dense, shape: number | readonly number[], o: Channels = {}) =>
      standardized(
        x,
        0,
        reduce(meanSquare, x, trailing(x, shape), { keepdim: true }),
        o.eps ?? 2 ** -52,
        o.weight ?? 1,
        0,
      ),
    noMethod,
    errors: [
      ...affineErrors('rmsNorm', (x, o) => ag.rmsNorm(x, 4, o), notTheWeight('rmsNorm')),
      ...notTheShape('rmsNorm', shape => ag.rmsNorm(zeros([2, 3, 4]), shape)),
    ],
  },
  groupNorm: {
    op: ag.groupNorm,
    calls: {
      'two groups': d => [d.distinct([2, 4]), 2],
      'of images, scaled and shifted': d => [
        d.distinct([2, 6, 2, 2]),
        3,
        { weight: d.tensor([6]), bias: d.tensor([6]), eps: 0.1 },
      ],
      'one group': d => [d.distinct([1, 2, 3]), 1, { weight: d.tensor([2]) }],
      'no elements': d => [d.distinct([0, 2, 3]), 2, { weight: d.tensor([2]) }],
    },
    edges: { 'groups of one': d => [d.distinct([2, 3]), 3, { bias: d.tensor([3]) }] },
    naive: groupNorm,
    noMethod,
    errors: [
      ...affineErrors('groupNorm', (x, o) => ag.groupNorm(x, 1, o), channelMismatch('groupNorm', 'weight')),
      {
        label: 'groups that do not fit',
        call: () => ag.groupNorm(zeros([2, 3, 4]), 2),
        error: ShapeError,
        message:
          /^groupNorm: the 3 channels of an input of shape \[2, 3, 4\] cannot be divided into 2 groups/,
      },
      {
        label: 'no groups',
        call: () => ag.groupNorm(zeros([2, 3, 4]), 0),
        error: ArgumentError,
        message: /^groupNorm: numGroups is 0; expected a whole number from 1/,
      },
      {
        label: 'too few dims',
        call: () => ag.groupNorm(zeros([4]), 2),
        error: ShapeError,
        message: /^groupNorm: expected an input of shape \[N, C, ...\], got \[4\]/,
      },
    ],
  },
  localResponseNorm: {
    op: ag.localResponseNorm,
    calls: {
      'an even size': d => [d.tensor([2, 5, 3]), 2, { alpha: 0.5 }],
      'an odd size, all options': d => [d.tensor([1, 4, 2, 2]), 3, { alpha: 2, beta: 0.5, k: 1.25 }],
      'more than there are channels': d => [d.tensor([1, 2, 3]), 7],
      'no elements': d => [d.tensor([0, 2, 3]), 2],
    },
    naive: responseNorm,
    noMethod,
    errors: [
      wholeNumbers('localResponseNorm', x => ag.localResponseNorm(x, 2)),
      notANumber('localResponseNorm', (x, o) => ag.localResponseNorm(x, 2, o), 'beta'),
      {
        label: 'size 0',
        call: () => ag.localResponseNorm(zeros([2, 3, 4]), 0),
        error: ArgumentError,
        message: /^localResponseNorm: size is 0; expected a whole number from 1/,
      },
      {
        label: 'too few dims',
        call: () => ag.localResponseNorm(zeros([2, 3]), 2),
        error: ShapeError,
        message: /^localResponseNorm: expected an input of shape \[N, C, L, ...\], got \[2, 3\]/,
      },
    ],
  },
  normalize: {
    op: ag.normalize,
    calls: {
      plain: d => [d.tensor([2, 3, 2], { avoid: [0] })],
      'sum of sizes': d => [d.tensor([2, 3], { avoid: [0] }), { p: 1, dim: -1 }],
      'largest size': d => [d.distinct([2, 3], { offset: 3 }), { p: Infinity }],
      'smallest size': d => [d.distinct([2, 3], { offset: 3 }), { p: -Infinity }],
      'any norm': d => [d.tensor([4, 2], { avoid: [0], margin: 0.3 }), { p: 2.5, dim: 0 }],
      'below 1': d => [d.tensor([4], { avoid: [0], margin: 0.5 }), { p: 0.5, dim: 0 }],
      'below 0': d => [d.tensor([2, 3], { avoid: [0], margin: 0.5 }), { p: -1.5 }],
      count: d => [d.tensor([2, 3], { avoid: [0] }), { p: 0 }],
      'two dims': d => [d.tensor([2, 2, 3], { avoid: [0] }), { dim: [0, 2] }],
      'an eps that counts': d => [d.tensor([2, 3], { max: -0.5 }), { eps: 10 }],
      'a scalar': d => [d.tensor([], { avoid: [0] }), { dim: 0 }],
      'no elements': d => [d.tensor([0, 3])],
    },
    edges: {
      zeros: d => [d.of([0, 0, 0, 3], [2, 2])],
      'zeros, below 0': d => [d.of([0, 0, 2, 3], [2, 2]), { p: -1, eps: 0.5 }],
      'a NaN': d => [d.of([Number.NaN, 0, 2, 3], [2, 2])],
    },
    naive: normalize,
    noMethod,
    errors: [
      wholeNumbers('normalize', x => ag.normalize(x)),
      notANumber('normalize', (x, o) => ag.normalize(x, o), 'eps'),
      {
        label: 'NaN as p',
        call: () => ag.normalize(zeros([2, 3]), { p: Number.NaN }),
        error: ArgumentError,
        message: /^normalize: p is NaN; expected a number/,
      },
      {
        label: 'a dim too far',
        call: () => ag.normalize(tensor([1, 2])),
        error: IndexError,
        message: /^normalize: dim 1 is outside the range of a tensor with 1 dims/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
