import { Tensor, tensor } from '../../src/index.js';
import { type Entry, type GoldenTensor, toNumber } from './format.js';

/** How the elements of inputs lie in memory: as the case notes, or all in Fortran order behind a gap. */
export type Layout = 'noted' | 'strided';

/** The case needs something the library does not have yet. Only adapters and runners throw it, never after a result was compared. */
export class NotSupported extends Error {}

function dtypeOf(t: GoldenTensor): 'float64' | 'int32' | 'bool' {
  return t.dtype === 'int64' ? 'int32' : t.dtype;
}

/** A tensor of a case; int64 becomes int32. */
export function build(t: GoldenTensor, layout: Layout = 'noted'): Tensor {
  const dtype = dtypeOf(t);
  const values = t.data.map(toNumber);
  if (dtype === 'int32' && values.some(v => (v | 0) !== v))
    throw new NotSupported('an integer beyond int32 among the inputs');
  if (values.length === 0 || (layout === 'noted' && t.strides === undefined))
    return tensor(Float64Array.from(values), { dtype }).reshape(t.shape) as Tensor;
  const offset = layout === 'noted' ? 0 : 3;
  const strides = layout === 'noted' && t.strides !== undefined ? t.strides : fortranStrides(t.shape);
  const places = values.map((_, i) => offset + position(i, t.shape, strides));
  const memory = new Float64Array(Math.max(...places) + 1);
  for (let i = 0; i < places.length; i++) memory[places[i]] = values[i];
  const base = tensor(memory, { dtype });
  return new Tensor(base.storage, offset, t.shape, strides);
}

function fortranStrides(shape: readonly number[]): number[] {
  let step = 2;
  return shape.map(size => {
    const stride = step;
    step *= size;
    return stride;
  });
}

/** Where element `i` in C order lies. */
function position(i: number, shape: readonly number[], strides: readonly number[]): number {
  let rest = i;
  let at = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    at += (rest % shape[d]) * strides[d];
    rest = Math.floor(rest / shape[d]);
  }
  return at;
}

/** float64 numbers in a shape. */
export function float64(data: readonly Entry[], shape: readonly number[]): Tensor {
  return tensor(Float64Array.from(data, toNumber), { dtype: 'float64' }).reshape(shape) as Tensor;
}

/** A float64 scalar. */
export function scalar(value: number): Tensor {
  return float64([value], []);
}
