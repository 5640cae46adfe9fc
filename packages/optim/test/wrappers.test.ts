import { grad, noGrad, scope, type Tensor } from '@fluxion/autograd';
import {
  Adam,
  type AnyOptimizer,
  adam,
  LBFGS,
  Lookahead,
  lookahead,
  SAM,
  SGD,
  StepLR,
  samValueAndGrad,
  sgd,
} from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from '../../autograd/test/support/helpers.js';
import { gradcheck } from '../../gradcheck/src/index.js';

const curvature = constant([1, 3, 0.2]);
const lossOf = (p: Tensor): Tensor => p.square().mul(curvature).sum().add(p.sin().sum()) as Tensor;

/** Clears, computes, differentiates. */
function closureFor(optimizer: { zeroGrad(): void }, p: Tensor): () => Tensor {
  return () => {
    optimizer.zeroGrad();
    const loss = lossOf(p);
    loss.backward();
    return loss;
  };
}

describe('Lookahead', () => {
  test('in place is the pure rule, within 1e-12', () => {
    const p = leaf([1, -2, 3]);
    const optimizer = new Lookahead(new Adam([p], { lr: 0.1 }), { k: 3, alpha: 0.4 });
    const rule = lookahead(adam({ lr: 0.1 }), { k: 3, alpha: 0.4 });
    let params = [p.detach().clone()];
    let state = rule.init(params);
    for (let t = 0; t < 10; t++) {
      const [g] = grad(([x]: readonly Tensor[]) => lossOf(x))(params);
      ({ params, state } = rule.update([g], state, params));
      optimizer.step(closureFor(optimizer, p));
      expectClose(numbers(p), numbers(params[0]));
    }
    expect(optimizer.stateDict().state[0].step).toBe(10);
    expectClose(optimizer.stateDict().state[0].slow as Float64Array, numbers(state.slots.slow[0]));
  });

  test('every k steps it goes back towards where it was', () => {
    const p = leaf([0]);
    const optimizer = new Lookahead(new SGD([p], { lr: 1 }), { k: 2, alpha: 0.5 });
    const seen = [1, 1, 1, 1].map(g => {
      p.grad = constant([-g]);
      optimizer.step();
      return p.item();
    });
    expect(seen).toEqual([1, 1, 2, 2]);
  });

  test('a parameter without a gradient rests, and does not count', () => {
    const [p, q] = [leaf([0]), leaf([0])];
    const optimizer = new Lookahead(new SGD([p, q], { lr: 1 }), { k: 2 });
    for (let t = 0; t < 3; t++) {
      p.grad = constant([-1]);
      q.grad = t === 1 ? null : constant([-1]);
      optimizer.step();
    }
    expect([p.item(), q.item()]).toEqual([2, 1]);
    expect([0, 1].map(i => optimizer.stateDict().state[i].step)).toEqual([3, 2]);
  });

  test('saved and loaded, it goes on bit for bit', () => {
    const [p, q] = [leaf([1, -2, 3]), leaf([0, 0, 0])];
    const make = (x: Tensor): Lookahead<Adam> => new Lookahead(new Adam([x], { lr: 0.1 }), { k: 3 });
    const first = make(p);
    for (let t = 0; t < 5; t++) first.step(closureFor(first, p));
    const second = make(q);
    noGrad(() => q.assign(p));
    second.loadStateDict(structuredClone(first.stateDict()));
    for (let t = 0; t < 5; t++) {
      first.step(closureFor(first, p));
      second.step(closureFor(second, q));
    }
    expect(numbers(q)).toEqual(numbers(p));
    expect(second.stateDict()).toEqual(first.stateDict());
  });

  test('schedules work on it, groups can be added, and slow weights outlive scopes', () => {
    const [p, q] = [leaf([1, -2, 3]), leaf([0, 0, 0])];
    const optimizer = new Lookahead(new SGD([p], { lr: 0.1 }), { k: 2 });
    const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
    optimizer.addParamGroup({ params: [q], lr: 0.2 });
    for (let t = 0; t < 4; t++) {
      scope(() => {
        optimizer.zeroGrad();
        lossOf(p).add(lossOf(q)).backward();
        optimizer.step();
      });
      scheduler.step();
    }
    expect(optimizer.base.groups.map(g => g.lr)).toEqual([0.1 / 16, 0.2 / 16]);
    expect(numbers(q)).not.toEqual([0, 0, 0]);
  });

  test('works over an optimizer that needs a closure', () => {
    const p = leaf([1, -2, 3]);
    const optimizer = new Lookahead(new LBFGS([p], { maxIter: 2 }), { k: 2, alpha: 0.5 });
    const before = lossOf(p).item();
    for (let t = 0; t < 6; t++) optimizer.step(closureFor(optimizer, p));
    expect(lossOf(p).item()).toBeLessThan(before - 1);
  });

  test('gradients flow through the pure rule, also to alpha', () => {
    const inputs = [constant([1, -2, 3]), constant(0.1), constant(0.4)] as const;
    const run = (start: Tensor, lr: Tensor, alpha: Tensor): Tensor => {
      const rule = lookahead(sgd({ lr, momentum: 0.5 }), { k: 2, alpha });
      let params = start;
      let state = rule.init(params);
      for (let t = 0; t < 5; t++) ({ params, state } = rule.update(grad(lossOf)(params), state, params));
      return params;
    };
    expect(gradcheck(run, inputs).ok).toBe(true);
  });

  const p = leaf([1, 2]);
  const base = new SGD([p]);
  test.each<[string, () => unknown, string, string]>([
    [
      'k of 0',
      () => new Lookahead(base, { k: 0 }),
      'ArgumentError',
      'lookahead: k is 0; expected a whole number from 1.',
    ],
    [
      'alpha above 1',
      () => lookahead(sgd(), { alpha: 2 }),
      'ArgumentError',
      'lookahead: alpha is 2; expected a number in [0, 1].',
    ],
    [
      'a state of another rule',
      () => lookahead(sgd()).update([p], sgd().init([p]), [p]),
      'ArgumentError',
      'lookahead(sgd): the state has no slots.slow. Give what init() or update() of this rule returned.',
    ],
    [
      'a state that does not fit',
      () =>
        new Lookahead(base).loadStateDict({
          base: base.stateDict(),
          state: { 0: { step: -1, slow: new Float64Array(3) } },
        }),
      'ShapeError',
      'Lookahead(SGD).loadStateDict: the state does not fit: the step of parameter 0 is -1, expected a whole number; slow of parameter 0 is missing or not of 2 elements.',
    ],
    [
      'no state',
      () => new Lookahead(base).loadStateDict({} as never),
      'ArgumentError',
      'Lookahead(SGD).loadStateDict: expected what stateDict() gives, { base, state }, got object.',
    ],
  ])('refuses %s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });
});

describe('SAM', () => {
  test.each([false, true])(
    'in place is the pure gradient with the rule, adaptive %s, within 1e-12',
    adaptive => {
      const p = leaf([1, -2, 3]);
      const optimizer = new SAM(new SGD([p], { lr: 0.05, momentum: 0.9 }), { rho: 0.2, adaptive });
      const rule = sgd({ lr: 0.05, momentum: 0.9 });
      const gradOf = samValueAndGrad(lossOf as (p: Tensor) => Tensor, { rho: 0.2, adaptive });
      let params = p.detach().clone() as Tensor;
      let state = rule.init(params);
      for (let t = 0; t < 5; t++) {
        const { value, grads } = gradOf(params);
        ({ params, state } = rule.update(grads, state, params));
        expect(optimizer.step(closureFor(optimizer, p)).item()).toBe(value.item());
        expectClose(numbers(p), numbers(params));
      }
    },
  );

  test('looks rho away along the gradient', () => {
    const p = leaf([3, 4]);
    const optimizer = new SAM(new SGD([p], { lr: 1 }), { rho: 0.5 });
    const seen: number[][] = [];
    optimizer.step(() => {
      seen.push(numbers(p));
      optimizer.zeroGrad();
      const loss = p.square().sum().mul(0.5) as Tensor;
      loss.backward();
      return loss;
    });
    expect(seen[0]).toEqual([3, 4]);
    expectClose(seen[1], [3.3, 4.4]);
    expectClose(numbers(p), [-0.3, -0.4]);
  });

  test('an error in the closure leaves everything as it was', () => {
    const p = leaf([1, -2, 3]);
    const base = new SGD([p], { lr: 0.05, momentum: 0.9 });
    const optimizer = new SAM(base);
    const run = closureFor(optimizer, p);
    let calls = 0;
    expect(() =>
      optimizer.step(() => {
        if (++calls === 2) throw new Error('out of data');
        return run();
      }),
    ).toThrow('out of data');
    expect(numbers(p)).toEqual([1, -2, 3]);
    expect(optimizer.stateDict()).toEqual(base.stateDict());
    expect(optimizer.stateDict().state).toEqual({});
  });

  test('gradients flow through both evaluations, also to rho', () => {
    const inputs = [constant([1, -2, 3]), constant(0.3)] as const;
    for (const adaptive of [false, true])
      expect(
        gradcheck(
          (p: Tensor, rho: Tensor) =>
            samValueAndGrad(lossOf as (p: Tensor) => Tensor, { rho, adaptive })(p).grads,
          inputs,
        ).ok,
      ).toBe(true);
    // Where the gradient is 0 there is no direction, and no NaN.
    const zero = leaf([0, 0, 0]);
    const flat = (p: Tensor): Tensor => p.square().sum() as Tensor;
    const [g] = grad(samValueAndGrad(flat)(zero).grads.sum(), [zero]);
    expect(numbers(g).every(Number.isFinite)).toBe(true);
  });

  test('saved and loaded, groups and refusals are those of the wrapped optimizer', () => {
    const [p, q] = [leaf([1, -2, 3]), leaf([1, -2, 3])];
    const first = new SAM(new Adam([p]));
    const second = new SAM(new Adam([q]));
    first.step(closureFor(first, p));
    second.loadStateDict(structuredClone(first.stateDict()));
    noGrad(() => q.assign(p));
    first.step(closureFor(first, p));
    second.step(closureFor(second, q));
    expect(numbers(q)).toEqual(numbers(p));
    expect(first.groups).toBe(first.base.groups);
    expect(errorOf(() => new SAM(new Adam([p]), { rho: -1 }))).toEqual({
      name: 'ArgumentError',
      message: 'SAM(Adam): rho is -1; expected a finite number from 0.',
    });
    expect(errorOf(() => first.step())).toEqual({
      name: 'ArgumentError',
      message:
        'SAM(Adam).step: expected a closure, a function that clears the gradients, computes the loss, calls backward and returns the loss; got undefined.',
    });
    first.rho = Number.NaN;
    expect(errorOf(() => first.step(closureFor(first, p))).message).toMatch(/rho is NaN/);
  });
});

describe('LBFGS', () => {
  const options = [
    { lineSearchFn: 'strongWolfe' as const, maxIter: 3, historySize: 2 },
    { lr: 0.3, maxIter: 3 },
  ];
  test.each(options)('saved and loaded, it goes on bit for bit: %j', own => {
    const [p, q] = [leaf([1, -2, 3]), leaf([0, 0, 0])];
    const first = new LBFGS([p], own);
    for (let t = 0; t < 2; t++) first.step(closureFor(first, p));
    const second = new LBFGS([q], own);
    noGrad(() => q.assign(p));
    const saved = structuredClone(first.stateDict());
    second.loadStateDict(saved);
    expect(second.stateDict()).toEqual(saved);
    for (let t = 0; t < 3; t++) {
      first.step(closureFor(first, p));
      second.step(closureFor(second, q));
    }
    expect(numbers(q)).toEqual(numbers(p));
    expect(second.stateDict()).toEqual(first.stateDict());
  });

  test.each(options)('an error in a late call of the closure leaves everything as it was: %j', own => {
    const p = leaf([1, -2, 3]);
    const optimizer = new LBFGS([p], own);
    const run = closureFor(optimizer, p);
    optimizer.step(run);
    const before = [numbers(p), optimizer.stateDict()];
    let calls = 0;
    expect(() =>
      optimizer.step(() => {
        if (++calls === 3) throw new Error('out of data');
        return run();
      }),
    ).toThrow('out of data');
    expect([numbers(p), optimizer.stateDict()]).toEqual(before);
  });

  test('does the same inside a scope, and ends in float32 at the same minimum, within 1e-3', () => {
    const [p, q, r] = [leaf([1, -2, 3]), leaf([1, -2, 3]), leaf([1, -2, 3], '', 'float32')];
    const make = (x: Tensor): LBFGS => new LBFGS([x], { ...options[0] });
    const [first, second, third] = [make(p), make(q), make(r)];
    const weights = curvature.to('float32');
    const single = (): Tensor => {
      third.zeroGrad();
      const loss = r.square().mul(weights).sum().add(r.sin().sum()) as Tensor;
      loss.backward();
      return loss;
    };
    for (let t = 0; t < 12; t++) {
      first.step(closureFor(first, p));
      scope(() => void second.step(closureFor(second, q)));
      third.step(single);
    }
    expect(numbers(q)).toEqual(numbers(p));
    expectClose(numbers(r), numbers(p), 1e-3);
  });

  test('several parameters are one vector, and one without a gradient stays', () => {
    const [a, b, c] = [leaf([1, -2]), leaf(3), leaf([[5]])];
    const optimizer = new LBFGS([a, b, c], { lineSearchFn: 'strongWolfe' });
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const value = a.square().sum().add(b.sub(1).square()).add(a.sum().mul(b)) as Tensor;
      value.backward();
      return value;
    });
    expect(loss.item()).toBe(5 + 4 - 3);
    // a = (-b/2, -b/2), and b = 2.
    expectClose([...numbers(a), b.item(), c.item()], [-1, -1, 2, 5], 1e-5);
  });

  test('stops calling where there is nothing to gain', () => {
    const p = leaf([0, 0]);
    const optimizer = new LBFGS([p]);
    let calls = 0;
    optimizer.step(() => {
      calls++;
      optimizer.zeroGrad();
      const loss = p.square().sum() as Tensor;
      loss.backward();
      return loss;
    });
    expect([calls, numbers(p)]).toEqual([1, [0, 0]]);
    expect(optimizer.stateDict().state[0].funcEvals).toBe(1);
  });

  const p = leaf([1, 2]);
  const one = (): LBFGS => new LBFGS([p]);
  test.each<[string, () => unknown, string, string]>([
    [
      'no closure',
      () => one().step(),
      'ArgumentError',
      'LBFGS.step: expected a closure, a function that clears the gradients, computes the loss, calls backward and returns the loss; got undefined.',
    ],
    [
      'two groups',
      () => new LBFGS([{ params: [p] }, { params: [leaf([1])] }]),
      'ArgumentError',
      'LBFGS: got a second group, and all parameters are one vector with one set of options. Put them into one group.',
    ],
    [
      'two dtypes',
      () => new LBFGS([p, leaf([1], '', 'float32')]),
      'DTypeError',
      'LBFGS: parameters are float64 and float32; expected one dtype, for they become one vector. Convert some with to().',
    ],
    [
      'a negative lr',
      () => new LBFGS([p], { lr: -1 }),
      'ArgumentError',
      'LBFGS: lr is -1; expected a finite number from 0.',
    ],
    [
      'no iterations',
      () => new LBFGS([p], { maxIter: 0 }),
      'ArgumentError',
      'LBFGS: maxIter is 0; expected a whole number from 1.',
    ],
    [
      'no evaluations',
      () => new LBFGS([p], { maxEval: 0 }),
      'ArgumentError',
      'LBFGS: maxEval is 0; expected a whole number from 1.',
    ],
    [
      'no history',
      () => new LBFGS([p], { historySize: 0 }),
      'ArgumentError',
      'LBFGS: historySize is 0; expected a whole number from 1.',
    ],
    [
      'a negative tolerance',
      () => new LBFGS([p], { toleranceGrad: -1 }),
      'ArgumentError',
      'LBFGS: toleranceGrad is -1; expected a finite number from 0.',
    ],
    [
      'an unknown line search',
      () => new LBFGS([p], { lineSearchFn: 'armijo' as never }),
      'ArgumentError',
      "LBFGS: lineSearchFn is 'armijo'; expected 'strongWolfe' or null.",
    ],
    [
      'a state that does not fit',
      () =>
        one().loadStateDict({
          state: { 0: { step: 1, oldDirs: [new Float64Array(3)], oldStps: [], ro: [] } },
          groups: [{ params: 1 }],
        }),
      'ShapeError',
      'LBFGS.loadStateDict: the state does not fit: oldDirs, oldStps and ro have 1, 0 and 0 entries; funcEvals is undefined, expected a number; t is undefined, expected a number; ' +
        'hDiag is undefined, expected a number; prevLoss is undefined, expected a number; oldDirs[0] is missing or not of 2 elements; oldStps[0] is missing or not of 2 elements; ' +
        'd is missing or not of 2 elements; prevFlatGrad is missing or not of 2 elements.',
    ],
  ])('refuses %s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });

  test('every optimizer is an AnyOptimizer', () => {
    const all: readonly AnyOptimizer[] = [one(), new SGD([p]), new SAM(new SGD([p])), new Lookahead(one())];
    expect(all.map(o => o.name)).toEqual(['LBFGS', 'SGD', 'SAM(SGD)', 'Lookahead(LBFGS)']);
  });
});
