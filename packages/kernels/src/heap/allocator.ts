/// <reference path="../webassembly.d.ts" />
import { classCount, classSize, sizeClass } from './sizeClass.js';

const pageSize = 65536;
/** Kept free behind the last block, so that vector loads may run over the end of any of them. */
const guard = 64;

/**
 * Blocks of WebAssembly memory: a free list for each size class, last in first out so that memory that is still in the
 * cache is used first, and a bump pointer for what was never used. Every block starts on a multiple of 16 and may be read,
 * not written, 64 bytes beyond its end. The link of a free block stands in its first four bytes.
 */
export class Allocator {
  readonly memory: WebAssembly.Memory;
  readonly limit: number;
  /** First free byte that was never used. */
  top: number;
  reserved: number;
  /** Bytes of the blocks that are in use. */
  used = 0;
  u8: Uint8Array;
  i32: Int32Array;
  u32: Uint32Array;
  f32: Float32Array;
  f64: Float64Array;
  private readonly base: number;
  private readonly freeLists: Uint32Array = new Uint32Array(classCount);

  /** Blocks are taken from `base` on, and the memory grows to at most `limit` bytes. */
  constructor(memory: WebAssembly.Memory, base: number, limit: number) {
    this.memory = memory;
    this.limit = limit;
    this.base = Math.ceil(base / 64) * 64;
    this.top = this.base;
    const { buffer } = memory;
    this.reserved = buffer.byteLength;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** Address of a block of a class that was given back, or 0 when there is none. Its contents are undefined. */
  reuse(index: number): number {
    const head = this.freeLists[index];
    if (head !== 0) {
      this.freeLists[index] = this.u32[head >>> 2];
      this.used += classSize[index];
    }
    return head;
  }

  /** Address of a block for `bytes`, or 0 when there is no room. Its contents are undefined. */
  take(bytes: number): number {
    if (bytes > this.limit) return 0;
    const index = sizeClass(bytes);
    const size = classSize[index];
    const head = this.reuse(index);
    if (head !== 0) return head;
    const address = this.top;
    if (address + size + guard > this.reserved && !this.grow(address + size + guard)) return 0;
    this.top = address + size;
    this.used += size;
    return address;
  }

  /** Gives back a block that was taken for `bytes`. */
  give(address: number, bytes: number): void {
    this.giveBack(address, sizeClass(bytes));
  }

  /** The same for a block of a known class. */
  giveBack(address: number, index: number): void {
    this.u32[address >>> 2] = this.freeLists[index];
    this.freeLists[index] = address;
    this.used -= classSize[index];
  }

  /** Whether `take(bytes)` would have to grow the memory. */
  wouldGrow(bytes: number): boolean {
    const index = sizeClass(bytes);
    return this.freeLists[index] === 0 && this.top + classSize[index] + guard > this.reserved;
  }

  /** Bytes of the blocks on the free lists. */
  get idle(): number {
    return this.top - this.base - this.used;
  }

  /** Forgets the free lists and starts over: allowed only while no block is in use. */
  reset(): void {
    this.top = this.base;
    this.freeLists.fill(0);
  }

  private grow(needed: number): boolean {
    const limit = Math.floor(this.limit / pageSize);
    const least = Math.ceil(needed / pageSize);
    if (least > limit) return false;
    const present = this.reserved / pageSize;
    // Half as much again, so that the number of growths stays logarithmic; the views are made anew each time.
    const generous = Math.min(limit, Math.max(least, Math.ceil(present * 1.5)));
    if (!this.growTo(generous - present) && !this.growTo(least - present)) return false;
    const { buffer } = this.memory;
    this.reserved = buffer.byteLength;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    return true;
  }

  private growTo(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}
