import { describe, expect, test } from 'vitest';
import { MemoryError } from '../../src/errors.js';
import type { Kernels, Operand } from '../../src/interface.js';
import type { DType, Storage } from '../../src/storage.js';
import { contiguous, generate } from './arbitraries.js';
import { bounds } from './bounds.js';
import { assertClose } from './compare.js';
import type { Tiers } from './index.js';

const whole = (storage: Storage): Operand => ({ ...contiguous([storage.length]), storage });

function stored(kernels: Kernels, dtype: DType, contents: ArrayLike<number>): Operand {
  const operand = whole(kernels.allocate(dtype, contents.length));
  kernels.write(operand, contents);
  return operand;
}

export function memoryConformance({ tested, long }: Tiers): void {
  describe('memory', () => {
    test('a new storage has the dtype and length asked for', () => {
      for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
        for (const length of [0, 1, 3, 4, 17, 1000]) {
          const storage = tested.allocate(dtype, length);
          expect([storage.dtype, storage.length, storage.version]).toEqual([dtype, length, 0]);
          expect(tested.read(whole(storage)).length).toBe(length);
          tested.free(storage, 'the test');
        }
      }
    });

    test('storages share no memory', () => {
      const all = Array.from({ length: 200 }, (_, i) => {
        const dtype = (['float32', 'float64', 'int32', 'bool'] as const)[i % 4];
        return { dtype, contents: generate({ kind: 'special', seed: i }, dtype, (i * 7) % 65) };
      });
      const operands = all.map(({ dtype, contents }) => stored(tested, dtype, contents));
      all.forEach(({ dtype, contents }, i) => {
        const expected = {
          float32: Float32Array,
          float64: Float64Array,
          int32: Int32Array,
          bool: Uint8Array,
        }[dtype];
        assertClose(tested.read(operands[i]), expected.from(contents), bounds.bits, `storage ${i}`);
      });
      for (const { storage } of operands) tested.free(storage, 'the test');
    });

    test('memory that was freed is used again without harm to its neighbours', () => {
      const kept: { operand: Operand; contents: Float64Array }[] = [];
      for (let i = 0; i < 3000; i++) {
        const contents = generate({ kind: 'ordinary', seed: i }, 'float64', 1 + ((i * 31) % 97));
        const operand = stored(tested, 'float64', contents);
        if (i % 5 === 0) kept.push({ operand, contents });
        else tested.free(operand.storage, 'the test');
        if (i % 13 === 0 && kept.length > 20)
          tested.free(kept.splice(i % 20, 1)[0].operand.storage, 'the test');
      }
      for (const { operand, contents } of kept) {
        assertClose(tested.read(operand), contents, bounds.bits, 'kept');
        tested.free(operand.storage, 'the test');
      }
    });

    test('every kernel refuses a freed storage and names who freed it', () => {
      const a = stored(tested, 'float32', [1, 2, 3, 4]);
      const flags = stored(tested, 'bool', [1, 0, 1, 0]);
      const index = stored(tested, 'int32', [0, 0, 0, 0]);
      const scalar: Operand = { ...contiguous([]), storage: tested.allocate('float32', 1) };
      const gone = stored(tested, 'float32', [1, 2, 3, 4]);
      const goneFlags = stored(tested, 'bool', [1, 0, 1, 0]);
      const goneIndex = stored(tested, 'int32', [0, 0, 0, 0]);
      for (const { storage } of [gone, goneFlags, goneIndex])
        tested.free(storage, 'scope of the training step');
      const square = (operand: Operand): Operand => ({ ...operand, shape: [2, 2], strides: [2, 1] });
      const identity = tested.compile({
        dtype: 'float32',
        inputs: ['array'],
        nodes: [
          { op: 'input', index: 0 },
          { op: 'neg', a: 0 },
        ],
        outputs: [1],
      });
      const uses: Readonly<Record<string, () => unknown>> = {
        read: () => tested.read(gone),
        write: () => tested.write(gone, [1, 2, 3, 4]),
        fill: () => tested.fill(gone, 1),
        'copy from': () => tested.copy(gone, a),
        'copy to': () => tested.copy(a, gone),
        unary: () => tested.unary('exp', gone, a),
        'unary to': () => tested.unary('exp', a, gone),
        'binary left': () => tested.binary('add', gone, a, a),
        'binary right': () => tested.binary('add', a, gone, a),
        'binary number': () => tested.binary('add', gone, 1, a),
        'binary to': () => tested.binary('add', a, a, gone),
        logicalNot: () => tested.logicalNot(goneFlags, flags),
        'logicalNot to': () => tested.logicalNot(flags, goneFlags),
        'where condition': () => tested.where(goneFlags, a, a, a),
        'where a': () => tested.where(flags, gone, 1, a),
        'where b': () => tested.where(flags, 1, gone, a),
        reduce: () => tested.reduce('sum', gone, [0], scalar),
        'gemm a': () => tested.gemm(square(gone), square(a), square(a)),
        'gemm b': () => tested.gemm(square(a), square(gone), square(a)),
        'gemm to': () => tested.gemm(square(a), square(a), square(gone)),
        gather: () => tested.gather(gone, 0, index, a),
        'gather index': () => tested.gather(a, 0, goneIndex, a),
        scatter: () => tested.scatter('add', gone, 0, index, a),
        'scatter source': () => tested.scatter('assign', a, 0, index, gone),
        sort: () => tested.sort(gone, 0, false, a, index),
        'sort values': () => tested.sort(a, 0, false, gone, index),
        'sort indices': () => tested.sort(a, 0, false, null, goneIndex),
        random: () => tested.random('uniform', 1, 2, 3, gone),
        'run input': () => tested.run(identity, [gone], [a]),
        'run output': () => tested.run(identity, [a], [gone]),
      };
      for (const [name, use] of Object.entries(uses)) {
        expect(use, name).toThrow(MemoryError);
        expect(use, name).toThrow(/use of a tensor that was freed by scope of the training step/);
      }
      for (const { storage } of [a, flags, index, scalar]) tested.free(storage, 'the test');
    });

    test('freeing twice does nothing, and the first to free is named', () => {
      const { storage } = stored(tested, 'float32', [1, 2, 3]);
      const before = stored(tested, 'float32', [4, 5, 6]);
      tested.free(storage, 'the first');
      const after = stored(tested, 'float32', [7, 8, 9]);
      tested.free(storage, 'the second');
      expect(() => tested.read(whole(storage))).toThrow(/freed by the first/);
      expect(Array.from(tested.read(before))).toEqual([4, 5, 6]);
      expect(Array.from(tested.read(after))).toEqual([7, 8, 9]);
      for (const operand of [before, after]) tested.free(operand.storage, 'the test');
    });

    test('statistics count allocations', () => {
      const before = tested.memory();
      const { storage } = stored(tested, 'float64', new Float64Array(100));
      const after = tested.memory();
      expect(after.allocations - before.allocations).toBe(1);
      expect(after.allocatedBytes - before.allocatedBytes).toBeGreaterThanOrEqual(800);
      tested.free(storage, 'the test');
    });

    test('many storages without a free: what is kept stays as it was, usable and writable', () => {
      const kept: { operand: Operand; contents: Float32Array }[] = [];
      const tenured = stored(tested, 'float32', [1.5, 2.5, 3.5]);
      tested.tenure(tenured.storage);
      // Tiny ones by the hundred thousand, and large ones of several hundred megabytes in all.
      for (let i = 0; i < long.tiny; i++) {
        const operand = whole(tested.allocate('float32', 3));
        tested.fill(operand, i);
        if (i % 997 === 0) kept.push({ operand, contents: new Float32Array(3).fill(i) });
      }
      for (let i = 0; i < long.large; i++) {
        const operand = whole(tested.allocate('float32', 1 << 18));
        tested.fill(operand, -i);
        if (i % 60 === 0) kept.push({ operand, contents: new Float32Array(1 << 18).fill(-i) });
      }
      for (const { operand, contents } of kept) {
        assertClose(tested.read(operand), contents, bounds.bits, 'kept');
        tested.binary('add', operand, 1, operand);
        const more = contents.map(x => x + 1);
        assertClose(tested.read(operand), more, bounds.bits, 'written after an evacuation');
      }
      expect(Array.from(tested.read(tenured))).toEqual([1.5, 2.5, 3.5]);
      for (const { operand } of kept) tested.free(operand.storage, 'the test');
      tested.free(tenured.storage, 'the test');
    });

    test('a storage used again in the middle of allocations keeps its contents', () => {
      const running = stored(tested, 'float64', [0, 0, 0, 0]);
      const one = stored(tested, 'float64', [1, 2, 3, 4]);
      let sum = running;
      for (let i = 0; i < 5000; i++) {
        const next = whole(tested.allocate('float64', 4));
        tested.binary('add', sum, one, next);
        sum = next;
        // Dropped, not freed.
        tested.fill(whole(tested.allocate('float32', 2048)), 7);
      }
      expect(Array.from(tested.read(sum))).toEqual([5000, 10000, 15000, 20000]);
      expect(Array.from(tested.read(running))).toEqual([0, 0, 0, 0]);
    });
  });
}
