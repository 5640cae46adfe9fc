import { createRequire } from 'node:module';
import '@tensorflow/tfjs-backend-cpu';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Side } from '../../harness/types.js';
import { adam, elementwise, matmul, tinyGraph } from './arrays.js';
import { cnn, mlp } from './networks.js';

export async function load(): Promise<Side> {
  // The main entry registers no gradients. The file that does is an ES module with CommonJS habits (directory imports,
  // no "type": "module"), which Node's own loader refuses; `require` under tsx takes it.
  createRequire(import.meta.url)('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  wasm.setThreadsCount(1);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tfjs does not start');
  await tf.ready();
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('tfjs finds no WebAssembly SIMD');
  return {
    description: `tfjs ${tf.version_core}, ${tf.getBackend()} backend, SIMD, 1 thread`,
    preparations: { mlp, cnn, tinyGraph, elementwise, matmul, adam },
  };
}
