import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { where } from '../binary.js';
import { composite } from '../define.js';
import { diagEmbed, diagonal } from '../shape/diagonal.js';
import { expand, reshapeTo } from '../shape.js';

export interface DiagonalOptions {
  /** Which diagonal: 0 the main one, positive ones above it, negative ones below. Default 0. */
  readonly diagonal?: number;
}

function checkDiagonal(op: string, diagonal: number): void {
  if (!Number.isInteger(diagonal))
    throw new ArgumentError(`${op}: diagonal is ${show(diagonal)}; expected a whole number.`);
}

function triangle(
  op: string,
  keeps: (row: number, column: number, diagonal: number) => boolean,
): <S extends Shape>(x: Tensor<S>, options?: DiagonalOptions) => Tensor<S> {
  return composite(op, (x: Tensor, { diagonal = 0 }: DiagonalOptions = {}) => {
    checkDiagonal(op, diagonal);
    if (x.ndim < 2)
      throw new ShapeError(
        `${op}: expected a matrix or a batch of them, got shape ${showShape(x.shape)}. Unsqueeze it first.`,
      );
    const [rows, columns] = x.shape.slice(-2);
    const mask = raw([rows, columns], 'bool');
    kernels().write(
      mask,
      Uint8Array.from({ length: rows * columns }, (_, i) =>
        keeps(Math.floor(i / columns), i % columns, diagonal) ? 1 : 0,
      ),
    );
    return where(mask, x, 0) as Tensor;
  }) as never;
}

/** The lower triangle of the last two dims, `diagonal` included; 0 elsewhere. */
export const tril: <S extends Shape>(x: Tensor<S>, options?: DiagonalOptions) => Tensor<S> = triangle(
  'tril',
  (row, column, diagonal) => column - row <= diagonal,
);
/** The upper triangle of the last two dims, `diagonal` included; 0 elsewhere. */
export const triu: <S extends Shape>(x: Tensor<S>, options?: DiagonalOptions) => Tensor<S> = triangle(
  'triu',
  (row, column, diagonal) => column - row >= diagonal,
);

/** Of a vector the matrix with it as a diagonal; of a matrix that diagonal, which shares its memory. */
export const diag: (x: Tensor, options?: DiagonalOptions) => Tensor = composite(
  'diag',
  (x: Tensor, { diagonal: offset = 0 }: DiagonalOptions = {}) => {
    checkDiagonal('diag', offset);
    if (x.ndim === 1) return diagEmbed(x, { offset });
    if (x.ndim !== 2)
      throw new ShapeError(
        `diag: expected a vector or a matrix, got shape ${showShape(x.shape)}. Use diagonal or diagEmbed for batches.`,
      );
    const [rows, columns] = x.shape;
    if (offset > columns || -offset > rows)
      throw new ArgumentError(
        `diag: a matrix of shape ${showShape(x.shape)} has no diagonal ${offset}; expected one from ${-rows} to ${columns}.`,
      );
    return diagonal(x, { offset });
  },
);

export interface MeshgridOptions {
  /** `ij`: dim i of the grids runs along input i. `xy`: the first two dims change places. Default `ij`. */
  readonly indexing?: 'ij' | 'xy';
}

/** For every input (vectors or scalars) a view of the shape of all their sizes in which it runs along its own dim. */
export const meshgrid: (tensors: readonly Tensor[], options?: MeshgridOptions) => readonly Tensor[] =
  composite('meshgrid', (tensors: readonly Tensor[], { indexing = 'ij' }: MeshgridOptions = {}) => {
    if (!Array.isArray(tensors) || tensors.length === 0 || tensors.some(t => !(t instanceof Tensor)))
      throw new ArgumentError(
        `meshgrid: expected a list of tensors, got ${show(tensors)}: meshgrid([x, y]).`,
      );
    if (indexing !== 'ij' && indexing !== 'xy')
      throw new ArgumentError(`meshgrid: indexing is ${show(indexing)}; expected 'ij' or 'xy'.`);
    tensors.forEach((t, i) => {
      if (t.ndim > 1)
        throw new ShapeError(
          `meshgrid: tensor ${i} has shape ${showShape(t.shape)}; expected vectors or scalars. Flatten it first.`,
        );
    });
    const order = tensors.map((_, i) => (indexing === 'xy' && i < 2 && tensors.length > 1 ? 1 - i : i));
    const shape = order.map(i => tensors[i].size);
    return tensors.map((t, i) => {
      const own = order.indexOf(i);
      const lined = reshapeTo(
        t,
        shape.map((_, d) => (d === own ? t.size : 1)),
      );
      return expand(lined, shape) as Tensor;
    });
  });
