// TEMPORARY (integrator): reference only until wasm/elementwise and wasm/expression exist; the full version is kept aside.
import type { Kernels } from './interface.js';
import { createReference } from './reference/index.js';

let current: Kernels | null = null;

export function kernels(): Kernels {
  current ??= createReference();
  return current;
}

export function useKernels(chosen: Kernels): void {
  current = chosen;
}

export function bestKernels(): Kernels {
  return createReference();
}
