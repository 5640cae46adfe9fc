/** What a piece of work is: an op, the derivative rule of one, a whole backward walk, or a part of a program that was given a name. */
export type SpanKind = 'op' | 'rule' | 'walk' | 'part';

/** Told when a piece of work begins and ends: a profiler. Every `enter` is followed by one `exit`, also after an error. */
export interface SpanWatcher {
  enter(kind: SpanKind, name: string, inputs?: readonly unknown[]): void;
  exit(): void;
}

/** Looked at by everything that has a name. While nobody watches, that look is all it costs. */
export const spans: { current: SpanWatcher | null } = { current: null };

/** Runs `fn` between `enter` and `exit`. */
export function watch<R>(
  watcher: SpanWatcher,
  kind: SpanKind,
  name: string,
  inputs: readonly unknown[],
  fn: () => R,
): R {
  watcher.enter(kind, name, inputs);
  try {
    return fn();
  } finally {
    watcher.exit();
  }
}

/** The function, known to a profiler by this name: for what makes no node of its own, and so goes through neither `apply` nor `composite`. */
export function spanned<F extends (...args: never[]) => unknown>(name: string, fn: F): F {
  const run = (...args: Parameters<F>): unknown => {
    const watcher = spans.current;
    return watcher === null ? fn(...args) : watch(watcher, 'op', name, args, () => fn(...args));
  };
  Object.defineProperty(run, 'name', { value: name });
  return run as F;
}
