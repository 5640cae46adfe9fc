import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import { broadcastShapes, numel, sameShape } from '../tensor/shape.js';
import type { At } from '../tensor/shapeTypes/at.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { type AtIndex, type Plan, planIndices } from './atIndex.js';
import { composite } from './define.js';
import { checkSource, requireNumbers } from './lanes.js';
import { lookAt, replaceAt } from './look.js';
import { pick, put as putPlaces } from './places.js';
import { expand, permute, reshapeTo } from './shape.js';

export type { AtIndex };

/**
 * What indices see of x, one index a dim from the first on: see `AtIndex`. `x.at(0)`, `x.at(':', -1)`, `x.at('...', null)`, `x.at({ start: 1, step: 2 })`, `x.at(rows,
 * columns)`, `x.at(x.gt(0))`.
 *
 * With numbers, ranges, null and '...' alone the result shares memory with x. Tensors among the indices (int32, or bool: the places where it is true) are broadcast
 * together and pick copies; their dims stand where they stood when they are neighbours, else in front, by PyTorch's rule. Throws IndexError for an index outside its dim.
 */
export const at: <S extends Shape, const I extends readonly AtIndex[]>(
  x: Tensor<S>,
  ...indices: I
) => Tensor<At<S, I>> = composite('at', (x: Tensor, ...indices: AtIndex[]) => {
  const { look, picked, shape } = planIndices('at', x.shape, indices);
  const seen = lookAt(x, look);
  if (picked === null) return seen;
  const { dims, places, distinct } = picked;
  const rows = pick(seen, places, dims, distinct);
  const front = reshapeTo(rows, [...picked.shape, ...seen.shape.filter((_, d) => !dims.includes(d))]);
  return permuteTo(front, moved(shape.length, 0, picked.at, picked.shape.length));
}) as never;

/** The order of dims that takes `count` of them from one place to another. */
function moved(rank: number, from: number, to: number, count: number): number[] {
  const order = Array.from({ length: rank }, (_, d) => d);
  const block = order.splice(from, count);
  order.splice(to, 0, ...block);
  return order;
}

function permuteTo(x: Tensor, order: readonly number[]): Tensor {
  return order.every((d, i) => d === i) ? x : permute(x, order);
}

export interface PutOptions {
  /** Whether the value is added to what is there; equal places add up. Default false. */
  readonly accumulate?: boolean;
}

/**
 * A copy of x in which what `at` with the same indices (a list here) sees is replaced by a value: a number, or a tensor of x's dtype that broadcasts there. Where one place is
 * named several times, the last value in C order stays, and the gradient goes to that one; with `accumulate` they are added. Throws IndexError for an index outside its dim.
 */
export const put: <S extends Shape>(
  x: Tensor<S>,
  indices: readonly AtIndex[],
  value: number | Tensor,
  options?: PutOptions,
) => Tensor<S> = composite(
  'put',
  (x: Tensor, indices: readonly AtIndex[], value: Input, options?: PutOptions) => {
    if (!Array.isArray(indices))
      throw new ArgumentError(
        `put: expected a list of indices, got ${show(indices)}. Write x.put([index], value); for places in the flattened tensor, flatten it first.`,
      );
    return replaced('put', x, indices, value, options);
  },
) as never;

/**
 * `put` under PyTorch's name, with tensors as indices: int32 tensors that broadcast together, bool masks, and null for the whole of a dim.
 */
export const indexPut: <S extends Shape>(
  x: Tensor<S>,
  indices: readonly (Tensor | null)[],
  values: number | Tensor,
  options?: PutOptions,
) => Tensor<S> = composite(
  'indexPut',
  (x: Tensor, indices: readonly (Tensor | null)[], values: Input, options?: PutOptions) => {
    if (!Array.isArray(indices) || indices.some(index => index !== null && !(index instanceof Tensor)))
      throw new ArgumentError(
        `indexPut: expected a list of tensors and null, got ${show(indices)}. Use put for numbers and ranges.`,
      );
    const list = indices.map((index): AtIndex => index ?? ':');
    return replaced('indexPut', x, list, values, options);
  },
) as never;

function replaced(
  op: string,
  x: Tensor,
  indices: readonly AtIndex[],
  value: Input,
  { accumulate = false }: PutOptions = {},
): Tensor {
  if (typeof accumulate !== 'boolean')
    throw new ArgumentError(`${op}: accumulate is ${show(accumulate)}; expected true or false.`);
  checkSource(op, x, value);
  if (accumulate) requireNumbers(op, x);
  const plan = planIndices(op, x.shape, indices);
  if (typeof value !== 'number' && !sameShape(broadcastShapes(op, plan.shape, value.shape), plan.shape))
    throw new ShapeError(
      `${op}: a value of shape ${showShape(value.shape)} does not broadcast to the ${showShape(plan.shape)} that the indices name.`,
    );
  const mode = accumulate ? 'add' : 'assign';
  const { look, picked } = plan;
  if (picked === null) return replaceAt(mode, x, look, value);
  const seen = lookAt(x, look);
  const { dims, places, distinct } = picked;
  const changed = putPlaces(mode, seen, places, rows(plan, seen, value), { dims, distinct });
  return sameShape(look.shape, x.shape) && look.dims.every((d, i) => d === i)
    ? changed
    : replaceAt('assign', x, look, changed);
}

/** The value as slices [n, ...]: expanded, with the dims that the tensors make in front, and those made one. */
function rows({ picked, shape }: Plan, seen: Tensor, value: Input): Input {
  if (typeof value === 'number' || picked === null) return value;
  const front = permuteTo(
    expand(value, shape) as Tensor,
    moved(shape.length, picked.at, 0, picked.shape.length),
  );
  return reshapeTo(front, [numel(picked.shape), ...seen.shape.filter((_, d) => !picked.dims.includes(d))]);
}
