import {
  ArgumentError,
  type DType,
  type EmbeddingBagOptions,
  embedding,
  embeddingBag,
  type Generator,
  noGrad,
  type Shape,
  ShapeError,
  show,
  showShape,
  Tensor,
  zeros,
} from '@fluxion/autograd';
import { normal_ } from './init.js';
import { Module } from './module.js';
import { parameter } from './parameter.js';

export interface EmbeddingLayerOptions {
  /** A row that starts as zeros and is not trained; negative ones count from the end. */
  readonly paddingIdx?: number | null;
  /** Whether the gradient of a row is divided by how often the batch names it. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** The rows to start from, [numEmbeddings, embeddingDim], copied. Default: normal with mean 0 and variance 1, as in PyTorch. */
  readonly weight?: Tensor;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial rows are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** A trained table of rows. */
abstract class Table extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  protected readonly scaleGradByFreq: boolean;
  /** [numEmbeddings, embeddingDim] */
  weight: Tensor<[number, number]>;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions) {
    super();
    const layer = new.target.name;
    for (const [name, size] of Object.entries({ numEmbeddings, embeddingDim }))
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError(`${layer}: ${name} is ${show(size)}; expected a whole number from 1.`);
    const { paddingIdx = null, scaleGradByFreq = false, weight: given, dtype, generator } = options;
    if (
      paddingIdx !== null &&
      (!Number.isInteger(paddingIdx) || paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)
    )
      throw new ArgumentError(
        `${layer}: paddingIdx is ${show(paddingIdx)}; expected a whole number from ${-numEmbeddings} to ${numEmbeddings - 1}.`,
      );
    if (
      given !== undefined &&
      (!(given instanceof Tensor) || given.shape.join() !== [numEmbeddings, embeddingDim].join())
    )
      throw new ShapeError(
        `${layer}: the rows to start from are ${given instanceof Tensor ? `of shape ${showShape(given.shape)}` : show(given)}; expected shape ` +
          `${showShape([numEmbeddings, embeddingDim])}.`,
      );
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    this.scaleGradByFreq = scaleGradByFreq;
    this.weight = parameter(zeros([numEmbeddings, embeddingDim], { dtype: dtype ?? given?.dtype })) as never;
    const row = this.paddingIdx;
    if (given !== undefined) noGrad(() => this.weight.assign(given));
    else {
      normal_(this.weight, 0, 1, { generator });
      if (row !== null) noGrad(() => (this.weight.select(0, row) as Tensor).fill_(0));
    }
  }

  override describe(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** Looks up a trained row for each number of an int32 tensor: [...] gives [..., embeddingDim]. */
export class Embedding extends Table {
  static readonly forgets = true;
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
  }

  override forward<I extends Shape>(indices: Tensor<I>): Tensor<[...I, number]> {
    const { paddingIdx, scaleGradByFreq } = this;
    return embedding(indices as Tensor, this.weight, { paddingIdx, scaleGradByFreq }) as never;
  }
}

export interface EmbeddingBagLayerOptions extends EmbeddingLayerOptions {
  /** What is made of the rows of a bag. Default 'mean'. */
  readonly mode?: EmbeddingBagOptions['mode'];
  /** Whether the last of the offsets is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
}

/** The sum, mean or maximum of the rows that each bag of numbers names; see `embeddingBag`. */
export class EmbeddingBag extends Table {
  readonly mode: EmbeddingBagOptions['mode'];
  private readonly includeLastOffset: boolean;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
    this.mode = options.mode ?? 'mean';
    this.includeLastOffset = options.includeLastOffset ?? false;
  }

  /**
   * @param indices int32, [bags, n]; or [n] with the offsets at which bags begin, int32 [bags]
   * @param perSampleWeights a factor for each index, for mode 'sum'
   */
  override forward(indices: Tensor, offsets?: Tensor | null, perSampleWeights?: Tensor | null): Tensor {
    const { mode, paddingIdx, scaleGradByFreq, includeLastOffset } = this;
    const options = { mode, paddingIdx, scaleGradByFreq, includeLastOffset, offsets, perSampleWeights };
    return embeddingBag(indices, this.weight, options as never) as Tensor;
  }
}
