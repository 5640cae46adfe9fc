import { defineOp, grad, noGrad, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';

const cube = defineOp<[Tensor]>({
  name: 'cube',
  forward: ([x]) => x.mul(x).mul(x) as Tensor,
  vjp: (g, { inputs: [x] }) => [g.mul(x.square().mul(3)) as Tensor],
});

describe('defineOp', () => {
  test('makes a function that is differentiable any number of times', () => {
    const x = leaf([1, 2]);
    const [g] = grad(cube([x]).sum(), [x], { createGraph: true });
    expect(numbers(g)).toEqual([3, 12]);
    const [h] = grad(g.sum(), [x], { createGraph: true });
    expect(numbers(h)).toEqual([6, 12]);
    expect(numbers(grad(h.sum(), [x])[0])).toEqual([6, 6]);
  });

  test('records one node, whatever forward calls', () => {
    const y = cube([leaf([1, 2])]);
    expect(y.gradFn?.op.name).toBe('cube');
    expect(y.gradFn?.inputs[0]?.isLeaf).toBe(true);
    expect(noGrad(() => cube([leaf(1)])).requiresGrad).toBe(false);
  });

  test('gives attributes, output, numbers among the inputs, and what is needed', () => {
    const asked: boolean[][] = [];
    const power = defineOp<[Tensor, number, Tensor], { readonly n: number }>({
      name: 'power',
      forward: ([x, k, c], { n }) => x.pow(n).mul(k).add(c) as Tensor,
      vjp: (g, { inputs: [x, k], output, attributes: { n }, needs }) => {
        asked.push([needs(0), needs(1), needs(2)]);
        expect(output.shape).toEqual([2]);
        return [g.mul(x.pow(n - 1)).mul(k * n) as Tensor, null, g];
      },
    });
    const x = leaf([1, 2]);
    power([x, 10, constant(1)], { n: 3 })
      .sum()
      .backward();
    expect(numbers(x.grad)).toEqual([30, 120]);
    expect(asked).toEqual([[true, false, false]]);
  });

  test('un-broadcasts what the rule returns', () => {
    const plus = defineOp<[Tensor, Tensor]>({
      name: 'plus',
      forward: ([a, b]) => a.add(b) as Tensor,
      vjp: g => [g, g],
    });
    const b = leaf([1, 2]);
    plus([
      constant([
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
      b,
    ])
      .sum()
      .backward();
    expect(numbers(b.grad)).toEqual([3, 3]);
  });

  test('the same tensor for several inputs, and used several times', () => {
    const product = defineOp<[Tensor, Tensor]>({
      name: 'product',
      forward: ([a, b]) => a.mul(b) as Tensor,
      vjp: (g, { inputs: [a, b] }) => [g.mul(b) as Tensor, g.mul(a) as Tensor],
    });
    const x = leaf([2, 3]);
    const y = product([x, x]);
    y.add(product([y, x]))
      .sum()
      .backward();
    // x**2 + x**3
    expectClose(numbers(x.grad), [4 + 12, 6 + 27]);
  });

  test('forward may return its input, a view of it, or a tensor that it keeps', () => {
    const identity = defineOp<[Tensor]>({
      name: 'identity',
      forward: ([x]) => x,
      vjp: g => [g.mul(2) as Tensor],
    });
    const x = leaf([1, 2]);
    const y = identity([x]);
    expect(y).not.toBe(x);
    expect(x.isLeaf).toBe(true);
    identity([y]).sum().backward();
    expect(numbers(x.grad)).toEqual([4, 4]);

    const first = defineOp<[Tensor]>({
      name: 'first',
      forward: ([t]) => t.slice(0, { end: 1 }) as Tensor,
      vjp: g => [g.expand([2]) as Tensor],
    });
    x.grad = null;
    first([x]).backward();
    expect(numbers(x.grad)).toEqual([1, 1]);

    const kept = constant([5]);
    const constantly = defineOp<[Tensor]>({ name: 'constantly', forward: () => kept, vjp: () => [null] });
    expect(constantly([x]).requiresGrad).toBe(true);
    expect(kept.requiresGrad).toBe(false);
  });

  test('a rule may return null for no gradient', () => {
    const x = leaf([1, 2]);
    const gate = defineOp<[Tensor]>({
      name: 'gate',
      forward: ([t]) => t.mul(1) as Tensor,
      vjp: () => [null],
    });
    gate([x]).add(x).sum().backward();
    expect(numbers(x.grad)).toEqual([1, 1]);
  });

  test('an op without derivative carries none, and says why', () => {
    const hash = defineOp<[Tensor]>({
      name: 'hash',
      forward: ([x]) => x.mul(7) as Tensor,
      why: 'a hash is not continuous',
    });
    const x = leaf(2, 'x');
    const y = hash([x]).mul(x);
    expect(hash([x]).requiresGrad).toBe(false);
    expect(grad(y, [x])[0].item()).toBe(14);
    expect(errorOf(() => hash([x]).backward()).message).toBe(
      'backward: the tensor of shape [] has no graph: the chain broke at hash, which has no derivative (a hash is not continuous). Compute it without that.',
    );
  });

  test('what the user keeps of a rule stays valid', () => {
    const kept: Tensor[] = [];
    const op = defineOp<[Tensor]>({
      name: 'keeping',
      forward: ([x]) => x.mul(2) as Tensor,
      vjp: (g, { inputs: [x] }) => {
        const mine = g.mul(x).add(1) as Tensor;
        kept.push(g, x, mine);
        return [g.mul(2) as Tensor];
      },
    });
    op([leaf([1, 2]).mul(3)])
      .sum()
      .backward();
    expect(kept.map(numbers)).toEqual([
      [1, 1],
      [3, 6],
      [4, 7],
    ]);
  });
});

describe('defineOp refuses', () => {
  const forward = ([x]: readonly [Tensor]): Tensor => x.mul(1) as Tensor;

  test('definitions that are incomplete', () => {
    expect(errorOf(() => defineOp({ name: '', forward: forward as never, why: 'x' })).message).toBe(
      'defineOp: expected a name, which errors and drawings will show.',
    );
    expect(errorOf(() => defineOp({ name: 'f', forward: 3 as never, why: 'x' })).message).toBe(
      "defineOp: 'f' has no forward function.",
    );
    expect(errorOf(() => defineOp({ name: 'f', forward: forward as never }))).toEqual({
      name: 'ArgumentError',
      message: "defineOp: 'f' has neither a vjp nor a reason (why) for having none. Give one of them.",
    });
  });

  test('a rule with the wrong number of gradients', () => {
    const op = defineOp<[Tensor, Tensor]>({
      name: 'pair',
      forward: ([a]) => a.mul(1) as Tensor,
      vjp: g => [g],
    });
    const x = leaf(1);
    expect(errorOf(() => op([x, x]).backward())).toEqual({
      name: 'GraphError',
      message:
        'pair: its rule returned 1 gradients, expected an array with one entry for each of its 2 inputs (null where there is none).',
    });
    const none = defineOp<[Tensor]>({ name: 'none', forward, vjp: (() => undefined) as never });
    expect(errorOf(() => none([x]).backward()).message).toBe(
      'none: its rule returned undefined, expected an array with one entry for each of its 1 inputs (null where there is none).',
    );
    expect(x.grad).toBeNull();
  });

  test('a gradient of the wrong shape, dtype or kind', () => {
    const giving = (g: unknown): ReturnType<typeof defineOp<[Tensor]>> =>
      defineOp<[Tensor]>({ name: 'wrong', forward, vjp: () => [g as Tensor] });
    const x = leaf([1, 2]);
    const run = (g: unknown) => errorOf(() => giving(g)([x]).add(x).sum().backward());
    expect(run(constant([1, 2, 3]))).toEqual({
      name: 'ShapeError',
      message: 'wrong: its rule returned a gradient of shape [3] for an input of shape [2].',
    });
    expect(run(constant([1, 2], 'float32'))).toEqual({
      name: 'DTypeError',
      message: 'wrong: its rule returned a float32 gradient where float64 was expected.',
    });
    expect(run(7)).toEqual({
      name: 'GraphError',
      message:
        'wrong: its rule returned 7 as the gradient of input 0, expected a tensor, or null where there is none.',
    });
    expect(x.grad).toBeNull();
  });

  test('a wrong dtype also where it is the only gradient', () => {
    const op = defineOp<[Tensor]>({ name: 'wrong', forward, vjp: g => [g.to('float32')] });
    const x = leaf([1, 2]);
    expect(errorOf(() => op([x]).sum().backward())).toEqual({
      name: 'DTypeError',
      message: "grad: a float64 tensor cannot have a float32 gradient: convert it with to('float64').",
    });
    expect(x.grad).toBeNull();
  });

  test('calls with what is no list of tensors and numbers, and a forward that returns none', () => {
    expect(errorOf(() => cube(leaf(1) as never))).toEqual({
      name: 'ArgumentError',
      message: 'cube: expected a list of inputs, got Tensor: cube([x]).',
    });
    expect(errorOf(() => cube(['a'] as never)).message).toBe(
      "cube: expected tensors and numbers as inputs, got 'a'. Pass it as an attribute.",
    );
    const odd = defineOp<[Tensor]>({ name: 'odd', forward: () => 3 as never, why: 'x' });
    expect(errorOf(() => odd([leaf(1)]))).toEqual({
      name: 'ArgumentError',
      message: 'odd: its forward function must return a tensor, it returned 3.',
    });
  });

  test('rules that read a value changed in place since', () => {
    const w = leaf([1, 2]);
    const y = cube([w]);
    noGrad(() => w.add_(1));
    expect(errorOf(() => y.sum().backward()).message).toMatch(
      /^cube: its input 0 of shape \[2\] was saved .* by add_\./,
    );
  });
});
