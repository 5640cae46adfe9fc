import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { permute, reshapeTo } from '../shape.js';

function check(op: string, x: Tensor, name: string, factor: number): void {
  if (x.ndim < 3)
    throw new ShapeError(`${op}: expected an input of shape [..., C, H, W], got ${showShape(x.shape)}.`);
  if (!Number.isInteger(factor) || factor < 1)
    throw new ArgumentError(`${op}: ${name} is ${show(factor)}; expected a whole number from 1.`);
}

/** The order of n leading dims as they are, and after them the others in the given order. */
function order(n: number, ...rest: readonly number[]): number[] {
  return [...Array.from({ length: n }, (_, i) => i), ...rest.map(d => n + d)];
}

/** [..., C r r, H, W] to [..., C, H r, W r]: channels become pixels (Shi et al. 2016). */
export const pixelShuffle: (x: Tensor, upscaleFactor: number) => Tensor = composite(
  'pixelShuffle',
  (x: Tensor, upscaleFactor: number) => {
    const r = upscaleFactor;
    check('pixelShuffle', x, 'upscaleFactor', r);
    const lead = x.shape.slice(0, -3);
    const [channels, h, w] = x.shape.slice(-3);
    if (channels % (r * r) !== 0)
      throw new ShapeError(
        `pixelShuffle: an input of shape ${showShape(x.shape)} has ${channels} channels, which the square of upscaleFactor ${r}, ${r * r}, does not divide.`,
      );
    const c = channels / (r * r);
    const parts = reshapeTo(x, [...lead, c, r, r, h, w]);
    return reshapeTo(permute(parts, order(lead.length, 0, 3, 1, 4, 2)) as Tensor, [...lead, c, h * r, w * r]);
  },
);

/** [..., C, H r, W r] to [..., C r r, H, W]: the inverse of `pixelShuffle`. */
export const pixelUnshuffle: (x: Tensor, downscaleFactor: number) => Tensor = composite(
  'pixelUnshuffle',
  (x: Tensor, downscaleFactor: number) => {
    const r = downscaleFactor;
    check('pixelUnshuffle', x, 'downscaleFactor', r);
    const lead = x.shape.slice(0, -3);
    const [c, height, width] = x.shape.slice(-3);
    if (height % r !== 0 || width % r !== 0)
      throw new ShapeError(
        `pixelUnshuffle: the sizes ${height} and ${width} of an input of shape ${showShape(x.shape)} must be multiples of downscaleFactor ${r}.`,
      );
    const [h, w] = [height / r, width / r];
    const parts = reshapeTo(x, [...lead, c, h, r, w, r]);
    return reshapeTo(permute(parts, order(lead.length, 0, 2, 4, 1, 3)) as Tensor, [...lead, c * r * r, h, w]);
  },
);
