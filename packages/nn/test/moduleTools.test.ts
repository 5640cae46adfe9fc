import { ArgumentError, noGrad, ones, randn, type Tensor, tensor, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import {
  BatchNorm1d,
  functionalCall,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  ParameterDict,
  ParameterList,
  ReLU,
  Sequential,
} from '../src/index.js';
import { caught } from './support.js';

class Net extends Module {
  fc1 = new Linear(3, 4);
  norm = new BatchNorm1d(4);
  fc2 = new Linear(4, 2);
  spare = new Linear(1, 1);
  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.norm.forward(this.fc1.forward(x)));
  }
}

describe('hooks', () => {
  test('see inputs and output, in the order they were registered, until removed', () => {
    const net = new Sequential(new Linear(3, 2), new ReLU());
    const log: string[] = [];
    const shape = (t: unknown): string => (t as Tensor).shape.join('x');
    const first = net[0];
    const removers = [
      first.registerForwardPreHook((module, inputs) => {
        expect(module).toBe(first);
        log.push(`before ${shape(inputs[0])}`);
      }),
      first.registerForwardHook(
        (_, inputs, output) => void log.push(`${shape(inputs[0])} to ${shape(output)}`),
      ),
      first.registerForwardHook(() => void log.push('second')),
    ];
    const x = ones([5, 3]);
    const y = net.forward(x);
    expect(log).toEqual(['before 5x3', '5x3 to 5x2', 'second']);
    functionalCall(net, {}, x);
    expect(log.length).toBe(6);
    removers[2]();
    removers[2]();
    net.forward(x);
    expect(log.length).toBe(8);
    for (const remove of removers) remove();
    expect(net.forward(x).toArray()).toEqual(y.toArray());
    expect(log.length).toBe(8);
    // Nothing is left of them.
    expect(Object.hasOwn(first, 'forward')).toBe(false);
  });

  test('may give other inputs and another output', () => {
    const fc = new Linear(2, 2);
    fc.registerForwardPreHook((_, [x]) => [(x as Tensor).mul(0)]);
    fc.registerForwardHook((_, __, y) => (y as Tensor).add(fc.bias as Tensor));
    const bias = (fc.bias as Tensor).toTypedArray();
    expect(Array.from(fc.forward(ones([1, 2])).toTypedArray())).toEqual(Array.from(bias, b => 2 * b));
    fc.registerForwardPreHook(() => ones([1, 2]) as never);
    expect(() => fc.forward(ones([1, 2]))).toThrow('the hook returned Tensor; expected an array of inputs');
  });

  test('of a module whose forward is a field, and hooks that remove themselves', () => {
    class Own extends Module {
      override forward = (x: Tensor): Tensor => x.mul(2);
    }
    const own = new Own();
    const { forward } = own;
    let calls = 0;
    const remove = own.registerForwardHook(() => {
      calls++;
      remove();
    });
    expect(own.forward(ones([1])).item()).toBe(2);
    own.forward(ones([1]));
    expect(calls).toBe(1);
    expect(own.forward).toBe(forward);
  });

  test('refuse what is no function', () => {
    expect(() => new ReLU().registerForwardHook(3 as never)).toThrow(ArgumentError);
    expect(() => new ReLU().registerForwardPreHook('x' as never)).toThrow(
      "registerForwardPreHook: expected a function, got 'x'.",
    );
  });

  test('do not show among parameters, children or in the outline', () => {
    const fc = new Linear(2, 2);
    const before = [String(fc), Object.keys(fc.stateDict())];
    fc.registerForwardHook(() => undefined);
    expect([String(fc), Object.keys(fc.stateDict())]).toEqual(before);
  });
});

describe('summary', () => {
  test('shows what every part returns, and counts', () => {
    const net = new Net();
    const summary = net.summary(randn([6, 3]));
    expect(summary.rows).toEqual([
      { path: '', type: 'Net', output: '[6, 2]', parameters: 0 },
      { path: 'fc1', type: 'Linear', output: '[6, 4]', parameters: 16 },
      { path: 'norm', type: 'BatchNorm1d', output: '[6, 4]', parameters: 8 },
      { path: 'fc2', type: 'Linear', output: '[6, 2]', parameters: 10 },
      { path: 'spare', type: 'Linear', output: '', parameters: 2 },
    ]);
    expect([summary.parameters, summary.trainable, summary.buffers]).toEqual([36, 36, 9]);
    net.freeze('fc1');
    expect(String(net.summary(randn([6, 3])))).toBe(
      [
        '       layer        output  parameters',
        '       Net          [6, 2]           0',
        'fc1    Linear       [6, 4]          16',
        'norm   BatchNorm1d  [6, 4]           8',
        'fc2    Linear       [6, 2]          10',
        'spare  Linear                        2',
        '36 parameters, 20 of them trainable; 9 numbers in buffers',
      ].join('\n'),
    );
    expect(String(new Linear(1000, 1200).summary(zeros([1, 1000])))).toContain('1,201,200 parameters');
  });

  test('leaves the module as it was, also where forward throws', () => {
    const net = new Net();
    net.norm.eval();
    const state = net.stateDict();
    net.summary(randn([6, 3]));
    expect(() => net.summary(randn([6, 7]))).toThrow();
    expect(net.stateDict()).toEqual(state);
    expect(net.modules().map(m => m.training)).toEqual([true, true, false, true, true]);
    expect(net.modules().some(m => Object.hasOwn(m, 'forward'))).toBe(false);
  });

  test('counts what is shared once, under the first who has it', () => {
    class Tied extends Module {
      a = new Linear(2, 2, { bias: false });
      b = new Linear(2, 2, { bias: false });
      override forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x) as never);
      }
    }
    const tied = new Tied();
    tied.b.weight = tied.a.weight;
    const summary = tied.summary(ones([1, 2]));
    expect(summary.rows.map(row => row.parameters)).toEqual([0, 4, 0]);
    expect(summary.parameters).toBe(4);
  });
});

describe('freeze and unfreeze', () => {
  const frozen = (net: Module): string[] =>
    Object.entries(net.namedParameters()).flatMap(([name, p]) => (p.requiresGrad ? [] : [name]));

  test('everything, or what is named', () => {
    const net = new Net();
    expect(net.freeze()).toBe(net);
    expect(frozen(net)).toEqual(Object.keys(net.namedParameters()));
    net.unfreeze('fc2', 'fc1.bias');
    expect(frozen(net)).toEqual(['fc1.weight', 'norm.weight', 'norm.bias', 'spare.weight', 'spare.bias']);
    net.unfreeze();
    expect(frozen(net)).toEqual([]);
  });

  test('names that are not there are an error, and nothing is frozen', () => {
    const net = new Net();
    expect(caught(() => net.freeze('fc1', 'fc')).message).toMatch(
      /^freeze: there is no parameter called 'fc', nor below a module of that name; there are 'fc1.weight', 'fc1.bias'/,
    );
    expect(frozen(net)).toEqual([]);
  });
});

test('apply reaches every module once, children before their parents', () => {
  class Shared extends Module {
    late: Module | null = null;
    inner = new Sequential(new Linear(1, 1));
    override forward(): void {}
  }
  const net = new Shared();
  net.late = net.inner[0];
  const seen: Module[] = [];
  expect(net.apply(m => void seen.push(m))).toBe(net);
  expect(seen).toEqual([net.late, net.inner, net]);
  net.apply(m => {
    if (m instanceof Linear) noGrad(() => m.weight.fill_(7));
  });
  expect(net.inner[0].weight.item()).toBe(7);
});

test('nameField: a child under another name', () => {
  class Layer extends Module {
    selfAttn = new Linear(1, 1, { bias: false });
    constructor() {
      super();
      this.nameField('selfAttn', 'self_attn');
    }
    override forward(): void {}
  }
  const net = new Sequential(new Layer() as never);
  expect(Object.keys(net.stateDict())).toEqual(['0.self_attn.weight']);
  expect([...net.namedModules().keys()]).toEqual(['', '0', '0.self_attn']);
  expect(() => new Layer().nameField('x', 'a.b')).toThrow(ArgumentError);
});

describe('lists', () => {
  test('of modules: numbered as in PyTorch', () => {
    const layers = new ModuleList<Linear>([new Linear(2, 3), new Linear(3, 1)]);
    layers.push(new Linear(1, 1, { bias: false }));
    expect(Object.keys(layers.stateDict())).toEqual([
      ...['0.weight', '0.bias', '1.weight', '1.bias', '2.weight'],
    ]);
    expect([...layers].map(l => l.outFeatures)).toEqual([3, 1, 1]);
    expect([layers.length, layers.at(-1).inFeatures, layers[0].inFeatures]).toEqual([3, 1, 2]);
    expect(() => layers.at(3)).toThrow('ModuleList: there is no entry 3 among 3.');
    expect(() => layers.push(new Linear(1, 1), 3 as never)).toThrow(
      'ModuleList: entry 4 is 3; expected a Module.',
    );
    expect(layers.length).toBe(3);
    expect(() => layers.forward()).toThrow('it holds its entries and has nothing to compute');
  });

  test('of modules by name', () => {
    const heads = new ModuleDict<Linear>({ left: new Linear(2, 1), right: new Linear(2, 1) });
    expect(heads.keys()).toEqual(['left', 'right']);
    expect(Object.keys(heads.namedParameters())).toContain('right.bias');
    expect(heads.get('left')).toBe([...heads][0][1]);
    heads.set('left', new Linear(5, 5));
    expect(heads.delete('left').inFeatures).toBe(5);
    expect(heads.has('left')).toBe(false);
    expect(() => heads.get('left')).toThrow("ModuleDict: there is no entry 'left'; there are ['right'].");
    for (const key of ['training', 'forward', 'a.b', ''])
      expect(() => heads.set(key, new Linear(1, 1)), key).toThrow(ArgumentError);
    expect(heads.has('training')).toBe(false);
  });

  test('of parameters', () => {
    const list = new ParameterList([ones([2]), tensor([3])]);
    expect(Object.keys(list.namedParameters())).toEqual(['0', '1']);
    expect(list.at(1).requiresGrad).toBe(true);
    const dict = new ParameterDict({ scale: ones([2]) });
    expect(dict.parameters()).toEqual([dict.get('scale')]);
    expect(() => dict.set('shift', 3 as never)).toThrow(
      "ParameterDict: entry 'shift' is 3; expected a tensor.",
    );
  });
});
