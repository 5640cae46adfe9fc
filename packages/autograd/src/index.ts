// Brings the types of the methods along; at run time creation functions attach them.
import './ops/methods.js';

export type { DType, TypedArray } from '@fluxion/kernels';
export * from './errors.js';
export { detectAnomaly } from './graph/anomaly.js';
export { toDot, toMermaid } from './graph/draw.js';
export { enableGrad, noGrad } from './graph/modes.js';
export type { Node } from './graph/node.js';
export {
  add,
  div,
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
export * from './ops/composite/extrema.js';
export * from './ops/create.js';
export { defineOp, type OpContext, type OpDefinition } from './ops/define.js';
export { gather, indexSelect, oneHot, scatterAdd } from './ops/indexing.js';
export { linear, matmul } from './ops/matmul.js';
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
  round,
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
