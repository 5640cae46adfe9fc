import type { RandomKind } from '../interface.js';
import { fillRandom } from '../random.js';
import { elementCount, isFloating, unsupported, type View } from './view.js';

/** Fills `out`, which is contiguous, with numbers of the stream of random.ts. */
export function random(kind: RandomKind, key0: number, key1: number, counter: number, out: View): void {
  const { data, dtype, offset } = out;
  if (!isFloating(dtype)) throw unsupported(`random ${kind}`, dtype, 'float32 or float64');
  const run = data.subarray(offset, offset + elementCount(out.shape)) as Float32Array | Float64Array;
  fillRandom(kind, key0, key1, counter, run);
}
