import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { numel } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, div, mul, sub } from '../binary.js';
import { sum } from '../reduce.js';
import { reshapeTo } from '../shape.js';
import { rsqrt, square } from '../unary.js';

/** The mean over some dims, which stay with size 1, what is left of x without it, and the mean of the squares of that. */
export interface Moments {
  readonly mean: Tensor;
  readonly centred: Tensor;
  readonly variance: Tensor;
}

/** How many elements of x the dims hold together. */
export function countOver(x: Tensor, dims: readonly number[]): number {
  return numel(dims.map(d => x.shape[d]));
}

/** The mean over the dims, kept. The mean of nothing is 0: NaN would come back in the gradient of a scale that nothing is multiplied with. */
export function meanOver(x: Tensor, dims: readonly number[]): Tensor {
  return div(sum(x, dims, { keepdim: true }) as Tensor, Math.max(countOver(x, dims), 1)) as Tensor;
}

/** In two passes: the mean of the squares less the square of the mean has lost the digits where the mean is large. */
export function momentsOver(x: Tensor, dims: readonly number[]): Moments {
  const mean = meanOver(x, dims);
  const centred = sub(x, mean) as Tensor;
  return { mean, centred, variance: meanOver(square(centred) as Tensor, dims) };
}

/**
 * centred / sqrt(variance + eps) * weight + bias. The root and a weight that varies along with the variance alone meet before the elements of x do.
 */
export function scaleAndShift(
  centred: Tensor,
  variance: Tensor,
  eps: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
): Tensor {
  const root = rsqrt(add(variance, eps) as Tensor) as Tensor;
  const scale = weight === undefined ? root : (mul(root, weight) as Tensor);
  const y = mul(centred, scale) as Tensor;
  return bias === undefined ? y : (add(y, bias) as Tensor);
}

/** [C] in a shape that broadcasts to [N, C, ...]. */
export function alongChannels(t: Tensor, rank: number): Tensor {
  return reshapeTo(t, [t.size, ...new Array<number>(rank - 2).fill(1)]);
}

/** Throws unless the option is a finite number. */
export function requireFinite(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected a finite number.`);
}

/** The tensors among the options, by name; throws where one is something else. null and undefined stand for none. */
export function tensorsAmong(
  op: string,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Tensor | undefined>> {
  for (const [name, t] of Object.entries(options))
    if (t != null && !(t instanceof Tensor))
      throw new ArgumentError(`${op}: ${name} is ${show(t)}; expected a tensor, or nothing.`);
  return Object.fromEntries(Object.entries(options).map(([name, t]) => [name, (t as Tensor) ?? undefined]));
}

/** Throws unless all are float32, or all float64. */
export function requireOneDType(
  op: string,
  input: Tensor,
  others: Readonly<Record<string, Tensor | undefined>>,
): void {
  if (!(input instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as input, got ${show(input)}.`);
  if (input.dtype !== 'float32' && input.dtype !== 'float64')
    throw new DTypeError(
      `${op}: expected a float32 or float64 input, got ${input.dtype}. Convert it first: x.to('float32').`,
    );
  for (const [name, t] of Object.entries(others))
    if (t !== undefined && t.dtype !== input.dtype)
      throw new DTypeError(
        `${op}: the input is ${input.dtype} and ${name} ${t.dtype}; they must be the same. Convert one with to().`,
      );
}

/** Throws unless each has one element for each channel of x [N, C, ...]. */
export function requireChannels(
  op: string,
  x: Tensor,
  others: Readonly<Record<string, Tensor | undefined>>,
): void {
  for (const [name, t] of Object.entries(others))
    if (t !== undefined && (t.ndim !== 1 || t.shape[0] !== x.shape[1]))
      throw new ShapeError(
        `${op}: ${name} has shape ${showShape(t.shape)}, the input ${showShape(x.shape)} with ${x.shape[1]} channels in dim 1; ` +
          `expected ${name} of shape [${x.shape[1]}].`,
      );
}

/** Throws unless x has at least `least` dims. */
export function requireRank(op: string, x: Tensor, least: number, layout: string): void {
  if (x.ndim < least)
    throw new ShapeError(
      `${op}: expected an input of shape ${layout}, got ${showShape(x.shape)}. Add the missing dims with unsqueeze.`,
    );
}
