import { grad, hessian, hvp, jacobian, jvp, noGrad, type Tensor, valueAndGrad, vjp } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';

interface Params {
  readonly [key: string]: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
}

const params = (): Params => ({ w: constant([1, -2, 3]), b: constant(0.5) });
const lossOf = ({ w, b }: Params): Tensor => w.square().mul(b).sum().add(b.exp());

describe('grad and valueAndGrad of functions', () => {
  test('of one tensor', () => {
    const df = grad((x: Tensor) => x.pow(3).sum());
    expect(numbers(df(constant([1, 2, 3])))).toEqual([3, 12, 27]);
  });

  test('of a tree, in the form of the tree, with further arguments passed on', () => {
    const { value, grads } = valueAndGrad((p: Params, scale: number) => lossOf(p).mul(scale))(params(), 2);
    expectClose([value.item()], [2 * (7 + Math.exp(0.5))]);
    expectClose(numbers(grads.w), [2, -4, 6]);
    expectClose(numbers(grads.b), [2 * (14 + Math.exp(0.5))]);
    expect(value.requiresGrad).toBe(false);
    expect(grads.w.requiresGrad).toBe(false);
  });

  test('nested to the fourth order', () => {
    const f = (x: Tensor): Tensor => x.pow(5);
    const d2 = grad((x: Tensor) => grad(f)(x));
    const d4 = grad((x: Tensor) => grad(d2)(x));
    expectClose([d2(constant(2)).item(), d4(constant(2)).item()], [160, 240]);
  });

  test('keep inner and outer variables apart (no perturbation confusion)', () => {
    // d/dx [ x * d/dy (x + y) at y = 1 ] at 1 = 1, not 2
    const inner = (x: Tensor): Tensor => grad((y: Tensor) => x.add(y))(constant(1));
    expect(grad((x: Tensor) => x.mul(inner(x)))(constant(1)).item()).toBe(1);
    // d/dx [ d/dy (x * y**2) at y = x ] = d/dx 2x**2 = 4x
    expect(grad((x: Tensor) => grad((y: Tensor) => x.mul(y.square()))(x))(constant(3)).item()).toBe(12);
  });

  test('leave the arguments as they were', () => {
    const p = params();
    grad(lossOf)(p);
    expect([p.w.requiresGrad, p.b.requiresGrad, p.w.grad]).toEqual([false, false, null]);
    const w = leaf([1, 2]);
    grad((x: Tensor) => x.square().sum())(w);
    expect(w.grad).toBeNull();
  });

  test('work inside noGrad, and then leave no graph', () => {
    const w = leaf([1, 2, 3]);
    const g = noGrad(() => grad((x: Tensor) => x.mul(w).square().sum())(w));
    expect(g.requiresGrad).toBe(false);
    // x alone is the variable: d/dx (x w)**2 = 2 x w**2, at x = w
    expectClose(numbers(g), [2, 16, 54]);
  });

  test('a noGrad inside the function cuts, as everywhere', () => {
    expect(grad((x: Tensor) => x.mul(noGrad(() => x.square())))(constant(3)).item()).toBe(9);
  });

  test('follow captured parameters outwards: the gradient is differentiable by them', () => {
    const w = leaf([2, 3], 'w');
    const g = grad((x: Tensor) => x.mul(w).square().sum())(constant([1, 1]));
    g.sum().backward();
    // g = 2 x w**2, dg/dw = 4 x w
    expectClose(numbers(w.grad), [8, 12]);
  });

  test('an argument that an outer graph made stays connected to it', () => {
    const w = leaf(3);
    const { value, grads } = valueAndGrad((x: Tensor) => x.pow(3))(w.square());
    expectClose([value.item(), grads.item()], [729, 243]);
    value.add(grads).backward();
    // value = w**6, grads = 3 w**4
    expectClose(numbers(w.grad), [6 * 243 + 12 * 27]);
  });

  test('give zeros for what the value does not depend on, integer tensors included', () => {
    const g = grad((p: readonly Tensor[]) => p[0].sum())([
      constant([1, 2]),
      constant([5]),
      constant([1], 'int32'),
    ]);
    expect(g.map(numbers)).toEqual([[1, 1], [0], [0]]);
    expect(numbers(grad(() => constant(1))(constant([1, 2])))).toEqual([0, 0]);
  });

  test('a leaf that requires a gradient is a variable of its own', () => {
    const w = leaf(2);
    expect(grad((x: Tensor) => x.mul(w))(w).item()).toBe(2);
  });
});

describe('vjp', () => {
  test('gives the value and a pullback that can be called again', () => {
    const x = constant([1, 2]);
    const { value, pullback } = vjp((t: Tensor) => t.square(), x);
    expect(numbers(value)).toEqual([1, 4]);
    expect(numbers(pullback(constant([1, 0])))).toEqual([2, 0]);
    expect(numbers(pullback(constant([0, 10])))).toEqual([0, 40]);
  });

  test('over a tree', () => {
    const { pullback } = vjp(({ w, b }: Params) => w.mul(b), params());
    const g = pullback(constant([1, 1, 1]));
    expectClose(numbers(g.w), [0.5, 0.5, 0.5]);
    expectClose(numbers(g.b), [2]);
  });

  test('is linear in the gradient and differentiable by it', () => {
    const { pullback } = vjp((t: Tensor) => t.square(), constant([1, 2]));
    const v = leaf([1, 1]);
    pullback(v).sum().backward();
    expect(numbers(v.grad)).toEqual([2, 4]);
  });
});

describe('jvp and hvp', () => {
  test('jvp is the derivative in a direction, over a tree', () => {
    const tangent = { w: constant([1, 0, -1]), b: constant(2) };
    const { value, tangent: slope } = jvp(({ w, b }: Params) => w.square().mul(b), params(), tangent);
    expectClose(numbers(value), [0.5, 2, 4.5]);
    // 2 w b dw + w**2 db
    expectClose(numbers(slope), [1 + 2, 8, -3 + 18]);
  });

  test('jvp of a constant function is zero', () => {
    const { tangent } = jvp(() => constant([1, 2]), constant(3), constant(1));
    expect(numbers(tangent)).toEqual([0, 0]);
  });

  test('jvp of jvp is the second derivative in a direction', () => {
    const one = constant(1);
    const d = (x: Tensor): Tensor => jvp((t: Tensor) => t.pow(4), x, one).tangent;
    expectClose(numbers(jvp(d, constant(2), one).tangent), [48]);
  });

  test('hvp equals the Hessian times the vector', () => {
    const f = (x: Tensor): Tensor =>
      x
        .pow(3)
        .sum()
        .add(x.select(0, 0).mul(x.select(0, 1)));
    const x = constant([1, 2]);
    const v = constant([3, -1]);
    const h = hessian(f)(x);
    expectClose(numbers(h), [6, 1, 1, 12]);
    expectClose(numbers(hvp(f, x, v).product), [6 * 3 - 1, 3 - 12]);
  });

  test('hvp over a tree, and of a linear function', () => {
    const { product } = hvp(lossOf, params(), { w: constant([1, 0, 0]), b: constant(1) });
    expectClose(numbers(product.w), [1 + 2, -4, 6]);
    expectClose(numbers(product.b), [2 + Math.exp(0.5)]);
    expect(numbers(hvp((x: Tensor) => x.sum(), constant([1, 2]), constant([1, 1])).product)).toEqual([0, 0]);
  });

  test('their results follow captured parameters', () => {
    const w = leaf(3);
    jvp((x: Tensor) => x.square().mul(w), constant(2), constant(1)).tangent.backward();
    expect(w.grad?.item()).toBe(4);
  });
});

describe('jacobian and hessian', () => {
  test('jacobian: shape of the output, then of the input', () => {
    const j = jacobian((x: Tensor) => x.square())(
      constant([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(j.shape).toEqual([2, 2, 2, 2]);
    expectClose(numbers(j), [2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 6, 0, 0, 0, 0, 8]);
  });

  test('jacobian over a tree, of scalars, and of an empty output', () => {
    const j = jacobian(({ w, b }: Params) => w.mul(b))(params());
    expect(j.w.toArray()).toEqual([
      [0.5, 0, 0],
      [0, 0.5, 0],
      [0, 0, 0.5],
    ]);
    expect(numbers(j.b)).toEqual([1, -2, 3]);
    expect(jacobian((x: Tensor) => x.exp())(constant(0)).shape).toEqual([]);
    expect(jacobian((x: Tensor) => x.slice(0, { end: 0 }))(constant([1, 2])).shape).toEqual([0, 2]);
  });

  test('hessian over a tree: for each tensor a tree of mixed derivatives', () => {
    const h = hessian(lossOf)(params()) as unknown as Record<'w' | 'b', Record<'w' | 'b', Tensor>>;
    expectClose(numbers(h.w.w), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expectClose(numbers(h.w.b), [2, -4, 6]);
    expectClose(numbers(h.b.w), [2, -4, 6]);
    expectClose(numbers(h.b.b), [Math.exp(0.5)]);
  });

  test('both are differentiable again, and follow captured parameters', () => {
    const w = leaf(2);
    jacobian((x: Tensor) => x.mul(w).square())(constant([1, 3]))
      .sum()
      .backward();
    // diagonal 2 x w**2: derivative 4 x w, summed
    expectClose(numbers(w.grad), [32]);
    const third = grad((x: Tensor) => hessian((t: Tensor) => t.pow(3).sum())(x).sum())(constant([1, 2]));
    expectClose(numbers(third), [6, 6]);
  });
});

describe('functional forms refuse', () => {
  test.each<[string, () => unknown, string, string]>([
    [
      'no function',
      () => valueAndGrad(3 as never),
      'ArgumentError',
      'valueAndGrad: expected a function of tensors, got 3.',
    ],
    [
      'no function',
      () => vjp(null as never, constant(1)),
      'ArgumentError',
      'vjp: expected a function of tensors, got null.',
    ],
    [
      'a result that is no tensor',
      () => grad((() => 3) as never)(constant(1)),
      'ArgumentError',
      'grad: the function must return a tensor, it returned 3.',
    ],
    [
      'a result of several elements',
      () => grad((x: Tensor) => x.mul(2))(constant([1, 2])),
      'ShapeError',
      'grad: the function must return a single number, it returned shape [2]. Reduce it (sum, mean), or use jacobian or vjp.',
    ],
    [
      'arguments that are no tree',
      () => grad((x: Tensor) => x)([constant(1), new Map()] as never),
      'ArgumentError',
      'grad: expected a tensor, or arrays and plain objects of tensors, got Map at 1.',
    ],
    [
      'a gradient of another shape',
      () => vjp((x: Tensor) => x, constant([1, 2])).pullback(constant([1])),
      'ShapeError',
      'vjp: the gradient of the output has shape [1], expected [2], that of what it belongs to.',
    ],
    [
      'a tangent of another form',
      () => jvp((p: readonly Tensor[]) => p[0], [constant(1), constant(2)], [constant(1)]),
      'ArgumentError',
      'jvp: the tangent has 1 tensors, expected 2: it must have the form of what it belongs to.',
    ],
    [
      'a vector of another shape',
      () => hvp((x: Tensor) => x.sum(), constant([1, 2]), constant([1, 2, 3])),
      'ShapeError',
      'hvp: the vector has shape [3], expected [2], that of what it belongs to.',
    ],
    [
      'a jacobian of no tensor',
      () => jacobian((() => 'x') as never)(constant(1)),
      'ArgumentError',
      "jacobian: the function must return a tensor, it returned 'x'.",
    ],
    [
      'an async function',
      () => grad((async (x: Tensor) => x) as never)(constant(1)),
      'ArgumentError',
      'grad: the function must return a tensor, it returned Promise.',
    ],
  ])('%s (%#)', (_, run, name, message) => {
    expect(errorOf(run)).toEqual({ name, message });
  });
});
