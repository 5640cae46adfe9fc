import { ArgumentError, DTypeError, ShapeError, show, showShape, Tensor } from '@fluxion/autograd';
import type { Module } from './module.js';
import { type Slot, slotsOf } from './traverse.js';

/**
 * `net.forward(...inputs)` with other tensors in place of parameters and buffers, which may be results of ops: gradients flow through them, as
 * meta-learning and the functional transforms need. The module's own tensors are back when it returns or throws.
 *
 * ```ts
 * const { value, grads } = valueAndGrad(params => loss(functionalCall(net, params, x)))(net.namedParameters());
 * ```
 *
 * @param params tensors by dotted name; names left out keep the module's tensor. What is shared under several names is replaced under all of
 * them, unless they are given separately.
 * @throws ArgumentError for names that the module has not, and where forward is asynchronous; ShapeError and DTypeError for tensors that do not fit
 */
export function functionalCall<M extends Module>(
  net: M,
  params: Readonly<Record<string, Tensor>>,
  ...inputs: Parameters<M['forward']>
): ReturnType<M['forward']> {
  const slots = slotsOf(net);
  const replaced = replacements(slots, params);
  try {
    for (const [slot, t] of replaced) slot.holder[slot.key] = t;
    const result = Reflect.apply(net.forward, net, inputs) as ReturnType<M['forward']>;
    if (isThenable(result)) {
      // Its rejection would be nobody's.
      result.then(undefined, () => {});
      throw new ArgumentError(
        'functionalCall: forward returned a promise, but the other parameters are there only until it returns. Make forward synchronous.',
      );
    }
    return result;
  } finally {
    for (const [slot] of replaced) slot.holder[slot.key] = slot.tensor;
  }
}

function replacements(slots: readonly Slot[], params: Readonly<Record<string, Tensor>>): [Slot, Tensor][] {
  const names = new Set(slots.map(slot => slot.path));
  const unknown = Object.keys(params).filter(name => !names.has(name));
  if (unknown.length > 0)
    throw new ArgumentError(
      `functionalCall: the module has no parameter ${unknown.map(show).join(', ')}; it has ${[...names].map(show).join(', ')}.`,
    );
  const byTensor = new Map<Tensor, Tensor>();
  for (const slot of slots) {
    if (!Object.hasOwn(params, slot.path)) continue;
    checkFits(slot, params[slot.path]);
    byTensor.set(slot.tensor, params[slot.path]);
  }
  const result: [Slot, Tensor][] = [];
  for (const slot of slots) {
    const t = Object.hasOwn(params, slot.path) ? params[slot.path] : byTensor.get(slot.tensor);
    if (t !== undefined) result.push([slot, t]);
  }
  return result;
}

function checkFits({ path, tensor: own }: Slot, t: Tensor): void {
  if (!(t instanceof Tensor))
    throw new ArgumentError(`functionalCall: '${path}' is ${show(t)}; expected a tensor.`);
  if (t.ndim !== own.ndim || t.shape.some((size, i) => size !== own.shape[i]))
    throw new ShapeError(
      `functionalCall: '${path}' has shape ${showShape(t.shape)}; the module's has ${showShape(own.shape)}.`,
    );
  if (t.dtype !== own.dtype)
    throw new DTypeError(
      `functionalCall: '${path}' is ${t.dtype}; the module's is ${own.dtype}. Convert it with to().`,
    );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
