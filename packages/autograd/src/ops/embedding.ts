import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import type { Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { div, eq, mul, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating } from './define.js';
import { gather } from './indexing.js';
import { int32, requireIndex, zeros } from './lanes.js';
import { pick, pickOp, put, readIndex } from './places.js';
import { sum } from './reduce.js';
import { expand, reshapeTo, unsqueeze } from './shape.js';

export interface EmbeddingOptions {
  /** A row whose gradient is 0; negative ones count from the end. Its values are used like all others. */
  readonly paddingIdx?: number | null;
  /** Whether the gradient of a row is divided by how often the index names it. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** PyTorch's `max_norm` changes the weight in place during the call; here, scale it yourself, where everybody can see it. */
  readonly maxNorm?: never;
}

/** Looks up rows [n, d]. Inputs: the weight, the places, and what the gradient of each row is multiplied by: a column, or 1. */
const lookupOp: Primitive = {
  name: 'embedding',
  savesInput: i => i > 0,
  vjp: (g, n) => {
    const factors = n.input(2);
    const scaled = factors === 1 ? g : (mul(g, factors as Tensor) as Tensor);
    return [put('add', zeros(n.inputShape(0), g), n.tensorInput(1), scaled, { dims: [0] }), null, null];
  },
  forward: inputs => pickOp.forward(inputs, { dims: [0], distinct: false }),
};

/** Numbers as a column [n, 1]. */
function column(values: readonly number[], like: Tensor): Tensor {
  const out = raw([values.length, 1], like.dtype);
  kernels().write(out, values);
  return out;
}

function requireWeight(op: string, weight: unknown): asserts weight is Tensor {
  if (!(weight instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as weight, got ${show(weight)}.`);
  requireFloating(op, weight);
  if (weight.ndim !== 2)
    throw new ShapeError(
      `${op}: the weight has shape ${showShape(weight.shape)}; expected [rows, features].`,
    );
}

function padding(op: string, rows: number, { paddingIdx, maxNorm }: EmbeddingOptions): number {
  if (maxNorm != null)
    throw new ArgumentError(
      `${op}: there is no maxNorm. Scale the weight before the call: its rows are not changed here.`,
    );
  if (paddingIdx == null) return -1;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows)
    throw new ArgumentError(
      `${op}: paddingIdx is ${show(paddingIdx)}; expected a whole number from ${-rows} to ${rows - 1} for a weight of ${rows} rows.`,
    );
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** The rows [n, d] at checked places. */
function lookup(weight: Tensor, list: Int32Array, pad: number, byFrequency: boolean): Tensor {
  let factors: Tensor | 1 = 1;
  if (byFrequency || list.includes(pad)) {
    const counts = new Map<number, number>();
    if (byFrequency) for (const at of list) counts.set(at, (counts.get(at) ?? 0) + 1);
    factors = column(
      Array.from(list, at => (at === pad ? 0 : 1 / (counts.get(at) ?? 1))),
      weight,
    );
  }
  return apply(lookupOp, [weight, int32(list), factors], undefined);
}

/**
 * The rows of a weight [rows, features] that an int32 index names: [...index, features]. Throws IndexError for an index outside the rows. The gradient of a row is
 * the sum over its uses.
 */
export const embedding: <I extends Shape, W extends Shape>(
  index: Tensor<I>,
  weight: Tensor<W>,
  options?: EmbeddingOptions,
) => Tensor<[...I, W[1]]> = composite(
  'embedding',
  (index: Tensor, weight: Tensor, options: EmbeddingOptions = {}) => {
    const op = 'embedding';
    requireWeight(op, weight);
    requireIndex(op, index);
    const pad = padding(op, weight.shape[0], options);
    const list = readIndex(op, index, weight.shape[0], {
      negative: false,
      what: 'the weight',
      units: 'rows',
    });
    const rows = lookup(weight, list, pad, options.scaleGradByFreq === true);
    return reshapeTo(rows, [...index.shape, weight.shape[1]]);
  },
) as never;

export type BagMode = 'sum' | 'mean' | 'max';

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** int32, ascending from 0: where in an index of one dim each bag begins. An index of two dims has a bag in each row. */
  readonly offsets?: Tensor | null;
  /** Default `mean`. */
  readonly mode?: BagMode;
  /** What each row is multiplied by, in the shape of the index. For `sum` alone. */
  readonly perSampleWeights?: Tensor | null;
  /** Whether the last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
}

/** Which bag each entry of the index is in, and how many bags there are. */
function bagsOf(
  op: string,
  index: Tensor,
  { offsets, includeLastOffset = false }: EmbeddingBagOptions,
): { bags: Int32Array; count: number } {
  if (index.ndim === 2) {
    if (offsets != null)
      throw new ArgumentError(
        `${op}: an index of two dims has a bag in each row; offsets are for one dim. Leave them out.`,
      );
    const width = index.shape[1];
    return {
      bags: Int32Array.from({ length: index.size }, (_, i) => Math.floor(i / width)),
      count: index.shape[0],
    };
  }
  if (index.ndim !== 1)
    throw new ShapeError(`${op}: the index has shape ${showShape(index.shape)}; expected one dim, or two.`);
  if (!(offsets instanceof Tensor))
    throw new ArgumentError(
      `${op}: an index of one dim needs offsets, got ${show(offsets)}. Say where each bag begins.`,
    );
  requireIndex(op, offsets);
  if (offsets.ndim !== 1)
    throw new ShapeError(`${op}: the offsets have shape ${showShape(offsets.shape)}; expected one dim.`);
  const starts = kernels().read(offsets);
  const count = starts.length - Number(includeLastOffset);
  if (count < 0) throw new ArgumentError(`${op}: includeLastOffset needs one offset at least, got none.`);
  for (let i = 0; i < starts.length; i++)
    if (starts[i] > index.size || (i === 0 ? starts[i] !== 0 : starts[i] < starts[i - 1]))
      throw new ArgumentError(
        `${op}: offset ${i} is ${starts[i]}; expected offsets that ascend from 0 to at most the ${index.size} entries of the index.`,
      );
  // -1: behind the end of the last bag.
  const bags = new Int32Array(index.size).fill(-1);
  for (let bag = 0; bag < count; bag++) bags.fill(bag, starts[bag], starts[bag + 1] ?? index.size);
  return { bags, count };
}

/**
 * The rows of a weight [rows, features] that the int32 indices of each bag name, reduced to one: [bags, features]. An empty bag gives zeros. Rows of `paddingIdx` do not take
 * part. `max` takes the first of equals.
 */
export const embeddingBag: <W extends Shape>(
  index: Tensor,
  weight: Tensor<W>,
  options?: EmbeddingBagOptions,
) => Tensor<[number, W[1]]> = composite(
  'embeddingBag',
  (index: Tensor, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor => {
    const op = 'embeddingBag';
    requireWeight(op, weight);
    requireIndex(op, index);
    const { mode = 'mean', perSampleWeights, scaleGradByFreq = false } = options;
    if (mode !== 'sum' && mode !== 'mean' && mode !== 'max')
      throw new ArgumentError(`${op}: mode is ${show(mode)}; expected 'sum', 'mean' or 'max'.`);
    if (mode === 'max' && scaleGradByFreq)
      throw new ArgumentError(`${op}: scaleGradByFreq is not for the mode 'max'. Leave it out.`);
    const pad = padding(op, weight.shape[0], options);
    const all = bagsOf(op, index, options);
    const list = readIndex(op, index, weight.shape[0], {
      negative: false,
      what: 'the weight',
      units: 'rows',
    });
    checkWeights(op, index, weight, mode, perSampleWeights);
    // What is left out, entries of the padding and those behind the last bag, is left out from the start.
    const kept = Int32Array.from(list.keys()).filter(i => all.bags[i] >= 0 && list[i] !== pad);
    const rows = lookup(
      weight,
      kept.map(i => list[i]),
      -1,
      scaleGradByFreq,
    );
    const bags = kept.map(i => all.bags[i]);
    if (mode === 'max') return largest(rows, bags, all.count);
    const weighted =
      perSampleWeights == null
        ? rows
        : (mul(
            rows,
            unsqueeze(pick(reshapeTo(perSampleWeights, [index.size]), int32(kept), [0], true), 1) as Tensor,
          ) as Tensor);
    const sums = put('add', zeros([all.count, weight.shape[1]], rows), int32(bags), weighted, { dims: [0] });
    if (mode === 'sum') return sums;
    const sizes = new Array<number>(all.count).fill(0);
    for (const bag of bags) sizes[bag]++;
    return div(
      sums,
      column(
        sizes.map(n => Math.max(n, 1)),
        rows,
      ),
    ) as Tensor;
  },
) as never;

function checkWeights(
  op: string,
  index: Tensor,
  weight: Tensor,
  mode: BagMode,
  weights: Tensor | null | undefined,
): void {
  if (weights == null) return;
  if (mode !== 'sum')
    throw new ArgumentError(`${op}: perSampleWeights are for the mode 'sum', not '${mode}'. Leave them out.`);
  if (!(weights instanceof Tensor))
    throw new ArgumentError(`${op}: perSampleWeights is ${show(weights)}; expected a tensor.`);
  if (weights.dtype !== weight.dtype)
    throw new DTypeError(
      `${op}: perSampleWeights are ${weights.dtype} and the weight ${weight.dtype}; they must be the same. Convert one with to().`,
    );
  if (weights.ndim !== index.ndim || weights.shape.some((size, d) => size !== index.shape[d]))
    throw new ShapeError(
      `${op}: perSampleWeights have shape ${showShape(weights.shape)} and the index ${showShape(index.shape)}; they must be the same.`,
    );
}

/** Feature by feature the largest of the rows of each bag, the first of equals, through the index of that row. */
function largest(rows: Tensor, bags: Int32Array, count: number): Tensor {
  const width = rows.shape[1];
  const data = kernels().read(rows);
  const found = new Int32Array(count * width).fill(-1);
  for (let i = 0; i < bags.length; i++)
    for (let j = 0; j < width; j++) {
      const to = bags[i] * width + j;
      if (found[to] < 0 || data[i * width + j] > data[found[to] * width + j]) found[to] = i;
    }
  if (rows.size === 0) return expand(sum(rows, [0], { keepdim: true }) as Tensor, [count, width]) as Tensor;
  const values = gather(
    rows,
    0,
    int32(
      found.map(i => Math.max(i, 0)),
      [count, width],
    ),
  );
  // A bag without rows gives zeros.
  if (!found.includes(-1)) return values;
  const empty = eq(int32(found, [count, width]), -1) as Tensor;
  return where(empty, 0, values) as Tensor;
}
