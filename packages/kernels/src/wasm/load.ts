import { base64 as baseline } from './generated/baseline.js';
import { base64 as relaxedSimd } from './generated/relaxed.js';

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

/** Bytes of a base64 text. `atob` is some forty times as slow as Buffer, so it is the second choice. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') {
    const shared = Buffer.from(text, 'base64');
    return new Uint8Array(shared.buffer as ArrayBuffer, shared.byteOffset, shared.byteLength);
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const compiled: Partial<Record<Build, WebAssembly.Module>> = {};

/** The compiled module of a build. Throws what the engine throws when it refuses. */
export function load(build: Build): WebAssembly.Module {
  compiled[build] ??= new WebAssembly.Module(decodeBase64(build === 'wasm' ? baseline : relaxedSimd));
  return compiled[build];
}
