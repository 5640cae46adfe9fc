import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** Node 20 has relaxed SIMD behind this flag. Node 22 and later have it without, where `vitest run` tests it, and may refuse the flag. */
const flag = '--experimental-wasm-relaxed-simd';

/** What drives kernels, once more with the relaxed build. */
const include = [
  'packages/kernels/test/conformance.relaxed.test.ts',
  'packages/kernels/test/conformance.threads.test.ts',
  'packages/kernels/test/threads/*.test.ts',
  'packages/autograd/test/goldens/goldens.test.ts',
  'packages/autograd/test/ops/tiers.test.ts',
  'packages/fluxion/test/counts.test.ts',
];

const merged = mergeConfig(
  base,
  defineConfig({
    test: {
      execArgv: [flag],
      // Of the golden cases those of the sample; the reference kernels are no other here.
      testNamePattern: /^(?!the same cases on the reference kernels|all cases in )/,
    },
  }),
);

export default { ...merged, test: { ...merged.test, include } };
