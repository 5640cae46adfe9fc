import { fuse, grad, hessian, noGrad, type Tensor, where } from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

const body = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(x.tanh()).div(y.square().add(1)) as Tensor;

describe('fuse', () => {
  test('equals the composition, with broadcasting and any strides', () => {
    const fused = fuse(body);
    const arrays = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(arrays, arrays, fc.boolean(), (a, b, transposed) => {
        const x = constant(a).reshape([2, 3]) as Tensor;
        const wide = constant(b).reshape([3, 2]) as Tensor;
        const y = (transposed ? wide.transpose(0, 1) : constant(b.slice(0, 3))) as Tensor;
        const out = fused(x, y);
        expect(out.shape).toEqual([2, 3]);
        expectClose(numbers(out), numbers(body(x, y)), 1e-14);
      }),
      { numRuns: 50 },
    );
  });

  test('is one kernel call', () => {
    metered(meter => {
      const fused = fuse(body);
      const x = constant([1, 2]);
      fused(x, x);
      meter.calls.clear();
      fused(x, x);
      expect(Object.fromEntries(meter.calls)).toEqual({ allocate: 1, run: 1 });
    });
  });

  test('derivatives of any order are those of the composition', () => {
    const fused = fuse(body);
    const orders = (f: (x: Tensor, y: Tensor) => Tensor): number[] => {
      const x = leaf([0.5, -1]);
      const y = leaf([2, 0.3]);
      const result: number[] = [];
      let out = f(x, y);
      for (let i = 0; i < 3; i++) {
        const [gx, gy] = grad(out.sum(), [x, y], { createGraph: true });
        result.push(...numbers(gx), ...numbers(gy));
        out = gx.add(gy) as Tensor;
      }
      return result;
    };
    expectClose(
      orders((x, y) => fused(x, y)),
      orders(body),
    );
    const h = (f: (x: Tensor) => Tensor): number[] => numbers(hessian(f)(constant([0.5, -1])));
    expectClose(
      h(x => fused(x, constant([2, 3])).sum()),
      h(x => body(x, constant([2, 3])).sum()),
    );
  });

  test('the gradient of a broadcast input is summed', () => {
    const x = leaf([1, 2, 3]);
    const s = leaf(2);
    fuse((a: Tensor, b: Tensor) => a.mul(b) as Tensor)(x, s)
      .sum()
      .backward();
    expect(numbers(x.grad)).toEqual([2, 2, 2]);
    expect(s.grad?.item()).toBe(6);
  });

  test('takes numbers, which may change from call to call, and constants', () => {
    const scale = fuse((x: Tensor, k: Tensor) => x.mul(k).add(10) as Tensor);
    const x = leaf([1, 2]);
    expect(numbers(scale(x, 3))).toEqual([13, 16]);
    expect(numbers(scale(x, 5))).toEqual([15, 20]);
    scale(x, 7).sum().backward();
    expect(numbers(x.grad)).toEqual([7, 7]);
  });

  test('the same tensor twice, and one place in the graph through two tensors', () => {
    const product = fuse((a: Tensor, b: Tensor) => a.mul(b).mul(b) as Tensor);
    const x = leaf([2, 3]);
    product(x, x).sum().backward();
    expectClose(numbers(x.grad), [12, 27]);
    const h = x.mul(1);
    x.grad = null;
    product(h, h).sum().backward();
    expectClose(numbers(x.grad), [12, 27]);
  });

  test('of results whose own rules read what they saved', () => {
    const product = fuse((a: Tensor, b: Tensor) => a.mul(b) as Tensor);
    const x = leaf([2, 3]);
    const h = x.square();
    product(h, x.exp()).add(h).sum().backward();
    const y = leaf([2, 3]);
    y.square().mul(y.exp()).add(y.square()).sum().backward();
    expectClose(numbers(x.grad), numbers(y.grad));
  });

  test('several outputs, an input among them, and one output twice', () => {
    const both = fuse((x: Tensor, y: Tensor) => [x.add(y) as Tensor, x.mul(y) as Tensor, x]);
    const x = leaf([2, 3]);
    const y = leaf([5, 7]);
    const [sum, product, same] = both(x, y);
    expect([sum, product, same].map(numbers)).toEqual([
      [7, 10],
      [10, 21],
      [2, 3],
    ]);
    sum.add(product.mul(10)).add(same.mul(100)).sum().backward();
    expect(numbers(x.grad)).toEqual([151, 171]);
    expect(numbers(y.grad)).toEqual([21, 31]);
    const twice = fuse((t: Tensor) => {
      const e = t.square() as Tensor;
      return [e, e];
    });
    expect(twice(x).map(numbers)).toEqual([
      [4, 9],
      [4, 9],
    ]);
  });

  test('conditions and comparisons', () => {
    const f = (x: Tensor): Tensor => where(x.gt(0).logicalAnd(x.lt(2)), x.square(), x.neg()) as Tensor;
    const x = leaf([-1, 1.5, 3]);
    const y = fuse(f)(x);
    expect(numbers(y)).toEqual([1, 2.25, -3]);
    y.sum().backward();
    expect(numbers(x.grad)).toEqual([-1, 3, -1]);
  });

  test('works in float32 and float64 from one fused function, at every size', () => {
    const fused = fuse(body);
    for (const dtype of ['float32', 'float64'] as const)
      for (const size of [0, 1, 3, 17]) {
        const x = constant(
          Array.from({ length: size }, (_, i) => i / 7 - 1),
          dtype,
        );
        const out = fused(x, x.add(2) as Tensor);
        expect(out.dtype).toBe(dtype);
        expectClose(numbers(out), numbers(body(x, x.add(2) as Tensor)), dtype === 'float32' ? 5e-7 : 1e-14);
      }
    expect(fused(constant(2), constant(3)).shape).toEqual([]);
  });

  test('detach, and tensors that require no gradient, cut as in the composition', () => {
    const x = leaf([2, 3]);
    fuse((a: Tensor) => a.detach().mul(a) as Tensor)(x)
      .sum()
      .backward();
    expect(numbers(x.grad)).toEqual([2, 3]);
    expect(fuse(body)(constant([1]), constant([1])).requiresGrad).toBe(false);
  });
});

describe('fuse.assign', () => {
  test('writes over its inputs, several at once', () => {
    const swapAdd = fuse((a: Tensor, b: Tensor, k: Tensor) => [b.mul(k) as Tensor, a.add(b) as Tensor]);
    const a = constant([1, 2, 3]);
    const b = constant([10, 20, 30]);
    swapAdd.assign([a, b], a, b, 2);
    expect(numbers(a)).toEqual([20, 40, 60]);
    expect(numbers(b)).toEqual([11, 22, 33]);
  });

  test('broadcasts inputs to the targets', () => {
    const add = fuse((a: Tensor, b: Tensor) => a.add(b) as Tensor);
    const a = constant([
      [1, 2],
      [3, 4],
    ]);
    add.assign([a], a, constant([10, 20]));
    expect(numbers(a)).toEqual([11, 22, 13, 24]);
  });

  test('counts as a change in place', () => {
    const w = leaf([1, 2]);
    const y = w.square().sum();
    noGrad(() => fuse((a: Tensor) => a.neg() as Tensor).assign([w], w));
    expect(numbers(w)).toEqual([-1, -2]);
    expect(errorOf(() => y.backward()).message).toContain('changed in place by fuse');
  });

  test.each<[string, (x: Tensor) => readonly Tensor[], string, string]>([
    [
      'too few targets',
      () => [],
      'ArgumentError',
      'fuse: the function returns 1 tensors, 0 targets were given.',
    ],
    [
      'another shape',
      () => [constant([1])],
      'ShapeError',
      'fuse: a target has shape [1], the result [2]. They must be the same.',
    ],
    [
      'another dtype',
      () => [constant([1, 2], 'float32')],
      'ArgumentError',
      'fuse: a target must be contiguous and float64: clone it, or convert it with to().',
    ],
    [
      'a target with gaps',
      () => [
        constant([
          [1, 2],
          [3, 4],
        ]).select(1, 0) as Tensor,
      ],
      'ArgumentError',
      'fuse: a target must be contiguous and float64: clone it, or convert it with to().',
    ],
    [
      'a target that requires a gradient',
      () => [leaf([1, 2])],
      'GraphError',
      'fuse: a target of shape [2] requires a gradient, and changes in place are not recorded. Wrap the call in noGrad.',
    ],
    [
      'one target twice',
      () => {
        const t = constant([1, 2]);
        return [t, t];
      },
      'ArgumentError',
      'fuse: the function returns 1 tensors, 2 targets were given.',
    ],
  ])('refuses %s', (_, targets, name, message) => {
    const x = constant([1, 2]);
    const f = fuse((a: Tensor) => a.neg() as Tensor);
    expect(errorOf(() => f.assign(targets(x), x))).toEqual({ name, message });
  });
});

describe('fuse refuses', () => {
  test.each<[string, () => unknown, string, string]>([
    [
      'what is no function',
      () => fuse(3 as never),
      'ArgumentError',
      'fuse: expected a function of tensors, got 3.',
    ],
    [
      'a captured tensor',
      () => {
        const w = constant([1, 2]);
        return fuse((x: Tensor) => x.mul(w) as Tensor)(constant([1, 2]));
      },
      'GraphError',
      'fuse: the function uses a tensor of shape [2] that is not among its arguments. Pass it as an argument.',
    ],
    [
      'a change of shape',
      () => fuse((x: Tensor) => x.unsqueeze(0) as Tensor)(constant([1, 2])),
      'GraphError',
      'fuse: the function calls reshape, which does not work element by element. Call it outside.',
    ],
    [
      'integers',
      () => fuse((x: Tensor) => x.neg() as Tensor)(constant([1], 'int32')),
      'DTypeError',
      'fuse: expected float32 or float64 tensors, got int32. Convert it with to().',
    ],
    [
      'mixed dtypes',
      () => fuse(body)(constant([1]), constant([1], 'float32')),
      'DTypeError',
      'fuse: inputs have dtypes float64 and float32; they must be the same. Convert one with to().',
    ],
    [
      'numbers alone',
      () => fuse(body)(1, 2),
      'ArgumentError',
      'fuse: expected at least one tensor among the arguments.',
    ],
    [
      'what is no tensor',
      () => fuse(body)(constant([1]), 'a' as never),
      'ArgumentError',
      "fuse: expected a tensor or a number, got 'a'. Make it a tensor first: tensor(…).",
    ],
    [
      'a function that returns none',
      () => fuse((() => 'x') as never)(constant([1])),
      'ArgumentError',
      "fuse: the function must return a tensor or a list of tensors, it returned 'x'.",
    ],
    [
      'shapes that do not broadcast',
      () => fuse(body)(constant([1, 2]), constant([1, 2, 3])),
      'ShapeError',
      'fuse: shapes [2] and [3] do not broadcast: dim -1 is 2 in the one and 3 in the other. Sizes must be equal, or one of them 1: reshape or unsqueeze one operand.',
    ],
  ])('%s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });

  test('and records as before afterwards', () => {
    errorOf(() => fuse((x: Tensor) => x.cumsum(0) as Tensor)(constant([1, 2])));
    expect(leaf(1).mul(2).requiresGrad).toBe(true);
  });
});
