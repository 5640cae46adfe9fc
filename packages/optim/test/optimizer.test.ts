import { noGrad, scope, type Tensor, tensor } from '@fluxion/autograd';
import { Adam, AdamW, adam, Muon, nadam, type OptimizerState, Rprop, SGD, sgd } from '@fluxion/optim';
import { describe, expect, test } from 'vitest';
import { errorOf, expectClose, numbers } from '../../autograd/test/support/helpers.js';
import { metered } from '../../autograd/test/support/meter.js';
import { table } from './table.js';

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

  test('a switch that is turned between steps changes the rule; slots that it shares stay', () => {
    const [p, q] = [parameter([1, 2]), parameter([1, 2])];
    const late = new SGD([p], { lr: 0.1 });
    const plain = new SGD([q], { lr: 0.1, momentum: 0.5 });
    for (const [x, optimizer] of [
      [p, late],
      [q, plain],
    ] as const) {
      x.grad = tensor([1, -1]);
      optimizer.step();
    }
    expect(Object.keys(late.stateDict().state[0])).toEqual(['step']);
    late.groups[0].momentum = 0.5;
    p.grad = tensor([1, 1]);
    late.step();
    // The buffer begins at 0.
    expectClose(numbers(p), [1 - 0.2, 2], 1e-6);
    expect(Array.from(late.stateDict().state[0].momentumBuffer as Float32Array)).toEqual([1, 1]);
    plain.groups[0].nesterov = true;
    plain.groups[0].weightDecay = 0.5;
    q.grad = tensor([0, 0]);
    const before = numbers(q);
    plain.step();
    const decayed = before.map(v => 0.5 * v);
    const buffer = decayed.map((g, i) => 0.5 * [1, -1][i] + g);
    expectClose(
      numbers(q),
      before.map((v, i) => v - 0.1 * (decayed[i] + 0.5 * buffer[i])),
      1e-6,
    );
  });

  test('a step with a closure begins with it, also inside noGrad, and returns its loss', () => {
    const p = parameter([3]);
    const optimizer = new SGD([p], { lr: 0.5 });
    const closure = (): Tensor => {
      optimizer.zeroGrad();
      const loss = p.square().sum() as Tensor;
      loss.backward();
      return loss;
    };
    expect(optimizer.step(closure).item()).toBe(9);
    expect(p.item()).toBe(0);
    expect(noGrad(() => optimizer.step(closure)).item()).toBe(0);
    expect(optimizer.step(() => 4)).toBe(4);
    expect(errorOf(() => optimizer.step(3 as never))).toEqual({
      name: 'ArgumentError',
      message:
        'SGD.step: expected a closure, a function that clears the gradients, computes the loss, calls backward and returns the loss; got 3.',
    });
    expect(errorOf(() => optimizer.step((() => p.mul(tensor([1, 2]))) as never)).message).toBe(
      'SGD.step: the closure must return the loss, a single number; it returned shape [2].',
    );
    expect(errorOf(() => optimizer.step((async () => 3) as never)).message).toMatch(/async function/);
    expect(p.item()).toBe(0);
  });

  test('zeroGrad(false) fills gradients with zeros, and steps go on', () => {
    const p = parameter([1, 2]);
    const q = parameter([1]);
    const optimizer = new SGD([p, q], { lr: 0.1, momentum: 0.5 });
    p.sum().backward();
    optimizer.step();
    const seen = p.grad;
    optimizer.zeroGrad(false);
    expect(p.grad).toBe(seen);
    expect([numbers(p.grad), q.grad]).toEqual([[0, 0], null]);
    optimizer.step();
    expectClose(numbers(p), [0.85, 1.85], 1e-6);
    // A gradient that is no tensor of its own is replaced.
    const wide = tensor(1).expand([2]) as Tensor;
    p.grad = wide;
    optimizer.zeroGrad(false);
    expect([numbers(p.grad), numbers(wide)]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test('hyperparameters may be tensors; the step is not recorded, and they are saved as numbers', () => {
    const p = parameter([1, 2]);
    const lr = tensor(0.5, { requiresGrad: true });
    const optimizer = new Adam([p], { lr, betas: [tensor(0.5), 0.9] });
    const numeric = new Adam([parameter([1, 2])], { lr: 0.5, betas: [0.5, 0.9] });
    for (const o of [optimizer, numeric]) {
      o.groups[0].params[0].grad = tensor([1, -3]);
      o.step();
      o.step();
    }
    expectClose(numbers(p), numbers(numeric.groups[0].params[0]), 1e-6);
    expect(p.isLeaf).toBe(true);
    expect(optimizer.stateDict().groups[0]).toMatchObject({ lr: 0.5, betas: [0.5, 0.9] });
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
  /** One step with gradients that depend on the step; every fourth time the second parameter has none. */
  function drive(optimizer: { zeroGrad(): void; step(): void }, params: readonly Tensor[], t: number): void {
    optimizer.zeroGrad();
    params.forEach((p, i) => {
      const grad = noGrad(() => p.mul(0.3 + 0.1 * i).add(Math.sin(t + i)));
      p.grad = i === 1 && t % 4 === 2 ? null : (grad as Tensor);
    });
    optimizer.step();
  }

  const cases = Object.entries(table).flatMap(([label, row]) =>
    (['float32', 'float64'] as const).map(dtype => [label, dtype, row] as const),
  );
  test.each(cases)('%s, %s: saved and loaded, it goes on bit for bit', (_, dtype, row) => {
    const make = (): Tensor[] =>
      [
        [
          [1, 2, 3],
          [-1, 0.5, 0],
        ],
        [[0.5], [-0.5]],
      ].map(data => tensor(data, { dtype, requiresGrad: true }) as Tensor);
    const a = make();
    const first = row.optimizer(a, row.options);
    for (let t = 0; t < 7; t++) drive(first, a, t);
    const saved = structuredClone(first.stateDict());
    const b = a.map(p => tensor(p, { requiresGrad: true }) as Tensor);
    const second = row.optimizer(b, { ...row.options, lr: 1 });
    second.loadStateDict(saved);
    expect(second.stateDict()).toEqual(saved);
    for (let t = 7; t < 15; t++) {
      drive(first, a, t);
      drive(second, b, t);
    }
    expect(b.map(numbers)).toEqual(a.map(numbers));
    expect(second.stateDict()).toEqual(first.stateDict());
    // The second parameter rested twice before and twice after.
    expect([0, 1].map(i => first.stateDict().state[i].step)).toEqual([15, 11]);
  });

  test.each(Object.entries(table))(
    '%s: a state that lacks what it needs, or has more, is refused',
    (_, row) => {
      const p = tensor([[1, 2, 3]], { dtype: 'float64', requiresGrad: true }) as Tensor;
      const optimizer = row.optimizer([p], row.options);
      drive(optimizer, [p], 0);
      const saved = structuredClone(optimizer.stateDict());
      const names = Object.keys(saved.state[0]).filter(name => name !== 'step');
      const wrong = { groups: saved.groups, state: { 0: { step: 1, other: 3 }, 5: { step: 1 } } };
      const { name, message } = errorOf(() => optimizer.loadStateDict(wrong));
      expect(name).toBe('ShapeError');
      for (const slot of ['slot other', ...names, 'state of parameter 5']) expect(message).toContain(slot);
      expect(optimizer.stateDict()).toEqual(saved);
    },
  );

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
      'a group without parameters',
      () => new SGD([{ lr: 1 } as never]),
      'ArgumentError',
      'SGD: group 0 is Object with params undefined; expected { params: […] } with a list of tensors.',
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
      'a view',
      () =>
        new SGD([
          tensor([[1, 2]])
            .expand([2, 2])
            .detach()
            .requiresGrad_() as Tensor,
        ]),
      'ArgumentError',
      'SGD: parameter 0 of shape [2, 2] is a view with strides [0, 1], and a step writes parameters whole. Make it a tensor of its own: tensor(x, { requiresGrad: true }).',
    ],
    [
      'a single tensor',
      () => new SGD(p as never),
      'ArgumentError',
      'SGD: expected a list of parameters or of groups, got Tensor. A single tensor goes into a list: [w].',
    ],
    [
      'a group without parameters',
      () => new SGD([{ lr: 1 } as never]),
      'ArgumentError',
      'SGD: group 0 is Object with params undefined; expected { params: […] } with a list of tensors.',
    ],
    [
      'Nesterov without momentum',
      () => new SGD([p], { nesterov: true }),
      'ArgumentError',
      'sgd: nesterov needs a momentum above 0 and no dampening.',
    ],
    [
      'a vector for Muon',
      () => new Muon([p]),
      'ShapeError',
      'muon: fc.weight has shape [2], and only matrices can be orthogonalized. Give the others to AdamW.',
    ],
    [
      'bounds the wrong way round',
      () => new Rprop([p], { stepSizes: [1, 0.5] }),
      'ArgumentError',
      'rprop: stepSizes is [1, 0.5]; expected the lower bound first: [0.5, 1].',
    ],
    [
      'half an iteration',
      () => new Muon([parameter([[1]])], { nsSteps: 0.5 }),
      'ArgumentError',
      'muon: nsSteps is 0.5; expected a whole number from 0.',
    ],
    [
      'an unknown way to adjust',
      () => new Muon([parameter([[1]])], { adjustLr: 'no' as never }),
      'ArgumentError',
      "muon: adjustLr is 'no'; expected 'original' or 'matchRmsAdamw'.",
    ],
    [
      'one beta',
      () => new Adam([p], { betas: [0.9] as never }),
      'ArgumentError',
      'adam: betas is [0.9]; expected a list of 2.',
    ],
    [
      'a state without slots',
      () => adam().update([p], { step: 1, slots: {} }, [p]),
      'ArgumentError',
      'adam: the state has no slots.expAvg, slots.expAvgSq. Give what init() or update() of this rule returned.',
    ],
    [
      'a state without what is carried',
      () => nadam().update([p], { ...adam().init([p]), step: 1 }, [p]),
      'ArgumentError',
      'nadam: the state has no carried.muProduct. Give what init() or update() of this rule returned.',
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
