import { kernels } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import { abandonRegion, closeRegion, handOver, openRegion } from '../graph/region.js';
import { Tensor } from '../tensor/tensor.js';

/** Says that a tensor lives long (a parameter, optimizer state): no scope frees it, and it stays where it is. Returns it. */
export function keep<T extends Tensor>(t: T): T {
  handOver(t.storage);
  kernels().tenure(t.storage);
  return t;
}

/**
 * Runs `fn` and frees at once what was created inside, except what it returns (tensors in arrays and plain objects), what was given to `keep`, and the
 * gradients of leaves. Nothing needs it; it makes loops that create much a little faster. Using a freed tensor is an error. Synchronous functions only.
 */
export function scope<R>(fn: () => R): R;
/**
 * The same for the rest of a block: `using s = scope()`. What `s.keep(…)` was given outlives the block. Do not await inside the block: what other
 * code makes meanwhile would be freed with it.
 */
export function scope(): Scope;
export function scope<R>(fn?: () => R): R | Scope {
  if (fn === undefined) return openScope();
  if (typeof fn !== 'function')
    throw new ArgumentError(`scope: expected a function, got ${show(fn)}. Write scope(() => …).`);
  const mark = openRegion();
  let done = false;
  try {
    const result = fn();
    if (typeof (result as { then?: unknown } | null)?.then === 'function')
      throw new ArgumentError(
        'scope: was given an async function; its tensors would be freed while it still runs. Give it a synchronous function, and await outside.',
      );
    done = true;
    closeScope(mark, result);
    return result;
  } finally {
    if (!done) abandonRegion();
  }
}

/** An open scope. Close it in the reverse order of opening, as `using` does. */
export interface Scope extends Disposable {
  /** Lets tensors, also in arrays and plain objects, outlive the scope; they belong to the scope around, if there is one. */
  keep<T>(value: T): T;
}

function openScope(): Scope {
  const mark = openRegion();
  const kept: unknown[] = [];
  let open = true;
  const close = (): void => {
    if (open) closeScope(mark, kept);
    open = false;
  };
  const keepInside = <T>(value: T): T => {
    kept.push(value);
    return value;
  };
  return { keep: keepInside, [Symbol.dispose]: close };
}

function closeScope(mark: number, result: unknown): void {
  const kept = new Set<unknown>();
  collect(result, kept, new Set());
  closeRegion(mark, 'the end of its scope', kept);
}

function collect(value: unknown, storages: Set<unknown>, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) {
    storages.add(value.storage);
    return;
  }
  for (const child of Array.isArray(value) ? value : Object.values(value)) collect(child, storages, seen);
}
