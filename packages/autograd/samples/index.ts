import type * as autograd from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { activationSamples } from './activations.js';
import { binarySamples } from './binary.js';
import { convolutionSamples } from './convolution.js';
import { createSamples } from './create.js';
import { creationSamples } from './creation.js';
import { elementwiseSamples } from './elementwise.js';
import { indexingSamples } from './indexing.js';
import { joinSamples } from './join.js';
import { linalgFactorSamples } from './linalgFactors.js';
import { linalgNormSamples } from './linalgNorms.js';
import { linalgProductSamples } from './linalgProducts.js';
import { linalgSolveSamples } from './linalgSolve.js';
import { matmulSamples } from './matmul.js';
import { poolingSamples } from './pooling.js';
import { productSamples } from './products.js';
import { randomSamples } from './random.js';
import { reduceSamples } from './reduce.js';
import { resampleSamples } from './resample.js';
import { shapeSamples } from './shape.js';
import { specialSamples } from './special.js';
import type { OpInfo } from './types.js';
import { unarySamples } from './unary.js';

export { Draw } from './draw.js';
export { Dense, mapTensors, toNaive } from './naive.js';
export type { Arguments, OpInfo } from './types.js';

type Package = typeof autograd;
type Result<F> = F extends (...args: never[]) => infer R ? R : never;

/** Returns tensors, but such as the user's function made, or that were given. */
type NotAnOp = 'checkpoint' | 'jvp' | 'keep';

/** Whether it is a tensor, several, or an object of nothing else. */
type HoldsTensors<R> = [R] extends [Tensor | readonly Tensor[] | { readonly values: Tensor }]
  ? true
  : [keyof R] extends [never]
    ? false
    : [R[keyof R]] extends [Tensor]
      ? true
      : false;

/** Every exported function that returns a tensor, several, or an object of them. */
export type OpName = {
  [K in keyof Package]: [Result<Package[K]>] extends [never]
    ? never
    : HoldsTensors<Result<Package[K]>> extends true
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
  ...matmulSamples,
  ...linalgSolveSamples,
  ...linalgFactorSamples,
  ...linalgNormSamples,
  ...linalgProductSamples,
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
