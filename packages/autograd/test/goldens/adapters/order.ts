import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params, type Result } from '../params.js';
import { NotSupported } from '../tensors.js';

const pair = ({ values, indices }: f.Extrema): Result => [values, indices];

/** sort and argsort: in the overload with `stable` that one comes first, and by keyword alone. */
const ordered = (fn: (x: f.Tensor, dim: number | undefined, options: f.SortOptions) => Result): Adapter =>
  adapter('input dim descending stable', p => {
    // It always is.
    p.raw('stable');
    return fn(p.tensor('input'), p.maybeNumber('dim'), { descending: p.flag('descending') });
  });

/** median and nanmedian: of all elements, or values and indices along a dim. */
const middle = (fn: f.ExtremumFunction): Adapter =>
  adapter('input dim keepdim', p => {
    const dim = p.maybeNumber('dim');
    const x = p.tensor('input');
    return dim === undefined ? fn(x) : pair(fn(x, dim, { keepdim: p.flag('keepdim') }));
  });

const fraction = (fn: f.QuantileFunction): Adapter =>
  adapter('input q dim keepdim interpolation', p =>
    fn(p.tensor('input'), p.operand('q'), p.maybeNumber('dim'), {
      keepdim: p.flag('keepdim'),
      interpolation: p.text('interpolation') as f.Interpolation | undefined,
    }),
  );

/** int64 or int32 in PyTorch, and always int32 here. */
function anyInteger(p: Params): void {
  p.raw('out_int32');
}

/** `right`, or `side`, which says the same in words. */
function isRight(p: Params): boolean {
  const side = p.text('side');
  if (side !== undefined && side !== 'left' && side !== 'right') throw new NotSupported(`side ${side}`);
  return p.flag('right') || side === 'right';
}

/** The results that were asked for, in PyTorch's order. */
function distinct(fn: f.UniqueFunction, p: Params): Result {
  const [inverse, counts] = [p.flag('return_inverse'), p.flag('return_counts')];
  const dim = p.maybeNumber('dim');
  const all = fn(p.tensor('input'), { dim, returnInverse: true, returnCounts: true });
  return [all.values, ...(inverse ? [all.inverse] : []), ...(counts ? [all.counts] : [])];
}

export const order: AdapterTable = {
  sort: ordered((x, dim, options) => pair(f.sort(x, dim, options))),
  argsort: ordered((x, dim, options) => f.argsort(x, dim, options)),
  msort: adapter('input', p => f.msort(p.tensor('input'))),
  topk: adapter('input k dim largest sorted', p => {
    // Sorted ones are in some order, too.
    p.raw('sorted');
    const largest = p.raw('largest') === undefined || p.flag('largest');
    return pair(f.topk(p.tensor('input'), p.whole('k'), p.maybeNumber('dim'), { largest }));
  }),
  kthvalue: adapter('input k dim keepdim', p =>
    pair(f.kthvalue(p.tensor('input'), p.whole('k'), p.maybeNumber('dim'), { keepdim: p.flag('keepdim') })),
  ),
  mode: adapter('input dim keepdim', p =>
    pair(f.mode(p.tensor('input'), p.maybeNumber('dim'), { keepdim: p.flag('keepdim') })),
  ),
  median: middle(f.median),
  nanmedian: middle(f.nanmedian),
  quantile: fraction(f.quantile),
  nanquantile: fraction(f.nanquantile),
  searchsorted: adapter('sorted_sequence input out_int32 right side sorter', p => {
    anyInteger(p);
    const options = { right: isRight(p), sorter: p.maybeTensor('sorter') };
    const values = p.operand('input');
    const sequence = p.tensor('sorted_sequence');
    return typeof values === 'number'
      ? f.searchsorted(sequence, values, options)
      : f.searchsorted(sequence, values, options);
  }),
  bucketize: adapter('input boundaries out_int32 right', p => {
    anyInteger(p);
    const boundaries = p.tensor('boundaries');
    const values = p.operand('input');
    const x = typeof values === 'number' ? f.full([], values, { dtype: boundaries.dtype }) : values;
    return f.bucketize(x, boundaries, { right: p.flag('right') });
  }),
  unique: adapter('input sorted return_inverse return_counts dim', p => {
    // The order is anybody's guess then.
    if (p.raw('sorted') !== undefined && !p.flag('sorted')) throw new NotSupported('sorted=False');
    return distinct(f.unique, p);
  }),
  unique_consecutive: adapter('input return_inverse return_counts dim', p =>
    distinct(f.uniqueConsecutive, p),
  ),
  bincount: adapter('input weights minlength', p =>
    f.bincount(p.tensor('input'), {
      weights: p.maybeTensor('weights'),
      minlength: p.maybeNumber('minlength'),
    }),
  ),
  histc: adapter('input bins min max', p =>
    f.histc(p.tensor('input'), {
      bins: p.maybeNumber('bins'),
      min: p.maybeNumber('min'),
      max: p.maybeNumber('max'),
    }),
  ),
};
