import { type ConvolutionGeometry, kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { mode } from '../graph/modes.js';
import { contiguousCopy, raw } from '../tensor/raw.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { addBias } from './bias.js';
import { apply, composite, type Primitive, savesFactors, savesOthers } from './define.js';
import {
  type ActivationOption,
  activate,
  complete,
  type FinishingActivation,
  finishOf,
  requireActivation,
  throughActivation,
  throughAndSum,
} from './finish.js';
import { sum } from './reduce.js';
import { reshapeTo } from './shape.js';
import {
  type Convolved,
  type PerDim,
  perDim,
  requireSameFloating,
  requireSpatial,
  requireWindows,
} from './window.js';

/** The geometry and the shapes of the three tensors of T(x, weight, g) = sum of x[n, c, p * stride - padding + k * dilation] weight[o, c, k] g[n, o, p]. */
interface Trilinear {
  readonly geometry: ConvolutionGeometry;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly output: readonly number[];
}

// The three derivatives of T, each of which is linear in its two inputs: the derivative of one of them is the other two.

const convolutionOp: Primitive<Trilinear> = {
  name: 'convolution',
  savesInput: savesOthers,
  vjp: (g, n) => [
    n.needs(0) ? apply(inputGradOp, [g, n.tensorInput(1)], n.attributes) : null,
    n.needs(1) ? apply(weightGradOp, [n.tensorInput(0), g], n.attributes) : null,
  ],
  forward: (inputs, { geometry, output }) => {
    const [x, weight] = inputs as readonly Tensor[];
    const out = raw(output, x.dtype);
    kernels().convolution(x, weight, out, geometry);
    return out;
  },
};

const inputGradOp: Primitive<Trilinear> = {
  name: 'convolutionInputGrad',
  savesInput: savesOthers,
  vjp: (g, n) => [
    n.needs(0) ? apply(convolutionOp, [g, n.tensorInput(1)], n.attributes) : null,
    n.needs(1) ? apply(weightGradOp, [g, n.tensorInput(0)], n.attributes) : null,
  ],
  forward: (inputs, { geometry, x }) => {
    const [gradOutput, weight] = inputs as readonly Tensor[];
    const out = raw(x, weight.dtype);
    kernels().convolutionInputGrad(gradOutput, weight, out, geometry);
    return out;
  },
};

const weightGradOp: Primitive<Trilinear> = {
  name: 'convolutionWeightGrad',
  savesInput: savesOthers,
  vjp: (g, n) => [
    n.needs(0) ? apply(inputGradOp, [n.tensorInput(1), g], n.attributes) : null,
    n.needs(1) ? apply(convolutionOp, [n.tensorInput(0), g], n.attributes) : null,
  ],
  forward: (inputs, { geometry, weight }) => {
    const [x, gradOutput] = inputs as readonly Tensor[];
    const out = raw(weight, x.dtype);
    kernels().convolutionWeightGrad(x, gradOutput, out, geometry);
    return out;
  },
};

interface Layer extends Trilinear {
  readonly activation: FinishingActivation | undefined;
}

/** A convolution plus a bias, through an activation: one node, one pass over the result. */
const layerOp: Primitive<Layer> = {
  name: 'convolution',
  savesInput: savesFactors,
  vjp: (gradOutput, n) => {
    const { activation, output } = n.attributes;
    const spatial = output.map((_, d) => d).slice(2);
    const withBias = n.arity > 2 && n.needs(2);
    let g = gradOutput;
    let sums: Tensor | null = null;
    if (activation !== undefined) {
      // By image first, while the elements are there; the sums are then few.
      if (withBias) [g, sums] = throughAndSum[activation].deriveOver(spatial, gradOutput, n.output());
      else g = throughActivation[activation](gradOutput, n.output());
    }
    const x = n.needs(0) ? apply(inputGradOp, [g, n.tensorInput(1)], n.attributes) : null;
    const weight = n.needs(1) ? apply(weightGradOp, [n.tensorInput(0), g], n.attributes) : null;
    return n.arity === 2
      ? [x, weight]
      : [x, weight, withBias ? (sum(sums ?? g, [0, ...spatial]) as Tensor) : null];
  },
  forward: (inputs, { geometry, output, activation }) => {
    const [x, weight] = inputs as readonly Tensor[];
    const given = inputs.length > 2 ? (inputs[2] as Tensor) : null;
    const bias = given === null || given.contiguous ? given : contiguousCopy(given);
    const out = raw(output, x.dtype);
    kernels().convolution(x, weight, out, geometry, finishOf(bias, activation));
    complete(out, activation);
    return out;
  },
};

const activatedLayerOp: Primitive<Layer> = { ...layerOp, savesOutput: true };

export interface ConvOptions extends ActivationOption {
  /** Default 1. */
  readonly stride?: PerDim;
  /** Zeros on both sides; `'same'` (stride 1 only) keeps the size, with the odd zero at the end; `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** Distance between the elements that a kernel reads. Default 1. */
  readonly dilation?: PerDim;
  /** Input and output channels are cut into so many groups that see nothing of each other. Default 1. */
  readonly groups?: number;
}

export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding' | 'activation'> {
  /** What `padding` was in the convolution whose gradient this is: so much is cut off on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Added to the size at the end, below stride or dilation: tells apart the sizes that a convolution with stride makes equal. Default 0. */
  readonly outputPadding?: PerDim;
}

/** The checks that both directions share; returns the tensors as a batch. `channels` says what the input must have, and where that stands. */
function prepare(
  op: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  groups: number,
  transposed: boolean,
): Tensor {
  requireSameFloating(op, { input: x, weight, bias });
  requireSpatial(op, x, dims);
  if (weight.ndim !== dims + 2)
    throw new ShapeError(
      `${op}: expected a weight of ${dims + 2} dims, ${transposed ? '[in, out / groups' : '[out, in / groups'}, ...kernel], got ` +
        `${showShape(weight.shape)}.`,
    );
  if (weight.shape.slice(2).includes(0))
    throw new ShapeError(
      `${op}: the kernel of a weight of shape ${showShape(weight.shape)} is empty; its sizes must be at least 1.`,
    );
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError(`${op}: groups is ${show(groups)}; expected a whole number from 1.`);
  const channels = x.shape[x.ndim - dims - 1];
  const expected = transposed ? weight.shape[0] : weight.shape[1] * groups;
  if (channels !== expected)
    throw new ShapeError(
      `${op}: an input of shape ${showShape(x.shape)} has ${channels} channels; a weight of shape ${showShape(weight.shape)} with groups ${groups} ` +
        `expects ${expected}. The weight's shape is ${transposed ? '[in, out / groups, ...kernel]' : '[out, in / groups, ...kernel]'}.`,
    );
  if (weight.shape[0] % groups !== 0)
    throw new ShapeError(
      `${op}: groups ${groups} does not divide the ${weight.shape[0]} ${transposed ? 'input' : 'output'} channels of a weight of shape ` +
        `${showShape(weight.shape)}.`,
    );
  const outputs = transposed ? weight.shape[1] * groups : weight.shape[0];
  if (bias !== undefined && (bias.ndim !== 1 || bias.shape[0] !== outputs))
    throw new ShapeError(
      `${op}: expected a bias of shape [${outputs}], one for each output channel, got ${showShape(bias.shape)}.`,
    );
  return x.ndim === dims + 1 ? reshapeTo(x, [1, ...x.shape]) : x;
}

function withBias(y: Tensor, bias: Tensor | undefined, dims: number): Tensor {
  return bias === undefined
    ? y
    : addBias(y, reshapeTo(bias, [bias.size, ...new Array<number>(dims).fill(1)]));
}

/** Takes away the batch dim where there was none. */
const unbatched = (y: Tensor, batched: boolean): Tensor => (batched ? y : reshapeTo(y, y.shape.slice(1)));

export type ConvFunction = <X extends Shape, W extends Shape>(
  x: Tensor<X>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: ConvOptions,
) => Tensor<Convolved<X, W, W[0]>>;

export type ConvTransposeFunction = <X extends Shape, W extends Shape>(
  x: Tensor<X>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
) => Tensor<Convolved<X, W, number>>;

function convolutionOf(op: string, dims: number): ConvFunction {
  return composite(op, (x: Tensor, weight: Tensor, bias?: Tensor | null, options: ConvOptions = {}) => {
    const { groups = 1, padding: asked = 0, activation } = options;
    requireActivation(op, activation);
    const image = prepare(op, dims, x, weight, bias ?? undefined, groups, false);
    const stride = perDim(op, 'stride', options.stride ?? 1, dims, 1);
    const dilation = perDim(op, 'dilation', options.dilation ?? 1, dims, 1);
    const kernel = weight.shape.slice(2);
    let before: number[];
    let both: number[];
    if (typeof asked === 'string') {
      if (asked !== 'same' && asked !== 'valid')
        throw new ArgumentError(`${op}: padding is '${asked}'; expected numbers, 'same' or 'valid'.`);
      if (asked === 'same' && stride.some(s => s !== 1))
        throw new ArgumentError(
          `${op}: padding 'same' keeps the size and so needs stride 1, got ${showShape(stride)}. Give the padding in numbers.`,
        );
      both = kernel.map((k, d) => (asked === 'same' ? (k - 1) * dilation[d] : 0));
      before = both.map(p => Math.floor(p / 2));
    } else {
      before = perDim(op, 'padding', asked, dims, 0);
      both = before.map(p => 2 * p);
    }
    const positions = requireWindows(op, image.shape.slice(2), { kernel, stride, padding: both, dilation });
    const attributes: Layer = {
      geometry: { stride, padding: before, dilation, groups },
      x: image.shape,
      weight: weight.shape,
      output: [image.shape[0], weight.shape[0], ...positions],
      activation,
    };
    // `detectAnomaly` tells the products from the sums.
    const y =
      mode.anomaly || (bias == null && activation === undefined)
        ? activate(
            withBias(apply(convolutionOp, [image, weight], attributes), bias ?? undefined, dims),
            activation,
          )
        : apply(
            activation === undefined ? layerOp : activatedLayerOp,
            bias == null ? [image, weight] : [image, weight, bias],
            attributes,
          );
    return unbatched(y, x.ndim === dims + 2);
  }) as never;
}

function transposeOf(op: string, dims: number): ConvTransposeFunction {
  return composite(
    op,
    (x: Tensor, weight: Tensor, bias?: Tensor | null, options: ConvTransposeOptions = {}) => {
      const { groups = 1 } = options;
      const image = prepare(op, dims, x, weight, bias ?? undefined, groups, true);
      const stride = perDim(op, 'stride', options.stride ?? 1, dims, 1);
      const dilation = perDim(op, 'dilation', options.dilation ?? 1, dims, 1);
      const padding = perDim(op, 'padding', options.padding ?? 0, dims, 0);
      const extra = perDim(op, 'outputPadding', options.outputPadding ?? 0, dims, 0);
      if (extra.some((e, d) => e >= stride[d] && e >= dilation[d]))
        throw new ArgumentError(
          `${op}: outputPadding is ${showShape(extra)}; it must be smaller than the stride ${showShape(stride)} or the dilation ` +
            `${showShape(dilation)}.`,
        );
      const kernel = weight.shape.slice(2);
      const sizes = kernel.map(
        (k, d) =>
          (image.shape[2 + d] - 1) * stride[d] - 2 * padding[d] + (k - 1) * dilation[d] + extra[d] + 1,
      );
      if (sizes.some(size => size < 1))
        throw new ShapeError(
          `${op}: an input of shape ${showShape(x.shape)} and a kernel of ${showShape(kernel)} with stride ${showShape(stride)} and padding ` +
            `${showShape(padding)} would give the sizes ${showShape(sizes)}; they must be at least 1. Use less padding.`,
        );
      const y = apply(inputGradOp, [image, weight], {
        geometry: { stride, padding, dilation, groups },
        x: [image.shape[0], weight.shape[1] * groups, ...sizes],
        weight: weight.shape,
        output: image.shape,
      });
      return unbatched(withBias(y, bias ?? undefined, dims), x.ndim === dims + 2);
    },
  ) as never;
}

/**
 * Cross-correlation of x [N, C, L] (or [C, L]) with weight [O, C / groups, K], plus bias [O]: [N, O, L']. Not flipped, as everywhere in
 * this field (Dumoulin and Visin 2016, "A guide to convolution arithmetic").
 */
export const conv1d: ConvFunction = convolutionOf('conv1d', 1);
/** The same for x [N, C, H, W] (or [C, H, W]) and weight [O, C / groups, KH, KW]: [N, O, H', W']. */
export const conv2d: ConvFunction = convolutionOf('conv2d', 2);
/** The same for x [N, C, D, H, W] (or [C, D, H, W]) and weight [O, C / groups, KD, KH, KW]. */
export const conv3d: ConvFunction = convolutionOf('conv3d', 3);
/**
 * The gradient of conv1d by its input: of x [N, C, L] (or [C, L]) with weight [C, O / groups, K], plus bias [O]. The size is (L - 1) stride - 2
 * padding + (K - 1) dilation + outputPadding + 1 (Dumoulin and Visin 2016).
 */
export const convTranspose1d: ConvTransposeFunction = transposeOf('convTranspose1d', 1);
/** The same in two dims. */
export const convTranspose2d: ConvTransposeFunction = transposeOf('convTranspose2d', 2);
/** The same in three dims. */
export const convTranspose3d: ConvTransposeFunction = transposeOf('convTranspose3d', 3);
