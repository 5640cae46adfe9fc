import { Generator, noGrad, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { linearRegression, type Part, prepare, readTable, score, train } from './penguins.js';

const rows = await readTable();
const masses = (part: Part, { mean, std }: { mean: number; std: number }): number[] =>
  part.masses.mul(std).add(mean).round().flatten().toArray();

describe('the table', () => {
  test('has 342 penguins with a mass, in parts of 70, 15 and 15% that a seed fixes', () => {
    expect(rows.length).toBe(342);
    const penguins = prepare(rows, new Generator(3));
    const { train: a, validation: b, test: c } = penguins;
    expect([a, b, c].map(part => part.inputs.shape)).toEqual([
      [240, 12],
      [51, 12],
      [51, 12],
    ]);
    const sorted = (list: number[]): number[] => list.sort((x, y) => x - y);
    expect(sorted([a, b, c].flatMap(part => masses(part, penguins)))).toEqual(
      sorted(rows.map(row => Number(row.body_mass_g))),
    );
    expect(prepare(rows, new Generator(3)).test.inputs.toArray()).toEqual(c.inputs.toArray());
    expect(prepare(rows, new Generator(4)).test.masses.toArray()).not.toEqual(c.masses.toArray());
  });

  test('in training, measures and masses have mean 0 and deviation 1 within 1e-5, and each category one 1', () => {
    const { train: part } = prepare(rows, new Generator(0));
    const measured = [part.inputs.narrow(1, 0, 3), part.masses] as Tensor<[number, number]>[];
    for (const x of measured) {
      for (const mean of x.mean(0).toArray()) expect(Math.abs(mean)).toBeLessThan(1e-5);
      for (const std of x.std(0, { correction: 0 }).toArray()) expect(Math.abs(std - 1)).toBeLessThan(1e-5);
    }
    for (const start of [3, 6, 9])
      expect(new Set(part.inputs.narrow(1, start, 3).sum(1).toArray())).toEqual(new Set([1]));
  });

  test('a measure that is missing becomes the mean, and a sex that is missing a category', () => {
    const gap = rows.map((row, i) => (i === 5 ? { ...row, sex: '', flipper_length_mm: '' } : row));
    const parts = Object.values(prepare(gap, new Generator(0))).filter(part => typeof part === 'object');
    const all = parts.flatMap(({ inputs }) => inputs.toArray());
    expect(all.flat().every(Number.isFinite)).toBe(true);
    const without = rows.filter(row => row.sex === '').length;
    expect(all.filter(row => row[11] === 1).length).toBe(without + 1);
    expect(all.filter(row => row[2] === 0 && row[11] === 1).length).toBe(1);
  });
});

describe('the network', () => {
  const penguins = prepare(rows, new Generator(0));
  const options = { seed: 0, lr: 0.003, batch: 32, checkpoint: undefined, resume: undefined };

  test('explains at least 0.8 of the variance, and comes within 5% of the error of linear regression', async () => {
    const { net, log, stopping } = await train(penguins, { ...options, epochs: 120 });
    const own = noGrad(() => score(net.forward(penguins.test.inputs), penguins.test, penguins.std));
    const linear = score(linearRegression(penguins.train)(penguins.test.inputs), penguins.test, penguins.std);
    expect(linear.r2).toBeGreaterThan(0.8);
    expect(own.r2).toBeGreaterThan(0.8);
    expect(own.rmse).toBeLessThan(1.05 * linear.rmse);
    expect(stopping.best).toBe(Math.min(...log.validation));
  });

  test('stops, and is then as it was best', async () => {
    const { net, log, stopping } = await train(penguins, { ...options, lr: 0.03, epochs: 200, patience: 5 });
    expect(log.validation.length).toBe(stopping.bestStep + 5);
    const { rmse } = noGrad(() =>
      score(net.forward(penguins.validation.inputs), penguins.validation, penguins.std),
    );
    expect(rmse).toBe(stopping.best);
  });

  test('resumed, ends as one that was not broken off', async () => {
    const [straight, resumed] = await straightAndResumed(run => train(penguins, { ...options, ...run }));
    expect(resumed.net.stateDict()).toEqual(straight.net.stateDict());
    expect(resumed.log).toEqual(straight.log);
    expect(resumed.stopping.stateDict()).toEqual(straight.stopping.stateDict());
  });
});
