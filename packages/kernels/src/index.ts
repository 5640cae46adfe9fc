export * from './errors.js';
export * from './interface.js';
export * from './storage.js';
export { kernels, useKernels } from './select.js';
