import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Result } from '../params.js';

export function reduction(
  fn: (x: f.Tensor, dim?: number | number[], options?: f.ReduceOptions) => f.Tensor,
): Adapter {
  return adapter('input dim keepdim dtype', p =>
    fn(p.converted('input'), p.dims('dim'), { keepdim: p.flag('keepdim') }),
  );
}

/** var and std, also with the mean: the divisor by `unbiased` or by `correction`; `unbiased` may stand where dim does. */
export function moment(
  fn: (x: f.Tensor, dim?: number | number[], options?: f.VarOptions) => Result,
): Adapter {
  return adapter('input dim unbiased keepdim correction', p => {
    const second = p.raw('dim');
    const bare = typeof second === 'boolean';
    const unbiased = bare ? second : p.raw('unbiased') === undefined || p.flag('unbiased');
    const correction = p.maybeNumber('correction') ?? (unbiased ? 1 : 0);
    return fn(p.tensor('input'), bare ? undefined : p.dims('dim'), {
      keepdim: p.flag('keepdim'),
      correction,
    });
  });
}

function index(fn: (x: f.Tensor, dim?: number, options?: f.ReduceOptions) => f.Tensor): Adapter {
  return adapter('input dim keepdim', p =>
    fn(p.tensor('input'), p.maybeNumber('dim'), { keepdim: p.flag('keepdim') }),
  );
}

/** max and min: of two tensors, of a whole one, or along a dim. */
function extremum(
  binary: (a: f.Tensor, b: f.Tensor) => f.Tensor,
  whole: (x: f.Tensor) => f.Tensor,
  along: (x: f.Tensor, dim: number, options: f.ReduceOptions) => f.Extrema,
): Adapter {
  return adapter('input dim keepdim other', p => {
    const x = p.tensor('input');
    const other = p.maybeTensor('other') ?? p.raw('dim');
    if (other instanceof f.Tensor) return binary(x, other);
    const dim = p.maybeNumber('dim');
    if (dim === undefined) return whole(x);
    const { values, indices } = along(x, dim, { keepdim: p.flag('keepdim') });
    return [values, indices];
  });
}

export const reduce: AdapterTable = {
  sum: reduction(f.sum),
  mean: reduction(f.mean),
  amax: reduction(f.amax),
  amin: reduction(f.amin),
  logsumexp: reduction(f.logsumexp),
  var: moment(f.var),
  std: moment(f.std),
  argmax: index(f.argmax),
  argmin: index(f.argmin),
  max: extremum(
    (a, b) => f.maximum(a, b),
    x => f.max(x),
    (x, dim, options) => f.max(x, dim, options),
  ),
  min: extremum(
    (a, b) => f.minimum(a, b),
    x => f.min(x),
    (x, dim, options) => f.min(x, dim, options),
  ),
};
