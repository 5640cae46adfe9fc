import { Generator } from '@fluxion/autograd';
import { TensorDataset } from '@fluxion/data';
import { beforeAll, describe, expect, test } from 'vitest';
import { straightAndResumed } from '../test/resuming.js';
import { evaluate, gallery, graphOfOneStep, LeNet, train } from './digits.js';
import { asciiDigit, type Digits, loadDigits } from './support/mnist.js';
import { progressBar } from './support/progress.js';

let data: { train: Digits; test: Digits };

beforeAll(async () => {
  data = await loadDigits(new Generator(7));
});

const first = (digits: Digits, count: number): Digits =>
  new TensorDataset(digits).getBatch(Int32Array.from({ length: count }, (_, i) => i));

/** A number for each image that two different images hardly share. */
function fingerprints({ images, labels }: Digits): number[] {
  const weights = Float64Array.from({ length: 784 }, (_, i) => Math.sin(i + 1));
  const pixels = images.toTypedArray();
  return labels
    .toArray()
    .map((label, n) => weights.reduce((sum, w, i) => sum + w * pixels[784 * n + i], label));
}

describe('the digits', () => {
  test('are 10,000, a fifth held out, each digit in both parts, grey levels from 0 to 1', () => {
    expect(data.train.images.shape).toEqual([8000, 1, 28, 28]);
    expect(data.test.images.shape).toEqual([2000, 1, 28, 28]);
    for (const { images, labels } of [data.train, data.test]) {
      expect(labels.dtype).toBe('int32');
      const counts = new Array<number>(10).fill(0);
      for (const label of labels.toArray()) counts[label]++;
      for (const n of counts) expect(Math.abs(n / labels.size - 0.1)).toBeLessThan(0.04);
      expect(images.amin().item()).toBe(0);
      expect(images.amax().item()).toBeLessThanOrEqual(1);
      expect(images.amax().item()).toBeGreaterThan(0.9);
    }
  });

  test('no digit is in both parts, and a seed fixes which is where', async () => {
    const seen = new Set(fingerprints(data.train));
    expect(fingerprints(data.test).filter(f => seen.has(f))).toEqual([]);
    const again = await loadDigits(new Generator(7));
    expect(again.test.labels.toArray()).toEqual(data.test.labels.toArray());
    const other = await loadDigits(new Generator(8));
    expect(other.test.labels.toArray()).not.toEqual(data.test.labels.toArray());
  });

  test('a digit as text: ten lines of twenty characters, dark where the ink is', () => {
    const image = new Float32Array(784);
    for (const row of [4, 5]) image[28 * row + 4] = 1;
    expect(asciiDigit(image)).toEqual([`@${' '.repeat(19)}`, ...new Array<string>(9).fill(' '.repeat(20))]);
  });
});

describe('training', () => {
  const options = { seed: 5, lr: 0.003, batch: 50, checkpoint: undefined, resume: undefined };

  test('reads 4 of 5 digits right after 3 epochs of 600', async () => {
    const part = { train: first(data.train, 600), test: first(data.test, 200) };
    const losses: number[] = [];
    const { net, log } = await train(part, {
      ...options,
      epochs: 3,
      onStep: (_, loss) => losses.push(loss),
    });
    expect(losses.length).toBe(36);
    expect(log.testAccuracy.length).toBe(3);
    expect(log.testAccuracy[2]).toBeGreaterThan(0.8);
    expect(evaluate(net, part.test)).toEqual({ loss: log.testLoss[2], accuracy: log.testAccuracy[2] });
    expect(net.training).toBe(true);
  });

  test('resumed, ends as one that was not broken off, and another seed ends elsewhere', async () => {
    const part = { train: first(data.train, 100), test: first(data.test, 20) };
    const [straight, resumed] = await straightAndResumed(run => train(part, { ...options, ...run }));
    expect(resumed.net.stateDict()).toEqual(straight.net.stateDict());
    expect(resumed.log).toEqual(straight.log);
    const other = await train(part, { ...options, epochs: 2, seed: 6 });
    expect(other.log.trainLoss).not.toEqual(straight.log.trainLoss);
  });
});

test('the drawing names the parameters, the gallery its guesses', () => {
  const net = new LeNet(new Generator(3));
  const dot = graphOfOneStep(net, first(data.train, 4));
  expect(dot).toMatch(/^digraph/);
  for (const name of Object.keys(net.namedParameters())) expect(dot).toContain(name);
  const text = gallery(net, first(data.test, 4));
  expect(text.match(/\d( \(is \d\))?, \d+\.\d% sure/g)?.length).toBe(4);
  expect(net.training).toBe(true);
});

test('progress goes to a log as a line for each epoch', () => {
  let written = '';
  const stream = {
    isTTY: false,
    write: (text: string) => (written += text),
  } as unknown as NodeJS.WriteStream;
  const bar = progressBar(4, 2, stream);
  bar.update(1, 2.5, 100);
  bar.update(2, 1.25, 120);
  bar.epoch(1, 'test 50.00%');
  bar.update(4, 0.5, 130);
  bar.epoch(2, 'test 90.00%');
  bar.stop();
  expect(written.split('\n')).toEqual([
    '████████████░░░░░░░░░░░░  50% | epoch 1/2 | loss 1.2500 | 120 samples/s | test 50.00%',
    '████████████████████████ 100% | epoch 2/2 | loss 0.5000 | 130 samples/s | test 90.00%',
    '',
  ]);
});
