import { crossEntropy, mseLoss, type Reduction } from '../../../../nn/src/index.js';
import { type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

function reduction(p: Params): Reduction {
  const name = p.text('reduction') ?? 'mean';
  if (name !== 'mean' && name !== 'sum' && name !== 'none') throw new NotSupported(`reduction ${name}`);
  return name;
}

export const loss: AdapterTable = {
  mse_loss: adapter('input target size_average reduce reduction', p => {
    // PyTorch warns of shapes that broadcast; here the caller has to expand them.
    const input = p.tensor('input');
    const target = p.tensor('target');
    const { shape } = input.detach().add(target.detach());
    return mseLoss(input.expand(shape), target.expand(shape), { reduction: reduction(p) });
  }),
  cross_entropy: adapter(
    'input target weight size_average ignore_index reduce reduction label_smoothing',
    p => {
      const target = p.tensor('target');
      // PyTorch passes over -100 unless told otherwise; here nothing is passed over by default.
      const marked = target.dtype === 'int32' && target.toTypedArray().includes(-100 as never);
      return crossEntropy(p.tensor('input'), target, {
        reduction: reduction(p),
        weight: p.maybeTensor('weight'),
        ignoreIndex: p.maybeNumber('ignore_index') ?? (marked ? -100 : undefined),
        labelSmoothing: p.maybeNumber('label_smoothing'),
      });
    },
  ),
};
