import { MemoryError } from '../errors.js';
import type { MemoryStats } from '../interface.js';
import { freedError } from '../reference/memory.js';
import { type DType, Generation, Storage } from '../storage.js';
import { Allocator } from './allocator.js';
import { Budget } from './budget.js';
import { Evacuator } from './evacuator.js';
import { byteLength, bytesOf, classSize, sizeClass } from './sizeClass.js';

export interface HeapOptions {
  /** Bytes of young storages that may be in memory before they are evacuated, at first; 1 MiB, so that they stay in the cache. */
  readonly youngBytes?: number;
  /** What the above may grow to when much of what was evacuated comes back; 256 MiB. */
  readonly mostYoungBytes?: number;
  /** Young storages that may be in memory before they are evacuated, at first; 4,096, so that the collector finds those that died before it has moved them. */
  readonly youngCount?: number;
  /** What the above may grow to when many of those that were evacuated come back; 65,536. */
  readonly mostYoungCount?: number;
  /** Bytes of old storages from which on they are evacuated too, to find out which are still used; 256 MiB. */
  readonly oldBytes?: number;
  /** Bytes that the memory may grow to; 4 GiB. */
  readonly limitBytes?: number;
  /** First byte that the heap may use; 1024. */
  readonly base?: number;
}

const MiB = 2 ** 20;

/**
 * The generational heap: storages in WebAssembly memory, of which nobody says when they die.
 *
 * New storages are young. When the young take more than their budget, all of them are evacuated: their bytes move to
 * ordinary arrays, which the JavaScript collector owns from then on, and their blocks are free again. What was dropped is
 * collected, what was kept stays valid, and a storage that is used again comes back: as a young one the first time, for a value that
 * waits for its derivative is used once more and dies, and as an old one the second time. The budget follows what comes back
 * (see `Budget`). There is one of bytes and one of storages, for the list of the young is what
 * keeps those that were dropped from the collector: a long list of small ones would survive it, be moved, and be found dead much later. The old are evacuated
 * in the same way when they exceed a budget of their own, which adapts to what came back the last time. So nothing
 * has to be given back, and nothing leaks in a loop that never returns to the event loop.
 *
 * `allocate` is the only place where an evacuation happens: an address is good until the next call of it.
 */
export class Heap {
  allocator: Allocator;
  private evacuator: Evacuator;
  private readonly byteBudget: Budget;
  private readonly countBudget: Budget;
  private readonly leastYoung: number;
  private readonly leastOldBudget: number;
  private oldBudget: number;
  private readonly young: Storage[] = [];
  private readonly old: Storage[] = [];
  private youngBytes = 0;
  private oldBytes = 0;
  /** Bytes that came back since the old were evacuated last. */
  private returned = 0;
  /** A reload found no room: everything must go at the next chance. */
  private exhausted = false;
  private allocations = 0;
  private allocatedBytes = 0;
  private evacuations = 0;
  private evacuatedBytes = 0;
  private reloads = 0;
  private reloadedBytes = 0;
  private readonly temporaries: number[] = [];
  /** Null, or address and bytes of what temporaries the present part has released: see `openPart`. */
  private ofPart: number[] | null = null;
  /** The same of the parts before. */
  private readonly ofParts: number[] = [];

  constructor(memory: WebAssembly.Memory, options: HeapOptions = {}) {
    this.allocator = new Allocator(memory, options.base ?? 1024, options.limitBytes ?? 2 ** 32);
    this.evacuator = new Evacuator(this.allocator);
    this.leastYoung = options.youngBytes ?? MiB;
    this.byteBudget = new Budget(
      this.leastYoung,
      options.mostYoungBytes ?? Math.max(256 * MiB, this.leastYoung),
    );
    const count = options.youngCount ?? 4096;
    this.countBudget = new Budget(count, options.mostYoungCount ?? Math.max(65_536, count));
    this.leastOldBudget = options.oldBytes ?? 256 * MiB;
    this.oldBudget = this.leastOldBudget;
  }

  /** Views of the whole memory. They go stale when it grows, so fetch them after the addresses. */
  get f32(): Float32Array {
    return this.allocator.f32;
  }
  get f64(): Float64Array {
    return this.allocator.f64;
  }
  get i32(): Int32Array {
    return this.allocator.i32;
  }
  get u32(): Uint32Array {
    return this.allocator.u32;
  }
  get u8(): Uint8Array {
    return this.allocator.u8;
  }

  /**
   * A young storage with undefined contents. May evacuate, so that every address taken before is void. Throws MemoryError
   * when there is no room even after an evacuation of everything; all storages are valid then as before.
   */
  allocate(dtype: DType, length: number): Storage {
    const bytes = bytesOf(dtype, length);
    if (bytes > this.allocator.limit) throw this.outOfMemory('allocate', bytes);
    const index = sizeClass(bytes);
    const size = classSize[index];
    if (this.youngBytes + size > this.byteBudget.limit) this.evacuateYoung(this.byteBudget);
    else if (this.young.length >= this.countBudget.limit) this.evacuateYoung(this.countBudget);
    if (this.oldBytes > this.oldBudget || this.exhausted) this.evacuateAll();
    let address = this.allocator.reuse(index);
    if (address === 0) address = this.takeNew(bytes);
    const storage = new Storage(dtype, length, Generation.young, address, null);
    this.joinYoung(storage, size);
    this.allocations++;
    this.allocatedBytes += bytes;
    return storage;
  }

  /** A block where there is none on the free list of its size. */
  private takeNew(bytes: number): number {
    let address = this.wasteful(bytes) ? 0 : this.allocator.take(bytes);
    if (address === 0) {
      this.evacuateAll();
      address = this.allocator.take(bytes);
      if (address === 0) throw this.outOfMemory('allocate', bytes);
    }
    return address;
  }

  /** Gives the bytes back at once; freeing twice does nothing. */
  free(storage: Storage, by: string): void {
    const { generation } = storage;
    if (generation === Generation.freed) return;
    if (generation === Generation.outside) storage.data = null;
    else {
      const index = sizeClass(byteLength(storage));
      if (generation === Generation.young) this.leaveYoung(storage, classSize[index]);
      else this.leaveOld(storage, classSize[index]);
      this.allocator.giveBack(storage.address, index);
      storage.address = 0;
    }
    storage.slot = -1;
    storage.generation = Generation.freed;
    storage.freedBy = by;
  }

  /** Makes a storage old where it stands. */
  tenure(storage: Storage): void {
    if (storage.generation === Generation.old) return;
    this.address(storage);
    if (storage.generation !== Generation.young) return;
    const size = classSize[sizeClass(byteLength(storage))];
    this.leaveYoung(storage, size);
    this.joinOld(storage, size);
  }

  /** Where the bytes of a storage are, after bringing them back if they were outside. Good until the next `allocate`. */
  address(storage: Storage): number {
    return storage.address !== 0 ? storage.address : this.reload(storage);
  }

  /** The bytes of a storage where they are now, without bringing them back: valid until the next call of anything. */
  peek(storage: Storage): Uint8Array {
    const bytes = byteLength(storage);
    if (storage.generation === Generation.outside && storage.data !== null) {
      return storage.data.subarray(storage.slot, storage.slot + bytes);
    }
    const address = this.address(storage);
    return this.u8.subarray(address, address + bytes);
  }

  /**
   * A block that lives until `release` of a mark made before, within one call of a kernel. Never evacuates. When there is no room, that
   * call ends with a MemoryError, and so do its other temporaries.
   */
  temporary(bytes: number): number {
    if (this.ofPart !== null) {
      const own = this.ofPart;
      for (let i = 0; i < own.length; i += 2) {
        if (own[i + 1] !== bytes) continue;
        const [address] = own.splice(i, 2);
        this.temporaries.push(address, bytes);
        return address;
      }
    }
    const address = this.allocator.take(bytes);
    if (address === 0) {
      this.release(0);
      this.exhausted = true;
      throw this.outOfMemory('temporary', bytes);
    }
    this.temporaries.push(address, bytes);
    return address;
  }

  mark(): number {
    return this.temporaries.length;
  }

  /** Gives back every temporary made since the mark. */
  release(mark: number): void {
    const stack = this.temporaries;
    while (stack.length > mark) {
      const bytes = stack.pop() as number;
      const address = stack.pop() as number;
      if (this.ofPart === null) this.allocator.give(address, bytes);
      else this.ofPart.push(address, bytes);
    }
  }

  /**
   * Begins a part of a computation whose parts run at the same time, later: a temporary that it releases is good for the same part again, for
   * its calls run one after the other, but for no other part.
   */
  openPart(): void {
    if (this.ofPart !== null) this.ofParts.push(...this.ofPart);
    this.ofPart = [];
  }

  /** Gives back the temporaries that parts have released: they have run. */
  closeParts(): void {
    this.openPart();
    this.ofPart = null;
    const blocks = this.ofParts;
    for (let i = 0; i < blocks.length; i += 2) this.allocator.give(blocks[i], blocks[i + 1]);
    blocks.length = 0;
  }

  /** Moves everything to another memory, of which it may use what lies behind `base`. Addresses taken before are void, storages stay valid. */
  moveTo(memory: WebAssembly.Memory, base: number): void {
    this.evacuateAll();
    this.allocator = new Allocator(memory, base, this.allocator.limit);
    this.evacuator = new Evacuator(this.allocator);
  }

  /** Moves the bytes of every storage to ordinary arrays. Addresses taken before are void. */
  evacuateAll(): void {
    this.evacuateYoung();
    const old = this.old;
    if (old.length > 0) {
      this.evacuator.evacuate(old);
      this.evacuations++;
      this.evacuatedBytes += this.oldBytes;
      this.oldBytes = 0;
    }
    // What came back since the last time is what is alive: with twice as much room it soon stays where it is.
    this.oldBudget = Math.max(this.leastOldBudget, 2 * this.returned);
    this.returned = 0;
    this.exhausted = false;
    this.startOver();
  }

  stats(): MemoryStats {
    return {
      youngCount: this.young.length,
      youngBytes: this.youngBytes,
      oldCount: this.old.length,
      oldBytes: this.oldBytes,
      reservedBytes: this.allocator.reserved,
      allocations: this.allocations,
      allocatedBytes: this.allocatedBytes,
      evacuations: this.evacuations,
      evacuatedBytes: this.evacuatedBytes,
      reloads: this.reloads,
      reloadedBytes: this.reloadedBytes,
    };
  }

  private evacuateYoung(exceeded: Budget | null = null): void {
    const young = this.young;
    if (young.length === 0) return;
    this.evacuator.evacuate(young);
    this.evacuations++;
    this.evacuatedBytes += this.youngBytes;
    this.youngBytes = 0;
    this.byteBudget.adapt(exceeded === this.byteBudget);
    this.countBudget.adapt(exceeded === this.countBudget);
    this.startOver();
  }

  private startOver(): void {
    if (this.allocator.used === 0) this.allocator.reset();
  }

  /**
   * Whether the memory would grow although most of it lies idle on free lists of other sizes. Then it is better to start
   * over than to grow: an evacuation costs less than memory that never comes back.
   */
  private wasteful(bytes: number): boolean {
    const { allocator } = this;
    return (
      allocator.wouldGrow(bytes) &&
      allocator.idle > 2 * (allocator.used + bytes) &&
      allocator.idle > 64 * this.leastYoung
    );
  }

  private reload(storage: Storage): number {
    if (storage.generation === Generation.freed) {
      throw freedError(storage);
    }
    const data = storage.data as Uint8Array;
    const bytes = byteLength(storage);
    const address = this.allocator.take(bytes);
    if (address === 0) {
      this.exhausted = true;
      throw this.outOfMemory('reload', bytes);
    }
    const from = storage.slot;
    this.u8.set(from === 0 && data.length === bytes ? data : data.subarray(from, from + bytes), address);
    storage.address = address;
    storage.data = null;
    const size = classSize[sizeClass(bytes)];
    if (storage.returns++ === 0) {
      this.joinYoung(storage, size);
      this.byteBudget.returned += size;
      this.countBudget.returned++;
    } else this.joinOld(storage, size);
    this.reloads++;
    this.reloadedBytes += bytes;
    this.returned += size;
    return address;
  }

  private joinYoung(storage: Storage, size: number): void {
    storage.generation = Generation.young;
    storage.slot = this.young.length;
    this.young.push(storage);
    this.youngBytes += size;
  }

  private joinOld(storage: Storage, size: number): void {
    storage.generation = Generation.old;
    storage.slot = this.old.length;
    this.old.push(storage);
    this.oldBytes += size;
  }

  private leaveYoung(storage: Storage, size: number): void {
    const last = this.young.pop() as Storage;
    if (last !== storage) {
      this.young[storage.slot] = last;
      last.slot = storage.slot;
    }
    this.youngBytes -= size;
  }

  private leaveOld(storage: Storage, size: number): void {
    const last = this.old.pop() as Storage;
    if (last !== storage) {
      this.old[storage.slot] = last;
      last.slot = storage.slot;
    }
    this.oldBytes -= size;
  }

  private outOfMemory(op: string, bytes: number): MemoryError {
    const { used, limit } = this.allocator;
    return new MemoryError(
      `${op}: no room for ${bytes} bytes: ${used} bytes are in use and WebAssembly memory ends at ${limit} bytes. ` +
        'Use smaller batches or tensors, free intermediate results early with scope(), or wrap parts of the model in checkpoint()',
    );
  }
}
