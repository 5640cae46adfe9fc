import type { DType } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import type { Pad } from '../../tensor/shapeTypes/moves.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, type Primitive, requireTensor, savesNothing } from '../define.js';
import { sparseAlong, sparseMap } from '../sparse.js';
import { box } from './part.js';
import { copyRuns, runsOf } from './runs.js';

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

export interface PadOptions {
  /**
   * What stands in the new places: `constant` a number; `reflect` the elements mirrored at the border, which is not repeated; `replicate` the
   * nearest element; `circular` the elements of the other end. Default `constant`.
   */
  readonly mode?: PadMode;
  /** For `constant`. Default 0. */
  readonly value?: number;
}

/** The elements of each dim, by their indices; null: as they are. */
const borderOp: Primitive<readonly (readonly number[] | null)[]> = {
  name: 'pad',
  savesInput: savesNothing,
  // Each element gets the gradients of all places that show it: dim by dim, the transpose of a sparse matrix of ones.
  vjp: (g, n) => [
    n.attributes.reduce((rest, indices, dim) => {
      if (indices === null) return rest;
      const { matrix, transposed } = sparseMap(
        dim,
        n.inputShape(0)[dim],
        indices.map(i => [[i, 1] as const]),
      );
      return sparseAlong(rest, { dim, matrix: transposed, transposed: matrix });
    }, g),
  ],
  forward: (inputs, attributes) => {
    const x = inputs[0] as Tensor;
    const out = raw(
      x.shape.map((size, d) => attributes[d]?.length ?? size),
      x.dtype,
    );
    copyRuns(
      x,
      out,
      attributes.map(indices => (indices === null ? null : runsOf(indices))),
    );
    return out;
  },
};

/** How much to add before and after a dim; less than 0: to take away. */
interface Margin {
  readonly before: number;
  readonly after: number;
}

/** The margins of each dim, from a list that begins with the last one. */
function marginsOf(x: Tensor, padding: readonly number[]): Margin[] {
  if (!Array.isArray(padding) || padding.length % 2 !== 0 || !padding.every(Number.isInteger))
    throw new ArgumentError(
      `pad: padding is ${show(padding)}; expected whole numbers in pairs, before and after each dim, the last dim first.`,
    );
  if (padding.length > 2 * x.ndim)
    throw new ShapeError(
      `pad: padding ${show(padding)} is for ${padding.length / 2} dims, and shape ${showShape(x.shape)} has ${x.ndim}.`,
    );
  return x.shape.map((size, d) => {
    const at = 2 * (x.ndim - 1 - d);
    const before = padding[at] ?? 0;
    const after = padding[at + 1] ?? 0;
    if (size + before + after < 0)
      throw new ShapeError(
        `pad: margins of ${before} and ${after} take more than the ${size} elements that dim ${d} of shape ${showShape(x.shape)} has.`,
      );
    return { before, after };
  });
}

function checkValue(dtype: DType, value: number): void {
  if (typeof value !== 'number')
    throw new ArgumentError(`pad: value is ${show(value)}; expected a number to pad with.`);
  if ((dtype === 'int32' && (value | 0) !== value) || (dtype === 'bool' && value !== 0 && value !== 1))
    throw new DTypeError(
      `pad: the value ${value} does not fit a tensor of ${dtype}. Convert the tensor first: x.to('float32').`,
    );
}

function constantPad(x: Tensor, margins: readonly Margin[], value: number): Tensor {
  checkValue(x.dtype, value);
  let inner = x;
  if (margins.some(m => m.before < 0 || m.after < 0)) {
    const start = margins.map(m => Math.max(-m.before, 0));
    // Both margins may take away more than there is on their side alone; then nothing of the input is left.
    const sizes = x.shape.map((size, d) => Math.max(size - start[d] - Math.max(-margins[d].after, 0), 0));
    inner = apply(box.take, [x], { start: start.map((s, d) => Math.min(s, x.shape[d])), sizes });
  }
  if (margins.every(m => m.before <= 0 && m.after <= 0)) return inner;
  const shape = x.shape.map((size, d) => size + margins[d].before + margins[d].after);
  const start = margins.map((m, d) => Math.min(Math.max(m.before, 0), shape[d]));
  return apply(box.put, [inner], { part: { start, sizes: inner.shape }, shape, value });
}

type BorderMode = Exclude<PadMode, 'constant'>;

/** How far a margin may reach, for a dim of `size` elements. */
const reach: Readonly<Record<BorderMode, (size: number) => number>> = {
  reflect: size => Math.max(size - 1, 0),
  replicate: size => (size === 0 ? 0 : Number.POSITIVE_INFINITY),
  circular: size => size,
};

/** The element of a dim that place `i`, counted from the first element, shows. */
const source: Readonly<Record<BorderMode, (i: number, size: number) => number>> = {
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => (i + size) % size,
};

/** Which elements of a dim the padded dim shows. */
function indicesOf(mode: BorderMode, x: Tensor, d: number, { before, after }: Margin): number[] {
  const whole = x.shape[d];
  // What is taken away does not come in again at the other end; mirrors stand at the borders of the whole.
  const first = mode === 'circular' ? Math.max(-before, 0) : 0;
  const size = mode === 'circular' ? whole - first - Math.max(-after, 0) : whole;
  const most = reach[mode](size);
  if (before > most || after > most)
    throw new ShapeError(
      `pad: margins of ${before} and ${after} at dim ${d} of shape ${showShape(x.shape)}, mode '${mode}': there can be at most ${most}, ` +
        'as there are not more elements to show. Pad less, or with a constant.',
    );
  const from = mode === 'circular' ? Math.max(before, 0) : before;
  return Array.from({ length: whole + before + after }, (_, i) => first + source[mode](i - from, size));
}

/**
 * With margins around the last dims: `padding` is [before, after] of the last dim, then of the one before it, and so on; negative ones crop.
 * Shares memory where it only crops. A ShapeError where a margin of `reflect` is not smaller than its dim, or one of `circular` larger.
 */
export function pad<S extends Shape, const P extends readonly number[]>(
  x: Tensor<S>,
  padding: P,
  options?: PadOptions,
): Tensor<Pad<S, P>>;
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  requireTensor('pad', x);
  const { mode = 'constant', value = 0 } = options;
  const margins = marginsOf(x, padding);
  if (mode === 'constant') return constantPad(x, margins, value);
  if (!Object.hasOwn(source, mode))
    throw new ArgumentError(
      `pad: mode is ${show(mode)}; expected 'constant', 'reflect', 'replicate' or 'circular'.`,
    );
  if (value !== 0)
    throw new ArgumentError(`pad: mode '${mode}' takes no value, got ${show(value)}. Leave it out.`);
  const indices = margins.map((m, d) => (m.before === 0 && m.after === 0 ? null : indicesOf(mode, x, d, m)));
  return indices.every(list => list === null) ? x : apply(borderOp, [x], indices);
}
