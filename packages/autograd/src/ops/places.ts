import { kernels, type Operand } from '@fluxion/kernels';
import { IndexError, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import { raw, rawLike } from '../tensor/raw.js';
import { contiguousStrides, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { where } from './binary.js';
import { apply, type Primitive } from './define.js';
import { int32, stayedOp, zeros } from './lanes.js';
import { reshapeTo } from './shape.js';

/**
 * Elements, or whole slices, at a list of places: `places` is a fresh int32 vector [n] that counts in C order of the sizes of `dims`, and what is
 * picked or put has the shape [n, ...the other dims]. All indexing with tensors that is not along lanes comes down to these two.
 */
interface Picking {
  /** Ascending. */
  readonly dims: readonly number[];
  /** Whether no place occurs twice, as it is with masks. */
  readonly distinct: boolean;
}

const others = (x: { readonly shape: readonly number[] }, dims: readonly number[]): number[] =>
  x.shape.map((_, d) => d).filter(d => !dims.includes(d));

/** x with `dims` made one, first, dim, and the places in it. */
interface Rows {
  readonly operand: Operand;
  readonly places: Operand;
  /** To be freed when done. */
  readonly temporary: Tensor | null;
}

function rowsOf(x: Tensor, dims: readonly number[], places: Tensor, rest: readonly number[]): Rows {
  const sizes = dims.map(d => x.shape[d]);
  const steps = dims.map(d => x.strides[d]);
  const widths = rest.map(d => x.shape[d]);
  const index = (at: Tensor): Operand => ({
    storage: at.storage,
    offset: at.offset,
    shape: [at.size, ...widths],
    strides: [1, ...widths.map(() => 0)],
  });
  const rows = (offset: number, size: number, step: number): Operand => ({
    storage: x.storage,
    offset,
    shape: [size, ...widths],
    strides: [step, ...rest.map(d => x.strides[d])],
  });
  const inner = steps[sizes.findLastIndex(size => size !== 1)] ?? 1;
  const nested = contiguousStrides(sizes);
  if (steps.every((step, i) => sizes[i] === 1 || step === inner * nested[i]))
    return { operand: rows(x.offset, numel(sizes), inner), places: index(places), temporary: null };
  // The dims do not lie in one another: the places are counted anew in the largest step that they all share, and x stays where it is.
  const step = steps.reduce((a, b) => divisor(a, Math.abs(b)), 0) || 1;
  let first = x.offset;
  let extent = 1;
  for (let i = 0; i < sizes.length; i++) {
    const reach = (sizes[i] - 1) * steps[i];
    if (reach < 0) first += reach;
    extent += Math.abs(reach) / step;
  }
  const shift = (first - x.offset) / step;
  const moved = Int32Array.from(kernels().read(places), place => {
    let left = place;
    let at = -shift;
    for (let i = sizes.length - 1; i >= 0; i--) {
      at += (left % sizes[i]) * (steps[i] / step);
      left = Math.floor(left / sizes[i]);
    }
    return at;
  });
  const temporary = int32(moved);
  return { operand: rows(first, extent, step), places: index(temporary), temporary };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function finish({ temporary }: Rows, op: string): void {
  if (temporary !== null) kernels().free(temporary.storage, op);
}

/** The slices at the places. */
export const pickOp: Primitive<Picking> = {
  name: 'pick',
  savesInput: i => i === 1,
  vjp: (g, n) => [put('add', zeros(n.inputShape(0), g), n.tensorInput(1), g, n.attributes), null],
  forward: (inputs, { dims }) => {
    const [x, places] = inputs as readonly Tensor[];
    const rest = others(x, dims);
    const out = raw([places.size, ...rest.map(d => x.shape[d])], x.dtype);
    if (out.size === 0) return out;
    const rows = rowsOf(x, dims, places, rest);
    kernels().gather(rows.operand, 0, rows.places, out);
    finish(rows, 'pick');
    return out;
  },
};

const putOf = (mode: 'add' | 'assign', name: string): Primitive<Picking> => ({
  name,
  // What is added to passes its gradient on, wherever something was added.
  savesInput: (i, n) => i === 1 && (mode === 'assign' || n.inputs[2] !== null),
  vjp: (g, n) => {
    const { dims, distinct } = n.attributes;
    const ofSource = (places: Tensor): Tensor => {
      const picked = apply(pickOp, [g, places], n.attributes);
      if (mode === 'add' || distinct) return picked;
      // Of what went to one place the last stayed, and the gradient is its alone.
      const stayed = apply(stayedOp, [places], { dim: 0, shape: [numel(dims.map(d => g.shape[d]))] });
      return where(reshapeTo(stayed, [places.size, ...picked.shape.slice(1).map(() => 1)]), picked, 0);
    };
    return [
      n.needs(0) ? (mode === 'add' ? g : put('assign', g, n.tensorInput(1), 0, n.attributes)) : null,
      null,
      n.needs(2) ? ofSource(n.tensorInput(1)) : null,
    ];
  },
  forward: (inputs, { dims }) => {
    const [x, places] = inputs as readonly Tensor[];
    const out = rawLike(x);
    kernels().copy(x, out);
    if (places.size === 0 || out.size === 0) return out;
    const rows = rowsOf(out, dims, places, others(x, dims));
    const source = inputs[2];
    if (typeof source === 'number') {
      const one = raw([], x.dtype);
      kernels().fill(one, source);
      const { shape } = rows.places;
      const everywhere = { storage: one.storage, offset: 0, shape, strides: shape.map(() => 0) };
      kernels().scatter(mode, rows.operand, 0, rows.places, everywhere);
      kernels().free(one.storage, name);
    } else kernels().scatter(mode, rows.operand, 0, rows.places, source);
    finish(rows, name);
    return out;
  },
});
const putOps = { add: putOf('add', 'putAdd'), assign: putOf('assign', 'put') } as const;

/** The slices of x at the places in `dims` (ascending): [n, ...the other dims]. */
export function pick(x: Tensor, places: Tensor, dims: readonly number[], distinct = false): Tensor {
  return apply(pickOp, [x, places], { dims, distinct });
}

/** x with the source [n, ...the other dims], or a number, at the places, added or in place of what is there (then the last of equals stays). */
export function put(
  mode: 'add' | 'assign',
  x: Tensor,
  places: Tensor,
  source: Input,
  { dims, distinct = false }: { readonly dims: readonly number[]; readonly distinct?: boolean },
): Tensor {
  return apply(putOps[mode], [x, places, source], { dims, distinct });
}

/** The entries of an int32 index into a dim of so many elements, checked; negative ones count from the end where that is allowed. */
export function readIndex(
  op: string,
  index: Tensor,
  size: number,
  {
    negative,
    what = 'the dim',
    units = 'elements',
  }: { readonly negative: boolean; readonly what?: string; readonly units?: string },
): Int32Array {
  // A copy, so that it can be changed.
  const list = kernels().read(index) as Int32Array;
  const low = negative ? -size : 0;
  for (let i = 0; i < list.length; i++) {
    const at = list[i];
    if (at < low || at >= size)
      throw new IndexError(
        `${op}: index ${at} (position ${i} of an index of shape ${showShape(index.shape)}) is outside ${what} of ${size} ${units}: ` +
          (size === 0 ? 'there is nothing to index.' : `expected ${low} to ${size - 1}.`),
      );
    if (at < 0) list[i] = at + size;
  }
  return list;
}
