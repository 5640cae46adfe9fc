import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  GraphError,
  grad,
  instanceNorm,
  layerNorm,
  noGrad,
  normalize,
  ones,
  rmsNorm,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';

const f64 = { dtype: 'float64' } as const;
const list = (t: Tensor): number[] => Array.from(t.toTypedArray());

describe('running statistics', () => {
  const x = tensor(
    [
      [1, 10],
      [3, 40],
    ],
    f64,
  );

  test('move by momentum towards the mean and the unbiased variance of the batch, in place', () => {
    const runningMean = tensor([0, 100], f64);
    const runningVar = ones([2], f64);
    const versions = [runningMean, runningVar].map(t => t.storage.version);
    batchNorm(x, { training: true, runningMean, runningVar, momentum: 0.25 });
    expect(list(runningMean)).toEqual([0.5, 81.25]);
    expect(list(runningVar)).toEqual([0.75 + 0.25 * 2, 0.75 + 0.25 * 450]);
    expect(runningMean.storage.version).toBeGreaterThan(versions[0]);
    expect(runningVar.storage.version).toBeGreaterThan(versions[1]);
  });

  test('of instances: towards the mean over the batch', () => {
    const runningMean = zeros([1], f64);
    const runningVar = zeros([1], f64);
    instanceNorm(x.reshape([2, 1, 2]), { runningMean, runningVar, momentum: 1 });
    expect(list(runningMean)).toEqual([(5.5 + 21.5) / 2]);
    expect(list(runningVar)).toEqual([(40.5 + 684.5) / 2]);
  });

  test('stay as they are in use, without elements, and where the call fails', () => {
    const runningMean = tensor([5, 7], f64);
    const runningVar = tensor([2, 3], f64);
    batchNorm(x, { runningMean, runningVar });
    batchNorm(zeros([0, 2], f64), { runningMean, runningVar, training: true });
    expect(() => batchNorm(zeros([1, 2], f64), { runningMean, runningVar, training: true })).toThrow(
      ShapeError,
    );
    // The second one cannot be written, so the first one is not either.
    const shared = zeros([1], f64).expand([2]) as Tensor;
    expect(() => batchNorm(x, { runningMean, runningVar: shared, training: true })).toThrow(GraphError);
    expect(list(runningMean)).toEqual([5, 7]);
    expect(list(runningVar)).toEqual([2, 3]);
  });

  test('are updated under noGrad too, and are no part of the graph', () => {
    const runningMean = zeros([2], f64);
    noGrad(() => batchNorm(x, { runningMean, training: true, momentum: 1 }));
    expect(list(runningMean)).toEqual([2, 25]);
    const leaf = x.clone().requiresGrad_();
    batchNorm(leaf, { runningMean, training: true });
    expect(runningMean.requiresGrad).toBe(false);
    expect(runningMean.isLeaf).toBe(true);
  });

  test('a derivative that needs what they were fails, and says who changed them', () => {
    const runningMean = zeros([2], f64);
    const runningVar = ones([2], f64);
    const weight = ones([2], { ...f64, requiresGrad: true });
    const y = batchNorm(x, { runningMean, runningVar, weight }).mul(runningVar);
    batchNorm(x, { runningMean, runningVar, training: true });
    expect(() => grad(y.sum(), weight)).toThrow(/changed in place by batchNorm/);
  });
});

test('gradients of a constant row are finite', () => {
  const x = tensor([[3, 3, 3]], { ...f64, requiresGrad: true });
  for (const y of [layerNorm(x, 3), batchNorm(x.transpose(0, 1), { training: true }) as Tensor]) {
    const g = grad(y.mul(tensor(y.shape[0] === 1 ? [[1, 2, 4]] : [[1], [2], [4]], f64)).sum(), x);
    expect(list(g).every(Number.isFinite)).toBe(true);
  }
});

test('normalize: at 0 the gradient is that of x / eps, first and second order finite', () => {
  for (const p of [2, 1, 1.5, 0.5, Number.POSITIVE_INFINITY]) {
    const x = tensor([0, 0], { ...f64, requiresGrad: true });
    const g = grad(
      normalize(x, { p, dim: 0, eps: 0.5 })
        .mul(tensor([1, 3], f64))
        .sum(),
      x,
      {
        createGraph: true,
      },
    );
    expect(list(g), `p = ${p}`).toEqual([2, 6]);
    expect(list(grad(g.sum(), x, { allowUnused: true })), `p = ${p}`).toEqual([0, 0]);
  }
});

test('rmsNorm: eps is that of the dtype unless given', () => {
  const tiny = 2 ** -30;
  expect(rmsNorm(tensor([tiny]), 1).item()).toBeCloseTo(tiny / Math.sqrt(tiny ** 2 + 2 ** -23), 10);
  expect(rmsNorm(tensor([tiny], f64), 1).item()).toBeCloseTo(tiny / Math.sqrt(tiny ** 2 + 2 ** -52), 14);
});

test('float32 far from 0: the variance keeps its digits', () => {
  const values = Array.from({ length: 64 }, (_, i) => 4096 + (i % 7) / 8);
  const coarse = list(layerNorm(tensor(values), 64));
  const fine = list(layerNorm(tensor(values, f64), 64));
  coarse.forEach((v, i) => {
    expect(Math.abs(v - fine[i])).toBeLessThan(1e-3);
  });
});
