import { describe, expect, test } from 'vitest';
import { shareMemory } from '../../src/threads/sharedModule.js';
import { bytesOf } from '../../src/wasm/load.js';

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
