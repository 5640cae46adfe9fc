import { describe, expect, test } from 'vitest';
import { kernels } from '../../kernels/src/index.js';
import { grad, randn, type Tensor, tensor } from '../src/index.js';

/** A rule may write over the gradient that comes in where the walk drops it. These are the cases where somebody else still has it. */
describe('the gradient that a rule writes over', () => {
  const x = (): Tensor => tensor([-1, 2, 3]).requiresGrad_() as Tensor;
  const values = (t: Tensor | null): number[] => (t as Tensor).toArray() as number[];

  test('takes no memory', () => {
    const y = (randn([1000]) as Tensor).requiresGrad_();
    const chain = (): void => y.relu().tanh().relu().sum().backward();
    chain();
    y.grad = null;
    const before = kernels().memory().allocatedBytes;
    chain();
    // Three results, and one gradient that all rules write over.
    expect(kernels().memory().allocatedBytes - before).toBeLessThanOrEqual(4 * 4000 + 100);
  });

  test('is not the one that goes to a sibling as well', () => {
    const [a, b] = [x(), x()];
    a.relu()
      .add(b)
      .mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(values(a.grad)).toEqual([0, 2, 3]);
    expect(values(b.grad)).toEqual([1, 2, 3]);
    const c = x();
    c.relu().add(c.tanh().mul(0)).add(c).sum().backward();
    expect(values(c.grad)).toEqual([1, 2, 2]);
  });

  test("is not the caller's", () => {
    const g = tensor([1, 2, 3]) as Tensor;
    x().relu().backward(g);
    expect(values(g)).toEqual([1, 2, 3]);
    const a = x();
    const [d] = grad(a.relu(), [a], { gradOutputs: [g] } as never) as Tensor[];
    expect(values(d)).toEqual([0, 2, 3]);
    expect(values(g)).toEqual([1, 2, 3]);
  });

  test('is not what a tensor retains, a hook keeps, or a caller asked for', () => {
    const a = x();
    const y = a.relu().retainGrad() as Tensor;
    y.mul(5).sum().backward();
    expect(values(y.grad)).toEqual([5, 5, 5]);
    expect(values(a.grad)).toEqual([0, 5, 5]);

    const b = x();
    let seen: Tensor | null = null;
    const z = b.relu() as Tensor;
    z.registerHook(g => {
      seen = g;
    });
    z.mul(5).sum().backward();
    expect(values(seen)).toEqual([5, 5, 5]);

    const c = x();
    const w = c.relu() as Tensor;
    const [gw, gc] = grad(w.mul(5).sum() as Tensor, [w, c] as never) as unknown as Tensor[];
    expect(values(gw)).toEqual([5, 5, 5]);
    expect(values(gc)).toEqual([0, 5, 5]);
  });

  test('is not a view of one that is still to be read', () => {
    const a = x();
    const b = x();
    // The gradient of the sum is one number seen three times.
    a.relu().sum().backward();
    expect(values(a.grad)).toEqual([0, 1, 1]);
    b.relu().reshape([3, 1]).expand([3, 2]).sum().backward();
    expect(values(b.grad)).toEqual([0, 2, 2]);
  });
});
