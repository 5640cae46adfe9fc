import { startThreads } from '../src/threads/index.js';
import { createWasm } from '../src/wasm/index.js';
import { conformance } from './conformance/index.js';

// Everything that can be divided is, however small.
for (const count of [2, 3]) {
  const kernels = createWasm();
  await startThreads(() => kernels, count, { least: 0 });
  conformance(() => kernels, {
    name: `${kernels.name} on ${count} threads`,
    fused: kernels.name === 'wasm-relaxed',
    runs: 12,
  });
}
