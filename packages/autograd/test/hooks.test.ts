import { grad, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, leaf, numbers } from './support/helpers.js';

describe('hooks', () => {
  test('see the gradient of a leaf and of an intermediate, and may replace it', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: number[][] = [];
    y.registerHook(g => {
      seen.push(numbers(g));
      return g.mul(10);
    });
    x.registerHook(g => g.neg());
    y.square().sum().backward();
    expect(seen).toEqual([[6, 12]]);
    expect(numbers(x.grad)).toEqual([-180, -360]);
  });

  test('run in the order of registration, each on what the one before returned', () => {
    const x = leaf(1);
    x.registerHook(g => g.add(1));
    x.registerHook(g => g.mul(10));
    x.mul(2).backward();
    expect(x.grad?.item()).toBe(30);
  });

  test('can be taken away', () => {
    const x = leaf(1);
    const remove = x.registerHook(g => g.mul(100));
    const other = x.registerHook(g => g.add(1));
    remove();
    x.mul(2).backward();
    expect(x.grad?.item()).toBe(3);
    other();
    remove();
    x.mul(2).backward();
    expect(x.grad?.item()).toBe(5);
  });

  test('under createGraph what they do is differentiable', () => {
    const x = leaf(3);
    const y = x.square();
    y.registerHook(g => g.mul(x));
    // g = 2x * x
    const [g] = grad(y, [x], { createGraph: true });
    expect(g.item()).toBe(18);
    expect(grad(g, [x])[0].item()).toBe(12);
  });

  test('may walk a graph themselves, even the same one', () => {
    const x = leaf(2);
    const y = x.pow(3);
    let inner = 0;
    const z = y.mul(5);
    z.registerHook(() => {
      [inner] = grad(y, [x], { retainGraph: true }).map(t => t.item());
    });
    z.backward();
    expect(inner).toBe(12);
    expect(x.grad?.item()).toBe(60);
  });

  test('the gradient they saw stays valid when they keep it', () => {
    const x = leaf([1, 2]);
    const kept: Tensor[] = [];
    const h = x.mul(2);
    h.registerHook(g => {
      kept.push(g);
    });
    for (let i = 0; i < 3; i++)
      h.mul(i + 1)
        .sum()
        .backward(null, { retainGraph: true });
    expect(kept.map(numbers)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});

describe('hooks are refused', () => {
  test.each<[string, (g: Tensor) => unknown, string, string]>([
    [
      'another shape',
      () => constant([1]),
      'ShapeError',
      'hook: returned a gradient of shape [1] for one of shape [2]. Return the same shape, or nothing.',
    ],
    [
      'another dtype',
      g => g.to('float32'),
      'DTypeError',
      "hook: returned a float32 gradient for one of float64. Convert it with to('float64').",
    ],
    [
      'what is no tensor',
      () => 3,
      'ArgumentError',
      'hook: returned 3. Return a tensor to replace the gradient, or nothing.',
    ],
  ])('that return %s; gradients stay as they were', (_, hook, name, message) => {
    const x = leaf([1, 2]);
    const remove = x.registerHook(hook as never);
    expect(errorOf(() => x.sum().backward())).toEqual({ name, message });
    expect(x.grad).toBeNull();
    remove();
    x.sum().backward();
    expect(numbers(x.grad)).toEqual([1, 1]);
  });

  test('that are no function', () => {
    expect(errorOf(() => leaf(1).registerHook(5 as never))).toEqual({
      name: 'ArgumentError',
      message: 'registerHook: expected a function, got 5.',
    });
  });
});
