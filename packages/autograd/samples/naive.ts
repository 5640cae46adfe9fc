import type { ActivationOption } from '../src/index.js';
import { Tensor } from '../src/index.js';

/** Numbers in C order, as the plain formulas below see a tensor. */
export class Dense {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** Whether it stands for a bool tensor. */
  readonly bool: boolean;

  constructor(shape: readonly number[], data: readonly number[], bool = false) {
    this.shape = shape;
    this.data = data;
    this.bool = bool;
  }

  /** The element at an index; dims of size 1 are broadcast, and leading dims too many are left out. */
  at(index: readonly number[]): number {
    const lead = index.length - this.shape.length;
    let flat = 0;
    for (let d = 0; d < this.shape.length; d++)
      flat = flat * this.shape[d] + (this.shape[d] === 1 ? 0 : index[lead + d]);
    return this.data[flat];
  }
}

/** A tensor of a shape, element by element from its index. */
export function build(shape: readonly number[], element: (index: readonly number[]) => number): Dense {
  const data: number[] = [];
  const visit = (index: readonly number[]): void => {
    if (index.length === shape.length) data.push(element(index));
    else for (let i = 0; i < shape[index.length]; i++) visit([...index, i]);
  };
  visit([]);
  return new Dense(shape, data);
}

/** Tensors, also inside arrays and plain objects, as Dense; everything else as it is. */
export function toNaive(value: unknown): unknown {
  return mapTensors(value, t => new Dense(t.shape, Array.from(t.toTypedArray()), t.dtype === 'bool'));
}

/** The arguments with other things in the place of tensors. */
export function mapTensors(value: unknown, fn: (t: Tensor) => unknown): unknown {
  if (value instanceof Tensor) return fn(value);
  if (Array.isArray(value)) return value.map(v => mapTensors(v, fn));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, mapTensors(v, fn)]));
  return value;
}

export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(s => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map(s => s[s.length - rank + i] ?? 1);
    return sizes.find(n => n !== 1) ?? 1;
  });
}

/** A map of operands that broadcast; numbers are scalars. */
export function map(f: (...x: number[]) => number, ...operands: readonly (Dense | number)[]): Dense {
  const list = operands.map(x => (typeof x === 'number' ? new Dense([], [x]) : x));
  return build(broadcast(...list.map(x => x.shape)), index => f(...list.map(x => x.at(index))));
}

export const dimOf = (dim: number, rank: number): number => (dim < 0 ? dim + rank : dim);

/** A reduction of lists of elements. */
export function reduce(
  f: (values: readonly number[]) => number,
  x: Dense,
  dim?: number | readonly number[],
  options?: { readonly keepdim?: boolean },
): Dense {
  const rank = x.shape.length;
  const listed = dim === undefined ? x.shape.map((_, i) => i) : [dim].flat();
  const dims = listed.map(d => dimOf(d, rank));
  const shape =
    options?.keepdim === true
      ? x.shape.map((n, i) => (dims.includes(i) ? 1 : n))
      : x.shape.filter((_, i) => !dims.includes(i));
  return build(shape, index => {
    let k = 0;
    const fixed = x.shape.map((_, i) => {
      if (!dims.includes(i)) return options?.keepdim === true ? index[i] : index[k++];
      return -1;
    });
    const values: number[] = [];
    const visit = (d: number, at: readonly number[]): void => {
      if (d === rank) values.push(x.at(at));
      else if (fixed[d] >= 0) visit(d + 1, [...at, fixed[d]]);
      else for (let i = 0; i < x.shape[d]; i++) visit(d + 1, [...at, i]);
    };
    visit(0, []);
    return f(values);
  });
}

/** Every element from all elements along a dim. */
export function along(f: (values: readonly number[], i: number) => number, x: Dense, dim: number): Dense {
  const d = dimOf(dim, x.shape.length);
  if (x.shape.length === 0) return new Dense([], [f(x.data, 0)]);
  return build(x.shape, index =>
    f(
      Array.from({ length: x.shape[d] }, (_, i) => x.at(index.with(d, i))),
      index[d],
    ),
  );
}

/** A sum through the activation that an option asks for. */
export function finished(x: number, options: ActivationOption | undefined): number {
  const functions = {
    relu: (y: number) => Math.max(y, 0),
    sigmoid: (y: number) => 1 / (1 + Math.exp(-y)),
    tanh: Math.tanh,
  };
  return options?.activation === undefined ? x : functions[options.activation](x);
}
