/** What layers compute, as functions; for `nn.functional`. */
export {
  gelu,
  leakyRelu,
  linear,
  logSoftmax,
  oneHot,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from '@fluxion/autograd';
export { crossEntropy, mseLoss } from './losses.js';
