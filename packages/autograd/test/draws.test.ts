import { describe, expect, test } from 'vitest';
import {
  bernoulli,
  exponential,
  Generator,
  grad,
  gumbelSoftmax,
  multinomial,
  normal,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  tensor,
  truncNormal,
} from '../src/index.js';

const f64 = { dtype: 'float64' } as const;
const seeded = (seed = 7) => ({ generator: new Generator(seed) });
const list = (t: Tensor): number[] => Array.from(t.toTypedArray());
const mean = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0) / x.length;

/** The probability that a standard normal number is below x, by Simpson's rule. */
function phi(x: number): number {
  const n = 400;
  const h = x / n;
  let sum = 0;
  for (let i = 0; i <= n; i++)
    sum += (i === 0 || i === n ? 1 : i % 2 === 0 ? 2 : 4) * Math.exp(-((i * h) ** 2) / 2);
  return 0.5 + ((sum * h) / 3) * (1 / Math.sqrt(2 * Math.PI));
}

describe('the documented streams', () => {
  const uniform = (n: number): number[] => list(rand([n], { ...f64, ...seeded() }));

  test('randint is low + floor(u (high - low))', () => {
    const drawn = randint(-3, 9, [50], seeded());
    expect(drawn.dtype).toBe('int32');
    expect(list(drawn)).toEqual(uniform(50).map(u => -3 + Math.floor(u * 12)));
    expect(new Set(list(randint(-3, 9, [500], seeded()))).size).toBe(12);
  });

  test('randperm exchanges elements from the end', () => {
    const u = uniform(9);
    const order = Array.from({ length: 10 }, (_, i) => i);
    for (let i = 9; i >= 1; i--) {
      const j = Math.floor(u[9 - i] * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    expect(list(randperm(10, seeded()))).toEqual(order);
    expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('bernoulli is u < p', () => {
    const p = rand([40], { ...f64, ...seeded(1) });
    const drawn = list(bernoulli(p, seeded()));
    expect(drawn).toEqual(uniform(40).map((u, i) => Number(u < list(p)[i])));
    expect(list(bernoulli(tensor([0, 1, 0, 1]), seeded()))).toEqual([0, 1, 0, 1]);
  });

  test('normal is mean + std z', () => {
    const z = list(randn([3], { ...f64, ...seeded() }));
    const m = tensor([1, 2, 3], f64);
    expect(list(normal(m, 0.5, undefined, seeded()))).toEqual(z.map((v, i) => v * 0.5 + i + 1));
    expect(normal(m, tensor([[1], [2]], f64), undefined, seeded()).shape).toEqual([2, 3]);
  });

  test('multinomial without replacement takes the smallest of E / weight, with it the running sum', () => {
    const weights = tensor([0.5, 0, 2, 1, 3], f64);
    const w = list(weights);
    const e = list(exponential([5], { ...f64, ...seeded() }));
    const order = [0, 2, 3, 4].sort((a, b) => e[a] / w[a] - e[b] / w[b]);
    expect(list(multinomial(weights, 4, seeded()))).toEqual(order);
    const places = uniform(30).map(u => [0.5, 0.5, 2.5, 3.5, 6.5].findIndex(sum => sum > u * 6.5));
    expect(list(multinomial(weights, 30, { ...seeded(), replacement: true }))).toEqual(places);
  });

  test('every function moves the generator by what its stream says', () => {
    const generator = new Generator(3);
    const used = (draw: () => unknown): number => {
      const before = generator.state.counter;
      draw();
      return generator.state.counter - before;
    };
    expect(used(() => randint(0, 2, [2, 3], { generator }))).toBe(6);
    expect(used(() => randperm(5, { generator }))).toBe(4);
    expect(used(() => exponential([7], { generator }))).toBe(7);
    expect(used(() => bernoulli(ones([4]), { generator }))).toBe(4);
    expect(used(() => multinomial(ones([2, 5]), 3, { generator }))).toBe(10);
    expect(used(() => multinomial(ones([2, 5]), 3, { generator, replacement: true }))).toBe(6);
    expect(used(() => gumbelSoftmax(ones([2, 5]), { generator }))).toBe(10);
  });
});

describe('distributions', () => {
  const n = 20_000;

  test('exponential: above 0, mean and standard deviation 1 / rate within 5 standard errors', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = list(exponential([n], { rate: 2.5, dtype, ...seeded() }));
      expect(Math.min(...x)).toBeGreaterThan(0);
      expect(Math.abs(mean(x) * 2.5 - 1)).toBeLessThan(5 / Math.sqrt(n));
      expect(Math.abs(mean(x.map(v => (v * 2.5) ** 2)) - 2)).toBeLessThan((5 * Math.sqrt(20)) / Math.sqrt(n));
    }
  });

  test('multinomial: first places in proportion to the weights within 5 standard errors', () => {
    const weights = tensor([0.1, 0.2, 0.7], f64).expand([n, 3]) as Tensor;
    for (const replacement of [false, true]) {
      const first = list(multinomial(weights, 2, { ...seeded(), replacement }).select(1, 0) as Tensor);
      [0.1, 0.2, 0.7].forEach((p, i) => {
        const share = first.filter(v => v === i).length / n;
        expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
      });
    }
  });

  const inf = Number.POSITIVE_INFINITY;
  test.each([
    [-2, 2],
    [-0.5, 0.5],
    [-1, inf],
    [0.5, 1],
    [1.5, inf],
    [2, 5],
    [-4, -2.5],
    [-inf, 0.3],
  ])('truncNormal on [%d, %d]: Kolmogorov and Smirnov, level 0.001', (min, max) => {
    const x = list(truncNormal([n], { min, max, ...f64, ...seeded() })).sort((a, b) => a - b);
    expect(x[0]).toBeGreaterThanOrEqual(min);
    expect(x[n - 1]).toBeLessThanOrEqual(max);
    const [low, high] = [min === -inf ? 0 : phi(min), max === inf ? 1 : phi(max)];
    let distance = 0;
    x.forEach((v, i) => {
      const p = (phi(v) - low) / (high - low);
      distance = Math.max(distance, p - i / n, (i + 1) / n - p);
    });
    expect(distance * Math.sqrt(n)).toBeLessThan(1.949);
  });

  test('truncNormal: mean and standard deviation move and stretch the same numbers', () => {
    const z = list(truncNormal([5], { ...f64, ...seeded() }));
    expect(list(truncNormal([5], { mean: 8, std: 0.5, ...f64, ...seeded() }))).toEqual(z.map(v => 8 + v / 2));
  });
});

test('gumbelSoftmax, hard: one-hot values with the gradient of the soft ones', () => {
  const logits = tensor(
    [
      [0.5, -1, 2, 0],
      [1, 1, 0, -2],
    ],
    { ...f64, requiresGrad: true },
  );
  const v = tensor(
    [
      [1, -2, 0.5, 3],
      [0.3, 1, -1, 2],
    ],
    f64,
  );
  const soft = gumbelSoftmax(logits, { tau: 0.7, ...seeded() });
  const hard = gumbelSoftmax(logits, { tau: 0.7, hard: true, ...seeded() });
  const s = soft.toArray() as number[][];
  expect(hard.toArray()).toEqual(s.map(row => row.map(p => (p === Math.max(...row) ? 1 : 0))));
  expect(list(grad(hard.mul(v).sum(), logits))).toEqual(list(grad(soft.mul(v).sum(), logits)));
  const shares = list(
    gumbelSoftmax(logits.detach().expand([4000, 2, 4]) as Tensor, { hard: true, ...seeded() }).sum(0),
  );
  const weights = [0.5, -1, 2, 0].map(Math.exp);
  const total = weights.reduce((a, b) => a + b);
  weights.forEach((w, i) => {
    const p = w / total;
    expect(Math.abs(shares[i] / 4000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 4000));
  });
});
