import { applyDelta } from './delta.js';
import { text as baseline } from './generated/baseline.js';
import { text as relaxedDelta } from './generated/relaxed.js';
import { decodeText } from './text.js';

/** `() -> v128` with a local of that type: validates where fixed-width SIMD is known. */
const simdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 1, 1, 123, 32, 0, 11,
];
/** The same, through f32x4.relaxed_madd. */
const relaxedProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 1, 1, 123, 32, 0, 32, 0, 32,
  0, 253, 133, 2, 11,
];

export type Build = 'wasm' | 'wasm-relaxed';

function validates(probe: readonly number[]): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(new Uint8Array(probe));
}

/** Whether this engine can run a build. A content security policy may still refuse to compile it. */
export function supports(build: Build): boolean {
  return validates(build === 'wasm' ? simdProbe : relaxedProbe);
}

/** The bytes of a build, as they are when it is compiled. */
export function bytesOf(build: Build): Uint8Array<ArrayBuffer> {
  const base = decodeText(baseline);
  return build === 'wasm' ? base : applyDelta(base, decodeText(relaxedDelta));
}

const compiled: Partial<Record<Build, WebAssembly.Module>> = {};

/** The compiled module of a build. Throws what the engine throws when it refuses. */
export function load(build: Build): WebAssembly.Module {
  const module = compiled[build] ?? new WebAssembly.Module(bytesOf(build));
  compiled[build] = module;
  return module;
}
