import { ShapeError, showShape } from '../../errors.js';
import type { ColumnStack, DStack, HStack, VStack } from '../../tensor/shapeTypes/joins.js';
import type { ShapesOf } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { joined } from './join.js';
import { checkList } from './list.js';
import { pad } from './pad.js';
import { atleast1d, atleast2d, atleast3d, reshapeTo } from './reshape.js';

type Form = (x: Tensor) => Tensor;

/** Joins tensors along a dim after bringing each to a form. */
function stacking(op: string, form: Form, dimOf: (first: Tensor) => number) {
  return composite(op, (tensors: readonly Tensor[]) => {
    checkList(op, tensors);
    const list = tensors.map(form);
    return joined(op, list, dimOf(list[0]));
  });
}

/** Side by side: joined along dim 1, vectors and scalars along their only dim. */
export const hstack: <const T extends readonly Tensor[]>(tensors: T) => Tensor<HStack<ShapesOf<T>>> =
  stacking('hstack', atleast1d as Form, first => (first.ndim === 1 ? 0 : 1)) as never;

/** One below the other: joined along dim 0, vectors as rows. */
export const vstack: <const T extends readonly Tensor[]>(tensors: T) => Tensor<VStack<ShapesOf<T>>> =
  stacking('vstack', atleast2d as Form, () => 0) as never;

/** One behind the other: joined along dim 2, vectors [n] as [1, n, 1] and matrices [m, n] as [m, n, 1]. */
export const dstack: <const T extends readonly Tensor[]>(tensors: T) => Tensor<DStack<ShapesOf<T>>> =
  stacking('dstack', atleast3d as Form, () => 2) as never;

/** Side by side as columns: joined along dim 1, vectors [n] as [n, 1]. */
export const columnStack: <const T extends readonly Tensor[]>(
  tensors: T,
) => Tensor<ColumnStack<ShapesOf<T>>> = stacking(
  'columnStack',
  x => (x.ndim < 2 ? reshapeTo(x, [x.size, 1]) : x),
  () => 1,
) as never;

/** The matrices along the diagonal of a larger one that is 0 elsewhere; vectors count as rows, scalars as [1, 1]. */
export const blockDiag: (tensors: readonly Tensor[]) => Tensor<[number, number]> = composite(
  'blockDiag',
  (tensors: readonly Tensor[]) => {
    checkList('blockDiag', tensors);
    tensors.forEach((x, i) => {
      if (x.ndim > 2)
        throw new ShapeError(
          `blockDiag: tensor ${i} has shape ${showShape(x.shape)}; expected matrices, vectors or scalars.`,
        );
    });
    const blocks = tensors.map(x => atleast2d(x) as Tensor);
    const columns = blocks.reduce((sum, x) => sum + x.shape[1], 0);
    let before = 0;
    const rows = blocks.map(x => {
      const row = pad(x, [before, columns - before - x.shape[1]]);
      before += x.shape[1];
      return row;
    });
    return joined('blockDiag', rows, 0);
  },
) as never;
