import { describe, expect, test } from 'vitest';
import {
  embedding,
  embeddingBag,
  grad,
  histc,
  indexCopy,
  maskedScatter,
  put,
  quantile,
  scatter,
  scatterReduce,
  sort,
  type Tensor,
  tensor,
  topk,
  unique,
} from '../../src/index.js';

const f64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;
const leaf = (...values: number[]): Tensor => tensor(values, { ...f64, requiresGrad: true });
const indices = (...values: number[]): Tensor => tensor(values, int32);
const { NaN: nan } = Number;

/** The gradient of the sum of the result, element i of it counted i + 1 times. */
function gradient(y: Tensor, x: Tensor): number[] {
  const weights = tensor(
    Array.from({ length: y.size }, (_, i) => i + 1),
    f64,
  ).reshape(y.shape as number[]);
  const total = y.mul(weights).sum();
  return Array.from(grad(total, x, { allowUnused: true, retainGraph: true }).toTypedArray());
}

describe('memory', () => {
  test('basic indices share it, tensors copy', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const part = x.at(':', { start: 1 });
    expect(part.storage).toBe(x.storage);
    expect(x.at('...', null, 0).storage).toBe(x.storage);
    expect(x.at([0, 1]).storage).not.toBe(x.storage);
    part.fill_(0);
    expect(x.toArray()).toEqual([
      [1, 0, 0],
      [4, 0, 0],
    ]);
  });

  test('places in a view with gaps are found without a copy of it', () => {
    const wide = tensor(Float64Array.from({ length: 24 }, (_, i) => i)).reshape([4, 6]);
    const x = wide.transpose(0, 1).slice(0, { step: 2 });
    expect(x.at(indices(2, 0, 1), indices(3, 0, -1)).toArray()).toEqual([22, 0, 20]);
  });

  test('out of place: the input stays, also where the value is a view of it', () => {
    const x = tensor([1, 2, 3, 4]);
    expect(x.put(['1:'], x.at(':-1')).toArray()).toEqual([1, 1, 2, 3]);
    expect(x.toArray()).toEqual([1, 2, 3, 4]);
  });
});

describe('where several elements go to one place', () => {
  test('the last one stays and has the gradient', () => {
    const x = leaf(1, 2, 3);
    const source = leaf(10, 20, 30, 40);
    const index = indices(1, 0, 1, 1);
    for (const y of [
      scatter(x, 0, index, source),
      put(x, [index], source),
      indexCopy(x, 0, index, source),
      x.indexPut([index], source),
    ]) {
      expect(y.toArray()).toEqual([20, 40, 3]);
      expect(gradient(y, source)).toEqual([0, 1, 0, 2]);
      expect(gradient(y, x)).toEqual([0, 0, 3]);
    }
  });

  test('they add up with accumulate', () => {
    const x = leaf(1, 2, 3);
    const source = leaf(10, 20, 30);
    const y = put(x, [indices(1, 1, -1)], source, { accumulate: true });
    expect(y.toArray()).toEqual([1, 32, 33]);
    expect(gradient(y, source)).toEqual([2, 2, 3]);
    expect(gradient(y, x)).toEqual([1, 2, 3]);
  });

  test('scatterReduce: ties of amax share, and what stands there takes part only when asked', () => {
    const x = leaf(5, 0);
    const source = leaf(5, 5, -1);
    const index = indices(0, 0, 1);
    const all = scatterReduce(x, 0, index, source, 'amax');
    expect(gradient(all, x)).toEqual([1 / 3, 2]);
    expect(gradient(all, source)).toEqual([1 / 3, 1 / 3, 0]);
    const others = scatterReduce(x, 0, index, source, 'amax', { includeSelf: false });
    expect(others.toArray()).toEqual([5, -1]);
    expect(gradient(others, x)).toEqual([0, 0]);
    expect(gradient(others, source)).toEqual([0.5, 0.5, 2]);
  });

  test('scatterReduce: products are exact where factors are 0, to any order', () => {
    const x = leaf(3);
    const source = leaf(0, 2, 0);
    const y = scatterReduce(x, 0, indices(0, 0, 0), source, 'prod');
    const [first] = [grad(y.sum(), source, { createGraph: true })];
    expect(first.toArray()).toEqual([0, 0, 0]);
    const second = grad(first.at(0), source, { createGraph: true });
    expect(second.toArray()).toEqual([0, 0, 6]);
    const third = grad(second.at(2), [x, source], { allowUnused: true });
    expect(third.map(t => t.toArray())).toEqual([[2], [0, 3, 0]]);
  });

  test('maskedScatter: elements that are left over have no gradient', () => {
    const source = leaf(1, 2, 3);
    const y = maskedScatter(leaf(0, 0), tensor([false, true]), source);
    expect(gradient(y, source)).toEqual([2, 0, 0]);
  });
});

describe('embedding', () => {
  const weight = (): Tensor => leaf(1, 2, 3, 4, 5, 6).detach().reshape([3, 2]).requiresGrad_() as Tensor;

  test('the row of paddingIdx has values and no gradient', () => {
    const w = weight();
    const y = embedding(indices(1, 2, 1), w, { paddingIdx: -2 });
    expect(y.toArray()).toEqual([
      [3, 4],
      [5, 6],
      [3, 4],
    ]);
    expect(gradient(y, w)).toEqual([0, 0, 0, 0, 3, 4]);
  });

  test('scaleGradByFreq divides by how often the index names a row', () => {
    const w = weight();
    const y = embedding(indices(1, 2, 1), w, { scaleGradByFreq: true });
    expect(gradient(y, w)).toEqual([0, 0, 3, 4, 3, 4]);
  });

  test('embeddingBag: of equals the first has the gradient of a maximum; an empty bag is 0', () => {
    const w = tensor([[1], [1], [0]], { ...f64, requiresGrad: true });
    const y = embeddingBag(indices(2, 1, 0), w, { mode: 'max', offsets: indices(0, 0) });
    expect(y.toArray()).toEqual([[0], [1]]);
    expect(gradient(y, w)).toEqual([0, 2, 0]);
  });
});

describe('order', () => {
  test('sort is stable, NaN is the largest, zeros of both signs are equal', () => {
    const x = tensor([nan, 0, 1, -0, nan, 1], f64);
    expect(sort(x).indices.toArray()).toEqual([1, 3, 2, 5, 0, 4]);
    expect(sort(x, 0, { descending: true }).indices.toArray()).toEqual([0, 4, 2, 5, 1, 3]);
    expect(topk(x, 3).indices.toArray()).toEqual([0, 4, 2]);
    expect(topk(x, 1, 0, { largest: false }).indices.toArray()).toEqual([1]);
  });

  test('median of all shares the gradient among ties, along a dim one element has it', () => {
    const x = leaf(2, 1, 2, 3);
    expect(gradient(x.median(), x)).toEqual([0.5, 0, 0.5, 0]);
    expect(gradient(x.median(0).values, x)).toEqual([1, 0, 0, 0]);
    const y = leaf(2, nan, 2, nan);
    expect(gradient(y.median(), y)).toEqual([0, 0.5, 0, 0.5]);
    expect(gradient(y.nanmedian(), y)).toEqual([0.5, 0, 0.5, 0]);
  });

  test('quantile has a derivative by the fraction: the slope between two elements', () => {
    const x = leaf(4, 1, 2);
    const q = tensor(0.3, { ...f64, requiresGrad: true });
    const y = quantile(x, q);
    expect(y.item()).toBeCloseTo(1.6, 15);
    expect(gradient(y, q)).toEqual([2]);
    expect(gradient(y, x)[0]).toBe(0);
  });

  test('unique gives the values in order, and beside them what it was asked for', () => {
    const x = tensor([3, 1, 3, 2], f64);
    expect(unique(x).toArray()).toEqual([1, 2, 3]);
    expect(Object.keys(unique(x, { returnInverse: true }))).toEqual(['values', 'inverse']);
    const { inverse, counts } = unique(x, { returnInverse: true, returnCounts: true });
    expect(inverse.toArray()).toEqual([2, 0, 2, 1]);
    expect(counts.toArray()).toEqual([1, 1, 2]);
  });

  test('histc has 100 bins by default', () => {
    expect(histc(tensor([0, 1])).shape).toEqual([100]);
  });
});
