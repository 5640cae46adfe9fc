import type { Adapter, AdapterTable } from '../params.js';
import { activation } from './activation.js';
import { indexing } from './indexing.js';
import { linalg } from './linalg.js';
import { loss } from './loss.js';
import { pointwise } from './pointwise.js';
import { reduce } from './reduce.js';
import { shape } from './shape.js';

const table: AdapterTable = {
  ...pointwise,
  ...activation,
  ...reduce,
  ...linalg,
  ...shape,
  ...indexing,
  ...loss,
};

/** The adapter for a function of PyTorch: `add`, `Tensor.add` and, say, `nn.functional.relu` are entered by their last name. */
export function adapterFor(fn: string): Adapter | undefined {
  const name = fn.replace(/^(Tensor|nn\.functional)\./, '');
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
