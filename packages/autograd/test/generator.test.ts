import { Generator, manualSeed, rand, randn, type Tensor } from '@fluxion/autograd';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorOf, numbers } from './support/helpers.js';

type Kind = 'uniform' | 'normal';
const from = (generator: Generator, kind: Kind, n: number): number[] =>
  numbers((kind === 'uniform' ? rand : randn)([n], { generator, dtype: 'float64' }) as Tensor);
const draw = (seed: number, n: number, kind: Kind = 'uniform'): number[] =>
  from(new Generator(seed), kind, n);

describe('Generator', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    expect(draw(7, 20)).toEqual(draw(7, 20));
    expect(draw(7, 20)).not.toEqual(draw(8, 20));
    expect(draw(2 ** 32, 5)).not.toEqual(draw(0, 5));
    expect(draw(2 ** 53 - 1, 5)).toEqual(draw(2 ** 53 - 1, 5));
  });

  test('number i depends on the seed and i alone: how the draws are cut does not matter', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 6 }), (seed, sizes) => {
        for (const kind of ['uniform', 'normal'] as const) {
          const generator = new Generator(seed);
          const pieces = sizes.flatMap(n => from(generator, kind, n));
          expect(pieces).toEqual(draw(seed, pieces.length, kind));
          expect(generator.state).toEqual({ key: [seed, 0], counter: pieces.length });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('state can be saved, cloned, posted, and set again', () => {
    const a = new Generator(3);
    from(a, 'normal', 11);
    const saved = structuredClone(a.state);
    const next = from(a, 'uniform', 5);
    const b = new Generator();
    b.state = saved;
    expect(from(b, 'uniform', 5)).toEqual(next);
    expect(b.state).toEqual(a.state);
  });

  test('a state given to another generator is not shared with it', () => {
    const a = new Generator(3);
    const b = new Generator();
    b.state = a.state;
    from(b, 'uniform', 4);
    expect(a.state.counter).toBe(0);
  });

  test('the key is the seed in two words', () => {
    expect(new Generator(5 * 2 ** 32 + 9).state).toEqual({ key: [9, 5], counter: 0 });
  });

  test('uniform lies in [0, 1), normal has mean 0 and variance 1', () => {
    const u = draw(1, 20_000);
    expect(Math.min(...u)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...u)).toBeLessThan(1);
    const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
    // Five standard errors.
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000));
    const n = draw(2, 20_000, 'normal');
    expect(Math.abs(mean(n))).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(mean(n.map(v => v * v)) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
  });

  test('functions draw from the default generator, which manualSeed seeds, or from a given one', () => {
    manualSeed(11);
    const a = numbers(rand([4]) as Tensor);
    const b = numbers(randn([4]) as Tensor);
    manualSeed(11);
    expect(numbers(rand([4]) as Tensor)).toEqual(a);
    const generator = new Generator(11);
    rand([4], { generator });
    expect(numbers(randn([4], { generator }) as Tensor)).toEqual(b);
    expect(numbers(randn([4]) as Tensor)).toEqual(b);
  });
});

describe('Generator refuses', () => {
  test.each([-1, 0.5, Number.NaN, 2 ** 53, '1' as never])('the seed %s', seed => {
    const before = manualSeed(4).state;
    expect(errorOf(() => new Generator(seed))).toMatchObject({ name: 'ArgumentError' });
    expect(errorOf(() => manualSeed(seed)).message).toMatch(
      /^manualSeed: seed .+ is not a whole number from 0 to 2\*\*53 - 1\.$/,
    );
    expect(manualSeed(4).state).toEqual(before);
  });

  test('what is no generator', () => {
    expect(errorOf(() => rand([2], { generator: 7 as never }))).toEqual({
      name: 'ArgumentError',
      message: 'rand: expected a Generator, got 7: new Generator(seed).',
    });
  });

  test('a state that is none, and stays as it was', () => {
    const generator = new Generator(4);
    for (const state of [
      null,
      { key: [1], counter: 0 },
      { key: [1, 2], counter: -1 },
      { key: [1, 2 ** 32], counter: 0 },
    ])
      expect(
        errorOf(() => {
          generator.state = state as never;
        }),
      ).toMatchObject({
        name: 'ArgumentError',
        message: expect.stringMatching(/^Generator: expected a state/),
      });
    expect(generator.state).toEqual({ key: [4, 0], counter: 0 });
  });
});
