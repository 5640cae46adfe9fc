export { Adam, type AdamOptions, AdamW, adam, adamw } from './adam.js';
export type { Hyper } from './hyper.js';
export {
  type Group,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type ParamGroups,
} from './optimizer.js';
export { type RuleSpec, type RuleState, rule, ruleOf, type UpdateRule } from './rule.js';
export { SGD, type SgdOptions, sgd } from './sgd.js';
export { chain, type Element, type Transform } from './transform.js';
export {
  addDecayedWeights,
  descend,
  type ScaleByAdamOptions,
  scaleByAdam,
  type TraceOptions,
  trace,
} from './transforms.js';
