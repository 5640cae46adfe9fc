import { DTypeError } from '../errors.js';
import type { Finish, Kernels, Operand } from '../interface.js';
import { addressOf, sizeOf } from './layout.js';
import { nullPage } from './nullPage.js';
import type { Runtime } from './runtime.js';

/** Flags of the compiled code: what has to be packed, and what is done to the results. */
const packA = 1;
const packB = 2;
/** Neither, for rows of A meet columns of B that are contiguous as well. */
const rows = 8;
const relu = 4;

/** The flags of a finish. */
export const finishFlags = (finish: Finish | undefined): number => (finish?.relu === true ? relu : 0);

const tileAddress: number = nullPage.tiles;

/** B is read in place, rather than packed, if it is at most this large or so few rows of A use it. */
const smallBytes = 16_384;
const fewRows = 12;
/** Rows of A that are contiguous are copied nevertheless if they are so far apart that they crowd one another out of the cache, and so many columns of B use them. */
const farApart = 4096;
const manyColumns = 256;
/** Where sums are so many times as long as there are rows of A, to pack B takes longer than to add up lanes. */
const longSums = 8;

/**
 * One product c[m, n] = a[m, k] b[k, n], of matrices given by addresses, and strides in bytes; `size` is that of an element, the
 * rows of c follow one another, and no size but k is 0. `bias` is 0, or the address of an element for each column; `end` are the flags of a finish. Makes temporaries,
 * which the caller releases.
 */
type Product = (
  size: number,
  m: number,
  n: number,
  k: number,
  a: number,
  aRow: number,
  aColumn: number,
  b: number,
  bRow: number,
  bColumn: number,
  c: number,
  cRow: number,
  bias: number,
  end: number,
) => void;

function createProduct(runtime: Runtime): Product {
  const { heap } = runtime;
  const { gemm4, gemm8, gemmScratch, gemv4, gemv8, gevm4, gevm8, finish4, finish8, zeroBytes, copy4, copy8 } =
    runtime.exports;

  function product(
    size: number,
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    c: number,
    cRow: number,
    bias: number,
    end: number,
  ): void {
    if (n === 1 || m === 1 || k === 0) {
      // A product of a vector and a matrix; m === 1 is the same with the sides exchanged.
      if (k === 0) zeroBytes(c, m * cRow);
      else if (n === 1) matrixVector(size, m, k, a, aRow, aColumn, b, bRow, c, cRow);
      else matrixVector(size, n, k, b, bColumn, bRow, a, aColumn, c, size);
      if (bias !== 0 || end !== 0) (size === 4 ? finish4 : finish8)(m, n, c, cRow, bias, end);
      return;
    }
    let flags = end;
    // The kernel finds rows by adding up strides: they must not be negative.
    const readable = aColumn === size && aRow >= 0;
    if (size === 4 && readable && bRow === size && bColumn >= 0 && k >= longSums * m) flags |= rows;
    else {
      if (!readable || (aRow >= farApart && n >= manyColumns)) flags |= packA;
      if (bColumn !== size || (m > fewRows && k * n * size > smallBytes)) flags |= packB;
    }
    const scratch =
      (flags & (packA | packB)) === 0 ? tileAddress : heap.temporary(gemmScratch(size, m, n, k, flags));
    const run = size === 4 ? gemm4 : gemm8;
    run(m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, flags, scratch);
  }

  /** c[rows] = matrix[rows, k] x[k]. */
  function matrixVector(
    size: number,
    rows: number,
    k: number,
    matrix: number,
    rowStride: number,
    columnStride: number,
    x: number,
    xStride: number,
    c: number,
    cStride: number,
  ): void {
    if (columnStride === size || rowStride !== size) {
      const copy = size === 4 ? copy4 : copy8;
      if (columnStride !== size) {
        const packed = heap.temporary(rows * k * size);
        copy(packed, k * size, size, matrix, rowStride, columnStride, rows, k);
        matrix = packed;
        rowStride = k * size;
      }
      if (xStride !== size) {
        const packed = heap.temporary(k * size);
        copy(packed, 0, size, x, 0, xStride, 1, k);
        x = packed;
      }
      (size === 4 ? gemv4 : gemv8)(rows, k, matrix, rowStride, x, c, cStride);
    } else {
      (size === 4 ? gevm4 : gevm8)(rows, k, x, xStride, matrix, columnStride, c, cStride, tileAddress);
    }
  }

  return product;
}

export function createGemm(runtime: Runtime): Pick<Kernels, 'gemm'> {
  const { heap } = runtime;
  const product = createProduct(runtime);

  function batches(
    depth: number,
    outShape: readonly number[],
    a: Operand,
    b: Operand,
    size: number,
    m: number,
    n: number,
    k: number,
    addressA: number,
    addressB: number,
    addressC: number,
    bias: number,
    end: number,
  ): number {
    const { length } = outShape;
    if (depth === length - 2) {
      const mark = heap.mark();
      const { strides: s } = a;
      const { strides: t } = b;
      const aRow = s[s.length - 2] * size;
      const aColumn = s[s.length - 1] * size;
      const bRow = t[t.length - 2] * size;
      const bColumn = t[t.length - 1] * size;
      product(size, m, n, k, addressA, aRow, aColumn, addressB, bRow, bColumn, addressC, n * size, bias, end);
      heap.release(mark);
      return addressC + m * n * size;
    }
    const stepA = batchStride(a, depth, length) * size;
    const stepB = batchStride(b, depth, length) * size;
    for (let i = 0; i < outShape[depth]; i++) {
      addressC = batches(depth + 1, outShape, a, b, size, m, n, k, addressA, addressB, addressC, bias, end);
      addressA += stepA;
      addressB += stepB;
    }
    return addressC;
  }

  return {
    gemm(a, b, out, finish) {
      const { dtype } = out.storage;
      if (dtype !== 'float32' && dtype !== 'float64') {
        throw new DTypeError(`gemm: got ${dtype}, expected float32 or float64; convert the inputs first.`);
      }
      if (a.storage.dtype !== dtype || b.storage.dtype !== dtype) {
        throw new DTypeError(
          `gemm: got ${a.storage.dtype} and ${b.storage.dtype} with an output of ${dtype}, expected one dtype; convert the inputs first.`,
        );
      }
      const size = dtype === 'float32' ? 4 : 8;
      const total = sizeOf(out.shape);
      if (total === 0) return;
      const rank = out.shape.length;
      let m = out.shape[rank - 2];
      const n = out.shape[rank - 1];
      const k = a.shape[a.shape.length - 1];
      const addressA = addressOf(heap, a);
      const addressB = addressOf(heap, b);
      const addressC = addressOf(heap, out);
      const bias = finish?.bias == null ? 0 : addressOf(heap, finish.bias);
      const end = finishFlags(finish);
      if (rank > 2 && foldsIntoRows(a, b, out)) {
        // One matrix B for the whole batch: the batch is more rows of A.
        m = total / n;
        const mark = heap.mark();
        const { strides: s } = a;
        const { strides: t } = b;
        const aRow = s[s.length - 2] * size;
        const aColumn = s[s.length - 1] * size;
        const bRow = t[t.length - 2] * size;
        const bColumn = t[t.length - 1] * size;
        product(
          size,
          m,
          n,
          k,
          addressA,
          aRow,
          aColumn,
          addressB,
          bRow,
          bColumn,
          addressC,
          n * size,
          bias,
          end,
        );
        heap.release(mark);
        return;
      }
      batches(0, out.shape, a, b, size, m, n, k, addressA, addressB, addressC, bias, end);
    },
  };
}

/** Stride of an operand in the batch dim `depth` of an output of rank `length`: 0 where it broadcasts. */
function batchStride(operand: Operand, depth: number, length: number): number {
  const d = depth - (length - operand.shape.length);
  return d < 0 || operand.shape[d] === 1 ? 0 : operand.strides[d];
}

/** Whether B is the same for the whole batch and A's batch dims continue its rows evenly. */
function foldsIntoRows(a: Operand, b: Operand, out: Operand): boolean {
  for (let d = 0; d < b.shape.length - 2; d++) if (b.shape[d] !== 1) return false;
  const { shape, strides } = a;
  if (shape.length !== out.shape.length) return false;
  const rowDim = shape.length - 2;
  let step = strides[rowDim] * shape[rowDim];
  for (let d = rowDim - 1; d >= 0; d--) {
    if (shape[d] !== out.shape[d] || strides[d] !== step) return false;
    step *= shape[d];
  }
  return true;
}
