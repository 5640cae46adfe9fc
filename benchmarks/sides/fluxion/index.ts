import { kernels } from '@fluxion/kernels';
import type { Side } from '../../harness/types.js';
import { adam, chain, elementwise, matmul, tinyGraph } from './arrays.js';
import { cnn, mlp } from './networks.js';
import { scalarMlp } from './scalarMlp.js';

export async function load(): Promise<Side> {
  return {
    description: `this checkout, ${kernels().name} kernels, 1 thread`,
    preparations: { mlp, cnn, tinyGraph, chain, elementwise, matmul, adam, scalarMlp },
  };
}
