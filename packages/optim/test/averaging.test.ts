import { grad, noGrad, type Tensor, tensor } from '@fluxion/autograd';
import { type Average, EMA, ema, SWA, swa } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { errorOf, expectClose, leaf, numbers } from '../../autograd/test/support/helpers.js';

const values = [3, -1, 4, 1, 5, -9, 2];

const cases = {
  EMA: { make: (p: Tensor[]) => new EMA(p, { decay: 0.7 }), pure: ema({ decay: 0.7 }) },
  'EMA with bias correction': {
    make: (p: Tensor[]) => new EMA(p, { decay: 0.7, biasCorrection: true }),
    pure: ema({ decay: 0.7, biasCorrection: true }),
  },
  'EMA with warmup': {
    make: (p: Tensor[]) => new EMA(p, { decay: 0.7, warmup: true }),
    pure: ema({ decay: 0.7, warmup: true }),
  },
  SWA: { make: (p: Tensor[]) => new SWA(p), pure: swa() },
};

/** Lets the parameters take the values, and the average follow. */
function follow(average: Average, p: Tensor, list: readonly number[]): number[][] {
  return list.map(v => {
    noGrad(() => p.assign(tensor([v, 2 * v], { dtype: p.dtype })));
    average.update();
    return numbers(average.values()[0]);
  });
}

describe('averages', () => {
  /** The averages after each value, by their definitions; the parameter starts at 10. */
  const byDefinition: Record<keyof typeof cases, number[]> = {
    EMA: values.map((_, n) => values.slice(0, n + 1).reduce((avg, v) => 0.7 * avg + 0.3 * v, 10)),
    'EMA with bias correction': values.map(
      (_, n) => values.slice(0, n + 1).reduce((avg, v) => 0.7 * avg + 0.3 * v, 0) / (1 - 0.7 ** (n + 1)),
    ),
    'EMA with warmup': values.map((_, n) =>
      values.slice(0, n + 1).reduce((avg, v, i) => {
        const decay = Math.min(0.7, (1 + i) / (10 + i));
        return decay * avg + (1 - decay) * v;
      }, 10),
    ),
    SWA: values.map((_, n) => values.slice(0, n + 1).reduce((a, b) => a + b) / (n + 1)),
  };

  test.each(Object.entries(cases))('%s is what it should be', (name, { make }) => {
    const p = leaf([10, 20]);
    const found = follow(make([p]), p, values);
    const expected = byDefinition[name as keyof typeof cases];
    expectClose(
      found.flat(),
      expected.flatMap(v => [v, 2 * v]),
    );
  });

  test.each(Object.entries(cases))(
    '%s in place is the pure form, and that is differentiable',
    (_, { make, pure }) => {
      const p = leaf([10, 20]);
      const found = follow(make([p]), p, values);
      const leaves = values.map(v => leaf([v, 2 * v]));
      let state = pure.init({ w: leaf([10, 20]) });
      leaves.forEach((w, i) => {
        state = pure.update({ w }, state);
        expect(numbers(state.average.w)).toEqual(found[i]);
      });
      const shares = grad(state.average.w.sum(), leaves).map(g => numbers(g)[0]);
      // The average is linear in what went in: the start, if it still counts, has the rest of the weight.
      const rest = 1 - shares.reduce((sum, v) => sum + v, 0);
      expectClose([shares.reduce((sum, v, i) => sum + v * values[i], rest * 10)], [found[6][0]]);
      for (const v of shares) expect(v).toBeGreaterThan(0);
    },
  );

  test.each(Object.entries(cases))('%s saved and loaded goes on bit for bit', (_, { make }) => {
    const [p, q] = [leaf([10, 20], '', 'float32'), leaf([0, 0], '', 'float32')];
    const first = make([p]);
    follow(first, p, values);
    const second = make([q]);
    second.loadStateDict(structuredClone(first.stateDict()));
    expect(follow(second, q, values)).toEqual(follow(first, p, values));
    expect(second.stateDict()).toEqual(first.stateDict());
  });

  test('store, copyTo and restore', () => {
    const p = leaf([10, 20]);
    const average = new SWA([p]);
    follow(average, p, [1, 3]);
    average.store();
    average.copyTo();
    expect(numbers(p)).toEqual([2, 4]);
    expect(p.isLeaf).toBe(true);
    average.restore();
    expect(numbers(p)).toEqual([3, 6]);
    const other = tensor([0, 0], { dtype: 'float64' }) as Tensor;
    average.copyTo([other]);
    expect([numbers(other), numbers(p)]).toEqual([
      [2, 4],
      [3, 6],
    ]);
  });

  test('of trees and iterables', () => {
    const tree = { a: leaf([1]), b: [leaf([2])] };
    expect(new EMA(tree).values().map(numbers)).toEqual([[1], [2]]);
    expect(new SWA(new Set([tree.a])).values().map(numbers)).toEqual([[1]]);
    expect(new SWA(tree.a).values().map(numbers)).toEqual([[1]]);
  });

  const average = new SWA([leaf([1, 2])]);
  test.each<[string, () => unknown, string, string]>([
    [
      'no parameters',
      () => new EMA([]),
      'ArgumentError',
      'EMA: got no parameters to average. Give net.parameters(), or a tree of tensors.',
    ],
    [
      'a decay of 1',
      () => ema({ decay: 1 }),
      'ArgumentError',
      'ema: decay is 1; expected a number in [0, 1).',
    ],
    [
      'both corrections',
      () => ema({ biasCorrection: true, warmup: true }),
      'ArgumentError',
      'ema: got biasCorrection and warmup; expected one of them at most.',
    ],
    [
      'integers',
      () => new SWA([tensor([1], { dtype: 'int32' })]),
      'ArgumentError',
      'SWA: tensor 0 is int32; expected float32 or float64, which have a mean.',
    ],
    [
      'restoring nothing',
      () => average.restore(),
      'ArgumentError',
      'SWA.restore: nothing is stored. Call store() before copyTo().',
    ],
    [
      'too many targets',
      () => average.copyTo([leaf([1]), leaf([2])]),
      'ArgumentError',
      'SWA.copyTo: got 2 tensors for 1 averages; expected as many.',
    ],
    [
      'other targets',
      () => average.copyTo([leaf([1])]),
      'ShapeError',
      'SWA.copyTo: tensor 0 is float64 of shape [1], its average float64 of shape [2]. They must be the same.',
    ],
    [
      'a state that does not fit',
      () => average.loadStateDict({ count: 0.5, average: [new Float64Array(3)] }),
      'ShapeError',
      'SWA.loadStateDict: the state does not fit: count is 0.5, expected a whole number; average 0 is missing or not of 2 elements.',
    ],
    [
      'no state',
      () => average.loadStateDict({} as never),
      'ShapeError',
      'SWA.loadStateDict: the state does not fit: count is undefined, expected a whole number; it has no averages, expected 1.',
    ],
  ])('refuse %s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
    expect([average.count, numbers(average.values()[0])]).toEqual([0, [1, 2]]);
  });
});
