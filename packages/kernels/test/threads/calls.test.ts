import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Expression, Kernels, Operand } from '../../src/interface.js';
import { startThreads } from '../../src/threads/index.js';
import { Pool } from '../../src/threads/pool.js';
import { createWasm } from '../../src/wasm/index.js';
import { contiguous } from '../conformance/arbitraries.js';
import { adam, make, threaded, transposed } from './support.js';

afterEach(() => {
  vi.restoreAllMocks();
});

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
