import type { FluxionError } from '../src/index.js';
import type { Draw } from './draw.js';
import type { Dense } from './naive.js';

/** What an op is called with, in order. */
export type Arguments = readonly unknown[];

/** A call that must fail: how, and with which words. */
export interface ErrorCase {
  readonly label: string;
  readonly call: () => unknown;
  readonly error: new (message: string) => FluxionError;
  readonly message: RegExp;
}

interface Row {
  readonly op: (...args: never[]) => unknown;
  /** Ways of calling the op, by name, at points where it is smooth. Every suite runs all of them. */
  readonly calls: Readonly<Record<string, (draw: Draw) => Arguments>>;
  /** Further calls for the values alone: kinks, infinities, NaN. */
  readonly edges?: Readonly<Record<string, (draw: Draw) => Arguments>>;
  /** The op in plain numbers; tensors come as `Dense`. Left out where the op draws random numbers. */
  readonly naive?: (...args: never[]) => Dense | readonly Dense[];
  readonly errors: readonly ErrorCase[];
  /**
   * The op reads one triangle of its first argument, a symmetric matrix, and its gradient is symmetric: derivatives are checked along symmetric
   * changes.
   */
  readonly symmetric?: boolean;
  /** Why there is no method of the name; left out where there is one. */
  readonly noMethod?: string;
}

/** Every floating point argument is differentiable, any number of times. */
interface Differentiable extends Row {
  readonly noDerivative?: undefined;
}

interface NotDifferentiable extends Row {
  /** The reason. */
  readonly noDerivative: string;
}

export type OpInfo = Differentiable | NotDifferentiable;
