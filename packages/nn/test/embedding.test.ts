import {
  ArgumentError,
  Generator,
  IndexError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from '@fluxion/autograd';
import { expect, expectTypeOf, test } from 'vitest';
import { Embedding, EmbeddingBag } from '../src/index.js';

const indices = tensor(
  [
    [0, 2],
    [2, 1],
  ],
  { dtype: 'int32' },
);

test('rows are looked up, and trained by their uses', () => {
  const layer = new Embedding(4, 3, { dtype: 'float64', generator: new Generator(1) });
  const rows = layer.weight.toArray() as number[][];
  const y = layer.forward(indices);
  expectTypeOf(y).toEqualTypeOf<Tensor<[2, 2, number]>>();
  expect(y.toArray()).toEqual([
    [rows[0], rows[2]],
    [rows[2], rows[1]],
  ]);
  y.sum().backward();
  expect(layer.weight.grad?.toArray()).toEqual([1, 1, 2, 0].map(n => [n, n, n]));
  expect(String(layer)).toBe('Embedding(4, 3)');
});

test('the row for padding starts as zeros and is not trained', () => {
  const layer = new Embedding(4, 2, { paddingIdx: -2, generator: new Generator(1) });
  expect(layer.paddingIdx).toBe(2);
  expect((layer.weight.toArray() as number[][])[2]).toEqual([0, 0]);
  layer.forward(indices).sum().backward();
  expect(layer.weight.grad?.select(0, 2).toArray()).toEqual([0, 0]);
});

test('starts from rows that are given', () => {
  const weight = randn([4, 2], { dtype: 'float64' });
  const layer = new Embedding(4, 2, { weight });
  expect(layer.weight.toArray()).toEqual(weight.toArray());
  expect(layer.weight.storage).not.toBe(weight.storage);
});

test('bags of rows: sum, mean and largest', () => {
  const weight = tensor(
    [
      [1, -1],
      [2, 5],
      [4, 0],
    ],
    { dtype: 'float64' },
  );
  const bags = tensor([0, 2, 1], { dtype: 'int32' });
  const offsets = tensor([0, 2], { dtype: 'int32' });
  const of = (mode: 'sum' | 'mean' | 'max'): unknown =>
    new EmbeddingBag(3, 2, { mode, weight }).forward(bags, offsets).toArray();
  expect(of('sum')).toEqual([
    [5, -1],
    [2, 5],
  ]);
  expect(of('mean')).toEqual([
    [2.5, -0.5],
    [2, 5],
  ]);
  expect(of('max')).toEqual([
    [4, 0],
    [2, 5],
  ]);
});

test.each([
  [() => new Embedding(0, 2), ArgumentError, /^Embedding: numEmbeddings is 0/],
  [
    () => new Embedding(3, 2, { paddingIdx: 3 }),
    ArgumentError,
    /paddingIdx is 3; expected a whole number from -3 to 2/,
  ],
  [
    () => new Embedding(3, 2, { weight: randn([2, 2]) }),
    ShapeError,
    /of shape \[2, 2\]; expected shape \[3, 2\]/,
  ],
  [
    () => new EmbeddingBag(3, 2, { weight: 3 as never }),
    ShapeError,
    /^EmbeddingBag: the rows to start from are 3/,
  ],
  [() => new Embedding(2, 2).forward(indices), IndexError, /index 2/],
] as const)('%s', (call, error, message) => {
  expect(call).toThrow(error);
  expect(call).toThrow(message);
});
