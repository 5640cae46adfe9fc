import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { infoOf, type OpName, opNames, toNaive } from '../../samples/index.js';
import type { Tensor } from '../../src/index.js';
import { grad, onesLike } from '../../src/index.js';
import {
  argumentsOf,
  bind,
  call,
  callsOf,
  type Dense,
  Draw,
  difference,
  firstDifference,
  isFloating,
  type Plain,
  plain,
  plainDense,
  tensorsOf,
} from './support.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const runs = 3;

function results(name: OpName, label: string, draw: Draw): Plain[] {
  return tensorsOf(call(infoOf(name).op, argumentsOf(name, label, draw))).map(plain);
}

/** Values, and the gradients of their sum (the derivative itself is checked elsewhere). */
function resultsAndGradients(name: OpName, label: string, draw: Draw): Plain[] {
  const { inputs, fn } = bind(infoOf(name), argumentsOf(name, label, draw));
  const leaves = inputs.map(x => (x.detach() as Tensor).requiresGrad_());
  const outputs = fn(...leaves);
  const followed = outputs.filter(y => y.requiresGrad);
  const grads =
    followed.length === 0
      ? []
      : grad(followed, leaves, { gradOutputs: followed.map(y => onesLike(y)), allowUnused: true });
  return [...outputs, ...grads].map(plain);
}

describe('values are those of a plain formula, float64 within 1e-12 of the largest element', () => {
  const described = opNames.filter(name => infoOf(name).naive !== undefined);

  test.each(described)('%s', name => {
    const naive = infoOf(name).naive as (...args: unknown[]) => Dense | readonly Dense[];
    for (const label of callsOf(name, true))
      fc.assert(
        fc.property(seeds, seed => {
          const args = argumentsOf(name, label, new Draw(seed));
          const actual = tensorsOf(call(infoOf(name).op, args)).map(plain);
          const expected = [naive(...(toNaive(args) as unknown[]))].flat() as Dense[];
          expect(firstDifference(actual, expected.map(plainDense), 1e-12), label).toBe(null);
        }),
        { numRuns: runs },
      );
  });

  test('only random ops have none', () => {
    expect(opNames.filter(name => !described.includes(name))).toEqual([
      'dropout',
      'gumbelSoftmax',
      'rand',
      'randn',
      'randLike',
      'randnLike',
      'randint',
      'randintLike',
      'randperm',
      'normal',
      'bernoulli',
      'multinomial',
      'exponential',
      'truncNormal',
    ]);
  });
});

describe('float32 agrees with float64, values and gradients within 2e-5 of the largest element', () => {
  // Random numbers of the two dtypes are others.
  test.each(opNames.filter(name => infoOf(name).naive !== undefined))('%s', name => {
    for (const label of callsOf(name))
      fc.assert(
        fc.property(seeds, seed => {
          const coarse = resultsAndGradients(name, label, new Draw(seed, { dtype: 'float32' }));
          const fine = resultsAndGradients(name, label, new Draw(seed));
          for (const [i, x] of coarse.entries())
            expect(x.dtype, label).toBe(fine[i].dtype.replace('float64', 'float32'));
          expect(firstDifference(coarse, fine, 2e-5), label).toBe(null);
        }),
        { numRuns: runs },
      );
  });
});

describe('strided inputs give what contiguous ones give, within 1e-14 of the largest element', () => {
  test.each(opNames)('%s', name => {
    for (const label of callsOf(name, true))
      fc.assert(
        fc.property(seeds, seed => {
          const strided = results(name, label, new Draw(seed, { strided: true }));
          expect(firstDifference(strided, results(name, label, new Draw(seed)), 1e-14), label).toBe(null);
          if (infoOf(name).edges?.[label] !== undefined) return;
          const both = [true, false].map(s =>
            resultsAndGradients(name, label, new Draw(seed, { strided: s })),
          );
          expect(firstDifference(both[0], both[1], 1e-14), label).toBe(null);
        }),
        { numRuns: runs },
      );
  });
});

describe('inputs stay as they were', () => {
  test.each(opNames)('%s', name => {
    for (const label of callsOf(name, true)) {
      const args = argumentsOf(name, label, new Draw(7, { strided: true }));
      const before = tensorsOf(args).map(plain);
      call(infoOf(name).op, args);
      tensorsOf(args).forEach((t, i) => {
        expect(difference(plain(t), before[i], 0), label).toBe(null);
      });
    }
  });
});

test('values that no gradient belongs to are not recorded', () => {
  for (const name of opNames)
    for (const label of callsOf(name))
      for (const y of tensorsOf(call(infoOf(name).op, argumentsOf(name, label, new Draw(1)))))
        expect(y.requiresGrad, `${name}, ${label}`).toBe(false);
});

test('floating point results of differentiable ops are recorded, others are not', () => {
  for (const name of opNames) {
    const info = infoOf(name);
    if (info.noDerivative !== undefined) continue;
    for (const label of callsOf(name)) {
      const { inputs, fn } = bind(info, argumentsOf(name, label, new Draw(1)));
      const leaves = inputs.map(x => (x.detach() as Tensor).requiresGrad_());
      for (const y of fn(...leaves)) expect(y.requiresGrad, `${name}, ${label}`).toBe(isFloating(y));
    }
  }
});
