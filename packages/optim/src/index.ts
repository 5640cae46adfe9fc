export type { Closure, Group, OptimizerState, ParamGroup, ParamGroups } from './base.js';
export type { Hyper, Varying } from './hyper.js';
export { LBFGS, type LbfgsOptions } from './lbfgs.js';
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
