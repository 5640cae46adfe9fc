import { describe, expect, test } from 'vitest';
import { infoOf, opNames } from '../../samples/index.js';
import * as autograd from '../../src/index.js';
import { Tensor } from '../../src/index.js';
import { argumentsOf, call, callsOf, Draw, firstDifference, plain, tensorsOf } from './support.js';

/** Exported functions that are no ops. */
const notOps = [
  'allclose',
  'checkpoint',
  'defineOp',
  'detectAnomaly',
  'enableGrad',
  'equal',
  'flattenTree',
  'fuse',
  'getThreads',
  'grad',
  'hessian',
  'hvp',
  'jacobian',
  'jvp',
  'keep',
  'manualSeed',
  'mapTree',
  'noGrad',
  'profile',
  'recordFunction',
  'scope',
  'setThreads',
  'show',
  'showShape',
  'toDot',
  'toMermaid',
  'unflattenTree',
  'value',
  'valueAndGrad',
  'vjp',
];

/** Methods of tensors that are no ops: reading, graph, changes in place. */
const notOpMethods = [
  'add_',
  'allclose',
  'assign',
  'backward',
  'constructor',
  'data',
  'div_',
  'equal',
  'fill_',
  'item',
  'mul_',
  'registerHook',
  'requiresGrad_',
  'retainGrad',
  'sub_',
  'toArray',
  'toString',
  'toTypedArray',
  'zero_',
];

const isClass = (f: unknown): boolean =>
  typeof f === 'function' && /^class\b/.test(Function.prototype.toString.call(f));

// Creating a tensor attaches the methods.
autograd.tensor(0);
const prototype = Tensor.prototype as unknown as Record<string, unknown>;
const methods = Object.getOwnPropertyNames(Tensor.prototype).filter(
  key => typeof Object.getOwnPropertyDescriptor(Tensor.prototype, key)?.value === 'function',
);

test('every exported function is an op with samples, or listed as no op', () => {
  const functions = Object.entries(autograd)
    .filter(([, f]) => typeof f === 'function' && !isClass(f))
    .map(([key]) => key);
  expect(functions.filter(key => !notOps.includes(key)).sort()).toEqual([...opNames].sort());
});

test('samples call the function that is exported under their name', () => {
  const exported = new Map(Object.entries(autograd));
  for (const name of opNames) expect(infoOf(name).op, name).toBe(exported.get(name));
});

test('every op is a method, but for those that say why not', () => {
  const missing = opNames.filter(name => infoOf(name).noMethod === undefined && !methods.includes(name));
  expect(missing).toEqual([]);
  const unexpected = opNames.filter(name => infoOf(name).noMethod !== undefined && methods.includes(name));
  expect(unexpected).toEqual([]);
});

test('every method is an op, or listed as none', () => {
  expect(
    methods.filter(key => !notOpMethods.includes(key) && !(opNames as readonly string[]).includes(key)),
  ).toEqual([]);
});

describe('methods give what functions give', () => {
  test.each(opNames.filter(name => infoOf(name).noMethod === undefined))('%s', name => {
    let called = 0;
    for (const label of callsOf(name, true)) {
      const [first, ...rest] = argumentsOf(name, label, new Draw(11));
      if (!(first instanceof Tensor)) continue;
      called++;
      const method = prototype[name] as (...args: unknown[]) => unknown;
      const actual = tensorsOf(method.apply(first, rest)).map(plain);
      const expected = tensorsOf(call(infoOf(name).op, [first, ...rest])).map(plain);
      expect(firstDifference(actual, expected, 0), label).toBe(null);
      expect(actual.map(x => x.dtype)).toEqual(expected.map(x => x.dtype));
    }
    expect(called).toBeGreaterThan(0);
  });
});
