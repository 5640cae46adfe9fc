import { noGrad, scope, type Tensor, tensor } from '@fluxion/autograd';
import { Adam, AdamW, adam, type OptimizerState, SGD, sgd } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { errorOf, numbers } from '../../autograd/test/support/helpers.js';
import { metered } from '../../autograd/test/support/meter.js';

function parameter(data: number | number[] | number[][], name = ''): Tensor {
  const p = tensor(data as number[], { requiresGrad: true }) as Tensor;
  p.name = name;
  return p;
}

/** One step of a small regression. */
function train(optimizer: { zeroGrad(): void; step(): void }, params: readonly Tensor[], i: number): void {
  optimizer.zeroGrad();
  const target = Math.sin(i);
  params
    .map(p => p.sub(target).square().sum() as Tensor)
    .reduce((a, b) => a.add(b) as Tensor)
    .backward();
  optimizer.step();
}

describe('optimizers', () => {
  test('descend', () => {
    for (const make of [
      (p: Tensor[]) => new SGD(p, { lr: 0.1, momentum: 0.5 }),
      (p: Tensor[]) => new Adam(p, { lr: 0.1 }),
      (p: Tensor[]) => new AdamW(p, { lr: 0.1, weightDecay: 0 }),
    ]) {
      const p = parameter([3, -4]);
      const optimizer = make([p]);
      for (let i = 0; i < 200; i++) {
        optimizer.zeroGrad();
        p.sub(tensor([1, 2]))
          .square()
          .sum()
          .backward();
        optimizer.step();
      }
      numbers(p).forEach((v, i) => {
        expect(v).toBeCloseTo(i + 1, 1);
      });
      expect(p.isLeaf).toBe(true);
    }
  });

  test('make one fused kernel call for each parameter, and allocate nothing, once they are under way', () => {
    metered(meter => {
      const params = [
        parameter([1, 2]),
        parameter([
          [3, 4],
          [5, 6],
        ]),
        parameter(7),
      ];
      for (const optimizer of [
        new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
        new Adam(params, { amsgrad: true, weightDecay: 0.1 }),
        new AdamW(params),
      ]) {
        train(optimizer, params, 0);
        train(optimizer, params, 1);
        meter.calls.clear();
        optimizer.step();
        expect(Object.fromEntries(meter.calls)).toEqual({ run: 3 });
      }
    });
  });

  test('skip parameters without a gradient, and their state', () => {
    const [a, b] = [parameter([1]), parameter([1])];
    const optimizer = new Adam([a, b], { lr: 0.5, weightDecay: 0.1 });
    a.sum().backward();
    optimizer.step();
    expect(a.item()).not.toBe(1);
    expect(b.item()).toBe(1);
    expect(Object.keys(optimizer.stateDict().state)).toEqual(['0']);
  });

  test('zeroGrad forgets gradients; those that were read stay valid', () => {
    const p = parameter([1, 2]);
    const optimizer = new SGD([p]);
    p.square().sum().backward();
    const kept = p.grad;
    optimizer.zeroGrad();
    expect(p.grad).toBeNull();
    expect(numbers(kept)).toEqual([2, 4]);
  });

  test('groups have options of their own, and take the rest from the optimizer', () => {
    const [a, b] = [parameter([0]), parameter([0])];
    const optimizer = new SGD([{ params: [a], lr: 1 }, { params: [b] }], { lr: 0.25 });
    a.add(b).sum().backward();
    optimizer.step();
    expect([a.item(), b.item()]).toEqual([-1, -0.25]);
    const c = parameter([0]);
    optimizer.addParamGroup({ params: [c], lr: 2 });
    c.sum().backward();
    optimizer.step();
    expect(c.item()).toBe(-2);
  });

  test('options may change between steps', () => {
    const p = parameter([0]);
    const optimizer = new SGD([p], { lr: 1 });
    p.sum().backward();
    optimizer.step();
    optimizer.groups[0].lr = 0.5;
    optimizer.step();
    expect(p.item()).toBe(-1.5);
  });

  test('an option changed to nonsense is refused before any parameter moves', () => {
    const [a, b] = [parameter([0]), parameter([0])];
    const optimizer = new SGD([{ params: [a] }, { params: [b] }], { lr: 1 });
    a.add(b).sum().backward();
    optimizer.groups[1].lr = -1;
    expect(errorOf(() => optimizer.step()).message).toBe('sgd: lr is -1; expected a finite number from 0.');
    expect([a.item(), b.item()]).toEqual([0, 0]);
  });

  test('a step makes a graph of before stale instead of wrong', () => {
    const p = parameter([1, 2]);
    const loss = p.square().sum();
    const optimizer = new SGD([p], { lr: 0.1 });
    p.sum().backward();
    optimizer.step();
    expect(errorOf(() => loss.backward()).message).toMatch(/has since been changed in place by fuse/);
  });

  test('state and parameters survive scopes', () => {
    const p = parameter([1, 2]);
    const q = parameter([1, 2]);
    const [inside, outside] = [new Adam([p], { lr: 0.1 }), new Adam([q], { lr: 0.1 })];
    for (let i = 0; i < 5; i++) {
      scope(() => train(inside, [p], i));
      train(outside, [q], i);
    }
    expect(numbers(p)).toEqual(numbers(q));
  });

  test('a training step leaves behind only what the user made', () => {
    metered(meter => {
      const p = parameter([1, 2]);
      const optimizer = new Adam([p]);
      const grown = Array.from({ length: 8 }, (_, i) => {
        const before = meter.live.size;
        train(optimizer, [p], i);
        return meter.live.size - before;
      });
      // sub, square and sum.
      expect(grown.slice(2)).toEqual([3, 3, 3, 3, 3, 3]);
    });
  });
});

describe('state dicts', () => {
  test.each<[string, (p: Tensor[]) => SGD | Adam]>([
    ['SGD with momentum', p => new SGD(p, { lr: 0.05, momentum: 0.9 })],
    ['Adam with amsgrad', p => new Adam(p, { lr: 0.05, amsgrad: true })],
    ['AdamW', p => new AdamW(p, { lr: 0.05 })],
  ])('%s: saved and loaded, it goes on bit for bit', (_, make) => {
    const a = [parameter([1, 2, 3]), parameter([[0.5], [-0.5]])];
    const first = make(a);
    for (let i = 0; i < 5; i++) train(first, a, i);
    const saved = structuredClone(first.stateDict());
    const b = a.map(p => tensor(p, { requiresGrad: true }) as Tensor);
    const second = make(b);
    second.groups[0].lr = 1;
    second.loadStateDict(saved);
    expect(second.groups[0].lr).toBe(0.05);
    for (let i = 5; i < 10; i++) {
      train(first, a, i);
      train(second, b, i);
    }
    expect(b.map(numbers)).toEqual(a.map(numbers));
    expect(second.stateDict()).toEqual(first.stateDict());
  });

  test('are copies', () => {
    const p = parameter([1, 2]);
    const optimizer = new SGD([p], { momentum: 0.9 });
    train(optimizer, [p], 0);
    const saved = optimizer.stateDict();
    const buffer = saved.state[0].momentumBuffer as Float32Array;
    const before = Array.from(buffer);
    train(optimizer, [p], 1);
    expect(Array.from(buffer)).toEqual(before);
    buffer.fill(99);
    expect(Array.from(optimizer.stateDict().state[0].momentumBuffer as Float32Array)).not.toContain(99);
  });

  test('a mismatch lists every problem and changes nothing', () => {
    const params = [parameter([1, 2]), parameter([3])];
    const optimizer = new Adam(params, { lr: 0.5 });
    train(optimizer, params, 0);
    const before = structuredClone(optimizer.stateDict());
    const wrong: OptimizerState = {
      state: {
        0: { step: 0.5, expAvg: new Float32Array(3), expAvgSq: new Float32Array(2) },
        1: { step: 1, expAvg: new Float32Array(1), momentumBuffer: new Float32Array(1) },
      },
      groups: [{ params: 3, lr: 7 }],
    };
    expect(errorOf(() => optimizer.loadStateDict(wrong))).toEqual({
      name: 'ShapeError',
      message:
        'Adam.loadStateDict: the state does not fit: group 0 has 3 parameters, expected 2; the step of parameter 0 is 0.5, expected a whole ' +
        'number; slot expAvg of parameter 0 is missing or not of 2 elements; slot momentumBuffer of parameter 1 is unknown; slot expAvgSq of ' +
        'parameter 1 is missing or not of 1 elements.',
    });
    expect(optimizer.stateDict()).toEqual(before);
    expect(errorOf(() => optimizer.loadStateDict({ state: {}, groups: [] })).message).toBe(
      'Adam.loadStateDict: the state does not fit: 0 groups, expected 1.',
    );
    expect(errorOf(() => optimizer.loadStateDict(undefined as never)).message).toBe(
      'Adam.loadStateDict: expected what stateDict() gives, { state, groups }, got undefined.',
    );
  });
});

describe('optimizers refuse', () => {
  const p = parameter([1, 2], 'fc.weight');
  test.each<[string, () => unknown, string, string]>([
    [
      'a negative lr',
      () => new SGD([p], { lr: -0.1 }),
      'ArgumentError',
      'sgd: lr is -0.1; expected a finite number from 0.',
    ],
    [
      'a NaN lr',
      () => new Adam([p], { lr: Number.NaN }),
      'ArgumentError',
      'adam: lr is NaN; expected a finite number from 0.',
    ],
    [
      'an infinite lr',
      () => sgd({ lr: Number.POSITIVE_INFINITY }),
      'ArgumentError',
      'sgd: lr is Infinity; expected a finite number from 0.',
    ],
    [
      'a beta of 1',
      () => new Adam([p], { betas: [1, 0.9] }),
      'ArgumentError',
      'adam: betas[0] is 1; expected a number in [0, 1).',
    ],
    [
      'a negative beta',
      () => new AdamW([p], { betas: [0.9, -0.1] }),
      'ArgumentError',
      'adamw: betas[1] is -0.1; expected a number in [0, 1).',
    ],
    [
      'a negative eps',
      () => adam({ eps: -1e-8 }),
      'ArgumentError',
      'adam: eps is -1e-8; expected a finite number from 0.',
    ],
    [
      'negative decay',
      () => new AdamW([p], { weightDecay: -1 }),
      'ArgumentError',
      'adamw: weightDecay is -1; expected a finite number from 0.',
    ],
    [
      'negative momentum',
      () => sgd({ momentum: -1 }),
      'ArgumentError',
      'sgd: momentum is -1; expected a finite number from 0.',
    ],
    [
      'Nesterov without momentum',
      () => sgd({ nesterov: true }),
      'ArgumentError',
      'sgd: nesterov needs a momentum above 0 and no dampening.',
    ],
    [
      'Nesterov with dampening',
      () => new SGD([p], { nesterov: true, momentum: 0.9, dampening: 0.1 }),
      'ArgumentError',
      'sgd: nesterov needs a momentum above 0 and no dampening.',
    ],
    [
      'an lr of several elements',
      () => sgd({ lr: tensor([1, 2]) }),
      'ShapeError',
      'sgd: lr has shape [2]; a hyperparameter is a number or a scalar tensor.',
    ],
    [
      'an empty list',
      () => new SGD([]),
      'ArgumentError',
      'SGD: got an empty list of parameters. Give net.parameters(), or a list of groups { params, lr }.',
    ],
    ['an empty group', () => new SGD([{ params: [] }]), 'ArgumentError', 'SGD: group 0 has no parameters.'],
    [
      'a parameter twice',
      () => new SGD([p, p]),
      'ArgumentError',
      'SGD: fc.weight of shape [2] is in group 0 and in group 0. A parameter belongs to one group, once.',
    ],
    [
      'a parameter in two groups',
      () => new SGD([{ params: [p] }, { params: [p] }]),
      'ArgumentError',
      'SGD: fc.weight of shape [2] is in group 0 and in group 1. A parameter belongs to one group, once.',
    ],
    [
      'what is no leaf',
      () => new SGD([p.mul(2)]),
      'GraphError',
      'SGD: parameter 0 of shape [2] is the output of mul; only leaves that require a gradient can be optimized. Create it with { requiresGrad: true }.',
    ],
    [
      'a leaf without gradient',
      () => new SGD([tensor([1])]),
      'GraphError',
      'SGD: parameter 0 of shape [1] is a leaf that requires no gradient; only leaves that require a gradient can be optimized. Create it with { requiresGrad: true }.',
    ],
    [
      'what is no tensor',
      () => new SGD([{ params: [3 as never] }]),
      'ArgumentError',
      'SGD: parameter 0 of group 0 is no tensor.',
    ],
    [
      'tensors and groups mixed',
      () => new SGD([p, { params: [p] }] as never),
      'ArgumentError',
      'SGD: got tensors and groups mixed. Put every tensor into a group: { params: [w] }.',
    ],
    [
      'gradients for other parameters',
      () => sgd().update([p], { step: 0, slots: {} }, [p, p]),
      'ArgumentError',
      'sgd: got 1 gradients for 2 parameters; both trees must have the same form.',
    ],
    [
      'a gradient of another shape',
      () => sgd().update({ w: tensor([1]) as Tensor }, { step: 0, slots: {} }, { w: p }),
      'ShapeError',
      'sgd: parameter w has shape [2], its gradient [1]. They must be the same.',
    ],
    [
      'a gradient of another dtype',
      () => sgd().update([tensor([1, 2], { dtype: 'float64' }) as Tensor], { step: 0, slots: {} }, [p]),
      'DTypeError',
      'sgd: parameter 0 is float32, its gradient float64. Convert it with to().',
    ],
  ])('%s', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });

  test('a group with a bad parameter adds nothing', () => {
    const q = parameter([1]);
    const optimizer = new SGD([p]);
    errorOf(() => optimizer.addParamGroup({ params: [q, p] }));
    errorOf(() => optimizer.addParamGroup({ params: [q], lr: -1 }));
    expect(optimizer.groups).toHaveLength(1);
    optimizer.addParamGroup({ params: [q] });
    expect(optimizer.groups).toHaveLength(2);
    noGrad(() => q.add_(1));
  });
});
