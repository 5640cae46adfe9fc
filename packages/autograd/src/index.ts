// Brings the types of the methods along; at run time creation functions attach them.
import './ops/methods.js';
import './ops/methods/convolution.js';
import './ops/methods/elementwise.js';
import './ops/methods/indexing.js';
import './ops/methods/products.js';
import './ops/methods/shape.js';
import './ops/methods/reductions.js';

export { type DType, getThreads, setThreads, type TypedArray } from '@fluxion/kernels';
export * from './errors.js';
export { detectAnomaly } from './graph/anomaly.js';
export { toDot, toMermaid } from './graph/draw.js';
export { enableGrad, noGrad } from './graph/modes.js';
export type { Node } from './graph/node.js';
export * from './ops/at.js';
export * from './ops/attention.js';
export {
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
} from './ops/avgPool.js';
export {
  add,
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  sub,
  where,
} from './ops/binary.js';
export * from './ops/clamp.js';
export * from './ops/composite/activations.js';
export * from './ops/composite/differences.js';
export * from './ops/composite/elementwise.js';
export * from './ops/composite/extrema.js';
export * from './ops/composite/gates.js';
export {
  type AffineGridOptions,
  affineGrid,
  type GridSampleOptions,
  gridSample,
} from './ops/composite/gridSample.js';
export { pixelShuffle, pixelUnshuffle } from './ops/composite/pixelShuffle.js';
export * from './ops/composite/rectifiers.js';
export * from './ops/composite/shrink.js';
export * from './ops/composite/triangles.js';
export type { CreateOptions, RandomOptions } from './ops/construct.js';
export * from './ops/convolution.js';
export * from './ops/counting.js';
export * from './ops/create.js';
export * from './ops/createRandom.js';
export { defineOp, type OpContext, type OpDefinition } from './ops/define.js';
export * from './ops/distance.js';
export { type DropoutOptions, dropout } from './ops/dropout.js';
export { einsum } from './ops/einsum.js';
export * from './ops/embedding.js';
export type { ActivationOption, FinishingActivation } from './ops/finish.js';
export * from './ops/indexAlong.js';
export { gather, indexSelect, oneHot, scatterAdd } from './ops/indexing.js';
export { type InterpolateMode, type InterpolateOptions, interpolate } from './ops/interpolate.js';
export { type CholeskyOptions, cholesky, choleskySolve } from './ops/linalg/cholesky.js';
export { det, logdet, type Slogdet, slogdet } from './ops/linalg/det.js';
export { type Eigen, type EighOptions, eigh, eigvalsh } from './ops/linalg/eigh.js';
export * from './ops/linalg/exp.js';
export * from './ops/linalg/lstsq.js';
export * from './ops/linalg/lu.js';
export * from './ops/linalg/norms.js';
export { matrixRank, pinv, type ToleranceOptions } from './ops/linalg/pinv.js';
export * from './ops/linalg/products.js';
export * from './ops/linalg/qr.js';
export {
  inv,
  type SolveOptions,
  solve,
  type TriangularOptions,
  triangularSolve,
} from './ops/linalg/solve.js';
export { type SVD, type SVDOptions, svd, svdvals } from './ops/linalg/svd.js';
export * from './ops/loss/binary.js';
export * from './ops/loss/classification.js';
export * from './ops/loss/ctc.js';
export * from './ops/loss/embedding.js';
export * from './ops/loss/likelihood.js';
export * from './ops/loss/margin.js';
export * from './ops/loss/regression.js';
export type {
  LossOptions,
  Reduced,
  Reduction,
  SameFits,
  Strength,
  WithoutClasses,
  WithoutLast,
} from './ops/loss/types.js';
export * from './ops/masked.js';
export { linear, matmul } from './ops/matmul.js';
export {
  type AdaptiveMaxPoolOptions,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolResult,
} from './ops/maxPool.js';
export { type MaxUnpoolOptions, maxUnpool2d } from './ops/maxUnpool.js';
export * from './ops/norm.js';
export * from './ops/normalise/batchNorm.js';
export * from './ops/normalise/layerNorm.js';
export * from './ops/normalise/normalize.js';
export * from './ops/normalise/responseNorm.js';
export * from './ops/orderStatistics.js';
export type { AdaptiveSize } from './ops/pooling.js';
export { prod } from './ops/prod.js';
export * from './ops/products.js';
export * from './ops/quantile.js';
export { bernoulli, type DrawOptions, type MultinomialOptions, multinomial } from './ops/random.js';
export {
  amax,
  amin,
  argmax,
  argmin,
  mean,
  type ReduceOptions,
  std,
  sum,
  type VarOptions,
  variance as var,
} from './ops/reduce.js';
export * from './ops/reductions.js';
export { cummax, cummin, cumprod, cumsum, logcumsumexp } from './ops/scan.js';
export * from './ops/scatter.js';
export * from './ops/shape/combine.js';
export * from './ops/shape/diagonal.js';
export { broadcastTensors, broadcastTo, expandAs } from './ops/shape/expand.js';
export * from './ops/shape/flip.js';
export * from './ops/shape/pad.js';
export { moveaxis, movedim, swapaxes, swapdims, t } from './ops/shape/permute.js';
export * from './ops/shape/pieces.js';
export * from './ops/shape/repeat.js';
export {
  atleast1d,
  atleast2d,
  atleast3d,
  ravel,
  reshapeAs,
  unflatten,
  view,
  viewAs,
} from './ops/shape/reshape.js';
export * from './ops/shape/roll.js';
export * from './ops/shape/slidingWindow.js';
export * from './ops/shape/stacks.js';
export {
  cat,
  expand,
  flatten,
  permute,
  reshape,
  type SliceOptions,
  select,
  slice,
  split,
  squeeze,
  stack,
  transpose,
  unsqueeze,
} from './ops/shape.js';
export { logSoftmax, logsumexp, softmax } from './ops/softmax.js';
export * from './ops/softplus.js';
export {
  type ArgsortFunction,
  type ArgsortMethod,
  argsort,
  msort,
  type SortFunction,
  type SortMethod,
  type SortOptions,
  sort,
  type TopkFunction,
  type TopkMethod,
  type TopkOptions,
  topk,
} from './ops/sort.js';
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cosh,
  digamma,
  erfc,
  erfinv,
  exp2,
  fmod,
  hypot,
  lgamma,
  log2,
  log10,
  logaddexp,
  polygamma,
  remainder,
  sinh,
  tan,
  xlogy,
} from './ops/special.js';
export * from './ops/take.js';
export {
  abs,
  ceil,
  clone,
  contiguous,
  cos,
  detach,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  logicalNot,
  neg,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
  to,
  trunc,
} from './ops/unary.js';
export { fold, type UnfoldOptions, unfold } from './ops/unfold.js';
export * from './ops/unique.js';
export type { PerDim } from './ops/window.js';
export { Generator, type GeneratorState, manualSeed } from './tensor/generator.js';
export type {
  Flatten as FlattenShape,
  Linear as LinearShape,
  LinearFits,
  NestedArray,
  NestedShape,
  Shape,
  ShapeMismatch,
} from './tensor/shapeTypes.js';
export { Tensor } from './tensor/tensor.js';
export { checkpoint } from './transforms/checkpoint.js';
export { hvp, jvp, vjp } from './transforms/functional.js';
export { type Elementwise, type Fused, fuse } from './transforms/fuse.js';
export { grad, valueAndGrad } from './transforms/grad.js';
export type { GradOptions } from './transforms/gradients.js';
export { hessian, jacobian } from './transforms/jacobian.js';
export {
  type ChromeTrace,
  type ChromeTraceEvent,
  type KernelProfile,
  type MemoryProfile,
  type OpProfile,
  type Profile,
  profile,
  recordFunction,
} from './transforms/profile.js';
export { keep, type Scope, scope } from './transforms/scope.js';
export { flattenTree, mapTree, type Tree, unflattenTree } from './transforms/tree.js';
export { Value, type ValueInput, value } from './value/value.js';
