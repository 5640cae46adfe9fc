import { createWasm } from '../src/wasm/index.js';
import { conformance } from './conformance/index.js';

conformance(() => createWasm({ relaxed: false }), { name: 'wasm' });
