import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkGradients, checkSecondGradients } from '../../../gradcheck/src/index.js';
import { infoOf, opNames, toNaive } from '../../samples/index.js';
import { cat, Generator, GraphError, grad, jvp, randn, type Tensor, vjp } from '../../src/index.js';
import {
  argumentsOf,
  bind,
  call,
  callsOf,
  Draw,
  firstDifference,
  isFloating,
  type Plain,
  plain,
  tensorsOf,
} from './support.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const differentiable = opNames.filter(name => infoOf(name).noDerivative === undefined);
const others = opNames.filter(name => infoOf(name).noDerivative !== undefined);

/** Runs for each way of calling the op. */
const runs = { first: 5, second: 3, products: 3 };

describe.each(differentiable)('derivative of %s', name => {
  test.each(callsOf(name))('%s', label => {
    const check = (seed: number, judge: typeof checkGradients): void => {
      const { inputs, fn } = bind(infoOf(name), argumentsOf(name, label, new Draw(seed)));
      const report = judge(fn as () => object, inputs as never, { seed });
      expect(report.message).toMatch(/passed/);
      // Something was compared, unless there was nothing.
      if (inputs.some(x => x.size > 0)) expect(report.compared).toBeGreaterThan(0);
    };
    fc.assert(
      fc.property(seeds, seed => check(seed, checkGradients)),
      { numRuns: runs.first },
    );
    fc.assert(
      fc.property(seeds, seed => check(seed, checkSecondGradients)),
      { numRuns: runs.second },
    );
  });
});

test.each(differentiable)('%s: <v, J u> = <transposed J v, u> to 1e-11', name => {
  const dot = (a: readonly Tensor[], b: readonly Tensor[]): number => {
    let sum = 0;
    a.forEach((x, i) => {
      const y = b[i].toTypedArray();
      x.toTypedArray().forEach((v, j) => {
        sum += v * y[j];
      });
    });
    return sum;
  };
  fc.assert(
    fc.property(fc.constantFrom(...callsOf(name)), seeds, (label, seed) => {
      const { inputs, fn } = bind(infoOf(name), argumentsOf(name, label, new Draw(seed)));
      const flat = (xs: Tensor[]): Tensor =>
        cat(
          fn(...xs)
            .filter(isFloating)
            .map(t => t.reshape([-1 * Number(t.size > 0)])),
        ) as Tensor;
      const generator = new Generator(seed);
      const like = (x: Tensor): Tensor =>
        randn(x.shape as number[], { dtype: 'float64', generator }) as Tensor;
      const u = inputs.map(like);
      const pulled = vjp(flat, [...inputs]);
      const v = like(pulled.value);
      const left = dot([v], [jvp(flat, [...inputs], u).tangent]);
      const right = dot(pulled.pullback(v), u);
      expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(left)));
    }),
    { numRuns: runs.products * 2 },
  );
});

test.each(differentiable)(
  '%s: an input alone gets the gradient that it gets beside the others, to 1e-12',
  name => {
    for (const label of callsOf(name)) {
      const draw = new Draw(5);
      const { inputs, fn } = bind(infoOf(name), argumentsOf(name, label, draw));
      if (inputs.length < 2) continue;
      const weights = fn(...inputs)
        .filter(isFloating)
        .map(t => draw.tensor(t.shape));
      const gradients = (wanted: (i: number) => boolean): (Tensor | null)[] => {
        const given = inputs.map((x, i) => (x.detach() as Tensor).requiresGrad_(wanted(i)));
        const results = fn(...given).filter(isFloating);
        const followed = results.map((t, i) => ({ t, weight: weights[i] })).filter(({ t }) => t.requiresGrad);
        const targets = given.filter((_, i) => wanted(i));
        if (followed.length === 0) return targets.map(() => null);
        const gradOutputs = followed.map(({ weight }) => weight);
        return grad(
          followed.map(({ t }) => t),
          targets,
          { gradOutputs, allowUnused: true },
        );
      };
      const all = gradients(() => true);
      const numbers = (t: Tensor | null, like: Tensor): Plain =>
        t === null ? { ...plain(like), data: new Array<number>(like.size).fill(0) } : plain(t);
      inputs.forEach((x, i) => {
        const [alone] = gradients(k => k === i);
        expect(
          firstDifference([numbers(alone, x)], [numbers(all[i], x)], 1e-12),
          `${label}, input ${i}`,
        ).toBe(null);
      });
    }
  },
);

describe.each(others)('%s has no derivative', name => {
  const { noDerivative } = infoOf(name);

  test(`because ${noDerivative}`, () => {
    for (const label of callsOf(name)) {
      const { inputs, fn } = bind(infoOf(name), argumentsOf(name, label, new Draw(1)));
      const leaves = inputs.map(x => (x.detach() as Tensor).requiresGrad_());
      const results = fn(...leaves);
      for (const y of results) expect(y.requiresGrad).toBe(false);
      if (leaves.length === 0 || name === 'tensor' || name.endsWith('Like')) continue;
      // Whoever asks for a gradient is told where it was lost.
      const total = results[0].to('float64').sum();
      expect(() => grad(total, leaves)).toThrow(GraphError);
      expect(() => grad(total, leaves)).toThrow(
        name === 'detach'
          ? /the chain broke at a detach/
          : new RegExp(`the chain broke at ${name}, which has no derivative \\(`),
      );
    }
  });
});

test('every op has samples: a call with elements, one without, and a derivative or a reason', () => {
  for (const name of opNames) {
    const info = infoOf(name);
    const labels = callsOf(name);
    expect(labels.length, name).toBeGreaterThan(1);
    if (info.noDerivative !== undefined) expect(info.noDerivative, name).toMatch(/\w+ \w+/);
    const sizes = labels.map(label => {
      const args = argumentsOf(name, label, new Draw(3));
      return (
        Math.max(...tensorsOf([args, call(info.op, args)]).map(t => (t.size === 0 ? 0 : 1)), 0) +
        Number(tensorsOf([args, call(info.op, args)]).some(t => t.size === 0)) * 2
      );
    });
    expect(
      sizes.some(s => s === 1),
      `${name}: a call with elements`,
    ).toBe(true);
    expect(
      sizes.some(s => s >= 2),
      `${name}: a call without elements`,
    ).toBe(true);
    expect(toNaive([])).toEqual([]);
  }
});
