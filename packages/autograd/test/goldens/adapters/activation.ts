import * as f from '../../../src/index.js';
import { type AdapterTable, adapter } from '../params.js';
import { NotSupported } from '../tensors.js';

const softmax = (fn: (x: f.Tensor, dim: number) => f.Tensor) =>
  adapter('input dim dtype', p => fn(p.converted('input'), p.number('dim')));

export const activation: AdapterTable = {
  relu: adapter('input inplace', p => {
    p.outOfPlace();
    return f.relu(p.tensor('input'));
  }),
  leaky_relu: adapter('input negative_slope inplace', p => {
    p.outOfPlace();
    return f.leakyRelu(p.tensor('input'), p.maybeNumber('negative_slope'));
  }),
  gelu: adapter('input approximate', p => {
    const approximate = p.text('approximate') ?? 'none';
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new NotSupported(`approximate ${approximate}`);
    return f.gelu(p.tensor('input'), { approximate });
  }),
  silu: adapter('input inplace', p => {
    p.outOfPlace();
    return f.silu(p.tensor('input'));
  }),
  softplus: adapter('input beta threshold', p =>
    f.softplus(p.tensor('input'), { beta: p.maybeNumber('beta'), threshold: p.maybeNumber('threshold') }),
  ),
  softmax: softmax(f.softmax),
  log_softmax: softmax(f.logSoftmax),
};
