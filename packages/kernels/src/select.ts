import type { Kernels } from './interface.js';
import { createReference } from './reference/index.js';
import { createWasm } from './wasm/index.js';
import { supports } from './wasm/load.js';

let current: Kernels | null = null;

/** The kernels in use, chosen when first asked for: the fastest tier that this engine can run. */
export function kernels(): Kernels {
  current ??= bestKernels();
  return current;
}

/** Chooses a tier by hand: for tests and comparisons. Storages of one tier are not usable in another. */
export function useKernels(chosen: Kernels): void {
  current = chosen;
}

/**
 * WebAssembly with relaxed SIMD, or else with fixed-width SIMD, or else plain TypeScript: that is some hundred times as slow, so the
 * reason is told as a warning.
 */
function bestKernels(): Kernels {
  const relaxed = supports('wasm-relaxed');
  let reason = 'this engine has no WebAssembly SIMD';
  if (relaxed || supports('wasm')) {
    try {
      return createWasm({ relaxed });
    } catch (error) {
      // Most likely a content security policy without 'wasm-unsafe-eval', or no address space for the memory.
      reason = `WebAssembly was refused (${error instanceof Error ? error.message : String(error)})`;
    }
  }
  console.warn(
    `fluxion: ${reason}; falling back to the plain TypeScript kernels, which are much slower. ` +
      "A page with a content security policy needs script-src 'wasm-unsafe-eval'; otherwise use Node 20 or a browser of 2023 or later.",
  );
  return createReference();
}
