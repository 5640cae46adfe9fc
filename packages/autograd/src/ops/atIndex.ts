import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, IndexError, ShapeError, show, showShape } from '../errors.js';
import { broadcastShapes, contiguousStrides, numel, sameShape } from '../tensor/shape.js';
import type { RangeText } from '../tensor/shapeTypes/at.js';
import { Tensor } from '../tensor/tensor.js';
import { int32 } from './lanes.js';
import type { Look } from './look.js';
import { readIndex } from './places.js';
import type { SliceOptions } from './shape.js';

/**
 * What one index may be: a number (its dim goes away), a range as options (`{ start, end, step }`) or as text ('1:5', '::2'), null (a new dim), '...' (all dims
 * that nothing is said of), an int32 tensor or a list of whole numbers (the entries they name), a bool tensor (the entries where it is true, of as many dims as it has).
 * Negative numbers count from the end.
 */
export type AtIndex = number | SliceOptions | RangeText | '...' | null | Tensor | readonly number[];

/** Indices made ready: a view first, and then, if there are tensors among them, places in it. */
export interface Plan {
  readonly look: Look;
  readonly picked: Picked | null;
  /** Of the result. */
  readonly shape: readonly number[];
}

interface Picked {
  /** Dims of the view that the tensors index, ascending. */
  readonly dims: readonly number[];
  /** int32 vector, in C order of those dims. */
  readonly places: Tensor;
  readonly distinct: boolean;
  /** What the tensors broadcast to. */
  readonly shape: readonly number[];
  /** Where its dims stand in the result. */
  readonly at: number;
}

/** Entries of one dim of the view. */
interface List {
  readonly dim: number;
  readonly values: Int32Array;
  readonly shape: readonly number[];
}

class Builder {
  readonly starts: number[] = [];
  readonly steps: number[] = [];
  readonly dims: number[] = [];
  readonly shape: number[] = [];
  readonly lists: List[] = [];
  /** The lists that come from masks, by mask. */
  readonly masks: number[] = [];

  /** A dim of the tensor, seen in part or as one entry. */
  see(start: number, step: number, size: number | null): void {
    if (size !== null) {
      this.dims.push(this.starts.length);
      this.shape.push(size);
    }
    this.starts.push(start);
    this.steps.push(step);
  }

  list(values: Int32Array, shape: readonly number[], offset = 0): void {
    this.lists.push({ dim: this.dims.length + offset, values, shape });
  }

  insert(): void {
    this.dims.push(-1);
    this.shape.push(1);
  }
}

const isMask = (index: unknown): index is Tensor => index instanceof Tensor && index.dtype === 'bool';

const isRange = (index: unknown): index is SliceOptions =>
  typeof index === 'object' &&
  index !== null &&
  Object.keys(index).every(key => key === 'start' || key === 'end' || key === 'step');

/** How many dims of the tensor an index speaks of. */
function width(index: AtIndex): number {
  if (index === null || index === '...') return 0;
  return isMask(index) ? index.ndim : 1;
}

/** Makes the indices of a tensor of the given shape ready. Throws IndexError, ShapeError, DTypeError or ArgumentError. */
export function planIndices(op: string, shape: readonly number[], indices: readonly AtIndex[]): Plan {
  const rank = shape.length;
  const spoken = indices.reduce<number>((n, index) => n + width(index), 0);
  const holes = indices.filter(index => index === '...').length;
  if (holes > 1)
    throw new ArgumentError(
      `${op}: '...' stands ${holes} times among the indices; expected it once at most.`,
    );
  if (spoken > rank)
    throw new IndexError(
      `${op}: the indices speak of ${spoken} dims, but shape ${showShape(shape)} has ${rank}. Leave some out, or put in a dim with null.`,
    );
  const b = new Builder();
  const rest = (): void => {
    for (let n = rank - spoken; n > 0; n--) b.see(0, 1, shape[b.starts.length]);
  };
  indices.forEach((index, i) => {
    const d = b.starts.length;
    const label = `index ${i}`;
    if (index === '...') rest();
    else if (index === null) b.insert();
    else if (typeof index === 'number') b.see(entry(op, label, index, shape, d), 1, null);
    else if (typeof index === 'string') range(op, b, parse(op, label, index), shape[d], label);
    else if (Array.isArray(index)) listed(op, b, index as readonly number[], label, shape, d);
    else if (isMask(index)) mask(op, b, index, label, shape, d);
    else if (index instanceof Tensor) tensor(op, b, index, label, shape, d);
    else if (isRange(index)) range(op, b, index, shape[d], label);
    else
      throw new ArgumentError(
        `${op}: ${label} is ${show(index)}; expected a number, a range ({ start, end, step } or '1:5'), null, '...', or a tensor of int32 or bool.`,
      );
  });
  if (holes === 0) rest();
  const look = { starts: b.starts, steps: b.steps, dims: b.dims, shape: b.shape };
  if (b.lists.length === 0) return { look, picked: null, shape: b.shape };
  const picked = pickedBy(op, b);
  const others = b.shape.filter((_, d) => !picked.dims.includes(d));
  return {
    look,
    picked,
    shape: [...others.slice(0, picked.at), ...picked.shape, ...others.slice(picked.at)],
  };
}

function entry(op: string, label: string, index: number, shape: readonly number[], d: number): number {
  const size = shape[d];
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw new IndexError(
      `${op}: ${label} is ${show(index)}, outside dim ${d} of shape ${showShape(shape)}: ` +
        (size === 0 ? 'there is nothing to index.' : `expected a whole number from ${-size} to ${size - 1}.`),
    );
  return index < 0 ? index + size : index;
}

function parse(op: string, label: string, text: string): SliceOptions {
  const parts = text.split(':').map(part => part.trim());
  const numbers = parts.map(part => (part === '' ? undefined : Number(part)));
  if (parts.length < 2 || parts.length > 3 || numbers.some(n => n !== undefined && !Number.isInteger(n)))
    throw new ArgumentError(
      `${op}: ${label} is ${show(text)}; expected a range such as ':', '1:5', '-3:' or '::2', or '...'.`,
    );
  const [start, end, step] = numbers;
  return { start, end, step };
}

function range(op: string, b: Builder, options: SliceOptions, size: number, label: string): void {
  const start = options.start ?? 0;
  const end = options.end ?? size;
  const step = options.step ?? 1;
  for (const [name, value] of Object.entries({ start, end, step }))
    if (!Number.isInteger(value))
      throw new IndexError(`${op}: ${name} of ${label} is ${show(value)}; expected a whole number.`);
  if (step < 1)
    throw new ArgumentError(
      `${op}: step of ${label} is ${step}; expected a whole number from 1. Use flip to reverse.`,
    );
  const border = (i: number): number => Math.min(Math.max(i < 0 ? i + size : i, 0), size);
  const from = border(start);
  b.see(from, step, Math.max(Math.ceil((border(end) - from) / step), 0));
}

function listed(
  op: string,
  b: Builder,
  list: readonly number[],
  label: string,
  shape: readonly number[],
  d: number,
): void {
  const values = Int32Array.from(list, (at, i) => entry(op, `${label}, entry ${i},`, at, shape, d));
  b.list(values, [values.length]);
  b.see(0, 1, shape[d]);
}

function tensor(
  op: string,
  b: Builder,
  index: Tensor,
  label: string,
  shape: readonly number[],
  d: number,
): void {
  if (index.dtype !== 'int32')
    throw new DTypeError(
      `${op}: ${label} is a tensor of ${index.dtype}; expected int32 or bool. Convert it: index.to('int32').`,
    );
  const options = { negative: true, what: `dim ${d} (${label})` };
  const values = readIndex(op, index, shape[d], options);
  // As in PyTorch, a scalar is a number: its dim goes away, and it does not take part in broadcasting.
  if (index.ndim === 0) b.see(values[0], 1, null);
  else {
    b.list(values, index.shape);
    b.see(0, 1, shape[d]);
  }
}

function mask(
  op: string,
  b: Builder,
  index: Tensor,
  label: string,
  shape: readonly number[],
  d: number,
): void {
  const flags = kernels().read(index);
  if (index.ndim === 0) {
    // A new dim of 1 entry that is there or not.
    b.list(flags[0] === 1 ? Int32Array.of(0) : new Int32Array(0), [flags[0]]);
    b.insert();
    return;
  }
  const part = shape.slice(d, d + index.ndim);
  if (index.shape.some((size, i) => size !== part[i]))
    throw new ShapeError(
      `${op}: ${label} is a mask of shape ${showShape(index.shape)} for dims of sizes ${showShape(part)} in shape ${showShape(shape)}; they must be equal.`,
    );
  b.masks.push(index.ndim);
  for (const [i, values] of truePlaces(flags, index.shape).entries()) b.list(values, [values.length], i);
  for (const size of part) b.see(0, 1, size);
}

/** Where a mask is true: for every dim the coordinates, in C order. */
export function truePlaces(flags: ArrayLike<number>, shape: readonly number[]): Int32Array[] {
  let count = 0;
  for (let i = 0; i < flags.length; i++) if (flags[i] !== 0) count++;
  const steps = contiguousStrides(shape);
  const lists = shape.map(() => new Int32Array(count));
  for (let i = 0, n = 0; i < flags.length; i++) {
    if (flags[i] === 0) continue;
    for (let d = 0; d < shape.length; d++) lists[d][n] = Math.floor(i / steps[d]) % shape[d];
    n++;
  }
  return lists;
}

/** Joins the lists: broadcast, each with its dim of the view, into places. */
function pickedBy(op: string, b: Builder): Picked {
  const shape = b.lists.reduce<readonly number[]>(
    (all, list) => broadcastShapes(`${op}: the tensors among the indices`, all, list.shape),
    [],
  );
  const dims = b.lists.map(list => list.dim);
  const places = new Int32Array(numel(shape));
  for (const { dim, values, shape: own } of b.lists) {
    const size = b.shape[dim];
    const steps = sameShape(own, shape) ? null : broadcastSteps(own, shape);
    for (let i = 0; i < places.length; i++)
      places[i] = places[i] * size + values[steps === null ? i : position(i, shape, steps)];
  }
  // Neighbours stay where they are; what stands between others sends the dims to the front, as in PyTorch.
  const together = dims.every((d, i) => i === 0 || d === dims[i - 1] + 1);
  return {
    dims,
    places: int32(places),
    // One mask alone names no place twice.
    distinct: b.masks.length === 1 && b.masks[0] === b.lists.length,
    shape,
    at: together ? dims[0] : 0,
  };
}

function broadcastSteps(own: readonly number[], shape: readonly number[]): number[] {
  const steps = contiguousStrides(own);
  const lead = shape.length - own.length;
  return shape.map((_, d) => (d < lead || own[d - lead] === 1 ? 0 : steps[d - lead]));
}

/** Where element i of a shape lies in something with the given steps. */
function position(i: number, shape: readonly number[], steps: readonly number[]): number {
  let at = 0;
  let left = i;
  for (let d = shape.length - 1; d >= 0 && left > 0; d--) {
    at += (left % shape[d]) * steps[d];
    left = Math.floor(left / shape[d]);
  }
  return at;
}
