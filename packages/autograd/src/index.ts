// Brings the types of the methods along; at run time creation functions attach them.
import './ops/methods.js';
import './ops/methods/convolution.js';
import './ops/methods/elementwise.js';
import './ops/methods/products.js';
import './ops/methods/shape.js';

export type { DType, TypedArray } from '@fluxion/kernels';
export * from './errors.js';
export { detectAnomaly } from './graph/anomaly.js';
export { toDot, toMermaid } from './graph/draw.js';
export { enableGrad, noGrad } from './graph/modes.js';
export type { Node } from './graph/node.js';
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
export * from './ops/composite/activations.js';
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
export * from './ops/composite/triangles.js';
export type { CreateOptions, RandomOptions } from './ops/construct.js';
export * from './ops/convolution.js';
export * from './ops/create.js';
export * from './ops/createRandom.js';
export { defineOp, type OpContext, type OpDefinition } from './ops/define.js';
export * from './ops/distance.js';
export { einsum } from './ops/einsum.js';
export { gather, indexSelect, oneHot, scatterAdd } from './ops/indexing.js';
export { type InterpolateMode, type InterpolateOptions, interpolate } from './ops/interpolate.js';
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
export type { AdaptiveSize } from './ops/pooling.js';
export * from './ops/products.js';
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
export type { PerDim } from './ops/window.js';
export { Generator, type GeneratorState, manualSeed } from './tensor/generator.js';
export type {
  Linear as LinearShape,
  LinearFits,
  NestedArray,
  NestedShape,
  Shape,
} from './tensor/shapeTypes.js';
export { Tensor } from './tensor/tensor.js';
export { checkpoint } from './transforms/checkpoint.js';
export { hvp, jvp, vjp } from './transforms/functional.js';
export { type Elementwise, type Fused, fuse } from './transforms/fuse.js';
export { grad, valueAndGrad } from './transforms/grad.js';
export type { GradOptions } from './transforms/gradients.js';
export { hessian, jacobian } from './transforms/jacobian.js';
export { keep, type Scope, scope } from './transforms/scope.js';
export { flattenTree, mapTree, type Tree, unflattenTree } from './transforms/tree.js';
export { Value, type ValueInput, value } from './value/value.js';
