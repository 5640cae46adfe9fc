import { grad, hvp, linear, noGrad, type Tensor, zeros } from '@fluxion/autograd';
import { kernels } from '@fluxion/kernels';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

/** How many storages each of some steps leaves behind, after the first few. */
function leftBehind(step: () => void, warmUp = 3, steps = 5): number[] {
  return metered(meter => {
    for (let i = 0; i < warmUp; i++) step();
    return Array.from({ length: steps }, () => {
      const before = meter.live.size;
      step();
      return meter.live.size - before;
    });
  });
}

describe('who owns what', () => {
  test('backward frees all that it makes: a step leaves only what the user could see', () => {
    const x = constant([
      [1, 2],
      [3, 4],
    ]);
    const w = leaf([
      [0.1, 0.2],
      [0.3, 0.4],
    ]);
    const b = leaf([0, 0]);
    const seen = leftBehind(() => {
      w.grad = null;
      b.grad = null;
      // Five results: matmul, add, tanh, square, sum.
      x.matmul(w).add(b).tanh().square().sum().backward();
    });
    expect(seen).toEqual([5, 5, 5, 5, 5]);
  });

  test('gradients that nobody read are freed when they are cleared or added to', () => {
    const w = leaf([1, 2]);
    expect(
      leftBehind(() => {
        for (let i = 0; i < 3; i++) w.sum().backward();
        w.grad = null;
      }),
    ).toEqual([3, 3, 3, 3, 3]);
  });

  test('a gradient that was read stays valid after it is cleared', () => {
    const w = leaf([1, 2]);
    const kept: (Tensor | null)[] = [];
    for (let i = 1; i <= 3; i++) {
      w.mul(i).sum().backward();
      kept.push(w.grad);
      w.grad = null;
    }
    expect(kept.map(numbers)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test('composite ops free their parts, recorded or not', () => {
    const x = constant([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const each = (op: () => unknown): number => leftBehind(() => void op())[0];
    expect(each(() => noGrad(() => x.std(1)))).toBe(1);
    expect(each(() => x.gelu())).toBe(1);
    expect(each(() => x.softmax(1))).toBe(1);
    expect(each(() => x.logsumexp(0))).toBe(1);
    expect(each(() => linear(x, constant([[1, 2, 3]]) as never))).toBe(2);
  });

  test('what a composite saved for its derivative is freed by backward', () => {
    const x = leaf([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    for (const op of [
      (): Tensor => x.std(1) as Tensor,
      (): Tensor => x.gelu(),
      (): Tensor => x.softmax(1),
      (): Tensor => x.logsumexp(0) as Tensor,
      (): Tensor => x.var([0, 1]) as Tensor,
    ]) {
      const seen = leftBehind(() => {
        x.grad = null;
        // The op's result, square and sum.
        op().square().sum().backward();
      });
      expect(seen).toEqual([3, 3, 3, 3, 3]);
    }
  });

  test('grad gives away its results and nothing else', () => {
    const x = leaf([1, 2]);
    // mul, sum, and the gradient.
    expect(leftBehind(() => void grad(x.mul(x).sum(), [x]))).toEqual([3, 3, 3, 3, 3]);
  });

  test('values and gradients are right while memory is reused', () => {
    const w = leaf([0.5, -0.25, 0.125]);
    const results = Array.from({ length: 50 }, () => {
      w.grad = null;
      w.tanh().mul(w).exp().sum().backward();
      return numbers(w.grad);
    });
    for (const r of results) expect(r).toEqual(results[0]);
  });

  test('a graph kept by retainGraph or createGraph keeps what it saved', () => {
    const x = leaf([1, 2]);
    const y = x.exp().sum();
    y.backward(null, { retainGraph: true });
    for (let i = 0; i < 20; i++) constant(new Array(2).fill(i));
    const [g] = grad(y, [x], { createGraph: true });
    for (let i = 0; i < 20; i++) constant(new Array(2).fill(i));
    expectClose(numbers(grad(g.sum(), [x])[0]), [Math.E, Math.E ** 2]);
  });

  test('a Hessian product leaves a bounded number of storages', () => {
    const x = constant([1, 2]);
    const v = constant([1, 0]);
    const counts = leftBehind(() => void hvp((t: Tensor) => t.pow(3).sum(), x, v));
    expect(new Set(counts).size).toBe(1);
  });
});

describe('a long synchronous loop', () => {
  test('keeps the young and old within their budgets, and reserves no more after the warm-up', () => {
    const w = leaf(new Array(4096).fill(0.01), 'w', 'float32');
    const step = (): void => {
      w.grad = null;
      w.square().add(1).log().sum().backward();
      noGrad(() => w.sub_((w.gradient as Tensor).mul(0.1)));
    };
    for (let i = 0; i < 1500; i++) step();
    const before = kernels().memory();
    for (let i = 0; i < 1500; i++) step();
    const after = kernels().memory();
    expect(after.reservedBytes).toBe(before.reservedBytes);
    expect(after.youngBytes).toBeLessThanOrEqual(64 * 2 ** 20);
    expect(after.youngCount).toBeLessThanOrEqual(65_536);
    expect(after.oldBytes).toBeLessThanOrEqual(before.oldBytes + 2 ** 20);
    expect(after.allocations).toBeGreaterThan(before.allocations);
    expect(Number.isFinite(w.sum().item())).toBe(true);
  });

  test('tensors kept from every step stay what they were', () => {
    const kept: Tensor[] = [];
    for (let i = 0; i < 3000; i++) {
      const t = constant(new Array(256).fill(i)).mul(2) as Tensor;
      if (i % 100 === 0) kept.push(t);
    }
    expect(kept.map(t => numbers(t)[255])).toEqual(kept.map((_, i) => 200 * i));
  });
});

describe('out of memory', () => {
  test('is an error that says how much was asked for; everything stays as it was', () => {
    const x = constant([1, 2]);
    const { name, message } = errorOf(() => zeros([2 ** 31]));
    expect(name).toBe('MemoryError');
    expect(message).toMatch(/^allocate: no (room|memory) for .*8589934592 bytes/);
    if (kernels().name !== 'reference')
      expect(message).toMatch(/ends at 4294967296 bytes\. Use smaller batches/);
    expect(errorOf(() => zeros([2 ** 40])).name).toBe('MemoryError');
    expect(numbers(x)).toEqual([1, 2]);
    expect(numbers(x.add(1))).toEqual([2, 3]);
  });

  test('also from an op, whose inputs stay as they were', () => {
    const column = zeros([2 ** 17, 1]) as Tensor;
    const row = zeros([2 ** 17]) as Tensor;
    expect(errorOf(() => column.add(row)).name).toBe('MemoryError');
    expect(column.sum().item()).toBe(0);
  });
});
