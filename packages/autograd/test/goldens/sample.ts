import { fileURLToPath } from 'node:url';

/** A few cases for each op and kind that is supported. */
export const sample = fileURLToPath(new URL('./sample.jsonl.gz', import.meta.url));

/**
 * More operator calls, made with PyTorch 1.13 in the same form: special values, sizes of 0, scalars where vectors are usual, the same tensor
 * twice, strides. Left out is where PyTorch itself is inconsistent, as in second derivatives that are NaN beside finite first ones.
 */
export const edges = fileURLToPath(new URL('./edges.jsonl.gz', import.meta.url));

/**
 * Layers made with PyTorch 1.13 in the form of `batchnorm_steps`: the state dict as it is there, a step in training and one in use. Left out is
 * where PyTorch computes in single precision.
 */
export const layers = fileURLToPath(new URL('./layers.jsonl.gz', import.meta.url));
