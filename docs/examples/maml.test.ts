import { Generator } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { adaptation, bestStepSize, SineNet, train } from './maml.js';

const options = { seed: 0, lr: 0.01, tasks: 4, checkpoint: undefined, resume: undefined };

describe('MAML', () => {
  test.each([
    [2, 0.75, 0.6],
    [1, 0.98, 0.95],
  ])(
    'of order %i learns in 800 iterations weights from which a step leaves less than %d, and ten less than %d, of what pretraining leaves with its best step size',
    async (order, afterOne, afterTen) => {
      const { net, baseline } = await train({ ...options, order, epochs: 8 });
      const meta = adaptation(net, { tasks: 50 });
      const [one, ten] = [1, 10].map(
        steps => adaptation(baseline, { tasks: 50, lr: bestStepSize(baseline, steps, 20) })[steps],
      );
      expect(meta[1]).toBeLessThan(afterOne * one);
      expect(meta[10]).toBeLessThan(afterTen * ten);
    },
    180_000,
  );

  test('weights that nothing was learned for adapt little: a step takes less than a fifth off the loss', () => {
    const losses = adaptation(new SineNet(new Generator(0)), { tasks: 50 });
    expect(losses[1]).toBeGreaterThan(0.8 * losses[0]);
  });

  test('resumed, ends as one that was not broken off', async () => {
    const [straight, resumed] = await straightAndResumed(run =>
      train({ ...options, order: 2, iterations: 10, ...run }),
    );
    expect(resumed.net.stateDict()).toEqual(straight.net.stateDict());
    expect(resumed.baseline.stateDict()).toEqual(straight.baseline.stateDict());
    expect(resumed.log).toEqual(straight.log);
  });
});
