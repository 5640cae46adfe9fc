import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type Kernels, kernels, useKernels } from '../../../kernels/src/index.js';
import { createReference } from '../../../kernels/src/reference/index.js';
import { createWasm } from '../../../kernels/src/wasm/index.js';
import { infoOf, type OpName, opNames } from '../../samples/index.js';
import { grad, onesLike, type Tensor } from '../../src/index.js';
import { argumentsOf, bind, callsOf, Draw, firstDifference, type Plain, plain } from './support.js';

const before = kernels();
const reference = createReference();
const wasm = createWasm();
afterAll(() => useKernels(before));

/** Storages of one tier are of no use to another: everything is made, run and read within one. */
function within<R>(tier: Kernels, fn: () => R): R {
  useKernels(tier);
  try {
    return fn();
  } finally {
    useKernels(before);
  }
}

function run(name: OpName, label: string, draw: () => Draw): Plain[] {
  const info = infoOf(name);
  const edge = info.edges?.[label] !== undefined;
  const { inputs, fn } = bind(edge ? { op: info.op } : info, argumentsOf(name, label, draw()));
  const leaves = edge ? inputs : inputs.map(x => (x.detach() as Tensor).requiresGrad_());
  const outputs = fn(...leaves);
  const followed = outputs.filter(y => y.requiresGrad);
  if (followed.length === 0) return outputs.map(plain);
  const options = { gradOutputs: followed.map(y => onesLike(y)), allowUnused: true };
  return [...outputs, ...grad(followed, leaves, options)].map(plain);
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe.each([
  ['float32', 1e-6],
  ['float64', 1e-14],
] as const)(
  '%s: the WebAssembly tier gives what the reference gives, values and gradients within %d of the largest element',
  (dtype, tolerance) => {
    test.each(opNames)('%s', name => {
      for (const label of callsOf(name, true))
        fc.assert(
          fc.property(seeds, fc.boolean(), (seed, strided) => {
            const draw = () => new Draw(seed, { dtype, strided });
            const expected = within(reference, () => run(name, label, draw));
            const actual = within(wasm, () => run(name, label, draw));
            expect(firstDifference(actual, expected, tolerance), label).toBe(null);
            expect(actual.map(x => x.dtype)).toEqual(expected.map(x => x.dtype));
          }),
          { numRuns: 2 },
        );
    });
  },
);
