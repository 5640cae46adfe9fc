import { detectAnomaly, grad, noGrad, type Tensor } from '@fluxion/autograd';
import { kernels } from '@fluxion/kernels';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';

describe('backward', () => {
  test('adds to the grad of every leaf, and only of leaves', () => {
    const x = leaf([1, 2, 3]);
    const w = leaf([4, 5, 6]);
    const product = x.mul(w);
    product.sum().backward();
    expect(numbers(x.grad)).toEqual([4, 5, 6]);
    expect(numbers(w.grad)).toEqual([1, 2, 3]);
    expect(product.grad).toBeNull();
    x.mul(10).sum().backward();
    expect(numbers(x.grad)).toEqual([14, 15, 16]);
  });

  test('sums over all uses of a value, the same tensor twice in one op included', () => {
    const x = leaf(3);
    const y = x.mul(x);
    y.mul(y).add(y).backward();
    // d/dx (x**4 + x**2)
    expect(x.grad?.item()).toBe(4 * 27 + 6);
  });

  test('a leaf is its own gradient function', () => {
    const x = leaf(2);
    x.backward();
    expect(x.grad?.item()).toBe(1);
  });

  test('undoes broadcasting of leading and inner dims', () => {
    const row = leaf([1, 2, 3]);
    const column = leaf([[1], [2]]);
    const scalar = leaf(2);
    row.mul(column).mul(scalar).sum().backward();
    expect(row.grad?.toArray()).toEqual([6, 6, 6]);
    expect(column.grad?.toArray()).toEqual([[12], [12]]);
    expect(scalar.grad?.toArray()).toBe(18);
  });

  test('takes the gradient of an output that has several elements', () => {
    const x = leaf([1, 2]);
    x.square().backward(constant([1, 10]));
    expect(numbers(x.grad)).toEqual([2, 40]);
  });

  test('retainGraph allows another pass; the gradients add up', () => {
    const x = leaf(3);
    const y = x.square();
    y.backward(null, { retainGraph: true });
    y.backward();
    expect(x.grad?.item()).toBe(12);
  });

  test('never leaves a graph hanging in grad', () => {
    const x = leaf(3);
    x.pow(3).backward();
    expect(x.grad?.requiresGrad).toBe(false);
    expect(x.grad?.gradFn).toBeNull();
  });

  test('the gradient of a leaf shares no memory with its other gradients or with a value', () => {
    const x = leaf([1, 2]);
    const y = leaf([3, 4]);
    const given = constant([1, 1]);
    x.add(y).backward(given);
    noGrad(() => (x.grad as Tensor).mul_(100));
    expect(numbers(y.grad)).toEqual([1, 1]);
    expect(numbers(given)).toEqual([1, 1]);
  });

  test('whoever holds the old gradient keeps what they saw when more is added', () => {
    const x = leaf([1, 2]);
    x.sum().backward();
    const first = x.grad;
    x.mul(5).sum().backward();
    expect(numbers(first)).toEqual([1, 1]);
    expect(numbers(x.grad)).toEqual([6, 6]);
  });

  test('retainGrad keeps the gradient of an intermediate result', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3).retainGrad();
    y.square().sum().backward();
    expect(numbers(y.grad)).toEqual([6, 12]);
    expect(numbers(x.grad)).toEqual([18, 36]);
  });

  test('walks consumers before producers: a shared value is visited once, with its whole gradient', () => {
    const x = leaf(2);
    const shared = x.mul(1);
    const seen: number[] = [];
    shared.registerHook(g => {
      seen.push(g.item());
    });
    let y: Tensor = shared;
    for (let i = 0; i < 4; i++) y = y.add(shared) as Tensor;
    y.add(shared.mul(10)).backward();
    expect(seen).toEqual([15]);
    expect(x.grad?.item()).toBe(15);
  });
});

describe('backward refuses', () => {
  test('an output of several elements without a gradient', () => {
    expect(errorOf(() => leaf([1, 2]).mul(2).backward())).toEqual({
      name: 'GraphError',
      message:
        'backward: the output has shape [2], and only a single number has a gradient by itself. Reduce it first (sum, mean), or give ' +
        'the gradient of the output.',
    });
  });

  test('a tensor without a graph', () => {
    expect(errorOf(() => constant([1]).backward())).toEqual({
      name: 'GraphError',
      message:
        'backward: the tensor of shape [1] has no graph: nothing it was made of requires a gradient. Create its inputs with { requiresGrad: true }.',
    });
  });

  test('a tensor whose chain broke, and says where', () => {
    const x = leaf(1);
    const texts = [
      () => x.mul(2).detach().mul(3),
      () => noGrad(() => x.mul(2)).add(1),
      () => x.gt(0),
      () => x.mul(2).to('int32'),
    ].map(make => errorOf(() => (make() as Tensor).backward()).message);
    expect(texts).toEqual([
      'backward: the tensor of shape [] has no graph: the chain broke at a detach of the output of mul. Compute it without that.',
      'backward: the tensor of shape [] has no graph: the chain broke at mul inside noGrad. Compute it without that.',
      'backward: the tensor of shape [] has no graph: the chain broke at gt, which has no derivative (its output is bool). Compute it without that.',
      'backward: the tensor of shape [] has no graph: the chain broke at to, whose int32 output carries no gradient. Compute it without that.',
    ]);
  });

  test('a gradient of another shape or dtype', () => {
    const y = leaf([1, 2]).mul(2);
    expect(errorOf(() => y.backward(constant([1, 2, 3])))).toEqual({
      name: 'ShapeError',
      message: 'backward: the gradient given has shape [3], the output [2]. They must be the same.',
    });
    expect(errorOf(() => y.backward(constant([1, 2], 'float32')))).toEqual({
      name: 'DTypeError',
      message: "backward: the gradient given is float32, the output float64. Convert it: g.to('float64').",
    });
  });

  test('a graph that was freed: names the op, its shape, and detach before retainGraph', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    y.sum().backward();
    const { name, message } = errorOf(() => y.sum().backward());
    expect(name).toBe('GraphError');
    expect(message).toBe(
      'backward: the graph through exp (output of shape [2]) was freed by an earlier backward. Compute the loss anew for every backward; ' +
        'detach what you carry over from step to step (h = h.detach()); if you really need the same graph twice, give the first backward ' +
        '{ retainGraph: true }. (Results of a checkpoint that are kept from inside it have no graph either.)',
    );
    expect(message.indexOf('detach')).toBeLessThan(message.indexOf('retainGraph'));
  });

  test('a freed part further down, before anything is changed', () => {
    const x = leaf([1, 2]);
    const other = leaf([1, 1]);
    const h = x.exp();
    h.sum().backward();
    const before = numbers(x.grad);
    const loss = h.mul(other).sum().add(x.square().sum());
    expect(errorOf(() => loss.backward()).message).toMatch(/^backward: the graph through exp/);
    expect(numbers(x.grad)).toEqual(before);
    expect(other.grad).toBeNull();
  });

  test('requiresGrad_ on what is no leaf, retainGrad and hooks on what has no graph', () => {
    expect(errorOf(() => leaf(1).mul(2).requiresGrad_())).toEqual({
      name: 'GraphError',
      message:
        'requiresGrad_: the output of mul is no leaf; it requires a gradient because its inputs do. Detach it first.',
    });
    expect(errorOf(() => constant([1, 2]).retainGrad())).toEqual({
      name: 'GraphError',
      message: 'retainGrad: the tensor of shape [2] is in no graph, so no gradient will pass.',
    });
    expect(errorOf(() => constant([1, 2]).registerHook(() => {}))).toEqual({
      name: 'GraphError',
      message: 'registerHook: the tensor of shape [2] is in no graph, so no gradient will pass.',
    });
  });

  test('setting a gradient of another shape or dtype', () => {
    const x = leaf([1, 2]);
    x.sum().backward();
    expect(
      errorOf(() => {
        x.grad = constant([1]);
      }),
    ).toEqual({
      name: 'ShapeError',
      message: 'grad: a tensor of shape [2] cannot have a gradient of shape [1].',
    });
    expect(
      errorOf(() => {
        x.grad = constant([1, 2], 'float32');
      }),
    ).toEqual({
      name: 'DTypeError',
      message: "grad: a float64 tensor cannot have a float32 gradient: convert it with to('float64').",
    });
    expect(numbers(x.grad)).toEqual([1, 1]);
  });

  test('requiresGrad of a dtype without gradients', () => {
    expect(errorOf(() => constant([1, 2], 'int32').requiresGrad_())).toEqual({
      name: 'DTypeError',
      message: 'requiresGrad_: only float32 and float64 tensors can require a gradient, not int32.',
    });
  });
});

describe('long graphs', () => {
  function chain(length: number): { x: Tensor; y: Tensor } {
    const x = leaf(1, '', 'float32');
    let y = x;
    for (let i = 0; i < length; i++) y = y.add(1) as Tensor;
    return { x, y };
  }

  test('a chain of 1,000,000 nodes differentiates without overflow', () => {
    const { x, y } = chain(1_000_000);
    expect(y.item()).toBe(1_000_001);
    y.backward();
    expect(x.grad?.item()).toBe(1);
  });

  test('grad through a chain of 100,000 nodes, and the message about an unused input, overflow nothing', () => {
    const { x, y } = chain(100_000);
    expect(grad(y, [x], { retainGraph: true })[0].item()).toBe(1);
    expect(errorOf(() => grad(y, [leaf(1, 'unused')])).message).toContain('unused');
  });

  test('allocations per node are the same at 1,000, 10,000 and 100,000 nodes', () => {
    const perNode = (length: number): number => {
      const before = kernels().memory().allocations;
      let y = leaf(1.5);
      const x = y;
      for (let i = 0; i < length; i++) y = (i % 2 === 0 ? y.tanh() : y.mul(x)) as Tensor;
      y.backward();
      return (kernels().memory().allocations - before) / length;
    };
    const [a, b, c] = [1e3, 1e4, 1e5].map(perNode);
    expect(Math.abs(b - a)).toBeLessThan(0.02);
    expect(Math.abs(c - b)).toBeLessThan(0.002);
    // Two for the forward and backward of mul on average, three rule temporaries for tanh, one accumulation.
    expect(c).toBeLessThan(8);
  });

  test('a diamond of depth 60 is walked once per node, not once per path', () => {
    const x = leaf(1);
    let y = x;
    let visits = 0;
    for (let i = 0; i < 60; i++) {
      y = y.mul(0.5).add(y.mul(0.5)) as Tensor;
      y.registerHook(() => {
        visits++;
      });
    }
    y.backward();
    expect(visits).toBe(60);
    expectClose(numbers(x.grad), [1]);
  });
});

describe('a backward that fails half-way leaves gradients as they were', () => {
  test('an error in a rule, a hook, or the anomaly check', () => {
    const x = leaf([4, 0]);
    x.sum().backward();
    const before = numbers(x.grad);
    expect(errorOf(() => detectAnomaly(() => x.sqrt().sum().add(x.sum()).backward())).name).toBe(
      'GraphError',
    );
    const y = x.mul(2);
    y.registerHook(() => {
      throw new Error('mine');
    });
    expect(errorOf(() => y.add(x).sum().backward()).message).toBe('mine');
    expect(numbers(x.grad)).toEqual(before);
    // The engine works on as if nothing had happened.
    x.mul(3).sum().backward();
    expect(numbers(x.grad)).toEqual([4, 4]);
  });
});
