import type { Heap } from '../heap/heap.js';
import { workOf } from '../wasm/convolution.js';
import { Field, fieldCount } from '../wasm/convolutionPlan.js';

/** What the compiled functions of convolutions are given beside the plan, the first image and the one after the last. */
const kinds = {
  /** f(plan, first, last, x, weight, out, bias, flags, scratch) */
  convolution: { x: 3, weight: 4, out: 5 },
  /** f(plan, first, last, gradOutput, weight, gradInput, scratch): the weight is [channels and taps, outputs]. */
  convolutionInput: { x: 5, weight: 4, out: 3 },
  /** f(plan, first, last, x, gradOutput, gradWeight, scratch): as above, unless there are few outputs. */
  convolutionWeight: { x: 3, weight: 5, out: 4 },
} as const;
const biasAt = 6;

export type ConvolutionKind = keyof typeof kinds;

/** What a call takes on one thread, in nanoseconds, as the kernel itself estimates it. */
export function workOfConvolution(size: number, args: readonly number[], words: Int32Array): number {
  const [plan, first, last] = args;
  const fields = words.subarray(plan / 4, plan / 4 + fieldCount);
  const { [Field.depth]: depth, [Field.outputs]: outputs } = fields;
  const { [Field.positions]: positions, [Field.groups]: groups } = fields;
  return workOf({ size, batch: last - first, groups, outputs, depth, positions });
}

/**
 * How a call that is not divided by images is divided among `count` threads: by groups, or where there is one by outputs, and in gradients by channels. Each part
 * is a call for each image, with a plan of its own. Null if nothing is to be divided. Makes temporaries, which the caller releases.
 */
export function partsOfConvolution(
  kind: ConvolutionKind,
  size: number,
  args: readonly number[],
  count: number,
  heap: Heap,
  scratchOf: (plan: number, size: number) => number,
): number[][][] | null {
  const [plan, first, last] = args;
  const fields = heap.i32.slice(plan / 4, plan / 4 + fieldCount);
  const { [Field.outputs]: outputs, [Field.groups]: groups, [Field.channels]: channels } = fields;
  const { [Field.depth]: depth, [Field.positions]: positions, [Field.direct]: isDirect } = fields;
  const taps = depth / channels;
  const byGroups = groups > 1;
  const byOutputs = !byGroups && kind === 'convolution';
  // The gradient of few outputs has a row for each of them, of which a part has a piece only.
  if (kind === 'convolutionWeight' && !byGroups && isDirect) return null;
  const total = byGroups ? groups : byOutputs ? outputs : channels;
  const unit = byOutputs && !isDirect ? 4 : 1;
  const step = Math.ceil(total / count / unit) * unit;
  // How far on, in elements of each array, the next of what is divided is.
  const steps = { x: channels, weight: outputs * depth, out: outputs * positions, bias: outputs };
  if (byOutputs) Object.assign(steps, { x: 0, weight: depth, out: positions, bias: 1 });
  else if (!byGroups) Object.assign(steps, { x: 1, weight: taps * outputs, out: 0, bias: 0 });
  const at = kinds[kind];
  const parts: number[][][] = [];
  for (let from = 0; step < total && from < total; from += step) {
    const own = Math.min(step, total - from);
    const narrow = fields.slice();
    if (byGroups) narrow[Field.groups] = own;
    else if (byOutputs) narrow[Field.outputs] = own;
    else {
      narrow[Field.channels] = own;
      narrow[Field.depth] = own * taps;
      if (fields[Field.frameBytes] > 0) narrow[Field.frameBytes] = own * fields[Field.frameChannel];
    }
    const address = heap.temporary(fieldCount * 4);
    heap.i32.set(narrow, address / 4);
    const scratch = heap.temporary(scratchOf(address, size));
    const calls: number[][] = [];
    for (let image = first; image < last; image++) {
      const call = [...args];
      call.splice(0, 3, address, 0, 1);
      call[call.length - 1] = scratch;
      call[at.x] += image * fields[Field.xImage] + from * steps.x * fields[Field.xChannel];
      call[at.weight] += from * steps.weight * size;
      call[at.out] += (image * groups * outputs * positions + from * steps.out) * size;
      if (kind === 'convolution' && call[biasAt] !== 0) call[biasAt] += from * steps.bias * size;
      calls.push(call);
    }
    parts.push(calls);
  }
  return parts.length > 0 ? parts : null;
}
