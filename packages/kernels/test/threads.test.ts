import { afterEach, describe, expect, test, vi } from 'vitest';
import { ArgumentError, ThreadError } from '../src/errors.js';
import type { Expression, Kernels, Operand } from '../src/interface.js';
import { createReference } from '../src/reference/index.js';
import type { DType } from '../src/storage.js';
import { startThreads, type ThreadOptions } from '../src/threads/index.js';
import { type Platform, platform, type WorkerHandle } from '../src/threads/platform.js';
import { Pool } from '../src/threads/pool.js';
import { shareMemory } from '../src/threads/sharedModule.js';
import { Word } from '../src/threads/workerSource.js';
import { createWasm, runtimeOf } from '../src/wasm/index.js';
import { bytesOf } from '../src/wasm/load.js';
import { contiguous, count } from './conformance/arbitraries.js';

afterEach(() => {
  vi.restoreAllMocks();
});

async function threaded(threads: number, options: ThreadOptions = {}): Promise<Kernels> {
  const kernels = createWasm();
  await startThreads(() => kernels, threads, options);
  return kernels;
}

/** The same, and the workers. */
async function watched(
  threads: number,
  options: ThreadOptions = {},
): Promise<{ kernels: Kernels; workers: WorkerHandle[] }> {
  const workers: WorkerHandle[] = [];
  const watching: Platform = {
    ...platform,
    async makeWorker() {
      const worker = await platform.makeWorker();
      workers.push(worker);
      return worker;
    },
  };
  return { kernels: await threaded(threads, { platform: watching, ...options }), workers };
}

function make(kernels: Kernels, dtype: DType, shape: number[], value: (i: number) => number): Operand {
  const layout = contiguous(shape);
  const operand = { ...layout, storage: kernels.allocate(dtype, count(shape)) };
  kernels.write(
    operand,
    Float64Array.from({ length: count(shape) }, (_, i) => value(i)),
  );
  return operand;
}

const contiguousPart = (a: Operand, length: number): Operand => ({ ...a, ...contiguous([length]) });

const transposed = (a: Operand): Operand => ({
  ...a,
  shape: [...a.shape].reverse(),
  strides: [...a.strides].reverse(),
});

const adam: Expression = {
  dtype: 'float32',
  inputs: ['array', 'array', 'scalar'],
  nodes: [
    { op: 'input', index: 0 },
    { op: 'input', index: 1 },
    { op: 'input', index: 2 },
    { op: 'mul', a: 1, b: 2 },
    { op: 'tanh', a: 3 },
    { op: 'sub', a: 0, b: 4 },
  ],
  outputs: [3, 5],
};

/** Of each group, times a number of its own; and the logarithm of the sum. */
const maskedSoftmax: Expression = {
  dtype: 'float32',
  inputs: ['array', 'array', 'array', 'scalar'],
  nodes: [
    { op: 'input', index: 0 },
    { op: 'input', index: 1 },
    { op: 'input', index: 2 },
    { op: 'input', index: 3 },
    { op: 'mul', a: 0, b: 1 },
    { op: 'where', condition: 2, a: 4, b: 3 },
    { op: 'max', a: 5 },
    { op: 'sub', a: 5, b: 6 },
    { op: 'exp', a: 7 },
    { op: 'sum', a: 8 },
    { op: 'div', a: 8, b: 9 },
    { op: 'log', a: 9 },
  ],
  outputs: [10, 11],
};

/** Calls that are large enough to be divided, by name; each returns what it has written. */
const calls: Record<string, (kernels: Kernels, dtype: 'float32' | 'float64') => Operand[]> = {
  gemm(k, dtype) {
    const a = make(k, dtype, [301, 97], Math.sin);
    const b = make(k, dtype, [97, 203], Math.cos);
    const c = make(k, dtype, [301, 203], i => i);
    k.gemm(a, b, c, { bias: make(k, dtype, [203], Math.tan), relu: true });
    return [c];
  },
  'gemm of transposed matrices, few rows'(k, dtype) {
    const a = make(k, dtype, [200, 31], Math.sin);
    const b = make(k, dtype, [500, 200], Math.cos);
    const c = make(k, dtype, [31, 500], () => 0);
    k.gemm(transposed(a), transposed(b), c, { bias: make(k, dtype, [500], Math.tan), relu: false });
    return [c];
  },
  'gemm of long rows with long rows'(k, dtype) {
    const a = make(k, dtype, [31, 701], Math.sin);
    const b = make(k, dtype, [67, 701], Math.cos);
    const c = make(k, dtype, [31, 67], () => 0);
    const bias = make(k, dtype, [67], Math.sin);
    k.gemm(a, transposed(b), c, { bias, relu: true });
    const d = make(k, dtype, [67, 31], () => 0);
    k.gemm(b, transposed(a), d);
    return [c, d];
  },
  'gemm with a vector on either side'(k, dtype) {
    const a = make(k, dtype, [1001, 300], Math.sin);
    const x = make(k, dtype, [300, 1], Math.cos);
    const y = make(k, dtype, [1, 1001], Math.cos);
    const [ax, ya] = [make(k, dtype, [1001, 1], () => 0), make(k, dtype, [1, 300], () => 0)];
    k.gemm(a, x, ax);
    k.gemm(y, a, ya);
    return [ax, ya];
  },
  'gemm in batches'(k, dtype) {
    const a = make(k, dtype, [3, 70, 80], Math.sin);
    const b = make(k, dtype, [3, 80, 90], Math.cos);
    const c = make(k, dtype, [3, 70, 90], () => 0);
    k.gemm(a, b, c);
    return [c];
  },
  maps(k, dtype) {
    const shape = [7, 20_011];
    const a = make(k, dtype, shape, i => Math.sin(i) + 2);
    const column = { ...make(k, dtype, [7, 1], i => i), shape: [7, 1], strides: [1, 0] };
    const outs = Array.from({ length: 4 }, () => make(k, dtype, shape, () => 0));
    const mask = make(k, 'bool', shape, i => i % 3);
    k.unary('log', a, outs[0]);
    k.binary('mul', a, column, outs[1]);
    k.binary('div', 3, a, outs[2]);
    k.binary('lt', outs[1], a, mask);
    k.where(mask, a, -1, outs[3]);
    return [...outs, mask];
  },
  'maps of many blocks'(k, dtype) {
    const images = make(k, dtype, [9, 6, 40, 9], Math.sin);
    const channels = { ...make(k, dtype, [6], i => i), shape: [6, 1, 1], strides: [1, 0, 0] };
    const outs = Array.from({ length: 2 }, () => make(k, dtype, [9, 6, 40, 9], () => 0));
    const mask = make(k, 'bool', [9, 6, 40, 9], () => 0);
    k.binary('add', images, channels, outs[0]);
    k.binary('lt', images, channels, mask);
    k.where(mask, channels, 2, outs[1]);
    return [...outs, mask];
  },
  'copies and fills'(k, dtype) {
    const a = make(k, dtype, [400, 301], Math.sin);
    const [b, c, d] = [0, 1, 2].map(() => make(k, dtype, [301, 400], i => i));
    const cast = make(k, 'int32', [400, 301], () => 0);
    k.copy(transposed(a), b);
    k.fill(c, 0);
    k.fill(d, 2.5);
    k.copy(a, cast);
    return [b, c, d, cast];
  },
  'reductions and scans'(k, dtype) {
    const a = make(k, dtype, [203, 501], Math.sin);
    const [rows, columns] = [make(k, dtype, [203], () => 0), make(k, dtype, [501], () => 0)];
    const where = make(k, 'int32', [501], () => 0);
    const running = make(k, dtype, [203, 501], () => 0);
    k.reduce('sum', a, [1], rows);
    k.reduce('sum', a, [0], columns);
    k.reduce('argmax', a, [0], where);
    k.scan('sum', a, 1, true, running, null);
    const images = make(k, dtype, [9, 12, 30, 7], Math.sin);
    const [channels, between] = [make(k, dtype, [12], () => 0), make(k, dtype, [9, 30], () => 0)];
    k.reduce('sum', images, [0, 2, 3], channels);
    k.reduce('max', images, [1, 3], between);
    return [rows, columns, where, running, channels, between];
  },
  'random numbers'(k, dtype) {
    const [a, b] = [0, 1].map(() => make(k, dtype, [50_003], () => 0));
    k.random('normal', 1, 2, 3, a);
    k.random('uniform', 1, 2, 2 ** 40 + 1, b);
    return [a, b];
  },
  'a convolution and its gradients'(k, dtype) {
    const geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 2 };
    const x = make(k, dtype, [11, 4, 19, 17], Math.sin);
    const weight = make(k, dtype, [6, 2, 3, 3], Math.cos);
    const out = make(k, dtype, [11, 6, 19, 17], () => 0);
    const [dx, dw] = [make(k, dtype, [11, 4, 19, 17], () => 0), make(k, dtype, [6, 2, 3, 3], () => 0)];
    k.convolution(x, weight, out, geometry);
    k.convolutionInputGrad(out, weight, dx, geometry);
    k.convolutionWeightGrad(x, out, dw, geometry);
    return [out, dx, dw];
  },
  'a convolution of one image and its gradients'(k, dtype) {
    const results: Operand[] = [];
    // In groups, of each channel alone, with few outputs, and with strides, which the gradient of the input goes another way for.
    for (const [channels, outputs, groups, stride] of [
      [6, 20, 1, 1],
      [6, 20, 1, 2],
      [6, 2, 1, 1],
      [6, 3, 1, 2],
      [6, 9, 3, 1],
      [12, 12, 12, 2],
      [12, 15, 3, 2],
    ]) {
      for (const padding of [0, 1]) {
        const geometry = { stride: [stride, 1], padding: [padding, padding], dilation: [1, 1], groups };
        const sizes = [Math.floor((29 + 2 * padding - 3) / stride) + 1, 23 + 2 * padding - 2];
        const x = make(k, dtype, [1, channels, 29, 23], Math.sin);
        const weight = make(k, dtype, [outputs, channels / groups, 3, 3], Math.cos);
        const out = make(k, dtype, [1, outputs, ...sizes], () => 0);
        const bias = make(k, dtype, [outputs], Math.cos);
        const [dx, dw] = [x, weight].map(a => make(k, dtype, [...a.shape], () => 7));
        k.convolution(x, weight, out, geometry, { bias, relu: true });
        k.convolutionInputGrad(out, weight, dx, geometry);
        k.convolutionWeightGrad(x, out, dw, geometry);
        results.push(out, dx, dw);
      }
    }
    return results;
  },
  'pools, gather and scatter'(k, dtype) {
    const a = make(k, dtype, [40, 30, 30], Math.sin);
    const out = make(k, dtype, [40, 15, 15], () => 0);
    const indices = make(k, 'int32', [40, 15, 15], () => 0);
    const window = {
      start: Int32Array.from({ length: 15 }, (_, i) => 2 * i),
      end: Int32Array.from({ length: 15 }, (_, i) => 2 * i + 2),
      step: 1,
    };
    k.maxPool(a, [window, window], out, indices);
    const flat = (b: Operand): Operand => ({ ...b, ...contiguous([40, b.storage.length / 40]) });
    const picked = make(k, dtype, [40, 225], () => 0);
    k.gather(flat(a), 1, flat(indices), picked);
    const back = make(k, dtype, [40, 900], () => 7);
    k.scatter('add', back, 1, flat(indices), flat(out), true);
    return [out, indices, picked, back];
  },
  'an expression'(k, dtype) {
    const [a, b] = [make(k, dtype, [5, 9001], Math.sin), make(k, dtype, [5, 9001], Math.cos)];
    const [c, d] = [0, 1].map(() => make(k, dtype, [5, 9001], () => 0));
    const column = { ...make(k, dtype, [5, 1], i => i), shape: [5, 1], strides: [1, 0] };
    const compiled = k.compile({ ...adam, dtype });
    k.run(compiled, [a, b, 0.5], [c, d]);
    const [e, f] = [0, 1].map(() => make(k, dtype, [5, 9001], () => 0));
    k.run(compiled, [a, column, 0.5], [e, f]);
    const images = make(k, dtype, [9, 6, 40, 9], Math.sin);
    const channels = { ...make(k, dtype, [6], i => i), shape: [1, 6, 1, 1], strides: [0, 1, 0, 0] };
    const [g, h] = [0, 1].map(() => make(k, dtype, [9, 6, 40, 9], () => 0));
    k.run(compiled, [images, channels, 0.5], [g, h]);
    return [c, d, e, f, g, h];
  },
  'fused expressions with reductions'(k, dtype) {
    const [groups, segments, length] = [37, 3, 301];
    const x = make(k, dtype, [groups, segments, length], i => 5 * Math.sin(i));
    const scale = make(k, dtype, [groups, 1, 1], i => 1 + (i % 3));
    const kept = make(k, 'bool', [1, segments, length], i => i % 5);
    const out = make(k, dtype, [groups, segments, length], () => 0);
    const logarithms = make(k, dtype, [groups, 1, 1], () => 0);
    k.run(k.compile({ ...maskedSoftmax, dtype }), [x, scale, kept, -3], [out, logarithms]);
    return [out, logarithms];
  },
};

describe.each([2, 5])('on %i threads', threads => {
  test.each(Object.keys(calls))('%s: the same to the last bit as on one, and divided', async name => {
    const one = createWasm();
    const several = await threaded(threads, { least: 1000 });
    const rounds = vi.spyOn(Pool.prototype, 'run');
    for (const dtype of ['float32', 'float64'] as const) {
      const expected = calls[name](one, dtype).map(a => one.read(a));
      rounds.mockClear();
      const results = calls[name](several, dtype);
      expect(rounds.mock.calls.length).toBeGreaterThan(0);
      for (const [i, result] of results.entries()) {
        const found = several.read(result);
        const same = Buffer.from(found.buffer).equals(Buffer.from(expected[i].buffer));
        expect(found.buffer).toBeInstanceOf(ArrayBuffer);
        expect(same, `result ${i} of ${dtype}`).toBe(true);
      }
    }
    await startThreads(() => several, 1);
  });
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

describe('shareMemory', () => {
  const empty = [0, 97, 115, 109, 1, 0, 0, 0];
  const name = [1, 97];
  const memory = [...name, ...name, 2, 1, 1, 2];

  test('lets the build import shared memory, and no other', () => {
    const bytes = bytesOf('wasm');
    const before = bytes.slice();
    shareMemory(bytes);
    expect(bytes.reduce((changed, byte, i) => changed + (byte === before[i] ? 0 : 1), 0)).toBe(1);
    const module = new WebAssembly.Module(bytes);
    const shared = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
    const plain = new WebAssembly.Memory({ initial: 16, maximum: 65_536 });
    expect(new WebAssembly.Instance(module, { env: { memory: shared } }).exports.heapBase()).toBeGreaterThan(
      0,
    );
    expect(() => new WebAssembly.Instance(module, { env: { memory: plain } })).toThrow();
  });

  test('finds it after imports of other kinds', () => {
    const imports = [
      ...[
        5,
        ...name,
        ...name,
        0,
        0,
        ...name,
        ...name,
        1,
        0x70,
        1,
        1,
        200,
        1,
        ...name,
        ...name,
        1,
        0x70,
        0,
        1,
      ],
      ...[...name, ...name, 3, 0x7f, 0, ...memory],
    ];
    const bytes = Uint8Array.from([...empty, 1, 4, 1, 0x60, 0, 0, 2, imports.length, ...imports]);
    expect(WebAssembly.validate(bytes)).toBe(true);
    shareMemory(bytes);
    expect(bytes[bytes.length - 3]).toBe(3);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test.each([
    ['without imports', []],
    ['with a memory of any size', [2, 8, 1, ...name, ...name, 2, 0, 1]],
    ['with other imports', [1, 4, 1, 0x60, 0, 0, 2, 7, 1, ...name, ...name, 0, 0]],
  ])('refuses a module %s', (_, sections) => {
    expect(() => shareMemory(Uint8Array.from([...empty, ...sections]))).toThrow('shareMemory: expected');
  });
});
