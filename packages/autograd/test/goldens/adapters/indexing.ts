import * as f from '../../../src/index.js';
import { type AdapterTable, adapter } from '../params.js';

export const indexing: AdapterTable = {
  index_select: adapter('input dim index', p =>
    f.indexSelect(p.tensor('input'), p.number('dim'), p.tensor('index')),
  ),
  gather: adapter('input dim index', p => f.gather(p.tensor('input'), p.number('dim'), p.tensor('index'))),
  scatter_add: adapter('input dim index src', p =>
    f.scatterAdd(p.tensor('input'), p.number('dim'), p.tensor('index'), p.tensor('src')),
  ),
  one_hot: adapter('tensor num_classes', p => {
    const classes = p.maybeNumber('num_classes') ?? -1;
    return f.oneHot(p.tensor('tensor'), classes === -1 ? undefined : classes);
  }),
};
