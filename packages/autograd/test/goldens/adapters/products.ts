import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter } from '../params.js';
import { NotSupported } from '../tensors.js';

type Product = (a: f.Tensor, b: f.Tensor) => f.Tensor;
type AddProduct = (input: f.Tensor, a: f.Tensor, b: f.Tensor, options: f.AddProductOptions) => f.Tensor;

function product(fn: Product, second: string): Adapter {
  return adapter(`input ${second}`, p => fn(p.tensor('input'), p.tensor(second)));
}

function adding(fn: AddProduct, a: string, b: string): Adapter {
  return adapter(`input ${a} ${b} beta alpha`, p =>
    fn(p.tensor('input'), p.tensor(a), p.tensor(b), {
      beta: p.maybeNumber('beta') ?? 1,
      alpha: p.maybeNumber('alpha') ?? 1,
    }),
  );
}

/** PyTorch's products; `mm` and so on by the functions of that name. */
export const products: AdapterTable = {
  mm: product(f.mm, 'mat2'),
  bmm: product(f.bmm, 'mat2'),
  mv: product(f.mv, 'vec'),
  dot: product(f.dot, 'other'),
  outer: product(f.outer, 'vec2'),
  kron: product(f.kron, 'other'),
  addmm: adding(f.addmm, 'mat1', 'mat2'),
  addmv: adding(f.addmv, 'mat', 'vec'),
  addbmm: adding(f.addbmm, 'batch1', 'batch2'),
  baddbmm: adding(f.baddbmm, 'batch1', 'batch2'),
  einsum: adapter('equation *operands', p => {
    const expression = p.text('equation');
    if (expression === undefined) throw new NotSupported('a call without equation');
    return f.einsum(expression, p.tensors('operands'));
  }),
  tensordot: adapter('a b dims', p => {
    const dims = p.raw('dims');
    return f.tensordot(p.tensor('a'), p.tensor('b'), dims as number | [number[], number[]] | undefined);
  }),
  bilinear: adapter('input1 input2 weight bias', p =>
    f.bilinear(p.tensor('input1'), p.tensor('input2'), p.tensor('weight'), p.maybeTensor('bias') ?? null),
  ),
};
