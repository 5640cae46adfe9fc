import * as f from '../../../src/index.js';
import { type AdapterTable, adapter } from '../params.js';

export const linalg: AdapterTable = {
  matmul: adapter('input other', p => f.matmul(p.tensor('input'), p.tensor('other'))),
  linear: adapter('input weight bias', p =>
    f.linear(p.tensor('input'), p.tensor('weight'), p.maybeTensor('bias') ?? null),
  ),
};
