import type { Tensor } from '@fluxion/autograd';

/** A hyperparameter: a number, or a tensor that gradients can flow into. */
export type Hyper = number | Tensor;

// Arithmetic on hyperparameters: on numbers in double precision, on tensors as graph ops.

/** 1 - a */
export function oneMinus(a: Hyper): Hyper {
  return typeof a === 'number' ? 1 - a : a.neg().add(1);
}

export function reciprocal(a: Hyper): Hyper {
  return typeof a === 'number' ? 1 / a : a.reciprocal();
}

export function sqrt(a: Hyper): Hyper {
  return typeof a === 'number' ? Math.sqrt(a) : a.sqrt();
}

export function neg(a: Hyper): Hyper {
  return typeof a === 'number' ? -a : a.neg();
}

/** a to a whole power. */
export function pow(a: Hyper, n: number): Hyper {
  return typeof a === 'number' ? a ** n : a.pow(n);
}
