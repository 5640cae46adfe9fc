import { ArgumentError, Generator, ShapeError, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { init } from '../src/index.js';

const generator = () => new Generator(11);

/** Checks 20,000 numbers against a symmetric uniform distribution. */
function expectUniform(values: ArrayLike<number>, bound: number): void {
  const list = Array.from(values);
  expect(Math.max(...list.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(Math.max(...list)).toBeGreaterThan(0.998 * bound);
  expect(Math.min(...list)).toBeLessThan(-0.998 * bound);
  expect(Math.abs(deviation(list) / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.02);
}

function expectNormal(values: ArrayLike<number>, std: number): void {
  const list = Array.from(values);
  expect(Math.abs(deviation(list) / std - 1)).toBeLessThan(0.02);
  // A normal distribution has a kurtosis of 3, a uniform one of 1.8.
  const fourth = list.reduce((s, v) => s + (v / std) ** 4, 0) / list.length;
  expect(Math.abs(fourth - 3)).toBeLessThan(0.3);
}

function deviation(list: readonly number[]): number {
  return Math.sqrt(list.reduce((s, v) => s + v * v, 0) / list.length);
}

describe('initialisers', () => {
  test('constants', () => {
    const t = zeros([2, 3], { requiresGrad: true });
    expect(init.ones_(t)).toBe(t);
    expect(t.toArray().flat()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(init.constant_(t, 2.5).toArray().flat()).toEqual([2.5, 2.5, 2.5, 2.5, 2.5, 2.5]);
    expect(init.zeros_(t).toArray().flat()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(t.isLeaf && t.requiresGrad).toBe(true);
  });

  test.each(['float32', 'float64'] as const)('bounds and deviations, %s', dtype => {
    // [out 100, in 50, kernel 2 x 2]: fans 200 and 400
    const t = zeros([100, 50, 2, 2], { dtype });
    const g = generator();
    expectUniform(init.xavierUniform_(t, { generator: g }).toTypedArray(), Math.sqrt(6 / 600));
    expectUniform(init.xavierUniform_(t, { gain: 3, generator: g }).toTypedArray(), 3 * Math.sqrt(6 / 600));
    expectNormal(init.xavierNormal_(t, { gain: 3, generator: g }).toTypedArray(), 3 * Math.sqrt(2 / 600));
    expectUniform(init.kaimingUniform_(t, { generator: g }).toTypedArray(), Math.sqrt(6 / 200));
    expectUniform(
      init.kaimingUniform_(t, { a: Math.sqrt(5), generator: g }).toTypedArray(),
      1 / Math.sqrt(200),
    );
    expectNormal(init.kaimingNormal_(t, { generator: g }).toTypedArray(), Math.sqrt(2 / 200));
    expectNormal(
      init.kaimingNormal_(t, { mode: 'fanOut', nonlinearity: 'tanh', generator: g }).toTypedArray(),
      5 / 3 / Math.sqrt(400),
    );
    const uniform = Array.from(init.uniform_(t, 2, 5, { generator: g }).toTypedArray());
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(5);
    expect(uniform.reduce((a, b) => a + b) / uniform.length).toBeCloseTo(3.5, 1);
    const normal = Array.from(init.normal_(t, 7, 0.5, { generator: g }).toTypedArray());
    expectNormal(
      normal.map(v => v - 7),
      0.5,
    );
  });

  test('the same generator state gives the same numbers', () => {
    const draw = () => init.kaimingNormal_(zeros([3, 4]), { generator: generator() }).toArray();
    expect(draw()).toEqual(draw());
  });

  test('a tensor without elements is left alone', () => {
    expect(init.kaimingUniform_(zeros([3, 0])).shape).toEqual([3, 0]);
    expect(init.xavierNormal_(zeros([0, 0])).shape).toEqual([0, 0]);
  });

  test('fans and gains', () => {
    expect(init.calculateFans([5, 3])).toEqual({ fanIn: 3, fanOut: 5 });
    expect(init.calculateFans([8, 4, 3, 5])).toEqual({ fanIn: 60, fanOut: 120 });
    expect(init.calculateGain('linear')).toBe(1);
    expect(init.calculateGain('convolution')).toBe(1);
    expect(init.calculateGain('sigmoid')).toBe(1);
    expect(init.calculateGain('tanh')).toBeCloseTo(1.6666666666666667, 14);
    expect(init.calculateGain('relu')).toBeCloseTo(Math.SQRT2, 14);
    expect(init.calculateGain('leakyRelu')).toBeCloseTo(1.4141428569978354, 14);
    expect(init.calculateGain('leakyRelu', 0.2)).toBeCloseTo(1.3867504905630728, 14);
    expect(init.calculateGain('selu')).toBe(0.75);
  });

  test('errors', () => {
    expect(() => init.kaimingUniform_(zeros([3]))).toThrow(ShapeError);
    expect(() => init.xavierUniform_(zeros([]))).toThrow('a tensor of shape [] has no fans');
    expect(() => init.uniform_(zeros([3]), 2, 1)).toThrow(ArgumentError);
    expect(() => init.normal_(zeros([3]), 0, -1)).toThrow('a standard deviation from 0, got 0 and -1');
    expect(() => init.normal_(zeros([3]), Number.NaN)).toThrow(ArgumentError);
    expect(() => init.calculateGain('mish' as never)).toThrow("no gain is known for 'mish'");
    expect(() => init.calculateGain('leakyRelu', Number.NaN)).toThrow(ArgumentError);
    expect(() => init.kaimingNormal_(zeros([3, 3]), { mode: 'fan_in' as never })).toThrow("mode is 'fan_in'");
  });
});
