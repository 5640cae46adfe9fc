import type { Tensor } from '@fluxion/autograd';
import type { Hyper } from './hyper.js';

/** What a transform sees of one parameter, element by element. */
export interface Element {
  readonly param: Tensor;
  /** Its state, one tensor for each of the transform's slots. */
  readonly slots: readonly Tensor[];
  /** What its `scalars` gave for this step. */
  readonly scalars: readonly Hyper[];
}

/**
 * A piece of an update rule: turns an update (at first the gradient) into another, in elementwise graph ops. `apply` must not look at values:
 * it is traced once into a fused kernel, and what it captures is fixed then. What changes from step to step comes in by `scalars`.
 */
export interface Transform {
  readonly name: string;
  /** Names of the tensors it keeps for each parameter; zeros of the parameter's shape at first. */
  readonly slots: readonly string[];
  /** What is the same for all elements in step `step`, counted from 1. */
  scalars(step: number): readonly Hyper[];
  apply(update: Tensor, element: Element): { readonly update: Tensor; readonly slots: readonly Tensor[] };
}

/** Transforms one after the other. */
export function chain(...transforms: readonly Transform[]): Transform {
  if (transforms.length === 1) return transforms[0];
  return {
    name: transforms.map(t => t.name).join(' -> '),
    slots: transforms.flatMap(t => t.slots),
    scalars: step => transforms.flatMap(t => t.scalars(step)),
    apply: (update, { param, slots, scalars }) => {
      let current = update;
      const after: Tensor[] = [];
      let slot = 0;
      let scalar = 0;
      for (const t of transforms) {
        // How many scalars a transform has does not depend on the step.
        const count = t.scalars(1).length;
        const result = t.apply(current, {
          param,
          slots: slots.slice(slot, slot + t.slots.length),
          scalars: scalars.slice(scalar, scalar + count),
        });
        current = result.update;
        after.push(...result.slots);
        slot += t.slots.length;
        scalar += count;
      }
      return { update: current, slots: after };
    },
  };
}
