import { Generator, randn, type Tensor, tensor } from '@fluxion/autograd';
import { LBFGS, Lookahead, linearLR, SAM, SGD } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { constant } from '../../autograd/test/support/helpers.js';
import { type Row, table } from './table.js';

interface Problem {
  readonly start: readonly (readonly number[])[];
  readonly loss: (x: Tensor) => Tensor;
  readonly steps: number;
  /** The loss at the end, at most. */
  readonly bound: number;
}

const curvature = constant([
  [1, 0.3, 0.6],
  [2, 0.5, 1.5],
]);
const goal = constant([
  [1, -1, 0.5],
  [0, 2, -0.5],
]);

const generator = new Generator(7);
const features = randn([40, 3], { dtype: 'float64', generator }) as Tensor;
const labels = features
  .matmul(constant([[2], [-1], [0.5]]))
  .add((randn([40, 1], { dtype: 'float64', generator }) as Tensor).mul(1.5))
  .gt(0)
  .to('float64') as Tensor;

const problems: Record<string, Problem> = {
  quadratic: {
    start: [
      [3, -2, 1],
      [-1, 0, 2],
    ],
    loss: x => x.sub(goal).square().mul(curvature).sum() as Tensor,
    steps: 300,
    // 21.4 at the start, 0 at the best.
    bound: 0.05,
  },
  Rosenbrock: {
    start: [[-1.2, 1]],
    loss: x => {
      const a = x.select(1, 0);
      const b = x.select(1, 1);
      return a.neg().add(1).square().add(b.sub(a.square()).square().mul(100)).sum() as Tensor;
    },
    steps: 1000,
    // 24.2 at the start, 0 at the best, along a narrow bent valley.
    bound: 0.5,
  },
  'logistic regression': {
    start: [[0], [0], [0]],
    loss: w => {
      const z = features.matmul(w) as Tensor;
      return z.softplus().sub(z.mul(labels)).mean() as Tensor;
    },
    steps: 300,
    // 0.693 at the start, 0.449 at the best.
    bound: 0.455,
  },
};

/** Regularization moves the goal; without it all rules have the same. */
const unregularized = ({ options }: Row): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      name === 'weightDecay' || name === 'lrDecay' ? 0 : value,
    ]),
  );

interface Trained {
  readonly groups: readonly { lr?: unknown }[];
  zeroGrad(): void;
  step(closure: () => Tensor): Tensor;
}

/** The loss after training with a rate that falls to 0. */
function train(
  make: (x: Tensor) => Trained,
  { start, loss, steps }: Problem,
  { lr, maximize = false }: { readonly lr: number; readonly maximize?: boolean },
): number {
  const x = tensor(start as number[][], { dtype: 'float64', requiresGrad: true }) as Tensor;
  const optimizer = make(x);
  const rate = linearLR(lr, { startFactor: 1, endFactor: 0, totalIters: steps });
  for (let t = 0; t < steps; t++) {
    for (const group of optimizer.groups) group.lr = rate(t);
    optimizer.step(() => {
      optimizer.zeroGrad();
      const value = maximize ? (loss(x).neg() as Tensor) : loss(x);
      value.backward();
      return value;
    });
  }
  return loss(x).item();
}

const others: Record<string, (x: Tensor, lr: number) => Trained> = {
  'Lookahead over SGD': (x, lr) => new Lookahead(new SGD([x], { lr, momentum: 0.9 }), { k: 5, alpha: 0.5 }),
  'SAM over SGD': (x, lr) => new SAM(new SGD([x], { lr, momentum: 0.9 }), { rho: 0.001 }),
};

describe.each(Object.entries(problems))('%s', (name, problem) => {
  const valley = name === 'Rosenbrock' ? 1 : 0;

  test.each(Object.entries(table))('%s', (_, row) => {
    const options = unregularized(row);
    const made = (x: Tensor): Trained => row.optimizer([x], options);
    const how = { lr: row.lr[valley], maximize: options.maximize === true };
    expect(train(made, problem, how)).toBeLessThan(problem.bound);
  });

  test.each(Object.entries(others))('%s', (_, make) => {
    const lr = [0.1, 0.001][valley];
    expect(train(x => make(x, lr), problem, { lr })).toBeLessThan(problem.bound);
  });

  // A fixed step of length 1 along a bad first direction does not come through the valley.
  const searches = valley === 1 ? (['strongWolfe'] as const) : (['strongWolfe', null] as const);
  test.each(searches)('LBFGS, line search %s', lineSearchFn => {
    const x = tensor(problem.start as number[][], { dtype: 'float64', requiresGrad: true }) as Tensor;
    const optimizer = new LBFGS([x], { lineSearchFn });
    for (let t = 0; t < 5; t++)
      optimizer.step(() => {
        optimizer.zeroGrad();
        const value = problem.loss(x);
        value.backward();
        return value;
      });
    expect(problem.loss(x).item()).toBeLessThan(name === 'logistic regression' ? 0.4494 : 1e-8);
  });
});
