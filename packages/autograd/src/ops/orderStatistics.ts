import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { noGrad } from '../graph/modes.js';
import { normalizeDim, numel } from '../tensor/shape.js';
import type { Reduce, Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, eq, gt, logicalAnd, logicalOr, ne, sub, where } from './binary.js';
import type { Extrema, ExtremumFunction } from './composite/extrema.js';
import { apply, composite, type Primitive, requireTensor } from './define.js';
import { gather } from './indexing.js';
import { asVector, int32 } from './lanes.js';
import type { ReduceOptions } from './reduce.js';
import { sum } from './reduce.js';
import { reshapeTo, slice } from './shape.js';
import { firstInOrder } from './sort.js';
import { to } from './unary.js';

const isFloating = (x: Tensor): boolean => x.dtype === 'float32' || x.dtype === 'float64';

/** x as a tensor with a dim, that dim, and how results get their shape back. */
interface Lanes {
  readonly x: Tensor;
  readonly dim: number;
  readonly size: number;
  readonly finish: (t: Tensor) => Tensor;
}

function lanesOf(op: string, x: Tensor, dim: number, options: ReduceOptions = {}): Lanes {
  requireTensor(op, x);
  const d = normalizeDim(op, dim, x.ndim);
  const vector = asVector(x);
  if (vector.shape[d] === 0)
    throw new ShapeError(
      `${op}: dim ${d} of shape ${showShape(x.shape)} is empty, and nothing has no ${op}.`,
    );
  const kept = x.ndim === 0 ? [] : vector.shape.with(d, 1);
  const shape = options.keepdim === true ? kept : x.shape.filter((_, i) => i !== d);
  return { x: vector, dim: d, size: vector.shape[d], finish: t => reshapeTo(t, shape) };
}

/** The elements at int32 indices of size 1 along the dim, as `[values, indices]`. */
function found({ x, dim, finish }: Lanes, indices: Tensor): readonly Tensor[] {
  return [finish(gather(x, dim, indices)), finish(indices)];
}

export type KthvalueFunction = <
  S extends Shape,
  const D extends number = -1,
  const K extends boolean = false,
>(
  x: Tensor<S>,
  k: number,
  dim?: D,
  options?: ReduceOptions<K>,
) => Extrema<Reduce<S, D, K>>;
export type KthvalueMethod = <S extends Shape, const D extends number = -1, const K extends boolean = false>(
  this: Tensor<S>,
  k: number,
  dim?: D,
  options?: ReduceOptions<K>,
) => Extrema<Reduce<S, D, K>>;

const kthvalueParts = composite(
  'kthvalue',
  (x: Tensor, k: number, dim: number, options?: ReduceOptions): readonly Tensor[] => {
    const lanes = lanesOf('kthvalue', x, dim, options);
    if (!Number.isInteger(k) || k < 1 || k > lanes.size)
      throw new ArgumentError(
        `kthvalue: k is ${show(k)}; expected a whole number from 1 to the ${lanes.size} elements along dim ${lanes.dim} of shape ${showShape(x.shape)}.`,
      );
    const first = firstInOrder(lanes.x, { dim: lanes.dim, descending: false, count: k });
    return found(lanes, slice(first, lanes.dim, { start: k - 1 }) as Tensor);
  },
);

/**
 * `{ values, indices }` of the k-th smallest elements along a dim (default: the last), k from 1; of equals the one that a stable sort puts there. NaN counts as larger
 * than everything.
 */
export const kthvalue: KthvalueFunction = ((
  x: Tensor,
  k: number,
  dim: number = -1,
  options?: ReduceOptions,
) => {
  const [values, indices] = kthvalueParts(x, k, dim, options);
  return { values, indices };
}) as never;

/** int32 of size 1 along the dim: where the lower median is. Of a lane with NaN it is the first one, or NaN are left out. */
function medianIndices({ x, dim, size }: Lanes, skipNaN: boolean): Tensor {
  const middle = (size - 1) >> 1;
  if (!isFloating(x)) {
    const first = firstInOrder(x, { dim, descending: false, count: middle + 1 });
    return slice(first, dim, { start: middle }) as Tensor;
  }
  const order = firstInOrder(x, { dim, descending: false, count: size });
  // NaN are at the end: how many numbers there are says where they begin.
  const numbers = sum(eq(x, x) as Tensor, [dim], { keepdim: true }) as Tensor;
  const half = halved(numbers);
  const rank = skipNaN ? half : (where(eq(numbers, size) as Tensor, middle, numbers) as Tensor);
  return gather(order, dim, rank);
}

/** (n - 1) / 2 rounded down, 0 for nothing, of int32. */
function halved(numbers: Tensor): Tensor {
  return where(
    gt(numbers, 0) as Tensor,
    to(div(to(sub(numbers, 1) as Tensor, 'float64'), 2) as Tensor, 'int32'),
    0,
  ) as Tensor;
}

/** Of all elements: ties share the gradient evenly. */
const wholeMedian = (name: string, skipNaN: boolean): Primitive => ({
  name,
  savesOutput: true,
  vjp: (g, n) => {
    const x = n.tensorInput(0);
    const y = n.output();
    const ties = logicalOr(eq(x, y) as Tensor, logicalAnd(ne(x, x) as Tensor, ne(y, y) as Tensor) as Tensor);
    return [where(ties as Tensor, div(g, to(sum(ties as Tensor), g.dtype)) as Tensor, 0) as Tensor];
  },
  forward: inputs =>
    noGrad(() => {
      const x = inputs[0] as Tensor;
      const lanes = lanesOf(name, reshapeTo(x, [x.size]), 0);
      return found(lanes, medianIndices(lanes, skipNaN))[0];
    }),
});

function medianOf(name: string, skipNaN: boolean): ExtremumFunction {
  const op = wholeMedian(name, skipNaN);
  const whole = composite(name, (x: Tensor) => apply(op, [x], undefined));
  const along = composite(name, (x: Tensor, dim: number, options?: ReduceOptions): readonly Tensor[] => {
    const lanes = lanesOf(name, x, dim, options);
    return found(lanes, medianIndices(lanes, skipNaN));
  });
  return ((x: Tensor, dim?: number, options?: ReduceOptions) => {
    requireTensor(name, x);
    if (dim === undefined) return whole(x);
    const [values, indices] = along(x, dim, options);
    return { values, indices };
  }) as ExtremumFunction;
}

/**
 * The middle element in order, the lower one of two. Without a dim that of all elements (ties share the gradient); with one `{ values, indices }`, the gradient going to the
 * element found. NaN where there is one.
 */
export const median: ExtremumFunction = medianOf('median', false);
/** The median of the elements other than NaN; NaN where there are no others. */
export const nanmedian: ExtremumFunction = medianOf('nanmedian', true);

export type ModeFunction = <S extends Shape, const D extends number = -1, const K extends boolean = false>(
  x: Tensor<S>,
  dim?: D,
  options?: ReduceOptions<K>,
) => Extrema<Reduce<S, D, K>>;
export type ModeMethod = <S extends Shape, const D extends number = -1, const K extends boolean = false>(
  this: Tensor<S>,
  dim?: D,
  options?: ReduceOptions<K>,
) => Extrema<Reduce<S, D, K>>;

/** The index in the lane of the last of the elements that occur most often; of several such numbers, the smallest. */
function commonest(
  order: ArrayLike<number>,
  value: (i: number) => number,
  start: number,
  n: number,
  step: number,
): number {
  let best = 0;
  let found = 0;
  let run = 0;
  for (let i = 0; i < n; i++) {
    const at = order[start + i * step];
    // NaN equals nothing, itself included.
    run = i > 0 && value(at) === value(order[start + (i - 1) * step]) ? run + 1 : 1;
    if (run > best) {
      best = run;
      found = at;
    }
  }
  return found;
}

const modeParts = composite('mode', (x: Tensor, dim: number, options?: ReduceOptions): readonly Tensor[] => {
  const lanes = lanesOf('mode', x, dim, options);
  const { x: vector, dim: d, size } = lanes;
  const order = kernels().read(firstInOrder(vector, { dim: d, descending: false, count: size }));
  const data = kernels().read(vector);
  const step = numel(vector.shape.slice(d + 1));
  const indices = new Int32Array(numel(vector.shape.with(d, 1)));
  for (let i = 0; i < indices.length; i++) {
    const start = Math.floor(i / step) * size * step + (i % step);
    indices[i] = commonest(order, at => data[start + at * step], start, size, step);
  }
  return found(lanes, int32(indices, vector.shape.with(d, 1)));
});

/**
 * `{ values, indices }` of the elements that occur most often along a dim (default: the last), the smallest of several such; the index is that of the last one of
 * them. NaN equals nothing.
 */
export const mode: ModeFunction = ((x: Tensor, dim: number = -1, options?: ReduceOptions) => {
  const [values, indices] = modeParts(x, dim, options);
  return { values, indices };
}) as never;
