import { keep, type Shape, type Tensor } from '@fluxion/autograd';
import { markParameter } from './traverse.js';

/**
 * Makes a leaf tensor a parameter: it requires a gradient, and modules list it also while `requiresGrad_(false)` freezes it. Any leaf that
 * requires a gradient counts as a parameter on a module's field, but one that is frozen before the module was first asked for its
 * parameters cannot be told from a constant; made with this function, it can.
 *
 * @param t a floating point tensor that no op has recorded
 * @returns the same tensor
 */
export function parameter<S extends Shape>(t: Tensor<S>): Tensor<S> {
  if (!t.requiresGrad || !t.isLeaf) t.requiresGrad_();
  markParameter(t);
  // It outlives the scope that the module may be made in.
  return keep(t);
}
