import type * as autograd from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { activationSamples } from './activations.js';
import { atSamples } from './at.js';
import { attentionSamples } from './attention.js';
import { binarySamples } from './binary.js';
import { convolutionSamples } from './convolution.js';
import { countingSamples } from './counting.js';
import { createSamples } from './create.js';
import { creationSamples } from './creation.js';
import { differenceSamples } from './differences.js';
import { distanceSamples } from './distance.js';
import { elementwiseSamples } from './elementwise.js';
import { indexingSamples } from './indexing.js';
import { joinSamples } from './join.js';
import { linalgFactorSamples } from './linalgFactors.js';
import { linalgNormSamples } from './linalgNorms.js';
import { linalgProductSamples } from './linalgProducts.js';
import { linalgSolveSamples } from './linalgSolve.js';
import { lossSamples } from './losses/index.js';
import { matmulSamples } from './matmul.js';
import { moveSamples } from './moves.js';
import { normaliseSamples } from './normalise.js';
import { padSamples } from './pad.js';
import { pieceSamples } from './pieces.js';
import { poolingSamples } from './pooling.js';
import { productSamples } from './products.js';
import { randomSamples } from './random.js';
import { reduceSamples } from './reduce.js';
import { reductionSamples } from './reductions.js';
import { resampleSamples } from './resample.js';
import { reshapingSamples } from './reshaping.js';
import { scanSamples } from './scans.js';
import { scatterSamples } from './scatter.js';
import { shapeSamples } from './shape.js';
import { shrinkSamples } from './shrink.js';
import { sortingSamples } from './sorting.js';
import { specialSamples } from './special.js';
import { stackSamples } from './stacks.js';
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
  ...reductionSamples,
  ...scanSamples,
  ...differenceSamples,
  ...matmulSamples,
  ...lossSamples,
  ...linalgSolveSamples,
  ...linalgFactorSamples,
  ...linalgNormSamples,
  ...linalgProductSamples,
  ...productSamples,
  ...shapeSamples,
  ...joinSamples,
  ...reshapingSamples,
  ...moveSamples,
  ...pieceSamples,
  ...padSamples,
  ...stackSamples,
  ...distanceSamples,
  ...indexingSamples,
  ...atSamples,
  ...scatterSamples,
  ...sortingSamples,
  ...countingSamples,
  ...createSamples,
  ...creationSamples,
  ...randomSamples,
  ...convolutionSamples,
  ...poolingSamples,
  ...resampleSamples,
  ...normaliseSamples,
  ...attentionSamples,
  ...shrinkSamples,
} satisfies Record<OpName, OpInfo>;

/** A row without an op fails here. */
const rows: Record<keyof typeof samples, OpInfo> & Record<OpName, OpInfo> = samples;
export const opNames: readonly OpName[] = Object.keys(rows) as (keyof typeof samples)[] satisfies OpName[];

export function infoOf(name: OpName): OpInfo {
  return samples[name];
}
