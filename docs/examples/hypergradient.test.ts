import { grad, noGrad, tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { gridSearch, Problem, tune } from './hypergradient.js';

const options = { lr: 0.15, steps: 40, checkpoint: undefined, resume: undefined };

describe('the hypergradient', () => {
  test('agrees with central differences within 1%, in float32', () => {
    const problem = new Problem(1);
    const starts = problem.starts(1);
    const at = (lr: number, momentum: number): number =>
      noGrad(() => problem.lossAfter(10, starts, lr, momentum).item());
    const [lr, momentum] = [tensor(0.1, { requiresGrad: true }), tensor(0.8, { requiresGrad: true })];
    const [byLr, byMomentum] = grad(problem.lossAfter(10, starts, lr, momentum), [lr, momentum]);
    const h = 0.003;
    const differences = [
      (at(0.1 + h, 0.8) - at(0.1 - h, 0.8)) / (2 * h),
      (at(0.1, 0.8 + h) - at(0.1, 0.8 - h)) / (2 * h),
    ];
    [byLr, byMomentum].forEach((slope, i) => {
      expect(Math.abs(slope.item() / differences[i] - 1)).toBeLessThan(0.01);
    });
  });

  test('makes the loss five times smaller in 50 steps, to at most 1.6 times the best of 42 in a grid', async () => {
    const problem = new Problem(0);
    const starts = problem.starts(2);
    const { lr, momentum, log } = await tune(problem, { ...options, epochs: 50, starts });
    const { best } = gridSearch(problem, {
      lrs: [0.01, 0.03, 0.1, 0.18, 0.3, 0.5],
      momenta: [0, 0.5, 0.7, 0.8, 0.88, 0.93, 0.97],
      steps: options.steps,
      starts,
    });
    const tuned = noGrad(() => problem.lossAfter(options.steps, starts, lr, momentum).item());
    expect(tuned).toBeLessThan(log.loss[0] / 5);
    expect(tuned).toBeLessThan(1.6 * best.loss);
  });

  test('resumed, ends as one that was not broken off', async () => {
    const problem = new Problem(0);
    const starts = problem.starts(1);
    const [straight, resumed] = await straightAndResumed(run =>
      tune(problem, { ...options, steps: 5, starts, ...run }),
    );
    expect(resumed).toEqual(straight);
  });
});
