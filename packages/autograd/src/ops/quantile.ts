import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import { normalizeDim } from '../tensor/shape.js';
import type { Reduce, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { eq, maximum, mul, ne, sub, where } from './binary.js';
import { lerp } from './composite/elementwise.js';
import { composite, requireFloating, requireTensor } from './define.js';
import { gather } from './indexing.js';
import { asVector } from './lanes.js';
import { type ReduceOptions, sum } from './reduce.js';
import { expand, permute, reshapeTo, slice } from './shape.js';
import { sort } from './sort.js';
import { ceil, floor, round, to } from './unary.js';

/** Which element, or which mean of two, stands for a quantile between two elements. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
const interpolations: readonly Interpolation[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

export interface QuantileOptions<K extends boolean = boolean> extends ReduceOptions<K> {
  /** Between elements i and j: i + (j - i) times the part of the way (`linear`), i, j, the mean, or the nearer one (of two as near the one at an even place). Default `linear`. */
  readonly interpolation?: Interpolation;
}

type Dim = number | undefined;

export interface QuantileFunction {
  <S extends Shape, const D extends Dim = undefined, const K extends boolean = false>(
    x: Tensor<S>,
    q: number,
    dim?: D,
    options?: QuantileOptions<K>,
  ): Tensor<Reduce<S, D, K>>;
  (x: Tensor, q: number | Tensor, dim?: number, options?: QuantileOptions): Tensor;
}
export interface QuantileMethod {
  <S extends Shape, const D extends Dim = undefined, const K extends boolean = false>(
    this: Tensor<S>,
    q: number,
    dim?: D,
    options?: QuantileOptions<K>,
  ): Tensor<Reduce<S, D, K>>;
  (this: Tensor, q: number | Tensor, dim?: number, options?: QuantileOptions): Tensor;
}

/** The fractions as a vector of x's dtype. */
function fractions(op: string, x: Tensor, q: number | Tensor): Tensor {
  if (typeof q === 'number') {
    if (!(q >= 0 && q <= 1)) throw new ArgumentError(`${op}: q is ${q}; expected a number from 0 to 1.`);
    const out = raw([1], x.dtype);
    kernels().fill(out, q);
    return out;
  }
  if (!(q instanceof Tensor))
    throw new ArgumentError(`${op}: q is ${show(q)}; expected a number from 0 to 1, or a tensor of such.`);
  if (q.dtype !== x.dtype)
    throw new DTypeError(
      `${op}: q is ${q.dtype} and the input ${x.dtype}; they must be the same. Convert one with to().`,
    );
  if (q.ndim > 1)
    throw new ShapeError(`${op}: q has shape ${showShape(q.shape)}; expected at most one dim. Flatten it.`);
  kernels()
    .read(q)
    .forEach((value, i) => {
      if (!(value >= 0 && value <= 1))
        throw new ArgumentError(`${op}: element ${i} of q is ${value}; expected a number from 0 to 1.`);
    });
  return asVector(q);
}

/** Where in the sorted lanes [..., n] the fractions [m] are: [..., m], no whole numbers in general. */
function ranks(sorted: Tensor, q: Tensor, skipNaN: boolean): Tensor {
  const last = sorted.ndim - 1;
  const n = sorted.shape[last];
  const shape = [...sorted.shape.slice(0, last), q.size];
  if (skipNaN) {
    const numbers = to(sum(eq(sorted, sorted) as Tensor, [last], { keepdim: true }) as Tensor, q.dtype);
    return mul(q, maximum(sub(numbers, 1), 0) as Tensor) as Tensor;
  }
  // NaN are at the end, and one is enough.
  const end = slice(sorted, last, { start: n - 1 }) as Tensor;
  return expand(where(ne(end, end) as Tensor, n - 1, mul(q, n - 1) as Tensor) as Tensor, shape) as Tensor;
}

function quantileOf(name: string, skipNaN: boolean): QuantileFunction {
  return composite(
    name,
    (x: Tensor, q: number | Tensor, dim?: number, options: QuantileOptions = {}): Tensor => {
      requireTensor(name, x);
      requireFloating(name, x);
      const { interpolation = 'linear', keepdim = false } = options;
      if (!interpolations.includes(interpolation))
        throw new ArgumentError(
          `${name}: interpolation is ${show(interpolation)}; expected one of ${interpolations.join(', ')}.`,
        );
      const fraction = fractions(name, x, q);
      const d = dim === undefined ? 0 : normalizeDim(name, dim, x.ndim);
      const whole = dim === undefined || x.ndim === 0;
      const vector = whole ? reshapeTo(x, [x.size]) : x;
      if (vector.shape[d] === 0)
        throw new ShapeError(
          `${name}: ${whole ? 'the tensor' : `dim ${d}`} of shape ${showShape(x.shape)} is empty, and nothing has no ${name}.`,
        );
      // The dim goes last, the fractions come back first.
      const rest = vector.shape.map((_, i) => i).filter(i => i !== d);
      const lanes = d === vector.ndim - 1 ? vector : permute(vector, [...rest, d]);
      const sorted = sort(lanes, -1).values;
      const values = interpolate(sorted, ranks(sorted, fraction, skipNaN), interpolation);
      const reduced = keepdim
        ? whole
          ? x.shape.map(() => 1)
          : vector.shape.with(d, 1)
        : rest.map(i => vector.shape[i]);
      const kept = whole && !keepdim ? [] : reduced;
      if (typeof q === 'number' || q.ndim === 0) return reshapeTo(values, kept);
      const front = permute(values, [values.ndim - 1, ...rest.map((_, i) => i)]);
      return reshapeTo(front, [q.size, ...kept]);
    },
  ) as QuantileFunction;
}

function interpolate(sorted: Tensor, at: Tensor, interpolation: Interpolation): Tensor {
  const pick = (place: Tensor): Tensor => gather(sorted, -1, to(place, 'int32'));
  if (interpolation === 'lower') return pick(floor(at) as Tensor);
  if (interpolation === 'higher') return pick(ceil(at) as Tensor);
  if (interpolation === 'nearest') return pick(round(at) as Tensor);
  const below = floor(at) as Tensor;
  const weight = interpolation === 'midpoint' ? 0.5 : (sub(at, below) as Tensor);
  return lerp(pick(below), pick(ceil(at) as Tensor), weight) as Tensor;
}

/**
 * What a fraction q (from 0 to 1) of the elements along the dim (default: of all elements) is not above: element q (n - 1) in order, counted from 0, with interpolation between
 * two. Several fractions, a vector of x's dtype, make a first dim of the result. Differentiable in x, and in q where that interpolates. NaN where there is one. float32 or
 * float64.
 */
export const quantile: QuantileFunction = quantileOf('quantile', false);
/** The quantile of the elements other than NaN; NaN where there are no others. */
export const nanquantile: QuantileFunction = quantileOf('nanquantile', true);
