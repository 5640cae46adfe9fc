import { defineOp, detectAnomaly, linear, type Tensor } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { constant, errorOf, leaf, numbers } from './support/helpers.js';

describe('detectAnomaly', () => {
  test('finds the first op whose result is not finite, with the statistics of its inputs', () => {
    const x = constant([
      [1, -1],
      [4, 0],
    ]);
    expect(errorOf(() => detectAnomaly(() => x.mul(2).log().sum()))).toEqual({
      name: 'GraphError',
      message:
        'detectAnomaly: log returned NaN at position 1 of an output of shape [2, 2].\n' +
        '  input 0: float64 [2, 2], min -2, max 8, mean 2, 0 not finite\n' +
        'Look at the first input that is extreme or not finite.',
    });
  });

  test('reports infinities, numbers among the inputs, and inputs that are not finite themselves', () => {
    const x = constant([Number.NaN, 1]);
    expect(errorOf(() => detectAnomaly(() => constant([1, 0]).pow(-1))).message).toContain(
      'pow returned Infinity at position 1 of an output of shape [2].\n  input 0: float64 [2], min 0, max 1, mean 0.5, 0 not finite\n' +
        '  input 1: the number -1\n',
    );
    expect(errorOf(() => detectAnomaly(() => x.add(1))).message).toContain(
      'min 1, max 1, mean 1, 1 not finite',
    );
    const none = constant([Number.POSITIVE_INFINITY]);
    expect(errorOf(() => detectAnomaly(() => none.add(1))).message).toContain(
      'no finite entry, 1 not finite',
    );
  });

  test('finds the derivative that is not finite, and where the op was called', () => {
    const x = leaf([4, 0]);
    const { name, message } = errorOf(() =>
      detectAnomaly(() => {
        const y = x.sqrt();
        y.sum().backward();
      }),
    );
    expect(name).toBe('GraphError');
    expect(message).toMatch(
      /^detectAnomaly: the derivative of sqrt returned Infinity at position 1 of the gradient of input 0, shape \[2\]\.\n.*gradient that came in: float64 \[2\], min 1.*\n {2}output: float64 \[2\], min 0, max 2/,
    );
    expect(x.grad).toBeNull();
  });

  test('points at the call site of the op whose rule gave a NaN', () => {
    const bad = defineOp<[Tensor]>({
      name: 'bad',
      forward: ([x]) => x.mul(1) as Tensor,
      vjp: () => [constant([Number.NaN])],
    });
    const x = leaf([1]);
    const { message } = errorOf(() => detectAnomaly(() => callBad().sum().backward()));
    function callBad(): Tensor {
      return bad([x]);
    }
    expect(message).toContain(
      'detectAnomaly: the derivative of bad returned NaN at position 0 of the gradient of input 0, shape [1].\n' +
        '  gradient that came in: float64 [1], min 1, max 1, mean 1, 0 not finite\n' +
        '  input 0: float64 [1], min 1, max 1, mean 1, 0 not finite\n  output: float64 [1], min 1, max 1, mean 1, 0 not finite\nThe op was called at:\n',
    );
    expect(message).toContain('callBad');
    expect(message).toContain('anomaly.test.ts');
  });

  test('says nothing where all is finite, and ends with the function', () => {
    const x = leaf([1, 2]);
    detectAnomaly(() => x.exp().sum().backward());
    expect(numbers(x.grad)).toEqual(
      [Math.E, Math.E ** 2].map((v, i) => numbers(constant([1, 2]).exp())[i] ?? v),
    );
    expect(numbers(constant([0]).log())).toEqual([Number.NEGATIVE_INFINITY]);
  });

  test('shows what a bias was added to, which the sum would otherwise take the place of', () => {
    const x = constant([[1, 2]]);
    const { message } = errorOf(() =>
      detectAnomaly(() => linear(x, x, constant([Number.POSITIVE_INFINITY]))),
    );
    expect(message).toContain(
      'detectAnomaly: add returned Infinity at position 0 of an output of shape [1, 1]',
    );
    expect(message).toContain('  input 0: float64 [1, 1], min 5, max 5, mean 5, 0 not finite\n');
  });

  test('leaves integer and bool results alone', () => {
    expect(detectAnomaly(() => constant([Number.MAX_VALUE]).gt(0).sum().item())).toBe(1);
  });
});
