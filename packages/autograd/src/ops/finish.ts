import { type Finish, kernels } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { rules, tensors, type UnaryRule } from './arithmetic.js';
import { fusedRuleOver } from './fused.js';
import { sum } from './reduce.js';
import { type Rowwise, rowwise } from './rowwise.js';
import type { UnaryFunction } from './types.js';
import { relu, sigmoid, tanh } from './unary.js';

/** The activations that a product can end with: their derivatives need their results alone, so what they were computed from is never kept. */
export type FinishingActivation = 'relu' | 'sigmoid' | 'tanh';

const activations: Readonly<Record<FinishingActivation, UnaryFunction>> = { relu, sigmoid, tanh };

export interface ActivationOption {
  /** Applied to the result in the same pass, and differentiated with it. Default: none. */
  readonly activation?: FinishingActivation;
}

/** Throws unless it is one of them, or left out. */
export function requireActivation(op: string, activation: FinishingActivation | undefined): void {
  if (activation !== undefined && !Object.hasOwn(activations, activation))
    throw new ArgumentError(
      `${op}: activation is ${show(activation)}; expected ${Object.keys(activations).map(show).join(', ')} or nothing. Call any other on the result.`,
    );
}

/** As an op of its own. */
export function activate(y: Tensor, activation: FinishingActivation | undefined): Tensor {
  return activation === undefined ? y : activations[activation](y);
}

/** The gradient before the activation, from that behind it and its result. */
export const throughActivation: Readonly<Record<FinishingActivation, (g: Tensor, y: Tensor) => Tensor>> = {
  relu: derivative('relu'),
  sigmoid: derivative('sigmoid'),
  tanh: derivative('tanh'),
};

/** The same, and its sums over dims, which stay: one pass. */
export const throughAndSum: Readonly<Record<FinishingActivation, Rowwise<[g: Tensor, y: Tensor]>>> = {
  relu: derivativeAndSum('relu'),
  sigmoid: derivativeAndSum('sigmoid'),
  tanh: derivativeAndSum('tanh'),
};

function derivativeAndSum(name: FinishingActivation): Rowwise<[g: Tensor, y: Tensor]> {
  return rowwise(name, ['whole', 'kept'], (dims, g: Tensor, y: Tensor) => {
    const before = (rules.get(activations[name]) as UnaryRule).rule(tensors, g, y);
    return [before, sum(before, dims, { keepdim: true }) as Tensor];
  });
}

function derivative(name: FinishingActivation): (g: Tensor, y: Tensor) => Tensor {
  return fusedRuleOver(name, (g, y) => (rules.get(activations[name]) as UnaryRule).rule(tensors, g, y));
}

/** What the kernel of a product does to its results: all, but for what `complete` does afterwards. The bias is contiguous. */
export function finishOf(
  bias: Tensor | null,
  activation: FinishingActivation | undefined,
): Finish | undefined {
  const rectified = activation === 'relu';
  return bias !== null || rectified ? { bias, relu: rectified } : undefined;
}

/** The rest, written over the result. */
export function complete(out: Tensor, activation: FinishingActivation | undefined): void {
  if (activation !== undefined && activation !== 'relu') kernels().unary(activation, out, out);
}
