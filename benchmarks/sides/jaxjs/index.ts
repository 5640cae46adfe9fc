import { readFileSync } from 'node:fs';
import { defaultDevice, init } from '@jax-js/jax';
import type { Side } from '../../harness/types.js';
import { adam, elementwise, matmul, tinyGraph } from './arrays.js';
import { cnn, mlp } from './networks.js';

/** The package does not tell its version and lets nobody read its package.json; ours pins it. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { devDependencies: Record<string, string> }).devDependencies['@jax-js/jax'];
}

export async function load(eager: boolean): Promise<Side> {
  // With a global `Worker` jax-js starts a thread per core; one core is compared here.
  if ('Worker' in globalThis) Reflect.deleteProperty(globalThis, 'Worker');
  await init('wasm');
  defaultDevice('wasm');
  return {
    description: `jax-js ${version()}, wasm, ${eager ? 'eager' : 'jit'}, 1 thread`,
    preparations: {
      mlp: task => mlp(task, eager),
      cnn: task => cnn(task, eager),
      tinyGraph: task => tinyGraph(task, eager),
      elementwise: task => elementwise(task, eager),
      matmul: task => matmul(task, eager),
      adam: task => adam(task, eager),
    },
  };
}
