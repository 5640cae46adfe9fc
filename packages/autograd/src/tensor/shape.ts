import { IndexError, ShapeError, show, showShape } from '../errors.js';

/** Number of elements; 1 for a scalar's empty shape. */
export function numel(shape: readonly number[]): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Strides of C order, in elements. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** Whether the strides are those of C order. Dims of size 1 may have any stride, and so may everything when a size is 0. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === 0) return true;
    if (size !== 1 && strides[i] !== step) return false;
    step *= size;
  }
  return true;
}

/** The shape with size 1 in the dims that were reduced. */
export function keptShape(shape: readonly number[], dims: readonly number[]): number[] {
  return shape.map((size, d) => (dims.includes(d) ? 1 : size));
}

/** The shape without them. */
export function droppedShape(shape: readonly number[], dims: readonly number[]): number[] {
  const left: number[] = [];
  for (let d = 0; d < shape.length; d++) if (!dims.includes(d)) left.push(shape[d]);
  return left;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape both broadcast to, by NumPy's rule: aligned at the last dim, sizes equal or one of them 1. */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): readonly number[] {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = i <= a.length ? a[a.length - i] : 1;
    const n = i <= b.length ? b[b.length - i] : 1;
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(
        `${op}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast: dim ${-i} is ${m} in the one and ${n} in the other. ` +
          'Sizes must be equal, or one of them 1: reshape or unsqueeze one operand.',
      );
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}

/** A dim counted from the front; negative ones count from the end. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const range = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -range || dim >= range)
    throw new IndexError(
      `${op}: dim ${show(dim)} is outside the range of a tensor with ${rank} dims: expected a whole number from ${-range} to ${range - 1}.`,
    );
  return dim < 0 ? dim + range : dim;
}

/** Sorted, distinct dims; `undefined` means all. */
export function normalizeDims(
  op: string,
  dims: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (dims === undefined) {
    const all = new Array<number>(rank);
    for (let d = 0; d < rank; d++) all[d] = d;
    return all;
  }
  const list = typeof dims === 'number' ? [dims] : dims;
  const result = list.map(d => normalizeDim(op, d, rank)).filter(d => d < rank);
  result.sort((a, b) => a - b);
  for (let i = 1; i < result.length; i++)
    if (result[i] === result[i - 1])
      throw new IndexError(
        `${op}: dim ${result[i]} appears twice in ${showShape(list)}: name each dim once.`,
      );
  return result;
}

/** Throws unless every size is a whole number from 0. */
export function checkShape(op: string, shape: readonly number[]): void {
  if (!Array.isArray(shape))
    throw new ShapeError(
      `${op}: expected a shape such as [2, 3], got ${show(shape)}. Put the sizes into an array.`,
    );
  for (let i = 0; i < shape.length; i++)
    if (!Number.isInteger(shape[i]) || shape[i] < 0)
      throw new ShapeError(
        `${op}: size ${show(shape[i])} in shape ${showShape(shape)} (dim ${i}) is not a whole number from 0. Round it first.`,
      );
}

/** Strides that show the elements in another shape without copying; null where there are none. */
export function viewStrides(
  x: { readonly shape: readonly number[]; readonly strides: readonly number[] },
  shape: readonly number[],
): number[] | null {
  if (isContiguous(x.shape, x.strides)) return contiguousStrides(shape);
  // Runs of dims that lie in one another without gaps can be cut anew; each new dim must lie inside one run.
  const strides = new Array<number>(shape.length).fill(0);
  let from = x.shape.length - 1;
  let to = shape.length - 1;
  while (from >= 0) {
    let runSize = x.shape[from];
    const runStride = x.strides[from];
    while (from > 0 && (x.shape[from - 1] === 1 || x.strides[from - 1] === runStride * runSize))
      runSize *= x.shape[--from];
    let step = runStride;
    let left = runSize;
    while (to >= 0 && left > 1 && left % shape[to] === 0) {
      strides[to] = step;
      step *= shape[to];
      left /= shape[to--];
    }
    if (left !== 1) return null;
    from--;
  }
  while (to >= 0) {
    if (shape[to] !== 1) return null;
    to--;
  }
  return strides;
}

/** Whether `shape` broadcasts to `wide`. */
export function broadcastsTo(shape: readonly number[], wide: readonly number[]): boolean {
  const lead = wide.length - shape.length;
  if (lead < 0) return false;
  for (let i = 0; i < shape.length; i++) if (shape[i] !== wide[lead + i] && shape[i] !== 1) return false;
  return true;
}
