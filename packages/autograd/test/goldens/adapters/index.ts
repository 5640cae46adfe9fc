import type { Adapter, AdapterTable } from '../params.js';
import { activation } from './activation.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { linalg } from './linalg.js';
import { loss } from './loss.js';
import { pointwise } from './pointwise.js';
import { products } from './products.js';
import { reduce } from './reduce.js';
import { reductions } from './reductions.js';
import { shape } from './shape.js';
import { spatial } from './spatial.js';

const table: AdapterTable = {
  ...pointwise,
  ...activation,
  ...elementwise,
  ...reduce,
  ...reductions,
  ...linalg,
  ...products,
  ...shape,
  ...indexing,
  ...loss,
  ...spatial,
};

/** The adapter for a function of PyTorch: `add`, `Tensor.add` and, say, `nn.functional.relu` are entered by their last name. */
export function adapterFor(fn: string): Adapter | undefined {
  const name = fn.replace(/^(Tensor|nn\.functional)\./, '');
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
