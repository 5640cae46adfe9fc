import {
  ArgumentError,
  attentionWeights,
  type DType,
  dropout,
  type Generator,
  linear,
  logicalNot,
  ones,
  ShapeError,
  scaledDotProductAttention,
  scope,
  show,
  showShape,
  Tensor,
  where,
  zeros,
} from '@fluxion/autograd';
import { xavierUniform_ } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';

export interface AttentionLayerOptions {
  /** The probability of dropping an attention weight in training. Default 0. */
  readonly dropout?: number;
  /** Whether the projections add biases. Default true. */
  readonly bias?: boolean;
  /** Features of keys, where they are not `embedDim`. */
  readonly kdim?: number;
  /** Features of values, where they are not `embedDim`. */
  readonly vdim?: number;
  /** Whether sequences are [N, L, E] rather than [L, N, E]. Default false. */
  readonly batchFirst?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters, and dropout, are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface AttendOptions {
  /** [N, S] (or [S]): bool, where true marks keys that nobody may attend to; or numbers that are added to all scores of a key. */
  readonly keyPaddingMask?: Tensor | null;
  /** [L, S] or [N * heads, L, S]: bool, where true forbids; or numbers that are added to the scores. */
  readonly attnMask?: Tensor | null;
  /** Whether query i may attend to keys 0 to i alone. Default false. */
  readonly isCausal?: boolean;
  /** Whether the weights are returned too; without them there is less to compute. Default true. */
  readonly needWeights?: boolean;
  /** Whether the returned weights are the mean over the heads, [N, L, S], rather than [N, heads, L, S]. Default true. */
  readonly averageAttnWeights?: boolean;
}

/** What PyTorch calls the fields. */
const names = {
  inProjWeight: 'in_proj_weight',
  qProjWeight: 'q_proj_weight',
  kProjWeight: 'k_proj_weight',
  vProjWeight: 'v_proj_weight',
  inProjBias: 'in_proj_bias',
  outProj: 'out_proj',
};

/**
 * Attention in several subspaces at once (Vaswani et al. 2017): queries, keys and values are projected, cut into heads, attended to by each, joined, and
 * projected again. Parameters as in PyTorch: `in_proj_weight` [3E, E] (or `q_proj_weight`, `k_proj_weight`, `v_proj_weight` where the features differ),
 * `in_proj_bias` [3E] and `out_proj`.
 *
 * In bool masks true forbids, as in PyTorch's layer (its function `scaledDotProductAttention` has it the other way round). A query for which
 * everything is forbidden gets zeros.
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly generator: Generator | undefined;
  inProjWeight: Tensor | null = null;
  qProjWeight: Tensor | null = null;
  kProjWeight: Tensor | null = null;
  vProjWeight: Tensor | null = null;
  inProjBias: Tensor | null;
  outProj: Linear;

  constructor(embedDim: number, numHeads: number, options: AttentionLayerOptions = {}) {
    super();
    for (const [field, name] of Object.entries(names)) this.nameField(field, name);
    const { dropout: p = 0, bias = true, batchFirst = false, dtype, generator } = options;
    const { kdim = embedDim, vdim = embedDim } = options;
    for (const [name, size] of Object.entries({ embedDim, numHeads, kdim, vdim }))
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError(
          `MultiheadAttention: ${name} is ${show(size)}; expected a whole number from 1.`,
        );
    if (embedDim % numHeads !== 0)
      throw new ArgumentError(
        `MultiheadAttention: ${numHeads} heads do not divide ${embedDim} features; every head must have as many.`,
      );
    if (typeof p !== 'number' || !(p >= 0 && p <= 1))
      throw new ArgumentError(
        `MultiheadAttention: dropout is ${show(p)}; expected a probability from 0 to 1.`,
      );
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.batchFirst = batchFirst;
    this.dropout = p;
    this.generator = generator;
    const make = (rows: number, columns: number): Tensor => {
      const t = parameter(zeros([rows, columns], { dtype })) as Tensor;
      xavierUniform_(t, { generator });
      return t;
    };
    if (kdim === embedDim && vdim === embedDim) this.inProjWeight = make(3 * embedDim, embedDim);
    else {
      this.qProjWeight = make(embedDim, embedDim);
      this.kProjWeight = make(embedDim, kdim);
      this.vProjWeight = make(embedDim, vdim);
    }
    this.inProjBias = bias ? (parameter(zeros([3 * embedDim], { dtype })) as Tensor) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias, dtype, generator });
    this.outProj.bias?.detach().fill_(0);
  }

  /**
   * @param query [L, N, E] ([N, L, E] with `batchFirst`), or [L, E]
   * @param key [S, N, kdim], laid out as the query; default the query
   * @param value [S, N, vdim]; default the key
   * @returns the output, of the query's shape, and the weights (null with `needWeights: false`)
   */
  override forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: AttendOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    this.check(query, key, value, options);
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = options;
    const single = query.ndim === 2;
    const { numHeads, embedDim } = this;
    return scope(() => {
      const [q, k, v] = this.project(query, key, value).map(t => {
        const batched = (single ? t.unsqueeze(0) : this.batchFirst ? t : t.transpose(0, 1)) as Tensor;
        const [n, length] = batched.shape;
        return batched.reshape([n, length, numHeads, embedDim / numHeads]).transpose(1, 2) as Tensor;
      });
      const attnMask = this.mask(q, k, options);
      const p = this.training ? this.dropout : 0;
      let heads: Tensor;
      let weights: Tensor | null = null;
      if (needWeights) {
        const seen = dropout(attentionWeights(q, k, { attnMask, isCausal }) as Tensor, p, {
          generator: this.generator,
        });
        heads = seen.matmul(v) as Tensor;
        weights = (averageAttnWeights ? seen.mean(1) : seen) as Tensor;
        if (single) weights = weights.squeeze(0) as Tensor;
      } else
        heads = scaledDotProductAttention(q, k, v, {
          attnMask,
          isCausal,
          dropoutP: p,
          generator: this.generator,
        }) as Tensor;
      const joined = heads.transpose(1, 2).reshape([q.shape[0], q.shape[2], embedDim]) as Tensor;
      const laid = (single ? joined.squeeze(0) : this.batchFirst ? joined : joined.transpose(0, 1)) as Tensor;
      return [this.outProj.forward(laid as Tensor<[number]>) as Tensor, weights];
    });
  }

  private project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const { inProjWeight: whole, inProjBias: bias, embedDim } = this;
    const biases = (bias === null ? [null, null, null] : bias.split(embedDim)) as (Tensor | null)[];
    if (whole !== null && query === key && key === value)
      return (linear(query, whole, bias) as Tensor).split(embedDim, -1) as Tensor[];
    const weights =
      whole === null
        ? [this.qProjWeight as Tensor, this.kProjWeight as Tensor, this.vProjWeight as Tensor]
        : (whole.split(embedDim) as Tensor[]);
    return [query, key, value].map((t, i) => linear(t, weights[i], biases[i]) as Tensor);
  }

  /** Both masks as one that `scaledDotProductAttention` takes: [N or 1, heads or 1, L, S]. */
  private mask(q: Tensor, k: Tensor, { keyPaddingMask, attnMask }: AttendOptions): Tensor | null {
    const [n, heads, l] = q.shape;
    const s = k.shape[2];
    const masks: Tensor[] = [];
    if (attnMask != null)
      masks.push(
        (attnMask.ndim === 3 ? attnMask.reshape([n, heads, l, s]) : attnMask.reshape([1, 1, l, s])) as Tensor,
      );
    if (keyPaddingMask != null) masks.push(keyPaddingMask.reshape([n, 1, 1, s]) as Tensor);
    if (masks.length === 0) return null;
    if (masks.every(m => m.dtype === 'bool'))
      return logicalNot(masks.reduce((a, b) => a.logicalOr(b) as Tensor)) as Tensor;
    const added = masks.map(m =>
      m.dtype === 'bool' ? (where(m, Number.NEGATIVE_INFINITY, zeros([], { dtype: q.dtype })) as Tensor) : m,
    );
    return added.reduce((a, b) => a.add(b) as Tensor);
  }

  private check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    { keyPaddingMask, attnMask }: AttendOptions,
  ): void {
    const op = 'MultiheadAttention';
    for (const [name, t] of Object.entries({ query, key, value }))
      if (!(t instanceof Tensor))
        throw new ArgumentError(`${op}: the ${name} is ${show(t)}; expected a tensor.`);
    const given = `query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)}`;
    const [lengthDim, batchDim] = this.batchFirst ? [1, 0] : [0, 1];
    const single = query.ndim === 2;
    if ((query.ndim !== 2 && query.ndim !== 3) || key.ndim !== query.ndim || value.ndim !== query.ndim)
      throw new ShapeError(
        `${op}: ${given}; expected ${this.batchFirst ? '[N, L, E]' : '[L, N, E]'} of each, or [L, E] of each.`,
      );
    const features = [
      this.embedDim,
      this.kProjWeight?.shape[1] ?? this.embedDim,
      this.vProjWeight?.shape[1] ?? this.embedDim,
    ];
    [query, key, value].forEach((t, i) => {
      if (t.shape[t.ndim - 1] !== features[i])
        throw new ShapeError(`${op}: ${given}; expected ${features.join(', ')} features in the last dims.`);
    });
    const s = key.shape[single ? 0 : lengthDim];
    if (value.shape[single ? 0 : lengthDim] !== s)
      throw new ShapeError(`${op}: ${given}; expected as many values as keys.`);
    const n = single ? 1 : query.shape[batchDim];
    if (!single && (key.shape[batchDim] !== n || value.shape[batchDim] !== n))
      throw new ShapeError(`${op}: ${given}; expected batches of the same size.`);
    const l = query.shape[single ? 0 : lengthDim];
    const fits = (mask: Tensor, ...shapes: readonly (readonly number[])[]): boolean =>
      mask instanceof Tensor && shapes.some(shape => shape.join() === mask.shape.join());
    if (keyPaddingMask != null && !fits(keyPaddingMask, [n, s], ...(single ? [[s]] : [])))
      throw new ShapeError(
        `${op}: keyPaddingMask has shape ${showShape(keyPaddingMask.shape ?? [])}; expected ${showShape([n, s])} for ${given}.`,
      );
    if (attnMask != null && !fits(attnMask, [l, s], [n * this.numHeads, l, s]))
      throw new ShapeError(
        `${op}: attnMask has shape ${showShape(attnMask.shape ?? [])}; expected ${showShape([l, s])} or ${showShape([n * this.numHeads, l, s])} for ${given}.`,
      );
  }

  override describe(): string {
    return `${this.embedDim}, numHeads=${this.numHeads}`;
  }
}

/** [n, n], true above the diagonal: the mask of `MultiheadAttention` that lets no position see a later one. */
export function causalMask(n: number): Tensor<[number, number]> {
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError(`causalMask: the length is ${show(n)}; expected a whole number from 0.`);
  return ones([n, n], { dtype: 'bool' }).triu({ diagonal: 1 }) as never;
}
