import {
  ArgumentError,
  DataError,
  Generator,
  IndexError,
  manualSeed,
  ShapeError,
  type Tensor,
  tensor,
} from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { collate, DataLoader, type Dataset, MappedDataset, TensorDataset, weighted } from '../src/index.js';

const count = (n: number): TensorDataset<readonly [Tensor<[number]>]> =>
  new TensorDataset(tensor(Int32Array.from({ length: n }, (_, i) => i)) as Tensor<[number]>);
const numbers = (batches: Iterable<readonly Tensor[]>): number[][] =>
  [...batches].map(([x]) => Array.from(x.toTypedArray()));
/** Samples that come after a while, the first ones last. */
const slow = (n: number, log: number[] = []): Dataset<number> => ({
  length: n,
  get: async i => {
    log.push(i);
    await new Promise(resolve => setTimeout(resolve, (n - i) % 3));
    return i;
  },
});

describe('an epoch', () => {
  test('goes through the samples in order; the last batch may be smaller, or be left out', () => {
    expect(numbers(new DataLoader(count(5), { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    const whole = new DataLoader(count(5), { batchSize: 2, dropLast: true });
    expect(numbers(whole)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect([whole.length, new DataLoader(count(5), { batchSize: 2 }).length]).toEqual([2, 3]);
  });

  test('has every sample once in every shuffled order, whatever the sizes; orders differ and come from the seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (n, batchSize, seed) => {
          const make = () =>
            new DataLoader(count(n), { batchSize, shuffle: true, generator: new Generator(seed) });
          const loader = make();
          const epochs = [numbers(loader).flat(), numbers(loader).flat()];
          for (const order of epochs)
            expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
          if (n > 12) expect(epochs[0]).not.toEqual(epochs[1]);
          const again = make();
          expect([numbers(again).flat(), numbers(again).flat()]).toEqual(epochs);
        },
      ),
    );
  });

  test('without a generator takes its order from manualSeed, and none without shuffle', () => {
    const loader = new DataLoader(count(20), { batchSize: 20, shuffle: true });
    manualSeed(3);
    const first = numbers(loader);
    const { counter } = manualSeed(3).state;
    expect(numbers(loader)).toEqual(first);
    const before = manualSeed(3);
    numbers(new DataLoader(count(20)));
    expect(before.state.counter).toBe(counter);
  });

  test('follows a sampler: weights draw what they weigh', () => {
    const sampler = weighted([0, 1, 0, 3], 400);
    const loader = new DataLoader(count(4), { batchSize: 400, sampler, generator: new Generator(1) });
    const [drawn] = numbers(loader);
    expect(drawn.filter(i => i === 0 || i === 2)).toEqual([]);
    const threes = drawn.filter(i => i === 3).length;
    expect(threes).toBeGreaterThan(250);
    expect(threes).toBeLessThan(350);
    const once = new DataLoader(count(4), {
      batchSize: 4,
      sampler: weighted([1, 1, 1, 1], 4, { replacement: false }),
    });
    expect(numbers(once)[0].toSorted()).toEqual([0, 1, 2, 3]);
  });

  test('of consecutive samples is a view of the tensors, and of others a copy', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const data = new TensorDataset(x);
    expect([...new DataLoader(data, { batchSize: 2 })].map(([b]) => b.storage === x.storage)).toEqual([
      true,
      true,
    ]);
    expect(data.getBatch(Int32Array.of(2, 0))[0].toArray()).toEqual([
      [5, 6],
      [1, 2],
    ]);
  });

  test('of a mapped dataset is put together by collate, or by a function given', () => {
    const pairs = new MappedDataset(count(3), ([x]) => ({ x, double: 2 * x.item(), name: `n${x.item()}` }));
    const [batch] = new DataLoader(pairs, { batchSize: 3 });
    expectTypeOf(batch.double).toEqualTypeOf<Tensor<[number]>>();
    expect(batch.x.toArray()).toEqual([0, 1, 2]);
    expect(batch.double.toArray()).toEqual([0, 2, 4]);
    expect(batch.name).toEqual(['n0', 'n1', 'n2']);
    const names = new DataLoader(pairs, {
      batchSize: 2,
      collate: samples => samples.map(s => s.name).join(),
    });
    expect([...names]).toEqual(['n0,n1', 'n2']);
  });
});

describe('types', () => {
  test('batches have the types of the columns with any number of rows', () => {
    const images = tensor([
      [1, 2],
      [3, 4],
    ]);
    const labels = tensor([0, 1], { dtype: 'int32' });
    for (const [x, y] of new DataLoader(new TensorDataset(images, labels))) {
      expectTypeOf(x).toEqualTypeOf<Tensor<[number, 2]>>();
      expectTypeOf(y).toEqualTypeOf<Tensor<[number]>>();
    }
    for (const batch of new DataLoader(new TensorDataset({ images, labels })))
      expectTypeOf(batch.images).toEqualTypeOf<Tensor<[number, 2]>>();
  });
});

describe('resuming', () => {
  test('in the middle of an epoch goes on with the next batch, then with the epochs that would have come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 23 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(60),
        (n, batchSize, steps) => {
          const make = () => {
            const generator = new Generator(5);
            return { generator, loader: new DataLoader(count(n), { batchSize, shuffle: true, generator }) };
          };
          const run = function* ({ loader }: ReturnType<typeof make>): Generator2 {
            for (let epoch = 0; epoch < 3; epoch++) yield* numbers2(loader);
          };
          const first = make();
          const all = run(first);
          for (let i = 0; i < steps; i++) all.next();
          const saved = structuredClone([first.loader.stateDict(), first.generator.state] as const);
          const second = make();
          second.loader.loadStateDict(saved[0]);
          second.generator.state = saved[1];
          const rest = run(second);
          for (let i = 0; i < 10; i++) {
            const expected = all.next();
            if (expected.done === true) break;
            expect(rest.next().value).toEqual(expected.value);
          }
        },
      ),
    );
  });

  test('refuses the state of another loader and stays as it was', () => {
    const loader = new DataLoader(count(10), { batchSize: 2 });
    const state = new DataLoader(count(12), { batchSize: 3 }).stateDict();
    expect(() => loader.loadStateDict(state)).toThrow(DataError);
    expect(() => loader.loadStateDict(state)).toThrow(
      /batch size is 3 there and 2 here, there are 12 samples there and 10 here/,
    );
    expect(() => loader.loadStateDict({} as never)).toThrow(/expected a state \{ epoch, position/);
    expect(loader.stateDict()).toEqual({ epoch: 0, position: 0, seed: null, batchSize: 2, samples: 10 });
  });
});

type Generator2 = IterableIterator<number[]>;
function* numbers2(batches: Iterable<readonly Tensor[]>): Generator2 {
  for (const [x] of batches) yield Array.from(x.toTypedArray());
}

describe('for await', () => {
  test('gives the batches in order, some fetched ahead', async () => {
    const log: number[] = [];
    const loader = new DataLoader(slow(7, log), { batchSize: 2, prefetch: 1 });
    const seen: number[][] = [];
    for await (const batch of loader) {
      if (seen.length === 0) expect(log).toEqual([0, 1, 2, 3]);
      seen.push(Array.from(batch.toTypedArray()));
    }
    expect(seen).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
    expect(loader.stateDict()).toMatchObject({ epoch: 1, position: 0 });
  });

  test('goes through the same orders as a plain loop', async () => {
    const make = () => new DataLoader(count(9), { batchSize: 2, shuffle: true, generator: new Generator(8) });
    const awaited: number[][] = [];
    for await (const [x] of make()) awaited.push(Array.from(x.toTypedArray()));
    expect(awaited).toEqual(numbers(make()));
  });

  test('resumes after the batches that were handed out, not after those that were fetched', async () => {
    const loader = new DataLoader(slow(8), { batchSize: 2, prefetch: 3 });
    for await (const _ of loader) break;
    const other = new DataLoader(slow(8), { batchSize: 2 });
    other.loadStateDict(loader.stateDict());
    const rest: number[] = [];
    for await (const batch of other) rest.push(...batch.toTypedArray());
    expect(rest).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test('throws an error where its batch would have come', async () => {
    const failing: Dataset<number> = {
      length: 6,
      get: async i => {
        if (i === 3) throw new Error('no sample 3');
        return i;
      },
    };
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const batch of new DataLoader(failing, { batchSize: 1, prefetch: 5 }))
        seen.push(batch.item());
    };
    await expect(run()).rejects.toThrow('no sample 3');
    expect(seen).toEqual([0, 1, 2]);
  });

  test('ends with the reason of its signal, also while it waits', async () => {
    const control = new AbortController();
    const never: Dataset<number> = { length: 3, get: () => new Promise<number>(() => undefined) };
    const run = async (): Promise<void> => {
      for await (const _ of new DataLoader(never, { signal: control.signal })) expect.unreachable();
    };
    const running = run();
    control.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(run()).rejects.toThrow('enough');
  });
});

describe('bad input', () => {
  test.each([
    [
      () => new DataLoader(count(3), { batchSize: 0 }),
      ArgumentError,
      /batchSize is 0; expected a whole number from 1/,
    ],
    [() => new DataLoader(count(3), { batchSize: 1.5 }), ArgumentError, /batchSize is 1\.5/],
    [() => new DataLoader(count(3), { prefetch: -1 }), ArgumentError, /prefetch is -1/],
    [() => new DataLoader([1, 2] as never), ArgumentError, /expected a dataset.*got \[1, 2\]/],
    [
      () => new DataLoader(count(3), { shuffle: true, sampler: () => [] }),
      ArgumentError,
      /both shuffle and a sampler/,
    ],
    [() => new DataLoader(count(3), { generator: 3 as never }), ArgumentError, /expected a Generator, got 3/],
    [
      () => new DataLoader(count(3), { collate: 'x' as never }),
      ArgumentError,
      /collate is 'x'; expected a function/,
    ],
    [
      () => [...new DataLoader(count(3), { sampler: () => [0, 3] })],
      IndexError,
      /number 1 is 3; expected samples from 0 to 2/,
    ],
    [() => [...new DataLoader(slow(3))], ArgumentError, /for await/],
    [
      () => [...new DataLoader(count(3), { sampler: weighted([1, 2]) })],
      ArgumentError,
      /2 weights for 3 samples/,
    ],
    [
      () => new TensorDataset(tensor([1, 2]), tensor([1, 2, 3])),
      ShapeError,
      /'0' of shape \[2\] has 2 samples, '1' of shape \[3\] has 3/,
    ],
    [() => new TensorDataset(tensor(1) as never), ShapeError, /'0' is a scalar/],
    [() => new TensorDataset(), ArgumentError, /at least one tensor/],
    [() => new TensorDataset([1, 2] as never), ArgumentError, /'0' is 1; expected a tensor/],
    [() => collate([]), ArgumentError, /at least one sample/],
    [
      () => collate([{ a: 1 }, { b: 1 }]),
      DataError,
      /sample 1 has the keys \['b'\] and that of sample 0 \['a'\]/,
    ],
    [
      () => collate([{ a: 1 }, { a: 'x' }]),
      DataError,
      /'a' of sample 1 is a text and that of sample 0 a number/,
    ],
    [() => collate([[1], [1, 2]]), DataError, /sample 1 has 2 entries and that of sample 0 1/],
    [() => collate([new Date()]), DataError, /a sample is Date/],
    [
      () => collate([{ x: tensor([1]) }, { x: tensor([1, 2]) }]),
      DataError,
      /'x' do not stack: stack: tensor 1 has shape \[2\]/,
    ],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
