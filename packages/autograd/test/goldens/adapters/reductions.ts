import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params, type Result } from '../params.js';
import { NotSupported } from '../tensors.js';
import { moment, reduction } from './reduce.js';

/** PyTorch 1.13 gives uint8 for uint8, which the cases do not have; one dim or all. */
function truth(fn: (x: f.Tensor, dim?: number | number[], options?: f.ReduceOptions) => f.Tensor): Adapter {
  return adapter('input dim keepdim', p =>
    fn(p.tensor('input'), p.dims('dim'), { keepdim: p.flag('keepdim') }),
  );
}

function scan(fn: (x: f.Tensor, dim: number) => f.Tensor): Adapter {
  return adapter('input dim dtype', p => fn(p.converted('input'), p.number('dim')));
}

function cumulativeExtremum(fn: (x: f.Tensor, dim: number) => f.Extrema): Adapter {
  return adapter('input dim', p => {
    const { values, indices } = fn(p.tensor('input'), p.number('dim'));
    return [values, indices];
  });
}

/** The order of a norm: None and 'fro' are 2. */
function order(p: Params): f.NormOrder | undefined {
  const value = p.raw('p');
  if (value === 'fro') return 'fro';
  if (value === 'nuc') throw new NotSupported('the nuclear norm');
  return p.maybeNumber('p');
}

function spacing(p: Params, name: string): number | undefined {
  const value = p.raw(name);
  return value instanceof f.Tensor ? value.item() : p.maybeNumber(name);
}

/** The second positional argument is x; dx and dim are keywords. */
function trapezoid(fn: (y: f.Tensor, options: f.TrapezoidOptions) => f.Tensor): Adapter {
  return adapter('y x dx dim', p =>
    fn(p.tensor('y'), { x: p.maybeTensor('x'), dx: spacing(p, 'dx'), dim: p.maybeNumber('dim') }),
  );
}

const trapezoidal = trapezoid((y, options) => f.trapezoid(y, options));

export const reductions: AdapterTable = {
  prod: reduction(f.prod),
  nansum: reduction(f.nansum),
  nanmean: reduction(f.nanmean),
  var_mean: moment((x, dim, options): Result => f.varMean(x, dim, options)),
  std_mean: moment((x, dim, options): Result => f.stdMean(x, dim, options)),
  any: truth(f.any),
  all: truth(f.all),
  count_nonzero: adapter('input dim', p => f.countNonzero(p.tensor('input'), p.dims('dim'))),
  aminmax: adapter('input dim keepdim', p => {
    // PyTorch 1.13 makes a vector of a scalar then.
    if (p.tensor('input').ndim === 0 && p.flag('keepdim')) throw new NotSupported('a scalar with keepdim');
    const { min, max } = f.aminmax(p.tensor('input'), p.maybeNumber('dim'), { keepdim: p.flag('keepdim') });
    return [min, max];
  }),
  norm: adapter('input p dim keepdim out dtype', p =>
    f.norm(p.converted('input'), order(p), p.dims('dim'), { keepdim: p.flag('keepdim') }),
  ),
  renorm: adapter('input p dim maxnorm', p =>
    f.renorm(p.tensor('input'), p.number('p'), p.number('dim'), p.number('maxnorm')),
  ),
  cumsum: scan(f.cumsum),
  cumprod: scan(f.cumprod),
  logcumsumexp: scan(f.logcumsumexp),
  cummax: cumulativeExtremum(f.cummax),
  cummin: cumulativeExtremum(f.cummin),
  diff: adapter('input n dim prepend append', p =>
    f.diff(p.tensor('input'), {
      n: p.maybeNumber('n'),
      dim: p.maybeNumber('dim'),
      prepend: p.maybeTensor('prepend'),
      append: p.maybeTensor('append'),
    }),
  ),
  trapezoid: trapezoidal,
  trapz: trapezoidal,
  cumulative_trapezoid: trapezoid((y, options) => f.cumulativeTrapezoid(y, options)),
};
