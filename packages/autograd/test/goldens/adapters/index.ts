import type { Adapter, AdapterTable } from '../params.js';
import { activation } from './activation.js';
import { elementwise } from './elementwise.js';
import { factorisations } from './factorisations.js';
import { indexing } from './indexing.js';
import { linalg } from './linalg.js';
import { loss } from './loss.js';
import { distance, methods, moves } from './moves.js';
import { normalise } from './normalise.js';
import { norms } from './norms.js';
import { order } from './order.js';
import { pointwise } from './pointwise.js';
import { products } from './products.js';
import { reduce } from './reduce.js';
import { reductions } from './reductions.js';
import { shape } from './shape.js';
import { shrink } from './shrink.js';
import { spatial } from './spatial.js';

const table: AdapterTable = {
  ...pointwise,
  ...activation,
  ...elementwise,
  ...reduce,
  ...reductions,
  ...linalg,
  ...factorisations,
  ...norms,
  ...products,
  ...shape,
  ...moves,
  ...methods,
  ...distance,
  ...indexing,
  ...order,
  ...loss,
  ...spatial,
  ...normalise,
  ...shrink,
};

/**
 * The adapter for a function of PyTorch: `add`, `Tensor.add` and, say, `nn.functional.relu` are entered by their last name, but for methods that
 * have a name in common with another function.
 */
export function adapterFor(fn: string): Adapter | undefined {
  if (Object.hasOwn(table, fn)) return table[fn];
  const name = fn.replace(/^(Tensor|nn\.functional)\./, '');
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
