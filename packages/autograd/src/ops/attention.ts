import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import type { Generator } from '../tensor/generator.js';
import { raw } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import type { MatMul, Shape, Transpose } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { add, div, ge, gt, logicalAnd, mul, ne, sub, where } from './binary.js';
import { apply, composite, type Primitive, requireFloating, savesNothing } from './define.js';
import { dropout } from './dropout.js';
import { matmul } from './matmul.js';
import { generatorOf } from './random.js';
import { amax, sum } from './reduce.js';
import { rowwise } from './rowwise.js';
import { reshapeTo, transpose, unsqueeze } from './shape.js';
import { softmax } from './softmax.js';
import { exp } from './unary.js';

export interface AttentionOptions {
  /**
   * Broadcasts to [..., L, S]. bool: which keys (S) a query (L) may attend to. Of the dtype of the query: what is added to the scores; -Infinity
   * forbids. Default: none.
   */
  readonly attnMask?: Tensor | null;
  /** The probability of dropping a weight, whether training or not. Default 0. */
  readonly dropoutP?: number;
  /** Whether query i may attend to keys 0 to i alone; if there is a mask, it must allow them too. Default false. */
  readonly isCausal?: boolean;
  /** What scores are multiplied with. Default 1 / sqrt(E). */
  readonly scale?: number | null;
  /** Whether dim -3 of key and value may be smaller, so that several heads of the query share one of theirs. Default false. */
  readonly enableGqa?: boolean;
  /** What is dropped is drawn from it. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** query [..., L, E], key [..., S, E] and value [..., S, Ev] give [..., L, Ev]. */
export type Attended<Q extends Shape, K extends Shape, V extends Shape> = MatMul<
  MatMul<Q, Transpose<K, -1, -2>>,
  V
>;

function check(op: string, query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): void {
  for (const [name, t] of Object.entries({ query, key, value })) {
    if (!(t instanceof Tensor)) throw new ArgumentError(`${op}: ${name} is ${show(t)}; expected a tensor.`);
    requireFloating(op, t);
    if (t.dtype !== query.dtype)
      throw new DTypeError(
        `${op}: the query is ${query.dtype} and the ${name} ${t.dtype}; they must be the same. Convert one with to().`,
      );
  }
  const { attnMask, dropoutP = 0, scale, enableGqa, generator } = options;
  const least = enableGqa === true ? 3 : 2;
  const given = `query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)}`;
  if (query.ndim < least || key.ndim < least || value.ndim < least)
    throw new ShapeError(
      `${op}: ${given}; expected ${least === 3 ? '[..., heads, length, features]' : '[..., length, features]'} of each.`,
    );
  const [e, s] = [query.shape[query.ndim - 1], key.shape[key.ndim - 2]];
  if (key.shape[key.ndim - 1] !== e)
    throw new ShapeError(
      `${op}: ${given}: query and key have ${e} and ${key.shape[key.ndim - 1]} features in their last dim; expected as many.`,
    );
  if (value.shape[value.ndim - 2] !== s)
    throw new ShapeError(
      `${op}: ${given}: there are ${s} keys and ${value.shape[value.ndim - 2]} values in dim -2; expected as many.`,
    );
  if (enableGqa === true) {
    const [heads, shared, others] = [query, key, value].map(t => t.shape[t.ndim - 3]);
    if (shared !== others || shared === 0 || heads % shared !== 0)
      throw new ShapeError(
        `${op}: ${given}: the ${heads} heads of the query cannot share the ${shared} of the key and the ${others} of the value; ` +
          'expected as many keys as values, and a multiple of them in the query.',
      );
  }
  if (typeof dropoutP !== 'number' || !(dropoutP >= 0 && dropoutP <= 1))
    throw new ArgumentError(`${op}: dropoutP is ${show(dropoutP)}; expected a probability from 0 to 1.`);
  if (dropoutP > 0) generatorOf(op, generator);
  if (scale != null && !Number.isFinite(scale))
    throw new ArgumentError(`${op}: scale is ${show(scale)}; expected a finite number.`);
  if (attnMask == null) return;
  if (!(attnMask instanceof Tensor))
    throw new ArgumentError(`${op}: attnMask is ${show(attnMask)}; expected a tensor.`);
  if (attnMask.dtype !== 'bool' && attnMask.dtype !== query.dtype)
    throw new DTypeError(
      `${op}: attnMask is ${attnMask.dtype}; expected bool (true: may attend), or ${query.dtype}, to be added to the scores. ` +
        'Compare or convert it first.',
    );
}

/** Heads of the query that share one of the key stand in a dim of their own, along which key and value broadcast. */
function shareHeads(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | null) {
  const [heads, l, e] = query.shape.slice(-3);
  const shared = key.shape[key.ndim - 3];
  const split = (t: Tensor): Tensor => {
    if (t.ndim < 3) return t;
    if (t.shape[t.ndim - 3] === 1) return unsqueeze(t, -3) as Tensor;
    return reshapeTo(t, [...t.shape.slice(0, -3), shared, heads / shared, ...t.shape.slice(-2)]);
  };
  return {
    query: reshapeTo(query, [...query.shape.slice(0, -3), shared, heads / shared, l, e]),
    key: unsqueeze(key, -3) as Tensor,
    value: unsqueeze(value, -3) as Tensor,
    mask: mask && split(mask),
  };
}

/** [L, S]: whether key j is not after query i. */
function causal(l: number, s: number): Tensor {
  const places = (n: number, shape: readonly number[]): Tensor => {
    const t = raw(shape, 'int32');
    kernels().write(
      t,
      Int32Array.from({ length: n }, (_, i) => i),
    );
    return t;
  };
  return ge(places(l, [l, 1]), places(s, [s])) as Tensor;
}

const kept = { keepdim: true } as const;

/** e**(x - max) / sum over the dims; zeros in rows that are not `alive`, of which the largest element may be -Infinity. */
function softmaxWhere(dims: readonly number[], x: Tensor, alive: Tensor): Tensor {
  const shifted = sub(x, where(alive, amax(x, dims, kept) as Tensor, 0) as Tensor) as Tensor;
  const e = exp(shifted) as Tensor;
  return div(e, where(alive, sum(e, dims, kept) as Tensor, 1) as Tensor) as Tensor;
}

/** softmax(scores * scale). */
const plainWeights = rowwise('attentionWeights', (dims, scores: Tensor, scale: number) => [
  softmax(mul(scores, scale) as Tensor, dims[0]),
]);

/** With a bool mask that forbids no row everything. */
const orderedWeights = rowwise('attentionWeights', (dims, scores: Tensor, mask: Tensor, scale: number) => [
  softmax(where(mask, mul(scores, scale) as Tensor, Number.NEGATIVE_INFINITY) as Tensor, dims[0]),
]);

/** With a bool mask; `one` is 1. */
const allowedWeights = rowwise(
  'attentionWeights',
  (dims, scores: Tensor, mask: Tensor, one: Tensor, scale: number) => {
    const alive = gt(amax(where(mask, one, 0), dims, kept) as Tensor, 0) as Tensor;
    return [
      softmaxWhere(
        dims,
        where(mask, mul(scores, scale) as Tensor, Number.NEGATIVE_INFINITY) as Tensor,
        alive,
      ),
    ];
  },
);

/** With a mask that is added. */
const addedWeights = rowwise('attentionWeights', (dims, scores: Tensor, mask: Tensor, scale: number) => {
  const alive = ne(amax(mask, dims, kept) as Tensor, Number.NEGATIVE_INFINITY) as Tensor;
  return [softmaxWhere(dims, add(mul(scores, scale) as Tensor, mask) as Tensor, alive)];
});

/** The gradients of what went into the softmax, before and after it was scaled. */
const weightGradients = rowwise('attentionWeights', (dims, g: Tensor, y: Tensor, scale: number) => {
  const gy = mul(g, y) as Tensor;
  const inner = sub(gy, mul(y, sum(gy, dims, kept) as Tensor) as Tensor) as Tensor;
  return [mul(inner, scale) as Tensor, inner];
});
const scoreGradient = rowwise('attentionWeights', (dims, g: Tensor, y: Tensor, scale: number) => {
  const gy = mul(g, y) as Tensor;
  return [mul(sub(gy, mul(y, sum(gy, dims, kept) as Tensor) as Tensor) as Tensor, scale) as Tensor];
});

interface Weighing {
  readonly scale: number;
  /** Whether the mask lets every query attend to something. */
  readonly alive: boolean;
}

/** Of the scores [..., L, S] and a mask, or 0 for none; written over the scores where they are nobody else's. */
const weightsOp: Primitive<Weighing> = {
  name: 'attentionWeights',
  savesInput: savesNothing,
  savesOutput: true,
  vjp: (g, n) => {
    const dims = [g.ndim - 1];
    return n.needs(1)
      ? weightGradients.derive(dims, g, n.output(), n.attributes.scale)
      : [scoreGradient.derive(dims, g, n.output(), n.attributes.scale)[0], null];
  },
  forward: ([x, mask], { scale, alive }) => {
    const scores = x as Tensor;
    const dims = [scores.ndim - 1];
    if (typeof mask === 'number') return plainWeights.over(dims, scores, scale)[0];
    if (mask.dtype !== 'bool') return addedWeights.over(dims, scores, mask, scale)[0];
    if (alive) return orderedWeights.over(dims, scores, mask, scale)[0];
    const one = raw([], scores.dtype);
    kernels().fill(one, 1);
    return allowedWeights.over(dims, scores, mask, one, scale)[0];
  },
};

/** softmax(query keyᵀ scale + mask), of arguments that have been checked; rows in which everything is masked are zeros. */
function weightsOf(
  query: Tensor,
  key: Tensor,
  mask: Tensor | null,
  { scale, isCausal = false }: AttentionOptions,
): Tensor {
  const factor = scale ?? 1 / Math.sqrt(query.shape[query.ndim - 1]);
  const scores = matmul(query, transpose(key, -1, -2) as Tensor) as Tensor;
  const [l, s] = scores.shape.slice(-2);
  // Without keys no row has a largest mask.
  if (s === 0) return scores;
  const order = isCausal ? causal(l, s) : null;
  let whole: Input = mask ?? order ?? 0;
  if (mask !== null && order !== null)
    whole = (
      mask.dtype === 'bool' ? logicalAnd(mask, order) : where(order, mask, Number.NEGATIVE_INFINITY)
    ) as Tensor;
  // Of the rank of the scores, since it is reduced along with them.
  if (typeof whole !== 'number' && whole.ndim < scores.ndim)
    whole = reshapeTo(whole, [...new Array<number>(scores.ndim - whole.ndim).fill(1), ...whole.shape]);
  // Key 0 comes after no query.
  return apply(weightsOp, [scores, whole], { scale: factor, alive: mask === null });
}

/** The batch dims of the scores, and whether the mask broadcasts to all of them. */
function checkMask(op: string, query: Tensor, key: Tensor, options: AttentionOptions): readonly number[] {
  const { attnMask = null, enableGqa = false } = options;
  const leads = [query, key].map(t => t.shape.slice(0, enableGqa ? -3 : -2));
  const lead = broadcastShapes(op, leads[0], leads[1]);
  const heads = enableGqa ? [query.shape[query.ndim - 3]] : [];
  const whole = [...lead, ...heads, query.shape[query.ndim - 2], key.shape[key.ndim - 2]];
  if (attnMask !== null && !sameShape(broadcastShapes(op, attnMask.shape, whole), whole))
    throw new ShapeError(
      `${op}: attnMask has shape ${showShape(attnMask.shape)}, the scores ${showShape(whole)}; expected a mask that broadcasts to them.`,
    );
  return lead;
}

/** Options of `attentionWeights`; see `AttentionOptions`. */
export type AttentionWeightsOptions = Pick<AttentionOptions, 'attnMask' | 'isCausal' | 'scale'>;

/**
 * softmax(query keyᵀ scale + mask): how much each query looks at each key, for query [..., L, E] and key [..., S, E] [..., L, S]; leading dims broadcast.
 * What `scaledDotProductAttention` multiplies the values with. A query that may attend to nothing gets zeros.
 */
export const attentionWeights: <Q extends Shape, K extends Shape>(
  query: Tensor<Q>,
  key: Tensor<K>,
  options?: AttentionWeightsOptions,
) => Tensor<MatMul<Q, Transpose<K, -1, -2>>> = composite(
  'attentionWeights',
  (query: Tensor, key: Tensor, options: AttentionWeightsOptions = {}) => {
    check('attentionWeights', query, key, key, options);
    checkMask('attentionWeights', query, key, options);
    return weightsOf(query, key, options.attnMask ?? null, options);
  },
) as never;

/**
 * softmax(query keyᵀ scale + mask) value (Vaswani et al. 2017): query [..., L, E], key [..., S, E] and value [..., S, Ev] give [..., L, Ev]; leading
 * dims broadcast. float32 or float64. The weights [..., L, S] are computed as a whole.
 *
 * A query that may attend to nothing gets zeros, and passes no gradient on.
 */
export const scaledDotProductAttention: <Q extends Shape, K extends Shape, V extends Shape>(
  query: Tensor<Q>,
  key: Tensor<K>,
  value: Tensor<V>,
  options?: AttentionOptions,
) => Tensor<Attended<Q, K, V>> = composite(
  'scaledDotProductAttention',
  (query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}) => {
    const op = 'scaledDotProductAttention';
    check(op, query, key, value, options);
    const { attnMask = null, dropoutP = 0, enableGqa = false, generator } = options;
    broadcastShapes(op, checkMask(op, query, key, options), value.shape.slice(0, enableGqa ? -3 : -2));
    const parts = enableGqa ? shareHeads(query, key, value, attnMask) : { query, key, value, mask: attnMask };
    const weights = weightsOf(parts.query, parts.key, parts.mask, options);
    const y = matmul(dropout(weights, dropoutP, { generator }), parts.value) as Tensor;
    const [l, ev] = y.shape.slice(-2);
    return enableGqa ? reshapeTo(y, [...y.shape.slice(0, -4), query.shape[query.ndim - 3], l, ev]) : y;
  },
) as never;
