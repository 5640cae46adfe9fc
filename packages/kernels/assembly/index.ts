// The ahead-of-time build: every exported function of these files is an export of the module.
export * from './map';
export { useScratch } from './mapPart';
export * from './math/vector';
export * from './gemm';
export { gemmRows4 } from './inner';
export { gemmPanel4, gemmPanel8, gemmPlace4, gemmPlace8 } from './tile';
export * from './reduce';
export * from './scan';
export * from './copy';
export * from './gather';
export * from './convolution';
export * from './pool';
export * from './random';

/** First byte after the static data: where the heap may begin. */
export function heapBase(): usize {
  return __heap_base;
}
