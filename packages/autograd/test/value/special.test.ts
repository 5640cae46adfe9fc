import { describe, expect, test } from 'vitest';
import { ArgumentError, grad, polygamma, Tensor, tensor, type Value, value } from '../../src/index.js';

type Scalar = Value | Tensor;
type Method = (...args: readonly unknown[]) => Scalar;

/** Calls a method that Values and tensors share. */
function run(x: Scalar, name: string, ...args: readonly unknown[]): Scalar {
  return ((x as unknown as Record<string, Method>)[name] as Method).call(x, ...args);
}

function derivatives(f: (x: Scalar) => Scalar, at: number): { values: number[]; tensors: number[] } {
  const v = value(at);
  const y = f(v) as Value;
  const [dv] = grad(y, [v], { createGraph: true });
  const [second] = grad(dv, [v]);
  y.backward();
  const t = tensor(at, { dtype: 'float64', requiresGrad: true });
  const z = f(t) as Tensor;
  const [dt] = grad(z, [t], { createGraph: true });
  const [secondOfTensor] = grad(dt, [t]);
  return {
    values: [y.data, dv.data, second.data, v.grad],
    tensors: [z.item(), dt.item(), secondOfTensor.item(), dt.item()],
  };
}

function compare(f: (x: Scalar) => Scalar, at: number): void {
  const { values, tensors } = derivatives(f, at);
  values.forEach((v, i) => {
    expect(Math.abs(v - tensors[i])).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(tensors[i])));
  });
}

const unary = 'exp2 log2 log10 tan asin acos atan sinh cosh asinh atanh erfc erfinv lgamma digamma'.split(
  ' ',
);

describe('Values have the value and the derivatives of tensors, within 1e-12', () => {
  test.each(unary)('%s', name => compare(x => run(x, name), 0.37));
  test('acosh', () => compare(x => run(x, 'acosh'), 1.7));
  test.each('remainder fmod atan2 hypot logaddexp xlogy'.split(' '))('%s', name => {
    compare(x => run(run(x, 'mul', x), name, run(run(x, 'mul', 3), 'add', 1)), 0.9);
    compare(x => run(run(x, 'mul', x), name, 0.7), 0.9);
  });
  test('polygamma', () => {
    compare(x => (x instanceof Tensor ? polygamma(2, x) : x.polygamma(2)), 0.9);
    expect(() => value(1).polygamma(0.5)).toThrow(ArgumentError);
  });
  test('floorDiv', () => expect(value(1).floorDiv(0.1).data).toBe(9));
});
