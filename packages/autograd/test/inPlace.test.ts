import { grad, noGrad, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';

describe('changes in place', () => {
  test('change the elements, return the tensor, and work through views', () => {
    const x = constant([
      [1, 2],
      [3, 4],
    ]);
    expect(
      x
        .add_(1)
        .mul_(2)
        .sub_(1)
        .div_(constant([1, 2])),
    ).toBe(x);
    expect(numbers(x)).toEqual([3, 2.5, 7, 4.5]);
    x.select(0, 0).assign(constant([8, 9]));
    x.transpose(0, 1).select(0, 0).add_(100);
    expect(numbers(x)).toEqual([108, 9, 107, 4.5]);
    expect(numbers(x.fill_(2))).toEqual([2, 2, 2, 2]);
    expect(numbers(x.zero_())).toEqual([0, 0, 0, 0]);
  });

  test('read an overlapping source whole before they write', () => {
    const x = constant([1, 2, 3, 4]);
    x.slice(0, { start: 1 }).assign(x.slice(0, { end: 3 }));
    expect(numbers(x)).toEqual([1, 1, 2, 3]);
    const m = constant([
      [1, 2],
      [3, 4],
    ]);
    m.add_(m.transpose(0, 1));
    expect(numbers(m)).toEqual([2, 5, 5, 8]);
    m.add_(m);
    expect(numbers(m)).toEqual([4, 10, 10, 16]);
  });

  test('of indices that a derivative goes by are noticed before it writes anywhere', () => {
    const x = (): Tensor =>
      leaf([
        [1, 4],
        [3, 2],
      ]) as Tensor;
    const pooled = x().reshape([1, 1, 2, 2]).maxPool2d(2, { returnIndices: true });
    for (const { values, indices } of [pooled, x().sort(1), x().cummax(1), x().topk(1, 1)]) {
      indices.fill_(1_000_000);
      expect(errorOf(() => values.sum().backward()).message).toMatch(
        /has since been changed in place by fill_/,
      );
    }
  });

  test('of a parameter inside noGrad keep it a leaf', () => {
    const w = leaf([1, 2]);
    noGrad(() => w.sub_(0.5));
    expect(numbers(w)).toEqual([0.5, 1.5]);
    expect(w.isLeaf && w.requiresGrad).toBe(true);
  });
});

describe('version counters', () => {
  test('a backward through a stale value names who saved it, who changed it, and the fix', () => {
    const w = leaf([1, 2], 'w');
    const y = w.mul(w).sum();
    noGrad(() => w.add_(1));
    expect(errorOf(() => y.backward())).toEqual({
      name: 'GraphError',
      message:
        'mul: its input 0 of shape [2] was saved for the derivative and has since been changed in place by add_. ' +
        'Call backward before changing it, or change a clone: x.clone().add_(…).',
    });
    expect(w.grad).toBeNull();
  });

  test('also when an output was saved, or a view of the storage changed', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    noGrad(() => y.detach().slice(0, { end: 1 }).zero_());
    expect(errorOf(() => y.sum().backward()).message).toBe(
      'exp: its output of shape [2] was saved for the derivative and has since been changed in place by zero_. ' +
        'Call backward before changing it, or change a clone: x.clone().zero_(…).',
    );
  });

  test.each<[string, (t: Tensor) => unknown]>([
    ['assign', t => t.assign(0)],
    ['sub_', t => t.sub_(1)],
    ['mul_', t => t.mul_(1)],
    ['div_', t => t.div_(2)],
    ['fill_', t => t.fill_(0)],
  ])('%s counts', (name, change) => {
    const w = leaf([1, 2]);
    const y = w.square().sum();
    noGrad(() => change(w));
    expect(errorOf(() => y.backward()).message).toContain(`changed in place by ${name}.`);
  });

  test('a value that no rule reads may change', () => {
    const x = leaf([1, 2]);
    const y = x.add(1);
    const z = y.sum();
    noGrad(() => {
      x.zero_();
      y.zero_();
    });
    z.backward();
    expect(numbers(x.grad)).toEqual([1, 1]);
  });

  test('a change before the value was saved does not matter', () => {
    const x = leaf([1, 2]);
    noGrad(() => x.mul_(3));
    x.square().sum().backward();
    expect(numbers(x.grad)).toEqual([6, 12]);
  });

  test('stale values are found before anything is changed, also in grad', () => {
    const a = leaf([1, 2]);
    const b = leaf([3, 4]);
    const loss = a.square().sum().add(b.square().sum());
    noGrad(() => a.add_(1));
    errorOf(() => loss.backward());
    expect(b.grad).toBeNull();
    // The other branch still works: nothing of it was freed.
    expectClose(numbers(grad(loss, [b])[0]), [6, 8]);
  });
});

describe('changes in place are refused', () => {
  test('where they would go unrecorded', () => {
    const w = leaf([1, 2]);
    expect(errorOf(() => w.add_(1))).toEqual({
      name: 'GraphError',
      message:
        'add_: the tensor of shape [2] requires a gradient, and changes in place are not recorded. Wrap the change: noGrad(() => x.add_(…)), ' +
        'or use the op that returns a new tensor.',
    });
    expect(numbers(w)).toEqual([1, 2]);
  });

  test('where elements share memory', () => {
    const x = constant([[1], [2]]);
    expect(errorOf(() => x.expand([2, 3]).mul_(2))).toEqual({
      name: 'GraphError',
      message:
        'mul_: the tensor of shape [2, 3] is an expanded view whose elements share memory in dim 1. Clone it first.',
    });
    expect(numbers(x)).toEqual([1, 2]);
    const y = constant([1, 2, 3, 4]);
    expect(errorOf(() => y.slidingWindow(0, 3).add_(1))).toEqual({
      name: 'GraphError',
      message:
        'add_: the tensor of shape [2, 3] with strides [1, 1] is a view whose elements share memory. Clone it first.',
    });
    expect(numbers(y)).toEqual([1, 2, 3, 4]);
    // Windows side by side, turned and flipped, hold every element once.
    y.slidingWindow(0, 2, 2)
      .t()
      .flip(0)
      .add_(constant([[10], [20]]));
    expect(numbers(y)).toEqual([21, 12, 23, 14]);
  });

  test('of another dtype or a larger shape', () => {
    const x = constant([1, 2]);
    expect(errorOf(() => x.assign(constant([1, 2], 'float32')))).toEqual({
      name: 'DTypeError',
      message: "assign: a float32 tensor cannot change a float64 tensor. Convert it: x.to('float64').",
    });
    expect(
      errorOf(() =>
        x.add_(
          constant([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual({
      name: 'ShapeError',
      message: 'add_: shape [2, 2] does not broadcast to [2], which cannot grow in place.',
    });
    expect(errorOf(() => x.add_('1' as never))).toEqual({
      name: 'ArgumentError',
      message: "add_: expected a tensor or a number, got '1'. Make it a tensor first: tensor(…).",
    });
    expect(errorOf(() => constant([1], 'int32').div_(2)).message).toBe(
      'div_: expected a floating point tensor, got int32. Convert with to().',
    );
    expect(errorOf(() => constant([true], 'bool').add_(1)).message).toBe(
      'add_: expected numbers, got bool. Convert with to().',
    );
    expect(numbers(x)).toEqual([1, 2]);
  });

  test('a fraction into integers', () => {
    const n = constant([1, 2], 'int32');
    for (const change of [() => n.fill_(0.5), () => n.assign(0.5), () => n.add_(0.5)])
      expect(errorOf(change)).toMatchObject({ name: 'DTypeError', message: expect.stringContaining('0.5') });
    expect(numbers(n)).toEqual([1, 2]);
  });
});
