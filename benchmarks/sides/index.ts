import type { Side, SideName } from '../harness/types.js';

/** How the sides are called in tables. */
export const titles: Readonly<Record<SideName, string>> = {
  fluxion: 'Fluxion',
  jaxjs: 'jax-js jit',
  jaxjsEager: 'jax-js eager',
  tfjs: 'tfjs wasm',
  pytorch: 'PyTorch',
};

export const sideNames = Object.keys(titles) as readonly SideName[];

/** Loads the library of a JavaScript side into this process. Errors name the package that is missing. */
export async function loadSide(name: SideName): Promise<Side> {
  switch (name) {
    case 'fluxion':
      return (await import('./fluxion.js')).load();
    case 'jaxjs':
      return (await import('./jaxjs.js')).load(false);
    case 'jaxjsEager':
      return (await import('./jaxjs.js')).load(true);
    case 'tfjs':
      return (await import('./tfjs.js')).load();
    case 'pytorch':
      throw new Error('PyTorch runs in Python, not here');
  }
}
