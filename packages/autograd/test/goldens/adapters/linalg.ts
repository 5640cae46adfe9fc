import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter } from '../params.js';

/** The products that are matmul itself, for operands of certain ranks. */
function product(second: string): Adapter {
  return adapter(`input ${second}`, p => f.matmul(p.tensor('input'), p.tensor(second)));
}

export const linalg: AdapterTable = {
  matmul: product('other'),
  mm: product('mat2'),
  bmm: product('mat2'),
  mv: product('vec'),
  dot: product('other'),
  linear: adapter('input weight bias', p =>
    f.linear(p.tensor('input'), p.tensor('weight'), p.maybeTensor('bias') ?? null),
  ),
};
