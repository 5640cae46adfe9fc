import { ArgumentError, grad, randn, ShapeError, type Tensor, tensor } from '@fluxion/autograd';
import { Module } from '@fluxion/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { l1, l2 } from '../src/index.js';

const float64 = (values: readonly number[]): Tensor => tensor(Float64Array.from(values));
const list = fc.array(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
});
const strengths = fc.double({ min: 0, max: 3, noNaN: true });

describe.each([
  ['l1', l1, Math.abs, Math.sign],
  ['l2', l2, (w: number) => w * w, (w: number) => 2 * w],
] as const)('%s', (name, penalty, of, slope) => {
  test('by property: the sum over all elements times the strength, and its gradients, to 1e-12', () => {
    fc.assert(
      fc.property(list, strengths, (values, s) => {
        const params = values.map(v => float64(v).requiresGrad_());
        const strength = tensor(s, { dtype: 'float64' }).requiresGrad_();
        const sum = values.flat().reduce((a, w) => a + of(w), 0);
        const result = penalty(params, s);
        expect(result.shape).toEqual([]);
        expect(Math.abs(result.item() - s * sum)).toBeLessThanOrEqual(1e-12 * (1 + s * sum));
        const learned = penalty(params, strength);
        expect(learned.item()).toBe(result.item());
        const [toStrength, ...toParams] = grad(learned, [strength, ...params]);
        expect(Math.abs(toStrength.item() - sum)).toBeLessThanOrEqual(1e-12 * (1 + sum));
        values.forEach((v, i) => {
          const got = toParams[i].toTypedArray();
          v.forEach((w, j) => {
            expect(Math.abs(got[j] - s * slope(w))).toBeLessThanOrEqual(1e-12 * (1 + s * Math.abs(slope(w))));
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  test('takes a tensor, an array, any iterable, and trees', () => {
    const a = randn([2, 3], { dtype: 'float64' });
    const b = randn([4], { dtype: 'float64' });
    const want = penalty([a, b], 0.5).item();
    expect(penalty(new Set([a, b]), 0.5).item()).toBe(want);
    expect(penalty({ fc: { weight: a, bias: b } }, 0.5).item()).toBe(want);
    expect(penalty([{ a }, [b]], 0.5).item()).toBe(want);
    expect(penalty(a, 0.5).item() + penalty(b, 0.5).item()).toBeCloseTo(want, 12);
  });

  test('of the parameters of a module, added to a loss', () => {
    class Net extends Module {
      w: Tensor = tensor([1, -2], { requiresGrad: true });
      override forward(x: Tensor): Tensor {
        return x.mul(this.w).sum();
      }
    }
    const net = new Net();
    net
      .forward(tensor([10, 20]))
      .add(penalty(net.parameters(), 0.25))
      .backward();
    expect(net.w.grad?.toArray()).toEqual([10 + 0.25 * slope(1), 20 + 0.25 * slope(-2)]);
  });

  test('errors', () => {
    const w = tensor([1, 2]);
    expect(() => penalty([], 1)).toThrow(
      `${name}: there is no tensor to penalise. Give some, such as net.parameters().`,
    );
    for (const s of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1', undefined])
      expect(() => penalty(w, s as number)).toThrow(ArgumentError);
    expect(() => penalty(w, tensor([1, 2]))).toThrow(ShapeError);
    expect(() => penalty([w, 3 as never], 1)).toThrow('got 3 at 1.');
    expect(() => penalty({ fc: { weight: null as never } }, 1)).toThrow('got null at fc.weight.');
    class Net extends Module {
      override forward(): void {}
    }
    expect(() => penalty(new Net() as never, 1)).toThrow('got Net. For a module give net.parameters().');
  });
});

test('the derivative of l1 at 0 is 0', () => {
  const w = tensor([0, -0], { requiresGrad: true });
  l1(w, 3).backward();
  expect(w.grad?.add(0).toArray()).toEqual([0, 0]);
});
