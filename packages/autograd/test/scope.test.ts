import { checkpoint, grad, keep, noGrad, type Scope, scope, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

const freedText = (by: string, count: number): string =>
  `use of a tensor that was freed by ${by}: its ${count} elements of float64 are gone. Return it from the scope that owns it, keep it, ` +
  'or clone it before it is freed.';

describe('scope', () => {
  test('frees what was created inside, except what it returns', () => {
    metered(meter => {
      const x = constant([1, 2]);
      let inside: Tensor = x;
      const result = scope(() => {
        inside = x.mul(2) as Tensor;
        return { list: [inside.add(1) as Tensor], count: 3 };
      });
      expect(numbers(result.list[0])).toEqual([3, 5]);
      expect(result.count).toBe(3);
      expect(meter.live.size).toBe(2);
      expect(errorOf(() => inside.add(1))).toEqual({
        name: 'MemoryError',
        message: freedText('the end of its scope', 2),
      });
      expect(errorOf(() => numbers(inside)).name).toBe('MemoryError');
      expect(errorOf(() => noGrad(() => inside.zero_())).name).toBe('MemoryError');
    });
  });

  test('a returned view keeps its base', () => {
    const v = scope(() =>
      constant([
        [1, 2],
        [3, 4],
      ]).transpose(0, 1),
    );
    expect(numbers(v)).toEqual([1, 3, 2, 4]);
  });

  test('what came from outside stays', () => {
    const x = constant([1, 2]);
    scope(() => {
      x.transpose(0, 0);
      noGrad(() => x.add_(1));
    });
    expect(numbers(x)).toEqual([2, 3]);
  });

  test('gradients of leaves survive, also when the leaf had none before and when it is added to', () => {
    const w = leaf([1, 2]);
    for (let i = 0; i < 3; i++) scope(() => w.square().sum().backward());
    expect(numbers(w.grad)).toEqual([6, 12]);
  });

  test('the gradients that grad returns are like any result: returned or freed', () => {
    const w = leaf([1, 2]);
    const [kept] = scope(() => grad(w.square().sum(), [w]));
    expect(numbers(kept)).toEqual([2, 4]);
  });

  test('kept tensors survive', () => {
    let state: Tensor = constant([0, 0]);
    for (let i = 0; i < 3; i++)
      scope(() => {
        state = keep(state.add(1)) as Tensor;
      });
    expect(numbers(state)).toEqual([3, 3]);
  });

  test('a graph that leaves the scope keeps what it saved, until backward', () => {
    metered(meter => {
      const w = leaf([1, 2]);
      const loss = scope(() => w.exp().tanh().sum());
      // w, the loss, and what exp and tanh saved.
      expect(meter.live.size).toBe(4);
      loss.backward();
      expect(meter.live.size).toBe(3);
      const e = [Math.E, Math.E ** 2];
      expectClose(
        numbers(w.grad),
        e.map(v => v * (1 - Math.tanh(v) ** 2)),
      );
    });
  });

  test('nested scopes: what the inner one returns belongs to the outer one', () => {
    let middle: Tensor | null = null;
    const out = scope(() => {
      middle = scope(() => constant([1, 2]).mul(2));
      return middle.add(1) as Tensor;
    });
    expect(numbers(out)).toEqual([3, 5]);
    expect(errorOf(() => numbers(middle)).message).toBe(freedText('the end of its scope', 2));
  });

  test('an error inside passes through, frees nothing, and ends the scope', () => {
    metered(meter => {
      let inside: Tensor | null = null;
      expect(() =>
        scope(() => {
          inside = constant([1, 2]).add(1) as Tensor;
          throw new Error('mine');
        }),
      ).toThrow('mine');
      expect(numbers(inside)).toEqual([2, 3]);
      const after = constant([5]);
      scope(() => {
        constant([6]);
      });
      expect(numbers(after)).toEqual([5]);
      expect(meter.live.size).toBe(3);
    });
  });

  test('works with checkpoint and with nested derivatives', () => {
    const w = leaf([0.5, 1]);
    const value = scope(() => {
      const y = checkpoint((x: Tensor) => x.tanh().exp(), w);
      const [g] = grad(y.sum(), [w], { createGraph: true });
      g.square().sum().backward();
      return g.detach();
    });
    const v = leaf([0.5, 1]);
    const [g] = grad(v.tanh().exp().sum(), [v], { createGraph: true });
    g.square().sum().backward();
    expectClose(numbers(value), numbers(g));
    expectClose(numbers(w.grad), numbers(v.grad));
  });

  test('refuses what is no function', () => {
    expect(errorOf(() => scope(3 as never))).toEqual({
      name: 'ArgumentError',
      message: 'scope: expected a function, got 3. Write scope(() => …).',
    });
  });
});

describe('using s = scope()', () => {
  test('frees at the end of the block, except what was kept in it', () => {
    metered(meter => {
      const kept: Tensor[] = [];
      let lost: Tensor | null = null;
      {
        using s = scope();
        lost = constant([1, 2]).mul(3) as Tensor;
        kept.push(s.keep(lost.add(1) as Tensor));
        s.keep({ deep: [lost.add(2)] }).deep.forEach(t => {
          kept.push(t as Tensor);
        });
      }
      expect(kept.map(numbers)).toEqual([
        [4, 7],
        [5, 8],
      ]);
      expect(meter.live.size).toBe(2);
      expect(errorOf(() => numbers(lost)).message).toBe(freedText('the end of its scope', 2));
    });
  });

  test('also when the block ends by an error; disposing twice does nothing', () => {
    metered(meter => {
      expect(() => {
        using _ = scope();
        constant([1, 2]);
        throw new Error('mine');
      }).toThrow('mine');
      expect(meter.live.size).toBe(0);
      const s: Scope = scope();
      constant([1]);
      s[Symbol.dispose]();
      s[Symbol.dispose]();
      constant([1]);
      expect(meter.live.size).toBe(1);
    });
  });
});
