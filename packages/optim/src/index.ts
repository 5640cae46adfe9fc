export * from './averaging.js';
export type {
  AnyGroup,
  AnyOptimizer,
  Closure,
  Group,
  OptimizerState,
  ParamGroup,
  ParamGroups,
} from './base.js';
export { type ClipNormOptions, clipGradNorm, clipGradValue, clipNorm, clipValue } from './clip.js';
export type { Hyper, Varying } from './hyper.js';
export { LBFGS, type LbfgsOptions } from './lbfgs.js';
export { Lookahead, type LookaheadOptions, type LookaheadState, lookahead } from './lookahead.js';
export { globalNorm } from './norm.js';
export { Optimizer } from './optimizer.js';
export { type RuleSpec, type RuleState, rule, ruleOf, type UpdateRule } from './rule.js';
export { Adam, type AdamOptions, AdamW, AMSGrad, adam, adamw, amsgrad } from './rules/adam.js';
export * from './rules/adamFamily.js';
export * from './rules/adaptive.js';
export * from './rules/asgd.js';
export * from './rules/sgd.js';
export * from './rules/signs.js';
export * from './rules/whole.js';
export { SAM, type SamOptions, samValueAndGrad } from './sam.js';
export * from './schedule/chainable.js';
export * from './schedule/compose.js';
export * from './schedule/cyclic.js';
export * from './schedule/functional.js';
export * from './schedule/oneCycle.js';
export * from './schedule/plateau.js';
export {
  LRScheduler,
  type PerGroup,
  type Scheduled,
  type SchedulerOptions,
  type SchedulerState,
} from './schedule/scheduler.js';
export {
  type ConstantOptions,
  type CosineOptions,
  chainedLR,
  constantLR,
  cosineAnnealingLR,
  cosineAnnealingWarmRestarts,
  type ExponentialOptions,
  exponentialLR,
  type LinearOptions,
  lambdaLR,
  linearLR,
  type MultiStepOptions,
  multiplicativeLR,
  multiStepLR,
  type PolynomialOptions,
  polynomialLR,
  type Schedule,
  type StepOptions,
  sequentialLR,
  stepLR,
  type WarmRestartsOptions,
  type WarmupOptions,
  warmup,
} from './schedule/schedules.js';
export * from './schedule/swalr.js';
export { type Carried, chain, type Element, type Piece, type Transform, transform } from './transform.js';
export {
  addDecayedWeights,
  clipByValue,
  type MovingAverageOptions,
  movingAverage,
  scale,
  scaleByLearningRate,
  type TraceOptions,
  trace,
} from './transforms/basic.js';
export * from './transforms/moments.js';
export * from './transforms/squares.js';
export * from './transforms/whole.js';
export { type Unrolled, type UnrollOptions, unroll } from './unroll.js';
