import { Generator } from '@fluxion/autograd';
import { beforeAll, describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { type Data, learn, loadData, trainWith } from './learned-regularization.js';

const options = { seed: 0, lr: 0.06, checkpoint: undefined, resume: undefined };
let turned: Data;
let upright: Data;

beforeAll(async () => {
  const sizes = { train: 100, validation: 250, test: 1000 };
  turned = await loadData(new Generator(0), { ...sizes, turned: 40 });
  upright = await loadData(new Generator(0), sizes);
});

describe('learned regularization', () => {
  test('turns training digits about as far as those to be read are turned, by 30 to 60 degrees for 40, and less for upright ones', async () => {
    const [forTurned, forUpright] = await learn([turned, upright], { ...options, lr: 0.1, epochs: 6 });
    expect(forTurned.reach).toBeGreaterThan(30);
    expect(forTurned.reach).toBeLessThan(60);
    expect(forUpright.reach).toBeLessThan(0.75 * forTurned.reach);
    for (const { strength } of [forTurned, forUpright]) {
      expect(strength).toBeGreaterThan(5e-4);
      expect(strength).toBeLessThan(2e-2);
    }
    const { reach, strength } = forTurned;
    const [learned, without, weak, strong] = [
      { reach, strength },
      { reach: 0, strength: 0 },
      { reach, strength: strength / 8 },
      { reach, strength: strength * 8 },
    ].map(settings => trainWith(turned, settings, { steps: 200 }));
    expect(learned.accuracy).toBeGreaterThan(without.accuracy + 0.05);
    for (const other of [without, weak, strong]) expect(learned.loss).toBeLessThan(other.loss);
  }, 180_000);

  test('resumed, ends as one that was not broken off', async () => {
    const [straight, resumed] = await straightAndResumed(run =>
      learn([turned], { ...options, windows: 2, ...run }),
    );
    expect(resumed).toEqual(straight);
  });
});
