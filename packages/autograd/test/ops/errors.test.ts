import { describe, expect, test } from 'vitest';
import { infoOf, opNames } from '../../samples/index.js';
import { FluxionError } from '../../src/index.js';

/** Ops that take whatever they are given. */
const never = ['atleast1d', 'atleast2d', 'atleast3d', 'clone', 'contiguous', 'detach', 'ravel'];

describe.each(opNames.filter(name => !never.includes(name)))('errors of %s', name => {
  const { errors } = infoOf(name);

  test('there are some', () => {
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors.map(e => e.label)).size).toBe(errors.length);
  });

  test.each(errors.map(e => [e.label, e] as const))('%s', (_, { call, error, message }) => {
    let thrown: unknown;
    try {
      call();
    } catch (e) {
      thrown = e;
    }
    expect(thrown).toBeInstanceOf(FluxionError);
    expect(thrown).toBeInstanceOf(error);
    expect((thrown as Error).name).toBe(error.name);
    expect((thrown as Error).message).toMatch(message);
  });
});
