import { ArgumentError, show } from '@fluxion/autograd';
import type { Module } from './module.js';

/** Sees the inputs of `forward`, and may return others in an array. */
export type ForwardPreHook = (
  module: Module,
  inputs: readonly unknown[],
) => readonly unknown[] | undefined | void;

/** Sees inputs and output of `forward`, and may return another output. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;

interface Hooks {
  readonly before: Set<{ readonly fn: ForwardPreHook }>;
  readonly after: Set<{ readonly fn: ForwardHook }>;
  /** Puts back the `forward` that was there before the first hook. */
  readonly restore: () => void;
}

const hooked = new WeakMap<object, Hooks>();

/** The hooks of a module. With the first one a `forward` of the module's own hides that of its class: a module without hooks pays nothing. */
function hooksOf(module: Module): Hooks {
  const known = hooked.get(module);
  if (known !== undefined) return known;
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const forward = module.forward as (...inputs: unknown[]) => unknown;
  const hooks: Hooks = {
    before: new Set(),
    after: new Set(),
    restore: () => {
      hooked.delete(module);
      if (own === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', own);
    },
  };
  const withHooks = function (this: Module, ...given: unknown[]): unknown {
    let inputs: readonly unknown[] = given;
    // Copies: a hook may remove itself.
    for (const { fn } of [...hooks.before]) {
      const other = fn(module, inputs);
      if (other === undefined) continue;
      if (!Array.isArray(other))
        throw new ArgumentError(
          `registerForwardPreHook: the hook returned ${show(other)}; expected an array of inputs, or nothing.`,
        );
      inputs = other;
    }
    let output = Reflect.apply(forward, this, inputs);
    for (const { fn } of [...hooks.after]) {
      const other = fn(module, inputs, output);
      if (other !== undefined) output = other;
    }
    return output;
  };
  Object.defineProperty(module, 'forward', {
    value: withHooks,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  hooked.set(module, hooks);
  return hooks;
}

function add<T>(hooks: Hooks, set: Set<{ readonly fn: T }>, fn: T): () => void {
  const entry = { fn };
  set.add(entry);
  return () => {
    if (set.delete(entry) && hooks.before.size + hooks.after.size === 0) hooks.restore();
  };
}

function requireFunction(op: string, fn: unknown): void {
  if (typeof fn !== 'function') throw new ArgumentError(`${op}: expected a function, got ${show(fn)}.`);
}

export function addPreHook(module: Module, fn: ForwardPreHook): () => void {
  requireFunction('registerForwardPreHook', fn);
  const hooks = hooksOf(module);
  return add(hooks, hooks.before, fn);
}

export function addForwardHook(module: Module, fn: ForwardHook): () => void {
  requireFunction('registerForwardHook', fn);
  const hooks = hooksOf(module);
  return add(hooks, hooks.after, fn);
}
