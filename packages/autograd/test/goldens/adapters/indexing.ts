import * as f from '../../../src/index.js';
import { type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

/** An argument that is a tensor or a number, as the two names that PyTorch has for it. */
function either(p: Params, tensor: string, number: string): f.Tensor | number {
  return p.maybeOperand(tensor) ?? p.operand(number);
}

/** scatter of a tensor or a number, which may be added or multiplied instead. */
function scatter(p: Params): f.Tensor {
  const [x, dim, index] = [p.tensor('input'), p.number('dim'), p.tensor('index')];
  const source = either(p, 'src', 'value');
  const reduce = p.text('reduce');
  if (reduce === undefined) return f.scatter(x, dim, index, source);
  const all =
    typeof source === 'number' ? (f.full(index.shape, source, { dtype: x.dtype }) as f.Tensor) : source;
  if (reduce === 'add') return f.scatterAdd(x, dim, index, all);
  if (reduce === 'multiply') return f.scatterReduce(x, dim, index, all, 'prod');
  throw new NotSupported(`reduce ${reduce}`);
}

/** A number as a tensor of x's dtype may be given where PyTorch takes either. */
function likeInput(p: Params, x: f.Tensor, name: string): f.Tensor | number {
  const value = p.operand(name);
  return typeof value !== 'number' && value.dtype !== x.dtype ? value.to(x.dtype) : value;
}

/** An index of a subscript: lists of numbers are tensors, slices come as `{ $slice: [start, end, step] }`. */
function subscript(index: unknown): f.AtIndex {
  if (index instanceof f.Tensor || typeof index === 'number' || index == null) return index ?? null;
  if (index === '...' || index === 'Ellipsis') return '...';
  if (Array.isArray(index) && index.every(i => typeof i === 'number')) return index;
  const [start, end, step] = ((index as { $slice?: (number | null)[] }).$slice ?? []).map(
    i => i ?? undefined,
  );
  if (typeof index !== 'object' || !('$slice' in index))
    throw new NotSupported(`an index ${JSON.stringify(index)}`);
  return { start, end, step };
}

export const indexing: AdapterTable = {
  index_select: adapter('input dim index', p =>
    f.indexSelect(p.tensor('input'), p.number('dim'), p.tensor('index')),
  ),
  gather: adapter('input dim index', p => f.gather(p.tensor('input'), p.number('dim'), p.tensor('index'))),
  scatter_add: adapter('input dim index src', p =>
    f.scatterAdd(p.tensor('input'), p.number('dim'), p.tensor('index'), p.tensor('src')),
  ),
  scatter: adapter('input dim index src value reduce', scatter),
  scatter_reduce: adapter('input dim index src reduce include_self', p => {
    const x = p.tensor('input');
    const includeSelf = p.raw('include_self') === undefined || p.flag('include_self');
    const reduction = p.text('reduce') as f.ScatterReduction;
    return f.scatterReduce(x, p.number('dim'), p.tensor('index'), p.tensor('src'), reduction, {
      includeSelf,
    });
  }),
  index_add: adapter('input dim index source alpha', p =>
    f.indexAdd(p.tensor('input'), p.number('dim'), p.tensor('index'), p.tensor('source'), {
      alpha: p.maybeNumber('alpha'),
    }),
  ),
  index_copy: adapter('input dim index source', p =>
    f.indexCopy(p.tensor('input'), p.number('dim'), p.tensor('index'), p.tensor('source')),
  ),
  index_fill: adapter('input dim index value', p => {
    const x = p.tensor('input');
    return f.indexFill(x, p.number('dim'), p.tensor('index'), likeInput(p, x, 'value'));
  }),
  index_put: adapter('input indices values accumulate', p => {
    const indices = p.raw('indices') as (f.Tensor | null)[];
    return f.indexPut(p.tensor('input'), indices, p.tensor('values'), { accumulate: p.flag('accumulate') });
  }),
  put: adapter('input index source accumulate', p => {
    const x = p.tensor('input');
    const flat = x.reshape([x.size]);
    const options = { accumulate: p.flag('accumulate') };
    return f.put(flat, [p.tensor('index')], p.tensor('source'), options).reshape(x.shape) as f.Tensor;
  }),
  masked_select: adapter('input mask', p => f.maskedSelect(p.tensor('input'), p.tensor('mask'))),
  masked_scatter: adapter('input mask source', p =>
    f.maskedScatter(p.tensor('input'), p.tensor('mask'), p.tensor('source')),
  ),
  nonzero: adapter('input as_tuple', p =>
    p.flag('as_tuple') ? f.nonzero(p.tensor('input'), { asTuple: true }) : f.nonzero(p.tensor('input')),
  ),
  argwhere: adapter('input', p => f.argwhere(p.tensor('input'))),
  take: adapter('input index', p => f.take(p.tensor('input'), p.tensor('index'))),
  take_along_dim: adapter('input indices dim', p =>
    f.takeAlongDim(p.tensor('input'), p.tensor('indices'), p.maybeNumber('dim')),
  ),
  __getitem__: adapter('input index', p => {
    const index = p.raw('index');
    const list = Array.isArray(index) ? index : [index];
    return f.at(p.tensor('input'), ...list.map(subscript));
  }),
  embedding: adapter('input weight padding_idx max_norm norm_type scale_grad_by_freq sparse', p => {
    if (p.raw('max_norm') !== undefined) throw new NotSupported('max_norm');
    // Without max_norm neither says anything about values or gradients.
    p.raw('norm_type');
    p.raw('sparse');
    return f.embedding(p.tensor('input'), p.tensor('weight'), {
      paddingIdx: p.maybeNumber('padding_idx'),
      scaleGradByFreq: p.flag('scale_grad_by_freq'),
    });
  }),
  embedding_bag: adapter(
    'input weight offsets max_norm norm_type scale_grad_by_freq mode sparse per_sample_weights include_last_offset padding_idx',
    p => {
      if (p.raw('max_norm') !== undefined) throw new NotSupported('max_norm');
      p.raw('norm_type');
      p.raw('sparse');
      return f.embeddingBag(p.tensor('input'), p.tensor('weight'), {
        offsets: p.maybeTensor('offsets'),
        scaleGradByFreq: p.flag('scale_grad_by_freq'),
        mode: p.text('mode') as f.BagMode | undefined,
        perSampleWeights: p.maybeTensor('per_sample_weights'),
        includeLastOffset: p.flag('include_last_offset'),
        paddingIdx: p.maybeNumber('padding_idx'),
      });
    },
  ),
  one_hot: adapter('tensor num_classes', p => {
    const classes = p.maybeNumber('num_classes') ?? -1;
    return f.oneHot(p.tensor('tensor'), classes === -1 ? undefined : classes);
  }),
};
