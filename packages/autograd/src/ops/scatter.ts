import { kernels } from '@fluxion/kernels';
import { ArgumentError, show } from '../errors.js';
import type { Input } from '../graph/node.js';
import { rawLike } from '../tensor/raw.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { add, div, eq, logicalAnd, logicalOr, mul, ne, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating } from './define.js';
import {
  checkScatter,
  crop,
  gatherOp,
  indexError,
  int32,
  requireNumbers,
  scatterBy,
  window,
  windowOf,
} from './lanes.js';
import { pick, put } from './places.js';
import { reshapeTo } from './shape.js';
import { to, zerosOf } from './unary.js';

/**
 * A copy of x with out[i][index[i][j][k]][k] = source[i][j][k] for dim 1; the source is a tensor of x's dtype, no smaller than the int32 index, or a number. Where
 * several elements go to one place, the last in C order stays, and the gradient goes to that one. Throws IndexError for an index outside the dim.
 */
export const scatter: <S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: number | Tensor,
) => Tensor<S> = composite('scatter', (x: Tensor, dim: number, index: Tensor, source: Input) => {
  const fit = checkScatter('scatter', x, dim, index, source);
  return reshapeTo(scatterBy('assign', fit.x, fit.dim, fit.index, fit.source), x.shape);
}) as never;

export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
const reductions: readonly ScatterReduction[] = ['sum', 'prod', 'mean', 'amax', 'amin'];

export interface ScatterReduceOptions {
  /** Whether what stands in x takes part. Otherwise only elements that nothing goes to keep it. Default true. */
  readonly includeSelf?: boolean;
}

/**
 * A copy of x in which every element is reduced with those of the source (no smaller than the int32 index) that the index sends to it: their sum, product, mean, largest or
 * smallest. Ties of `amax` and `amin` share the gradient; that of `prod` is exact where factors are 0. `mean` is for floating dtypes. Throws IndexError for an index
 * outside the dim.
 */
export const scatterReduce: <S extends Shape>(
  x: Tensor<S>,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduction: ScatterReduction,
  options?: ScatterReduceOptions,
) => Tensor<S> = composite(
  'scatterReduce',
  (
    x: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduction: ScatterReduction,
    { includeSelf = true }: ScatterReduceOptions = {},
  ) => {
    const op = 'scatterReduce';
    if (!reductions.includes(reduction))
      throw new ArgumentError(
        `${op}: reduction is ${show(reduction)}; expected one of ${reductions.join(', ')}.`,
      );
    if (!(source instanceof Tensor))
      throw new ArgumentError(`${op}: expected a tensor as source, got ${show(source)}. Use full(…).`);
    if (reduction === 'mean') requireFloating(op, x);
    requireNumbers(op, x);
    const fit = checkScatter(op, x, dim, index, source);
    const lanes: Lanes = { ...fit, source: crop(fit.source as Tensor, fit.index.shape), includeSelf };
    return reshapeTo(reduce[reduction](lanes), x.shape);
  },
) as never;

interface Lanes {
  readonly x: Tensor;
  readonly dim: number;
  readonly index: Tensor;
  /** Of the index's shape. */
  readonly source: Tensor;
  readonly includeSelf: boolean;
}

const reduce: Readonly<Record<ScatterReduction, (lanes: Lanes) => Tensor>> = {
  sum,
  mean,
  prod,
  amax: lanes => extremum('max', lanes),
  amin: lanes => extremum('min', lanes),
};

function sum({ x, dim, index, source, includeSelf }: Lanes): Tensor {
  const base = includeSelf ? x : scatterBy('assign', x, dim, index, 0, 'scatterReduce');
  return scatterBy('add', base, dim, index, source, 'scatterReduce');
}

function mean(lanes: Lanes): Tensor {
  const { x, dim, index, includeSelf } = lanes;
  const counts = scatterBy('add', zerosOf(x), dim, index, 1, 'scatterReduce');
  const all = includeSelf ? (add(counts, 1) as Tensor) : (where(eq(counts, 0), 1, counts) as Tensor);
  return div(sum(lanes), all) as Tensor;
}

interface Extremum {
  readonly dim: number;
  readonly mode: 'max' | 'min';
  readonly includeSelf: boolean;
}

/** What loses against everything. */
const least = {
  max: { int32: -(2 ** 31), float: Number.NEGATIVE_INFINITY },
  min: { int32: 2 ** 31 - 1, float: Number.POSITIVE_INFINITY },
} as const;

/** Where two tensors are equal, or both NaN. */
function same(a: Tensor, b: Tensor): Tensor {
  return logicalOr(eq(a, b) as Tensor, logicalAnd(ne(a, a) as Tensor, ne(b, b) as Tensor) as Tensor);
}

const extremumOp: Primitive<Extremum> = {
  name: 'scatterReduce',
  savesOutput: true,
  vjp: (g, n) => {
    const { dim, includeSelf } = n.attributes;
    const [x, index, source] = [n.tensorInput(0), n.tensorInput(1), n.tensorInput(2)];
    const y = n.output();
    const own = to(same(x, y), g.dtype) as Tensor;
    const ownTies = includeSelf ? own : scatterBy('assign', own, dim, index, 0);
    const ties = to(same(source, apply(gatherOp, [y, index], dim)), g.dtype) as Tensor;
    const share = div(g, scatterBy('add', ownTies, dim, index, ties)) as Tensor;
    return [
      where(eq(ownTies, 1), share, 0) as Tensor,
      null,
      where(eq(ties, 1), apply(gatherOp, [share, index], dim), 0) as Tensor,
    ];
  },
  forward: (inputs, { dim, mode, includeSelf }) => {
    const [x, index, source] = inputs as readonly Tensor[];
    const out = rawLike(x);
    kernels().copy(x, out);
    const target = window(out, dim, index);
    const loser = windowOf(least[mode][x.dtype === 'int32' ? 'int32' : 'float'], index, x);
    // What stands where something goes loses against everything, unless it takes part.
    let bad = includeSelf ? -1 : kernels().scatter('assign', target, dim, index, loser);
    kernels().free(loser.storage, 'scatterReduce');
    if (bad < 0) bad = kernels().scatter(mode, target, dim, index, source);
    if (bad >= 0) throw indexError('scatterReduce', index, bad, x.shape[dim]);
    return out;
  },
};

function extremum(mode: 'max' | 'min', { x, dim, index, source, includeSelf }: Lanes): Tensor {
  return apply(extremumOp, [x, index, source], { dim, mode, includeSelf });
}

/**
 * Products by a tree over the elements that go to one place: pairs are multiplied, then pairs of those. Nothing is divided, so that zeros
 * are nothing special, and a derivative of any order is that of the products.
 */
function prod({ x, dim, index, source, includeSelf }: Lanes): Tensor {
  const targets = targetsOf(x.shape, dim, index);
  const sizes = new Map<number, number>();
  for (const at of targets) sizes.set(at, (sizes.get(at) ?? 0) + 1);
  // Elements by place, in the order they have.
  const next = new Map<number, number>();
  let total = 0;
  for (const [at, size] of sizes) {
    next.set(at, total);
    total += size;
  }
  const order = new Int32Array(total);
  targets.forEach((at, i) => {
    const to = next.get(at) as number;
    order[to] = i;
    next.set(at, to + 1);
  });
  const flat = { dims: [0], distinct: true };
  let values = pick(reshapeTo(source, [source.size]), int32(order), [0], true);
  let lengths = [...sizes.values()];
  while (lengths.some(length => length > 1)) {
    const { left, right } = pairsOf(lengths);
    const alone = right.map(i => Number(i < 0));
    const second = pick(values, int32(right.map(i => Math.max(i, 0))), [0]);
    const first = pick(values, int32(left), [0], true);
    values = mul(first, where(eq(int32(alone), 1), 1, second) as Tensor) as Tensor;
    lengths = lengths.map(length => Math.ceil(length / 2));
  }
  const places = int32([...sizes.keys()]);
  const base = reshapeTo(x, [x.size]);
  if (includeSelf) values = mul(pick(base, places, [0], true), values) as Tensor;
  return reshapeTo(put('assign', base, places, values, flat), x.shape);
}

/** The neighbours in each run that are multiplied: an element without one has -1 beside it. */
function pairsOf(lengths: readonly number[]): { left: number[]; right: number[] } {
  const left: number[] = [];
  const right: number[] = [];
  let start = 0;
  for (const length of lengths) {
    for (let i = 0; i < length; i += 2) {
      left.push(start + i);
      right.push(i + 1 < length ? start + i + 1 : -1);
    }
    start += length;
  }
  return { left, right };
}

/** Where in C order of the shape each element of the index sends, checked. */
function targetsOf(shape: readonly number[], dim: number, index: Tensor): Int32Array {
  const list = kernels().read(index) as Int32Array;
  const inner = shape.slice(dim + 1);
  const ownInner = index.shape.slice(dim + 1);
  const outer = shape.slice(0, dim);
  const ownOuter = index.shape.slice(0, dim);
  const before = offsets(ownOuter, outer, shape[dim] * product(inner));
  const after = offsets(ownInner, inner, 1);
  const along = product(inner);
  let i = 0;
  for (const a of before)
    for (let j = 0; j < index.shape[dim]; j++)
      for (const b of after) {
        if (list[i] < 0 || list[i] >= shape[dim]) throw indexError('scatterReduce', index, i, shape[dim]);
        list[i] = a + list[i] * along + b;
        i++;
      }
  return list;
}

const product = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** The offsets, in a larger shape, of the first corner `part` of it, times a step. */
function offsets(part: readonly number[], shape: readonly number[], step: number): number[] {
  let list = [0];
  part.forEach((size, d) => {
    list = list.flatMap(at => Array.from({ length: size }, (_, i) => at * shape[d] + i));
  });
  return list.map(at => at * step);
}
