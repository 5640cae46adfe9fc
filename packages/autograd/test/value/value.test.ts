import { grad, noGrad, type Tensor, tensor, type Value, value } from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorOf, expectClose } from '../support/helpers.js';

type Unary =
  | 'neg'
  | 'abs'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'relu'
  | 'sign'
  | 'floor'
  | 'gelu'
  | 'silu'
  | 'softplus'
  | 'leakyRelu';
const unary: readonly Unary[] = [
  'neg',
  'abs',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sqrt',
  'rsqrt',
  'square',
  'reciprocal',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
  'relu',
  'sign',
  'floor',
  'gelu',
  'silu',
  'softplus',
  'leakyRelu',
];
const binary = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const;

const number64 = (x: number): Tensor => tensor(x, { dtype: 'float64', requiresGrad: true });

describe('Value', () => {
  test('the example of the API', () => {
    const a = value(2);
    const b = value(-3);
    const c = a.mul(b).add(1).tanh();
    c.backward();
    const slope = 1 - Math.tanh(-5) ** 2;
    expect(c.data).toBe(Math.tanh(-5));
    expectClose([a.grad, b.grad, c.grad], [-3 * slope, 2 * slope, 1]);
    expect(String(c)).toBe(`value(${c.data}, gradFn=tanh)`);
    expect(String(value(2))).toBe('value(2)');
  });

  test.each(unary)('%s: value and three orders of derivative equal those of tensors', name => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 3, noNaN: true }), x => {
        const v = value(x);
        const t = number64(x);
        let a: Value = v[name]();
        let b = t[name]() as Tensor;
        for (let order = 0; order < 4; order++) {
          expectClose([a.data], [b.item()], 1e-11);
          if (b.node === null) break;
          [a] = grad(a, [v], { createGraph: true, allowUnused: true });
          [b] = grad(b, [t], { createGraph: true, allowUnused: true });
        }
      }),
      { numRuns: 15 },
    );
  });

  test.each(binary)('%s: value and two orders of derivative equal those of tensors', name => {
    const numbers = fc.double({ min: 0.1, max: 3, noNaN: true });
    fc.assert(
      fc.property(numbers, fc.oneof(numbers, fc.constant(2), fc.constant(0)), fc.boolean(), (x, y, plain) => {
        const [v, w] = [value(x), value(y)];
        const [t, u] = [number64(x), number64(y)];
        const a = v[name](plain ? y : w);
        const b = t[name](plain ? y : u) as Tensor;
        expectClose([a.data], [b.item()]);
        const options = { createGraph: true, allowUnused: true };
        const first = grad(a, [v, w], options);
        const expected = grad(b, [t, u], options);
        first.forEach((d, i) => {
          expectClose([d.data], [expected[i].item()], 1e-11);
          if (expected[i].node === null) return;
          const second = grad(d, [v, w], { allowUnused: true });
          const expected2 = grad(expected[i], [t, u], { allowUnused: true, retainGraph: true });
          expectClose(
            second.map(s => s.data),
            expected2.map(s => s.item()),
            1e-10,
          );
        });
      }),
      { numRuns: 25 },
    );
  });

  test('backward gives the same as grad, on random graphs with shared parts', () => {
    const steps = fc.array(fc.tuple(fc.nat(8), fc.nat(100), fc.nat(100)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        steps,
        fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })),
        (program, inputs) => {
          const leaves = inputs.map(value);
          const nodes: Value[] = [...leaves];
          for (const [op, i, j] of program) {
            const a = nodes[i % nodes.length];
            const b = nodes[j % nodes.length];
            nodes.push(
              [
                a.add(b),
                a.sub(b),
                a.mul(b),
                a.tanh(),
                a.sin(),
                a.maximum(b),
                a.sigmoid(),
                a.square().mul(0.5),
                a.cos(),
              ][op],
            );
          }
          const y = nodes[nodes.length - 1].add(leaves[0].mul(0)).add(leaves[1].mul(0));
          const expected = grad(y, leaves).map(g => g.data);
          y.backward();
          expectClose(
            leaves.map(v => v.grad),
            expected,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('gradients add up until they are set to 0', () => {
    const x = value(3);
    const y = x.mul(x);
    y.backward();
    y.backward();
    expect(x.grad).toBe(12);
    x.grad = 0;
    x.mul(5).backward();
    expect(x.grad).toBe(5);
  });

  test('numbers are accepted wherever a Value is', () => {
    const x = value(4);
    expect(
      [x.add(1), x.sub(1), x.mul(2), x.div(2), x.pow(2), x.maximum(9), x.minimum(1)].map(v => v.item()),
    ).toEqual([5, 3, 8, 2, 16, 9, 1]);
    expect([x.eq(4), x.ne(4), x.lt(5), x.le(value(4)), x.gt(value(4)), x.ge(4)]).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  test('clamp and leakyRelu', () => {
    const slopes = [-2, -1, 0.5, 1, 2].map(x => {
      const v = value(x);
      const y = v.clamp({ min: -1, max: 1 });
      y.backward();
      return [y.data, v.grad];
    });
    expect(slopes).toEqual([
      [-1, 0],
      [-1, 1],
      [0.5, 1],
      [1, 1],
      [1, 0],
    ]);
    expect(value(-2).leakyRelu(0.1).data).toBeCloseTo(-0.2);
  });

  test('derivatives of any order by nested grad', () => {
    const x = value(0.5);
    let y = x.tanh();
    const t = Math.tanh(0.5);
    for (let i = 0; i < 3; i++) [y] = grad(y, [x], { createGraph: true });
    expectClose([y.data], [-2 * (1 - t * t) * (1 - 3 * t * t)]);
    let z = x.exp();
    for (let i = 0; i < 10; i++) [z] = grad(z, [x], { createGraph: true });
    expectClose([z.data], [Math.exp(0.5)]);
  });

  test('grad leaves the grads alone; without createGraph the result has no graph', () => {
    const x = value(2);
    const [g] = grad(x.square(), [x]);
    expect([g.data, g.op, x.grad]).toEqual([4, null, 0]);
  });

  test('noGrad and detach cut', () => {
    const x = value(2);
    expect(noGrad(() => x.mul(3)).op).toBeNull();
    x.mul(x.detach()).backward();
    expect(x.grad).toBe(2);
  });

  test('a chain of 1,000,000 nodes overflows no stack', () => {
    const x = value(1);
    let y = x;
    for (let i = 0; i < 1_000_000; i++) y = y.add(1);
    y.backward();
    expect([y.data, x.grad]).toEqual([1_000_001, 1]);
    const [g] = grad(y, [x]);
    expect(g.data).toBe(1);
  });
});

describe('Value refuses', () => {
  test('what is neither Value nor number', () => {
    expect(errorOf(() => value('2' as never))).toEqual({
      name: 'ArgumentError',
      message: "value: expected a number, got '2'.",
    });
    expect(errorOf(() => value(1).add(tensor(1) as never))).toEqual({
      name: 'ArgumentError',
      message: 'add: expected a Value or a number, got Tensor. Values and tensors do not mix.',
    });
  });

  test('the gradient by what it does not depend on, unless allowUnused asks for zeros', () => {
    const [x, w] = [value(1), value(2)];
    w.name = 'w';
    expect(errorOf(() => grad(x.mul(2), [x, w]))).toEqual({
      name: 'GraphError',
      message: 'grad: the output does not depend on w. Pass { allowUnused: true } to get zeros instead.',
    });
    expect(errorOf(() => grad(x.mul(2), [x, value(3)])).message).toContain('does not depend on number 1.');
    expect(grad(x.mul(2), [x, w], { allowUnused: true }).map(g => g.data)).toEqual([2, 0]);
  });
});
