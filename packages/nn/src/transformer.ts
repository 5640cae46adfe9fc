import {
  ArgumentError,
  type DType,
  dropout as drop,
  type Generator,
  gelu,
  relu,
  scope,
  show,
  type Tensor,
} from '@fluxion/autograd';
import { type AttendOptions, MultiheadAttention } from './attention.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './normalization.js';
import { isModule } from './traverse.js';

export interface TransformerLayerOptions {
  /** Features between the two linear maps. Default 2048. */
  readonly dimFeedforward?: number;
  /** The probability of dropping an element or an attention weight in training. Default 0.1. */
  readonly dropout?: number;
  /** Between the two linear maps. Default 'relu'. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether sequences are [N, L, E] rather than [L, N, E]. Default false. */
  readonly batchFirst?: boolean;
  /** Whether normalisation comes before each part rather than after it (Xiong et al. 2020). Default false. */
  readonly normFirst?: boolean;
  /** Whether linear maps and normalisations have biases. Default true. */
  readonly bias?: boolean;
  /** float32 (default) or float64. */
  readonly dtype?: DType;
  /** What the initial parameters, and dropout, are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

function activationOf(
  layer: string,
  activation: TransformerLayerOptions['activation'],
): (x: Tensor) => Tensor {
  if (activation === undefined || activation === 'relu') return relu as (x: Tensor) => Tensor;
  if (activation === 'gelu') return gelu as (x: Tensor) => Tensor;
  if (typeof activation === 'function') return activation;
  throw new ArgumentError(
    `${layer}: activation is ${show(activation)}; expected 'relu', 'gelu' or a function.`,
  );
}

/** What encoder and decoder layers share: self-attention, the two linear maps, and how parts are joined to the residual stream. */
abstract class TransformerLayer extends Module {
  selfAttn: MultiheadAttention;
  linear1: Linear;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  readonly normFirst: boolean;
  readonly dropout: number;
  readonly generator: Generator | undefined;
  private readonly activation: (x: Tensor) => Tensor;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions) {
    super();
    this.nameField('selfAttn', 'self_attn');
    const {
      dimFeedforward = 2048,
      dropout = 0.1,
      normFirst = false,
      bias = true,
      dtype,
      generator,
    } = options;
    this.activation = activationOf(new.target.name, options.activation);
    this.normFirst = normFirst;
    this.dropout = dropout;
    this.generator = generator;
    this.selfAttn = this.attention(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype, generator });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype, generator });
    this.norm1 = this.norm(dModel, options);
    this.norm2 = this.norm(dModel, options);
  }

  protected attention(dModel: number, nhead: number, options: TransformerLayerOptions): MultiheadAttention {
    const { dropout = 0.1, bias, batchFirst, dtype, generator } = options;
    return new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, dtype, generator });
  }

  protected norm(dModel: number, { layerNormEps = 1e-5, bias, dtype }: TransformerLayerOptions): LayerNorm {
    return new LayerNorm(dModel, { eps: layerNormEps, bias, dtype });
  }

  protected drop(x: Tensor): Tensor {
    return drop(x, this.dropout, { training: this.training, generator: this.generator });
  }

  /** x + part(x), with the normalisation before the part or after the sum. */
  protected residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return x.add(this.drop(part(norm.forward(x) as Tensor))) as Tensor;
    return norm.forward(x.add(this.drop(part(x))) as Tensor) as Tensor;
  }

  protected attend(attention: MultiheadAttention, x: Tensor, memory: Tensor, options: AttendOptions): Tensor {
    return attention.forward(x, memory, memory, { ...options, needWeights: false })[0];
  }

  protected feedForward(x: Tensor): Tensor {
    const hidden = this.activation(this.linear1.forward(x as Tensor<[number]>) as Tensor);
    return this.linear2.forward(this.drop(hidden) as Tensor<[number]>) as Tensor;
  }
}

export interface EncodeOptions {
  /** [L, L] or [N * heads, L, L]; in bool masks true forbids. */
  readonly mask?: Tensor | null;
  /** [N, L]; true marks positions that nobody may attend to. */
  readonly keyPaddingMask?: Tensor | null;
  /** Whether no position may see a later one. Default false. */
  readonly isCausal?: boolean;
}

/** Self-attention and two linear maps, each with a residual and a layer normalisation (Vaswani et al. 2017). Parameters as in PyTorch. */
export class TransformerEncoderLayer extends TransformerLayer {
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
  }

  /** x [L, N, E] ([N, L, E] with `batchFirst`) or [L, E] gives the same shape. */
  override forward(x: Tensor, options: EncodeOptions = {}): Tensor {
    const { mask: attnMask, keyPaddingMask, isCausal } = options;
    return scope(() => {
      const attended = this.residual(x, this.norm1, t =>
        this.attend(this.selfAttn, t, t, { attnMask, keyPaddingMask, isCausal }),
      );
      return this.residual(attended, this.norm2, t => this.feedForward(t));
    });
  }
}

export interface DecodeOptions {
  /** For the target among itself; usually `causalMask(L)`. */
  readonly tgtMask?: Tensor | null;
  /** For the target looking at the memory, [L, S]. */
  readonly memoryMask?: Tensor | null;
  /** [N, L] */
  readonly tgtKeyPaddingMask?: Tensor | null;
  /** [N, S] */
  readonly memoryKeyPaddingMask?: Tensor | null;
  /** Whether no position of the target may see a later one. Default false. */
  readonly tgtIsCausal?: boolean;
}

/** As the encoder layer, with attention to an encoder's output (the memory) in between. Parameters as in PyTorch. */
export class TransformerDecoderLayer extends TransformerLayer {
  multiheadAttn: MultiheadAttention;
  norm3: LayerNorm;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    this.nameField('multiheadAttn', 'multihead_attn');
    this.multiheadAttn = this.attention(dModel, nhead, options);
    this.norm3 = this.norm(dModel, options);
  }

  /** x [L, N, E] and memory [S, N, E] (batch first with `batchFirst`) give the shape of x. */
  override forward(x: Tensor, memory: Tensor, options: DecodeOptions = {}): Tensor {
    const own = {
      attnMask: options.tgtMask,
      keyPaddingMask: options.tgtKeyPaddingMask,
      isCausal: options.tgtIsCausal,
    };
    const other = { attnMask: options.memoryMask, keyPaddingMask: options.memoryKeyPaddingMask };
    return scope(() => {
      const alone = this.residual(x, this.norm1, t => this.attend(this.selfAttn, t, t, own));
      const informed = this.residual(alone, this.norm2, t =>
        this.attend(this.multiheadAttn, t, memory, other),
      );
      return this.residual(informed, this.norm3, t => this.feedForward(t));
    });
  }
}

/** Makes the layers of a stack: modules have no copies, so each is made anew. */
function layersOf<M extends Module>(op: string, make: (i: number) => M, numLayers: number): M[] {
  if (typeof make !== 'function' || isModule(make))
    throw new ArgumentError(
      `${op}: expected a function that makes a layer, such as () => new ${op}Layer(512, 8), got ${show(make)}.`,
    );
  if (!Number.isInteger(numLayers) || numLayers < 1)
    throw new ArgumentError(
      `${op}: the number of layers is ${show(numLayers)}; expected a whole number from 1.`,
    );
  return Array.from({ length: numLayers }, (_, i) => make(i));
}

export interface StackOptions {
  /** Applied at the end. */
  readonly norm?: LayerNorm | null;
}

/** Encoder layers one after the other: `new TransformerEncoder(() => new TransformerEncoderLayer(64, 4), 6)`. */
export class TransformerEncoder extends Module {
  layers: TransformerEncoderLayer[];
  norm: LayerNorm | null;

  constructor(make: (i: number) => TransformerEncoderLayer, numLayers: number, options: StackOptions = {}) {
    super();
    this.layers = layersOf('TransformerEncoder', make, numLayers);
    this.norm = options.norm ?? null;
  }

  override forward(x: Tensor, options: EncodeOptions = {}): Tensor {
    return scope(() => {
      const y = this.layers.reduce((t, layer) => layer.forward(t, options), x);
      return this.norm === null ? y : (this.norm.forward(y) as Tensor);
    });
  }
}

/** Decoder layers one after the other, all looking at the same memory. */
export class TransformerDecoder extends Module {
  layers: TransformerDecoderLayer[];
  norm: LayerNorm | null;

  constructor(make: (i: number) => TransformerDecoderLayer, numLayers: number, options: StackOptions = {}) {
    super();
    this.layers = layersOf('TransformerDecoder', make, numLayers);
    this.norm = options.norm ?? null;
  }

  override forward(x: Tensor, memory: Tensor, options: DecodeOptions = {}): Tensor {
    return scope(() => {
      const y = this.layers.reduce((t, layer) => layer.forward(t, memory, options), x);
      return this.norm === null ? y : (this.norm.forward(y) as Tensor);
    });
  }
}
