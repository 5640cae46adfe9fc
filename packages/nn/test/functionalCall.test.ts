import { add, grad, mul, ones, randn, type Tensor, valueAndGrad, zeros } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { functionalCall, Linear, Module, mseLoss, Sequential, Tanh } from '../src/index.js';
import { expectClose } from './support.js';

const make = () =>
  new Sequential(new Linear(3, 4, { dtype: 'float64' }), new Tanh(), new Linear(4, 2, { dtype: 'float64' }));

describe('functionalCall', () => {
  test('computes with the given tensors and puts the own ones back', () => {
    const net = make();
    const other = make();
    const x = randn([5, 3], { dtype: 'float64' });
    const own = net.parameters();
    expect(functionalCall(net, other.namedParameters(), x).toArray()).toEqual(other.forward(x).toArray());
    expect(net.parameters()).toEqual(own);
    const part = functionalCall(net, { '2.bias': zeros([2], { dtype: 'float64' }) }, x);
    expectClose(part.toTypedArray(), net.forward(x).sub(own[3]).toTypedArray());
  });

  test('gradients flow to the given tensors and past them, any number of times', () => {
    const net = make();
    const x = randn([6, 3], { dtype: 'float64' });
    const y = randn([6, 2], { dtype: 'float64' });
    const loss = (params: Record<string, Tensor>): Tensor => mseLoss(functionalCall(net, params, x), y);
    const { value, grads } = valueAndGrad(loss)(net.namedParameters());
    const direct = mseLoss(net.forward(x), y);
    direct.backward();
    expect(value.item()).toBe(direct.item());
    for (const [name, p] of Object.entries(net.namedParameters()))
      expectClose(grads[name].toTypedArray(), p.grad?.toTypedArray() ?? []);

    // One step of gradient descent, differentiated with respect to its rate: MAML's outer derivative.
    const after = (rate: Tensor): Tensor => {
      const params = net.namedParameters();
      const inner = mseLoss(functionalCall(net, params, x), y);
      const gs = grad(inner, Object.values(params), { createGraph: true });
      const moved = Object.fromEntries(
        Object.entries(params).map(([name, p], i) => [name, add(p, mul(gs[i], rate.neg())) as Tensor]),
      );
      return mseLoss(functionalCall(net, moved, x), y);
    };
    const rate = ones([], { dtype: 'float64' }).mul(0.1).detach().requiresGrad_();
    const [slope] = grad(after(rate), [rate]);
    const h = 1e-5;
    const difference = (after(rate.detach().add(h)).item() - after(rate.detach().sub(h)).item()) / (2 * h);
    expectClose([slope.item()], [difference], 1e-7);
  });

  test('restores after an error in forward', () => {
    class Fails extends Module {
      fc = new Linear(2, 2);
      override forward(): Tensor {
        throw new RangeError('from forward');
      }
    }
    const net = new Fails();
    const { weight } = net.fc;
    expect(() => functionalCall(net, { 'fc.weight': zeros([2, 2]) })).toThrow(RangeError);
    expect(net.fc.weight).toBe(weight);
  });

  test('what is shared is replaced everywhere', () => {
    class Tied extends Module {
      a = new Linear(2, 2, { bias: false });
      b = new Linear(2, 2, { bias: false });
      constructor() {
        super();
        this.b.weight = this.a.weight;
      }
      override forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const net = new Tied();
    const w = randn([2, 2]);
    const x = randn([3, 2]);
    const twice = x.matmul(w.transpose(0, 1)).matmul(w.transpose(0, 1));
    expect(functionalCall(net, { 'a.weight': w }, x).toArray()).toEqual(twice.toArray());
    const once = functionalCall(net, { 'a.weight': w, 'b.weight': zeros([2, 2]) }, x);
    expect(Array.from(once.toTypedArray()).every(v => v === 0)).toBe(true);
    expect(net.b.weight).toBe(net.a.weight);
  });

  test('errors name what does not fit, and nothing is replaced', () => {
    const net = make();
    const own = net.parameters();
    const x = ones([1, 3], { dtype: 'float64' });
    expect(() => functionalCall(net, { '0.wieght': own[0], '9.bias': own[1] }, x)).toThrow(
      "functionalCall: the module has no parameter '0.wieght', '9.bias'; it has '0.weight', '0.bias', '2.weight', '2.bias'.",
    );
    expect(() => functionalCall(net, { '0.bias': own[1], '0.weight': own[1] }, x)).toThrow(
      "'0.weight' has shape [4]; the module's has [4, 3]",
    );
    expect(() => functionalCall(net, { '0.weight': zeros([4, 3]) }, x)).toThrow(
      "is float32; the module's is float64",
    );
    expect(() => functionalCall(net, { '0.weight': 3 as never }, x)).toThrow(
      "'0.weight' is 3; expected a tensor",
    );
    expect(net.parameters()).toEqual(own);
  });

  test('refuses an asynchronous forward', () => {
    class Later extends Module {
      fc = new Linear(2, 2);
      override async forward(): Promise<Tensor> {
        return this.fc.weight;
      }
    }
    expect(() => functionalCall(new Later(), {})).toThrow('Make forward synchronous');
  });
});
