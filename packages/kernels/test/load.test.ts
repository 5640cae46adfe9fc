import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeDelta } from '../scripts/delta.js';
import { encodeText } from '../scripts/text.js';
import { scalarArithmetic, scalarMaps } from '../src/index.js';
import type { ArithmeticOp, Operand, ReduceOp, ScanOp, UnaryOp } from '../src/interface.js';
import type { DType, Storage } from '../src/storage.js';
import { applyDelta } from '../src/wasm/delta.js';
import { createWasm } from '../src/wasm/index.js';
import { load, supports } from '../src/wasm/load.js';
import { servedByReference } from '../src/wasm/reference.js';
import { decodeText } from '../src/wasm/text.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('bytes as text', () => {
  const every = Uint8Array.from({ length: 1001 }, (_, i) => (i * 37) & 255);

  test('come back', () => {
    expect([...decodeText(encodeText(every))]).toEqual([...every]);
    expect(decodeText('').length).toBe(0);
  });

  test('are characters that need no escape in quotes', () => {
    expect(encodeText(every)).toMatch(/^[(-[\]-~]+$/);
  });
});

describe('the difference of two builds', () => {
  test('gives the second back', () => {
    // Few different bytes, and a target made of pieces of the base, so that there is something to find.
    const bytes = fc.uint8Array({ maxLength: 200, max: 3 });
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.tuple(fc.nat(200), fc.nat(200), bytes), { maxLength: 8 }),
        (base, pieces) => {
          const target = Uint8Array.from(
            pieces.flatMap(([from, length, literal]) => [...base.subarray(from, from + length), ...literal]),
          );
          expect([...applyDelta(base, makeDelta(base, target))]).toEqual([...target]);
        },
      ),
    );
  });

  test('is much smaller than the second where they share long runs', () => {
    const base = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 3);
    const target = Uint8Array.from([...base.subarray(3000), 1, 2, 3, ...base.subarray(0, 3000)]);
    expect(makeDelta(base, target).length).toBeLessThan(60);
  });
});

describe('builds', () => {
  test('the baseline build compiles wherever fixed-width SIMD is known', () => {
    expect(supports('wasm')).toBe(true);
    expect(load('wasm')).toBeInstanceOf(WebAssembly.Module);
    expect(load('wasm')).toBe(load('wasm'));
  });

  test('the probe for relaxed SIMD tells whether the relaxed build compiles', () => {
    if (supports('wasm-relaxed')) expect(load('wasm-relaxed')).toBeInstanceOf(WebAssembly.Module);
    else expect(() => load('wasm-relaxed')).toThrow(WebAssembly.CompileError);
  });
});

describe('the choice of a tier', () => {
  test('is the relaxed build, or else the baseline, and is made once', async () => {
    const { kernels } = await import('../src/select.js');
    expect(kernels().name).toBe(supports('wasm-relaxed') ? 'wasm-relaxed' : 'wasm');
    expect(kernels()).toBe(kernels());
  });

  test('falls back to the reference with a warning that says why when compiling is refused', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('WebAssembly', {
      ...Object.fromEntries(
        Object.getOwnPropertyNames(WebAssembly).map(k => [k, Reflect.get(WebAssembly, k)]),
      ),
      Module: function Module(): never {
        throw new Error('blocked by Content Security Policy');
      },
    });
    vi.resetModules();
    const { kernels } = await import('../src/select.js');
    expect(kernels().name).toBe('reference');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/refused \(blocked by Content Security Policy\).*wasm-unsafe-eval/);
  });

  test('falls back likewise without WebAssembly', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const { kernels } = await import('../src/select.js');
    expect(kernels().name).toBe('reference');
    expect(warn.mock.calls[0][0]).toMatch(/no WebAssembly SIMD/);
  });

  test('useKernels overrides it', async () => {
    const { kernels, useKernels } = await import('../src/select.js');
    const chosen = createWasm({ relaxed: false, limitBytes: 2 ** 24 });
    useKernels(chosen);
    expect(kernels()).toBe(chosen);
  });
});

describe('what the tier leaves to the reference functions', () => {
  /** Runs every reduction of every dtype over a tier whose reference functions are watched. */
  test('is what servedByReference says, and nothing else', async () => {
    const called: string[] = [];
    vi.doMock('../src/reference/index.js', async original => {
      const module = await original<typeof import('../src/reference/index.js')>();
      return {
        ...module,
        referenceKernels: (resolve: never) => {
          const kernels = module.referenceKernels(resolve);
          return Object.fromEntries(
            Object.entries(kernels).map(([name, kernel]) => [
              name,
              (...args: never[]) => {
                called.push(name);
                return (kernel as (...args: never[]) => unknown)(...args);
              },
            ]),
          );
        },
      };
    });
    const fresh = await import('../src/wasm/index.js');
    const tier = fresh.createWasm({ relaxed: false });
    const operand = (storage: Storage, shape: number[]): Operand => ({
      storage,
      offset: 0,
      shape,
      strides: shape.map((_, d) => shape.slice(d + 1).reduce((x, y) => x * y, 1)),
    });
    const make = (dtype: DType, shape: number[]): Operand =>
      operand(
        tier.allocate(
          dtype,
          shape.reduce((x, y) => x * y, 1),
        ),
        shape,
      );
    const dtypes: DType[] = ['float32', 'float64', 'int32', 'bool'];
    const ops: ReduceOp[] = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin', 'any', 'all'];
    for (const op of ops) {
      for (const dtype of dtypes) {
        if ((op === 'any' || op === 'all') && dtype !== 'bool') continue;
        const a = make(dtype, [2, 3]);
        tier.fill(a, 1);
        const counted = (op === 'sum' || op === 'prod') && (dtype === 'int32' || dtype === 'bool');
        const out = make(op.startsWith('arg') || counted ? 'int32' : dtype, [2]);
        called.length = 0;
        tier.reduce(op, a, [1], out);
        const expected = servedByReference.reduce[op]?.includes(dtype) ? ['reduce'] : [];
        expect(called, `${op} of ${dtype}`).toEqual(expected);
      }
    }
    for (const op of ['sum', 'prod', 'max', 'min', 'logsumexp'] satisfies ScanOp[]) {
      for (const dtype of dtypes) {
        if (op === 'logsumexp' && !dtype.startsWith('float')) continue;
        const a = make(dtype, [2, 3]);
        tier.fill(a, 1);
        const counted = (op === 'sum' || op === 'prod') && (dtype === 'int32' || dtype === 'bool');
        const indices = op === 'max' || op === 'min' ? make('int32', [2, 3]) : null;
        called.length = 0;
        tier.scan(op, a, 1, false, make(counted ? 'int32' : dtype, [2, 3]), indices);
        const expected = servedByReference.scan[op]?.includes(dtype) ? ['scan'] : [];
        expect(called, `scan ${op} of ${dtype}`).toEqual(expected);
      }
    }
    for (const dtype of ['float32', 'float64'] as const) {
      const a = make(dtype, [2, 3]);
      tier.fill(a, 0.5);
      const runs: [string, boolean, () => void][] = [
        ...(Object.keys(scalarMaps) as UnaryOp[]).map(
          op =>
            [op, servedByReference.unary.includes(op), () => tier.unary(op, a, make(dtype, [2, 3]))] as [
              string,
              boolean,
              () => void,
            ],
        ),
        ...(Object.keys(scalarArithmetic) as ArithmeticOp[]).map(
          op =>
            [op, servedByReference.binary.includes(op), () => tier.binary(op, a, a, make(dtype, [2, 3]))] as [
              string,
              boolean,
              () => void,
            ],
        ),
        ...(['uniform', 'normal', 'exponential'] as const).map(
          kind =>
            [kind, servedByReference.random.includes(kind), () => tier.random(kind, 1, 2, 0, a)] as [
              string,
              boolean,
              () => void,
            ],
        ),
      ];
      for (const [name, served, run] of runs) {
        called.length = 0;
        run();
        expect(called.length > 0, `${name} of ${dtype}`).toBe(served);
      }
      called.length = 0;
      tier.sort(a, 1, false, make(dtype, [2, 3]), make('int32', [2, 3]));
      expect(called).toEqual(servedByReference.order);
      for (const op of ['sin', 'tan'] as const) {
        called.length = 0;
        const nodes = [{ op: 'input', index: 0 } as const, { op, a: 0 } as const];
        tier.run(tier.compile({ dtype, inputs: ['array'], nodes, outputs: [1] }), [a], [make(dtype, [2, 3])]);
        expect(called.includes('run'), `an expression of ${op}`).toBe(op === 'tan');
      }
    }
    called.length = 0;
    for (const dtype of dtypes) {
      const a = make(dtype, [3, 4]);
      const index = make('int32', [3, 4]);
      tier.fill(a, 1);
      tier.fill(index, 0);
      for (const other of dtypes) tier.copy(a, make(other, [3, 4]));
      tier.write(
        a,
        Array.from({ length: 12 }, (_, i) => i % 2),
      );
      tier.read(a);
      tier.gather(a, 0, index, make(dtype, [3, 4]));
      for (const mode of ['add', 'assign', 'max', 'min'] as const)
        if (dtype !== 'bool' || mode === 'assign') tier.scatter(mode, a, 0, index, make(dtype, [3, 4]));
      if (dtype.startsWith('float')) {
        tier.random('normal', 1, 2, 0, a);
        tier.gemm(a, make(dtype, [4, 2]), make(dtype, [3, 2]));
        tier.recurrence(a, a, 0, { reverse: true, lag: true }, make(dtype, [3, 4]));
        const geometry = { stride: [1], padding: [0], dilation: [1], groups: 1 };
        const [image, weight, output] = [
          [1, 2, 5],
          [3, 2, 2],
          [1, 3, 4],
        ].map(shape => make(dtype, shape));
        tier.convolution(image, weight, output, geometry);
        tier.convolutionInputGrad(output, weight, image, geometry);
        tier.convolutionWeightGrad(image, output, weight, geometry);
        const columns = make(dtype, [1, 2, 2, 4]);
        tier.unfold(image, columns, geometry);
        tier.fold(columns, image, geometry);
        const window = { start: Int32Array.of(0), end: Int32Array.of(5), step: 1 };
        tier.maxPool(image, [window], make(dtype, [1, 2, 1]), make('int32', [1, 2, 1]));
        const matrix = {
          offsets: Int32Array.of(0, 1),
          indices: Int32Array.of(4),
          weights: Float64Array.of(1),
        };
        tier.sparseAlong(image, 2, matrix, make(dtype, [1, 2, 1]));
      }
    }
    expect(called).toEqual([]);
  });
});
