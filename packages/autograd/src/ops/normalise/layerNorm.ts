import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Input } from '../../graph/node.js';
import { checkShape, sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, mul, sub } from '../binary.js';
import { apply, composite, type Primitive } from '../define.js';
import { sum } from '../reduce.js';
import { rowwise } from '../rowwise.js';
import { reshapeTo } from '../shape.js';
import { rsqrt, square } from '../unary.js';
import {
  alongChannels,
  countOver,
  requireChannels,
  requireFinite,
  requireOneDType,
  requireRank,
  scaleAndShift,
  standardize,
  tensorsAmong,
} from './standardize.js';

export interface LayerNormOptions {
  /** Factors, of the normalised shape. Default: none. */
  readonly weight?: Tensor | null;
  /** Summands, of the normalised shape. Default: none. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

export interface RmsNormOptions {
  /** Factors, of the normalised shape. Default: none. */
  readonly weight?: Tensor | null;
  /** Added to the mean of the squares. Default: the distance from 1 to the next number of the dtype. */
  readonly eps?: number | null;
}

export interface GroupNormOptions {
  /** A factor for each channel. Default: none. */
  readonly weight?: Tensor | null;
  /** A summand for each channel. Default: none. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** The last dims of x, which must have the normalised shape, as must weight and bias. */
function normalizedDims(
  op: string,
  x: Tensor,
  normalizedShape: number | readonly number[],
  affine: Readonly<Record<string, Tensor | undefined>>,
): number[] {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  checkShape(op, shape);
  if (shape.length === 0)
    throw new ShapeError(`${op}: normalizedShape is []; expected at least one size, that of the last dim.`);
  const lead = x.ndim - shape.length;
  if (lead < 0 || !sameShape(x.shape.slice(lead), shape))
    throw new ShapeError(
      `${op}: the last dims of an input of shape ${showShape(x.shape)} are not the normalizedShape ${showShape(shape)}; expected [..., ${shape.join(', ')}].`,
    );
  for (const [name, t] of Object.entries(affine))
    if (t !== undefined && !sameShape(t.shape, shape))
      throw new ShapeError(
        `${op}: ${name} has shape ${showShape(t.shape)}; expected the normalizedShape ${showShape(shape)}.`,
      );
  return shape.map((_, i) => lead + i);
}

/** (x - mean) / sqrt(variance + eps) * weight + bias over the last dims, which `normalizedShape` names (Ba, Kiros, Hinton 2016). */
export const layerNorm: <S extends Shape>(
  x: Tensor<S>,
  normalizedShape: number | readonly number[],
  options?: LayerNormOptions,
) => Tensor<S> = composite(
  'layerNorm',
  (x: Tensor, normalizedShape: number | readonly number[], options: LayerNormOptions = {}) => {
    const { eps = 1e-5 } = options;
    const affine = tensorsAmong('layerNorm', { weight: options.weight, bias: options.bias });
    requireOneDType('layerNorm', x, affine);
    const dims = normalizedDims('layerNorm', x, normalizedShape, affine);
    requireFinite('layerNorm', 'eps', eps);
    return standardize(x, dims, eps, affine.weight, affine.bias).y;
  },
) as never;

interface Scaling {
  readonly dims: readonly number[];
  readonly count: number;
  readonly eps: number;
}

const rootOf = (x: Tensor, dims: readonly number[], count: number, eps: number): Tensor =>
  rsqrt(
    add(div(sum(square(x) as Tensor, dims, { keepdim: true }) as Tensor, count) as Tensor, eps) as Tensor,
  ) as Tensor;

const scaledRows = rowwise('rmsNorm', (dims, x: Tensor, weight: Input, count: number, eps: number) => [
  mul(mul(x, rootOf(x, dims, count, eps)) as Tensor, weight) as Tensor,
]);

const scaledGradients = rowwise(
  'rmsNorm',
  (dims, g: Tensor, x: Tensor, weight: Input, count: number, eps: number) => {
    const root = rootOf(x, dims, count, eps);
    const y = mul(x, root) as Tensor;
    const scaled = mul(g, weight) as Tensor;
    const along = div(sum(mul(scaled, y) as Tensor, dims, { keepdim: true }) as Tensor, count) as Tensor;
    return [mul(sub(scaled, mul(y, along) as Tensor) as Tensor, root) as Tensor, mul(g, y) as Tensor];
  },
);

/** A rule of its own, for the same reason as that of `standardize`. */
const rmsNormOp: Primitive<Scaling> = {
  name: 'rmsNorm',
  savesInput: (i, n) => i === 0 || n.inputs[0] !== null,
  vjp: (g, n) => {
    const { dims, count, eps } = n.attributes;
    return scaledGradients.derive(dims, g, n.tensorInput(0), n.savedInput(1) ?? 1, count, eps);
  },
  forward: ([x, weight], { dims, count, eps }) =>
    scaledRows.compute(dims, x as Tensor, weight, count, eps)[0],
};

function scaledToOne(x: Tensor, dims: readonly number[], eps: number, weight: Input = 1): Tensor {
  return apply(rmsNormOp, [x, weight], { dims, count: Math.max(countOver(x, dims), 1), eps });
}

const epsilons = { float32: 2 ** -23, float64: 2 ** -52 };

/** x / sqrt(mean(x²) + eps) * weight over the last dims, which `normalizedShape` names (Zhang and Sennrich 2019). */
export const rmsNorm: <S extends Shape>(
  x: Tensor<S>,
  normalizedShape: number | readonly number[],
  options?: RmsNormOptions,
) => Tensor<S> = composite(
  'rmsNorm',
  (x: Tensor, normalizedShape: number | readonly number[], options: RmsNormOptions = {}) => {
    const affine = tensorsAmong('rmsNorm', { weight: options.weight });
    requireOneDType('rmsNorm', x, affine);
    const dims = normalizedDims('rmsNorm', x, normalizedShape, affine);
    const eps = options.eps ?? epsilons[x.dtype as 'float32' | 'float64'];
    requireFinite('rmsNorm', 'eps', eps);
    return scaledToOne(x, dims, eps, affine.weight);
  },
) as never;

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias with mean and variance of each of `numGroups` groups of the channels of x [N, C, ...] (Wu and
 * He 2018). A group of one element becomes the bias.
 */
export const groupNorm: <S extends Shape>(
  x: Tensor<S>,
  numGroups: number,
  options?: GroupNormOptions,
) => Tensor<S> = composite('groupNorm', (x: Tensor, numGroups: number, options: GroupNormOptions = {}) => {
  const { eps = 1e-5 } = options;
  const affine = tensorsAmong('groupNorm', { weight: options.weight, bias: options.bias });
  requireOneDType('groupNorm', x, affine);
  requireRank('groupNorm', x, 2, '[N, C, ...]');
  const [batch, channels] = x.shape;
  if (!Number.isInteger(numGroups) || numGroups < 1)
    throw new ArgumentError(`groupNorm: numGroups is ${show(numGroups)}; expected a whole number from 1.`);
  if (channels % numGroups !== 0)
    throw new ShapeError(
      `groupNorm: the ${channels} channels of an input of shape ${showShape(x.shape)} cannot be divided into ${numGroups} groups of the same size.`,
    );
  requireChannels('groupNorm', x, affine);
  requireFinite('groupNorm', 'eps', eps);
  const each = channels / numGroups;
  const grouped = reshapeTo(x, [batch, numGroups, each, ...x.shape.slice(2)]);
  const along = (t: Tensor | undefined): Tensor | undefined =>
    t && reshapeTo(alongChannels(t, x.ndim), [numGroups, each, ...x.shape.slice(2).map(() => 1)]);
  const dims = grouped.shape.map((_, d) => d).slice(2);
  const { y } = standardize(grouped, dims, eps);
  return reshapeTo(scaleAndShift(y, along(affine.weight), along(affine.bias)), x.shape);
}) as never;
