import {
  ArgumentError,
  DataError,
  DTypeError,
  ones,
  randn,
  relu,
  type Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Linear, Module, parameter, ReLU, Sequential } from '../src/index.js';
import { caught } from './support.js';

class Block extends Module {
  scale: Tensor = parameter(ones([2]));
  fc = new Linear(2, 2);
  override forward(x: Tensor): Tensor {
    return relu(this.fc.forward(x)).mul(this.scale);
  }
}

class Net extends Module {
  first = new Linear(3, 2, { bias: false });
  blocks = [new Block(), new Block()];
  heads = { left: new Linear(2, 1), right: new Linear(2, 1) };
  shift: Tensor = parameter(randn([1]));
  constant: Tensor = ones([1]);
  declare count: Tensor;
  note = 'no tensor';
  constructor() {
    super();
    this.registerBuffer('count', zeros([], { dtype: 'int32' }));
  }
  override forward(x: Tensor): Tensor {
    let y: Tensor = this.first.forward(x);
    for (const block of this.blocks) y = block.forward(y);
    return this.heads.left.forward(y).add(this.heads.right.forward(y)).add(this.shift).mul(this.constant);
  }
}

const names = [
  'shift',
  'first.weight',
  'blocks.0.scale',
  'blocks.0.fc.weight',
  'blocks.0.fc.bias',
  'blocks.1.scale',
  'blocks.1.fc.weight',
  'blocks.1.fc.bias',
  'heads.left.weight',
  'heads.left.bias',
  'heads.right.weight',
  'heads.right.bias',
];

describe('finding parameters', () => {
  test('own ones first, then those of children, through arrays and objects', () => {
    const net = new Net();
    expect(Object.keys(net.namedParameters())).toEqual(names);
    expect(net.parameters()).toEqual(Object.values(net.namedParameters()));
    expect(Object.keys(net.namedBuffers())).toEqual(['count']);
    expect(net.buffers()).toEqual([net.count]);
    expect([...net.namedModules().keys()]).toEqual([
      '',
      'first',
      'blocks.0',
      'blocks.0.fc',
      'blocks.1',
      'blocks.1.fc',
      'heads.left',
      'heads.right',
    ]);
    expect(net.children()).toEqual([net.first, ...net.blocks, net.heads.left, net.heads.right]);
  });

  test('tensors are named by their longest path, and a name given by hand stays', () => {
    const net = new Net();
    net.shift.name = 'offset';
    net.blocks[1].parameters();
    expect(net.blocks[1].fc.weight.name).toBe('fc.weight');
    net.parameters();
    expect(net.blocks[1].fc.weight.name).toBe('blocks.1.fc.weight');
    net.blocks[1].fc.parameters();
    expect(net.blocks[1].fc.weight.name).toBe('blocks.1.fc.weight');
    expect(net.shift.name).toBe('offset');
  });

  test('a shared module or tensor is listed once, and saved under each name', () => {
    class Tied extends Module {
      a = new Linear(2, 2);
      b = this.a;
      c = new Linear(2, 2, { bias: false });
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const tied = new Tied();
    tied.c.weight = tied.a.weight;
    expect(Object.keys(tied.namedParameters())).toEqual(['a.weight', 'a.bias']);
    expect([...tied.namedModules().keys()]).toEqual(['', 'a', 'c']);
    expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias', 'c.weight']);
    tied.to('float64');
    expect(tied.c.weight).toBe(tied.a.weight);
  });

  test('a child that points to its parent, and an array that holds itself, end the search', () => {
    class Child extends Module {
      parent: Module | null = null;
      weight: Tensor = parameter(ones([1]));
      list: unknown[] = [];
      override forward(): void {}
    }
    class Parent extends Module {
      child = new Child();
      override forward(): void {}
    }
    const parent = new Parent();
    parent.child.parent = parent;
    parent.child.list.push(parent.child.list);
    expect(Object.keys(parent.namedParameters())).toEqual(['child.weight']);
    expect(Object.keys(parent.stateDict())).toEqual(['child.weight']);
  });

  test('by property: any nesting of arrays and objects gives the dotted paths of its leaves', () => {
    type Nest = 'leaf' | Nest[] | { [key: string]: Nest };
    const nest = fc.letrec<{ tree: Nest }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.constant<Nest>('leaf'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('tree'), { maxKeys: 3 }),
      ),
    })).tree;
    class Holder extends Module {
      tree: unknown;
      constructor(tree: unknown) {
        super();
        this.tree = tree;
      }
      override forward(): void {}
    }
    fc.assert(
      fc.property(nest, tree => {
        const paths: string[] = [];
        const build = (t: Nest, path: string): unknown => {
          if (t === 'leaf') {
            paths.push(path);
            return parameter(ones([1]));
          }
          if (Array.isArray(t)) return t.map((child, i) => build(child, `${path}.${i}`));
          return Object.fromEntries(
            Object.entries(t).map(([key, child]) => [key, build(child, `${path}.${key}`)]),
          );
        };
        expect(Object.keys(new Holder(build(tree, 'tree')).namedParameters())).toEqual(paths);
      }),
      { numRuns: 60 },
    );
  });
});

describe('frozen parameters', () => {
  test('remain parameters, and thaw', () => {
    const net = new Net().requiresGrad_(false);
    expect(net.parameters().some(p => p.requiresGrad)).toBe(false);
    expect(Object.keys(net.namedParameters())).toEqual(names);
    net.requiresGrad_();
    expect(net.parameters().every(p => p.requiresGrad)).toBe(true);
  });

  test('also when frozen one by one before anybody looked', () => {
    const fc1 = new Linear(2, 3);
    fc1.weight.requiresGrad_(false);
    expect(Object.keys(fc1.namedParameters())).toEqual(['weight', 'bias']);
    fc1
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(fc1.weight.grad).toBeNull();
    expect(fc1.bias?.grad?.toArray()).toEqual([1, 1, 1]);
  });
});

test('train and eval reach every module', () => {
  const net = new Net();
  expect(net.modules().every(m => m.training)).toBe(true);
  net.eval();
  expect(net.modules().some(m => m.training)).toBe(false);
  net.blocks[0].train();
  expect(net.training).toBe(false);
  expect(net.blocks[0].fc.training).toBe(true);
  expect(() => net.train('yes' as never)).toThrow(ArgumentError);
});

test('zeroGrad forgets the gradients', () => {
  const net = new Net();
  net
    .forward(ones([4, 3]))
    .sum()
    .backward();
  expect(net.parameters().every(p => p.grad !== null)).toBe(true);
  net.zeroGrad();
  expect(net.parameters().every(p => p.grad === null)).toBe(true);
});

describe('registerBuffer', () => {
  class Plain extends Module {
    taken = 1;
    override forward(): void {}
  }
  test('refuses what is no tensor, no name, or a field that exists', () => {
    const m = new Plain();
    expect(() => m.registerBuffer('x', 3 as never)).toThrow(
      "registerBuffer: expected a tensor for 'x', got 3.",
    );
    expect(() => m.registerBuffer('a.b', ones([1]))).toThrow(ArgumentError);
    expect(() => m.registerBuffer('taken', ones([1]))).toThrow("Plain already has a field 'taken'");
    expect(() => m.registerBuffer('forward', ones([1]))).toThrow(ArgumentError);
    expect(m.buffers()).toEqual([]);
  });
  test('persistent: false stays out of the state dict', () => {
    const m = new Plain();
    m.registerBuffer('kept', ones([1]));
    m.registerBuffer('passing', ones([2]), { persistent: false });
    expect(Object.keys(m.namedBuffers())).toEqual(['kept', 'passing']);
    expect(Object.keys(m.stateDict())).toEqual(['kept']);
    expect(m.loadStateDict(m.stateDict())).toEqual({ missing: [], unexpected: [] });
  });
  test('the field stays a buffer when another tensor takes the place', () => {
    const m = new Plain();
    m.registerBuffer('mean', ones([2]));
    (m as unknown as { mean: Tensor }).mean = zeros([2]);
    expect(m.namedBuffers().mean.toArray()).toEqual([0, 0]);
  });
});

describe('to', () => {
  test('replaces parameters, gradients and floating buffers, keeps the rest', () => {
    const net = new Net();
    net.registerBuffer('mean', ones([2]));
    net
      .forward(ones([4, 3]))
      .sum()
      .backward();
    net.shift.requiresGrad_(false);
    const before = net.stateDict();
    const gradient = net.first.weight.grad?.toArray();
    const { count } = net;
    expect(net.to('float64')).toBe(net);
    expect(net.parameters().every(p => p.dtype === 'float64' && p.isLeaf)).toBe(true);
    expect(net.namedBuffers().mean.dtype).toBe('float64');
    expect(net.count).toBe(count);
    expect(net.first.weight.grad?.dtype).toBe('float64');
    expect(net.first.weight.grad?.toArray()).toEqual(gradient);
    expect(net.shift.requiresGrad).toBe(false);
    expect(Object.keys(net.namedParameters())).toEqual(names);
    expect(Array.from(net.stateDict()['blocks.0.fc.weight'].data)).toEqual(
      Array.from(before['blocks.0.fc.weight'].data),
    );
    const { weight } = net.first;
    net.to('float64');
    expect(net.first.weight).toBe(weight);
    expect(weight.name).toBe('first.weight');
  });

  test('refuses integers', () => {
    expect(() => new Net().to('int32')).toThrow(DTypeError);
    expect(() => new Net().to('half' as never)).toThrow("expected float32 or float64, got 'half'");
  });
});

describe('state dicts', () => {
  test('are plain data that survive structuredClone with their buffers transferred, and JSON', () => {
    const net = new Net();
    const other = new Net();
    const x = randn([5, 3]);
    const state = net.stateDict();
    const wanted = net.forward(x).toArray();
    expect(other.forward(x).toArray()).not.toEqual(wanted);
    const json = JSON.parse(
      JSON.stringify(state, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v)),
    );
    const transfer = Object.values(state).map(entry => entry.data.buffer as ArrayBuffer);
    const moved = structuredClone(state, { transfer });
    expect(state['first.weight'].data.length).toBe(0);
    const { weight } = other.first;
    other.loadStateDict(moved);
    expect(other.first.weight).toBe(weight);
    expect(other.forward(x).toArray()).toEqual(wanted);
    const third = new Net();
    third.loadStateDict(json);
    expect(third.forward(x).toArray()).toEqual(wanted);
    const fourth = new Net();
    fourth.loadStateDict(net.namedParameters(), { strict: false });
    expect(fourth.forward(x).toArray()).toEqual(wanted);
  });

  test('are copies', () => {
    const net = new Net();
    const state = net.stateDict();
    net.loadStateDict(Object.fromEntries(Object.entries(new Net().stateDict())));
    expect(Array.from(state['first.weight'].data)).not.toEqual(Array.from(net.first.weight.toTypedArray()));
  });

  test('one error lists everything that does not fit, and nothing is loaded', () => {
    const net = new Net();
    const before = net.stateDict();
    const state: Record<string, unknown> = { ...new Net().stateDict() };
    delete state['blocks.0.scale'];
    delete state.count;
    state.extra = { dtype: 'float32', shape: [1], data: new Float32Array(1) };
    state['first.weight'] = { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) };
    state['heads.left.bias'] = { dtype: 'float64', shape: [1], data: new Float64Array(1) };
    state['heads.right.bias'] = { dtype: 'float32', shape: [1], data: new Float32Array(7) };
    state.shift = 12;
    const error = caught(() => net.loadStateDict(state as never));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message.split('\n')).toEqual([
      'loadStateDict: 7 entries do not fit, and nothing was loaded:',
      '  missing: count',
      '  missing: blocks.0.scale',
      '  unexpected: extra',
      '  shift: is no { dtype, shape, data }',
      '  first.weight: has shape [3, 2], expected [2, 3]',
      '  heads.left.bias: has dtype float64, expected float32 (see Module.to)',
      '  heads.right.bias: has 7 elements for shape [1]',
      'Load it into a module of the same layout; { strict: false } passes over missing and unexpected names.',
    ]);
    expect(net.stateDict()).toEqual(before);
    expect(() => net.loadStateDict(null as never)).toThrow(DataError);
  });

  test('strict: false reports names, and still refuses what does not fit', () => {
    const net = new Net();
    const { weight, bias } = new Linear(2, 1);
    const report = net.loadStateDict({ 'heads.left.weight': weight, other: weight }, { strict: false });
    expect(report.unexpected).toEqual(['other']);
    expect(report.missing).toEqual([
      'shift',
      'count',
      ...names.filter(n => n !== 'shift' && n !== 'heads.left.weight'),
    ]);
    expect(net.heads.left.weight.toArray()).toEqual(weight.toArray());
    expect(() => net.loadStateDict({ 'heads.left.weight': bias as Tensor }, { strict: false })).toThrow(
      'heads.left.weight: has shape [1], expected [1, 2]',
    );
  });

  test('bad data found while reading leaves the module as it was', () => {
    const net = new Net();
    const before = net.stateDict();
    const state: Record<string, unknown> = { ...new Net().stateDict() };
    state.count = { dtype: 'int32', shape: [], data: [0.5] };
    expect(() => net.loadStateDict(state as never)).toThrow(DataError);
    expect(net.stateDict()).toEqual(before);
  });

  test('loading bumps the version: a backward through the old values fails instead of lying', () => {
    const net = new Net();
    const loss = net
      .forward(ones([4, 3]))
      .square()
      .sum();
    net.loadStateDict(new Net().stateDict());
    expect(() => loss.backward()).toThrow(/changed in place by assign/);
  });
});

test('toString shows the outline', () => {
  class Small extends Module {
    body = new Sequential(new Linear(2, 3, { bias: false }), new ReLU());
    override forward(x: Tensor<[number, 2]>): Tensor {
      return this.body.forward(x);
    }
  }
  expect(String(new Small())).toBe(
    'Small(\n  (body): Sequential(\n    (0): Linear(inFeatures=2, outFeatures=3, bias=false)\n    (1): ReLU()\n  )\n)',
  );
});

test('a tensor given to a module stays the same tensor in graphs', () => {
  const w = tensor([1, 2], { requiresGrad: true });
  class Holds extends Module {
    w: Tensor = w;
    override forward(x: Tensor): Tensor {
      return x.mul(this.w);
    }
  }
  const m = new Holds();
  m.forward(ones([2]))
    .sum()
    .backward();
  expect(m.parameters()).toEqual([w]);
  expect(w.grad?.toArray()).toEqual([1, 1]);
});
