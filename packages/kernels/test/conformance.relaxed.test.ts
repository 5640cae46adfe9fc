import { describe, expect, test } from 'vitest';
import { kernels } from '../src/index.js';
import { createWasm } from '../src/wasm/index.js';
import { supports } from '../src/wasm/load.js';
import { conformance } from './conformance/index.js';

if (supports('wasm-relaxed')) {
  conformance(() => createWasm({ relaxed: true }), { name: 'wasm-relaxed', fused: true });
} else {
  describe.skip('conformance of wasm-relaxed', () => {
    test('skipped: without a flag this engine does not validate relaxed SIMD (Node 22 and later do); `npm run unit:relaxed` sets it', () => {});
  });
}

// Else that run would test the baseline build a second time.
const flagged = process.execArgv.some(option => option.endsWith('wasm-relaxed-simd'));
test.runIf(flagged)('vitest.relaxed.config.ts makes the relaxed build the default', () => {
  expect(kernels().name).toBe('wasm-relaxed');
});
