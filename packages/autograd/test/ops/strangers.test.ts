import { describe, expect, test } from 'vitest';
import { infoOf, type OpName, opNames } from '../../samples/index.js';
import { FluxionError, Tensor } from '../../src/index.js';
import { argumentsOf, call, callsOf, Draw } from './support.js';

/** Ops that do something else, with the reason. */
const exceptions: Readonly<Partial<Record<OpName, string>>> = {
  einsum: 'operands that are undefined are left out, and the message says how many there are',
};

/** The arguments with something else in the place of the first tensor, in lists and options as well. */
function without(args: readonly unknown[], stranger: unknown): readonly unknown[] | null {
  let found = false;
  const replaced = (value: unknown): unknown => {
    if (found) return value;
    if (value instanceof Tensor) {
      found = true;
      return stranger;
    }
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, replaced(v)]));
    return value;
  };
  const list = args.map(replaced);
  return found ? list : null;
}

function thrownBy(name: OpName, args: readonly unknown[]): unknown {
  try {
    call(infoOf(name).op, args);
  } catch (error) {
    return error;
  }
  return null;
}

const withTensors = opNames.filter(name =>
  callsOf(name).some(label => without(argumentsOf(name, label, new Draw(1)), null) !== null),
);

describe('what is no tensor is refused by the name of the op', () => {
  test.each(withTensors.filter(name => exceptions[name] === undefined))('%s', name => {
    for (const label of callsOf(name)) {
      for (const [stranger, shown] of [
        [undefined, 'undefined'],
        [[1, 2], '[1, 2]'],
      ] as const) {
        const args = without(argumentsOf(name, label, new Draw(1)), stranger);
        if (args === null) continue;
        const error = thrownBy(name, args);
        expect(error, `${label}, ${shown}`).toBeInstanceOf(FluxionError);
        const { message } = error as Error;
        expect(message.slice(0, name.length + 1), message).toBe(`${name}:`);
        expect(message, label).toContain(shown);
      }
    }
  });

  test('exceptions are ops that take tensors', () => {
    expect(Object.keys(exceptions).filter(name => !withTensors.includes(name as OpName))).toEqual([]);
  });
});
