import { MemoryError } from '../errors.js';
import type { MemoryStats, Operand } from '../interface.js';
import { arrayType, type DType, Generation, itemSize, Storage, type TypedArray } from '../storage.js';

/** The error of every use after free, in every tier. */
export function freedError(storage: Storage): MemoryError {
  return new MemoryError(
    `use of a tensor that was freed by ${storage.freedBy}: its ${storage.length} elements of ${storage.dtype} are gone. ` +
      'Return it from the scope that owns it, keep it, or clone it before it is freed.',
  );
}

/** The bytes of a storage that lives outside WebAssembly memory, as elements. */
export function outsideElements(storage: Storage): TypedArray {
  if (storage.generation === Generation.freed) throw freedError(storage);
  const { data } = storage;
  if (data === null)
    throw new MemoryError('use of a tensor of another kernel tier: storages cannot be shared between tiers.');
  return new arrayType[storage.dtype](data.buffer, data.byteOffset, storage.length);
}

export function resolveOutside(operand: Operand): TypedArray {
  return outsideElements(operand.storage);
}

/** Storages in ordinary typed arrays, owned by the JavaScript collector: freeing only forbids further use. */
export class OutsideMemory {
  #allocations = 0;
  #allocatedBytes = 0;

  allocate(dtype: DType, length: number): Storage {
    const bytes = length * itemSize[dtype];
    let data: Uint8Array;
    try {
      data = new Uint8Array(bytes);
    } catch (error) {
      throw new MemoryError(
        `allocate: no memory for ${length} elements of ${dtype} (${bytes} bytes): ${String(error)}`,
      );
    }
    this.#allocations++;
    this.#allocatedBytes += bytes;
    return new Storage(dtype, length, Generation.outside, 0, data);
  }

  free(storage: Storage, by: string): void {
    if (storage.generation === Generation.freed) return;
    storage.generation = Generation.freed;
    storage.data = null;
    storage.freedBy = by;
  }

  stats(): MemoryStats {
    return {
      youngCount: 0,
      youngBytes: 0,
      oldCount: 0,
      oldBytes: 0,
      reservedBytes: 0,
      allocations: this.#allocations,
      allocatedBytes: this.#allocatedBytes,
      evacuations: 0,
      evacuatedBytes: 0,
      reloads: 0,
      reloadedBytes: 0,
    };
  }
}
