import type { Side, SideName } from '../harness/types.js';

/** How the sides are called in tables. */
export const titles: Readonly<Record<SideName, string>> = {
  fluxion: 'Fluxion',
  oneThread: 'one thread',
  pytorch: 'PyTorch',
  jaxjs: 'jax-js jit',
  jaxjsEager: 'jax-js eager',
  tfjs: 'tfjs wasm',
  micrograd: 'micrograd',
  microgradJs: 'micrograd in JS',
  plainCopy: 'plain copy',
};

export const sideNames = Object.keys(titles) as readonly SideName[];

/** Sides that compute nothing: they are timed and not compared. */
export const measuresOnly: readonly SideName[] = ['plainCopy'];

/** The program of a side that runs in Python, in this folder. */
export const pythonPrograms: Readonly<Partial<Record<SideName, string>>> = {
  pytorch: './python/pytorch.py',
  micrograd: './python/micrograd.py',
};

/** Loads the library of a JavaScript side into this process. Errors name the package that is missing. */
export async function loadSide(name: SideName): Promise<Side> {
  switch (name) {
    case 'fluxion':
      return (await import('./fluxion/index.js')).load(false);
    case 'oneThread':
      return (await import('./fluxion/index.js')).load(true);
    case 'jaxjs':
      return (await import('./jaxjs/index.js')).load(false);
    case 'jaxjsEager':
      return (await import('./jaxjs/index.js')).load(true);
    case 'tfjs':
      return (await import('./tfjs/index.js')).load();
    case 'microgradJs':
      return (await import('./micrograd/index.js')).load();
    case 'plainCopy':
      return (await import('./plainCopy.js')).load();
    case 'pytorch':
    case 'micrograd':
      throw new Error(`${titles[name]} runs in Python, not here`);
  }
}
