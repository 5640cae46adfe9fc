import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundle, gzipped } from '../../scripts/support/bundle.js';
import type { ProbeResult, ProbeWorkload, SideName } from '../harness/types.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

type Programs = Partial<Record<SideName, string>>;

const whole: Programs = {
  fluxion: `export * from '@fluxion/autograd';`,
  jaxjs: `export * from '@jax-js/jax';`,
  tfjs: `
    import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
    export * from '@tensorflow/tfjs-core';
    export * from '@tensorflow/tfjs-backend-wasm';`,
};

/** Each computes the exponentials of some numbers: what no program can do without. */
const small: Programs = {
  fluxion: `import { tensor } from '@fluxion/autograd'; console.log(tensor([1, 2]).exp().toArray());`,
  jaxjs: `
    import { init, numpy as np } from '@jax-js/jax';
    await init('wasm'); console.log(np.exp(np.array([1, 2])).dataSync());`,
  tfjs: `
    import '@tensorflow/tfjs-backend-wasm';
    import * as tf from '@tensorflow/tfjs-core';
    await tf.setBackend('wasm'); console.log(tf.exp(tf.tensor1d([1, 2])).dataSync());`,
};

async function size(side: SideName, program: string): Promise<number> {
  const bytes = gzipped(await bundle(program, folder));
  if (side !== 'tfjs') return bytes / 1000;
  // Its kernels are a file of their own, loaded at run time: here the one for SIMD on one thread.
  const kernels = createRequire(import.meta.url).resolve(
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  );
  return (bytes + gzipped(readFileSync(kernels))) / 1000;
}

function probe(name: string, detail: string, programs: Programs): ProbeWorkload {
  const targets = [{ atMost: 90 }];
  return {
    kind: 'probe',
    name,
    detail,
    unit: 'KB',
    sides: ['fluxion', 'jaxjs', 'tfjs'],
    targets: { baseline: targets, relaxed: targets },
    async run(_, sides): Promise<ProbeResult> {
      const samples: Partial<Record<SideName, readonly number[]>> = {};
      for (const side of sides) {
        const program = programs[side];
        if (program !== undefined) samples[side] = [await size(side, program)];
      }
      return { samples };
    },
  };
}

export const bundleSizes: readonly ProbeWorkload[] = [
  probe('bundle of everything', '@fluxion/autograd with kernels, minified, gzip', whole),
  probe('bundle of a small program', 'tensor([1, 2]).exp(), minified, gzip', small),
];
