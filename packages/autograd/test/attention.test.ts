import { describe, expect, test } from 'vitest';
import {
  Generator,
  grad,
  matmul,
  ones,
  rand,
  randn,
  scaledDotProductAttention,
  softmax,
  type Tensor,
  tensor,
  where,
} from '../src/index.js';

const f64 = { dtype: 'float64' } as const;
const list = (t: Tensor): number[] => Array.from(t.toTypedArray());
const parts = (l = 3, s = 4): { q: Tensor; k: Tensor; v: Tensor } => {
  const generator = new Generator(5);
  const draw = (...shape: number[]): Tensor =>
    randn(shape, { ...f64, generator, requiresGrad: true }) as Tensor;
  return { q: draw(2, l, 4), k: draw(2, s, 4), v: draw(2, s, 5) };
};

describe('queries that may attend to nothing', () => {
  const forbidden = tensor([
    [false, false],
    [true, false],
    [true, true],
  ]);
  const added = where(forbidden, tensor(0, f64), Number.NEGATIVE_INFINITY) as Tensor;

  test.each([
    ['bool', forbidden],
    ['added', added],
  ])('get zeros and pass zeros on, to the second order: %s', (_, attnMask) => {
    const { q, k, v } = parts(3, 2);
    const y = scaledDotProductAttention(q, k, v, { attnMask });
    expect(list(y.select(1, 0) as Tensor)).toEqual(new Array(10).fill(0));
    const first = grad(y.square().sum(), [q, k, v], { createGraph: true });
    expect(list(first[0].select(1, 0) as Tensor).map(Math.abs)).toEqual(new Array(8).fill(0));
    const second = grad(
      first.map(g => g.square().sum()).reduce((a, b) => a.add(b)),
      [q, k, v],
    );
    for (const g of [...first, ...second]) expect(list(g).every(Number.isFinite)).toBe(true);
  });

  test('a mask that is added gets a gradient, also where it forbids', () => {
    const { q, k, v } = parts(3, 2);
    const mask = added.clone().requiresGrad_();
    const g = grad(scaledDotProductAttention(q, k, v, { attnMask: mask }).square().sum(), mask);
    expect(list(g).slice(0, 4).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(Math.abs(list(g)[4])).toBeGreaterThan(0);
  });
});

describe('dropout', () => {
  test('drops weights as the uniform stream says, and raises the others', () => {
    const { q, k, v } = parts();
    const y = scaledDotProductAttention(q, k, v, { dropoutP: 0.25, scale: 1, generator: new Generator(3) });
    const weights = softmax(matmul(q, k.transpose(-1, -2) as Tensor) as Tensor, -1);
    const kept = rand([2, 3, 4], { ...f64, generator: new Generator(3) }).ge(0.25);
    const expected = matmul(where(kept, weights.div(0.75), 0), v) as Tensor;
    list(y).forEach((x, i) => {
      expect(x).toBeCloseTo(list(expected)[i], 12);
    });
  });

  test('of everything gives zeros', () => {
    const { q, k, v } = parts();
    const y = scaledDotProductAttention(q, k, v, { dropoutP: 1 });
    expect(list(y).every(x => x === 0)).toBe(true);
  });

  test('draws nothing with probability 0', () => {
    const generator = new Generator(1);
    const before = generator.state;
    const { q, k, v } = parts();
    scaledDotProductAttention(q, k, v, { generator });
    expect(generator.state).toEqual(before);
  });
});

test('heads of the query share those of the key as if these were repeated', () => {
  const generator = new Generator(5);
  const draw = (...shape: number[]): Tensor => randn(shape, { ...f64, generator }) as Tensor;
  const [q, k, v] = [draw(2, 6, 3, 4), draw(2, 2, 5, 4), draw(2, 2, 5, 3)];
  const repeat = (t: Tensor): Tensor =>
    t.unsqueeze(2).expand([2, 2, 3, 5, t.shape[3]]).reshape([2, 6, 5, t.shape[3]]) as Tensor;
  const shared = scaledDotProductAttention(q, k, v, { enableGqa: true, isCausal: true });
  const plain = scaledDotProductAttention(q, repeat(k), repeat(v), { isCausal: true });
  expect(shared.shape).toEqual([2, 6, 3, 3]);
  list(shared).forEach((x, i) => {
    expect(x).toBeCloseTo(list(plain)[i], 14);
  });
});

test('the shape is typed', () => {
  const y = scaledDotProductAttention(ones([2, 8, 3, 4]), ones([2, 1, 5, 4]), ones([2, 1, 5, 6]));
  const shape: readonly [2, 8, 3, 6] = y.shape;
  expect(shape).toEqual([2, 8, 3, 6]);
});
