import * as ag from '../src/index.js';
import { ArgumentError, tensor } from '../src/index.js';
import type { Draw } from './draw.js';
import { type Dense, map } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';
import { shapesFor, unary, wrongDType } from './unary.js';

const noMethod = 'a function only: programs that do not use it do not carry it';

const negative = (name: string, op: (x: ag.Tensor, lambda: number) => unknown): ErrorCase => ({
  label: 'a negative lambda',
  call: () => op(tensor([1]), -1),
  error: ArgumentError,
  message: new RegExp(`^${name}: lambda is -1; expected a number from 0`),
});

const shrinking = (
  name: string,
  op: (x: ag.Tensor, lambda?: number) => ag.Tensor,
  f: (x: number, lambda: number) => number,
) => ({
  calls: {
    ...shapesFor({ avoid: [-0.5, 0.5] }),
    'another width': (d: Draw) => [d.tensor([2, 3], { avoid: [-1.2, 1.2] }), 1.2],
  },
  edges: {
    'borders and special numbers': (d: Draw) => [d.of([0, 0.5, -0.5, Number.NaN, 1e-30, 1e30])],
  },
  naive: (x: Dense, lambda = 0.5) => map(v => f(v, lambda), x),
  errors: [wrongDType(name, op as never), negative(name, op)],
});

export const shrinkSamples = {
  hardshrink: {
    op: ag.hardshrink,
    ...shrinking('hardshrink', ag.hardshrink, (x, l) => (Math.abs(x) <= l ? 0 : x)),
  },
  softshrink: {
    op: ag.softshrink,
    ...shrinking('softshrink', ag.softshrink, (x, l) =>
      Math.abs(x) <= l ? 0 : x > 0 ? x - l : x < 0 ? x + l : Number.NaN,
    ),
    noMethod,
  },
  tanhshrink: { ...unary('tanhshrink', ag.tanhshrink, x => x - Math.tanh(x)), noMethod },
  threshold: {
    op: ag.threshold,
    calls: {
      'at 0': d => [d.tensor([2, 3], { avoid: [0] }), 0, 7],
      'a scalar': d => [d.tensor([], { avoid: [0.5] }), 0.5, -1],
      'no elements': d => [d.tensor([0, 3]), 0, 1],
    },
    edges: { 'the border itself': d => [d.of([1, 2, Number.NaN]), 1, -5] },
    naive: (x: Dense, border: number, value: number) => map(v => (v <= border ? value : v), x),
    noMethod,
    errors: [
      wrongDType('threshold', x => ag.threshold(x, 0, 0)),
      {
        label: 'no value',
        call: () => ag.threshold(tensor([1]), 0, undefined as never),
        error: ArgumentError,
        message: /^threshold: value is undefined; expected a number/,
      },
    ],
  },
  rrelu: {
    op: ag.rrelu,
    calls: {
      ...shapesFor({ avoid: [0] }),
      'other borders': d => [d.tensor([2, 3], { avoid: [0] }), { lower: -0.5, upper: 2 }],
    },
    edges: { 'special numbers': d => [d.of([0, -0, Number.NaN, 1e30, -1e30])] },
    naive: (x: Dense, { lower = 1 / 8, upper = 1 / 3 }: ag.RreluOptions = {}) =>
      map(v => (v > 0 ? v : (v * (lower + upper)) / 2), x),
    noMethod,
    errors: [
      wrongDType('rrelu', x => ag.rrelu(x)),
      {
        label: 'borders crossed',
        call: () => ag.rrelu(tensor([1]), { lower: 1 }),
        error: ArgumentError,
        message: /^rrelu: lower is 1 and upper 0\.33.*; expected finite numbers, lower at most upper/,
      },
      {
        label: 'a seed as generator',
        call: () => ag.rrelu(tensor([1]), { training: true, generator: 3 as never }),
        error: ArgumentError,
        message: /^rrelu: expected a Generator, got 3/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
