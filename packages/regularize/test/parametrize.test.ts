import { ArgumentError, Generator, grad, noGrad, randn, type Tensor } from '@fluxion/autograd';
import { gradcheck } from '@fluxion/gradcheck';
import { functionalCall, Linear, Sequential } from '@fluxion/nn';
import { describe, expect, test } from 'vitest';
import { dropConnect, removeParametrization, spectralNorm, weightNorm } from '../src/index.js';

const dtype = 'float64' as const;
const x = randn([5, 3], { dtype, generator: new Generator(1) });
const linear = (): Linear<3, 4> => new Linear(3, 4, { dtype, generator: new Generator(8) });
const close = (a: Tensor, b: Tensor, tolerance = 1e-12): void => {
  expect(a.sub(b).abs().amax().item()).toBeLessThanOrEqual(tolerance);
};

describe('weightNorm', () => {
  test('changes nothing at first, and has PyTorch parameters', () => {
    const layer = weightNorm(linear());
    close(layer.forward(x) as Tensor, linear().forward(x) as Tensor);
    expect(Object.keys(layer.namedParameters()).sort()).toEqual(['bias', 'weight_g', 'weight_v']);
    expect(layer.namedParameters().weight_g.shape).toEqual([4, 1]);
    expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight_g', 'weight_v']);
  });
  test('the length of v does not matter, and g is the length', () => {
    const layer = weightNorm(linear());
    const { weight_g: g, weight_v: v } = layer.namedParameters();
    const before = layer.forward(x).detach() as Tensor;
    noGrad(() => v.mul_(3));
    close(layer.forward(x) as Tensor, before);
    noGrad(() => g.fill_(2));
    const norms = layer.weight.square().sum(1).sqrt().toArray() as number[];
    for (const n of norms) expect(n).toBeCloseTo(2, 12);
  });
  test('gradients reach g and v; functionalCall replaces them', () => {
    const layer = weightNorm(linear());
    const names = ['weight_g', 'weight_v', 'bias'];
    const params = layer.namedParameters();
    const fn = (...values: Tensor[]): Tensor =>
      functionalCall(layer, Object.fromEntries(names.map((n, i) => [n, values[i]])), x) as Tensor;
    expect(
      gradcheck(
        fn,
        names.map(n => params[n].detach() as Tensor),
      ).ok,
    ).toBe(true);
  });
  test('can be baked in again', () => {
    const layer = weightNorm(linear());
    noGrad(() => layer.namedParameters().weight_g.mul_(2));
    const before = layer.forward(x).detach() as Tensor;
    removeParametrization(layer);
    expect(Object.keys(layer.namedParameters()).sort()).toEqual(['bias', 'weight']);
    close(layer.forward(x) as Tensor, before);
    expect(layer.weight.requiresGrad).toBe(true);
  });
});

describe('spectralNorm', () => {
  test('makes the largest singular value 1', () => {
    const layer = spectralNorm(linear(), { generator: new Generator(3) });
    for (let i = 0; i < 100; i++) layer.forward(x);
    layer.eval();
    // The largest singular value by many steps of the power iteration, done here anew.
    let v = randn([3], { dtype, generator: new Generator(5) }) as Tensor;
    const w = layer.weight.detach() as Tensor;
    for (let i = 0; i < 500; i++) {
      v = w.transpose(0, 1).matmul(w.matmul(v) as Tensor) as Tensor;
      v = v.div(v.square().sum().sqrt()).detach() as Tensor;
    }
    expect((w.matmul(v) as Tensor).square().sum().sqrt().item()).toBeCloseTo(1, 9);
    expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight_orig', 'weight_u', 'weight_v']);
    expect(Object.keys(layer.namedParameters()).sort()).toEqual(['bias', 'weight_orig']);
  });
  test('stands still after eval, and backward works after further uses', () => {
    const layer = spectralNorm(linear(), { generator: new Generator(3) }).eval();
    const before = layer.stateDict();
    const first = layer.forward(x);
    expect(layer.stateDict()).toEqual(before);
    layer.train();
    layer.forward(x);
    const [g] = grad(first.square().sum(), [layer.namedParameters().weight_orig]);
    expect(g.abs().sum().item()).toBeGreaterThan(0);
  });
  test('gradients take the vectors for constants', () => {
    const layer = spectralNorm(linear(), { generator: new Generator(3) }).eval();
    const w = layer.namedParameters().weight_orig.detach() as Tensor;
    const fn = (t: Tensor): Tensor => functionalCall(layer, { weight_orig: t }, x) as Tensor;
    expect(gradcheck(fn, [w]).ok).toBe(true);
  });
});

describe('dropConnect', () => {
  test('drops weights in training, each use others, and none after eval', () => {
    const layer = dropConnect(linear(), 0.5, { generator: new Generator(4) });
    const raw = layer.namedParameters().weight_raw.toTypedArray();
    const [first, second] = [layer.weight.toTypedArray(), layer.weight.toTypedArray()];
    expect(first).not.toEqual(second);
    first.forEach((v, i) => {
      expect(v === 0 || v === 2 * raw[i]).toBe(true);
    });
    expect(first.includes(0)).toBe(true);
    layer.eval();
    expect(layer.weight.toTypedArray()).toEqual(raw);
  });
});

test('within a network, names and training follow', () => {
  const net = new Sequential(weightNorm(linear()), new Linear(4, 2, { dtype }));
  expect(Object.keys(net.namedParameters()).sort()).toEqual([
    '0.bias',
    '0.weight_g',
    '0.weight_v',
    '1.bias',
    '1.weight',
  ]);
  net.loadStateDict(net.stateDict());
});

test.each([
  [
    () => weightNorm(linear(), { name: 'kernel' }),
    /Linear has no parameter 'kernel' of its own; it has 'weight', 'bias'/,
  ],
  [() => weightNorm(weightNorm(linear())), /'weight' of Linear is parametrized already/],
  [() => weightNorm(3 as never), /expected a module, got 3/],
  [() => spectralNorm(linear(), { iterations: 0 }), /iterations is 0/],
  [() => dropConnect(linear(), 2), /probability of dropping a weight is 2/],
  [() => removeParametrization(linear()), /'weight' of Linear is not parametrized/],
  [
    () => {
      weightNorm(linear()).weight = linear().weight;
    },
    /'weight' of shape \[4, 3\] is computed from 'weight_g' and 'weight_v'; set those/,
  ],
])('%s', (call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});
