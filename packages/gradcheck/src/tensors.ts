import { ArgumentError, full, noGrad, show, Tensor } from '@fluxion/autograd';

/** The tensors in arrays and plain objects, in order. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(tensorsIn);
  throw new ArgumentError(
    `gradcheck: the function returned ${show(value)}; expected a tensor, or tensors in arrays and plain objects.`,
  );
}

/** A copy of the elements in C order, as float64. */
export function valuesOf(t: Tensor): Float64Array {
  return Float64Array.from(t.toTypedArray());
}

/** The same elements with their dims in the opposite order in memory, two apart, and between them NaN (77, or true) for whoever reads astray. */
export function strided(t: Tensor): Tensor {
  return noGrad(() => {
    const filler = t.dtype === 'bool' ? 1 : t.dtype === 'int32' ? 77 : Number.NaN;
    const back = t.shape.map((_, i) => t.ndim - 1 - i);
    const turned = t.permute(back) as Tensor;
    if (t.ndim === 0) {
      const pair = full([3], filler, { dtype: t.dtype }) as Tensor;
      (pair.select(0, 1) as Tensor).assign(t);
      return pair.select(0, 1) as Tensor;
    }
    const last = t.ndim - 1;
    const sizes = turned.shape.map((size, i) => (i === last ? 2 * size + 1 : size));
    const wide = full(sizes, filler, { dtype: t.dtype }) as Tensor;
    const part = wide.slice(last, { start: 1, step: 2 }) as Tensor;
    part.assign(turned);
    return part.permute(back) as Tensor;
  });
}
