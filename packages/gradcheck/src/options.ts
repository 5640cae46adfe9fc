import type { Tensor } from '@fluxion/autograd';

export interface GradcheckOptions {
  /** Tolerated: atol + rtol * max(|analytic|, |numeric|), and what rounding may do to the differences. Default 1e-8. */
  readonly atol?: number;
  /** Default 1e-6. */
  readonly rtol?: number;
  /** Of the cotangents and directions: the same seed, the same check. Default 0. */
  readonly seed?: number;
  /** Inputs with more elements are checked along random directions instead of element by element. Default 100. */
  readonly maxElements?: number;
  /** How many of them, per input. Default 16. */
  readonly directions?: number;
  /** Whether to try strided copies of the inputs and cotangents as well. Default true. */
  readonly strided?: boolean;
  /** Names of the inputs for messages. Default: `input 0` and so on. */
  readonly names?: readonly string[];
}

/** A function under check: from tensors to a tensor, or to tensors in arrays and plain objects. */
export type Differentiated<T extends readonly Tensor[]> = (...inputs: Given<T>) => object;

/** `T` itself; conditional, so that the inputs alone decide what it is, and not the parameters of the function. */
type Given<T> = T extends readonly Tensor[] ? T : never;
