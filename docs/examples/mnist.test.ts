import { Generator, type Tensor, tensor } from '@fluxion/autograd';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate, gallery, graphOfOneStep, Perceptron, train } from './mnist.js';
import {
  asciiDigit,
  batches,
  type Digits,
  loadDigits,
  permutation,
  pick,
  randomShifts,
} from './support/mnist.js';
import { progressBar } from './support/progress.js';

let data: { train: Digits; test: Digits };

beforeAll(async () => {
  data = await loadDigits(new Generator(7));
});

/** A number for each image that two different images hardly share. */
function fingerprints(digits: Digits): number[] {
  const weights = Float64Array.from({ length: 784 }, (_, i) => Math.sin(i + 1));
  const pixels = digits.images.toTypedArray();
  const labels = digits.labels.toTypedArray();
  return Array.from({ length: digits.size }, (_, n) =>
    weights.reduce((sum, w, i) => sum + w * pixels[784 * n + i], labels[n]),
  );
}

describe('the digits', () => {
  test('are 10,000, a fifth held out, each digit in both parts, grey levels from 0 to 1', () => {
    expect(data.train.images.shape).toEqual([8000, 784]);
    expect(data.test.images.shape).toEqual([2000, 784]);
    for (const part of [data.train, data.test]) {
      expect(part.labels.dtype).toBe('int32');
      const counts = new Array<number>(10).fill(0);
      for (const label of part.labels.toTypedArray()) counts[label]++;
      for (const n of counts) expect(Math.abs(n / part.size - 0.1)).toBeLessThan(0.03);
      expect(part.images.amin().item()).toBe(0);
      expect(part.images.amax().item()).toBeLessThanOrEqual(1);
      expect(part.images.amax().item()).toBeGreaterThan(0.9);
    }
  });

  test('no digit is in both parts, and a seed fixes which is where', async () => {
    const seen = new Set(
      fingerprints(
        pick(
          data.train,
          Int32Array.from({ length: 8000 }, (_, i) => i),
        ),
      ),
    );
    const shared = fingerprints(data.test).filter(f => seen.has(f));
    expect(shared).toEqual([]);
    const again = await loadDigits(new Generator(7));
    expect(again.test.labels.toArray()).toEqual(data.test.labels.toArray());
    const other = await loadDigits(new Generator(8));
    expect(other.test.labels.toArray()).not.toEqual(data.test.labels.toArray());
  });

  test('batches hold every digit once, in an order that changes', () => {
    const few = pick(
      data.train,
      Int32Array.from({ length: 50 }, (_, i) => i),
    );
    const generator = new Generator(1);
    const run = (): number[][] => [...batches(few, 16, generator)].map(fingerprints);
    const first = run();
    expect(first.map(b => b.length)).toEqual([16, 16, 16, 2]);
    const second = run();
    expect(second).not.toEqual(first);
    const sorted = (list: number[][]): number[] => list.flat().sort((a, b) => a - b);
    expect(sorted(first)).toEqual(sorted([fingerprints(few)]));
    expect(sorted(second)).toEqual(sorted(first));
  });

  test('shifts move each picture by at most the reach, every way, and lose nothing but what leaves', () => {
    const dot = new Float32Array(300 * 784);
    for (let n = 0; n < 300; n++) dot[784 * n + 28 * 10 + 20] = n + 1;
    const images = tensor(dot).reshape([300, 784]);
    const moved = randomShifts(1, new Generator(4))(images).toTypedArray();
    const places = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const image = Array.from(moved.subarray(784 * n, 784 * (n + 1)));
      const at = image.indexOf(n + 1);
      places.add(`${Math.floor(at / 28)},${at % 28}`);
      expect(image.reduce((sum, v) => sum + v, 0)).toBe(n + 1);
    }
    expect([...places].toSorted()).toEqual(
      [9, 10, 11].flatMap(y => [19, 20, 21].map(x => `${y},${x}`)).toSorted(),
    );
    // A dot in the corner leaves in five of nine directions.
    const corner = new Float32Array(900 * 784);
    for (let n = 0; n < 900; n++) corner[784 * n] = 1;
    const left = randomShifts(1, new Generator(4))(tensor(corner).reshape([900, 784]));
    expect(Math.abs(left.sum().item() / 900 - 4 / 9)).toBeLessThan(0.08);
    expect(left.amax().item()).toBe(1);
  });

  test('permutation is one', () => {
    const order = Array.from(permutation(1000, new Generator(2)));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('a digit as text: ten lines of twenty characters, dark where the ink is', () => {
    const image = new Float32Array(784);
    for (const row of [4, 5]) image[28 * row + 4] = 1;
    expect(asciiDigit(image)).toEqual([`@${' '.repeat(19)}`, ...new Array<string>(9).fill(' '.repeat(20))]);
  });
});

describe('training', () => {
  const run = (seed: number): { net: Perceptron; losses: number[]; accuracy: number } => {
    const generator = new Generator(seed);
    const part = {
      train: pick(
        data.train,
        Int32Array.from({ length: 600 }, (_, i) => i),
      ),
      test: pick(
        data.test,
        Int32Array.from({ length: 200 }, (_, i) => i),
      ),
    };
    const net = new Perceptron(generator);
    const losses: number[] = [];
    const history = train(net, part, {
      epochs: 3,
      lr: 0.002,
      batch: 50,
      generator,
      onStep: (_, loss) => losses.push(loss),
    });
    expect(history.testAccuracy.at(-1)).toBe(evaluate(net, part.test).accuracy);
    return { net, losses, accuracy: history.testAccuracy.at(-1) ?? 0 };
  };

  test('learns within a few steps, and the same seed gives the same numbers', () => {
    const first = run(5);
    expect(first.losses.length).toBe(36);
    expect(first.accuracy).toBeGreaterThan(0.7);
    const second = run(5);
    expect(second.losses).toEqual(first.losses);
    expect(second.net.stateDict()).toEqual(first.net.stateDict());
    expect(run(6).losses).not.toEqual(first.losses);
  });

  test('the drawing names the parameters, the gallery its guesses', () => {
    const net = new Perceptron(new Generator(3));
    const dot = graphOfOneStep(net, data.train);
    expect(dot).toMatch(/^digraph/);
    for (const name of Object.keys(net.namedParameters())) expect(dot).toContain(name);
    const text = gallery(net, pick(data.test, Int32Array.of(0, 1, 2, 3)));
    expect(text.match(/\d( \(is \d\))?, \d+\.\d% sure/g)?.length).toBe(4);
    expect(net.training).toBe(true);
    const x: Tensor = data.test.images;
    expect(x.requiresGrad).toBe(false);
  });
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
