import { DTypeError } from '../errors.js';
import type { ConvolutionGeometry, Kernels, Operand } from '../interface.js';
import { contiguousStrides } from '../reference/view.js';
import type { CopyKernels } from './copy.js';
import type { Product } from './gemm.js';
import { addressOf, isContiguous, sizeOf } from './layout.js';
import type { Runtime } from './runtime.js';

/** What a block of columns may take: it should stay in the second-level cache next to the panels of the product. */
const blockBytes = 262_144;
const fewestColumns = 32;

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
  const { unfold4, unfold8, fold4, fold8 } = runtime.exports;

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

  /** Calls `run` for every image and group with the addresses of its part of x and of the output. */
  function parts(
    s: Sizes,
    x: Part,
    xAddress: number,
    outputAddress: number,
    run: (x: number, output: number, group: number, image: number) => void,
  ): void {
    const outputBytes = s.outputs * s.positions * s.size;
    for (let n = 0; n < s.batch; n++)
      for (let g = 0; g < s.groups; g++) {
        const at = xAddress + (n * x.strides[0] + g * s.channels * x.strides[1]) * s.size;
        run(at, outputAddress + (n * s.groups + g) * outputBytes, g, n);
      }
  }

  function zero(out: Operand): void {
    const address = addressOf(heap, out);
    heap.u8.fill(0, address, address + sizeOf(out.shape) * (out.storage.dtype === 'float32' ? 4 : 8));
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
        parts(s, x, xAddress, outAddress, (image, to, g) => {
          const w = weights + g * groupBytes;
          multiply(size, outputs, positions, depth, w, row, size, image, channelBytes, size, to, outRow, 0);
        });
      } else {
        const unfold = size === 4 ? unfold4 : unfold8;
        const block = blockSize(s);
        const columns = heap.temporary(depth * block * size);
        const about = describe(x, s.channels, size, spatial(weight), spatial(out), geometry);
        parts(s, x, xAddress, outAddress, (image, to, g) => {
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
        parts(s, x, outAddress, grads, (image, from, g) => {
          const w = weights + g * groupBytes;
          multiply(size, depth, positions, outputs, w, size, row, from, gradRow, size, image, gradRow, 0);
        });
      } else {
        const fold = size === 4 ? fold4 : fold8;
        const block = blockSize(s);
        const columns = heap.temporary(depth * block * size);
        const about = describe(x, s.channels, size, spatial(weight), spatial(gradOutput), geometry);
        parts(s, x, outAddress, grads, (image, grad, g) => {
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
        parts(s, x, xAddress, grads, (image, grad, g, n) => {
          const to = outAddress + g * groupBytes;
          const add = n === 0 ? 0 : 1;
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
        const columns = heap.temporary(depth * block * size);
        const about = describe(x, s.channels, size, spatial(out), spatial(gradOutput), geometry);
        parts(s, x, xAddress, grads, (image, grad, g, n) => {
          const to = outAddress + g * groupBytes;
          for (let from = 0; from < positions; from += block) {
            const count = Math.min(block, positions - from);
            const step = count * size;
            const add = n === 0 && from === 0 ? 0 : 1;
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
