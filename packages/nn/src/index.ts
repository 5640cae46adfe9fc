/** The two losses that nearly every program has; all are in `functional`. */
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LossOptions,
  mseLoss,
  type Reduction,
} from '@fluxion/autograd';
export * from './activations.js';
export {
  type AttendOptions,
  type AttentionLayerOptions,
  causalMask,
  MultiheadAttention,
} from './attention.js';
export * from './batchNorm.js';
export { Sequential } from './containers.js';
export * from './convolution.js';
export * from './convolutionTranspose.js';
export * from './embedding.js';
export * as functional from './functional.js';
export { functionalCall } from './functionalCall.js';
export type { ForwardHook, ForwardPreHook } from './hooks.js';
export type { FanMode, InitOptions, KaimingOptions, Nonlinearity, XavierOptions } from './init.js';
export * as init from './init.js';
export { Bilinear, Linear, type LinearOptions } from './linear.js';
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from './lists.js';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CosineEmbeddingLoss,
  CrossEntropyLoss,
  CTCLoss,
  GaussianNLLLoss,
  HingeEmbeddingLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MarginRankingLoss,
  MSELoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  NLLLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
  SoftMarginLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from './losses.js';
export { Module } from './module.js';
export * from './normalization.js';
export type { PaddingMode } from './padding.js';
export { parameter } from './parameter.js';
export * from './pooling.js';
export * from './positionalEncoding.js';
export { GRU, LSTM, type RecurrentOptions, RNN, type RNNOptions, type SequenceOptions } from './recurrent.js';
export {
  GRUCell,
  LSTMCell,
  type RecurrentCellOptions,
  RNNCell,
  type RNNCellOptions,
} from './recurrentCell.js';
export * from './reshaping.js';
export type { Layer, ShapeMap } from './shapeMap.js';
export type { LoadableState, LoadOptions, LoadReport, StateDict, StateEntry } from './stateDict.js';
export type { Summary, SummaryRow } from './summary.js';
export * from './transformer.js';
