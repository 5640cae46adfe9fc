export * from './errors.js';
export * from './interface.js';
export * from './linalg/index.js';
export { fillRandom, stableLog } from './random.js';
export { arithmeticFloat as scalarArithmetic, unaryFloat as scalarMaps } from './reference/scalar.js';
export { kernels, useKernels } from './select.js';
export * from './storage.js';
export { getThreads, setThreads } from './threads/index.js';
