import { describe, test } from 'vitest';
import { createWasm } from '../src/wasm/index.js';
import { supports } from '../src/wasm/load.js';
import { conformance } from './conformance/index.js';

conformance(() => createWasm({ relaxed: false }), { name: 'wasm' });

if (supports('wasm-relaxed')) {
  conformance(() => createWasm({ relaxed: true }), { name: 'wasm-relaxed', fused: true });
} else {
  // Node 20 has it behind a flag: vitest run --pool=forks --execArgv=--experimental-wasm-relaxed-simd packages/kernels/test/conformance.wasm
  describe.skip('conformance of wasm-relaxed', () => {
    test('skipped: this engine does not validate relaxed SIMD (Node 22 and later do)', () => {});
  });
}
