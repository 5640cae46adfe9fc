import { grad, mapTree, type Tensor, tensor } from '@fluxion/autograd';
import {
  adam,
  asgd,
  detached,
  nadam,
  rmsprop,
  sgd,
  type Unrolled,
  type UnrollOptions,
  type UpdateRule,
  unroll,
} from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from '../../autograd/test/support/helpers.js';
import { metered } from '../../autograd/test/support/meter.js';

interface Params {
  readonly [name: string]: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
}

interface Setting {
  readonly params: Params;
  readonly scale: Tensor;
  readonly lr: Tensor;
}

const x = constant([
  [0.5, -1, 2],
  [1, 0.25, -0.5],
  [-1.5, 1, 0.75],
  [0.2, 0.4, -2],
]);
const target = constant([0.5, -1, 0.25, 2]);

function setting(): Setting {
  return {
    params: { w: leaf([0.3, -0.2, 0.5]), b: leaf(0.1) },
    scale: leaf([1, 2, 0.5, 1.5]),
    lr: leaf(0.05),
  };
}

const lossFn =
  (scale: Tensor) =>
  ({ w, b }: Params, step: number): Tensor =>
    x
      .matmul(w)
      .add(b)
      .tanh()
      .sub(target)
      .square()
      .mul(scale)
      .mean()
      .mul(1 + 0.1 * step) as Tensor;

/** The loss after the steps, and its gradients by the start, the rate and the scale. */
function outcome(
  makeRule: (lr: Tensor) => UpdateRule,
  steps: number,
  options: UnrollOptions<Params> = {},
): number[] {
  const { params, scale, lr } = setting();
  const { params: after } = unroll(makeRule(lr), lossFn(scale), params, steps, options);
  const outer = lossFn(scale)(after, 0);
  const found = grad(outer, [params.w, params.b, lr, scale], { allowUnused: true });
  return [outer.item(), ...found.flatMap(numbers)];
}

const rules: Record<string, (lr: Tensor) => UpdateRule> = {
  sgd: lr => sgd({ lr, momentum: 0.9 }),
  adam: lr => adam({ lr }),
  rmsprop: lr => rmsprop({ lr, centered: true }),
  nadam: lr => nadam({ lr, momentumDecay: lr }),
  asgd: lr => asgd({ lr, lambd: 0.01 }),
};

describe.each(Object.entries(rules))('unroll of %s', (_, make) => {
  test('is the loop written out', () => {
    const { params: start, scale, lr } = setting();
    const rule = make(lr);
    let params = start;
    let state = rule.init(params);
    for (let t = 0; t < 5; t++) {
      const grads = grad((p: Params) => lossFn(scale)(p, t))(params);
      ({ params, state } = rule.update(grads, state, params));
    }
    const outer = lossFn(scale)(params, 0);
    const found = grad(outer, [start.w, start.b, lr, scale]);
    expect(outcome(make, 5)).toEqual([outer.item(), ...found.flatMap(numbers)]);
  });

  test.each([1, 2, 3, 7, 20])('with checkpoint: %i it has the same gradients, within 1e-12', checkpoint => {
    expectClose(outcome(make, 7, { checkpoint }), outcome(make, 7), 1e-12);
  });

  test('truncated it goes on from constants', () => {
    const { params, scale, lr } = setting();
    const first = unroll(
      make(lr.detach()),
      lossFn(scale.detach()),
      mapTree(p => p.detach(), params),
      3,
    );
    const last = unroll(make(lr), lossFn(scale), first.params, 2, { state: first.state });
    const outer = lossFn(scale)(last.params, 0);
    const got = outcome(make, 5, { truncate: 2 });
    expect(got).toEqual([
      outer.item(),
      ...grad(outer, [params.w, params.b, lr, scale], { allowUnused: true }).flatMap(numbers),
    ]);
    // The start has no influence any more.
    expect(got.slice(1, 5)).toEqual([0, 0, 0, 0]);
    expect(got[5]).not.toBe(0);
    expectClose(outcome(make, 5, { truncate: 2, checkpoint: 1 }), got, 1e-12);
    expect(outcome(make, 5, { truncate: 9 })).toEqual(outcome(make, 5));
  });

  test('to first order it takes gradients for constants', () => {
    const { params: start, scale, lr } = setting();
    const rule = make(lr);
    let params = start;
    let state = rule.init(params);
    for (let t = 0; t < 4; t++) {
      const { w, b } = grad((p: Params) => lossFn(scale)(p, t))(params);
      ({ params, state } = rule.update({ w: w.detach(), b: b.detach() }, state, params));
    }
    const outer = lossFn(scale)(params, 0);
    const found = grad(outer, [start.w, start.b, lr, scale]);
    const got = outcome(make, 4, { firstOrder: true });
    expect(got).toEqual([outer.item(), ...found.flatMap(numbers)]);
    expect(got).not.toEqual(outcome(make, 4));
    expectClose(outcome(make, 4, { firstOrder: true, checkpoint: 2 }), got, 1e-12);
  });

  test('in windows it goes the same way, each window differentiable through its own steps alone', () => {
    const { params: start, scale, lr } = setting();
    let at: Unrolled<Params> = { params: start, state: make(lr).init(start) };
    const numbersSeen: number[] = [];
    const counting = (p: Params, step: number): Tensor => {
      numbersSeen.push(step);
      return lossFn(scale)(p, step);
    };
    for (let window = 0; window < 3; window++) {
      const next = unroll(make(lr), counting, at.params, 2, { state: at.state });
      const outer = lossFn(scale)(next.params, 0);
      const found = grad(outer, [lr, scale]).flatMap(numbers);
      const [loss, , , , , ...slopes] = outcome(make, 2 * (window + 1), { truncate: 2 });
      expect([outer.item(), ...found]).toEqual([loss, ...slopes]);
      at = detached(next);
      for (const { requiresGrad } of [
        ...Object.values(at.params),
        ...Object.values(at.state.slots).flatMap(Object.values),
      ])
        expect(requiresGrad).toBe(false);
    }
    expect(numbersSeen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('checkpointed it can be differentiated twice, within 1e-10', () => {
    const second = (checkpoint?: number): number[] => {
      const { params, scale, lr } = setting();
      const { params: after } = unroll(make(lr), lossFn(scale), params, 4, { checkpoint });
      const [by] = grad(lossFn(scale)(after, 0), [lr], { createGraph: true });
      return grad(by, [params.w, lr, scale]).flatMap(numbers);
    };
    expectClose(second(2), second(), 1e-10);
  });
});

describe('memory of unroll', () => {
  /** The most bytes that the graph holds at a time, in vectors of the size of the parameters. */
  function peak(steps: number, options: UnrollOptions<Params>): number {
    const size = 200;
    return metered(meter => {
      const { lr } = setting();
      const data = tensor(
        Array.from({ length: size }, (_, i) => Math.sin(i)),
        { dtype: 'float64' },
      );
      let most = 0;
      const look = (): void => {
        let held = 0;
        for (const storage of meter.live) if (storage.holds > 0) held += storage.length;
        most = Math.max(most, held / size);
      };
      const loss = ({ w, b }: Params): Tensor => {
        look();
        return w.sub(data).square().mul(data).tanh().sum().add(b) as Tensor;
      };
      const params = {
        w: tensor(new Float64Array(size).fill(0.5), { requiresGrad: true }) as Tensor,
        b: leaf(0),
      };
      const { params: after } = unroll(adam({ lr }), loss, params, steps, options);
      look();
      grad(after.w.sum(), [params.w, lr], { allowUnused: true });
      look();
      return most;
    });
  }

  test('grows with every step of a plain unroll, with checkpoint by one state for each segment', () => {
    const plain = [16, 32, 64].map(steps => peak(steps, {}));
    const some = [16, 32, 64].map(steps => peak(steps, { checkpoint: 8 }));
    const perStep = (plain[2] - plain[1]) / 32;
    const perStepTidy = (some[2] - some[1]) / 32;
    expect(perStep).toBeGreaterThan(8);
    expect(perStepTidy).toBeLessThan(0.5);
    expect(some[2]).toBeLessThan(plain[2] / 4);
  });

  test('does not grow with steps that are truncated', () => {
    const [few, many] = [16, 64].map(steps => peak(steps, { checkpoint: 4, truncate: 8 }));
    expect(many).toBe(few);
    expect(many).toBeLessThan(peak(16, { checkpoint: 4 }) * 1.05);
  });
});

describe('unroll refuses', () => {
  const p = { w: leaf([1]), b: leaf(0) };
  const loss = ({ w, b }: Params): Tensor => w.sum().add(b) as Tensor;
  test.each<[string, () => unknown, string, string]>([
    [
      'what is no function',
      () => unroll(sgd(), 3 as never, p, 1),
      'ArgumentError',
      'unroll: expected a function of the parameters, got 3.',
    ],
    [
      'half a step',
      () => unroll(sgd(), loss, p, 0.5),
      'ArgumentError',
      'unroll: steps is 0.5; expected a whole number from 0.',
    ],
    [
      'a checkpoint of 0 steps',
      () => unroll(sgd(), loss, p, 1, { checkpoint: 0 }),
      'ArgumentError',
      'unroll: checkpoint is 0; expected a whole number from 1.',
    ],
    [
      'a negative truncation',
      () => unroll(sgd(), loss, p, 1, { truncate: -1 }),
      'ArgumentError',
      'unroll: truncate is -1; expected a whole number from 0.',
    ],
    [
      'two dtypes under checkpoint',
      () => unroll(sgd(), loss, { w: p.w, b: leaf(1, '', 'float32') }, 1, { checkpoint: 1 }),
      'DTypeError',
      'unroll: parameters and state are float64 and float32; with checkpoint they must be of one dtype. Convert some with to().',
    ],
  ])('%s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });
});
