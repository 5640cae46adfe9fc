import { DTypeError } from '../errors.js';
import type { Kernels } from '../interface.js';
import { addressOf, sizeOf } from './layout.js';
import { servedByReference } from './reference.js';
import type { Runtime } from './runtime.js';

export function createRandom(runtime: Runtime, reference: Pick<Kernels, 'random'>): Pick<Kernels, 'random'> {
  const { heap } = runtime;
  const { random4, random8 } = runtime.exports;
  return {
    random(kind, key0, key1, counter, out) {
      const { dtype } = out.storage;
      if (dtype !== 'float32' && dtype !== 'float64') {
        throw new DTypeError(
          `random ${kind}: got ${dtype}, expected float32 or float64; convert the result instead.`,
        );
      }
      if (servedByReference.random.includes(kind)) {
        reference.random(kind, key0, key1, counter, out);
        return;
      }
      const run = dtype === 'float32' ? random4 : random8;
      run(kind === 'normal' ? 1 : 0, key0, key1, counter, addressOf(heap, out), sizeOf(out.shape));
    },
  };
}
