import { fuse, grad, onesLike, sum, type Tensor } from '@fluxion/autograd';
import { kernels, useKernels } from '@fluxion/kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradcheck, gradgradcheck } from '../../gradcheck/src/index.js';
import { createReference } from '../../kernels/src/reference/index.js';
import { constant, errorOf, expectClose, leaf, numbers } from './support/helpers.js';
import { metered } from './support/meter.js';

const square = (x: Tensor, y: Tensor): Tensor => x.sub(y).square() as Tensor;

/** A tensor that broadcasts to the shape: some dims may be 1, leading ones absent, and it may be a view. */
function part(shape: readonly number[], ones: readonly boolean[], drop: number, seed: number): Tensor {
  const own = shape.map((size, d) => (ones[d] ? 1 : size)).slice(drop);
  const size = own.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i));
  if (seed % 3 !== 0 || own.length < 2) return constant(data).reshape(own) as Tensor;
  const swapped = [...own.slice(0, -2), own[own.length - 1], own[own.length - 2]];
  return (constant(data).reshape(swapped) as Tensor).transpose(-1, -2) as Tensor;
}

const cases = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }).chain(shape =>
  fc.record({
    shape: fc.constant(shape),
    dims: fc.oneof(
      fc.constant(undefined),
      ...(shape.length === 0
        ? []
        : [
            fc.integer({ min: -shape.length, max: shape.length - 1 }),
            fc.subarray(
              shape.map((_, d) => d),
              { minLength: 1 },
            ),
          ]),
    ),
    keepdim: fc.boolean(),
    ones: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 2 }),
    drop: fc.integer({ min: 0, max: shape.length }),
    seed: fc.integer({ min: 0, max: 1000 }),
  }),
);

/** Value and gradients by a random cotangent. */
function passes(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): [number[], Tensor] {
  const leaves = inputs.map(x => (x.detach() as Tensor).requiresGrad_());
  const out = f(...leaves);
  const weight = constant(Array.from({ length: out.size }, (_, i) => Math.cos(1 + i))).reshape(out.shape);
  const grads = grad(out.mul(weight).sum(), leaves);
  return [[out, ...grads].flatMap(numbers), out];
}

describe('fuse with sums at the end', () => {
  test('equals the composition within 1e-12: value and gradients over any dims, broadcast inputs, any strides', () => {
    fc.assert(
      fc.property(cases, ({ shape, dims, keepdim, ones, drop, seed }) => {
        const x = part(shape, ones[0], 0, seed);
        const y = part(shape, ones[1], drop, seed + 1);
        for (const name of ['sum', 'mean'] as const) {
          const body = (a: Tensor, b: Tensor): Tensor => square(a, b)[name](dims, { keepdim }) as Tensor;
          const fused = fuse(body);
          const [expected, like] = passes(body, [x, y]);
          for (let again = 0; again < 2; again++) {
            const [actual, out] = passes(fused as never, [x, y]);
            expect(out.shape).toEqual(like.shape);
            expectClose(actual, expected);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is one kernel call forward, and one backward', () => {
    metered(meter => {
      const loss = fuse((x: Tensor, y: Tensor) => square(x, y).mean() as Tensor);
      const x = leaf([1, 2, 3]);
      const y = constant([3, 2, 4]);
      const step = (): Tensor => loss(x, y);
      step().backward();
      meter.calls.clear();
      const out = step();
      expect(Object.fromEntries(meter.calls)).toEqual({ allocate: 1, run: 1 });
      meter.calls.clear();
      x.grad = null;
      out.backward();
      expect(meter.calls.get('run')).toBe(1);
      expect(meter.calls.has('reduce')).toBe(false);
    });
  });

  test('goes on with the sums: a root, a quotient, numbers that change', () => {
    const norm = (x: Tensor, k: number): Tensor => x.square().sum(-1).add(1).sqrt().mul(k) as Tensor;
    const weighted = (x: Tensor, w: Tensor): Tensor => x.mul(w).sum().div(w.square().sum()) as Tensor;
    const x = part([3, 4], [false, false], 0, 1);
    const w = part([3, 4], [true, false], 0, 2);
    const fused = fuse(norm as never) as unknown as typeof norm;
    for (const k of [2, -3]) expectClose(passes(a => fused(a, k), [x])[0], passes(a => norm(a, k), [x])[0]);
    expectClose(numbers(fuse(weighted)(x, part([3, 4], [false, false], 0, 5))), [
      weighted(x, part([3, 4], [false, false], 0, 5)).item(),
    ]);
    expect(errorOf(() => fuse(weighted)(x, w))).toEqual({
      name: 'ShapeError',
      message:
        'fuse: the function sums tensors of shapes [3, 4] and [1, 4]; in one pass they must be the same. Fuse them apart.',
    });
  });

  test('derivatives of any order', () => {
    const body = (x: Tensor, y: Tensor): Tensor => x.mul(y).tanh().sum(0).add(2).sqrt() as Tensor;
    const fused = fuse(body);
    const x = part([3, 4], [false, false], 0, 1);
    const y = part([3, 4], [true, false], 1, 2);
    expect(gradcheck((a: Tensor, b: Tensor) => fused(a, b), [x, y]).ok).toBe(true);
    expect(gradgradcheck((a: Tensor, b: Tensor) => fused(a, b), [x, y]).ok).toBe(true);
    const third = (f: (a: Tensor) => Tensor): number[] => {
      const a = (x.detach() as Tensor).requiresGrad_();
      let out = f(a).sum() as Tensor;
      for (let i = 0; i < 3; i++) [out] = grad(out.sum(), [a], { createGraph: true });
      return numbers(out);
    };
    expectClose(
      third(a => fused(a, y)),
      third(a => body(a, y)),
    );
  });

  test('several results at once', () => {
    const body = (x: Tensor, y: Tensor): Tensor[] =>
      [x.mul(y).sum(1), x.square().mean(1), x.sub(y).sum(-1).exp()] as Tensor[];
    const fused = fuse(body);
    const x = part([3, 4], [false, false], 0, 1);
    const y = part([3, 4], [true, false], 1, 2);
    const all = (f: (a: Tensor, b: Tensor) => readonly Tensor[]) => (a: Tensor, b: Tensor) => {
      const [first, second, third] = f(a, b);
      return first.mul(second).add(third) as Tensor;
    };
    expectClose(passes(all(fused) as never, [x, y])[0], passes(all(body) as never, [x, y])[0]);
    const empty = constant([]).reshape([0, 4]) as Tensor;
    expect(fused(empty, y).map(t => t.shape)).toEqual([[0], [0], [0]]);
  });

  test('of more arguments than have a derivative in one kernel', () => {
    const body = (...xs: Tensor[]): Tensor => xs.reduce((a, b) => a.mul(b) as Tensor).mean(0) as Tensor;
    const xs = Array.from({ length: 17 }, (_, i) => part([3, 4], [i % 3 === 0, false], 0, i));
    expectClose(passes(fuse(body as never) as never, xs)[0], passes(body, xs)[0]);
  });

  test('of nothing: 0, and NaN for a mean', () => {
    const empty = leaf([]);
    const total = fuse((x: Tensor) => x.exp().sum() as Tensor)(empty);
    total.backward();
    expect([total.item(), empty.grad?.shape]).toEqual([0, [0]]);
    expect(fuse((x: Tensor) => x.exp().mean() as Tensor)(empty).item()).toBeNaN();
    const rows = constant([]).reshape([3, 0]) as Tensor;
    expect(numbers(fuse((x: Tensor) => x.sum(1) as Tensor)(rows))).toEqual([0, 0, 0]);
  });

  test('a number first, one element repeated, inputs that no sum reads', () => {
    const scaled = fuse((k: number, x: Tensor) => x.mul(k).sum() as Tensor);
    expect(scaled(3, constant([1, 2])).item()).toBe(9);
    expect(scaled(3, constant(2).expand([5]) as Tensor).item()).toBe(30);
    const second = fuse((_: Tensor, x: Tensor) => x.exp().sum() as Tensor);
    const unread = leaf([1, 2, 3, 4]);
    const x = leaf([0, 0]);
    second(unread, x).backward();
    expect([unread.grad, numbers(x.grad)]).toEqual([null, [1, 1]]);
    const outer = fuse((a: Tensor, b: Tensor) => a.mul(b).sum() as Tensor);
    expect(outer(constant([[1], [2]]), constant([[1, 10, 100]])).item()).toBe(333);
  });

  test('the same in the reference tier, and in float32 within 1e-6', () => {
    const body = (x: Tensor, y: Tensor): Tensor => square(x, y).exp().mean(0) as Tensor;
    const before = kernels();
    const run = (dtype: 'float32' | 'float64'): number[] => {
      const x = constant([0, 1, 2, 3, 4, 5].map(Math.sin), dtype).reshape([3, 2]) as Tensor;
      x.requiresGrad_();
      const out = fuse(body)(x, constant([0.5, 0.25], dtype));
      expect(out.dtype).toBe(dtype);
      return [out, ...grad(out, [x], { gradOutputs: [onesLike(out)] })].flatMap(numbers);
    };
    const here = run('float64');
    expectClose(run('float32'), here, 1e-6);
    useKernels(createReference());
    try {
      expectClose(run('float64'), here, 1e-14);
    } finally {
      useKernels(before);
    }
  });

  test('inside another fused function', () => {
    const inner = fuse((x: Tensor) => x.square().sum() as Tensor);
    const outer = fuse((x: Tensor) => inner(x).sqrt() as Tensor);
    const x = leaf([3, 4]);
    outer(x).backward();
    expectClose(numbers(x.grad), [0.6, 0.8]);
  });

  const x = constant([
    [1, 2],
    [3, 4],
  ]);
  test.each<[string, (x: Tensor) => Tensor | Tensor[], string, string]>([
    [
      'a tensor after a sum',
      x => x.div(x.sum()) as Tensor,
      'GraphError',
      'fuse: the function uses a tensor beside or after a sum: sums must be the last that is made of whole tensors. Call the rest outside.',
    ],
    [
      'a tensor beside a sum',
      x => [x.exp(), x.sum()] as Tensor[],
      'GraphError',
      'fuse: the function uses a tensor beside or after a sum: sums must be the last that is made of whole tensors. Call the rest outside.',
    ],
    [
      'a sum of a sum',
      x => x.sum(1).exp().sum() as Tensor,
      'GraphError',
      'fuse: the function sums what was summed before. Name all dims in one sum, or call the second one outside.',
    ],
    [
      'a sum for nothing',
      x => {
        x.sum();
        return x.exp() as Tensor;
      },
      'GraphError',
      'fuse: the function has a sum that no result is made of. Leave it out.',
    ],
    [
      'other dims in the same function',
      x => [x.sum(0), x.sum(1)] as Tensor[],
      'ShapeError',
      'fuse: the function sums over dims [0] and [1] of shape [2, 2]; in one pass they must be the same. Fuse them apart.',
    ],
    [
      'sums with keepdim and without',
      x => [x.sum(0), x.sum(0, { keepdim: true })] as Tensor[],
      'GraphError',
      'fuse: the function has sums with keepdim and without. Give all of them the same.',
    ],
    [
      'a dim that there is not',
      x => x.sum(2) as Tensor,
      'IndexError',
      'fuse: dim 2 is outside the range of a tensor with 2 dims: expected a whole number from -2 to 1.',
    ],
    [
      'another reduction',
      x => x.amax() as Tensor,
      'GraphError',
      'fuse: the function calls amax, which does not work element by element. Call it outside.',
    ],
    [
      'an op that chooses its dims by the shape',
      x => x.norm() as Tensor,
      'GraphError',
      'fuse: the function calls an op that sums over dims of its own choice. Call it outside, or write it with sum and mean.',
    ],
    [
      'a number read from a tensor',
      x => x.sum().mul((x as Tensor<[]>).item()) as Tensor,
      'GraphError',
      'fuse: the function computes a number from the shape of a tensor, or computes another one at each call. It would be fixed from the first call on: pass it as an argument.',
    ],
    [
      'a number made of the shape',
      x => x.sum().div(x.size) as Tensor,
      'GraphError',
      'fuse: the function computes a number from the shape of a tensor, or computes another one at each call. It would be fixed from the first call on: pass it as an argument.',
    ],
  ])('refuses %s', (_, fn, name, message) => {
    const fused = fuse(fn as never) as unknown as typeof fn;
    for (let again = 0; again < 2; again++) expect(errorOf(() => fused(x))).toEqual({ name, message });
    expect(leaf(1).mul(2).requiresGrad).toBe(true);
  });

  test('refuses a sum of numbers alone', () => {
    const fused = fuse((t: Tensor, k: number) => t.sum().add(sum(k as never)) as Tensor);
    expect(errorOf(() => fused(x, 3))).toEqual({
      name: 'GraphError',
      message:
        'fuse: the function sums what is made of numbers alone. Multiply by how many there are instead.',
    });
  });

  test('assign refuses sums', () => {
    const total = fuse((t: Tensor) => t.sum() as Tensor);
    expect(errorOf(() => total.assign([x], x))).toEqual({
      name: 'ArgumentError',
      message:
        'fuse: the function ends in a sum, and assign writes over all elements. Call it instead, and copy the result.',
    });
  });
});
