import { createWasm } from '../src/wasm/index.js';
import { conformance } from './conformance/index.js';

// Every kernel again, with budgets so small that nearly every operand has been evacuated by the time it is used.
conformance(
  () => createWasm({ relaxed: false, youngBytes: 1024, youngCount: 3, mostYoungCount: 3, oldBytes: 2048 }),
  {
    name: 'wasm whose heap is always short of room',
    runs: 5,
    long: { tiny: 5000, large: 20 },
  },
);
