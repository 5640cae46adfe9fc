import { checkpoint, Generator, grad, linear, noGrad, rand, type Tensor } from '@fluxion/autograd';
import type { Storage } from '@fluxion/kernels';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

const segment = (x: Tensor): Tensor => x.tanh().exp().sigmoid();

describe('checkpoint', () => {
  test('value and gradients are those of the function', () => {
    const a = leaf([0.3, -1]);
    const b = leaf([0.3, -1]);
    const y = checkpoint(segment, a);
    const z = segment(b);
    y.mul(a).sum().backward();
    z.mul(b).sum().backward();
    expect(numbers(y)).toEqual(numbers(z));
    expect(numbers(a.grad)).toEqual(numbers(b.grad));
  });

  test('captured parameters get their gradients, leaves and results alike', () => {
    const x = leaf([1, 2]);
    const w = leaf([3, 4]);
    const made = w.square();
    checkpoint((t: Tensor) => t.mul(w).mul(made), x)
      .sum()
      .backward();
    // x w**3
    expect(numbers(x.grad)).toEqual([27, 64]);
    expectClose(numbers(w.grad), [27, 96]);
  });

  test('several inputs, one of them twice, constants and other arguments', () => {
    const x = leaf([1, 2]);
    const y = checkpoint(
      (a: Tensor, b: Tensor, c: Tensor, k: number) => a.mul(b).add(c).mul(k),
      x,
      x,
      constant([1, 1]),
      3,
    );
    y.sum().backward();
    expect(numbers(x.grad)).toEqual([6, 12]);
  });

  test('second order and higher, by createGraph and by nested grad', () => {
    const x = leaf([0.3, -1]);
    const of = (f: (t: Tensor) => Tensor): number[] => {
      const [g] = grad(f(x).sum(), [x], { createGraph: true });
      const [h] = grad(g.sum(), [x], { createGraph: true });
      return [...numbers(g), ...numbers(h), ...numbers(grad(h.sum(), [x])[0])];
    };
    expectClose(
      of(t => checkpoint(segment, t)),
      of(segment),
    );
    const third = (f: (t: Tensor) => Tensor): number => {
      const d = (g: (t: Tensor) => Tensor) => (t: Tensor) => grad((s: Tensor) => g(s).sum())(t);
      return d(d(d(f)))(constant([0.7])).item();
    };
    expectClose([third(t => checkpoint(segment, t))], [third(segment)]);
  });

  test('nested, and in a chain', () => {
    const x = leaf([0.3, -1]);
    const y = leaf([0.3, -1]);
    const inner = (t: Tensor): Tensor => checkpoint((s: Tensor) => segment(s).mul(x.detach()), t);
    checkpoint((t: Tensor) => inner(inner(t).add(t)), x)
      .sum()
      .backward();
    const plain = (t: Tensor): Tensor => segment(t).mul(constant([0.3, -1]));
    plain(plain(y).add(y) as Tensor)
      .sum()
      .backward();
    expectClose(numbers(x.grad), numbers(y.grad));
  });

  test('generators draw the same numbers in the second run, and go on from where they were', () => {
    const generator = new Generator(7);
    const x = leaf([1, 1, 1, 1]);
    const y = checkpoint((t: Tensor) => t.mul(rand([4], { generator, dtype: 'float64' })), x);
    const between = numbers(rand([2], { generator, dtype: 'float64' }));
    const state = generator.state;
    y.sum().backward();
    expect(numbers(x.grad)).toEqual(numbers(y));
    expect(generator.state).toEqual(state);
    expect(between).not.toEqual(numbers(y).slice(0, 2));
  });

  test('retainGraph allows several passes', () => {
    const x = leaf(0.5);
    const y = checkpoint(segment, x);
    y.backward(null, { retainGraph: true });
    const once = x.grad?.item() as number;
    y.backward();
    expectClose([x.grad?.item() as number], [2 * once]);
    expect(errorOf(() => y.backward()).name).toBe('GraphError');
  });

  test('inside noGrad, and where nothing requires a gradient, it is the function', () => {
    const x = leaf([1, 2]);
    expect(noGrad(() => checkpoint(segment, x)).requiresGrad).toBe(false);
    let runs = 0;
    const f = (t: Tensor): Tensor => {
      runs++;
      return segment(t);
    };
    expect(checkpoint(f, constant([1])).requiresGrad).toBe(false);
    expect(runs).toBe(1);
  });

  test('holds fewer bytes: nothing of the segment is saved', () => {
    const heldBy = (build: (x: Tensor) => Tensor): number =>
      metered(meter => {
        const x = leaf(new Array(1000).fill(0.5));
        const y = build(x);
        const held = (s: Storage): boolean => s.holds > 0;
        const bytes = [...meter.live].filter(held).reduce((sum, s) => sum + 8 * s.length, 0);
        y.sum().backward();
        return bytes;
      });
    const deep = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 10; i++) y = y.tanh() as Tensor;
      return y;
    };
    expect(heldBy(deep)).toBe(10 * 8000);
    expect(heldBy(x => checkpoint(deep, x))).toBe(0);
    // In segments, the inputs of each are held by nobody either: the frontier is edges, not values.
    expect(heldBy(x => checkpoint(deep, checkpoint(deep, x)))).toBe(0);
  });

  test('grad inside it: the gradient of a gradient step, and nothing of the inner graph is kept', () => {
    metered(meter => {
      const lr = leaf(0.1);
      const x = leaf(Array.from({ length: 100 }, (_, i) => Math.sin(i)));
      const step = (w: Tensor): Tensor =>
        w.sub(grad((p: Tensor) => p.tanh().pow(3).sum())(w).mul(lr)) as Tensor;
      const steps = (w: Tensor): Tensor => step(step(w));
      const plain = grad(steps(x).square().sum(), [x, lr], { createGraph: true });
      const held = (): number => [...meter.live].filter(s => s.holds > 0 && s.length === 100).length;
      const before = held();
      const y = checkpoint(steps, x);
      expect(held()).toBe(before);
      const found = grad(y.square().sum(), [x, lr], { createGraph: true });
      expect(found.map(numbers)).toEqual(plain.map(numbers));
      const second = (of: readonly Tensor[]): number[][] => grad(of[1], [x, lr]).map(numbers);
      expectClose(second(found).flat(), second(plain).flat());
    });
  });

  test('a composite inside it behaves the same', () => {
    const x = leaf([[0.1, 0.2]]);
    const w = leaf([
      [1, 2],
      [3, 4],
    ]);
    checkpoint((t: Tensor) => linear(t, w as never).softmax(1), x)
      .square()
      .sum()
      .backward();
    const gx = numbers(x.grad);
    const gw = numbers(w.grad);
    x.grad = null;
    w.grad = null;
    (linear(x, w as never) as Tensor).softmax(1).square().sum().backward();
    expectClose(gx, numbers(x.grad));
    expectClose(gw, numbers(w.grad));
  });
});

describe('checkpoint refuses', () => {
  test('what is no function, and results that are no tensor', () => {
    expect(errorOf(() => checkpoint(3 as never))).toEqual({
      name: 'ArgumentError',
      message: 'checkpoint: expected a function, got 3.',
    });
    expect(errorOf(() => checkpoint((() => [1]) as never))).toEqual({
      name: 'ArgumentError',
      message: 'checkpoint: the function must return a tensor, it returned [1].',
    });
  });

  test('an async function', () => {
    expect(errorOf(() => checkpoint((async () => constant(1)) as never)).message).toMatch(
      /^checkpoint: was given an async function, but the mode ends/,
    );
  });

  test('inputs and captured leaves that were changed in place meanwhile', () => {
    const x = leaf([1, 2]);
    const w = leaf([1, 2], 'w');
    const y = checkpoint((t: Tensor) => t.square(), x);
    const z = checkpoint((t: Tensor) => t.mul(w), x);
    noGrad(() => w.add_(1));
    expect(errorOf(() => z.sum().backward())).toEqual({
      name: 'GraphError',
      message:
        'checkpoint: w of shape [2], which the function uses, has since been changed in place by add_, so that running it again would give ' +
        'other values. Call backward before changing it.',
    });
    noGrad(() => x.zero_());
    expect(errorOf(() => y.sum().backward()).message).toMatch(
      /^checkpoint: a tensor of shape \[2\].* by zero_,/,
    );
    expect(x.grad).toBeNull();
  });

  test('a backward through a result that was kept from inside it', () => {
    const x = leaf([1, 2]);
    let inside: Tensor = x;
    checkpoint((t: Tensor) => {
      inside = t.exp() as Tensor;
      return inside.sum() as Tensor;
    }, x);
    expect(errorOf(() => inside.sum().backward()).message).toMatch(
      /kept from inside it have no graph either\.\)$/,
    );
  });
});
