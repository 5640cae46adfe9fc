import * as f from '../../../src/index.js';
import { type AdapterTable, adapter } from '../params.js';

const cat = adapter('tensors dim', p => f.cat(p.tensors('tensors'), p.maybeNumber('dim')));

/** `*name`: methods of PyTorch's tensors take sizes one by one as well. */
export const shape: AdapterTable = {
  transpose: adapter('input dim0 dim1', p =>
    f.transpose(p.tensor('input'), p.number('dim0'), p.number('dim1')),
  ),
  permute: adapter('input *dims', p => f.permute(p.tensor('input'), p.ints('dims'))),
  reshape: adapter('input *shape', p => f.reshape(p.tensor('input'), p.ints('shape'))),
  expand: adapter('input *size', p => f.expand(p.tensor('input'), p.ints('size'))),
  broadcast_to: adapter('input *size', p => f.broadcastTo(p.tensor('input'), p.ints('size'))),
  squeeze: adapter('input dim', p => f.squeeze(p.tensor('input'), p.maybeNumber('dim'))),
  unsqueeze: adapter('input dim', p => f.unsqueeze(p.tensor('input'), p.number('dim'))),
  flatten: adapter('input start_dim end_dim', p =>
    f.flatten(p.tensor('input'), p.maybeNumber('start_dim'), p.maybeNumber('end_dim')),
  ),
  cat,
  concat: cat,
  stack: adapter('tensors dim', p => f.stack(p.tensors('tensors'), p.maybeNumber('dim'))),
  split: adapter('tensor split_size_or_sections dim', p => {
    const sizes = p.raw('split_size_or_sections');
    const dim = p.maybeNumber('dim');
    return Array.isArray(sizes)
      ? f.split(p.tensor('tensor'), p.ints('split_size_or_sections'), dim)
      : f.split(p.tensor('tensor'), p.number('split_size_or_sections'), dim);
  }),
  select: adapter('input dim index', p => f.select(p.tensor('input'), p.number('dim'), p.whole('index'))),
};
