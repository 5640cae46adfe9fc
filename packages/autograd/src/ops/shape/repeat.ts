import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { Repeat, RepeatInterleave } from '../../tensor/shapeTypes/moves.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { indexSelect } from '../indexing.js';
import { clone } from '../unary.js';
import { expand } from './expand.js';
import { reshapeTo } from './reshape.js';

function checkTimes(op: string, times: readonly number[]): void {
  if (!Array.isArray(times) || times.some(n => !Number.isInteger(n) || n < 0))
    throw new ArgumentError(
      `${op}: expected how often to repeat each dim, such as [2, 1], in whole numbers from 0; got ${show(times)}.`,
    );
}

/** Repeated along each dim: as many numbers as dims or more, new dims leading. Always one copy. */
function repeated(x: Tensor, times: readonly number[]): Tensor {
  const lead = times.length - x.ndim;
  const sizes = times.map((_, i) => (i < lead ? 1 : x.shape[i - lead]));
  // Every dim gets one before it, which expands.
  const apart = reshapeTo(
    x,
    sizes.flatMap(size => [1, size]),
  );
  const grown = expand(
    apart,
    times.flatMap((n, i) => [n, sizes[i]]),
  ) as Tensor;
  return reshapeTo(
    clone(grown),
    times.map((n, i) => n * sizes[i]),
  );
}

/** The tensor laid side by side with itself, `times[i]` times along dim i; more numbers than dims give new leading dims. A copy. */
export const repeat: <S extends Shape, const N extends Shape>(
  x: Tensor<S>,
  times: N,
) => Tensor<Repeat<S, N>> = composite('repeat', (x: Tensor, times: readonly number[]) => {
  checkTimes('repeat', times);
  if (times.length < x.ndim)
    throw new ArgumentError(
      `repeat: ${show(times)} has ${times.length} numbers for the ${x.ndim} dims of shape ${showShape(x.shape)}; expected one for each dim, or more. ` +
        'Use tile, which takes fewer.',
    );
  return repeated(x, times);
}) as never;

/** Like `repeat`; fewer numbers than dims are those of the last dims. A copy. */
export const tile: <S extends Shape, const N extends Shape>(x: Tensor<S>, times: N) => Tensor<Repeat<S, N>> =
  composite('tile', (x: Tensor, times: readonly number[]) => {
    checkTimes('tile', times);
    const missing = Math.max(x.ndim - times.length, 0);
    return repeated(x, [...new Array<number>(missing).fill(1), ...times]);
  }) as never;

/** How often each of `size` elements is to come, as the list of their indices. */
function spread(counts: Tensor, size: number): Tensor {
  if (counts.dtype !== 'int32')
    throw new DTypeError(
      `repeatInterleave: expected int32 counts, got ${counts.dtype}. Convert them: counts.to('int32').`,
    );
  if (counts.ndim > 1 || (counts.size !== size && counts.size !== 1))
    throw new ShapeError(
      `repeatInterleave: counts of shape ${showShape(counts.shape)} do not fit ${size} elements: expected a vector with one count for each, or one for all.`,
    );
  const values = kernels().read(counts);
  const bad = values.findIndex(n => n < 0);
  if (bad >= 0)
    throw new ArgumentError(
      `repeatInterleave: count ${values[bad]} at position ${bad} is negative; expected whole numbers from 0.`,
    );
  const list: number[] = [];
  for (let i = 0; i < size; i++) for (let n = values[values.length === 1 ? 0 : i]; n > 0; n--) list.push(i);
  const index = raw([list.length], 'int32');
  kernels().write(index, list);
  return index;
}

/**
 * Every element of a dim repeated in its place: so many times each, or as often as an int32 tensor of counts says for each. Without `dim`
 * the tensor is flattened first.
 */
export const repeatInterleave: <
  S extends Shape,
  const N extends number | Tensor,
  const D extends number | undefined = undefined,
>(
  x: Tensor<S>,
  repeats: N,
  dim?: D,
) => Tensor<RepeatInterleave<S, N, D>> = composite(
  'repeatInterleave',
  (given: Tensor, repeats: number | Tensor, dim?: number) => {
    if (dim !== undefined && given.ndim === 0) normalizeDim('repeatInterleave', dim, 0);
    const x = dim === undefined || given.ndim === 0 ? reshapeTo(given, [given.size]) : given;
    const d = normalizeDim('repeatInterleave', dim ?? 0, x.ndim);
    if (repeats instanceof Tensor) return indexSelect(x, d, spread(repeats, x.shape[d])) as Tensor;
    if (!Number.isInteger(repeats) || repeats < 0)
      throw new ArgumentError(
        `repeatInterleave: repeats is ${show(repeats)}; expected a whole number from 0, or an int32 tensor of counts.`,
      );
    const before = x.shape.slice(0, d + 1);
    const after = x.shape.slice(d + 1);
    const apart = reshapeTo(x, [...before, 1, ...after]);
    const grown = expand(apart, [...before, repeats, ...after]) as Tensor;
    return reshapeTo(clone(grown), x.shape.with(d, x.shape[d] * repeats));
  },
) as never;
