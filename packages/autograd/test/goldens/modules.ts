import * as nn from '../../../nn/src/index.js';
import { NotSupported } from './tensors.js';

type Options = Readonly<Record<string, unknown>>;

/** PyTorch's names of the arguments that stand before the options here. The options have the same names in camelCase. */
const positional: Readonly<Record<string, string>> = {
  Linear: 'in_features out_features',
  Bilinear: 'in1_features in2_features out_features',
  Conv1d: 'in_channels out_channels kernel_size',
  Conv2d: 'in_channels out_channels kernel_size',
  Conv3d: 'in_channels out_channels kernel_size',
  ConvTranspose1d: 'in_channels out_channels kernel_size',
  ConvTranspose2d: 'in_channels out_channels kernel_size',
  ConvTranspose3d: 'in_channels out_channels kernel_size',
  MaxPool1d: 'kernel_size',
  MaxPool2d: 'kernel_size',
  MaxPool3d: 'kernel_size',
  AvgPool1d: 'kernel_size',
  AvgPool2d: 'kernel_size',
  AvgPool3d: 'kernel_size',
  LPPool1d: 'norm_type kernel_size',
  LPPool2d: 'norm_type kernel_size',
  AdaptiveAvgPool1d: 'output_size',
  AdaptiveAvgPool2d: 'output_size',
  AdaptiveAvgPool3d: 'output_size',
  AdaptiveMaxPool1d: 'output_size',
  AdaptiveMaxPool2d: 'output_size',
  AdaptiveMaxPool3d: 'output_size',
  BatchNorm1d: 'num_features',
  BatchNorm2d: 'num_features',
  BatchNorm3d: 'num_features',
  InstanceNorm1d: 'num_features',
  InstanceNorm2d: 'num_features',
  InstanceNorm3d: 'num_features',
  LayerNorm: 'normalized_shape',
  RMSNorm: 'normalized_shape',
  GroupNorm: 'num_groups num_channels',
  LocalResponseNorm: 'size',
  RNN: 'input_size hidden_size',
  LSTM: 'input_size hidden_size',
  GRU: 'input_size hidden_size',
  RNNCell: 'input_size hidden_size',
  LSTMCell: 'input_size hidden_size',
  GRUCell: 'input_size hidden_size',
  Embedding: 'num_embeddings embedding_dim',
  EmbeddingBag: 'num_embeddings embedding_dim',
  MultiheadAttention: 'embed_dim num_heads',
  TransformerEncoderLayer: 'd_model nhead',
  TransformerDecoderLayer: 'd_model nhead',
  Flatten: 'start_dim end_dim',
  Unflatten: 'dim unflattened_size',
  PixelShuffle: 'upscale_factor',
  PixelUnshuffle: 'downscale_factor',
  Identity: '',
  Upsample: '',
  LeakyReLU: 'negative_slope',
  Hardshrink: 'lambd',
  Softshrink: 'lambd',
  Threshold: 'threshold value',
  Softmax: 'dim',
  Softmin: 'dim',
  LogSoftmax: 'dim',
  GLU: 'dim',
  ...Object.fromEntries(
    [
      ...['ReLU', 'ReLU6', 'Sigmoid', 'LogSigmoid', 'Tanh', 'SiLU', 'Mish', 'Softsign', 'SELU', 'Softmax2d'],
      ...['Hardsigmoid', 'Hardswish', 'ELU', 'CELU', 'GELU', 'Softplus', 'PReLU', 'Tanhshrink'],
    ].map(name => [name, '']),
  ),
};

const options = [
  ...['stride', 'padding', 'dilation', 'groups', 'bias', 'padding_mode', 'output_padding'],
  ...['ceil_mode', 'count_include_pad', 'divisor_override', 'return_indices'],
  ...['eps', 'momentum', 'affine', 'track_running_stats', 'elementwise_affine', 'alpha', 'beta', 'k'],
  ...['size', 'scale_factor', 'mode', 'align_corners', 'recompute_scale_factor'],
  ...['approximate', 'threshold', 'num_parameters', 'init'],
  ...['num_layers', 'nonlinearity', 'batch_first', 'dropout', 'bidirectional', 'kdim', 'vdim'],
  ...['dim_feedforward', 'activation', 'layer_norm_eps', 'norm_first', 'padding_idx', 'scale_grad_by_freq'],
];

export function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A float64 module of the class of that name, made with PyTorch's arguments. */
export function buildModule(name: string, ctor: Options): nn.Module {
  if (!Object.hasOwn(positional, name)) throw new NotSupported(`there is no layer ${name} yet`);
  const first = positional[name].split(' ').filter(part => part !== '');
  const rest = Object.entries(ctor).filter(([key]) => !first.includes(key) && key !== 'inplace');
  const unknown = rest.filter(([key]) => !options.includes(key)).map(([key]) => key);
  if (unknown.length > 0) throw new NotSupported(`the option ${unknown.join(', ')} of ${name}`);
  const layer = (nn as unknown as Record<string, new (...args: readonly unknown[]) => nn.Module>)[name];
  return new layer(
    ...first.map(key => ctor[key]),
    Object.fromEntries(rest.map(([key, value]) => [camelCase(key), value])),
  ).to('float64');
}
