import { indexSelect, ShapeError, showShape, type Tensor, tensor } from '@fluxion/autograd';

export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Which element of a dim stands at place i, from -before up to size + after. */
const places: Readonly<Record<Exclude<PaddingMode, 'zeros'>, (i: number, size: number) => number>> = {
  reflect: (i, size) => (i < 0 ? -i : i < size ? i : 2 * (size - 1) - i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => (i + size) % size,
};

/** x with borders made of its own elements, before and after each of its last dims. */
export function padBorders(
  layer: string,
  x: Tensor,
  borders: readonly (readonly [before: number, after: number])[],
  mode: Exclude<PaddingMode, 'zeros'>,
): Tensor {
  const first = x.ndim - borders.length;
  borders.forEach(([before, after], d) => {
    const size = x.shape[first + d];
    const most =
      mode === 'replicate' ? (size > 0 ? Number.POSITIVE_INFINITY : 0) : mode === 'reflect' ? size - 1 : size;
    if (Math.max(before, after) > most)
      throw new ShapeError(
        `${layer}: padding ${Math.max(before, after)} in mode '${mode}' needs a larger input than one of shape ${showShape(x.shape)}, whose dim ${first + d} ` +
          `has the size ${size}. Use less padding, or another mode.`,
      );
  });
  let y = x;
  borders.forEach(([before, after], d) => {
    if (before === 0 && after === 0) return;
    const size = x.shape[first + d];
    const index = Int32Array.from({ length: before + size + after }, (_, i) =>
      places[mode](i - before, size),
    );
    y = indexSelect(y, first + d, tensor(index)) as Tensor;
  });
  return y;
}
