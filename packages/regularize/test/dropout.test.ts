import {
  ArgumentError,
  DTypeError,
  Generator,
  manualSeed,
  ones,
  randn,
  type Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AlphaDropout,
  alphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  DropPath,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  dropPath,
  GaussianNoise,
  gaussianNoise,
} from '../src/index.js';

describe('dropout', () => {
  test('by property: each element is 0, or x / (1 - p); the gradient has the same mask and scale', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
        fc.nat(),
        (p, shape, seed) => {
          const x = ones(shape, { dtype: 'float64' }).mul(3).detach().requiresGrad_();
          const y = dropout(x as Tensor, p, { generator: new Generator(seed) });
          expect(y.shape).toEqual(shape);
          const values = Array.from(y.toTypedArray());
          const scale = 1 / (1 - p);
          for (const v of values) expect(v === 0 || Math.abs(v - 3 * scale) <= 1e-12 * scale).toBe(true);
          if (x.size === 0) return;
          y.sum().backward();
          const grads = Array.from((x.grad as Tensor).toTypedArray());
          grads.forEach((g, i) => {
            expect(Math.abs(g - (values[i] === 0 ? 0 : scale))).toBeLessThanOrEqual(1e-12 * scale);
          });
        },
      ),
      { numRuns: 80 },
    );
  });

  test('drops a share p, so that the mean stays', () => {
    const y = dropout(ones([200, 200]), 0.3, { generator: new Generator(5) });
    const zeroes = Array.from(y.toTypedArray()).filter(v => v === 0).length;
    // 40,000 draws: five standard deviations are 0.0115.
    expect(Math.abs(zeroes / y.size - 0.3)).toBeLessThan(0.0115);
    expect(Math.abs(y.mean().item() - 1)).toBeLessThan(0.02);
  });

  test('the same seed gives the same mask, the next draw another', () => {
    const x = ones([100]);
    const one = new Generator(9);
    const other = new Generator(9);
    const first = dropout(x, 0.5, { generator: one }).toArray();
    expect(dropout(x, 0.5, { generator: other }).toArray()).toEqual(first);
    expect(dropout(x, 0.5, { generator: one }).toArray()).not.toEqual(first);
    manualSeed(9);
    expect(dropout(x, 0.5).toArray()).toEqual(first);
  });

  test('p of 0 and the end of training return x itself and draw nothing', () => {
    const generator = new Generator(1);
    const x = ones([3]);
    expect(dropout(x, 0, { generator })).toBe(x);
    expect(dropout(x, 0.5, { training: false, generator })).toBe(x);
    expect(generator.state.counter).toBe(0);
  });

  test('p of 1 gives zeros, with a gradient of zeros, also for NaN and infinities', () => {
    const x = tensor([1, Number.NaN, Number.POSITIVE_INFINITY], { requiresGrad: true });
    const y = dropout(x, 1);
    expect(y.toArray()).toEqual([0, 0, 0]);
    y.sum().backward();
    expect(x.grad?.toArray()).toEqual([0, 0, 0]);
  });

  test('a dropped infinity is 0, not NaN', () => {
    const x = ones([1000]).div(0).detach();
    const values = new Set(dropout(x as Tensor, 0.5).toTypedArray());
    expect(values).toEqual(new Set([0, Number.POSITIVE_INFINITY]));
  });

  test.each([-0.1, 1.1, Number.NaN, '0.5', undefined])('p of %s is refused', p => {
    expect(() => dropout(ones([2]), p as number)).toThrow(ArgumentError);
    if (p !== undefined) expect(() => new Dropout(p as number)).toThrow('expected a number from 0 to 1');
  });

  test('integers are refused', () => {
    expect(() => dropout(zeros([2], { dtype: 'int32' }), 0.5)).toThrow(DTypeError);
  });
});

describe('Dropout', () => {
  test('follows train and eval of the module around it', () => {
    class Net extends Module {
      drop = new Dropout(0.5, { generator: new Generator(2) });
      override forward(x: Tensor): Tensor {
        return this.drop.forward(x);
      }
    }
    const net = new Net();
    const x: Tensor = ones([50]);
    expect(new Set(net.forward(x).toTypedArray())).toEqual(new Set([0, 2]));
    expect(net.eval().forward(x)).toBe(x);
    expect(new Set(net.train().forward(x).toTypedArray())).toEqual(new Set([0, 2]));
    expect(net.parameters()).toEqual([]);
    expect(String(net)).toBe('Net(\n  (drop): Dropout(p=0.5)\n)');
  });
});

describe('channels, samples and noise', () => {
  const x = ones([6, 5, 3, 2], { dtype: 'float64' }) as Tensor;
  /** Whether all elements that share the first `dims` indices are the same. */
  const shared = (y: Tensor, dims: number): boolean => {
    const flat = y.flatten(dims) as Tensor;
    return (
      flat
        .sub(flat.mean(-1, { keepdim: true }) as Tensor)
        .abs()
        .amax()
        .item() < 1e-12
    );
  };

  test('dropout2d drops channels, dropPath samples, as a whole, and scale the rest', () => {
    const channels = dropout2d(x, 0.5, { generator: new Generator(3) });
    expect(shared(channels, 2)).toBe(true);
    expect(new Set(channels.toTypedArray())).toEqual(new Set([0, 2]));
    expect(shared(channels, 1)).toBe(false);
    const paths = dropPath(x, 0.5, { generator: new Generator(3) });
    expect(shared(paths, 1)).toBe(true);
    expect(new Set(paths.toTypedArray())).toEqual(new Set([0, 2]));
    expect(shared(dropout1d(ones([4, 9]), 0.5, { generator: new Generator(1) }) as Tensor, 1)).toBe(true);
    expect(shared(dropout3d(ones([2, 8, 2, 2, 2]), 0.5, { generator: new Generator(1) }) as Tensor, 2)).toBe(
      true,
    );
  });

  test('alphaDropout keeps mean 0 and variance 1', () => {
    const z = randn([200, 200], { dtype: 'float64', generator: new Generator(2) });
    for (const p of [0.1, 0.5, 0.9]) {
      const y = alphaDropout(z, p, { generator: new Generator(4) });
      expect(Math.abs(y.mean().item())).toBeLessThan(0.04);
      expect(Math.abs(y.var().item() - 1)).toBeLessThan(0.06);
    }
    expect(alphaDropout(ones([3]), 1).toArray()).toEqual([0, 0, 0]);
  });

  test('gaussianNoise has the standard deviation, which can be learned', () => {
    const std = tensor(0.3, { dtype: 'float64', requiresGrad: true });
    const y = gaussianNoise(zeros([100, 100], { dtype: 'float64' }), std, { generator: new Generator(5) });
    expect(Math.abs(y.std().item() - 0.3)).toBeLessThan(0.01);
    y.square().mean().backward();
    // The derivative of std² times the mean square of normal numbers.
    expect(Math.abs((std.grad?.item() ?? 0) - 0.6)).toBeLessThan(0.05);
  });

  test.each([Dropout, Dropout1d, Dropout2d, Dropout3d, AlphaDropout, DropPath])(
    '%o is the identity after eval and changes its input in training',
    Layer => {
      const layer = new Layer(0.5, { generator: new Generator(7) });
      const spatial = Layer === Dropout1d ? [9, 4] : Layer === Dropout3d ? [3, 9, 2, 2, 2] : [9, 7, 2, 2];
      const input = ones(spatial) as Tensor;
      expect(layer.forward(input).toArray()).not.toEqual(input.toArray());
      layer.eval();
      expect(layer.forward(input)).toBe(input);
      expect(String(layer)).toBe(`${Layer.name}(p=0.5)`);
    },
  );

  test('a learned deviation is a parameter of GaussianNoise', () => {
    const layer = new GaussianNoise(tensor(0.1, { requiresGrad: true }));
    expect(Object.keys(layer.namedParameters())).toEqual(['std']);
    expect(new GaussianNoise(0.2).describe()).toBe('std=0.2');
    expect(layer.eval().forward(x)).toBe(x);
  });

  test.each([
    [
      () => dropout2d(ones([4]), 0.5),
      /dropout2d: expected \[N, C, ...\] or \[C, ...\] with 2 spatial dims, got shape \[4\]/,
    ],
    [() => dropPath(ones([]), 0.5), /a scalar has no samples/],
    [() => gaussianNoise(x, -1), /the standard deviation is -1/],
    [() => new GaussianNoise(Number.NaN), /the standard deviation is NaN/],
    [() => new Dropout(0.5, { generator: 1 as never }), /expected a Generator, got 1/],
    [() => alphaDropout(x, 1.5), /probability of dropping an element is 1\.5/],
    [() => dropout([1] as never, 0.5), /expected a tensor, got \[1\]/],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
