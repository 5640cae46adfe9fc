import { grad, noGrad, type Tensor, Value, where } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';

describe('grad of outputs with respect to inputs', () => {
  test('returns gradients and leaves grad alone', () => {
    const x = leaf([1, 2]);
    const [g] = grad(x.pow(3).sum(), [x]);
    expect(numbers(g)).toEqual([3, 12]);
    expect(x.grad).toBeNull();
    expect(g.requiresGrad).toBe(false);
  });

  test('takes inputs that are no leaves, the output itself, and one input twice', () => {
    const x = leaf(3);
    const h = x.mul(2);
    const y = h.square();
    const [dh, dx, dy, again] = grad(y, [h, x, y, h]);
    expect([dh.item(), dx.item(), dy.item(), again.item()]).toEqual([12, 24, 1, 12]);
  });

  test('takes and returns trees', () => {
    const params = { fc: { weight: leaf([1, 2]), bias: leaf(3) }, list: [leaf(4)] };
    const loss = params.fc.weight.sum().mul(params.fc.bias).mul(params.list[0]);
    const g = grad(loss, params);
    expect(numbers(g.fc.weight)).toEqual([12, 12]);
    expect(g.fc.bias.item()).toBe(12);
    expect(g.list[0].item()).toBe(9);
  });

  test('sums over several outputs, with a gradient for each', () => {
    const x = leaf([1, 2]);
    const [a] = grad([x.sum(), x.square().sum()], [x]);
    expect(numbers(a)).toEqual([3, 5]);
    const [b] = grad([x.mul(1), x.square().sum()], [x], { gradOutputs: [constant([10, 20]), null] });
    expect(numbers(b)).toEqual([12, 24]);
    const [c] = grad(x.mul(2), [x], { gradOutputs: constant([1, -1]) });
    expect(numbers(c)).toEqual([2, -2]);
  });

  test('createGraph gives gradients of any order', () => {
    const x = leaf(2);
    let y: Tensor = x.pow(5);
    const orders: number[] = [];
    for (let i = 0; i < 6; i++) {
      [y] = grad(y, [x], { createGraph: true, allowUnused: true });
      orders.push(y.item());
    }
    expectClose(orders, [80, 160, 240, 240, 120, 0]);
  });

  test('a gradient made with createGraph takes part in backward', () => {
    const x = leaf([1, 2, 3]);
    const [g] = grad(x.pow(3).sum(), [x], { createGraph: true });
    g.square().sum().backward();
    // sum of (3x**2)**2 = 9x**4
    expectClose(numbers(x.grad), [36, 288, 972]);
    expect(x.grad?.requiresGrad).toBe(false);
  });

  test('createGraph keeps the graph; without it the graph is freed; retainGraph overrides', () => {
    const x = leaf(2);
    const kept = x.exp();
    grad(kept, [x], { createGraph: true });
    grad(kept, [x], { retainGraph: true });
    grad(kept, [x]);
    expect(errorOf(() => grad(kept, [x])).message).toMatch(
      /^backward: the graph through exp .* was freed by an earlier backward/,
    );
  });

  test('frees only what it walked: what lies beside the way to the inputs stays usable', () => {
    const x = leaf(2);
    const w = leaf(3);
    const side = w.exp();
    grad(x.square().add(side), [x]);
    side.backward();
    expectClose(numbers(w.grad), [Math.exp(3)]);
  });

  test('works inside noGrad, on a graph recorded outside', () => {
    const x = leaf(3);
    const y = x.square();
    const [g] = noGrad(() => grad(y, [x]));
    expect(g.item()).toBe(6);
  });
});

describe('grad refuses', () => {
  test('an input that the output does not depend on: lists every one by name', () => {
    const x = leaf(1);
    const a = leaf([1, 2], 'fc1.weight');
    const b = leaf([3], 'fc1.bias');
    expect(errorOf(() => grad(x.mul(2), [x, a, b]))).toEqual({
      name: 'GraphError',
      message:
        'grad: the output does not depend on fc1.weight (shape [2]), fc1.bias (shape [1]). It was never used on the way to the output. ' +
        'Pass { allowUnused: true } to get zeros instead.',
    });
  });

  test('and names it by its path in a tree, or by its number in a list', () => {
    const x = leaf(1);
    expect(errorOf(() => grad(x.mul(2), { x, net: { bias: leaf([1]) } })).message).toContain(
      'net.bias (shape [1])',
    );
    expect(errorOf(() => grad(x.mul(2), [x, leaf([1])])).message).toContain('number 1 (shape [1])');
  });

  test.each<[string, (w: Tensor, x: Tensor) => Tensor, string]>([
    ['detach', (w, x) => w.mul(3).detach().mul(x), 'a detach of the output of mul'],
    ['noGrad', (w, x) => noGrad(() => w.exp()).mul(x), 'exp inside noGrad'],
    [
      'an integer op',
      (w, x) => w.to('int32').to('float64').mul(x),
      'to, whose int32 output carries no gradient',
    ],
    [
      'an op without derivative',
      (w, x) => w.argmax().to('float64').mul(x),
      'argmax, which has no derivative (an index moves in jumps)',
    ],
  ])('says where the chain broke: %s', (_, make, where) => {
    const w = leaf([2, 5], 'w');
    const x = leaf(1);
    expect(errorOf(() => grad(make(w, x).sum(), [w]))).toEqual({
      name: 'GraphError',
      message: `grad: the output does not depend on w (shape [2]). If it was used on the way to the output, the chain broke at ${where}. Pass { allowUnused: true } to get zeros instead.`,
    });
  });

  test('and blames no op for what it does inside', () => {
    const w = leaf([2, 5], 'w');
    for (const make of [
      (x: Tensor): Tensor => x.softmax(0),
      (x: Tensor): Tensor => x.logSoftmax(0),
      (x: Tensor): Tensor => x.logsumexp(0),
    ])
      expect(errorOf(() => grad(make(leaf([1, 2, 4])).sum(), [w])).message).toBe(
        'grad: the output does not depend on w (shape [2]). It was never used on the way to the output. Pass { allowUnused: true } to get zeros instead.',
      );
  });

  test('nor a comparison, for what was never used or came later', () => {
    const w = leaf([2, 5], 'w');
    const x = leaf([1, 2]);
    const loss = where(x.gt(1), x, 0).sum();
    const late = leaf([2, 5], 'late');
    const tell = (t: Tensor): string => errorOf(() => grad(loss, [t])).message;
    const unused = '(shape [2]). It was never used on the way to the output.';
    expect(tell(w)).toContain(unused);
    // What was used elsewhere may have gone into the comparison: nobody knows any more.
    w.exp();
    late.exp();
    expect(tell(late)).toContain(unused);
    expect(tell(w)).toContain(
      '(shape [2]). If it was used on the way to the output, the chain broke at gt, which has no derivative (its output is bool).',
    );
  });

  test('unless allowUnused asks for zeros', () => {
    const x = leaf(1);
    const w = leaf([1, 2]);
    const [gx, gw] = grad(x.mul(2), [x, w], { allowUnused: true });
    expect(gx.item()).toBe(2);
    expect(gw.toArray()).toEqual([0, 0]);
    expect(grad(constant(1), [x], { allowUnused: true })[0].item()).toBe(0);
  });

  test('an input that requires no gradient', () => {
    expect(errorOf(() => grad(leaf(1).mul(2), { x: constant([1, 2]) }))).toEqual({
      name: 'GraphError',
      message:
        'grad: input x (shape [2]) does not require a gradient, so nothing was recorded for it. Create it with { requiresGrad: true }.',
    });
  });

  test('outputs and options that are none', () => {
    const x = leaf([1, 2]);
    expect(errorOf(() => grad(x as never))).toEqual({
      name: 'ArgumentError',
      message: 'grad: expected a function, or outputs and inputs: grad(loss, [w]). Got a tensor alone.',
    });
    expect(errorOf(() => grad([] as Tensor[], [x])).message).toBe(
      'grad: expected a tensor, or a list of tensors, to differentiate, got [].',
    );
    expect(errorOf(() => grad(x.sum(), [3 as never])).message).toBe(
      'grad: expected a tensor, or arrays and plain objects of tensors, got 3 at 0.',
    );
    expect(errorOf(() => grad([x.sum(), x.sum()], [x], { gradOutputs: [null] })).message).toBe(
      'grad: got 1 gradOutputs for 2 outputs. Give one for each, or null.',
    );
    expect(errorOf(() => grad(x.mul(2), [x])).message).toBe(
      'grad: the output has shape [2], and only a single number has a gradient by itself. Reduce it first (sum, mean), or give the gradient of the output.',
    );
    expect(errorOf(() => grad(constant(1), [x])).message).toBe(
      'grad: the tensor of shape [] has no graph: nothing it was made of requires a gradient. Create its inputs with { requiresGrad: true }.',
    );
    expect(errorOf(() => grad(new Value(1), [x] as never)).message).toMatch(
      /^grad: expected a list of Values/,
    );
  });

  test('and leaves the graph as it was, so that a right call works afterwards', () => {
    const x = leaf(2);
    const y = x.exp();
    errorOf(() => grad(y, [x], { gradOutputs: constant([1, 2]) }));
    errorOf(() => grad([y], [x], { gradOutputs: [] }));
    expectClose([grad(y, [x])[0].item()], [Math.exp(2)]);
  });

  test('an unused input before the graph is freed', () => {
    const x = leaf(2);
    const y = x.exp();
    errorOf(() => grad(y, [x, leaf(1)]));
    expectClose([grad(y, [x])[0].item()], [Math.exp(2)]);
  });
});
