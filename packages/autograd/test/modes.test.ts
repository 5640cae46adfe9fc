import { detectAnomaly, enableGrad, noGrad, scope } from '@fluxion/autograd';
import { describe, expect, test } from 'vitest';
import { errorOf, leaf } from './support/helpers.js';

describe('modes', () => {
  test('noGrad records nothing, enableGrad inside it does', () => {
    const x = leaf(2);
    noGrad(() => {
      expect(x.mul(2).requiresGrad).toBe(false);
      expect(enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
      expect(x.mul(2).requiresGrad).toBe(false);
    });
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test('they return what the function returns', () => {
    expect(noGrad(() => 7)).toBe(7);
    expect(detectAnomaly(() => 'a')).toBe('a');
  });

  test('a mode ends when the function throws', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(leaf(1).mul(2).requiresGrad).toBe(true);
  });

  test.each([
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['detectAnomaly', detectAnomaly],
  ])('%s refuses an async function before it runs', (name, mode) => {
    let ran = false;
    const error = errorOf(() =>
      mode(async () => {
        ran = true;
      }),
    );
    expect(error).toEqual({
      name: 'ArgumentError',
      message:
        `${name}: was given an async function, but the mode ends when the function returns its promise, and what runs after the first ` +
        `await would run without it. Give ${name} a synchronous function, and await outside it.`,
    });
    expect(ran).toBe(false);
    expect(leaf(1).mul(2).requiresGrad).toBe(true);
  });

  test.each([
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['detectAnomaly', detectAnomaly],
  ])('%s refuses a function that returns a promise, and swallows its rejection', async (name, mode) => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on('unhandledRejection', listen);
    expect(errorOf(() => mode(() => Promise.reject(new Error('late')))).message).toMatch(
      new RegExp(`^${name}: was given an async function`),
    );
    await new Promise(resolve => setTimeout(resolve, 5));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  test('what is no function', () => {
    expect(errorOf(() => noGrad(3 as never))).toEqual({
      name: 'ArgumentError',
      message: 'noGrad: expected a function to run, got number. Write noGrad(() => …).',
    });
  });

  test('scope refuses an async function, and says what would happen', () => {
    expect(errorOf(() => scope(async () => leaf(1)))).toEqual({
      name: 'ArgumentError',
      message:
        'scope: was given an async function; its tensors would be freed while it still runs. Give it a synchronous function, and await outside.',
    });
  });
});
