import { DTypeError } from '../errors.js';
import type { ConvolutionGeometry, Kernels, Operand } from '../interface.js';
import { contiguousStrides } from '../reference/view.js';
import type { CopyKernels } from './copy.js';
import type { Product } from './gemm.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import { inParts, type Runtime } from './runtime.js';

/** What a block of columns may take: it should stay in the second-level cache next to the panels of the product. */
const blockBytes = 262_144;
const fewestColumns = 32;
/** Into so many sums, at most, the images of a weight gradient are divided. */
const mostSums = 8;

type Part = Pick<Operand, 'shape' | 'strides'>;

export type ConvolutionKernels = Pick<
  Kernels,
  'convolution' | 'convolutionInputGrad' | 'convolutionWeightGrad' | 'unfold' | 'fold'
>;

interface Tools {
  readonly pack: CopyKernels['pack'];
  readonly product: Product;
}

/** Sizes of a convolution, for one image and one group as matrices: output [outputs, positions] = weight [outputs, depth] x columns [depth, positions]. */
interface Sizes {
  readonly size: number;
  readonly batch: number;
  readonly groups: number;
  readonly outputs: number;
  readonly channels: number;
  readonly taps: number;
  readonly positions: number;
  readonly depth: number;
}

/**
 * Convolutions as matrix products. The columns of an image exist a block at a time; where kernel, stride and padding make them the image
 * itself, not at all.
 */
export function createConvolution(runtime: Runtime, { pack, product }: Tools): ConvolutionKernels {
  const { heap } = runtime;
  const { unfold4, unfold8, fold4, fold8, add_f32, add_f64, zeroBytes } = runtime.exports;

  /** A product that gives its temporaries back at once. */
  const multiply: Product = (...args) => {
    const mark = heap.mark();
    product(...args);
    heap.release(mark);
  };
  const spatial = (part: Part): readonly number[] => part.shape.slice(2);
  const contiguous = (a: Operand): number => (isContiguous(a) ? addressOf(heap, a) : pack(a));

  /** Writes what the compiled walk reads: three spatial dims, of which the missing leading ones have size 1. */
  function describe(
    x: Part,
    channels: number,
    size: number,
    kernel: readonly number[],
    positions: readonly number[],
    { stride, padding, dilation }: ConvolutionGeometry,
  ): number {
    const three = (list: readonly number[], missing: number): number[] => [
      ...new Array<number>(3 - list.length).fill(missing),
      ...list,
    ];
    const steps = x.strides.slice(1).map(step => step * size);
    const fields = [
      ...[channels, ...three(x.shape.slice(2), 1), steps[0], ...three(steps.slice(1), 0)],
      ...[...three(kernel, 1), ...three(positions, 1)],
      ...[...three(stride, 1), ...three(padding, 0), ...three(dilation, 1)],
    ];
    const address = heap.temporary(fields.length * 4);
    heap.i32.set(fields, address / 4);
    return address;
  }

  function sizes(
    op: string,
    x: Part,
    weight: Part,
    output: Part,
    groups: number,
    operands: Operand[],
  ): Sizes {
    const { dtype } = operands[0].storage;
    for (const { storage } of operands) {
      if (storage.dtype !== dtype || (dtype !== 'float32' && dtype !== 'float64')) {
        throw new DTypeError(
          `${op}: got ${operands.map(o => o.storage.dtype).join(', ')}, expected float32 or float64 throughout; convert the inputs first.`,
        );
      }
    }
    const taps = sizeOf(spatial(weight));
    const channels = weight.shape[1];
    return {
      size: dtype === 'float32' ? 4 : 8,
      batch: x.shape[0],
      groups,
      outputs: output.shape[1] / groups,
      channels,
      taps,
      positions: sizeOf(spatial(output)),
      depth: channels * taps,
    };
  }

  /** Whether the columns of an image are the image. */
  function isPointwise(
    x: Part,
    weight: Part,
    output: Part,
    { stride, padding }: ConvolutionGeometry,
  ): boolean {
    if (sizeOf(spatial(weight)) !== 1) return false;
    let step = 1;
    for (let d = x.shape.length - 1; d >= 2; d--) {
      if (stride[d - 2] !== 1 || padding[d - 2] !== 0 || x.shape[d] !== output.shape[d]) return false;
      if (x.shape[d] !== 1 && x.strides[d] !== step) return false;
      step *= x.shape[d];
    }
    return true;
  }

  function blockSize({ depth, size, positions }: Sizes): number {
    const columns = Math.floor(blockBytes / (depth * size)) & ~15;
    return Math.min(Math.max(columns, fewestColumns), positions);
  }

  /** For one image and group: addresses of its part of x and of the output, group and image. */
  type Run = (x: number, output: number, group: number, image: number) => void;

  /** What a convolution takes, in nanoseconds. */
  const work = (s: Sizes): number =>
    s.batch * s.groups * s.depth * s.positions * (0.3 + 0.05 * s.outputs) * (s.size / 4);

  function images(
    s: Sizes,
    x: Part,
    xAddress: number,
    outputAddress: number,
    from: number,
    to: number,
    run: Run,
  ): void {
    const outputBytes = s.outputs * s.positions * s.size;
    for (let n = from; n < to; n++)
      for (let g = 0; g < s.groups; g++) {
        const at = xAddress + (n * x.strides[0] + g * s.channels * x.strides[1]) * s.size;
        run(at, outputAddress + (n * s.groups + g) * outputBytes, g, n);
      }
  }

  /** Every image and group. `prepare` makes the temporaries of a run: different threads take different images. */
  function parts(s: Sizes, x: Part, xAddress: number, outputAddress: number, prepare: () => Run): void {
    inParts(runtime.threads, s.batch, work(s), (from, to) => {
      images(s, x, xAddress, outputAddress, from, to, prepare());
    });
  }

  /**
   * The same where all images are added up in one result: groups of them in sums of their own, which are then added in order. The groups are the
   * same whatever the number of threads, and so is the result. `prepare` is given the address of a sum and the image it begins with.
   */
  function sums(
    s: Sizes,
    x: Part,
    xAddress: number,
    outputAddress: number,
    result: number,
    prepare: (to: number, first: number) => Run,
  ): void {
    const length = s.groups * s.outputs * s.depth;
    const bytes = length * s.size;
    // Where sums are large, so are the products, which are then divided each by itself.
    const most = bytes <= blockBytes ? mostSums : 1;
    const step = Math.ceil(s.batch / most);
    const count = Math.ceil(s.batch / step);
    const others = count > 1 ? heap.temporary((count - 1) * bytes) : 0;
    inParts(runtime.threads, count, work(s), (from, to) => {
      for (let i = from; i < to; i++) {
        const sum = i === 0 ? result : others + (i - 1) * bytes;
        const first = i * step;
        const last = Math.min(first + step, s.batch);
        const mark = heap.mark();
        images(s, x, xAddress, outputAddress, first, last, prepare(sum, first));
        heap.release(mark);
      }
    });
    const add = s.size === 4 ? add_f32 : add_f64;
    for (let i = 1; i < count; i++) add(1, length, result, 0, 1, others + (i - 1) * bytes, 0, 1, result);
  }

  function zero(out: Operand): void {
    const address = addressOf(heap, out);
    zeroBytes(address, sizeOf(out.shape) * (out.storage.dtype === 'float32' ? 4 : 8));
  }

  const layout = (shape: readonly number[]): Part => ({ shape, strides: contiguousStrides(shape) });

  return {
    convolution(x, weight, out, geometry) {
      const s = sizes('convolution', x, weight, out, geometry.groups, [x, weight, out]);
      if (sizeOf(out.shape) === 0) return;
      if (s.depth === 0) {
        zero(out);
        return;
      }
      const mark = heap.mark();
      const xAddress = addressOf(heap, x);
      const outAddress = addressOf(heap, out);
      const weights = contiguous(weight);
      const { size, depth, outputs, positions } = s;
      const row = depth * size;
      const outRow = positions * size;
      const groupBytes = outputs * row;
      if (isPointwise(x, weight, out, geometry)) {
        const channelBytes = x.strides[1] * size;
        parts(s, x, xAddress, outAddress, () => (image, to, g) => {
          const w = weights + g * groupBytes;
          multiply(size, outputs, positions, depth, w, row, size, image, channelBytes, size, to, outRow, 0);
        });
      } else {
        const unfold = size === 4 ? unfold4 : unfold8;
        const block = blockSize(s);
        const about = describe(x, s.channels, size, spatial(weight), spatial(out), geometry);
        parts(s, x, xAddress, outAddress, () => {
          const columns = heap.temporary(depth * block * size);
          return (image, to, g) => {
            const w = weights + g * groupBytes;
            for (let from = 0; from < positions; from += block) {
              const count = Math.min(block, positions - from);
              const step = count * size;
              unfold(columns, step, image, about, from, count);
              multiply(
                size,
                outputs,
                count,
                depth,
                w,
                row,
                size,
                columns,
                step,
                size,
                to + from * size,
                outRow,
                0,
              );
            }
          };
        });
      }
      heap.release(mark);
    },

    convolutionInputGrad(gradOutput, weight, out, geometry) {
      const s = sizes('convolutionInputGrad', out, weight, gradOutput, geometry.groups, [
        gradOutput,
        weight,
        out,
      ]);
      if (sizeOf(out.shape) === 0) return;
      zero(out);
      if (s.outputs === 0 || s.positions === 0 || s.taps === 0) return;
      const mark = heap.mark();
      const outAddress = addressOf(heap, out);
      const grads = contiguous(gradOutput);
      const weights = contiguous(weight);
      const { size, depth, outputs, positions } = s;
      const row = depth * size;
      const gradRow = positions * size;
      const groupBytes = outputs * row;
      const x = layout(out.shape);
      if (isPointwise(x, weight, gradOutput, geometry)) {
        parts(s, x, outAddress, grads, () => (image, from, g) => {
          const w = weights + g * groupBytes;
          multiply(size, depth, positions, outputs, w, size, row, from, gradRow, size, image, gradRow, 0);
        });
      } else {
        const fold = size === 4 ? fold4 : fold8;
        const block = blockSize(s);
        const about = describe(x, s.channels, size, spatial(weight), spatial(gradOutput), geometry);
        parts(s, x, outAddress, grads, () => {
          const columns = heap.temporary(depth * block * size);
          return (image, grad, g) => {
            const w = weights + g * groupBytes;
            for (let from = 0; from < positions; from += block) {
              const count = Math.min(block, positions - from);
              const step = count * size;
              multiply(
                size,
                depth,
                count,
                outputs,
                w,
                size,
                row,
                grad + from * size,
                gradRow,
                size,
                columns,
                step,
                0,
              );
              fold(columns, step, image, about, from, count);
            }
          };
        });
      }
      heap.release(mark);
    },

    convolutionWeightGrad(x, gradOutput, out, geometry) {
      const s = sizes('convolutionWeightGrad', x, out, gradOutput, geometry.groups, [x, gradOutput, out]);
      if (sizeOf(out.shape) === 0) return;
      if (s.batch === 0 || s.positions === 0) {
        zero(out);
        return;
      }
      const mark = heap.mark();
      const xAddress = addressOf(heap, x);
      const outAddress = addressOf(heap, out);
      const grads = contiguous(gradOutput);
      const { size, depth, outputs, positions } = s;
      const row = depth * size;
      const gradRow = positions * size;
      const groupBytes = outputs * row;
      if (isPointwise(x, out, gradOutput, geometry)) {
        const channelBytes = x.strides[1] * size;
        sums(s, x, xAddress, grads, outAddress, (sum, first) => (image, grad, g, n) => {
          const to = sum + g * groupBytes;
          const add = n === first ? 0 : 1;
          multiply(
            size,
            outputs,
            depth,
            positions,
            grad,
            gradRow,
            size,
            image,
            size,
            channelBytes,
            to,
            row,
            add,
          );
        });
      } else {
        const unfold = size === 4 ? unfold4 : unfold8;
        const block = blockSize(s);
        const about = describe(x, s.channels, size, spatial(out), spatial(gradOutput), geometry);
        sums(s, x, xAddress, grads, outAddress, (sum, first) => {
          const columns = heap.temporary(depth * block * size);
          return (image, grad, g, n) => {
            const to = sum + g * groupBytes;
            for (let from = 0; from < positions; from += block) {
              const count = Math.min(block, positions - from);
              const step = count * size;
              const add = n === first && from === 0 ? 0 : 1;
              unfold(columns, step, image, about, from, count);
              multiply(
                size,
                outputs,
                depth,
                count,
                grad + from * size,
                gradRow,
                size,
                columns,
                size,
                step,
                to,
                row,
                add,
              );
            }
          };
        });
      }
      heap.release(mark);
    },

    unfold(x, out, geometry) {
      const rank = x.shape.length;
      const kernel = layout([0, 1, ...out.shape.slice(2, rank)]);
      const s = sizes('unfold', x, kernel, layout([0, 0, ...out.shape.slice(rank)]), 1, [x, out]);
      if (sizeOf(out.shape) === 0) return;
      const mark = heap.mark();
      const xAddress = addressOf(heap, x);
      const to = addressOf(heap, out);
      const about = describe(x, x.shape[1], s.size, spatial(kernel), out.shape.slice(rank), geometry);
      const row = s.positions * s.size;
      const imageBytes = x.shape[1] * s.taps * row;
      const unfold = s.size === 4 ? unfold4 : unfold8;
      for (let n = 0; n < s.batch; n++)
        unfold(to + n * imageBytes, row, xAddress + n * x.strides[0] * s.size, about, 0, s.positions);
      heap.release(mark);
    },

    fold(columns, out, geometry) {
      const rank = out.shape.length;
      const kernel = layout([0, 1, ...columns.shape.slice(2, rank)]);
      const s = sizes('fold', out, kernel, layout([0, 0, ...columns.shape.slice(rank)]), 1, [columns, out]);
      if (sizeOf(out.shape) === 0) return;
      zero(out);
      if (sizeOf(columns.shape) === 0) return;
      const mark = heap.mark();
      const to = addressOf(heap, out);
      const from = contiguous(columns);
      const about = describe(
        layout(out.shape),
        out.shape[1],
        s.size,
        spatial(kernel),
        columns.shape.slice(rank),
        geometry,
      );
      const row = s.positions * s.size;
      const columnBytes = out.shape[1] * s.taps * row;
      const imageBytes = sizeOf(out.shape.slice(1)) * s.size;
      const fold = s.size === 4 ? fold4 : fold8;
      for (let n = 0; n < s.batch; n++)
        fold(from + n * columnBytes, row, to + n * imageBytes, about, 0, s.positions);
      heap.release(mark);
    },
  };
}
