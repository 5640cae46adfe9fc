import { type ConvolutionGeometry, kernels } from '@fluxion/kernels';
import { ShapeError, showShape } from '../errors.js';
import { raw } from '../tensor/raw.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, composite, type Primitive, savesNothing } from './define.js';
import { reshapeTo } from './shape.js';
import { type PerDim, perDim, requireSameFloating, requireSpatial, requireWindows } from './window.js';

interface Columns {
  readonly geometry: ConvolutionGeometry;
  readonly image: readonly number[];
  /** [N, C, ...kernel, ...positions] */
  readonly columns: readonly number[];
}

const unfoldOp: Primitive<Columns> = {
  name: 'unfold',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(foldOp, [g], n.attributes)],
  forward: (inputs, { geometry, columns }) => {
    const x = inputs[0] as Tensor;
    const out = raw(columns, x.dtype);
    kernels().unfold(x, out, geometry);
    return out;
  },
};

const foldOp: Primitive<Columns> = {
  name: 'fold',
  savesInput: savesNothing,
  vjp: (g, n) => [apply(unfoldOp, [g], n.attributes)],
  forward: (inputs, { geometry, image }) => {
    const x = inputs[0] as Tensor;
    const out = raw(image, x.dtype);
    kernels().fold(x, out, geometry);
    return out;
  },
};

export interface UnfoldOptions {
  /** Default 1. */
  readonly stride?: PerDim;
  /** Zeros on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Default 1. */
  readonly dilation?: PerDim;
}

function columnsOf(
  op: string,
  image: readonly number[],
  kernelSize: PerDim,
  options: UnfoldOptions,
): Columns & { readonly flat: readonly number[] } {
  const kernel = perDim(op, 'kernelSize', kernelSize, 2, 1);
  const stride = perDim(op, 'stride', options.stride ?? 1, 2, 1);
  const padding = perDim(op, 'padding', options.padding ?? 0, 2, 0);
  const dilation = perDim(op, 'dilation', options.dilation ?? 1, 2, 1);
  const windows = { kernel, stride, padding: padding.map(p => 2 * p), dilation };
  const [rows, columns] = requireWindows(op, image.slice(2), windows);
  return {
    geometry: { stride, padding, dilation, groups: 1 },
    image,
    columns: [image[0], image[1], ...kernel, rows, columns],
    flat: [image[0], image[1] * kernel[0] * kernel[1], rows * columns],
  };
}

/** The windows of x [N, C, H, W] (or [C, H, W]) as columns: [N, C * KH * KW, L], one column for each of the L positions. */
export const unfold: (x: Tensor, kernelSize: PerDim, options?: UnfoldOptions) => Tensor = composite(
  'unfold',
  (x: Tensor, kernelSize: PerDim, options: UnfoldOptions = {}) => {
    requireSameFloating('unfold', { input: x });
    requireSpatial('unfold', x, 2);
    const image = x.ndim === 3 ? reshapeTo(x, [1, ...x.shape]) : x;
    const plan = columnsOf('unfold', image.shape, kernelSize, options);
    return reshapeTo(apply(unfoldOp, [image], plan), x.ndim === 3 ? plan.flat.slice(1) : plan.flat);
  },
);

/**
 * Columns [N, C * KH * KW, L] (or [C * KH * KW, L]) added up where `unfold` took them from: [N, C, H, W], with [H, W] as `outputSize`. The
 * transpose of unfold, not its inverse: windows that overlap add up.
 */
export const fold: (x: Tensor, outputSize: PerDim, kernelSize: PerDim, options?: UnfoldOptions) => Tensor =
  composite('fold', (x: Tensor, outputSize: PerDim, kernelSize: PerDim, options: UnfoldOptions = {}) => {
    requireSameFloating('fold', { input: x });
    if (x.ndim !== 2 && x.ndim !== 3)
      throw new ShapeError(
        `fold: expected an input of shape [N, C * KH * KW, L] or [C * KH * KW, L], got ${showShape(x.shape)}.`,
      );
    const [rows, positions] = x.shape.slice(-2);
    const kernel = perDim('fold', 'kernelSize', kernelSize, 2, 1);
    const taps = kernel[0] * kernel[1];
    const size = perDim('fold', 'outputSize', outputSize, 2, 1);
    if (rows % taps !== 0)
      throw new ShapeError(
        `fold: an input of shape ${showShape(x.shape)} has columns of ${rows}, which the ${taps} elements of a kernel of ${showShape(kernel)} do not divide.`,
      );
    const plan = columnsOf('fold', [x.ndim === 3 ? x.shape[0] : 1, rows / taps, ...size], kernel, options);
    const expected = plan.flat[2];
    if (positions !== expected)
      throw new ShapeError(
        `fold: an input of shape ${showShape(x.shape)} has ${positions} columns; a kernel of ${showShape(kernel)} has ${expected} positions in an image ` +
          `of ${showShape(size)}. Give fold the options that unfold had.`,
      );
    const image = apply(foldOp, [reshapeTo(x, plan.columns)], plan);
    return x.ndim === 3 ? image : reshapeTo(image, image.shape.slice(1));
  });

/** Columns [1, C, size, windows] of a vector [1, C, length], added up where they came from. */
export function foldWindows(columns: Tensor, length: number, step: number): Tensor {
  return apply(foldOp, [columns], {
    geometry: { stride: [step], padding: [0], dilation: [1], groups: 1 },
    image: [1, columns.shape[1], length],
    columns: columns.shape,
  });
}
