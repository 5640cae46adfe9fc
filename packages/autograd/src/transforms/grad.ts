import { ArgumentError, GraphError, show } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { Value, valueGradients } from '../value/value.js';
import { valueAndGradOf } from './functional.js';
import { type GradOptions, gradientsOf } from './gradients.js';
import type { Tree } from './tree.js';

/**
 * With a function: its gradient, as a function. Nest it for higher orders: `grad(x => grad(f)(x).sum())`.
 *
 * With tensors: the gradients of outputs with respect to inputs. An input that the outputs do not depend on is an error that names it,
 * unless `allowUnused` asks for zeros.
 */
// First, so that `grad(x => …)` without an annotation takes x for a tensor.
export function grad(fn: (x: Tensor) => Tensor): (x: Tensor) => Tensor;
export function grad<T extends Tree, A extends readonly unknown[]>(
  fn: (params: T, ...rest: A) => Tensor,
): (params: T, ...rest: A) => T;
export function grad<T extends Tree>(
  outputs: Tensor | readonly Tensor[],
  inputs: T,
  options?: GradOptions,
): T;
export function grad(
  output: Value,
  inputs: readonly Value[],
  options?: Omit<GradOptions, 'gradOutputs'>,
): Value[];
export function grad(first: unknown, inputs?: Tree | readonly Value[], options?: GradOptions): unknown {
  if (first instanceof Value) return gradOfValue(first, inputs as readonly Value[], options);
  if (typeof first === 'function') {
    const both = valueAndGradOf('grad', first as (params: Tree, ...rest: readonly unknown[]) => Tensor);
    return (params: Tree, ...rest: readonly unknown[]) => both(params, ...rest).grads;
  }
  if (inputs === undefined)
    throw new ArgumentError(
      `grad: expected a function, or outputs and inputs: grad(loss, [w]). Got ${first instanceof Tensor ? 'a tensor alone' : show(first)}.`,
    );
  return gradientsOf(first as Tensor | readonly Tensor[], inputs as Tree, options);
}

function gradOfValue(output: Value, inputs: readonly Value[], options: GradOptions = {}): Value[] {
  if (!Array.isArray(inputs) || !inputs.every(x => x instanceof Value))
    throw new ArgumentError(
      `grad: expected a list of Values to differentiate by, got ${show(inputs)}: grad(y, [x]).`,
    );
  return valueGradients(output, inputs, options.createGraph === true).map((g, i) => {
    if (g === null && options.allowUnused !== true)
      throw new GraphError(
        `grad: the output does not depend on ${inputs[i].name === '' ? `number ${i}` : inputs[i].name}. Pass { allowUnused: true } to get zeros instead.`,
      );
    return g ?? new Value(0);
  });
}

/** The function's value together with its gradient, from one run. */
export function valueAndGrad(fn: (x: Tensor) => Tensor): (x: Tensor) => { value: Tensor; grads: Tensor };
export function valueAndGrad<T extends Tree, A extends readonly unknown[]>(
  fn: (params: T, ...rest: A) => Tensor,
): (params: T, ...rest: A) => { value: Tensor; grads: T };
export function valueAndGrad(fn: (params: never, ...rest: never) => Tensor): unknown {
  return valueAndGradOf('valueAndGrad', fn as (params: Tree, ...rest: readonly unknown[]) => Tensor);
}
