import { type DType, kernels } from '@fluxion/kernels';
import { ArgumentError, DataError, show } from '../errors.js';
import type { FlatArray, Mutable, NestedArray, NestedShape, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { type CreateOptions, checkWhole, create } from './construct.js';

/** A tensor of the given numbers or booleans, nested as deep as the tensor has dims. A tensor is copied, outside the graph. */
export function tensor<const T extends NestedArray>(data: T, options?: CreateOptions): Tensor<NestedShape<T>>;
export function tensor<S extends Shape>(data: Tensor<S>, options?: CreateOptions): Tensor<S>;
export function tensor(data: unknown, options: CreateOptions = {}): Tensor {
  if (data instanceof Tensor)
    return create('tensor', data.shape, options.dtype ?? data.dtype, options, out =>
      kernels().copy(data, out),
    );
  const shape = shapeOf(data);
  const dtype = options.dtype ?? dtypeOf(data);
  return create('tensor', shape, dtype, options, out => kernels().write(out, flatten(data, shape, dtype)));
}

function isFlat(data: unknown): data is FlatArray {
  return ArrayBuffer.isView(data) && !(data instanceof DataView);
}

function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  let level = data;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  if (isFlat(level)) shape.push(level.length);
  return shape;
}

function dtypeOf(data: unknown): DType {
  let level = data;
  while (Array.isArray(level)) level = level[0];
  if (typeof level === 'boolean') return 'bool';
  if (level instanceof Float64Array) return 'float64';
  if (level instanceof Int32Array) return 'int32';
  return 'float32';
}

/** The elements in C order; throws where the nesting is ragged or an element is no number. */
function flatten(data: unknown, shape: readonly number[], dtype: DType): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    throw new DataError(
      `tensor: the data are a ${show(data)}; there are no 64-bit integers here. Convert them: Float64Array.from(data, Number).`,
    );
  if (isFlat(data)) return checkWhole('tensor', data, dtype);
  const values: number[] = [];
  const visit = (level: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (typeof level !== 'number' && typeof level !== 'boolean')
        throw new DataError(
          `tensor: data${path} is ${show(level)}; expected a number or a boolean. Give a regular nested array.`,
        );
      values.push(Number(level));
      return;
    }
    const list = level as ArrayLike<unknown>;
    if ((!Array.isArray(level) && !isFlat(level)) || list.length !== shape[depth])
      throw new DataError(
        `tensor: the data are ragged: data${path} is ${Array.isArray(level) || isFlat(level) ? `an array of ${list.length}` : show(level)}, ` +
          `expected an array of ${shape[depth]} as in the entries before it.`,
      );
    for (let i = 0; i < list.length; i++) visit(list[i], depth + 1, `${path}[${i}]`);
  };
  visit(data, 0, '');
  return checkWhole('tensor', values, dtype);
}

function filled(op: string, shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  if (options.dtype === 'int32' && (value | 0) !== value)
    throw new DataError(`${op}: ${show(value)} is no int32. Round it, or use dtype 'float32'.`);
  return create(op, shape, options.dtype ?? 'float32', options, out => kernels().fill(out, value));
}

/** A tensor of the shape, all elements 0. */
export function zeros<const S extends Shape>(shape: S, options?: CreateOptions): Tensor<Mutable<S>> {
  return filled('zeros', shape, 0, options) as never;
}

/** A tensor of the shape, all elements 1. */
export function ones<const S extends Shape>(shape: S, options?: CreateOptions): Tensor<Mutable<S>> {
  return filled('ones', shape, 1, options) as never;
}

/** All elements the same. */
export function full<const S extends Shape>(
  shape: S,
  value: number,
  options?: CreateOptions,
): Tensor<Mutable<S>> {
  if (typeof value !== 'number')
    throw new DataError(`full: expected a number to fill with, got ${show(value)}.`);
  return filled('full', shape, value, options) as never;
}

/** Zeros with the shape and the dtype of a tensor. */
export function zerosLike<S extends Shape>(x: Tensor<S>, options?: CreateOptions): Tensor<S> {
  return filled('zerosLike', x.shape, 0, { dtype: x.dtype, ...options }) as Tensor<S>;
}

/** Ones with the shape and the dtype of a tensor. */
export function onesLike<S extends Shape>(x: Tensor<S>, options?: CreateOptions): Tensor<S> {
  return filled('onesLike', x.shape, 1, { dtype: x.dtype, ...options }) as Tensor<S>;
}

/** All elements the same number, with the shape and the dtype of a tensor. */
export function fullLike<S extends Shape>(x: Tensor<S>, value: number, options?: CreateOptions): Tensor<S> {
  return filled('fullLike', x.shape, value, { dtype: x.dtype, ...options }) as Tensor<S>;
}

/** start, start + step, … up to but without end. One argument is the end. int32 when all are whole, unless told otherwise. */
export function arange(
  startOrEnd: number,
  end?: number,
  step = 1,
  options: CreateOptions = {},
): Tensor<[number]> {
  const start = end === undefined ? 0 : startOrEnd;
  const stop = end === undefined ? startOrEnd : end;
  for (const [name, value] of Object.entries({ start, end: stop, step }))
    if (!Number.isFinite(value))
      throw new ArgumentError(`arange: ${name} is ${show(value)}; expected a finite number.`);
  if (step === 0) throw new ArgumentError('arange: step is 0; expected another number.');
  const n = Math.max(Math.ceil((stop - start) / step), 0);
  const whole = Number.isInteger(start) && Number.isInteger(stop) && Number.isInteger(step);
  return create('arange', [n] as [number], options.dtype ?? (whole ? 'int32' : 'float32'), options, out => {
    kernels().write(
      out,
      checkWhole(
        'arange',
        Float64Array.from({ length: n }, (_, i) => start + i * step),
        out.dtype,
      ),
    );
  });
}

/** The identity matrix, or its first rows and columns. */
export function eye<const N extends number, const M extends number = N>(
  n: N,
  m?: M,
  options: CreateOptions = {},
): Tensor<[N, M]> {
  const columns = m ?? n;
  return create('eye', [n, columns] as unknown as [N, M], options.dtype ?? 'float32', options, out => {
    kernels().fill(out, 0);
    const diagonal = Math.min(n, columns);
    kernels().fill({ storage: out.storage, offset: 0, shape: [diagonal], strides: [columns + 1] }, 1);
  });
}

/** A tensor whose elements are whatever its memory held. */
export function empty<const S extends Shape>(shape: S, options: CreateOptions = {}): Tensor<Mutable<S>> {
  return create('empty', shape, options.dtype ?? 'float32', options, clearBool) as never;
}

/** Like `empty`, with the shape and the dtype of a tensor. */
export function emptyLike<S extends Shape>(x: Tensor<S>, options: CreateOptions = {}): Tensor<S> {
  return create('emptyLike', x.shape, options.dtype ?? x.dtype, options, clearBool);
}

/** A byte that is neither 0 nor 1 is no bool. */
function clearBool(out: Tensor): void {
  if (out.dtype === 'bool') kernels().fill(out, 0);
}

function requireFinite(op: string, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    if (!Number.isFinite(value))
      throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected a finite number.`);
}

/** `steps` numbers at equal distances, from start to end, both included. Counted from the nearer end, so that both are exact. */
function spaced(op: string, start: number, end: number, steps: number): Float64Array {
  requireFinite(op, { start, end });
  if (!Number.isInteger(steps) || steps < 0)
    throw new ArgumentError(`${op}: steps is ${show(steps)}; expected a whole number from 0.`);
  const step = (end - start) / (steps - 1);
  return Float64Array.from({ length: steps }, (_, i) =>
    steps === 1 || i < steps / 2 ? start + (i === 0 ? 0 : i * step) : end - (steps - 1 - i) * step,
  );
}

/** `steps` numbers at equal distances, from start to end, both included; one step gives start. */
export function linspace<const N extends number>(
  start: number,
  end: number,
  steps: N,
  options: CreateOptions = {},
): Tensor<[N]> {
  const values = spaced('linspace', start, end, steps);
  return create('linspace', [steps] as [N], options.dtype ?? 'float32', options, out =>
    kernels().write(out, checkWhole('linspace', values, out.dtype)),
  );
}

export interface LogspaceOptions extends CreateOptions {
  /** Above 0. Default 10. */
  readonly base?: number;
}

/** base ** (the numbers of linspace). */
export function logspace<const N extends number>(
  start: number,
  end: number,
  steps: N,
  options: LogspaceOptions = {},
): Tensor<[N]> {
  const { base = 10 } = options;
  requireFinite('logspace', { base });
  if (base <= 0) throw new ArgumentError(`logspace: base is ${base}; expected a number above 0.`);
  const values = spaced('logspace', start, end, steps).map(x => base ** x);
  return create('logspace', [steps] as [N], options.dtype ?? 'float32', options, out =>
    kernels().write(out, checkWhole('logspace', values, out.dtype)),
  );
}
