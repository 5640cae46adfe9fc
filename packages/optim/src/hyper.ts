import { pow as power, type Tensor } from '@fluxion/autograd';

/** A hyperparameter: a number, or a tensor that gradients can flow into. */
export type Hyper = number | Tensor;

/** A value, or a function that gives it for a step, counted from 0: a schedule. */
export type Varying<T = Hyper> = T | ((step: number) => T);

/** The value in step `step`, counted from 1 as `Piece.scalars` does. */
export function at<T extends Hyper | readonly Hyper[]>(value: Varying<T>, step: number): T {
  return typeof value === 'function' ? (value as (step: number) => T)(step - 1) : value;
}

/** Whether an option takes part: absent, 0 and false are off. */
export function isOn(option: unknown): boolean {
  return option !== undefined && option !== 0 && option !== false;
}

// Arithmetic on hyperparameters: on numbers in double precision, on tensors as graph ops.

export function add(a: Hyper, b: Hyper): Hyper {
  if (typeof a !== 'number') return a.add(b as Tensor) as Tensor;
  return typeof b === 'number' ? a + b : (b.add(a) as Tensor);
}

export function mul(a: Hyper, b: Hyper): Hyper {
  if (typeof a !== 'number') return a.mul(b as Tensor) as Tensor;
  return typeof b === 'number' ? a * b : (b.mul(a) as Tensor);
}

export function sub(a: Hyper, b: Hyper): Hyper {
  return add(a, neg(b));
}

export function div(a: Hyper, b: Hyper): Hyper {
  if (typeof a !== 'number') return a.div(b as Tensor) as Tensor;
  return typeof b === 'number' ? a / b : mul(a, b.reciprocal());
}

export function pow(a: Hyper, b: Hyper): Hyper {
  return typeof a === 'number' && typeof b === 'number' ? a ** b : (power(a as Tensor, b) as Tensor);
}

/** 1 - a */
export function oneMinus(a: Hyper): Hyper {
  return typeof a === 'number' ? 1 - a : (a.neg().add(1) as Tensor);
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

/** The number, for a decision; no gradient flows through it. */
export function numberOf(a: Hyper): number {
  return typeof a === 'number' ? a : a.item();
}
