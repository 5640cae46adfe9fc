import { describe, expect, test } from 'vitest';
import { Budget } from '../src/heap/budget.js';
import { Heap } from '../src/heap/heap.js';

/** Evacuations, of each of which `returned` came back, and the limit after each. */
function limits(budget: Budget, returned: readonly number[], exceeded = true): number[] {
  return returned.map(bytes => {
    budget.returned += bytes;
    budget.adapt(exceeded);
    return budget.limit;
  });
}

const nothing = (times: number): number[] => new Array<number>(times).fill(0);

describe('the budget of the young', () => {
  test('doubles at the second time that more than a quarter came back, up to the most', () => {
    expect(limits(new Budget(64, 256), [17, 16, 17, 33, 33, 65, 65])).toEqual([
      64, 64, 128, 128, 256, 256, 256,
    ]);
  });

  test('is halved, down to the least, after four evacuations in a row of which nothing came back', () => {
    const budget = new Budget(64, 256);
    limits(budget, [64, 64, 64, 64]);
    expect(limits(budget, nothing(12))).toEqual([256, 256, 256, 128, 128, 128, 128, 64, 64, 64, 64, 64]);
  });

  test('stays where some came back in between, or where something else was exceeded', () => {
    const budget = new Budget(64, 256);
    limits(budget, [64, 64]);
    expect(limits(budget, [0, 0, 0, 5, 0, 0, 0])).toEqual(new Array(7).fill(128));
    expect(limits(budget, nothing(10), false)).toEqual(new Array(10).fill(128));
  });

  test('is halved later when that was wrong, but after 64 quiet evacuations at the latest', () => {
    const budget = new Budget(64, 256);
    limits(budget, [64, 64]);
    const waits = Array.from({ length: 7 }, () => {
      const wait = limits(budget, nothing(65)).indexOf(64) + 1;
      limits(budget, [64, 64]);
      return wait;
    });
    expect(waits).toEqual([4, 8, 16, 32, 64, 64, 64]);
  });

  test('follows what a program does: large steps that come back, then a loop that drops everything', () => {
    const heap = new Heap(new WebAssembly.Memory({ initial: 1, maximum: 1024 }), { youngBytes: 2 ** 16 });
    for (let step = 0; step < 10; step++) {
      const values = Array.from({ length: 64 }, () => heap.allocate('float32', 2048));
      for (const v of values.reverse()) heap.address(v);
      for (const v of values) heap.free(v, 'test');
    }
    const most = (): number => {
      let bytes = 0;
      for (let i = 0; i < 200; i++) {
        heap.allocate('float32', 2048);
        bytes = Math.max(bytes, heap.stats().youngBytes);
      }
      return bytes;
    };
    expect(most()).toBeGreaterThan(2 ** 18);
    most();
    most();
    expect(most()).toBeLessThanOrEqual(2 ** 16);
  });
});
