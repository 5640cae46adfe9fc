import { grad, type Tensor, tensor } from '@fluxion/autograd';
import { clipGradNorm, clipGradValue, clipNorm, clipValue, globalNorm } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from '../../autograd/test/support/helpers.js';
import { metered } from '../../autograd/test/support/meter.js';
import { gradcheck } from '../../gradcheck/src/index.js';

function withGrads(...grads: (readonly number[] | null)[]): Tensor[] {
  return grads.map((g, i) => {
    const p = leaf(g === null ? [0] : g.map(() => 0), `w${i}`);
    if (g !== null) p.grad = constant([...g]);
    return p;
  });
}

const grads = (params: readonly Tensor[]): (number[] | null)[] =>
  params.map(p => (p.grad === null ? null : numbers(p.grad)));

/** The norm by its definition. */
function norm(values: readonly number[], order: number): number {
  const sizes = values.map(Math.abs);
  if (order === Number.POSITIVE_INFINITY) return Math.max(...sizes);
  if (order === Number.NEGATIVE_INFINITY) return Math.min(...sizes);
  return sizes.reduce((sum, v) => sum + v ** order, 0) ** (1 / order);
}

const orders = [2, 1, 3, 0.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe('clipGradNorm', () => {
  test.each(orders)('of order %d', normType => {
    for (const max of [0.5, 100, 0]) {
      const params = withGrads([1, -2], null, [3, 0.5, -1]);
      const all = [1, -2, 3, 0.5, -1];
      const expected = norm(all, normType);
      const found = clipGradNorm(params, max, { normType });
      expect([found.shape, found.dtype]).toEqual([[], 'float64']);
      expectClose([found.item()], [expected]);
      const factor = Math.min(1, max / (expected + 1e-6));
      const [a, none, b] = grads(params);
      expect(none).toBeNull();
      expectClose(
        [...(a ?? []), ...(b ?? [])],
        all.map(v => v * factor),
      );
    }
  });

  test('of one parameter, of none with a gradient, and of an iterable', () => {
    const [p] = withGrads([3, 4]);
    expect(clipGradNorm(p, 1).item()).toBe(5);
    expectClose(numbers(p.grad), [0.6, 0.8], 1e-6);
    expect(clipGradNorm([leaf([1])], 1).item()).toBe(0);
    expect(clipGradNorm(new Set(withGrads([3], [4])), 1).item()).toBe(5);
  });

  test('of float32 and float64 together', () => {
    const a = leaf([0], '', 'float32');
    const b = leaf([0]);
    a.grad = constant([3], 'float32');
    b.grad = constant([4]);
    expect(clipGradNorm([a, b], 1).dtype).toBe('float64');
    expect([a.grad.dtype, b.grad.dtype]).toEqual(['float32', 'float64']);
    expectClose([...numbers(a.grad), ...numbers(b.grad)], [0.6, 0.8], 1e-6);
  });

  test('writes into the memory of the gradients, but not into views, graphs or what is shared', () => {
    const [p] = withGrads([3, 4]);
    const before = p.grad;
    clipGradNorm(p, 1);
    expect(p.grad).toBe(before);
    const wide = constant(2).expand([2]) as Tensor;
    const [a, b, c] = withGrads([0, 0], [0, 0], [0, 0]);
    const shared = constant([1, 1]);
    const x = leaf([1, 2]);
    a.grad = wide;
    b.grad = shared;
    c.grad = shared;
    clipGradNorm([a, b, c], 0.5);
    const factor = 0.5 / (Math.sqrt(12) + 1e-6);
    for (const [q, v] of [
      [a, 2],
      [b, 1],
      [c, 1],
    ] as const)
      expectClose(numbers(q.grad), [v * factor, v * factor]);
    expect(numbers(wide)).toEqual([2, 2]);
    const d = leaf([0, 0]);
    d.grad = x.mul(2) as Tensor;
    clipGradNorm(d, 1);
    expectClose(numbers(x.mul(2)), [2, 4]);
  });

  test('keeps nothing of what it makes but the norm', () => {
    metered(meter => {
      const params = withGrads([1, 2, 3], [4, 5]);
      clipGradNorm(params, 1);
      const before = meter.live.size;
      clipGradNorm(params, 1);
      // The norm and the factor.
      expect(meter.live.size - before).toBeLessThanOrEqual(2);
      clipGradValue(params, 0.1);
      expect(meter.live.size - before).toBeLessThanOrEqual(2);
    });
  });

  test('NaN spreads to all gradients unless it is to be an error', () => {
    const params = withGrads([1, Number.NaN], [2]);
    expect(clipGradNorm(params, 1).item()).toBeNaN();
    expect(grads(params)).toEqual([[Number.NaN, Number.NaN], [Number.NaN]]);
  });

  test('errorIfNonfinite names the parameters, and scales nothing', () => {
    const params = withGrads([1, 2], [1, Number.NaN], [3], [Number.NEGATIVE_INFINITY]);
    const before = grads(params);
    expect(errorOf(() => clipGradNorm(params, 1, { errorIfNonfinite: true }))).toEqual({
      name: 'DataError',
      message:
        'clipGradNorm: the norm of order 2 of the gradients is NaN: the gradient of w1 of shape [2] holds NaN; that of w3 of shape [1] holds infinities. ' +
        'Look for the op that made them with detectAnomaly, or skip this step.',
    });
    expect(grads(params)).toEqual(before);
    expect(
      errorOf(() => clipGradNorm(withGrads([1e200, 1e200]), 1, { errorIfNonfinite: true })).message,
    ).toMatch(/is Infinity: their sizes overflow it/);
    expect(clipGradNorm(withGrads([1]), 1, { errorIfNonfinite: true }).item()).toBe(1);
  });

  test.each<[string, () => unknown, string]>([
    [
      'a negative norm',
      () => clipGradNorm([], -1),
      'clipGradNorm: maxNorm is -1; expected a finite number from 0.',
    ],
    [
      'order 0',
      () => clipGradNorm([], 1, { normType: 0 }),
      'clipGradNorm: normType is 0; expected a number other than 0, such as 1, 2 or Infinity.',
    ],
    [
      'what is no list',
      () => clipGradNorm(3 as never, 1),
      'clipGradNorm: expected parameters, got 3: clipGradNorm(net.parameters(), …).',
    ],
    [
      'what is no tensor',
      () => clipGradValue([3 as never], 1),
      'clipGradValue: parameter 0 is 3, expected a tensor.',
    ],
    [
      'a negative value',
      () => clipGradValue([], -1),
      'clipGradValue: clipValue is -1; expected a finite number from 0.',
    ],
    ['no tensors', () => globalNorm([]), 'globalNorm: got no tensors. Give at least one.'],
  ])('refuses %s', (_, run, message) => {
    expect(errorOf(run)).toEqual({ name: 'ArgumentError', message });
  });
});

describe('clipGradValue', () => {
  test('moves every element into the range', () => {
    const params = withGrads([1, -2, 0.25], null, [Number.POSITIVE_INFINITY]);
    clipGradValue(params, 0.5);
    expect(grads(params)).toEqual([[0.5, -0.5, 0.25], null, [0.5]]);
  });
});

describe('the pure forms', () => {
  test('give new gradients and leave the old ones', () => {
    const tree = { w: constant([3]), rest: [constant([4])] };
    const { grads: found, norm: before } = clipNorm(tree, 1);
    expectClose([...numbers(found.w), ...numbers(found.rest[0]), before.item()], [0.6, 0.8, 5], 1e-6);
    expect([numbers(tree.w), numbers(tree.rest[0])]).toEqual([[3], [4]]);
    expect(numbers(clipValue(tree, 3.5).rest[0])).toEqual([3.5]);
    expect(errorOf(() => clipNorm({ w: constant([Number.NaN]) }, 1, { errorIfNonfinite: true })).name).toBe(
      'DataError',
    );
  });

  test('globalNorm of whole numbers, and of several dtypes in the widest', () => {
    const whole = tensor([3, -4], { dtype: 'int32' });
    const found = [1, 2, 3, Number.POSITIVE_INFINITY].map(order => globalNorm([whole], order).item());
    expectClose(found, [7, 5, Math.cbrt(91), 4], 1e-6);
    const both = globalNorm([whole, tensor([12], { dtype: 'float64' })]);
    expect([both.dtype, both.item()]).toEqual(['float64', 13]);
  });

  test.each(orders)('clipNorm of order %d is differentiable', normType => {
    const inputs = [constant([1, -2, 0.7]), constant([[0.5], [3]])] as const;
    expect(
      gradcheck(
        (...g: Tensor[]) => [...clipNorm(g, 0.5, { normType }).grads, globalNorm(g, normType)],
        inputs,
      ).ok,
    ).toBe(true);
    expect(gradcheck((...g: Tensor[]) => clipValue(g, 1.2), inputs).ok).toBe(true);
  });

  test.each(orders.filter(order => order >= 1))(
    'the gradient of the norm of order %d is finite at 0',
    normType => {
      const x = leaf([0, 0, 0]);
      const [g] = grad(clipNorm([x], 1, { normType }).grads[0].sum(), [x]);
      expect(numbers(g).every(Number.isFinite)).toBe(true);
      const [n] = grad(globalNorm([x, tensor([0], { dtype: 'float64' })], normType), [x]);
      expect(numbers(n)).toEqual([0, 0, 0]);
    },
  );
});
