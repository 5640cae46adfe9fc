import { type DType, grad, keep, noGrad, type Tensor, tensor } from '@fluxion/autograd';
import { adam, adamw, type Hyper, sgd, type UpdateRule } from '@fluxion/optim';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Row, table } from './table.js';

const gradients = (steps: number): fc.Arbitrary<number[][]> =>
  fc.array(
    fc.array(
      fc.oneof({ weight: 5, arbitrary: fc.double({ min: -2, max: 2, noNaN: true }) }, fc.constant(0)),
      { minLength: 6, maxLength: 6 },
    ),
    { minLength: steps, maxLength: steps },
  );

const start = (dtype: DType): Tensor =>
  tensor(
    [
      [0.5, -1.25, 2],
      [0, 3, -0.75],
    ],
    { dtype, requiresGrad: true },
  ) as Tensor;
const read = (t: Tensor): number[] => Array.from(t.toTypedArray());

/** Runs both ways from the same state at every step; gives the largest difference allowed by `bound`, in units of it. */
function worst(c: Row, dtype: DType, steps: readonly number[][], bound: (size: number) => number): number {
  const p = start(dtype);
  const optimizer = c.optimizer([p], c.options);
  const rule = c.rule(c.options);
  let state = rule.init([p.detach()]);
  let off = 0;
  const compare = (got: number, own: number, size: number): void => {
    off = Math.max(off, Object.is(got, own) ? 0 : Math.abs(got - own) / bound(size));
  };
  for (const g of steps) {
    const gradient = tensor(g, { dtype }).reshape([2, 3]) as Tensor;
    const before = read(p);
    const pure = noGrad(() => rule.update([gradient], state, [p.clone()]));
    p.grad = gradient;
    optimizer.step();
    const after = read(p);
    read(pure.params[0]).forEach((v, i) => {
      compare(v, after[i], Math.max(Math.abs(before[i]), Math.abs(after[i])));
    });
    // Slots and carried scalars agree too; the next step starts from the imperative ones.
    const saved = optimizer.stateDict().state[0];
    expect(saved.step).toBe(pure.state.step);
    const slots: Record<string, Tensor[]> = {};
    for (const [name, [slot]] of Object.entries(pure.state.slots)) {
      const own = Array.from(saved[name] as Float64Array);
      read(slot).forEach((v, i) => {
        compare(v, own[i], Math.max(1, Math.abs(own[i])));
      });
      slots[name] = [tensor(own, { dtype }).reshape([2, 3]) as Tensor];
    }
    expect(Object.keys(saved).length).toBe(
      1 + Object.keys(slots).length + Object.keys(pure.state.carried ?? {}).length,
    );
    for (const [name, value] of Object.entries(pure.state.carried ?? {})) expect(saved[name]).toBe(value);
    state = { ...pure.state, slots };
  }
  return off;
}

describe('the imperative step is the pure rule', () => {
  test.each(Object.entries(table))('%s: float64 within 1e-12 per step', (_, c) => {
    fc.assert(
      fc.property(gradients(8), steps => {
        expect(worst(c, 'float64', steps, size => 1e-12 * Math.max(1, size))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 15 },
    );
  });

  test.each(Object.entries(table))('%s: float32 within 2 ulp per step', (_, c) => {
    fc.assert(
      fc.property(gradients(8), steps => {
        const values = steps.map(g => g.map(Math.fround));
        // An ulp of a number x is at most 2**-23 |x|.
        expect(worst(c, 'float32', values, size => 2 * 2 ** -23 * size)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 15 },
    );
  });
});

describe('formulas of PyTorch, by hand', () => {
  const g = [0.5, -1, 0.25];

  /** Three steps of one number, with gradients 0.5, -1 and 0.25. */
  function run(rule: UpdateRule): number[] {
    let params = [tensor(1, { dtype: 'float64' }) as Tensor];
    let state = rule.init(params);
    return g.map(value => {
      ({ params, state } = rule.update([tensor(value, { dtype: 'float64' }) as Tensor], state, params));
      return params[0].item();
    });
  }

  function close(actual: readonly number[], expected: readonly number[]): void {
    actual.forEach((v, i) => {
      expect(Math.abs(v - expected[i])).toBeLessThan(1e-14);
    });
  }

  test('sgd', () => {
    close(run(sgd({ lr: 0.1 })), [0.95, 1.05, 1.025]);
  });

  test('sgd with momentum 0.9: the first buffer is the gradient', () => {
    // b: 0.5, -0.55, -0.245
    close(run(sgd({ lr: 0.1, momentum: 0.9 })), [0.95, 1.005, 1.0295]);
  });

  test('sgd with dampening 0.5: not in the first step', () => {
    // b: 0.5, 0.45 - 0.5 = -0.05, -0.045 + 0.125 = 0.08
    close(run(sgd({ lr: 0.1, momentum: 0.9, dampening: 0.5 })), [0.95, 0.955, 0.947]);
  });

  test('sgd, Nesterov: gradient plus momentum times buffer', () => {
    // b: 0.5, -0.55, -0.245; step: 0.95, -1.495, 0.0295
    close(run(sgd({ lr: 0.1, momentum: 0.9, nesterov: true })), [0.905, 1.0545, 1.05155]);
  });

  test('sgd with weight decay: added to the gradient', () => {
    const first = 1 - 0.1 * (0.5 + 0.2);
    const second = first - 0.1 * (-1 + 0.2 * first);
    close(run(sgd({ lr: 0.1, weightDecay: 0.2 })).slice(0, 2), [first, second]);
  });

  /** Adam as PyTorch's documentation writes it. */
  function adamByHand(o: {
    lr: number;
    b1: number;
    b2: number;
    eps: number;
    l2: number;
    decay: number;
    amsgrad: boolean;
  }): number[] {
    let [p, m, v, max] = [1, 0, 0, 0];
    return g.map((value, i) => {
      const t = i + 1;
      p -= o.lr * o.decay * p;
      const grad = value + o.l2 * p;
      m = o.b1 * m + (1 - o.b1) * grad;
      v = o.b2 * v + (1 - o.b2) * grad * grad;
      max = Math.max(max, v);
      const mHat = m / (1 - o.b1 ** t);
      const vHat = (o.amsgrad ? max : v) / (1 - o.b2 ** t);
      p -= (o.lr * mHat) / (Math.sqrt(vHat) + o.eps);
      return p;
    });
  }
  const base = { lr: 0.1, b1: 0.9, b2: 0.99, eps: 1e-3, l2: 0, decay: 0, amsgrad: false };
  const options = { lr: 0.1, betas: [0.9, 0.99] as const, eps: 1e-3 };

  test('adam', () => {
    close(run(adam(options)), adamByHand(base));
    // The first step is lr * sign(gradient), whatever its size, but for eps.
    expect(run(adam({ lr: 0.1 }))[0]).toBeCloseTo(0.9, 6);
  });

  test('adam with weight decay, and with amsgrad', () => {
    close(run(adam({ ...options, weightDecay: 0.3 })), adamByHand({ ...base, l2: 0.3 }));
    close(run(adam({ ...options, amsgrad: true })), adamByHand({ ...base, amsgrad: true }));
  });

  test('adamw: decay beside the moments, 0.01 by default', () => {
    close(run(adamw({ ...options, weightDecay: 0.3 })), adamByHand({ ...base, decay: 0.3 }));
    close(run(adamw(options)), adamByHand({ ...base, decay: 0.01 }));
  });

  test('the defaults are those of PyTorch', () => {
    close(run(adam()), adamByHand({ ...base, lr: 1e-3, b2: 0.999, eps: 1e-8 }));
    close(run(sgd()), [1 - 0.0005, 1 + 0.0005, 1 + 0.00025]);
  });
});

describe('pure rules', () => {
  test('work on trees and change nothing that they are given', () => {
    const params = { w: tensor([1, 2]) as Tensor, deep: [tensor(3) as Tensor] };
    const grads = { w: tensor([1, 1]) as Tensor, deep: [tensor(2) as Tensor] };
    const rule = sgd({ lr: 0.5, momentum: 0.9 });
    const state = rule.init(params);
    const after = rule.update(grads, state, params);
    expect(after.params.w.toArray()).toEqual([0.5, 1.5]);
    expect(after.params.deep[0].item()).toBe(2);
    expect(after.state.slots.momentumBuffer.w.toArray()).toEqual([1, 1]);
    expect([state.step, after.state.step]).toEqual([0, 1]);
    expect(params.w.toArray()).toEqual([1, 2]);
    expect(state.slots.momentumBuffer.w.toArray()).toEqual([0, 0]);
  });

  /** The loss sum(w**2 * data) after some steps, from a start and hyperparameters. */
  function lossAfter(make: () => UpdateRule, w: Tensor, data: readonly number[], steps = 4): Tensor {
    const rule = make();
    const weights = tensor(data as number[], { dtype: 'float64' });
    const loss = (p: readonly Tensor[]): Tensor => p[0].square().mul(weights).sum();
    let params: readonly Tensor[] = [w];
    let state = rule.init(params);
    for (let i = 0; i < steps; i++) ({ params, state } = rule.update(grad(loss)(params), state, params));
    return loss(params);
  }

  const hyper = (v: number): Tensor => tensor(v, { dtype: 'float64', requiresGrad: true });
  const w0 = (): Tensor => tensor([1, -2], { dtype: 'float64', requiresGrad: true }) as Tensor;

  const meta: [string, number, (h: Hyper) => UpdateRule][] = [
    ['lr of sgd', 0.1, lr => sgd({ lr })],
    ['momentum of sgd', 0.7, momentum => sgd({ lr: 0.1, momentum })],
    ['dampening of sgd', 0.3, dampening => sgd({ lr: 0.1, momentum: 0.9, dampening })],
    ['weight decay of sgd', 0.2, weightDecay => sgd({ lr: 0.1, weightDecay })],
    ['lr of adam', 0.1, lr => adam({ lr })],
    ['beta 1 of adam', 0.8, b => adam({ lr: 0.1, betas: [b, 0.99] })],
    ['beta 2 of adam', 0.9, b => adam({ lr: 0.1, betas: [0.9, b] })],
    ['eps of adam', 0.05, eps => adam({ lr: 0.1, eps })],
    ['weight decay of adam', 0.2, weightDecay => adam({ lr: 0.1, weightDecay })],
    ['weight decay of adamw', 0.2, weightDecay => adamw({ lr: 0.1, weightDecay })],
  ];
  test.each(meta)('gradients flow to %s', (_, at, make) => {
    const h = hyper(at);
    const [g] = grad(
      lossAfter(() => make(h), w0(), [1, 0.3]),
      [h],
    );
    const step = 1e-5;
    const value = (v: number): number => lossAfter(() => make(v), w0(), [1, 0.3]).item();
    const numeric = (value(at + step) - value(at - step)) / (2 * step);
    expect(Math.abs(g.item() - numeric)).toBeLessThan(1e-6 * Math.max(1, Math.abs(numeric)));
  });

  test('gradients flow to the start', () => {
    const w = w0();
    const [g] = grad(
      lossAfter(() => adam({ lr: 0.1 }), w, [1, 0.3]),
      [w],
    );
    const step = 1e-5;
    const value = (by: number): number =>
      lossAfter(
        () => adam({ lr: 0.1 }),
        tensor([1 + by, -2], { dtype: 'float64', requiresGrad: true }),
        [1, 0.3],
      ).item();
    expect(Math.abs(g.toTypedArray()[0] - (value(step) - value(-step)) / (2 * step))).toBeLessThan(1e-6);
  });

  test.each<[string, (h: Tensor) => UpdateRule]>([
    ['adam', lr => adam({ lr })],
    ['adam with amsgrad', lr => adam({ lr, amsgrad: true })],
    ['adamw', lr => adamw({ lr })],
    ['sgd', lr => sgd({ lr, momentum: 0.9 })],
  ])('the meta-gradient of %s is finite where gradients are zero', (_, make) => {
    const lr = hyper(0.1);
    const w = w0();
    // The second weight has no influence, so its gradient is exactly 0 in every step.
    const loss = lossAfter(() => make(lr), w, [1, 0]);
    const found = grad(loss, [lr, w]);
    for (const g of found) for (const v of g.toTypedArray()) expect(Number.isFinite(v)).toBe(true);
    expect(found[0].item()).not.toBe(0);
    // At a start of zero all gradients vanish.
    const zero = tensor([0, 0], { dtype: 'float64', requiresGrad: true }) as Tensor;
    const all = grad(
      lossAfter(() => make(lr), zero, [1, 1]),
      [lr, zero],
    );
    for (const g of all) for (const v of g.toTypedArray()) expect(Number.isFinite(v)).toBe(true);
  });

  test('survive a scope when kept', () => {
    const p = keep(tensor([1, 2]));
    expect(sgd({ lr: 1 }).update([p], { step: 0, slots: {} }, [p]).params[0].toArray()).toEqual([0, 0]);
  });
});
