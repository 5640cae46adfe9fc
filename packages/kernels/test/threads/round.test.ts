import { afterEach, describe, expect, test, vi } from 'vitest';
import { ThreadError } from '../../src/errors.js';
import { startThreads } from '../../src/threads/index.js';
import { Pool } from '../../src/threads/pool.js';
import { Word } from '../../src/threads/workerSource.js';
import { runtimeOf } from '../../src/wasm/index.js';
import { contiguousPart, make, threaded, watched } from './support.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a round', () => {
  /** Where there is no memory, for all parts of four megabytes. */
  const beyond = 2 ** 32 - 2 ** 23;

  test('that fails in a worker throws here, and the next one is as ever', async () => {
    const kernels = await threaded(2);
    const runtime = runtimeOf(kernels);
    // This thread does nothing until the worker has failed, whichever job either has taken.
    const mine = vi.spyOn(Pool.prototype as unknown as { work(job: number): void }, 'work');
    mine.mockImplementation(function (this: { control: Int32Array }) {
      const end = performance.now() + 10_000;
      while (Atomics.load(this.control, Word.failed) === 0 && performance.now() < end);
    } as () => void);
    const run = (): void => {
      runtime?.exports.exp_f32(2 ** 20, beyond, beyond);
    };
    expect(run).toThrow(/^threads: a compiled function failed in a worker \(RuntimeError: .*memory/);
    expect(run).toThrow(ThreadError);
    mine.mockRestore();
    const a = make(kernels, 'float32', [100_000], () => 0);
    kernels.unary('exp', a, a);
    expect(kernels.read(a)[99_999]).toBe(1);
    await startThreads(() => kernels, 1);
  });

  /** Lets this thread's first job, in place of what it should do, wait until workers have all others, and then call `then`. */
  function whenTaken(then: () => void): void {
    const mine = vi.spyOn(Pool.prototype as unknown as { work(job: number): void }, 'work');
    mine.mockImplementationOnce(function (this: { control: Int32Array }) {
      const end = performance.now() + 10_000;
      while ((Atomics.load(this.control, Word.ticket) & 4095) > 0 && performance.now() < end);
      expect(performance.now()).toBeLessThan(end);
      then();
    } as () => void);
  }

  /** Keeps the event loop from turning. */
  function idle(milliseconds: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  }

  test('whose worker is killed in the middle is an error soon, and threads are off until they are set again', async () => {
    const { kernels, workers } = await watched(2, { silence: 300 });
    const kept = make(kernels, 'float32', [100_000], i => i);
    const [a, out] = [0, 1].map(() => make(kernels, 'float64', [1600, 1600], () => 1));
    whenTaken(() => workers[0].end());
    const start = performance.now();
    // Half of it takes a worker a long time.
    const product = (): void => kernels.gemm(a, a, out);
    expect(product).toThrow(
      /^threads: a worker is gone \(it took a part of a call and did not end it in \d+\.\d s\); .*What this call writes is incomplete.*setThreads again/,
    );
    expect(performance.now() - start).toBeLessThan(5000);
    // Nothing that would have been divided is computed, and what is small is.
    expect(product).toThrow(ThreadError);
    expect(product).toThrow('threads: a worker is gone (it took a part of a call');
    kernels.binary('add', contiguousPart(kept, 3), 1, contiguousPart(kept, 3));
    await startThreads(() => kernels, 2);
    product();
    expect(kernels.read(contiguousPart(out, 5))).toEqual(new Float64Array(5).fill(1600));
    expect([...kernels.read(contiguousPart(kept, 5))]).toEqual([1, 2, 3, 3, 4]);
    await startThreads(() => kernels, 1);
  });

  test('goes on without a worker that died before it took anything', async () => {
    const { kernels, workers } = await watched(3);
    workers[0].end();
    workers[1].end();
    idle(500);
    const a = make(kernels, 'float32', [300_000], () => 0);
    for (let i = 0; i < 10; i++) kernels.binary('add', a, 1, a);
    expect(kernels.read(a).every(x => x === 10)).toBe(true);
    await startThreads(() => kernels, 1);
  });

  test('waits for a worker that is slow, for longer where this thread is slow too', async () => {
    const { kernels } = await watched(2, { silence: 1 });
    const a = make(kernels, 'float64', [1100, 1100], () => 1);
    const out = make(kernels, 'float64', [1100, 1100], () => 0);
    whenTaken(() => idle(100));
    kernels.gemm(a, a, out);
    // The half that is left is this thread's, which did something else.
    const result = kernels.read(out);
    expect(result.subarray(result.length - 5)).toEqual(new Float64Array(5).fill(1100));
    await startThreads(() => kernels, 1);
  });

  test('that fails on this thread throws what it threw', async () => {
    const kernels = await threaded(2);
    const runtime = runtimeOf(kernels);
    expect(() => runtime?.exports.exp_f32(2 ** 20, beyond, beyond)).toThrow(/memory/);
    await startThreads(() => kernels, 1);
  });

  test('wakes workers that have gone to sleep', async () => {
    const kernels = await threaded(3);
    const a = make(kernels, 'float32', [300_000], () => 0);
    for (let i = 0; i < 3; i++) {
      await new Promise(resolve => setTimeout(resolve, 30));
      kernels.unary('exp', a, a);
    }
    expect(kernels.read(a)[299_999]).toBeCloseTo(Math.exp(Math.E), 4);
    await startThreads(() => kernels, 1);
  });

  test('holds more calls than there is room for', async () => {
    const kernels = await threaded(2);
    const runtime = runtimeOf(kernels);
    if (runtime === undefined) throw new Error('no runtime');
    const { exports, threads, heap } = runtime;
    const at = heap.temporary(2048) / 4;
    heap.f32.fill(0, at, at + 200);
    const perPart = 150_000;
    threads?.split(2, 1e9, from => {
      for (let i = 0; i < perPart; i++)
        exports.add_f32(1, 1, (at + 100 * from) * 4, 0, 1, 192, 0, 1, (at + 100 * from) * 4);
    });
    heap.f32[48] = 1;
    threads?.split(2, 1e9, from => {
      for (let i = 0; i < perPart; i++)
        exports.add_f32(1, 1, (at + 100 * from) * 4, 0, 1, 192, 0, 1, (at + 100 * from) * 4);
    });
    expect([heap.f32[at], heap.f32[at + 100]]).toEqual([perPart, perPart]);
    await startThreads(() => kernels, 1);
  });
});
