import {
  ArgumentError,
  Generator,
  manualSeed,
  noGrad,
  ones,
  randn,
  relu,
  ShapeError,
  softmax,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as nn from '../src/index.js';
import { functional, LeakyReLU, Linear, Module, Sequential, Tanh } from '../src/index.js';
import { expectClose } from './support.js';

describe('Linear', () => {
  test('by property: y[..., o] = sum_i x[..., i] w[o, i] + b[o], for any batch', () => {
    const size = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 3 }), size, size, fc.boolean(), (batch, n, m, bias) => {
        const layer = new Linear(n, m, { bias, dtype: 'float64' });
        const x = randn([...batch, n], { dtype: 'float64' });
        const y = layer.forward(x);
        expect(y.shape).toEqual([...batch, m]);
        const xs = x.toTypedArray();
        const w = layer.weight.toTypedArray();
        const b = layer.bias?.toTypedArray();
        const want: number[] = [];
        for (let r = 0; r < batch.reduce((p, q) => p * q, 1); r++)
          for (let o = 0; o < m; o++) {
            let sum = b?.[o] ?? 0;
            for (let i = 0; i < n; i++) sum += xs[r * n + i] * w[o * n + i];
            want.push(sum);
          }
        expectClose(y.toTypedArray(), want);
      }),
      { numRuns: 60 },
    );
  });

  test('starts uniform in ±1/sqrt(in), weight and bias, from the generator given', () => {
    const layer = new Linear(100, 400, { generator: new Generator(3) });
    for (const t of [layer.weight, layer.bias as Tensor]) {
      const values = Array.from(t.toTypedArray());
      const bound = 0.1;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      expect(Math.max(...values)).toBeGreaterThan(0.98 * bound);
      expect(Math.min(...values)).toBeLessThan(-0.98 * bound);
      const variance = values.reduce((s, v) => s + v * v, 0) / values.length;
      expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.1);
    }
    const again = new Linear(100, 400, { generator: new Generator(3) });
    expect(again.stateDict()).toEqual(layer.stateDict());
    expect(new Linear(100, 400, { generator: new Generator(4) }).stateDict()).not.toEqual(layer.stateDict());
    manualSeed(3);
    expect(new Linear(100, 400).stateDict()).toEqual(layer.stateDict());
  });

  test('no inputs give the bias, which starts at 0', () => {
    const layer = new Linear(0, 2);
    expect(layer.forward(zeros([3, 0])).toArray()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  test('refuses sizes that are none, and inputs that do not fit', () => {
    expect(() => new Linear(2.5, 3)).toThrow('Linear: inFeatures is 2.5; expected a whole number from 0.');
    expect(() => new Linear(2, Number.NaN)).toThrow(ShapeError);
    expect(() => new Linear(2, -1)).toThrow('outFeatures is -1');
    const wrong: Tensor = zeros([4, 5]);
    expect(() => new Linear(2, 3).forward(wrong)).toThrow(ShapeError);
  });

  test('parameters want gradients; without bias there is one', () => {
    const layer = new Linear(2, 3, { bias: false });
    expect(layer.bias).toBeNull();
    expect(layer.parameters()).toEqual([layer.weight]);
    expect(layer.weight.requiresGrad && layer.weight.isLeaf).toBe(true);
    expect(new Linear(2, 3).weight.dtype).toBe('float32');
  });
});

describe('activation modules compute their function', () => {
  const x = tensor(new Float64Array([-30, -2, -0.5, 0, 0.3, 1, 25])).reshape([1, 7]);
  const rows: [name: string, module: nn.Activation, fn: (x: Tensor) => Tensor, outline: string][] = [
    ['ReLU', new nn.ReLU(), functional.relu, ''],
    ['ReLU6', new nn.ReLU6(), functional.relu6, ''],
    ['LeakyReLU', new nn.LeakyReLU(0.2), x => functional.leakyRelu(x, 0.2), 'negativeSlope=0.2'],
    ['Sigmoid', new nn.Sigmoid(), functional.sigmoid, ''],
    ['LogSigmoid', new nn.LogSigmoid(), functional.logsigmoid, ''],
    ['Tanh', new nn.Tanh(), functional.tanh, ''],
    ['SiLU', new nn.SiLU(), functional.silu, ''],
    ['Mish', new nn.Mish(), functional.mish, ''],
    ['Softsign', new nn.Softsign(), functional.softsign, ''],
    ['SELU', new nn.SELU(), functional.selu, ''],
    ['ELU', new nn.ELU({ alpha: 0.5 }), x => functional.elu(x, { alpha: 0.5 }), 'alpha=0.5'],
    ['CELU', new nn.CELU(), x => functional.celu(x), 'alpha=1'],
    ['Hardsigmoid', new nn.Hardsigmoid(), functional.hardsigmoid, ''],
    ['Hardswish', new nn.Hardswish(), functional.hardswish, ''],
    ['Hardtanh', new nn.Hardtanh({ max: 2 }), x => functional.hardtanh(x, { max: 2 }), 'min=-1, max=2'],
    ['GELU', new nn.GELU(), x => functional.gelu(x), 'approximate=none'],
    [
      'GELU',
      new nn.GELU({ approximate: 'tanh' }),
      x => functional.gelu(x, { approximate: 'tanh' }),
      'approximate=tanh',
    ],
    [
      'Softplus',
      new nn.Softplus({ beta: 2 }),
      x => functional.softplus(x, { beta: 2 }),
      'beta=2, threshold=20',
    ],
    ['Tanhshrink', new nn.Tanhshrink(), functional.tanhshrink, ''],
    ['Hardshrink', new nn.Hardshrink(), x => functional.hardshrink(x), 'lambda=0.5'],
    ['Softshrink', new nn.Softshrink(0.2), x => functional.softshrink(x, 0.2), 'lambda=0.2'],
    ['Threshold', new nn.Threshold(0.1, 7), x => functional.threshold(x, 0.1, 7), 'threshold=0.1, value=7'],
    ['Softmax', new nn.Softmax(1), x => functional.softmax(x, 1), 'dim=1'],
    ['Softmin', new nn.Softmin(1), x => functional.softmin(x, 1), 'dim=1'],
    ['LogSoftmax', new nn.LogSoftmax(-1), x => functional.logSoftmax(x, 1), 'dim=-1'],
  ];
  test.each(rows)('%s', (name, module, fn, outline) => {
    expect(module.forward(x).toArray()).toEqual(fn(x).toArray());
    expect(module.parameters()).toEqual([]);
    expect(String(module)).toBe(`${name}(${outline})`);
    expect(module).toBeInstanceOf(Module);
    expect(module).toBeInstanceOf((nn as unknown as Record<string, new () => unknown>)[name]);
  });

  test('RReLU draws its slopes in training alone', () => {
    const layer = new nn.RReLU({ lower: 0.1, upper: 0.2, generator: new Generator(1) });
    const below = ones([1000]).mul(-1);
    const drawn = Array.from(layer.forward(below).toTypedArray());
    expect(new Set(drawn).size).toBeGreaterThan(900);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(-0.1);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-0.2 - 1e-7);
    const fixed = Array.from(layer.eval().forward(below).toTypedArray());
    expect(new Set(fixed).size).toBe(1);
    expect(fixed[0]).toBeCloseTo(-0.15, 6);
  });

  test('settings stand on fields, by the types too', () => {
    const slope: number = new nn.LeakyReLU(0.3).negativeSlope;
    expect(slope).toBe(0.3);
    const layer: nn.GELU = new nn.GELU();
    expect(layer.approximate).toBe('none');
  });

  test('Softmax2d is over the channels; GLU halves a dim; PReLU has a slope to train', () => {
    const image = randn([2, 3, 1, 2]);
    expect(new nn.Softmax2d().forward(image).toArray()).toEqual(softmax(image, 1).toArray());
    expect(new nn.GLU().forward(ones([2, 6])).shape).toEqual([2, 3]);
    expect(String(new nn.GLU(0))).toBe('GLU(dim=0)');
    const prelu = new nn.PReLU({ numParameters: 2 });
    expect(prelu.forward(tensor([[-1, -2]])).toArray()).toEqual([[-0.25, -0.5]]);
    expect(Object.keys(prelu.namedParameters())).toEqual(['weight']);
  });

  test('LeakyReLU has slope 0.01 by default', () => {
    expectClose(new LeakyReLU().forward(tensor([-1, 2])).toTypedArray(), [-0.01, 2], 1e-7);
  });
});

describe('Sequential', () => {
  test('chains modules and functions, named by their position', () => {
    const net = new Sequential(new Linear(3, 4), relu, new Sequential(new Linear(4, 2), new Tanh()));
    const x = randn([5, 3]);
    const [a, , inner] = net;
    expect(net.length).toBe(3);
    expect(net[0]).toBe(a);
    expect(net.forward(x).toArray()).toEqual(
      (inner as Module & { forward(x: Tensor): Tensor }).forward(relu((a as Linear).forward(x))).toArray(),
    );
    expect(Object.keys(net.namedParameters())).toEqual(['0.weight', '0.bias', '2.0.weight', '2.0.bias']);
    expect([...net.namedModules().keys()]).toEqual(['', '0', '2', '2.0', '2.1']);
  });

  test('keeps the order beyond ten layers', () => {
    const net = new Sequential(...Array.from({ length: 12 }, () => new Linear(1, 1, { bias: false })));
    expect(Object.keys(net.namedParameters())).toEqual(Array.from({ length: 12 }, (_, i) => `${i}.weight`));
  });

  test('a layer may be replaced', () => {
    const net = new Sequential(new Linear(2, 2), relu);
    const other = new Linear(2, 2);
    (net as unknown as Record<number, unknown>)[0] = other;
    const x = randn([1, 2]);
    expect(net.forward(x).toArray()).toEqual(relu(other.forward(x)).toArray());
    expect(net.parameters()).toEqual(other.parameters());
  });

  test('of nothing is the identity', () => {
    const x = ones([2]);
    expect(new Sequential().forward(x)).toBe(x);
  });

  test('refuses what is no layer, and layers that return no tensor', () => {
    expect(() => new Sequential(new Linear(1, 1), 3 as never)).toThrow(ArgumentError);
    expect(() => new Sequential(new Linear(1, 1), 3 as never)).toThrow('Sequential: layer 1 is 3');
    const net = new Sequential((x: Tensor) => x, (() => undefined) as unknown as () => Tensor);
    expect(() => net.forward(ones([1]))).toThrow(
      'Sequential: layer 1 returned undefined; expected one tensor.',
    );
  });
});

test('functional holds the functions', () => {
  expect(functional.relu).toBe(relu);
  expect(functional.crossEntropy(zeros([1, 4]), tensor([2], { dtype: 'int32' })).item()).toBeCloseTo(
    Math.log(4),
    6,
  );
});

test('a module is trained by plain gradient descent', () => {
  class Net extends Module {
    fc1 = new Linear(2, 8, { generator: new Generator(1) });
    fc2 = new Linear(8, 1, { generator: new Generator(2) });
    override forward(x: Tensor<[number, 2]>): Tensor<[number, 1]> {
      return this.fc2.forward(tanh(this.fc1.forward(x)));
    }
  }
  const net = new Net();
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([[0], [1], [1], [0]]);
  let last = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 800; step++) {
    net.zeroGrad();
    const loss = functional.mseLoss(net.forward(x), y);
    loss.backward();
    last = loss.item();
    for (const p of net.parameters()) {
      const g = p.grad as Tensor;
      noGrad(() => p.sub_(g.mul(0.1)));
    }
  }
  expect(last).toBeLessThan(0.01);
});
