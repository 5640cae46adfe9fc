import { ArgumentError, Generator, IndexError, tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import {
  ConcatDataset,
  DataLoader,
  MappedDataset,
  randomSplit,
  Subset,
  TensorDataset,
} from '../src/index.js';

const x = tensor([
  [0, 0],
  [1, 10],
  [2, 20],
  [3, 30],
  [4, 40],
]);
const y = tensor([0, 1, 2, 3, 4], { dtype: 'int32' });
const data = new TensorDataset(x, y);

test('sample i is row i of each tensor', () => {
  const [row, label] = data.get(3);
  expect(row.toArray()).toEqual([3, 30]);
  expect(label.item()).toBe(3);
  expect(data.get(3)[0].storage).toBe(x.storage);
  expect(new TensorDataset({ x, y }).get(1).y.item()).toBe(1);
});

describe('subsets', () => {
  test('are in the order of their indices, in samples and in batches', () => {
    const part = new Subset(data, [4, 0, 2]);
    expect(part.length).toBe(3);
    const [batch] = new DataLoader(part, { batchSize: 3 });
    expect(batch[1].toArray()).toEqual([4, 0, 2]);
    expect(part.get(1)[1].item()).toBe(0);
  });

  test('of datasets without a fast way have none', () => {
    const part = new Subset(new MappedDataset(data, ([, label]) => label.item()), [1, 2]);
    expect('getBatch' in part).toBe(false);
    expect([...new DataLoader(part, { batchSize: 2 })][0].toArray()).toEqual([1, 2]);
  });

  test('at random have every sample once, by counts or by shares, the same for the same seed', () => {
    const labels = (sizes: readonly number[]): number[][] =>
      randomSplit(data, sizes, { generator: new Generator(2) }).map(part =>
        Array.from({ length: part.length }, (_, i) => part.get(i)[1].item()),
      );
    for (const sizes of [
      [3, 2],
      [0.5, 0.5],
      [0, 5],
      [0.34, 0.33, 0.33],
    ]) {
      const parts = labels(sizes);
      expect(parts.flat().toSorted()).toEqual([0, 1, 2, 3, 4]);
      expect(labels(sizes)).toEqual(parts);
    }
    expect(labels([0.5, 0.5]).map(part => part.length)).toEqual([3, 2]);
  });
});

test('datasets one after the other', () => {
  const both = new ConcatDataset(data, new Subset(data, []), new Subset(data, [1]));
  expect(both.length).toBe(6);
  expect((both.get(5) as ReturnType<typeof data.get>)[1].item()).toBe(1);
  expect((both.get(4) as ReturnType<typeof data.get>)[1].item()).toBe(4);
});

test.each([
  [() => data.get(5), IndexError, /sample 5 is outside 5 samples: expected a whole number from 0 to 4/],
  [() => data.get(-1), IndexError, /sample -1/],
  [() => new Subset(data, [0, 9]), IndexError, /^Subset: sample 9/],
  [() => new ConcatDataset(), ArgumentError, /at least one dataset/],
  [() => new ConcatDataset(data).get(5), IndexError, /^ConcatDataset: sample 5/],
  [() => new MappedDataset(data, 3 as never), ArgumentError, /expected a function of a sample, got 3/],
  [
    () => randomSplit(data, [3, 3]),
    ArgumentError,
    /add up to 6; expected 5, the number of samples, or shares/,
  ],
  [() => randomSplit(data, []), ArgumentError, /expected sizes or shares/],
  [() => randomSplit(data, [-1, 6]), ArgumentError, /expected sizes or shares from 0/],
] as const)('%s', (call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});
