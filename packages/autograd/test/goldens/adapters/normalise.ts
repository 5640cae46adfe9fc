import * as f from '../../../src/index.js';
import { type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

const affine = (p: Params) => ({
  weight: p.maybeTensor('weight'),
  bias: p.maybeTensor('bias'),
  eps: p.maybeNumber('eps'),
});

const running = (p: Params) => ({
  runningMean: p.maybeTensor('running_mean'),
  runningVar: p.maybeTensor('running_var'),
  momentum: p.maybeNumber('momentum'),
  ...affine(p),
});

const attentionOptions = (p: Params): f.AttentionOptions => {
  if ((p.maybeNumber('dropout_p') ?? 0) > 0) throw new NotSupported('random dropout');
  return {
    attnMask: p.maybeTensor('attn_mask'),
    isCausal: p.flag('is_causal'),
    scale: p.maybeNumber('scale'),
    enableGqa: p.flag('enable_gqa'),
  };
};

export const normalise: AdapterTable = {
  batch_norm: adapter('input running_mean running_var weight bias training momentum eps', p =>
    f.batchNorm(p.tensor('input'), { ...running(p), training: p.flag('training') }),
  ),
  instance_norm: adapter('input running_mean running_var weight bias use_input_stats momentum eps', p =>
    f.instanceNorm(p.tensor('input'), {
      ...running(p),
      useInputStats: p.raw('use_input_stats') === undefined || p.flag('use_input_stats'),
    }),
  ),
  layer_norm: adapter('input normalized_shape weight bias eps', p =>
    f.layerNorm(p.tensor('input'), p.ints('normalized_shape'), affine(p)),
  ),
  group_norm: adapter('input num_groups weight bias eps', p =>
    f.groupNorm(p.tensor('input'), p.number('num_groups'), affine(p)),
  ),
  rms_norm: adapter('input normalized_shape weight eps', p =>
    f.rmsNorm(p.tensor('input'), p.ints('normalized_shape'), {
      weight: p.maybeTensor('weight'),
      eps: p.maybeNumber('eps'),
    }),
  ),
  local_response_norm: adapter('input size alpha beta k', p =>
    f.localResponseNorm(p.tensor('input'), p.number('size'), {
      alpha: p.maybeNumber('alpha'),
      beta: p.maybeNumber('beta'),
      k: p.maybeNumber('k'),
    }),
  ),
  normalize: adapter('input p dim eps', p =>
    f.normalize(p.tensor('input'), {
      p: p.maybeNumber('p'),
      dim: Array.isArray(p.raw('dim')) ? p.ints('dim') : p.maybeNumber('dim'),
      eps: p.maybeNumber('eps'),
    }),
  ),
  scaled_dot_product_attention: adapter('query key value attn_mask dropout_p is_causal scale enable_gqa', p =>
    f.scaledDotProductAttention(p.tensor('query'), p.tensor('key'), p.tensor('value'), attentionOptions(p)),
  ),
  // Of PyTorch 1.13, which returns the weights too: what the identity is mixed to.
  _scaled_dot_product_attention: adapter(
    'query key value attn_mask dropout_p need_attn_weights is_causal',
    p => {
      p.flag('need_attn_weights');
      const [query, key] = [p.tensor('query'), p.tensor('key')];
      const options = attentionOptions(p);
      const identity = f.eye(key.shape[key.ndim - 2], undefined, { dtype: key.dtype });
      return [
        f.scaledDotProductAttention(query, key, p.tensor('value'), options),
        f.scaledDotProductAttention(query, key, identity, options),
      ];
    },
  ),
};
