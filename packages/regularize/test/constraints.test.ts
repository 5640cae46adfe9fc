import { ArgumentError, Generator, noGrad, randn, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { gradcheck, gradgradcheck } from '@fluxion/gradcheck';
import { Linear, Sequential } from '@fluxion/nn';
import { describe, expect, test } from 'vitest';
import {
  constrainMaxNorm,
  decoupledDecay,
  EarlyStopping,
  elasticNet,
  groupLasso,
  l1,
  l2,
  labelSmoothing,
  maxNorm,
} from '../src/index.js';

const dtype = 'float64' as const;
const random = (...shape: number[]): Tensor => randn(shape, { dtype, generator: new Generator(2) }) as Tensor;

describe('elasticNet and groupLasso', () => {
  test('elasticNet is l1 and l2 together', () => {
    const w = random(3, 4);
    const sum = l1(w, 0.3).add(l2(w, 0.2)).item();
    expect(elasticNet(w, { l1: 0.3, l2: 0.2 }).item()).toBeCloseTo(sum, 12);
  });
  test('groupLasso adds up the norms of rows times the root of their size; zero rows have gradient 0', () => {
    const w = tensor(
      [
        [3, 4],
        [0, 0],
      ],
      { dtype, requiresGrad: true },
    );
    const b = tensor([2, -1], { dtype, requiresGrad: true });
    const penalty = groupLasso([w, b], 0.5);
    expect(penalty.item()).toBeCloseTo(0.5 * (Math.SQRT2 * 5 + 3), 12);
    penalty.backward();
    expect(w.grad?.toArray()[1]).toEqual([0, 0]);
    expect(b.grad?.toArray()).toEqual([0.5, -0.5]);
    expect(groupLasso(w, 1, { dim: 1 }).item()).toBeCloseTo(Math.SQRT2 * 7, 12);
  });
  test('gradients by weights and strengths, first and second order', () => {
    const s = tensor(0.7, { dtype }) as Tensor;
    for (const fn of [
      (w: Tensor, t: Tensor) => groupLasso(w, t),
      (w: Tensor, t: Tensor) => elasticNet(w, { l1: t, l2: t }),
    ]) {
      expect(gradcheck(fn, [random(3, 4), s]).ok).toBe(true);
      expect(gradgradcheck(fn, [random(3, 4), s]).ok).toBe(true);
    }
  });
  test.each([
    [() => elasticNet(random(2), 0.1 as never), /expected the strengths as \{ l1, l2 \}, got 0\.1/],
    [() => elasticNet(random(2), { l1: -1, l2: 0 }), /the strength is -1/],
    [() => groupLasso(random(2), 1, { dim: 2 }), /dim 2 is outside the range/],
    [() => groupLasso([], 1), /no tensor to penalise/],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});

describe('maxNorm', () => {
  test('brings long rows to the norm and leaves short ones and zeros', () => {
    const w = tensor(
      [
        [3, 4],
        [0.3, 0.4],
        [0, 0],
      ],
      { dtype },
    );
    const [long, short, zero] = maxNorm(w, 1).toArray();
    expect(long.map(v => Math.round(v * 1e12) / 1e12)).toEqual([0.6, 0.8]);
    expect([short, zero]).toEqual([
      [0.3, 0.4],
      [0, 0],
    ]);
    expect(maxNorm(w, 0).toArray()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(maxNorm(tensor(-3, { dtype }), 2).item()).toBe(-2);
  });
  test('is differentiable in weights and norm, also at zero rows', () => {
    expect(
      gradcheck((w: Tensor, c: Tensor) => maxNorm(w, c), [random(4, 3), tensor(1.5, { dtype })]).ok,
    ).toBe(true);
    const w = tensor([[0, 0]], { dtype, requiresGrad: true });
    maxNorm(w, 1).sum().backward();
    expect(w.grad?.toArray()).toEqual([[1, 1]]);
  });
  test('of a network is applied in place to its weights, not to its biases', () => {
    const net = new Sequential(new Linear(3, 4, { dtype }), new Linear(4, 2, { dtype }));
    const bias = net.namedParameters()['0.bias'];
    noGrad(() => {
      bias.fill_(9);
      for (const w of net.parameters()) if (w.ndim > 1) w.mul_(10);
    });
    constrainMaxNorm(net.parameters(), 0.5);
    for (const w of net.parameters())
      if (w.ndim > 1) expect(w.square().sum(1).sqrt().amax().item()).toBeLessThanOrEqual(0.5 + 1e-12);
    expect(bias.toArray()).toEqual([9, 9, 9, 9]);
  });
  test.each([
    [() => maxNorm(random(2, 2), -1), ArgumentError, /the largest norm is -1/],
    [() => constrainMaxNorm(random(2, 2), Number.NaN), ArgumentError, /the largest norm is NaN/],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});

test('decoupledDecay is w (1 - rate decay), differentiable in all three', () => {
  const [w] = decoupledDecay([tensor([2, -4], { dtype })], 0.1, 0.5);
  expect(w.toArray()).toEqual([1.9, -3.8]);
  const fn = (x: Tensor, r: Tensor, d: Tensor): Tensor => decoupledDecay([x], r, d)[0];
  expect(gradcheck(fn, [random(3), tensor(0.1, { dtype }), tensor(0.3, { dtype })]).ok).toBe(true);
  expect(() => decoupledDecay([random(2)], -1, 0)).toThrow('the rate is -1');
  expect(() => decoupledDecay(random(2) as never, 1, 0)).toThrow('expected a list of tensors');
});

describe('labelSmoothing', () => {
  test('of indices and of probabilities', () => {
    const smooth = labelSmoothing(tensor([0, 2], { dtype: 'int32' }), 4, { amount: 0.2, dtype });
    expect(smooth.toArray()).toEqual([
      [0.8500000000000001, 0.05, 0.05, 0.05],
      [0.05, 0.05, 0.8500000000000001, 0.05],
    ]);
    expect(labelSmoothing(tensor([[1, 0]], { dtype }), 2, { amount: 1 }).toArray()).toEqual([[0.5, 0.5]]);
  });
  test('has an amount that can be learned', () => {
    const y = tensor([[0.3, 0.7]], { dtype });
    expect(gradcheck((a: Tensor) => labelSmoothing(y, 2, { amount: a }), [tensor(0.1, { dtype })]).ok).toBe(
      true,
    );
  });
  test.each([
    [() => labelSmoothing(tensor([0], { dtype: 'int32' }), 0), ArgumentError, /number of classes is 0/],
    [() => labelSmoothing(tensor([0], { dtype: 'int32' }), 2, { amount: 2 }), ArgumentError, /amount is 2/],
    [() => labelSmoothing(tensor([[0.5]]), 2), ShapeError, /for 2 classes; expected 2 as the last size/],
    [() => labelSmoothing(3 as never, 2), ArgumentError, /expected a tensor of labels/],
  ] as const)('%s', (call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});

describe('EarlyStopping', () => {
  test('stops after so many steps without improvement, and keeps the best', () => {
    const stopping = new EarlyStopping<number>({ patience: 3 });
    const metrics = [5, 4, 4.5, 4, 3, 3.5, Number.NaN, 3.2, 2];
    const stops = metrics.map((m, i) => stopping.step(m, () => i));
    expect(stops.indexOf(true)).toBe(7);
    expect(stopping.kept).toBe(8);
    const fresh = new EarlyStopping<number>({ patience: 3 });
    for (const [i, m] of metrics.entries()) if (fresh.step(m, () => i)) break;
    expect([fresh.best, fresh.bestStep, fresh.kept]).toEqual([3, 5, 4]);
  });
  test('counts only improvements of more than minDelta, upwards too', () => {
    const stopping = new EarlyStopping({ patience: 2, minDelta: 0.5, mode: 'max' });
    expect([1, 1.4, 1.45].map(m => stopping.step(m))).toEqual([false, false, true]);
  });
  test('stops on NaN alone', () => {
    const stopping = new EarlyStopping({ patience: 2 });
    expect([Number.NaN, Number.NaN].map(m => stopping.step(m))).toEqual([false, true]);
  });
  test('resumes', () => {
    const [a, b] = [new EarlyStopping<number>({ patience: 3 }), new EarlyStopping<number>({ patience: 3 })];
    for (const m of [3, 2, 4]) a.step(m, () => m);
    b.loadStateDict(structuredClone(a.stateDict()));
    for (const m of [2.5, 2.2, 9]) expect(b.step(m)).toBe(a.step(m));
    expect(b.kept).toBe(2);
  });
  test.each([
    [() => new EarlyStopping({ patience: 0 }), /patience is 0; expected a whole number from 1/],
    [() => new EarlyStopping({ minDelta: -1 }), /minDelta is -1/],
    [() => new EarlyStopping({ mode: 'best' as never }), /mode is 'best'/],
    [() => new EarlyStopping().step('x' as never), /expected a number as metric, got 'x'/],
    [() => new EarlyStopping().loadStateDict({} as never), /expected a state/],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
