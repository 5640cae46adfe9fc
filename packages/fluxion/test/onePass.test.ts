import { describe, expect, test } from 'vitest';
import { detectAnomaly, manualSeed, nn, profile, randn, relu, type Tensor, tanh } from '../src/index.js';

const { Conv1d, Conv2d, Linear, ReLU, Sequential, Sigmoid, Tanh } = nn;

interface Net {
  readonly length: number;
  readonly [index: number]: unknown;
  forward(x: Tensor): Tensor;
  parameters(): Tensor[];
}

/** The layers as they would run without Sequential. */
function oneByOne(net: Net, x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < net.length; i++) {
    const layer = net[i];
    y = typeof layer === 'function' ? layer(y) : (layer as { forward(x: Tensor): Tensor }).forward(y);
  }
  return y;
}

const nodes = (run: () => unknown): number => profile(run).nodes;

describe('a linear layer or a convolution and the activation behind it, in a Sequential', () => {
  const nets: Record<string, () => [net: Net, x: Tensor]> = {
    'Linear, ReLU': () => [new Sequential(new Linear(5, 4), new ReLU()) as never, randn([3, 5])],
    'Linear without bias, tanh': () => [
      new Sequential(new Linear(5, 4, { bias: false }), tanh) as never,
      randn([2, 3, 5]),
    ],
    'Conv2d, relu': () => [new Sequential(new Conv2d(2, 3, 3), relu) as never, randn([2, 2, 5, 6])],
    'Conv1d with reflected borders, Sigmoid': () => [
      new Sequential(
        new Conv1d(2, 4, 3, { padding: 2, paddingMode: 'reflect', groups: 2 }),
        new Sigmoid(),
      ) as never,
      randn([2, 2, 7]),
    ],
  };
  for (const [name, make] of Object.entries(nets)) {
    test(`${name}: one node, and the bits of two, but within 1e-5 for the bias`, () => {
      manualSeed(1);
      const [net, input] = make();
      const x = input.requiresGrad_();
      const cotangent = randn(net.forward(x).shape);
      const gradients = (run: (x: Tensor) => Tensor): number[][] => {
        for (const p of net.parameters()) p.grad = null;
        x.grad = null;
        const y = run(x);
        y.backward(cotangent);
        return [y, x.grad as unknown as Tensor, ...net.parameters().map(p => p.grad as Tensor)].map(t =>
          Array.from(t.toTypedArray() as ArrayLike<number>),
        );
      };
      // Output, and the gradients of input, weight and bias, of which the last is added up in another order.
      const [bias, ...rest] = gradients(input => net.forward(input)).reverse();
      const [biasOfTwo, ...restOfTwo] = gradients(input => oneByOne(net, input)).reverse();
      expect(rest).toEqual(restOfTwo);
      bias.forEach((x, i) => {
        expect(Math.abs(x - biasOfTwo[i])).toBeLessThan(1e-5);
      });
      expect(nodes(() => oneByOne(net, x)) - nodes(() => net.forward(x))).toBe(1);
    });
  }

  test('are two where a hook wants to see them, where a class has a forward of its own, and under detectAnomaly', () => {
    const x = randn([2, 3]);
    const net = new Sequential(new Linear(3, 3), new Tanh());
    expect(nodes(() => net.forward(x as never))).toBe(1);
    const seen: unknown[] = [];
    const remove = net[0].registerForwardHook((_, __, y) => {
      seen.push(y);
    });
    const hooked = net.forward(x as never) as Tensor;
    expect((seen[0] as Tensor).tanh().toArray()).toEqual(hooked.toArray());
    remove();
    const removeOther = net[1].registerForwardPreHook((_, inputs) => {
      seen.push(inputs[0]);
    });
    net.forward(x as never);
    expect((seen[1] as Tensor).tanh().toArray()).toEqual(hooked.toArray());
    removeOther();
    expect(nodes(() => net.forward(x as never))).toBe(1);
    expect(nodes(() => detectAnomaly(() => net.forward(x as never)))).toBeGreaterThan(1);

    class Doubled extends Linear {
      override forward(input: never): never {
        return (super.forward(input) as Tensor).mul(2) as never;
      }
    }
    const doubled = new Sequential(new Doubled(3, 2), relu) as unknown as Net;
    expect(doubled.forward(x).toArray()).toEqual(oneByOne(doubled, x).toArray());
    class Shifted extends Tanh {
      override forward(input: never): never {
        return (super.forward(input) as Tensor).add(1) as never;
      }
    }
    const shifted = new Sequential(new Linear(3, 2), new Shifted()) as unknown as Net;
    expect(shifted.forward(x).toArray()).toEqual(oneByOne(shifted, x).toArray());
  });
});
