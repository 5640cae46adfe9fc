import {
  ArgumentError,
  add,
  cat,
  type DType,
  type Generator,
  mul,
  neg,
  type Shape,
  ShapeError,
  scope,
  show,
  showShape,
  slice,
  Tensor,
  tensor,
  zeros,
} from '@fluxion/autograd';
import { normal_ } from './init.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';

function checkSize(op: string, what: string, value: number, even: boolean): void {
  if (!Number.isInteger(value) || value < 1 || (even && value % 2 !== 0))
    throw new ArgumentError(
      `${op}: ${what} is ${show(value)}; expected ${even ? 'an even' : 'a'} whole number from 1.`,
    );
}

/** position / 10000**(2 i / dim) for every position and every pair i of features. */
function angles(length: number, dim: number): number[][] {
  return Array.from({ length }, (_, position) =>
    Array.from({ length: dim / 2 }, (_, i) => position / 10_000 ** ((2 * i) / dim)),
  );
}

/** [length, dim]: sines in the even features and cosines in the odd ones, of wavelengths from 2π to 10,000 · 2π (Vaswani et al. 2017). */
export function sinusoidalEncoding(
  length: number,
  dim: number,
  options: { readonly dtype?: DType } = {},
): Tensor<[number, number]> {
  checkSize('sinusoidalEncoding', 'the length', length, false);
  checkSize('sinusoidalEncoding', 'the number of features', dim, true);
  const rows = angles(length, dim).map(row => row.flatMap(a => [Math.sin(a), Math.cos(a)]));
  return tensor(rows, options) as Tensor<[number, number]>;
}

export interface PositionalEncodingOptions {
  /** Whether sequences are [N, L, E] rather than [L, N, E]. Default false. */
  readonly batchFirst?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

/** A row for each position of a sequence, to be added. */
function rowsFor(op: string, table: Tensor, x: Tensor, batchFirst: boolean): Tensor {
  const [most, dim] = table.shape;
  const lengthDim = x.ndim === 3 && batchFirst ? 1 : 0;
  if ((x.ndim !== 2 && x.ndim !== 3) || x.shape[x.ndim - 1] !== dim)
    throw new ShapeError(
      `${op}: expected sequences of shape ${batchFirst ? `[N, L, ${dim}]` : `[L, N, ${dim}]`} or [L, ${dim}], got ${showShape(x.shape)}.`,
    );
  const length = x.shape[lengthDim];
  if (length > most)
    throw new ShapeError(
      `${op}: a sequence of shape ${showShape(x.shape)} has ${length} positions, and there are encodings for ${most}. Make the layer with a larger maxLength.`,
    );
  const rows = slice(table, 0, { end: length }) as Tensor;
  return x.ndim === 3 && !batchFirst ? (rows.unsqueeze(1) as Tensor) : rows;
}

/** Adds `sinusoidalEncoding` to sequences [L, N, E] ([N, L, E] with `batchFirst`) or [L, E]. Nothing of it is trained or saved. */
export class PositionalEncoding extends Module {
  static readonly forgets = true;
  declare encoding: Tensor;
  readonly batchFirst: boolean;

  constructor(dim: number, maxLength = 5000, options: PositionalEncodingOptions = {}) {
    super();
    this.batchFirst = options.batchFirst ?? false;
    this.registerBuffer('encoding', sinusoidalEncoding(maxLength, dim, { dtype: options.dtype }), {
      persistent: false,
    });
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return scope(
      () => add(x as Tensor, rowsFor('PositionalEncoding', this.encoding, x, this.batchFirst)) as Tensor<S>,
    );
  }
}

/** Adds a trained row for each position, `weight` [maxLength, E], which starts normal with standard deviation 0.02. */
export class LearnedPositionalEncoding extends Module {
  static readonly forgets = true;
  weight: Tensor<[number, number]>;
  readonly batchFirst: boolean;

  constructor(
    dim: number,
    maxLength: number,
    options: PositionalEncodingOptions & { readonly generator?: Generator } = {},
  ) {
    super();
    checkSize('LearnedPositionalEncoding', 'the number of features', dim, false);
    checkSize('LearnedPositionalEncoding', 'maxLength', maxLength, false);
    this.batchFirst = options.batchFirst ?? false;
    this.weight = parameter(zeros([maxLength, dim], { dtype: options.dtype })) as Tensor<[number, number]>;
    normal_(this.weight, 0, 0.02, { generator: options.generator });
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<S> {
    return scope(
      () =>
        add(x as Tensor, rowsFor('LearnedPositionalEncoding', this.weight, x, this.batchFirst)) as Tensor<S>,
    );
  }
}

/**
 * Turns pairs of features of queries and keys [..., L, E] by angles that grow with the position, so that their products depend on distances alone (Su et
 * al. 2021). Feature i is paired with feature i + E / 2.
 *
 * @param offset the position of the first row. Default 0
 */
export function rotaryEncoding<S extends Shape>(
  x: Tensor<S>,
  options: { readonly offset?: number } = {},
): Tensor<S> {
  const { offset = 0 } = options;
  if (!(x instanceof Tensor) || x.ndim < 2)
    throw new ShapeError(
      `rotaryEncoding: expected sequences of shape [..., L, E], got ${x instanceof Tensor ? showShape(x.shape) : show(x)}.`,
    );
  const [length, dim] = x.shape.slice(-2);
  checkSize('rotaryEncoding', 'the number of features', dim, true);
  if (!Number.isInteger(offset) || offset < 0)
    throw new ArgumentError(`rotaryEncoding: offset is ${show(offset)}; expected a whole number from 0.`);
  return scope(() => {
    const rows = angles(length + offset, dim).slice(offset);
    const table = (fn: (a: number) => number): Tensor =>
      tensor(
        rows.map(row => row.map(fn)),
        { dtype: x.dtype },
      ).reshape([length, dim / 2]) as Tensor;
    const [cosine, sine] = [table(Math.cos), table(Math.sin)];
    const first = slice(x as Tensor, -1, { end: dim / 2 }) as Tensor;
    const second = slice(x as Tensor, -1, { start: dim / 2 }) as Tensor;
    const left = add(mul(first, cosine) as Tensor, neg(mul(second, sine) as Tensor)) as Tensor;
    const right = add(mul(first, sine) as Tensor, mul(second, cosine) as Tensor) as Tensor;
    return cat([left, right], -1) as Tensor as Tensor<S>;
  });
}
