import { type DType, kernels, type Storage } from '@fluxion/kernels';

/**
 * Who may free what, and when. A region spans a piece of library code whose temporaries nobody outside can reach:
 * the body of a composite op, a derivative rule, an update rule, a user's `scope`. Storages born inside are freed when it closes, except
 * - what is returned, which then belongs to the region around;
 * - what escaped (parameters, accumulated gradients, optimizer state);
 * - what a graph node has saved: it is freed when the last node that holds it is released.
 */
const births: Storage[] = [];
let depth = 0;

/** New storage, noted in the open region if there is one. */
export function allocate(dtype: DType, length: number): Storage {
  const storage = kernels().allocate(dtype, length);
  if (depth > 0) births.push(storage);
  return storage;
}

/** Opens a region; give the mark to `closeRegion`. */
export function openRegion(): number {
  depth++;
  return births.length;
}

/** Closes the region and frees what was born in it, but for what is kept (one storage, or all of a set) and what the notes above say. */
export function closeRegion(mark: number, by: string, kept: Storage | null | ReadonlySet<unknown>): void {
  const set = kept instanceof Set ? (kept as ReadonlySet<unknown>) : null;
  depth--;
  let end = mark;
  for (let i = mark; i < births.length; i++) {
    const storage = births[i];
    if (storage.escaped) continue;
    if (storage === kept || set?.has(storage) === true) births[end++] = storage;
    else if (storage.holds > 0) storage.engineOwned = true;
    else kernels().free(storage, by);
  }
  forget(depth === 0 ? 0 : end);
}

/** Shortens the list. Setting its length would be a call into the engine, at a hundred times the price. */
function forget(end: number): void {
  while (births.length > end) births.pop();
}

/** Closes the region after an error: frees nothing, for what the error left behind may be looked at. */
export function abandonRegion(): void {
  depth--;
  if (depth === 0) forget(0);
}

/** The engine holds the storage: a node saved it, or it is a cotangent on its way. */
export function hold(storage: Storage): void {
  storage.holds++;
}

/** Gives up a hold; frees what nobody else can reach. */
export function release(storage: Storage, by: string): void {
  storage.holds--;
  if (storage.holds === 0 && storage.engineOwned) kernels().free(storage, by);
}

/** The user gets to see it: from now on only the collector ends its life. */
export function handOver(storage: Storage): void {
  storage.escaped = true;
  storage.engineOwned = false;
}
