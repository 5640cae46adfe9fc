import {
  ArgumentError,
  DTypeError,
  Generator,
  manualSeed,
  ones,
  type Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dropout, dropout } from '../src/index.js';

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
