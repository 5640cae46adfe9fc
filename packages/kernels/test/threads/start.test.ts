import { afterEach, describe, expect, test, vi } from 'vitest';
import { ArgumentError, ThreadError } from '../../src/errors.js';
import { createReference } from '../../src/reference/index.js';
import { startThreads } from '../../src/threads/index.js';
import type { Platform, WorkerHandle } from '../../src/threads/platform.js';
import { createWasm, runtimeOf } from '../../src/wasm/index.js';
import { adam, make, watched } from './support.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('startThreads', () => {
  test('what was made before stays valid, whatever the number becomes', async () => {
    const kernels = createWasm();
    const a = make(kernels, 'float32', [300, 300], Math.sin);
    const small = make(kernels, 'float32', [3], i => i);
    kernels.tenure(small.storage);
    const out = make(kernels, 'float32', [300, 300], () => 0);
    const compiled = kernels.compile(adam);
    const other = make(kernels, 'float32', [300, 300], () => 0);
    const run = (): number[] => {
      kernels.gemm(a, a, out);
      kernels.run(compiled, [a, out, 2], [other, other]);
      return [...kernels.read(out), ...kernels.read(other), ...kernels.read(small)];
    };
    const expected = run();
    for (const threads of [2, 3, 3, 1, 1, 2, 1]) {
      await startThreads(() => kernels, threads);
      expect(run()).toEqual(expected);
    }
  });

  test('kernels go on while the workers start, and calls wait for each other', async () => {
    const kernels = createWasm();
    const a = make(kernels, 'float32', [100], i => i);
    const changes = [2, 3, 1, 2].map(threads => startThreads(() => kernels, threads));
    kernels.binary('add', a, 1, a);
    await Promise.all(changes);
    expect(kernels.read(a)[99]).toBe(100);
    expect(runtimeOf(kernels)?.threads).not.toBeNull();
    await startThreads(() => kernels, 1);
    expect(runtimeOf(kernels)?.threads).toBeNull();
  });

  test.each([0, -1, 1.5, Number.NaN, 257, Number.POSITIVE_INFINITY, '2' as never])(
    '%s threads are refused',
    async threads => {
      const kernels = createWasm();
      await expect(startThreads(() => kernels, threads)).rejects.toThrow(
        `setThreads: got ${threads}; expected a whole number of threads from 1 to 256.`,
      );
      await expect(startThreads(() => kernels, threads)).rejects.toThrow(ArgumentError);
    },
  );

  test('a page that is not cross-origin isolated is told which headers it needs', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const kernels = createWasm();
    const message =
      /got 2 in a page that is not cross-origin isolated; .*Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp/;
    await expect(startThreads(() => kernels, 2)).rejects.toThrow(message);
    await expect(startThreads(() => kernels, 2)).rejects.toThrow(ThreadError);
    await startThreads(() => kernels, 1);
    vi.unstubAllGlobals();
    await startThreads(() => kernels, 2);
    await startThreads(() => kernels, 1);
  });

  test('other kernels, and what stands before them, are refused', async () => {
    const reference = createReference();
    await expect(startThreads(() => reference, 2)).rejects.toThrow(
      "setThreads: got 2 for the kernels 'reference'",
    );
    const watched = new Proxy(createWasm(), {});
    await expect(startThreads(() => watched, 2)).rejects.toThrow(ThreadError);
    await startThreads(() => reference, 1);
  });

  test('kernels that change while the workers start are left alone', async () => {
    const [first, second] = [createWasm(), createWasm()];
    let chosen = first;
    const change = startThreads(() => chosen, 2);
    await Promise.resolve();
    await Promise.resolve();
    chosen = second;
    await expect(change).rejects.toThrow('other kernels came into use while the workers started');
    expect(runtimeOf(first)?.threads).toBeNull();
  });

  test('a worker that does not start is an error, and nothing has changed', async () => {
    const kernels = createWasm();
    const a = make(kernels, 'float32', [3], i => i);
    const refusing = (answer: unknown): Platform => ({
      obstacle: () => null,
      async makeWorker() {
        const handle: WorkerHandle = {
          onAnswer: () => {},
          onEnd: () => {},
          start: () =>
            answer === undefined ? handle.onEnd('its script was refused') : handle.onAnswer(answer),
          unref: () => {},
          end: () => {},
        };
        return handle;
      },
    });
    await expect(startThreads(() => kernels, 3, { platform: refusing(undefined) })).rejects.toThrow(
      'setThreads: got 3, and a worker did not start (its script was refused)',
    );
    await expect(startThreads(() => kernels, 3, { platform: refusing('no memory') })).rejects.toThrow(
      '(no memory)',
    );
    expect([...kernels.read(a)]).toEqual([0, 1, 2]);
  });

  test('a worker that is gone is an error at the next call, until threads are set again', async () => {
    const { kernels, workers } = await watched(2);
    const a = make(kernels, 'float32', [200_000], i => i);
    workers[0].end();
    await vi.waitFor(() => {
      expect(() => kernels.unary('exp', a, a)).toThrow('threads: a worker is gone (it ended with code');
    });
    await startThreads(() => kernels, 2);
    kernels.unary('sqrt', a, a);
    await startThreads(() => kernels, 1);
    expect(kernels.read(a).length).toBe(200_000);
  });

  test('a memory that is refused is an error', async () => {
    const kernels = createWasm();
    const { Memory } = WebAssembly;
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (
      this: unknown,
      descriptor: {
        initial: number;
        shared?: boolean;
      },
    ) {
      if (descriptor.shared) throw new RangeError('no address space');
      return new Memory(descriptor);
    } as never);
    await expect(startThreads(() => kernels, 2)).rejects.toThrow(
      /a shared memory of up to .* no address space/,
    );
  });
});
