import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MemoryError } from '../src/errors.js';
import { Heap, type HeapOptions } from '../src/heap/heap.js';
import { byteLength, classCount, classSize, sizeClass } from '../src/heap/sizeClass.js';
import { type DType, Generation, type Storage } from '../src/storage.js';

const KiB = 1024;
const MiB = 1024 * KiB;

function makeHeap(options: HeapOptions = {}): Heap {
  const maximum = (options.limitBytes ?? 64 * MiB) / 65_536;
  return new Heap(new WebAssembly.Memory({ initial: 1, maximum }), { limitBytes: 64 * MiB, ...options });
}

/** Fills a storage with bytes that depend on `seed`. */
function stamp(heap: Heap, storage: Storage, seed: number): void {
  const address = heap.address(storage);
  for (let i = 0; i < byteLength(storage); i++) heap.u8[address + i] = (seed * 31 + i * 7) & 255;
}

/** Index of the first byte that is not what `stamp` wrote, or -1. */
function firstWrong(bytes: Uint8Array, seed: number): number {
  return bytes.findIndex((byte, i) => byte !== ((seed * 31 + i * 7) & 255));
}

describe('size classes', () => {
  test('hold what was asked for, and at most a quarter more beyond 128 bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(4096), fc.integer({ min: 1, max: 2 ** 31 - 1 })), bytes => {
        const size = classSize[sizeClass(bytes)];
        expect(size).toBeGreaterThanOrEqual(Math.max(bytes, 1));
        expect(size % 16).toBe(0);
        expect(size).toBeLessThanOrEqual(Math.max(128, bytes * 1.25 + 16));
        if (sizeClass(bytes) > 0) expect(classSize[sizeClass(bytes) - 1]).toBeLessThan(bytes);
      }),
    );
  });

  test('are their own class, in ascending order up to 4 GiB', () => {
    for (let i = 0; i < classCount; i++) {
      expect(sizeClass(classSize[i])).toBe(i);
      if (i > 0) expect(classSize[i]).toBeGreaterThan(classSize[i - 1]);
    }
    expect(classSize[classCount - 1]).toBe(2 ** 32);
  });
});

describe('what is evacuated', () => {
  test('asks once for a block that teaches the allocator, and does without where there is no room', () => {
    const asked: number[] = [];
    vi.stubGlobal('ArrayBuffer', function refused(bytes: number): never {
      asked.push(bytes);
      throw new RangeError('Array buffer allocation failed');
    });
    try {
      const heap = makeHeap();
      const storages = [40_000, 40_000, 10].map(length => heap.allocate('float32', length));
      storages.forEach((storage, i) => {
        stamp(heap, storage, i);
      });
      heap.evacuateAll();
      expect(storages.map(({ generation }) => generation)).toEqual(storages.map(() => Generation.outside));
      storages.forEach((storage, i) => {
        expect(firstWrong(heap.peek(storage), i)).toBe(-1);
      });
      expect(asked).toEqual([30 * MiB]);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

type Action =
  | { kind: 'allocate'; dtype: DType; length: number }
  | { kind: 'free' | 'tenure' | 'address' | 'rewrite' | 'peek'; pick: number }
  | { kind: 'temporaries'; bytes: number[] }
  | { kind: 'evacuate' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('allocate' as const),
      dtype: fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool'),
      length: fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(1500) }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('free' as const, 'tenure', 'address', 'rewrite', 'peek'),
      pick: fc.nat(1000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('temporaries' as const),
      bytes: fc.array(fc.nat(5000), { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'evacuate' as const }) },
);

describe('the heap against a model', () => {
  const budgets = fc.record({
    youngBytes: fc.constantFrom(256, 4 * KiB, 64 * KiB),
    youngCount: fc.constantFrom(1, 3, 20, 1000),
    oldBytes: fc.constantFrom(0, 1 * KiB, 16 * KiB),
  });

  test('keeps every byte, never overlaps blocks, and counts right, under tiny budgets', () => {
    fc.assert(
      fc.property(budgets, fc.array(action, { minLength: 20, maxLength: 150 }), (options, actions) => {
        const heap = makeHeap({
          ...options,
          mostYoungBytes: options.youngBytes,
          mostYoungCount: options.youngCount,
        });
        const live: { storage: Storage; seed: number }[] = [];
        const freed: Storage[] = [];
        let allocated = 0;
        let allocatedBytes = 0;
        for (const [step, act] of actions.entries()) {
          const at = 'pick' in act && live.length > 0 ? act.pick % live.length : -1;
          if (act.kind === 'allocate') {
            const storage = heap.allocate(act.dtype, act.length);
            const { youngCount, youngBytes } = heap.stats();
            expect(youngCount).toBeLessThanOrEqual(options.youngCount);
            // A storage larger than the whole budget is young all the same, alone.
            if (youngCount > 1) expect(youngBytes).toBeLessThanOrEqual(options.youngBytes);
            allocated++;
            allocatedBytes += byteLength(storage);
            stamp(heap, storage, step);
            live.push({ storage, seed: step });
          } else if (act.kind === 'temporaries') {
            const evacuations = heap.stats().evacuations;
            const mark = heap.mark();
            for (const bytes of act.bytes) {
              const address = heap.temporary(bytes);
              heap.u8.fill(0xee, address, address + bytes);
            }
            heap.release(mark);
            expect(heap.stats().evacuations).toBe(evacuations);
          } else if (act.kind === 'evacuate') heap.evacuateAll();
          else if (at >= 0) {
            const { storage } = live[at];
            if (act.kind === 'free') {
              heap.free(storage, 'test');
              heap.free(storage, 'again');
              freed.push(storage);
              live.splice(at, 1);
            } else if (act.kind === 'tenure') {
              heap.tenure(storage);
              expect(storage.generation).toBe(Generation.old);
            } else if (act.kind === 'address') {
              const before = storage.address;
              const address = heap.address(storage);
              if (before !== 0) expect(address).toBe(before);
            } else if (act.kind === 'rewrite') {
              live[at].seed = step;
              stamp(heap, storage, step);
            } else expect(firstWrong(heap.peek(storage), live[at].seed)).toBe(-1);
          }
          checkInvariants(heap, live);
        }
        const stats = heap.stats();
        expect(stats.allocations).toBe(allocated);
        expect(stats.allocatedBytes).toBe(allocatedBytes);
        for (const storage of freed) {
          expect(storage.freedBy).toBe('test');
          expect(() => heap.address(storage)).toThrow(MemoryError);
        }
      }),
      { numRuns: 150 },
    );
  });

  function checkInvariants(heap: Heap, live: readonly { storage: Storage; seed: number }[]): void {
    const count = [0, 0, 0, 0];
    const bytes = [0, 0, 0, 0];
    const blocks: [number, number][] = [];
    for (const { storage, seed } of live) {
      const { generation } = storage;
      count[generation]++;
      bytes[generation] += classSize[sizeClass(byteLength(storage))];
      expect(firstWrong(heap.peek(storage), seed)).toBe(-1);
      if (generation === Generation.outside) continue;
      expect(storage.address % 16).toBe(0);
      expect(storage.address).toBeGreaterThanOrEqual(KiB);
      blocks.push([storage.address, storage.address + classSize[sizeClass(byteLength(storage))]]);
    }
    blocks.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < blocks.length; i++) expect(blocks[i][0]).toBeGreaterThanOrEqual(blocks[i - 1][1]);
    const stats = heap.stats();
    if (blocks.length > 0) expect(blocks[blocks.length - 1][1] + 64).toBeLessThanOrEqual(stats.reservedBytes);
    expect([stats.youngCount, stats.youngBytes]).toEqual([count[0], bytes[0]]);
    expect([stats.oldCount, stats.oldBytes]).toEqual([count[1], bytes[1]]);
    expect(heap.allocator.used).toBe(bytes[0] + bytes[1]);
  }
});

describe('long synchronous loops', () => {
  test('a million tiny storages, never freed, stay within the young budget', () => {
    const heap = makeHeap({ youngCount: 4096 });
    let kept = heap.allocate('float32', 3);
    stamp(heap, kept, 1);
    for (let i = 0; i < 1_000_000; i++) {
      const storage = heap.allocate('float32', 3);
      if (i === 500_000) {
        kept = storage;
        stamp(heap, kept, 2);
      }
    }
    const stats = heap.stats();
    expect(stats.youngCount).toBeLessThanOrEqual(4096);
    expect(stats.reservedBytes).toBeLessThanOrEqual(1 * MiB);
    expect(stats.evacuations).toBeGreaterThan(200);
    expect(firstWrong(heap.peek(kept), 2)).toBe(-1);
    // A kept scalar pins one small page, not all that was evacuated with it.
    expect(kept.data?.buffer.byteLength).toBeLessThanOrEqual(16 * KiB);
  });

  test('what is freed at once is used again at once', () => {
    const heap = makeHeap();
    const first = heap.allocate('float32', 100);
    const { address } = first;
    heap.free(first, 'test');
    for (let i = 0; i < 1000; i++) {
      const storage = heap.allocate('float64', 50);
      expect(storage.address).toBe(address);
      heap.free(storage, 'test');
    }
    expect(heap.stats().evacuations).toBe(0);
  });

  test('what comes back is young the first time and old the second', () => {
    const heap = makeHeap({});
    const storage = heap.allocate('float32', 100);
    for (const expected of [Generation.young, Generation.old]) {
      heap.evacuateAll();
      expect(storage.generation).toBe(Generation.outside);
      heap.address(storage);
      expect(storage.generation).toBe(expected);
    }
  });

  test('the young budget doubles while much of what was evacuated comes back, and stays when nothing does', () => {
    const evacuations = (used: boolean): number => {
      const heap = makeHeap({ youngBytes: 64 * KiB, mostYoungBytes: 1024 * KiB });
      // A step works on 512 KiB: each of 64 values is made, and used once more in the opposite order.
      for (let step = 0; step < 40; step++) {
        const values = Array.from({ length: 64 }, () => heap.allocate('float32', 2048));
        if (used) for (const v of values.reverse()) heap.address(v);
        for (const v of values) heap.free(v, 'test');
      }
      return heap.stats().evacuations;
    };
    // 40 steps of 8 evacuations each, or a handful until one step has room.
    expect(evacuations(false)).toBeGreaterThan(200);
    expect(evacuations(true)).toBeLessThan(30);
  });

  test('parameters that are tenured for ever and dropped do not fill the memory', () => {
    const heap = makeHeap({ oldBytes: 4 * MiB });
    for (let i = 0; i < 2000; i++) heap.tenure(heap.allocate('float32', 25_000));
    expect(heap.stats().reservedBytes).toBeLessThanOrEqual(16 * MiB);
  });

  test('old storages in use settle: after a few evacuations the budget holds them', () => {
    const heap = makeHeap({ youngBytes: 1 * MiB, oldBytes: 1 * MiB });
    const parameters = Array.from({ length: 30 }, () => heap.allocate('float32', 50_000));
    for (const [i, p] of parameters.entries()) stamp(heap, p, i);
    let before = 0;
    for (let step = 0; step < 50; step++) {
      if (step === 25) before = heap.stats().reloads;
      for (const p of parameters) heap.address(p);
      for (let i = 0; i < 20; i++) heap.allocate('float32', 10_000);
    }
    expect(heap.stats().reloads).toBe(before);
    for (const [i, p] of parameters.entries()) expect(firstWrong(heap.peek(p), i)).toBe(-1);
  });

  test('sizes that change all the time do not fragment the memory for ever', () => {
    const heap = makeHeap({ youngBytes: 1 * MiB });
    for (let i = 0; i < 20_000; i++) {
      const storage = heap.allocate('float32', 10 + ((i * 7919) % 100_000));
      if (i % 3 !== 0) heap.free(storage, 'test');
    }
    expect(heap.stats().reservedBytes).toBeLessThanOrEqual(16 * MiB);
  });
});

describe('out of memory', () => {
  const limitBytes = 1 * MiB;

  test('a request beyond the limit fails with what to do, and changes nothing', () => {
    const heap = makeHeap({ limitBytes, youngBytes: limitBytes / 4 });
    const storages = Array.from({ length: 5 }, () => heap.allocate('float32', 1000));
    for (const [i, s] of storages.entries()) stamp(heap, s, i);
    const before = heap.stats();
    expect(() => heap.allocate('float32', 300_000)).toThrow(
      /^allocate: no room for 1200000 bytes: \d+ bytes are in use and WebAssembly memory ends at 1048576 bytes\. .*scope\(\)/,
    );
    expect(heap.stats()).toEqual(before);
    for (const [i, s] of storages.entries()) expect(firstWrong(heap.peek(s), i)).toBe(-1);
    expect(heap.allocate('float32', 1000).generation).toBe(Generation.young);
  });

  test('absurd lengths fail likewise', () => {
    const heap = makeHeap({ limitBytes });
    for (const length of [2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(() => heap.allocate('float64', length)).toThrow(MemoryError);
    }
  });

  test('before it fails, everything that is not in use makes room', () => {
    const heap = makeHeap({ limitBytes });
    const storages = Array.from({ length: 40 }, () => heap.allocate('float32', 20_000));
    for (const [i, s] of storages.slice(-5).entries()) stamp(heap, s, i);
    const large = heap.allocate('float32', 200_000);
    expect(large.address).toBeGreaterThan(0);
    expect(heap.stats().evacuations).toBeGreaterThan(0);
    heap.free(large, 'test');
    for (const [i, s] of storages.slice(-5).entries()) expect(firstWrong(heap.peek(s), i)).toBe(-1);
  });

  test('a reload without room fails, evacuates nobody, and works after the next allocation', () => {
    const heap = makeHeap({ limitBytes });
    const first = heap.allocate('float32', 100_000);
    stamp(heap, first, 1);
    heap.evacuateAll();
    const second = heap.allocate('float32', 150_000);
    stamp(heap, second, 2);
    const { address } = second;
    expect(() => heap.address(first)).toThrow(/^reload: no room for 400000 bytes/);
    expect(second.address).toBe(address);
    expect(firstWrong(heap.peek(first), 1)).toBe(-1);
    heap.allocate('float32', 1);
    expect(heap.address(first)).toBeGreaterThan(0);
    expect(firstWrong(heap.peek(first), 1)).toBe(-1);
    expect(firstWrong(heap.peek(second), 2)).toBe(-1);
  });

  test('a temporary without room fails and leaves no other temporaries behind', () => {
    const heap = makeHeap({ limitBytes });
    const storage = heap.allocate('float32', 1000);
    stamp(heap, storage, 1);
    const { used } = heap.allocator;
    heap.temporary(100_000);
    expect(() => heap.temporary(950_000)).toThrow(/^temporary: no room for 950000 bytes/);
    expect(heap.allocator.used).toBe(used);
    expect(heap.mark()).toBe(0);
    expect(firstWrong(heap.peek(storage), 1)).toBe(-1);
  });

  test('use after free names who freed it', () => {
    const heap = makeHeap();
    const storage = heap.allocate('float32', 4);
    heap.free(storage, 'scope "inner"');
    expect(() => heap.address(storage)).toThrow(/freed by scope "inner"/);
    expect(() => heap.peek(storage)).toThrow(MemoryError);
    expect(() => heap.tenure(storage)).toThrow(MemoryError);
  });
});
