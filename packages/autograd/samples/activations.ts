import * as ag from '../src/index.js';
import { ArgumentError, Generator, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import type { Draw, RangeOptions } from './draw.js';
import { along, build, type Dense, dimOf, map } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { shapesFor, sigmoid, unary, wrongDType } from './unary.js';

const wide = { min: -8, max: 8 };
const kinks = (...avoid: number[]): RangeOptions => ({ ...wide, avoid, margin: 0.1 });

/** A row of an activation with options. */
function withOptions<O>(
  name: string,
  op: unknown,
  f: (x: number, options: O) => number,
  range: RangeOptions,
  options: Readonly<Record<string, O>>,
  errors: readonly ErrorCase[],
): OpInfo {
  return {
    op: op as never,
    calls: {
      ...shapesFor(range),
      ...Object.fromEntries(
        Object.entries(options).map(([label, given]) => [
          label,
          (d: Draw) => [d.tensor([2, 3], range), given],
        ]),
      ),
    },
    edges: { 'special numbers': d => [d.of([0, 1, -1, 800, -800, Number.NaN, 1e-30])] },
    naive: (x: Dense, given?: O) => map(v => f(v, given ?? ({} as O)), x),
    errors: [wrongDType(name, op as never), ...errors],
  };
}

const clip = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? x : Math.min(Math.max(x, low), high);
const elu = (x: number, alpha = 1): number => (x > 0 ? x : alpha * Math.expm1(x));
const hardsigmoid = (x: number): number => clip(x / 6 + 0.5, 0, 1);
const [seluScale, seluAlpha] = [1.0507009873554805, 1.6732632423543772];

const badAlpha = (name: string, op: (x: ag.Tensor, options: ag.AlphaOptions) => unknown): ErrorCase => ({
  label: 'NaN as alpha',
  call: () => op(tensor([1]), { alpha: Number.NaN }),
  error: ArgumentError,
  message: new RegExp(`^${name}: alpha is NaN; expected a number`),
});

/** A fresh generator at every look: the same numbers at every call. */
export function seeded<O extends object>(d: Draw, options: O): O & { readonly generator: Generator } {
  const { seed } = d;
  return Object.defineProperty({ ...options } as O & { generator: Generator }, 'generator', {
    enumerable: true,
    get: () => new Generator(seed),
  });
}

export const activationSamples = {
  dropout: {
    op: ag.dropout,
    calls: {
      half: d => [d.tensor([3, 4]), 0.5, seeded(d, {})],
      'whole channels': d => [d.tensor([2, 3, 4]), 0.3, seeded(d, { sharedDims: [-1] })],
      none: d => [d.tensor([2, 3]), 0, seeded(d, {})],
      'not training': d => [d.tensor([2, 3]), 0.5, seeded(d, { training: false })],
      scalar: d => [d.tensor([]), 0.5, seeded(d, {})],
      'no elements': d => [d.tensor([0, 3]), 0.5, seeded(d, {})],
    },
    edges: { 'all, infinities too': d => [d.of([1, Infinity, Number.NaN]), 1, seeded(d, {})] },
    noMethod: 'a function only: layers call it',
    errors: [
      wrongDType('dropout', x => ag.dropout(x, 0.5)),
      {
        label: 'a probability of 2',
        call: () => ag.dropout(zeros([2]), 2),
        error: ArgumentError,
        message: /^dropout: the probability of dropping an element is 2; expected a number from 0 to 1/,
      },
      {
        label: 'a dim too far',
        call: () => ag.dropout(zeros([2]), 0.5, { sharedDims: [1] }),
        error: IndexError,
        message: /^dropout: dim 1 is outside the range/,
      },
      {
        label: 'a seed as generator',
        call: () => ag.dropout(zeros([2]), 0.5, { generator: 3 as never }),
        error: ArgumentError,
        message: /^dropout: expected a Generator, got 3/,
      },
    ],
  },
  relu6: unary('relu6', ag.relu6, x => clip(x, 0, 6), kinks(0, 6)),
  hardtanh: withOptions<ag.HardtanhOptions>(
    'hardtanh',
    ag.hardtanh,
    (x, { min = -1, max = 1 }) => clip(x, min, max),
    { avoid: [-1, 0.5, 1], margin: 0.1 },
    { borders: { min: -1, max: 0.5 } },
    [
      {
        label: 'borders crossed',
        call: () => ag.hardtanh(tensor([1]), { min: 2, max: 1 }),
        error: ArgumentError,
        message: /^hardtanh: min is 2 and max 1; expected min to be at most max/,
      },
      {
        label: 'text as border',
        call: () => ag.hardtanh(tensor([1]), { min: 'low' as never }),
        error: ArgumentError,
        message: /^hardtanh: min is 'low'; expected a number/,
      },
    ],
  ),
  hardsigmoid: unary('hardsigmoid', ag.hardsigmoid, hardsigmoid, kinks(-3, 3)),
  hardswish: unary(
    'hardswish',
    ag.hardswish,
    x => (x < -3 ? 0 : x > 3 ? x : x * hardsigmoid(x)),
    kinks(-3, 3),
  ),
  elu: withOptions<ag.AlphaOptions>(
    'elu',
    ag.elu,
    (x, { alpha }) => elu(x, alpha),
    { avoid: [0] },
    { alpha: { alpha: 0.4 }, 'negative alpha': { alpha: -1.5 } },
    [badAlpha('elu', ag.elu)],
  ),
  celu: withOptions<ag.AlphaOptions>(
    'celu',
    ag.celu,
    (x, { alpha = 1 }) => elu(x, 0) + (x > 0 ? 0 : alpha * Math.expm1(x / alpha)),
    { avoid: [0] },
    { alpha: { alpha: 0.4 } },
    [
      badAlpha('celu', ag.celu),
      {
        label: 'alpha 0',
        call: () => ag.celu(tensor([1]), { alpha: 0 }),
        error: ArgumentError,
        message: /^celu: alpha is 0; expected another number/,
      },
    ],
  ),
  selu: unary('selu', ag.selu, x => seluScale * elu(x, seluAlpha), { avoid: [0] }),
  prelu: {
    op: ag.prelu,
    calls: {
      'one weight': d => [d.tensor([2, 3], { avoid: [0] }), d.tensor([1])],
      'a scalar weight': d => [d.tensor([4], { avoid: [0] }), d.tensor([])],
      channels: d => [d.tensor([2, 3], { avoid: [0] }), d.tensor([3])],
      'channels of images': d => [d.tensor([2, 3, 2, 2], { avoid: [0] }), d.tensor([3])],
      scalar: d => [d.tensor([], { avoid: [0] }), d.tensor([1])],
      'no elements': d => [d.tensor([0, 3], { avoid: [0] }), d.tensor([3])],
      transposed: d => [d.tensor([3, 2], { avoid: [0] }).transpose(0, 1), d.tensor([3])],
    },
    edges: { 'special numbers': d => [d.of([0, 1, -1, Number.POSITIVE_INFINITY, Number.NaN]), d.of([0.25])] },
    naive: (x: Dense, w: Dense) =>
      build(x.shape, index => {
        const v = x.at(index);
        return v > 0 ? v : v * w.data[w.data.length === 1 ? 0 : index[1]];
      }),
    errors: [
      wrongDType('prelu', x => ag.prelu(x, tensor([1]))),
      {
        label: 'too many weights',
        call: () => ag.prelu(zeros([2, 3]), zeros([2])),
        error: ShapeError,
        message:
          /^prelu: a weight of 2 elements does not fit an input of shape \[2, 3\] with 3 channels.*Give 1 element, or 3/,
      },
      {
        label: 'a matrix of weights',
        call: () => ag.prelu(zeros([2, 3]), zeros([1, 3])),
        error: ShapeError,
        message: /^prelu: the weight has shape \[1, 3\]; expected one dim/,
      },
      {
        label: 'a number as weight',
        call: () => ag.prelu(zeros([2]), 0.25 as never),
        error: ArgumentError,
        message: /^prelu: expected a tensor as weight, got 0\.25/,
      },
    ],
  },
  mish: unary('mish', ag.mish, x => x * Math.tanh(Math.log1p(Math.exp(x))), {
    edges: [0, 1, -1, 19, 21, 100, -100, Number.NaN],
  }),
  softsign: unary('softsign', ag.softsign, x => x / (1 + Math.abs(x)), { avoid: [0] }),
  logsigmoid: unary('logsigmoid', ag.logsigmoid, x => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))), {
    edges: [0, 1, -1, 800, -800, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  }),
  glu: {
    op: ag.glu,
    calls: {
      'last dim': d => [d.tensor([2, 4])],
      'first dim': d => [d.tensor([2, 3]), 0],
      'negative dim': d => [d.tensor([2, 4, 3]), -2],
      'no elements': d => [d.tensor([0, 2])],
      'nothing to halve': d => [d.tensor([2, 0])],
      transposed: d => [d.tensor([4, 3]).transpose(0, 1)],
    },
    naive: (x: Dense, dim = -1) => {
      const d = dimOf(dim, x.shape.length);
      const n = x.shape[d] / 2;
      return build(x.shape.with(d, n), index => x.at(index) * sigmoid(x.at(index.with(d, index[d] + n))));
    },
    errors: [
      wrongDType('glu', x => ag.glu(x)),
      {
        label: 'an odd size',
        call: () => ag.glu(zeros([2, 3])),
        error: ShapeError,
        message: /^glu: dim -1 of shape \[2, 3\] has the odd size 3; expected an even one/,
      },
      {
        label: 'a scalar',
        call: () => ag.glu(zeros([])),
        error: ShapeError,
        message: /^glu: a tensor of shape \[\] has no dim to halve/,
      },
      {
        label: 'a dim too far',
        call: () => ag.glu(zeros([2]), 1),
        error: IndexError,
        message: /^glu: dim 1 is outside the range of a tensor with 1 dims/,
      },
    ],
  },
  softmin: {
    op: ag.softmin,
    calls: {
      'last dim': d => [d.tensor([2, 3]), -1],
      'first dim': d => [d.tensor([2, 3]), 0],
      scalar: d => [d.tensor([]), 0],
      'no elements': d => [d.tensor([0, 3]), 1],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), 1],
    },
    naive: (x: Dense, dim: number) =>
      along((v, i) => Math.exp(-v[i]) / v.reduce((s, u) => s + Math.exp(-u), 0), x, dim),
    errors: [
      wrongDType('softmin', x => ag.softmin(x, 0)),
      {
        label: 'a dim too far',
        call: () => ag.softmin(zeros([2]), 1),
        error: IndexError,
        message: /dim 1 is outside the range/,
      },
    ],
  },
  gumbelSoftmax: {
    op: ag.gumbelSoftmax,
    calls: {
      'last dim': d => [d.tensor([2, 3]), seeded(d, {})],
      'first dim, warm': d => [d.tensor([2, 3]), seeded(d, { dim: 0, tau: 2.5 })],
      'no elements': d => [d.tensor([0, 3]), seeded(d, {})],
      scalar: d => [d.tensor([]), seeded(d, {})],
    },
    edges: { hard: d => [d.tensor([3, 4]), seeded(d, { hard: true })] },
    errors: [
      wrongDType('gumbelSoftmax', x => ag.gumbelSoftmax(x)),
      {
        label: 'temperature 0',
        call: () => ag.gumbelSoftmax(zeros([2]), { tau: 0 }),
        error: ArgumentError,
        message: /^gumbelSoftmax: tau is 0; expected a finite number above 0/,
      },
      {
        label: 'a dim too far',
        call: () => ag.gumbelSoftmax(zeros([2]), { dim: 1 }),
        error: IndexError,
        message: /^gumbelSoftmax: dim 1 is outside the range/,
      },
      {
        label: 'a seed as generator',
        call: () => ag.gumbelSoftmax(zeros([2]), { generator: 3 as never }),
        error: ArgumentError,
        message: /^gumbelSoftmax: expected a Generator, got 3/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
