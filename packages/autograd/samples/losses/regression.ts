import * as ag from '../../src/index.js';
import { ArgumentError, tensor, zeros } from '../../src/index.js';
import type { Draw } from '../draw.js';
import { type Dense, map } from '../naive.js';
import type { ErrorCase, OpInfo } from '../types.js';
import { type Given, type Loose, noMethod, pairErrors, plainOf, reduced, strengthErrors } from './support.js';

/** Input and target that differ by at least 0.1, and by no number that comes nearer to 1. */
function apart(d: Draw, shape: readonly number[]): ag.Tensor[] {
  return [d.tensor(shape, { avoid: [0, 1, -1], margin: 0.2 }), d.tensor(shape, { min: -0.1, max: 0.1 })];
}

function row<O extends Given>(
  op: unknown,
  name: string,
  f: (difference: number, options: O) => number,
  calls: OpInfo['calls'] = {},
  errors: readonly ErrorCase[] = [],
): OpInfo {
  return {
    op: op as Loose,
    noMethod,
    calls: {
      'mean of a matrix': d => apart(d, [d.size(), d.size()]),
      'sum of a vector': d => [...apart(d, [d.size()]), { reduction: 'sum' }],
      'nothing reduced': d => [...apart(d, [2, 1, 3]), { reduction: 'none' }],
      scalars: d => apart(d, []),
      'no elements': d => [...apart(d, [2, 0]), { reduction: 'sum' }],
      ...calls,
    },
    edges: {
      'the mean of nothing': d => apart(d, [0]),
      'equal, infinite, NaN': d => [
        d.of([1, Number.POSITIVE_INFINITY, Number.NaN, 0, 2]),
        d.of([1, 0, 0, -1, 1]),
        { reduction: 'none' },
      ],
    },
    naive: (input: Dense, target: Dense, options: O = {} as O) =>
      reduced(
        map((a, b) => f(a - b, options), input, target),
        options,
      ),
    errors: [...pairErrors(name, op), ...errors],
  };
}

/** A strength of about 1 that may be learned. */
const learned = (d: Draw): ag.Tensor => d.tensor([], { min: 0.95, max: 1.05 });

export const regressionLossSamples = {
  mseLoss: row(ag.mseLoss, 'mseLoss', x => x * x),
  l1Loss: row(ag.l1Loss, 'l1Loss', Math.abs),
  smoothL1Loss: row<Given & { beta?: number | Dense }>(
    ag.smoothL1Loss,
    'smoothL1Loss',
    (x, { beta }) => {
      const b = plainOf(beta, 1);
      return Math.abs(x) < b ? (0.5 * x * x) / b : Math.abs(x) - 0.5 * b;
    },
    {
      'a small beta': d => [...apart(d, [3]), { beta: 0.01, reduction: 'none' }],
      'beta 0': d => [...apart(d, [2, 2]), { beta: 0 }],
      'beta a tensor': d => [...apart(d, [2, 3]), { beta: learned(d), reduction: 'none' }],
    },
    strengthErrors('smoothL1Loss', 'beta', -0.5, o => ag.smoothL1Loss(zeros([2]), zeros([2]), o)),
  ),
  huberLoss: row<Given & { delta?: number | Dense }>(
    ag.huberLoss,
    'huberLoss',
    (x, { delta }) => {
      const b = plainOf(delta, 1);
      return Math.abs(x) < b ? 0.5 * x * x : b * (Math.abs(x) - 0.5 * b);
    },
    {
      'a large delta': d => [...apart(d, [3]), { delta: 5, reduction: 'none' }],
      'delta a tensor': d => [...apart(d, [2, 3]), { delta: learned(d), reduction: 'none' }],
    },
    [
      ...strengthErrors('huberLoss', 'delta', -1, o => ag.huberLoss(zeros([2]), zeros([2]), o)),
      {
        label: 'delta 0',
        call: () => ag.huberLoss(zeros([2]), zeros([2]), { delta: tensor(0) }),
        error: ArgumentError,
        message: /^huberLoss: delta is 0; expected a finite number above 0/,
      },
    ],
  ),
} satisfies Record<string, OpInfo>;
