import { describe, expect, test } from 'vitest';
import {
  acos,
  acosh,
  asin,
  atan2,
  atanh,
  cdist,
  clamp,
  cosineSimilarity,
  div,
  grad,
  hardshrink,
  hypot,
  leakyRelu,
  logSoftmax,
  logsumexp,
  matrixNorm,
  maximum,
  minimum,
  pow,
  scatterAdd,
  softmax,
  softplus,
  softshrink,
  type Tensor,
  tensor,
  threshold,
  vectorNorm,
  where,
  xlogy,
  zeros,
} from '../../src/index.js';

const f64 = { dtype: 'float64' } as const;
const leaf = (...values: number[]): Tensor => tensor(values, { ...f64, requiresGrad: true });

/** The gradient of the sum of the result. */
function gradient(fn: (x: Tensor) => Tensor, ...values: number[]): number[] {
  const x = leaf(...values);
  return Array.from(grad(fn(x).sum(), x).toTypedArray());
}

const inf = Number.POSITIVE_INFINITY;

describe('derivatives at points where differences say nothing', () => {
  test.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['abs at 0: 0', x => x.abs(), [0, -0, 2, -2], [0, 0, 1, -1]],
    ['relu at 0: 0', x => x.relu(), [0, -0, 1, -1], [0, 0, 1, 0]],
    ['leakyRelu at 0: the slope', x => leakyRelu(x, 0.25), [0, 1, -1], [0.25, 1, 0.25]],
    [
      'sign, floor, ceil, round, trunc: 0',
      x => x.sign().add(x.floor()).add(x.ceil()).add(x.round()).add(x.trunc()),
      [0, 1, 0.5],
      [0, 0, 0],
    ],
    ['clamp at a border: passes', x => clamp(x, { min: -1, max: 1 }), [-1, 1, -2, 2, 0], [1, 1, 0, 0, 1]],
    [
      'hardshrink, softshrink, threshold at a border: 0',
      x =>
        hardshrink(x, 1)
          .add(softshrink(x, 1))
          .add(threshold(x, 1, 5)) as Tensor,
      [1, -1, 2],
      [0, 0, 3],
    ],
    ['x ** 0: 0, also at 0', x => pow(x, 0), [0, 1], [0, 0]],
    ['x ** 1 and x ** 2 at 0', x => pow(x, 1).add(pow(x, 2)) as Tensor, [0], [1]],
    ['x ** tensor at 0', x => pow(x, tensor([0, 1, 2, 3], f64)), [0, 0, 0, 0], [0, 1, 0, 0]],
    ['0 ** x: 0 where defined', x => pow(0, x), [0, 1, 2], [0, 0, 0]],
    ['negative base to a whole power', x => pow(x, 3), [-2], [12]],
    ['std of constant data: 0', x => x.std(), [3, 3, 3], [0, 0, 0]],
    ['vectorNorm of zeros: 0', x => vectorNorm(x).add(vectorNorm(x, 3)), [0, 0], [0, 0]],
    ['vectorNorm of order 0.5: 0 at elements of 0', x => vectorNorm(x, 0.5), [1, 0, -1], [2, 0, -2]],
    ['vectorNorm of order Infinity: ties share', x => vectorNorm(x, inf), [1, -1, 0], [0.5, -0.5, 0]],
    [
      'matrixNorm of order 2: ties of singular values share',
      x => matrixNorm(x.reshape([2, 2]), 2) as Tensor,
      [1, 0, 0, 1],
      [0.5, 0, 0, 0.5],
    ],
    ['amax: ties share', x => x.amax(), [1, 2, 2, 0], [0, 0.5, 0.5, 0]],
    ['amin: ties share', x => x.amin(0), [1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25]],
    ['max without a dim: ties share', x => x.max(), [2, 2], [0.5, 0.5]],
    ['max of a dim: the first of equals', x => x.max(0).values as Tensor, [1, 2, 2], [0, 1, 0]],
    ['min of a dim: the first of equals', x => x.min(0).values as Tensor, [1, 1, 2], [1, 0, 0]],
    ['maximum: a tie gives each half', x => maximum(x, tensor([1, 1, 1], f64)), [0, 1, 2], [0, 0.5, 1]],
    ['minimum: a tie gives each half', x => minimum(x, 1), [0, 1, 2], [1, 0.5, 0]],
    ['sqrt at 0: infinite', x => x.sqrt(), [0, 4], [inf, 0.25]],
    ['softplus of large numbers', x => softplus(x), [1000, -1000, 20.5], [1, 0, 1]],
    ['sigmoid and tanh of large numbers', x => x.sigmoid().add(x.tanh()) as Tensor, [1000, -1000], [0, 0]],
    ['logsumexp with -Infinity', x => logsumexp(x) as Tensor, [-inf, 0, 0], [0, 0.5, 0.5]],
    ['logsumexp of large numbers', x => logsumexp(x) as Tensor, [1000, 1000], [0.5, 0.5]],
    ['softmax of large numbers', x => softmax(x, 0).select(0, 0) as Tensor, [1000, 1000], [0.25, -0.25]],
    ['logSoftmax of large numbers', x => logSoftmax(x, 0).select(0, 1) as Tensor, [2000, 0], [-1, 1]],
    ['clamp of NaN: nothing passes', x => clamp(x, { min: 0, max: 1 }), [Number.NaN, 0.5], [0, 1]],
    ['softplus at its threshold: the curve', x => softplus(x, { threshold: 0 }), [0, 1], [0.5, 1]],
    ['var of infinite data: only theirs is unknown', x => x.var(), [inf, 1, 2], [Number.NaN, -inf, -inf]],
    ['prod: one factor of 0', x => x.prod(), [0, 2, 3], [6, 0, 0]],
    ['prod: two factors of 0', x => x.prod(), [0, 2, 0], [0, 0, 0]],
    ['cumprod with factors of 0', x => x.cumprod(0), [1, 0, 3, 0, 2], [1, 4, 0, 0, 0]],
    ['norm of zeros: 0', x => x.norm(), [0, 0], [0, 0]],
    ['norm of order 1 and 1.5 at 0: 0', x => x.norm(1).add(x.norm(1.5)) as Tensor, [0, 1], [0, 2]],
    ['norm of order infinity: ties share', x => x.norm(inf), [1, -1, 0.5], [0.5, -0.5, 0]],
    ['norm of order -infinity: ties share', x => x.norm(-inf), [1, -1, 2], [0.5, -0.5, 0]],
    ['norm of order 0: 0', x => x.norm(0), [0, 1, 2], [0, 0, 0]],
    ['cummax: the last of equals', x => x.cummax(0).values, [1, 1, 0], [1, 2, 0]],
    ['cummin: the last of equals', x => x.cummin(0).values, [1, 1, 2], [1, 2, 0]],
    ['nansum: nothing from NaN', x => x.nansum(), [Number.NaN, 1], [0, 1]],
    ['nanmean of NaN alone: nothing', x => x.nanmean(), [Number.NaN, Number.NaN], [0, 0]],
    ['logcumsumexp after -Infinity', x => x.logcumsumexp(0), [-inf, -inf, 0], [1, 1, 1]],
    ['logcumsumexp far apart', x => x.logcumsumexp(0), [1000, -1000, -999], [3, 0, 0]],
    ['asin at the borders: infinite', x => asin(x), [1, -1, 0], [inf, inf, 1]],
    ['acos at the borders: infinite', x => acos(x), [1, -1, 0], [-inf, -inf, -1]],
    [
      'acosh at 1 and atanh at its borders: infinite',
      x => acosh(x.abs()).add(atanh(x)) as Tensor,
      [1],
      [inf],
    ],
    ['atan2 at the origin: 0', x => atan2(x, tensor([0, 1], f64)) as Tensor, [0, 0], [0, 1]],
    ['atan2 at the origin, by the other: 0', x => atan2(tensor([0, 1], f64), x) as Tensor, [0, 0], [0, -1]],
    ['hypot at the origin: 0', x => hypot(x, tensor([0, 0, 4], f64)) as Tensor, [0, 2, 3], [0, 1, 0.6]],
    ['hypot at the origin, by the other: 0', x => hypot(tensor([0, 0], f64), x) as Tensor, [0, -2], [0, -1]],
    [
      'xlogy at 0: 0 where there is no logarithm',
      x => xlogy(x, tensor([0, -1, Math.E, Math.E], f64)) as Tensor,
      [0, 0, 0, 2],
      [0, 0, 1, 1],
    ],
    ['xlogy with a number: 0 at 0 where it has no logarithm', x => xlogy(x, 0) as Tensor, [0, 1], [0, -inf]],
    ['0 ** x below an infinite gradient: 0', x => pow(0, x).sqrt() as Tensor, [1], [0]],
    ['div rounded down, by the dividend: 0', x => div(x, 2, { rounding: 'floor' }), [3], [0]],
    ['div rounded down, by the divisor: 0', x => div(7, x, { rounding: 'floor' }), [3], [0]],
    ['div rounded to 0, by the dividend: 0', x => div(x, 2, { rounding: 'trunc' }), [3], [0]],
    ['div rounded to 0, by the divisor: 0', x => div(7, x, { rounding: 'trunc' }), [3], [0]],
    ['where: nothing from what is not chosen', x => where(x.gt(0), x.log(), 0) as Tensor, [1, 2], [1, 0.5]],
  ])('%s', (_, fn, at, expected) => {
    expect(gradient(fn, ...at).map(v => v + 0)).toEqual(expected);
  });

  test('a masked square root at 0 stays finite when its argument is replaced as well', () => {
    expect(gradient(x => where(x.gt(0), where(x.gt(0), x, 1).sqrt(), 0) as Tensor, 0, 4)).toEqual([0, 0.25]);
  });

  test('second derivatives of inverse functions at their borders are infinite, and not NaN', () => {
    const second = (fn: (x: Tensor) => Tensor, ...values: number[]): number[] => {
      const x = leaf(...values);
      return Array.from(grad(grad(fn(x).sum(), x, { createGraph: true }).sum(), x).toTypedArray());
    };
    expect(second(asin, 1, -1)).toEqual([inf, -inf]);
    expect(second(acos, 1, -1)).toEqual([-inf, inf]);
    expect(second(acosh, 1)).toEqual([-inf]);
    expect(second(atanh, 1, -1)).toEqual([inf, -inf]);
  });

  test('the mixed second derivative of pow at 0 is 0', () => {
    const [a, b] = [leaf(0), leaf(2)];
    expect(grad(grad(pow(a, b).sum(), b, { createGraph: true }).sum(), a).toArray()).toEqual([0]);
  });

  test('derivatives of inverse functions keep their digits near the border, to 1e-14', () => {
    const x = 1 - 1e-7;
    const product = (1 - x) * (1 + x);
    expect(Math.abs(gradient(asin, x)[0] * Math.sqrt(product) - 1)).toBeLessThan(1e-14);
    expect(Math.abs(gradient(atanh, x)[0] * product - 1)).toBeLessThan(1e-14);
  });

  test('second derivatives at corners are finite', () => {
    const second = (fn: (x: Tensor) => Tensor, ...values: number[]): number[] => {
      const x = leaf(...values);
      const first = grad(fn(x).sum(), x, { createGraph: true });
      // A gradient that is constant has no graph.
      return Array.from(grad(first.sum(), x, { allowUnused: true }).toTypedArray());
    };
    expect(second(x => x.relu(), 0, 1)).toEqual([0, 0]);
    expect(second(x => pow(x, 3), 0, 1)).toEqual([0, 6]);
    expect(second(x => pow(x, tensor([0, 1, 2], f64)), 0, 0, 0)).toEqual([0, 0, 2]);
    expect(second(x => softplus(x), 1000, 30)).toEqual([0, 0]);
    expect(second(x => x.std(), 3, 3, 3)).toEqual([0, 0, 0]);
    expect(second(x => softplus(x, { threshold: 0 }), 0, 1)).toEqual([0, 0]);
    for (const p of [0.5, 1, 1.5, 2, 3, inf, -inf, -1])
      expect(second(x => x.norm(p), 0, 0).map(Math.abs), `norm of order ${p}`).toEqual([0, 0]);
    expect(second(x => x.norm(1.5), 0, 1)[0]).toBe(0);
    expect(second(x => x.prod(), 0, 2, 3)).toEqual([5, 3, 2]);
    expect(second(x => x.cumprod(0), 1, 0, 3, 0, 2)).toEqual([4, 14, 1, 9, 0]);
    expect(second(x => hypot(x, tensor([0, 0], f64)) as Tensor, 0, 2).every(Number.isFinite)).toBe(true);
    expect(second(x => atan2(x, tensor([0, 1], f64)) as Tensor, 0, 0).map(v => v + 0)).toEqual([0, 0]);
    expect(second(x => xlogy(x, tensor([0, -1], f64)) as Tensor, 0, 0)).toEqual([0, 0]);
  });
});

test('to() carries the gradient to the dtype of its input', () => {
  const x = leaf(1.5, -2);
  const y = x.to('float32').mul(tensor([2, 3]));
  const g = grad(y.sum(), x);
  expect(g.dtype).toBe('float64');
  expect(Array.from(g.toTypedArray())).toEqual([2, 3]);
});

test('scatterAdd where indices coincide: every source gets the gradient of its target', () => {
  const source = leaf(1, 2, 3);
  const y = scatterAdd(tensor([0, 0], f64), 0, tensor([1, 1, 0], { dtype: 'int32' }), source);
  expect(y.toArray()).toEqual([3, 3]);
  expect(grad(y.mul(tensor([10, 20], f64)).sum(), source).toArray()).toEqual([20, 20, 10]);
});

test('scatterAdd of a source larger than its index: zeros for what is left over, to the third derivative', () => {
  const source = tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { ...f64, requiresGrad: true },
  );
  const index = tensor(
    [
      [0, 1],
      [1, 0],
    ],
    { dtype: 'int32' },
  );
  const y = scatterAdd(zeros([2, 2], f64), 0, index, source);
  const first = grad(pow(y, 4).sum(), source, { createGraph: true });
  const second = grad(first.sum(), source, { createGraph: true });
  // Elements 1 and 4 go to the first row, 3 and 2 to the second, each by itself.
  expect(first.toArray()).toEqual([
    [4, 32],
    [108, 256],
    [0, 0],
  ]);
  expect(grad(second.sum(), source).toArray()).toEqual([
    [24, 48],
    [72, 96],
    [0, 0],
  ]);
});

test('an operand in two places gets both gradients', () => {
  expect(gradient(x => x.mul(x) as Tensor, 3)).toEqual([6]);
  expect(gradient(x => x.div(x) as Tensor, 3)).toEqual([0]);
  expect(gradient(x => maximum(x, x), 3)).toEqual([1]);
});

describe('distances of equal vectors: all derivatives are 0', () => {
  const row = [1, 2];
  test.each([0, 0.5, 1, 1.5, 2, 2.5, 3, Number.POSITIVE_INFINITY])('p = %d', p => {
    for (const matmul of p === 2 ? [true, false] : [false]) {
      const x = tensor([row, [3, 5]], { ...f64, requiresGrad: true });
      const distances = cdist(x, tensor([row], f64), { p, matmul }) as Tensor;
      expect(distances.toTypedArray()[0]).toBe(0);
      const first = grad(distances.sum(), x, { createGraph: true });
      expect((first.toArray() as number[][])[0].map(v => v + 0)).toEqual([0, 0]);
      const second = grad(first.square().sum().add(first.sum()), x, { allowUnused: true });
      const values = Array.from(second.toTypedArray());
      expect(values.slice(0, 2).map(v => v + 0)).toEqual([0, 0]);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  test('of a norm whose largest elements are equal, each gets its share', () => {
    const x = tensor([[3, -3, 1]], { ...f64, requiresGrad: true });
    const y = cdist(x, tensor([[0, 0, 0]], f64), { p: Number.POSITIVE_INFINITY }) as Tensor;
    expect(grad(y.sum(), x).toArray()).toEqual([[0.5, -0.5, 0]]);
  });

  test('a vector shorter than eps has the derivative of its length over eps', () => {
    const x = tensor([[0.3, 0.4]], { ...f64, requiresGrad: true });
    const y = cosineSimilarity(x, tensor([[1, 0]], f64), { eps: 1 }) as Tensor;
    expect(y.toArray()).toEqual([0.3]);
    // 1 - 0.3 * 0.3, and -0.3 * 0.4: as if the length had been eps all along.
    const [[first, second]] = grad(y.sum(), x).toArray() as number[][];
    expect(first).toBeCloseTo(0.91, 14);
    expect(second).toBeCloseTo(-0.12, 14);
  });
});
