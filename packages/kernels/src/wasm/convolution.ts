import { DTypeError } from '../errors.js';
import type { ConvolutionGeometry, Kernels, Operand } from '../interface.js';
import { contiguousStrides } from '../reference/view.js';
import { planOf } from './convolutionPlan.js';
import type { CopyKernels } from './copy.js';
import { finishFlags } from './gemm.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import { inParts, type Runtime } from './runtime.js';

/** What a block of columns may take: it should stay in the second-level cache next to the panels of the product. */
const blockBytes = 262_144;
/** No longer sum of products than this at a time, lest a panel crowd out the first-level cache. */
const mostPositions = 512;
/** Up to so many outputs of a group are computed without a product of matrices. */
const few = 3;
/** The images of a weight gradient are added up in so many sums at most, which take no more bytes than this together. */
const mostSums = 8;
const mostSumBytes = 2 ** 24;

type Part = Pick<Operand, 'shape' | 'strides'>;

export type ConvolutionKernels = Pick<
  Kernels,
  'convolution' | 'convolutionInputGrad' | 'convolutionWeightGrad' | 'unfold' | 'fold'
>;

interface Products {
  /** Bytes of an element. */
  readonly size: number;
  readonly batch: number;
  readonly groups: number;
  /** Of one group, as are the next. */
  readonly outputs: number;
  readonly depth: number;
  readonly positions: number;
}

/** What the compiled functions read, and what else is needed to call them. */
interface Plan extends Products {
  readonly address: number;
  /** Bytes of scratch that a call needs. */
  readonly scratch: number;
  readonly inPlace: boolean;
}

const spatial = (part: Part): readonly number[] => part.shape.slice(2);
const layout = (shape: readonly number[]): Part => ({ shape, strides: contiguousStrides(shape) });
const three = (list: readonly number[], missing: number): number[] => [
  ...new Array<number>(3 - list.length).fill(missing),
  ...list,
];

/** Offsets of the elements of a grid of three dims in C order, each `steps[d]` apart along dim d; the last one again up to a multiple of `together`. */
function grid(sizes: readonly number[], steps: readonly number[], together: number): Int32Array {
  const [depth, height, width] = sizes;
  const count = depth * height * width;
  const list = new Int32Array(Math.ceil(count / together) * together);
  let at = 0;
  for (let d = 0; d < depth; d++)
    for (let h = 0; h < height; h++)
      for (let w = 0; w < width; w++) list[at++] = d * steps[0] + h * steps[1] + w * steps[2];
  return list.fill(list[count - 1], count);
}

/** What the products of all images take, in nanoseconds, roughly. */
export const workOf = ({ batch, groups, outputs, depth, positions, size }: Products): number =>
  batch * groups * depth * positions * (0.3 + 0.03 * outputs) * (size / 4);

/** How each vector of origins is read: see assembly/convolution.ts. */
function leadsOf(origins: Int32Array, lanes: number, size: number): Int32Array {
  const leads = new Int32Array(origins.length / lanes);
  for (let v = 0, first = 0; v < leads.length; v++, first += lanes) {
    let breaks = 0;
    let last = 0;
    for (let l = 1; l < lanes; l++)
      if (origins[first + l] !== origins[first + l - 1] + size) {
        breaks++;
        last = l;
      }
    const twoRuns = breaks === 1 && origins[first + lanes - 1] > origins[first];
    leads[v] = breaks === 0 ? origins[first] : twoRuns ? 2 * last + 1 : 1;
  }
  return leads;
}

export function createConvolution(runtime: Runtime, { pack }: Pick<CopyKernels, 'pack'>): ConvolutionKernels {
  const { heap } = runtime;
  const { exports } = runtime;
  const { convolutionScratch, copy4, copy8, zeroBytes, add_f32, add_f64 } = exports;

  const contiguous = (a: Operand): number => (isContiguous(a) ? addressOf(heap, a) : pack(a));

  /** A temporary with whole numbers. */
  function ints(values: ArrayLike<number>): number {
    const address = heap.temporary(values.length * 4);
    heap.i32.set(values, address / 4);
    return address;
  }

  function itemSize(op: string, operands: readonly Operand[]): number {
    const { dtype } = operands[0].storage;
    for (const { storage } of operands) {
      if (storage.dtype !== dtype || (dtype !== 'float32' && dtype !== 'float64')) {
        throw new DTypeError(
          `${op}: got ${operands.map(o => o.storage.dtype).join(', ')}, expected float32 or float64 throughout; convert the inputs first.`,
        );
      }
    }
    return dtype === 'float32' ? 4 : 8;
  }

  /** Makes temporaries, which the caller releases. Weight and output have at least one element. */
  function plan(size: number, x: Part, weight: Part, output: Part, geometry: ConvolutionGeometry): Plan {
    const { groups } = geometry;
    const channels = weight.shape[1];
    const kernel = three(spatial(weight), 1);
    const positions = three(spatial(output), 1);
    const sizes = three(spatial(x), 1);
    const stride = three(geometry.stride, 1);
    const padding = three(geometry.padding, 0);
    const dilation = three(geometry.dilation, 1);
    const steps = x.strides.map(step => step * size);
    const xSteps = three(steps.slice(2), 0);
    // How far the windows reach, from the beginning of the padding.
    const reach = sizes.map((_, d) => (positions[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1);
    const inPlace = sizes.every((n, d) => padding[d] === 0 && reach[d] <= n);
    const frame = sizes.map((n, d) => Math.max(reach[d], padding[d] + n));
    const frameSteps = inPlace ? xSteps : [frame[1] * frame[2] * size, frame[2] * size, size];
    const channelStep = inPlace ? steps[1] : frame[0] * frameSteps[0];
    const along = (list: readonly number[]): number[] => list.map((n, d) => n * frameSteps[d]);
    // The compiled code takes two vectors at a time.
    const together = 32 / size;
    const taps = grid(kernel, along(dilation), 1);
    const origins = grid(positions, along(stride), together);
    const count = sizeOf(positions);
    const depth = channels * taps.length;
    const outputs = output.shape[1] / groups;
    const pointwise =
      inPlace &&
      taps.length === 1 &&
      steps[1] > 0 &&
      sizes.every((n, d) => n === positions[d]) &&
      origins.every((at, p) => p >= count || at === p * size);
    const most = Math.min(mostPositions, Math.floor(blockBytes / (Math.min(depth, 512) * size)));
    const even = Math.ceil(count / Math.ceil(count / most));
    const block = Math.min(count, Math.ceil(even / together) * together);
    const rows = grid([1, channels, taps.length], [0, channelStep, 0], 1);
    for (let i = 0; i < depth; i++) rows[i] += taps[i % taps.length];
    const address = ints(
      planOf({
        ...{ depth, outputs, positions: count, groups, channels, sizes, block, depthOfAll: depth },
        ...{ rows: ints(rows), origins: ints(origins), leads: ints(leadsOf(origins, together / 2, size)) },
        ...{ xImage: steps[0], xChannel: steps[1], xStrides: xSteps },
        ...{ frameChannel: channelStep, framePlane: frameSteps[0], frameRow: frameSteps[1] },
        frameBytes: inPlace ? 0 : channels * channelStep,
        interior: along(padding).reduce((sum, n) => sum + n),
        ...{ inPlace: Number(inPlace), pointwise: Number(pointwise), direct: Number(outputs <= few) },
      }),
    );
    const scratch = convolutionScratch(address, size);
    const batch = x.shape[0];
    return { address, scratch, size, batch, groups, outputs, depth, positions: count, inPlace };
  }

  /** Calls `run` for all images: with the first one, the one after the last, and scratch. Different threads take different images. */
  function images(p: Plan, run: (first: number, last: number, scratch: number) => void): void {
    inParts(runtime.threads, p.batch, workOf(p), (first, last) =>
      run(first, last, heap.temporary(p.scratch)),
    );
  }

  /**
   * The same where all images are added up in `result`, which is zero: `run` is given an address to add to as well. Groups of images have sums of their
   * own, which are then added in order. The groups are the same whatever the number of threads, and so is what comes out.
   */
  function sums(
    p: Plan,
    result: number,
    run: (first: number, last: number, to: number, scratch: number) => void,
  ): void {
    const { batch, size } = p;
    const length = p.groups * p.outputs * p.depth;
    const bytes = length * size;
    // To clear and to add one more must take little beside the product of its images.
    const most = Math.min(mostSums, (batch * p.positions) / 200, mostSumBytes / bytes);
    const step = Math.ceil(batch / Math.max(1, Math.floor(most)));
    const count = Math.ceil(batch / step);
    const others = count > 1 ? heap.temporary((count - 1) * bytes) : 0;
    if (count > 1) zeroBytes(others, (count - 1) * bytes);
    inParts(runtime.threads, count, workOf(p), (from, to) => {
      const scratch = heap.temporary(p.scratch);
      for (let i = from; i < to; i++) {
        const sum = i === 0 ? result : others + (i - 1) * bytes;
        run(i * step, Math.min((i + 1) * step, batch), sum, scratch);
      }
    });
    const add = size === 4 ? add_f32 : add_f64;
    for (let i = 1; i < count; i++) add(1, length, result, 0, 1, others + (i - 1) * bytes, 0, 1, result);
  }

  /** Address of the weights of each group transposed, or their own where they are few. */
  function transposed(address: number, { size, groups, outputs, depth }: Plan): number {
    if (outputs === 1) return address;
    const bytes = groups * outputs * depth * size;
    const to = heap.temporary(bytes);
    const copy = size === 4 ? copy4 : copy8;
    for (let at = 0; at < bytes; at += outputs * depth * size)
      copy(to + at, outputs * size, size, address + at, size, depth * size, depth, outputs);
    return to;
  }

  /**
   * Whether the gradient of the input is better computed as a convolution of that of the output: it needs strides of 1, and reads `outputs`
   * columns where the other way adds `channels` of them, each at twice the cost. Products of fewer than four rows are none.
   */
  function isConvolution(
    weight: Operand,
    { stride, padding, dilation, groups }: ConvolutionGeometry,
  ): boolean {
    const [outputs, channels] = weight.shape;
    return (
      channels > few &&
      outputs / groups <= 2 * channels &&
      stride.every(n => n === 1) &&
      padding.every((n, d) => n <= dilation[d] * (weight.shape[d + 2] - 1))
    );
  }

  /** The weight with its sides exchanged in each group, and its taps in reverse: [groups * channels, outputs, ...kernel]. */
  function turn(weight: Operand, address: number, size: number, groups: number): [Part, number] {
    const [all, channels, ...kernel] = weight.shape;
    const outputs = all / groups;
    const tapBytes = sizeOf(kernel) * size;
    const to = heap.temporary(all * channels * tapBytes);
    const copy = size === 4 ? copy4 : copy8;
    for (let g = 0; g < groups; g++)
      for (let c = 0; c < channels; c++) {
        const from = address + (g * outputs * channels + c + 1) * tapBytes - size;
        const target = to + (g * channels + c) * outputs * tapBytes;
        copy(target, tapBytes, size, from, channels * tapBytes, -size, outputs, tapBytes / size);
      }
    return [layout([groups * channels, outputs, ...kernel]), to];
  }

  function zero(out: Operand): void {
    const address = addressOf(heap, out);
    zeroBytes(address, sizeOf(out.shape) * (out.storage.dtype === 'float32' ? 4 : 8));
  }

  return {
    convolution(x, weight, out, geometry, finish) {
      const size = itemSize('convolution', [x, weight, out]);
      if (sizeOf(out.shape) === 0) return;
      const mark = heap.mark();
      const from = addressOf(heap, x);
      const to = addressOf(heap, out);
      const weights = contiguous(weight);
      const bias = finish?.bias == null ? 0 : addressOf(heap, finish.bias);
      const end = finishFlags(finish);
      const p = plan(size, x, weight, out, geometry);
      const run = size === 4 ? exports.convolution4 : exports.convolution8;
      images(p, (first, last, scratch) => run(p.address, first, last, from, weights, to, bias, end, scratch));
      heap.release(mark);
    },

    convolutionInputGrad(gradOutput, weight, out, geometry) {
      const size = itemSize('convolutionInputGrad', [gradOutput, weight, out]);
      if (sizeOf(out.shape) === 0) return;
      if (sizeOf(weight.shape) === 0 || sizeOf(gradOutput.shape) === 0) {
        zero(out);
        return;
      }
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const grads = contiguous(gradOutput);
      const weights = contiguous(weight);
      if (isConvolution(weight, geometry)) {
        const [turned, address] = turn(weight, weights, size, geometry.groups);
        const padding = geometry.padding.map((n, d) => geometry.dilation[d] * (weight.shape[d + 2] - 1) - n);
        const p = plan(size, layout(gradOutput.shape), turned, out, { ...geometry, padding });
        const run = size === 4 ? exports.convolution4 : exports.convolution8;
        images(p, (first, last, scratch) => run(p.address, first, last, grads, address, to, 0, 0, scratch));
        heap.release(mark);
        return;
      }
      const p = plan(size, layout(out.shape), weight, gradOutput, geometry);
      if (p.inPlace) zero(out);
      const run = size === 4 ? exports.convolutionInput4 : exports.convolutionInput8;
      const turned = transposed(weights, p);
      images(p, (first, last, scratch) => run(p.address, first, last, grads, turned, to, scratch));
      heap.release(mark);
    },

    convolutionWeightGrad(x, gradOutput, out, geometry) {
      const size = itemSize('convolutionWeightGrad', [x, gradOutput, out]);
      if (sizeOf(out.shape) === 0) return;
      zero(out);
      if (sizeOf(gradOutput.shape) === 0) return;
      const mark = heap.mark();
      const from = addressOf(heap, x);
      const to = addressOf(heap, out);
      const grads = contiguous(gradOutput);
      const p = plan(size, x, out, gradOutput, geometry);
      const run = size === 4 ? exports.convolutionWeight4 : exports.convolutionWeight8;
      const { groups, outputs, depth } = p;
      const into = (result: number): void =>
        sums(p, result, (first, last, sum, scratch) => {
          run(p.address, first, last, from, grads, sum, scratch);
        });
      if (outputs <= few) into(to);
      else {
        const bytes = groups * outputs * depth * size;
        const turned = heap.temporary(bytes);
        zeroBytes(turned, bytes);
        into(turned);
        const copy = size === 4 ? copy4 : copy8;
        for (let at = 0; at < bytes; at += outputs * depth * size)
          copy(to + at, depth * size, size, turned + at, size, outputs * size, outputs, depth);
      }
      heap.release(mark);
    },

    unfold(x, out, geometry) {
      const size = itemSize('unfold', [x, out]);
      if (sizeOf(out.shape) === 0) return;
      const mark = heap.mark();
      const from = addressOf(heap, x);
      const to = addressOf(heap, out);
      const rank = x.shape.length;
      const p = windowPlan(size, x, out.shape, rank, geometry);
      const run = size === 4 ? exports.unfold4 : exports.unfold8;
      images(p, (first, last, scratch) => run(p.address, first, last, from, to, scratch));
      heap.release(mark);
    },

    fold(columns, out, geometry) {
      const size = itemSize('fold', [columns, out]);
      if (sizeOf(out.shape) === 0) return;
      if (sizeOf(columns.shape) === 0) {
        zero(out);
        return;
      }
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const from = contiguous(columns);
      const p = windowPlan(size, layout(out.shape), columns.shape, out.shape.length, geometry);
      if (p.inPlace) zero(out);
      const run = size === 4 ? exports.fold4 : exports.fold8;
      images(p, (first, last, scratch) => run(p.address, first, last, to, from, scratch));
      heap.release(mark);
    },
  };

  /** The plan of columns [N, C, ...kernel, ...positions] of an image [N, C, ...spatial] of that rank. */
  function windowPlan(
    size: number,
    image: Part,
    columns: readonly number[],
    rank: number,
    geometry: ConvolutionGeometry,
  ): Plan {
    const weight = layout([1, image.shape[1], ...columns.slice(2, rank)]);
    const output = layout([image.shape[0], 1, ...columns.slice(rank)]);
    return plan(size, image, weight, output, { ...geometry, groups: 1 });
  }
}
