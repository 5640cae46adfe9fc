import { ArgumentError } from '../errors.js';

/** The switches that every op looks at. One object with fields, so that a look costs a load. */
export const mode = {
  /** Whether ops record nodes. */
  recording: true,
  /** Whether nodes keep what their rules read; off in the first run of a `checkpoint`. */
  saving: true,
  /** Whether every result is checked for NaN and infinities, and every node remembers its call site. */
  anomaly: false,
};

/** Runs `fn` with a mode set; restores it however `fn` ends. */
export function withMode<K extends keyof typeof mode, R>(
  name: string,
  key: K,
  setting: (typeof mode)[K],
  fn: () => R,
): R {
  requireSynchronous(name, 'mode', fn);
  const before = mode[key];
  mode[key] = setting;
  let result: R;
  try {
    result = fn();
  } finally {
    mode[key] = before;
  }
  refusePromise(name, 'mode', result);
  return result;
}

/** Throws for what is no function, or an async one: nothing of it may happen under something that it would leak. `what` ends when the function returns. */
export function requireSynchronous(name: string, what: string, fn: unknown): void {
  if (typeof fn !== 'function')
    throw new ArgumentError(`${name}: expected a function to run, got ${typeof fn}. Write ${name}(() => …).`);
  // An ordinary function needs no look at its name, which takes longer than the rest. One of another realm does.
  if (fn.constructor !== Function && fn.constructor.name === 'AsyncFunction') throw asyncError(name, what);
}

/** Throws where a function returned a promise. */
export function refusePromise(name: string, what: string, result: unknown): void {
  if (!isThenable(result)) return;
  // Its rejection, if any, is nobody's any more: swallow it, or Node would end the process for it.
  result.then(undefined, () => {});
  throw asyncError(name, what);
}

function asyncError(name: string, what: string): ArgumentError {
  return new ArgumentError(
    `${name}: was given an async function, but the ${what} ends when the function returns its promise, and what runs after the first ` +
      `await would run without it. Give ${name} a synchronous function, and await outside it.`,
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Runs `fn` without recording: results require no gradient. Takes synchronous functions only. */
export function noGrad<R>(fn: () => R): R {
  return withMode('noGrad', 'recording', false, fn);
}

/** Runs `fn` with recording on, also inside `noGrad`. Takes synchronous functions only. */
export function enableGrad<R>(fn: () => R): R {
  return withMode('enableGrad', 'recording', true, fn);
}
