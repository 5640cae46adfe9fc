import { Generator } from '@fluxion/autograd';
import { beforeAll, describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import {
  classes,
  confusions,
  evaluate,
  gallery,
  length,
  type MadeSignals,
  makeSignals,
  train,
  WaveNet,
} from './signals.js';

describe('the signals', () => {
  const made = makeSignals(30, new Generator(1));
  const waves = made.clean.squeeze(1).toArray();
  const labels = made.labels.toArray();
  const of = (name: string): number[][] => waves.filter((_, i) => classes[labels[i]] === name);

  test('are as many of each kind, and the same for the same seed', () => {
    expect(made.signals.shape).toEqual([30 * classes.length, 1, length]);
    for (let k = 0; k < classes.length; k++) expect(labels.filter(label => label === k).length).toBe(30);
    expect(makeSignals(30, new Generator(1)).signals.toArray()).toEqual(made.signals.toArray());
    expect(makeSignals(30, new Generator(2)).signals.toArray()).not.toEqual(made.signals.toArray());
  });

  test('have a noise of up to 0.8 that differs from signal to signal', () => {
    const noise = made.signals
      .sub(made.clean)
      .squeeze(1)
      .toArray()
      .map(row => Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / length));
    expect(Math.min(...noise)).toBeLessThan(0.1);
    expect(Math.max(...noise)).toBeGreaterThan(0.6);
    expect(Math.max(...noise)).toBeLessThan(1);
  });

  test('without it are what they are called', () => {
    const steps = (wave: number[]): number[] => wave.slice(1).map((x, t) => x - wave[t]);
    const ups = (wave: number[]): number => steps(wave).filter(d => d > 0).length;
    for (const wave of of('square')) expect(new Set(wave.map(Math.abs)).size).toBe(1);
    for (const wave of of('rising sawtooth')) expect(ups(wave)).toBeGreaterThan(0.85 * length);
    for (const wave of of('falling sawtooth')) expect(ups(wave)).toBeLessThan(0.15 * length);
    for (const wave of [...of('sine'), ...of('triangle')])
      expect(Math.abs(ups(wave) / length - 0.5)).toBeLessThan(0.1);
    // A triangle is straight almost everywhere, a sine nowhere.
    const bent = (wave: number[]): number =>
      steps(steps(wave)).filter(d => Math.abs(d) > 1e-5).length / length;
    for (const wave of of('triangle')) expect(bent(wave)).toBeLessThan(0.5);
    for (const wave of of('sine')) expect(bent(wave)).toBeGreaterThan(0.9);
    const crossings = (wave: number[]): number =>
      steps(wave.map(x => Math.sign(x))).filter(d => d !== 0).length;
    const halves = (wave: number[]): [number, number] => [
      crossings(wave.slice(0, length / 2)),
      crossings(wave.slice(length / 2)),
    ];
    for (const [first, second] of of('rising chirp').map(halves)) expect(second).toBeGreaterThan(first);
    for (const [first, second] of of('falling chirp').map(halves)) expect(second).toBeLessThan(first);
  });
});

describe('training', () => {
  const options = { seed: 1, lr: 0.01, batch: 20, checkpoint: undefined, resume: undefined };
  let data: { train: MadeSignals; test: MadeSignals };
  beforeAll(() => {
    const generator = new Generator(3);
    data = { train: makeSignals(20, generator), test: makeSignals(15, generator) };
  });

  test('gets more than half right after 12 epochs of 160, and tells where it errs', async () => {
    const { net, log } = await train(data, { ...options, epochs: 12 });
    expect(log.testAccuracy[11]).toBeGreaterThan(0.5);
    expect(evaluate(net, data.test)).toEqual({ loss: log.testLoss[11], accuracy: log.testAccuracy[11] });
    expect(net.training).toBe(true);
    const errors = confusions(net, data.test).map(line => Number(/: (\d+)$/.exec(line)?.[1]));
    const wrong = Math.round((1 - log.testAccuracy[11]) * data.test.labels.size);
    expect(errors.reduce((sum, count) => sum + count, 0)).toBe(wrong);
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
  });

  test('resumed, ends as one that was not broken off; augmentation makes a difference', async () => {
    const generator = new Generator(4);
    const few = { train: makeSignals(5, generator), test: makeSignals(2, generator) };
    const [straight, resumed] = await straightAndResumed(run => train(few, { ...options, ...run }));
    expect(resumed.net.stateDict()).toEqual(straight.net.stateDict());
    expect(resumed.log).toEqual(straight.log);
    const plain = await train(few, { ...options, epochs: 2, augmented: false });
    expect(plain.log.trainLoss).not.toEqual(straight.log.trainLoss);
  });

  test('the figure has a signal of each kind and four errors, each with a guess', () => {
    const svg = gallery(new WaveNet(new Generator(0)), data.test);
    expect(svg.match(/% sure</g)?.length).toBe(12);
    expect(svg.match(/\(is a /g)?.length).toBeGreaterThanOrEqual(4);
  });
});
