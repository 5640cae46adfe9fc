import type { DType, Storage } from '../storage.js';

/**
 * Size classes: multiples of 16 bytes up to 128, from there four steps to a doubling, so that a block is at most a
 * quarter larger than what was asked for.
 */
const exact = 8;

/** The class of a request of `bytes` (below 2**32). */
export function sizeClass(bytes: number): number {
  const granules = bytes <= 16 ? 1 : Math.ceil(bytes / 16);
  if (granules <= exact) return granules - 1;
  const exponent = 31 - Math.clz32(granules - 1);
  return exact + ((exponent - 3) << 2) + (((granules - 1) >>> (exponent - 2)) & 3);
}

function sizeOfClass(index: number): number {
  if (index < exact) return (index + 1) * 16;
  const doubling = (index - exact) >> 2;
  return (5 + ((index - exact) & 3)) * 2 ** (doubling + 1) * 16;
}

export const classCount: number = sizeClass(2 ** 32 - 16) + 1;

/** Bytes of a block of each class; the last may exceed 4 GiB. */
export const classSize: Float64Array = Float64Array.from({ length: classCount }, (_, i) => sizeOfClass(i));

/** Bytes that elements take. */
export function bytesOf(dtype: DType, length: number): number {
  if (dtype === 'float32' || dtype === 'int32') return length * 4;
  return dtype === 'float64' ? length * 8 : length;
}

/** Bytes that the elements of a storage take. */
export function byteLength(storage: Storage): number {
  return bytesOf(storage.dtype, storage.length);
}
