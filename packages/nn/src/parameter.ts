import type { Shape, Tensor } from '@fluxion/autograd';
import { markParameter } from './traverse.js';

/**
 * Makes a leaf tensor a parameter: it requires a gradient, and modules list it even after `requiresGrad_(false)` has frozen it. Any leaf that
 * requires a gradient counts as a parameter on a module's field; this says so from the start.
 *
 * @param t a floating point tensor that no op has recorded
 * @returns the same tensor
 */
export function parameter<S extends Shape>(t: Tensor<S>): Tensor<S> {
  if (!t.requiresGrad || !t.isLeaf) t.requiresGrad_();
  markParameter(t);
  return t;
}
