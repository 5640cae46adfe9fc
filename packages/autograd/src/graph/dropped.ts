import type { Tensor } from '../tensor/tensor.js';

/** The gradient that comes into the rule which runs now, if the walk drops it afterwards and nobody else has it. */
export const dropped: { gradient: Tensor | null } = { gradient: null };

/** Whether a gradient is held by the walk alone, and takes all of its memory in order. */
export function isUnshared(g: Tensor): boolean {
  const { storage } = g;
  return storage.engineOwned && storage.holds === 1 && storage.length === g.size && g.contiguous;
}

/** Whether the rule that asks may write over this gradient, which is then nobody's any more: it must not read it again, and nobody else may ask. */
export function takeDropped(g: Tensor): boolean {
  if (dropped.gradient !== g) return false;
  dropped.gradient = null;
  return true;
}
