import { DataError, type DType, noGrad, showShape, Tensor, type TypedArray, tensor } from '@fluxion/autograd';
import type { Slot } from './traverse.js';

/** A tensor as plain data: `structuredClone` copies it, `postMessage` sends it, and `data.buffer` can be transferred. */
export interface StateEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The elements in C order. */
  readonly data: TypedArray;
}

/** Parameters and buffers by their dotted names. */
export type StateDict = Record<string, StateEntry>;

/** What can be loaded: a state dict, one whose data are plain arrays (from JSON), or tensors by name. */
export type LoadableState = Readonly<
  Record<
    string,
    Tensor | { readonly dtype: DType; readonly shape: readonly number[]; readonly data: ArrayLike<number> }
  >
>;

export interface LoadOptions {
  /** Whether missing and unexpected names are errors. Default true. */
  readonly strict?: boolean;
}

export interface LoadReport {
  /** Names the module has and the state dict has not. */
  readonly missing: readonly string[];
  /** Names the state dict has and the module has not. */
  readonly unexpected: readonly string[];
}

export function saveState(slots: readonly Slot[]): StateDict {
  const state: StateDict = {};
  for (const { path, persistent, tensor: t } of slots)
    if (persistent) state[path] = { dtype: t.dtype, shape: t.shape.slice(), data: t.toTypedArray() };
  return state;
}

/** Copies the entries into the tensors; on any error nothing has changed. */
export function loadState(
  slots: readonly Slot[],
  state: LoadableState,
  { strict = true }: LoadOptions,
): LoadReport {
  if (typeof state !== 'object' || state === null)
    throw new DataError(
      'loadStateDict: expected an object of { dtype, shape, data } by name, such as stateDict() returns.',
    );
  const own = slots.filter(slot => slot.persistent);
  const names = new Set(own.map(slot => slot.path));
  const missing = own.map(slot => slot.path).filter(name => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter(name => !names.has(name));

  const problems: string[] = [];
  if (strict) {
    problems.push(...missing.map(name => `missing: ${name}`));
    problems.push(...unexpected.map(name => `unexpected: ${name}`));
  }
  for (const { path, tensor: t } of own) {
    const problem = Object.hasOwn(state, path) ? misfit(state[path], t) : null;
    if (problem !== null) problems.push(`${path}: ${problem}`);
  }
  if (problems.length > 0)
    throw new DataError(
      `loadStateDict: ${problems.length} ${problems.length === 1 ? 'entry does' : 'entries do'} not fit, and nothing was loaded:\n  ${problems.join('\n  ')}\n` +
        'Load it into a module of the same layout; { strict: false } passes over missing and unexpected names.',
    );

  // Everything that can fail comes before the first write.
  const values = own.map(({ path, tensor: t }) =>
    Object.hasOwn(state, path) ? read(state[path], t.shape) : null,
  );
  noGrad(() => {
    own.forEach(({ tensor: t }, i) => {
      const value = values[i];
      if (value !== null) t.assign(value);
    });
  });
  return { missing, unexpected };
}

/** Why an entry cannot be copied into a tensor, or null. */
function misfit(entry: LoadableState[string], t: Tensor): string | null {
  if (typeof entry !== 'object' || entry === null || !Array.isArray(entry.shape))
    return 'is no { dtype, shape, data }';
  const { shape } = entry;
  if (shape.length !== t.ndim || shape.some((size, i) => size !== t.shape[i]))
    return `has shape ${showShape(shape)}, expected ${showShape(t.shape)}`;
  if (entry.dtype !== t.dtype) return `has dtype ${entry.dtype}, expected ${t.dtype} (see Module.to)`;
  if (entry instanceof Tensor) return null;
  if (entry.data == null || entry.data.length !== t.size)
    return `has ${entry.data?.length ?? 'no'} elements for shape ${showShape(shape)}`;
  return null;
}

function read(entry: LoadableState[string], shape: readonly number[]): Tensor {
  if (entry instanceof Tensor) return entry.detach();
  return tensor(entry.data as readonly number[], { dtype: entry.dtype }).reshape(shape);
}
