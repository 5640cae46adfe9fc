import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import type { Input } from '../../graph/node.js';
import { sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { div, maximum, mul, ne, sub, where } from '../binary.js';
import { requireFloating } from '../define.js';
import { elementwise } from '../fused.js';
import { amax, mean, sum } from '../reduce.js';
import { reducing } from '../rowwise.js';
import type { Reduction, Strength } from './types.js';

/** Throws unless the reduction is one of those that the loss has; returns it. */
export function reductionOf<R extends string = Reduction>(
  op: string,
  reduction: R = 'mean' as R,
  further?: R,
): R {
  const names = ['mean', 'sum', ...(further === undefined ? [] : [further])];
  if (reduction !== 'none' && !names.includes(reduction))
    throw new ArgumentError(
      `${op}: reduction is ${show(reduction)}; expected ${names.map(show).join(', ')} or 'none'.`,
    );
  return reduction;
}

/**
 * A loss by the formula of its elements: with its reduction in one pass, and its derivative in another. The first input has the shape of the losses. A number
 * as reduction is what their sum is divided by.
 */
export function lossOf(
  name: string,
  formula: (...inputs: never[]) => Tensor,
): (reduction: Reduction | number, ...inputs: Input[]) => Tensor {
  const losses = formula as unknown as (...inputs: readonly Input[]) => Tensor;
  const each = elementwise(name, losses);
  const total = reducing(name, (dims, ...inputs: Input[]) => {
    const divisor = inputs.pop() as Input;
    const all = sum(losses(...inputs), dims, { keepdim: true }) as Tensor;
    return divisor === 1 ? all : (div(all, divisor) as Tensor);
  });
  return (reduction, ...inputs) => {
    if (reduction === 'none') return each(...inputs);
    const { shape, size } = inputs[0] as Tensor;
    const divisor = typeof reduction === 'number' ? reduction : reduction === 'mean' ? size : 1;
    return total({ dims: shape.map((_, d) => d), keepdim: false }, ...inputs, divisor);
  };
}

export function reduceLosses(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return (reduction === 'mean' ? mean(losses) : sum(losses)) as Tensor;
}

/** Throws unless all are tensors; by their names in messages. */
export function requireTensors(op: string, given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given))
    if (!(value instanceof Tensor))
      throw new ArgumentError(
        `${op}: ${name} is ${show(value)}; expected a tensor. Make it one first: tensor(…).`,
      );
}

/** Throws unless all are floating point tensors of one dtype. */
export function requireOneDType(op: string, given: Readonly<Record<string, Tensor>>): void {
  requireTensors(op, given);
  const [[first, { dtype }], ...rest] = Object.entries(given);
  requireFloating(op, given[first]);
  for (const [name, t] of rest)
    if (t.dtype !== dtype)
      throw new DTypeError(
        `${op}: the ${first} is ${dtype}, the ${name} ${t.dtype}. They must be the same: convert one with to('${dtype}').`,
      );
}

/** Throws unless all have the same shape: sizes of 1 would broadcast, and train nonsense. */
export function requireOneShape(op: string, given: Readonly<Record<string, Tensor>>): void {
  const [[first, { shape }], ...rest] = Object.entries(given);
  for (const [name, t] of rest)
    if (!sameShape(t.shape, shape))
      throw new ShapeError(
        `${op}: the ${first} has shape ${showShape(shape)}, the ${name} ${showShape(t.shape)}. They must be the same: reshape or expand one.`,
      );
}

/** Throws unless all are floating point tensors of one dtype and one shape. */
export function requireAlike(op: string, given: Readonly<Record<string, Tensor>>): void {
  requireOneDType(op, given);
  requireOneShape(op, given);
}

/** Throws unless a tensor of factors broadcasts to the losses without enlarging them. */
export function requireFactors(op: string, name: string, factors: Tensor, losses: Tensor): void {
  requireTensors(op, { [name]: factors });
  if (factors.dtype !== losses.dtype)
    throw new DTypeError(
      `${op}: the ${name} is ${factors.dtype}, the input ${losses.dtype}. They must be the same: convert one with to('${losses.dtype}').`,
    );
  const lead = losses.ndim - factors.ndim;
  if (lead < 0 || factors.shape.some((size, i) => size !== 1 && size !== losses.shape[lead + i]))
    throw new ShapeError(
      `${op}: a ${name} of shape ${showShape(factors.shape)} does not broadcast to the shape ${showShape(losses.shape)} of the input. Reshape it.`,
    );
}

/** Throws unless there is one factor for each class. */
export function requireClassFactors(op: string, factors: Tensor, classes: number, dtype: string): void {
  requireTensors(op, { weight: factors });
  if (!sameShape(factors.shape, [classes]))
    throw new ShapeError(
      `${op}: the weight has shape ${showShape(factors.shape)}; expected [${classes}], one factor for each class.`,
    );
  if (factors.dtype !== dtype)
    throw new DTypeError(
      `${op}: the weight is ${factors.dtype}, the input ${dtype}. They must be the same: convert one with to('${dtype}').`,
    );
}

/** Numbers are told apart from tensors, but not looked at: see `elementwise`. */
export function weighted(losses: Tensor, factors: Input): Tensor {
  return typeof factors === 'number' ? losses : (mul(losses, factors) as Tensor);
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** The largest number that is too small. */
  readonly above?: number;
}

function expectation({ min, max, above }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min}`;
  return above === undefined ? '' : ` above ${above}`;
}

function within(x: number, { min = -Infinity, max = Infinity, above = -Infinity }: Range): boolean {
  return x >= min && x <= max && x > above;
}

/** Throws unless a strength is a finite number in the range, or a scalar tensor of the dtype that holds one. */
export function requireStrength(
  op: string,
  name: string,
  value: Strength,
  dtype: string,
  range: Range = {},
): void {
  if (value instanceof Tensor) {
    if (value.ndim !== 0 || value.dtype !== dtype)
      throw new ArgumentError(
        `${op}: ${name} is a ${value.dtype} tensor of shape ${showShape(value.shape)}; expected a number${expectation(range)}, or a ${dtype} tensor of shape [].`,
      );
  } else if (typeof value !== 'number')
    throw new ArgumentError(
      `${op}: ${name} is ${show(value)}; expected a number${expectation(range)} or a tensor.`,
    );
  // A tensor is read only where there is something to compare it with.
  if (value instanceof Tensor && Object.keys(range).length === 0) return;
  const number = typeof value === 'number' ? value : Number(kernels().read(value)[0]);
  if (!Number.isFinite(number) || !within(number, range))
    throw new ArgumentError(
      `${op}: ${name} is ${show(number)}; expected a finite number${expectation(range)}.`,
    );
}

/** By how much an element is outside at most; NaN where one is, or where infinities are compared. */
const excess = reducing(
  'excess',
  (dims, x: Tensor, min: number, max: number) =>
    amax(maximum(sub(x, max), sub(min, x)) as Tensor, dims, { keepdim: true }) as Tensor,
);

/** Throws unless all elements lie in the range; NaN does not. */
export function requireElementsWithin(
  op: string,
  name: string,
  x: Tensor,
  range: Pick<Range, 'min' | 'max'>,
  advice: string,
): void {
  if (x.size === 0) return;
  const { min = -Infinity, max = Infinity } = range;
  const reduced = { dims: x.shape.map((_, d) => d), keepdim: false };
  const most = noGrad(() => excess(reduced, x, min, max));
  if (Number(kernels().read(most)[0]) <= 0) return;
  requireEach(op, name, x, v => within(v, range), `numbers${expectation(range)}`, advice);
}

/** Throws unless a condition holds of every element, with the first of which it does not. */
export function requireEach(
  op: string,
  name: string,
  x: Tensor,
  holds: (value: number) => boolean,
  expected: string,
  advice: string,
): void {
  const values = kernels().read(x);
  for (let i = 0; i < values.length; i++)
    if (!holds(values[i]))
      throw new ArgumentError(
        `${op}: the ${name} holds ${values[i]} (position ${i} of shape ${showShape(x.shape)}); expected ${expected}. ${advice}`,
      );
}

/** Throws unless the labels say 1 (alike) or -1 (not alike), as int32 or in the dtype of the input. */
export function requireSigns(op: string, labels: Tensor, dtype: string): void {
  if (labels.dtype !== 'int32' && labels.dtype !== dtype)
    throw new DTypeError(
      `${op}: the target is ${labels.dtype}; expected int32 or the input's dtype ${dtype}. Convert it with to().`,
    );
  requireEach(
    op,
    'target',
    labels,
    v => v === 1 || v === -1,
    '1 or -1',
    'Labels of 0 and 1: y.mul(2).sub(1).',
  );
}

/** Class indices that were looked at. */
export interface Labels {
  /** int32; those to be passed over are replaced by 0, so that it can be gathered. */
  readonly index: Tensor;
  /** bool: which take part; null if all do. */
  readonly kept: Tensor | null;
  /** How many take part. */
  readonly count: number;
}

/**
 * Throws unless every label names a class, or is the one to be passed over.
 *
 * They are read here rather than compared by ops: where nothing is passed over, as in most programs, then nothing needs to be masked.
 */
export function labelsOf(op: string, labels: Tensor, classes: number, ignoreIndex?: number): Labels {
  const values = kernels().read(labels);
  let ignored = 0;
  for (let i = 0; i < values.length; i++) {
    const label = values[i];
    if (label === ignoreIndex) ignored++;
    else if (label < 0 || label >= classes)
      throw new IndexError(
        `${op}: label ${label} (position ${i} of labels of shape ${showShape(labels.shape)}) is outside the ${classes} classes: expected 0 to ${classes - 1}` +
          `${ignoreIndex === undefined ? '.' : `, or ignoreIndex, which is ${ignoreIndex}, for what has no label.`}`,
      );
  }
  const count = values.length - ignored;
  if (ignored === 0 || ignoreIndex === undefined) return { index: labels, kept: null, count };
  const kept = ne(labels, ignoreIndex) as Tensor;
  return { index: where(kept, labels, 0) as Tensor, kept, count };
}
