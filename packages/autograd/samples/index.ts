import type * as autograd from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { activationSamples } from './activations.js';
import { binarySamples } from './binary.js';
import { convolutionSamples } from './convolution.js';
import { createSamples } from './create.js';
import { creationSamples } from './creation.js';
import { differenceSamples } from './differences.js';
import { elementwiseSamples } from './elementwise.js';
import { indexingSamples } from './indexing.js';
import { joinSamples } from './join.js';
import { matmulSamples } from './matmul.js';
import { poolingSamples } from './pooling.js';
import { productSamples } from './products.js';
import { randomSamples } from './random.js';
import { reduceSamples } from './reduce.js';
import { reductionSamples } from './reductions.js';
import { resampleSamples } from './resample.js';
import { scanSamples } from './scans.js';
import { shapeSamples } from './shape.js';
import { specialSamples } from './special.js';
import type { OpInfo } from './types.js';
import { unarySamples } from './unary.js';

export { Draw } from './draw.js';
export { Dense, mapTensors, toNaive } from './naive.js';
export type { Arguments, OpInfo } from './types.js';

type Package = typeof autograd;
type Result<F> = F extends (...args: never[]) => infer R ? R : never;

/** Returns a tensor, but one that the user's function made, or that was given. */
type NotAnOp = 'checkpoint' | 'keep';

/** Every exported function that returns a tensor, several, or values and indices. */
export type OpName = {
  [K in keyof Package]: [Result<Package[K]>] extends [never]
    ? never
    : Result<Package[K]> extends
          | Tensor
          | readonly Tensor[]
          | { readonly values: Tensor }
          | { readonly min: Tensor }
      ? K
      : never;
}[keyof Package] extends infer K
  ? Exclude<K, NotAnOp> & string
  : never;

/** One row per op. The compiler misses an op without one: it is read from the package's exports. */
export const samples = {
  ...unarySamples,
  ...specialSamples,
  ...elementwiseSamples,
  ...activationSamples,
  ...binarySamples,
  ...reduceSamples,
  ...reductionSamples,
  ...scanSamples,
  ...differenceSamples,
  ...matmulSamples,
  ...productSamples,
  ...shapeSamples,
  ...joinSamples,
  ...indexingSamples,
  ...createSamples,
  ...creationSamples,
  ...randomSamples,
  ...convolutionSamples,
  ...poolingSamples,
  ...resampleSamples,
} satisfies Record<OpName, OpInfo>;

/** A row without an op fails here. */
const rows: Record<keyof typeof samples, OpInfo> & Record<OpName, OpInfo> = samples;
export const opNames: readonly OpName[] = Object.keys(rows) as (keyof typeof samples)[] satisfies OpName[];

export function infoOf(name: OpName): OpInfo {
  return samples[name];
}
