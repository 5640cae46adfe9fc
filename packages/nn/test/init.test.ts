import { ArgumentError, Generator, randn, ShapeError, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { Conv1d, init } from '../src/index.js';

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

  test('orthogonal: rows, or columns where there are more rows, of length gain and at right angles', () => {
    for (const shape of [
      [4, 4],
      [3, 50],
      [50, 3],
      [6, 2, 3, 3],
      [1, 1],
    ]) {
      const t = init.orthogonal_(zeros(shape, { dtype: 'float64' }), { gain: 2, generator: generator() });
      const m = t.reshape([shape[0], -1]);
      const tall = m.shape[0] > m.shape[1] ? m : m.transpose(0, 1);
      const product = tall.transpose(0, 1).matmul(tall);
      const n = product.shape[0];
      product.toTypedArray().forEach((v, i) => {
        expect(Math.abs(v - (i % (n + 1) === 0 ? 4 : 0))).toBeLessThan(1e-13);
      });
    }
    expect(init.orthogonal_(zeros([0, 3])).shape).toEqual([0, 3]);
    // Any turn is as likely: the signs of what stands in the corner are as often the one as the other.
    const g = generator();
    const corners = Array.from({ length: 200 }, () => init.orthogonal_(zeros([2, 2]), { generator: g }));
    const positive = corners.filter(t => t.toTypedArray()[0] > 0).length;
    expect(Math.abs(positive - 100)).toBeLessThan(35);
  });

  test('truncNormal keeps to its borders', () => {
    const t = init.truncNormal_(zeros([10_000]), 1, 2, 0, 2.5, { generator: generator() });
    const values = Array.from(t.toTypedArray());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(2.5);
    expect(Math.min(...values)).toBeLessThan(0.01);
    expect(Math.max(...values)).toBeGreaterThan(2.49);
  });

  test('sparse: as many zeros in every column', () => {
    const t = init.sparse_(zeros([10, 4]), 0.25, 3, { generator: generator() });
    for (let j = 0; j < 4; j++)
      expect(Array.from(t.select(1, j).toTypedArray()).filter(v => v === 0).length).toBe(3);
    const big = init.sparse_(zeros([400, 100]), 0.5, 3, { generator: generator() }).toTypedArray();
    expectNormal(
      Array.from(big).filter(v => v !== 0),
      3,
    );
  });

  test('eye and dirac', () => {
    expect(init.eye_(zeros([2, 3])).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const x = randn([1, 2, 5]);
    const same = new Conv1d(2, 2, 3, { padding: 1, bias: false });
    init.dirac_(same.weight);
    expect(same.forward(x).toArray()).toEqual(x.toArray());
    const grouped = new Conv1d(2, 4, 3, { padding: 1, bias: false });
    init.dirac_(grouped.weight, { groups: 2 });
    expect(grouped.forward(x).toArray()[0]).toEqual([...x.toArray()[0], ...x.toArray()[0]]);
    expect(
      init
        .dirac_(zeros([3, 1, 2, 2, 2]))
        .sum()
        .item(),
    ).toBe(1);
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
    expect(() => init.orthogonal_(zeros([3]))).toThrow('orthogonal_: expected a matrix, or a weight');
    expect(() => init.orthogonal_(zeros([3, 3]), { gain: Number.NaN })).toThrow(ArgumentError);
    expect(() => init.eye_(zeros([3, 3, 3]))).toThrow(
      'eye_: expected a matrix, got a tensor of shape [3, 3, 3].',
    );
    expect(() => init.dirac_(zeros([3, 3]))).toThrow(ShapeError);
    expect(() => init.dirac_(zeros([3, 3, 3]), { groups: 2 })).toThrow('divides the 3 output channels');
    expect(() => init.sparse_(zeros([3, 3]), 2)).toThrow('sparsity is 2');
    expect(() => init.sparse_(zeros([3, 3]), 0.5, -1)).toThrow('std is -1');
    expect(() => init.truncNormal_(zeros([3]), 0, 1, 2, 1)).toThrow(ArgumentError);
  });
});
