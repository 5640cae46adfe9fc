import { Generation, type Storage } from '../storage.js';
import type { Allocator } from './allocator.js';
import { byteLength } from './sizeClass.js';

/** Storages up to this size share pages; a larger one gets an array of its own. */
const small = 1024;
/** Small storages that survive pin at most one page of this size each. */
const pageBytes = 16_384;
/** From this size on the usual allocator of Linux maps a block of its own, and unmaps it when it is freed. */
const mapped = 131_072;
/** Below 32 MiB, the largest block from which that allocator learns. */
const lesson = 30 * 2 ** 20;

const aligned = (bytes: number): number => (bytes + 7) & ~7;

/** Moves storages out of WebAssembly memory. */
export class Evacuator {
  readonly #allocator: Allocator;
  #taught = false;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
  }

  /** Copies the bytes of every storage of the list to ordinary arrays, gives their blocks back, and empties the list. */
  evacuate(storages: Storage[]): void {
    const count = storages.length;
    let next = 0;
    while (next < count) {
      // One page: the small storages up to `end`; larger ones in between leave alone.
      let end = next;
      let total = 0;
      for (; end < count; end++) {
        const bytes = byteLength(storages[end]);
        if (bytes > small) continue;
        if (total + aligned(bytes) > pageBytes) break;
        total += aligned(bytes);
      }
      this.#move(storages, next, end, new Uint8Array(total));
      next = end;
    }
    storages.length = 0;
  }

  #move(storages: Storage[], begin: number, end: number, page: Uint8Array): void {
    const allocator = this.#allocator;
    const { u8, u32 } = allocator;
    const words = new Uint32Array(page.buffer);
    let offset = 0;
    for (let i = begin; i < end; i++) {
      const storage = storages[i];
      const bytes = byteLength(storage);
      const { address } = storage;
      if (bytes > small) {
        if (bytes >= mapped && !this.#taught) this.#teach();
        // Not by slice, which clears the new memory before it copies.
        storage.data = new Uint8Array(u8.subarray(address, address + bytes));
        storage.slot = 0;
      } else {
        if (bytes <= 256) {
          const from = address >>> 2;
          const to = offset >>> 2;
          const n = (bytes + 3) >> 2;
          for (let w = 0; w < n; w++) words[to + w] = u32[from + w];
        } else page.set(u8.subarray(address, address + bytes), offset);
        storage.data = page;
        storage.slot = offset;
        offset += aligned(bytes);
      }
      storage.generation = Generation.outside;
      storage.address = 0;
      allocator.give(address, bytes);
    }
  }

  /**
   * A page fault for every 4 KiB of a block that was mapped costs more than the copy. Once a block is freed that had been mapped, glibc takes
   * blocks up to its size from memory that it keeps: so one is asked for, never touched, and dropped. Other allocators do not mind.
   */
  #teach(): void {
    this.#taught = true;
    try {
      new ArrayBuffer(lesson);
    } catch {
      // No room to teach in: the lesson only makes later evacuations faster.
    }
  }
}
