import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseProgram } from '../examples/support/program.js';

const defaults = { epochs: 3, lr: 0.1, out: 'out/test', batch: 32 };

test('parseProgram: defaults, what is given, and options of the example itself', () => {
  expect(parseProgram(defaults, [])).toEqual({
    epochs: 3,
    lr: 0.1,
    seed: 0,
    batch: 32,
    out: resolve('out/test'),
    checkpoint: undefined,
    resume: undefined,
  });
  const given = parseProgram(defaults, ['--batch', '8', '--seed', '5', '--lr', '0.5', '--resume', 'file']);
  expect(given).toMatchObject({ batch: 8, seed: 5, lr: 0.5, resume: 'file' });
  const batch: number = given.batch;
  expect(batch).toBe(8);
});

test('parseProgram: an option whose default is no whole number takes any positive one', () => {
  const options = { ...defaults, temperature: 0.8 };
  expect(parseProgram(options, []).temperature).toBe(0.8);
  expect(parseProgram(options, ['--temperature', '1.25']).temperature).toBe(1.25);
  expect(parseProgram(options, ['--temperature', '2', '--lr', '1'])).toMatchObject({ temperature: 2, lr: 1 });
  expect(() => parseProgram(options, ['--temperature', 'hot'])).toThrow(
    "--temperature is 'hot'; expected a positive number.",
  );
  expect(() => parseProgram(options, ['--temperature', '0'])).toThrow('expected a positive number');
});

test('parseProgram refuses what is no number for a number', () => {
  expect(() => parseProgram(defaults, ['--batch', '0'])).toThrow(
    "--batch is '0'; expected a whole number from 1.",
  );
  expect(() => parseProgram(defaults, ['--epochs', 'x'])).toThrow(
    "--epochs is 'x'; expected a whole number from 1.",
  );
  expect(() => parseProgram(defaults, ['--lr=-1'])).toThrow("--lr is '-1'; expected a positive number.");
});
