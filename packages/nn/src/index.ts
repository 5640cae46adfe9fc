export { GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh } from './activations.js';
export {
  type AttendOptions,
  type AttentionLayerOptions,
  causalMask,
  MultiheadAttention,
} from './attention.js';
export { Sequential } from './containers.js';
export * as functional from './functional.js';
export { functionalCall } from './functionalCall.js';
export type { FanMode, InitOptions, KaimingOptions, Nonlinearity, XavierOptions } from './init.js';
export * as init from './init.js';
export { Linear, type LinearOptions } from './linear.js';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type LossOptions,
  mseLoss,
  type Reduction,
} from './losses.js';
export { Module } from './module.js';
export { parameter } from './parameter.js';
export * from './positionalEncoding.js';
export { GRU, LSTM, type RecurrentOptions, RNN, type RNNOptions, type SequenceOptions } from './recurrent.js';
export {
  GRUCell,
  LSTMCell,
  type RecurrentCellOptions,
  RNNCell,
  type RNNCellOptions,
} from './recurrentCell.js';
export type { Layer, ShapeMap } from './shapeMap.js';
export type { LoadableState, LoadOptions, LoadReport, StateDict, StateEntry } from './stateDict.js';
export * from './transformer.js';
