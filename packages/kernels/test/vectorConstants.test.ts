import { describe, expect, test } from 'vitest';
import { moveConstants, placeConstants } from '../scripts/constants.js';
import { text } from '../src/wasm/generated/baseline.js';
import { createRuntime } from '../src/wasm/index.js';
import { supports } from '../src/wasm/load.js';
import { nullPage } from '../src/wasm/nullPage.js';
import { decodeText } from '../src/wasm/text.js';

const header = [0, 97, 115, 109, 1, 0, 0, 0];
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const constant = (...lanes: number[]): number[] => [
  ...[0xfd, 12],
  ...new Uint8Array(Float32Array.from(lanes).buffer),
];

/** A module that imports a memory and exports functions without parameters that return the first lane of a vector. */
function moduleOf(...vectors: readonly number[][]): Uint8Array {
  const bodies = vectors.flatMap(vector => {
    const body = [0, ...vector, 0xfd, 31, 0, 0x0b];
    return [body.length, ...body];
  });
  return Uint8Array.from([
    ...header,
    ...section(1, 1, 0x60, 0, 1, 0x7d),
    ...section(2, 1, 1, 109, 1, 109, 2, 0, 1),
    ...section(3, vectors.length, ...vectors.map(() => 0)),
    ...section(7, vectors.length, ...vectors.flatMap((_, i) => [1, 97 + i, 0, i])),
    ...section(10, vectors.length, ...bodies),
    ...section(11, 1, 0, 0x41, 0, 0x0b, 1, 0),
  ]);
}

function run(bytes: Uint8Array): number[] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory } });
  return Object.values(exports).map(f => f());
}

test('the room for tiles in the null page is as large as the compiled product wants', () => {
  for (const relaxed of [false, true].filter(build => !build || supports('wasm-relaxed')))
    expect(createRuntime({ relaxed }).exports.gemmScratch(4, 600, 600, 600, 0)).toBeLessThanOrEqual(
      nullPage.tileBytes,
    );
});

describe('vector constants', () => {
  test('that repeat an element are loaded from the data, each kept once, and give what they gave', () => {
    const module = moduleOf(
      constant(1.5, 1.5, 1.5, 1.5),
      constant(1.5, 1.5, 1.5, 1.5),
      constant(2, 3, 2, 3),
      constant(1, 2, 3, 4),
      constant(0, 0, 0, 0),
    );
    const places = placeConstants([module], 512, 1024);
    expect([...places.values()]).toEqual([512, 520]);
    const moved = moveConstants(module, places);
    expect(run(moved)).toEqual([1.5, 1.5, 2, 1, 0]);
    expect(run(moved)).toEqual(run(module));
    expect(placeConstants([moved], 512, 1024).size).toBe(0);
    expect(moveConstants(moved, new Map())).toBe(moved);
  });

  test('are all moved in the build', () => {
    expect(placeConstants([decodeText(text)], 512, 4096).size).toBe(0);
  });

  test('that do not fit are an error, as is an instruction that nobody knows', () => {
    expect(() => placeConstants([moduleOf(constant(5, 5, 5, 5))], 512, 514)).toThrow(/room up to 514/);
    expect(() => placeConstants([moduleOf([0xff])], 512, 1024)).toThrow(/instruction ff is unknown/);
  });
});
