import {
  ArgumentError,
  arange,
  type Generator,
  rand,
  type Shape,
  show,
  type Tensor,
  where,
} from '@fluxion/autograd';
import { checkGenerator } from '../check.js';
import { batched } from './batch.js';

export interface CutoutOptions {
  /** What the hole is filled with. Default 0. */
  readonly fill?: number;
  /** What the places are drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Blots out a rectangle at a random place of each image; its centre is anywhere in the image, so that part of it may lie outside (DeVries and Taylor 2017).
 *
 * @param size height and width of the hole in pixels, or one number for a square
 */
export function cutout<S extends Shape>(
  x: Tensor<S>,
  size: number | readonly [number, number],
  options: CutoutOptions = {},
): Tensor<S> {
  const op = 'cutout';
  const { fill = 0, generator } = options;
  checkGenerator(op, generator);
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  for (const s of [height, width])
    if (!Number.isInteger(s) || s < 0)
      throw new ArgumentError(`${op}: the size of the hole is ${show(size)}; expected whole numbers from 0.`);
  return batched(op, x, 4, images => {
    const [n, , rows, columns] = images.shape;
    const centres = rand([2, n], { dtype: images.dtype, generator }) as Tensor;
    const within = (axis: number, count: number, extent: number): Tensor => {
      const start = (centres.select(0, axis) as Tensor)
        .mul(count)
        .floor()
        .sub(Math.floor(extent / 2))
        .reshape([n, 1]) as Tensor;
      const at = arange(0, count, 1, { dtype: images.dtype }) as Tensor;
      return at.ge(start).logicalAnd(at.lt(start.add(extent) as Tensor) as Tensor) as Tensor;
    };
    const down = within(0, rows, height).reshape([n, 1, rows, 1]) as Tensor;
    const across = within(1, columns, width).reshape([n, 1, 1, columns]) as Tensor;
    return where(down.logicalAnd(across) as Tensor, fill, images) as Tensor;
  }) as Tensor<S>;
}
