import * as f from '../../../src/index.js';
import { type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

type Order = f.MatrixNormOrder;

/** A norm order: a number, or `fro` or `nuc`. */
function orderOf(p: Params, name: string): Order | undefined {
  const value = p.raw(name);
  if (value === 'fro' || value === 'nuc') return value;
  return p.maybeNumber(name);
}

function vector(
  x: f.Tensor,
  ord: Order | undefined,
  dim: number | number[] | undefined,
  p: Params,
): f.Tensor {
  if (ord === 'fro' || ord === 'nuc') throw new NotSupported(`the norm ${ord} of a vector`);
  return f.vectorNorm(x, ord, dim, { keepdim: p.flag('keepdim') });
}

function matrix(x: f.Tensor, ord: Order | undefined, dim: readonly number[], p: Params): f.Tensor {
  return f.matrixNorm(x, ord, dim as [number, number], { keepdim: p.flag('keepdim') });
}

/** PyTorch's norms under `linalg.`; which one `linalg.norm` is depends on what it is given. */
export const norms: AdapterTable = {
  'linalg.vector_norm': adapter('x ord dim keepdim dtype', p =>
    vector(p.converted('x'), p.maybeNumber('ord'), p.dims('dim'), p),
  ),
  'linalg.matrix_norm': adapter('A ord dim keepdim dtype', p =>
    matrix(p.converted('A'), orderOf(p, 'ord'), p.raw('dim') === undefined ? [-2, -1] : p.ints('dim'), p),
  ),
  'linalg.norm': adapter('A ord dim keepdim dtype', p => {
    const x = p.converted('A');
    const ord = orderOf(p, 'ord');
    const dim = p.dims('dim');
    if (Array.isArray(dim) && dim.length === 2 && ord !== undefined) return matrix(x, ord, dim, p);
    if (dim !== undefined || ord === undefined || x.ndim === 1) return vector(x, ord, dim, p);
    if (x.ndim !== 2)
      throw new NotSupported('an order without dims for a tensor that is no vector or matrix');
    return matrix(x, ord, [0, 1], p);
  }),
  'linalg.cond': adapter('A p', p => f.cond(p.tensor('A'), orderOf(p, 'p'))),
};
