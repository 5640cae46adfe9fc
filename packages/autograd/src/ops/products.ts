import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../errors.js';
import { normalizeDim, normalizeDims, numel } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './binary.js';
import { composite, requireFloating } from './define.js';
import { contract } from './einsum.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { permute, reshapeTo, slice, unsqueeze } from './shape.js';

function requireRank(op: string, name: string, t: Tensor, rank: number): void {
  requireFloating(op, t);
  if (t.ndim !== rank)
    throw new ShapeError(
      `${op}: expected ${name} to have ${rank} dim${rank === 1 ? '' : 's'}, got shape ${showShape(t.shape)}. Use matmul for other ranks.`,
    );
}

function requireSame(op: string, a: Tensor, b: Tensor): void {
  requireFloating(op, a);
  requireFloating(op, b);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${op}: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one with to().`,
    );
}

function requireEqual(op: string, a: Tensor, i: number, b: Tensor, j: number): void {
  if (a.shape[i] !== b.shape[j])
    throw new ShapeError(
      `${op}: shapes ${showShape(a.shape)} and ${showShape(b.shape)} do not fit: dim ${i} of the first is ${a.shape[i]}, dim ${j} of the second ` +
        `${b.shape[j]}. They must be equal: did you mean to transpose one?`,
    );
}

function ranked(op: string, a: Tensor, m: number, b: Tensor, n: number): void {
  requireRank(op, 'the first operand', a, m);
  requireRank(op, 'the second operand', b, n);
  requireSame(op, a, b);
  requireEqual(op, a, m - 1, b, Math.max(n - 2, 0));
}

/** Two matrices: [m, k] x [k, n] -> [m, n]. */
export const mm: (a: Tensor, b: Tensor) => Tensor<[number, number]> = composite(
  'mm',
  (a: Tensor, b: Tensor) => {
    ranked('mm', a, 2, b, 2);
    return matmul(a, b) as Tensor;
  },
) as never;

/** Two batches of matrices: [b, m, k] x [b, k, n] -> [b, m, n]. Batches are not broadcast. */
export const bmm: (a: Tensor, b: Tensor) => Tensor<[number, number, number]> = composite(
  'bmm',
  (a: Tensor, b: Tensor) => {
    ranked('bmm', a, 3, b, 3);
    requireEqual('bmm', a, 0, b, 0);
    return matmul(a, b) as Tensor;
  },
) as never;

/** A matrix times a vector: [m, k] x [k] -> [m]. */
export const mv: (a: Tensor, b: Tensor) => Tensor<[number]> = composite('mv', (a: Tensor, b: Tensor) => {
  ranked('mv', a, 2, b, 1);
  return matmul(a, b) as Tensor;
}) as never;

/** The sum of products of two vectors: [k] x [k] -> []. */
export const dot: (a: Tensor, b: Tensor) => Tensor<[]> = composite('dot', (a: Tensor, b: Tensor) => {
  ranked('dot', a, 1, b, 1);
  return matmul(a, b) as Tensor;
}) as never;

/** All products of two vectors: [m] x [n] -> [m, n]. */
export const outer: <A extends Shape, B extends Shape>(a: Tensor<A>, b: Tensor<B>) => Tensor<[A[0], B[0]]> =
  composite('outer', (a: Tensor, b: Tensor) => {
    requireRank('outer', 'the first operand', a, 1);
    requireRank('outer', 'the second operand', b, 1);
    requireSame('outer', a, b);
    return mul(unsqueeze(a, 1) as Tensor, b) as Tensor;
  }) as never;

export interface AddProductOptions {
  /** Factor of the tensor that is added; where it is 0, that tensor is not read. Default 1. */
  readonly beta?: number;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}

type AddProduct = (input: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions) => Tensor;

/** beta * input + alpha * product. */
function adding(op: string, product: (a: Tensor, b: Tensor) => Tensor): AddProduct {
  return composite(op, (input: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = {}) => {
    const { beta = 1, alpha = 1 } = options;
    for (const [name, x] of Object.entries({ beta, alpha }))
      if (typeof x !== 'number') throw new ArgumentError(`${op}: ${name} is ${show(x)}; expected a number.`);
    requireSame(op, input, a);
    const shape = productShape(op, a, b);
    const lead = shape.length - input.ndim;
    if (lead < 0 || input.shape.some((size, i) => size !== 1 && size !== shape[lead + i]))
      throw new ShapeError(
        `${op}: an input of shape ${showShape(input.shape)} does not broadcast to the product's shape ${showShape(shape)}: its sizes must be ` +
          'equal to those, or 1.',
      );
    let y = product(a, b);
    if (alpha !== 1) y = mul(y, alpha) as Tensor;
    // PyTorch: NaN and infinities of an input with factor 0 do not count. Its gradient is zero, but it is there.
    if (beta === 0)
      return add(y, sum(slice(reshapeTo(input, [input.size]), 0, { end: 0 }) as Tensor)) as Tensor;
    return add(y, beta === 1 ? input : mul(input, beta)) as Tensor;
  }) as AddProduct;

  function productShape(name: string, a: Tensor, b: Tensor): readonly number[] {
    if (name === 'addmv') {
      ranked(name, a, 2, b, 1);
      return [a.shape[0]];
    }
    if (name === 'addmm') {
      ranked(name, a, 2, b, 2);
      return [a.shape[0], b.shape[1]];
    }
    ranked(name, a, 3, b, 3);
    requireEqual(name, a, 0, b, 0);
    const matrix = [a.shape[1], b.shape[2]];
    return name === 'addbmm' ? matrix : [a.shape[0], ...matrix];
  }
}

/** beta * input + alpha * a b, for matrices; the input broadcasts to the product. */
export const addmm: AddProduct = adding('addmm', (a, b) => matmul(a, b) as Tensor);
/** beta * input + alpha * a b, for a matrix and a vector. */
export const addmv: AddProduct = adding('addmv', (a, b) => matmul(a, b) as Tensor);
/** beta * input + alpha * a b, for batches of matrices. */
export const baddbmm: AddProduct = adding('baddbmm', (a, b) => matmul(a, b) as Tensor);
/** beta * input + alpha * the sum of the products over the batch. */
export const addbmm: AddProduct = adding('addbmm', (a, b) =>
  tensordot(a, b, [
    [0, 2],
    [0, 1],
  ]),
);

/**
 * Sums products over pairs of dims: over the last `dims` of a with the first of b, or over dims[0] of a with dims[1] of b in that order.
 * The result has the other dims of a, then those of b. A size of 1 broadcasts against the other's.
 */
export const tensordot: (
  a: Tensor,
  b: Tensor,
  dims?: number | readonly [readonly number[], readonly number[]],
) => Tensor = composite(
  'tensordot',
  (a: Tensor, b: Tensor, dims: number | readonly [readonly number[], readonly number[]] = 2) => {
    requireSame('tensordot', a, b);
    let pairs: readonly (readonly number[])[];
    if (typeof dims === 'number') {
      if (!Number.isInteger(dims) || dims < 0 || dims > a.ndim || dims > b.ndim)
        throw new ArgumentError(
          `tensordot: dims is ${show(dims)}; expected a whole number from 0 to ${Math.min(a.ndim, b.ndim)} for shapes ${showShape(a.shape)} and ` +
            `${showShape(b.shape)}, or two lists of dims.`,
        );
      const range = Array.from({ length: dims }, (_, i) => i);
      pairs = [range.map(i => a.ndim - dims + i), range];
    } else {
      if (!Array.isArray(dims) || dims.length !== 2 || dims.some(d => !Array.isArray(d)))
        throw new ArgumentError(
          `tensordot: dims is ${show(dims)}; expected a number, or two lists of dims such as [[0], [1]].`,
        );
      if (dims[0].length !== dims[1].length)
        throw new ArgumentError(
          `tensordot: dims names ${dims[0].length} dims of the first tensor and ${dims[1].length} of the second; expected as many of both.`,
        );
      pairs = [a, b].map((t, side) => {
        const list = (dims[side] as readonly number[]).map(d => normalizeDim('tensordot', d, t.ndim));
        normalizeDims('tensordot', list, t.ndim);
        return list;
      });
    }
    pairs[0].forEach((i, k) => {
      const j = pairs[1][k];
      if (a.shape[i] !== b.shape[j] && a.shape[i] !== 1 && b.shape[j] !== 1)
        throw new ShapeError(
          `tensordot: shapes ${showShape(a.shape)} and ${showShape(b.shape)} do not fit: dim ${i} of the first is ${a.shape[i]}, dim ${j} of the ` +
            `second ${b.shape[j]}. Sizes that are summed together must be equal, or one of them 1.`,
        );
    });
    const [rows, columns] = [a, b].map((t, side) =>
      t.shape.map((_, d) => d).filter(d => !pairs[side].includes(d)),
    );
    const [left, right] = [a, b].map((t, side) => {
      // What is multiplied by a single element is summed first.
      const other = side === 0 ? b : a;
      const wide = pairs[side].filter((d, k) => t.shape[d] !== 1 && other.shape[pairs[1 - side][k]] === 1);
      const narrowed = wide.length === 0 ? t : (sum(t, wide, { keepdim: true }) as Tensor);
      return permute(narrowed, side === 0 ? [...rows, ...pairs[0]] : [...pairs[1], ...columns]) as Tensor;
    });
    const [m, summed] = [left.shape.slice(0, rows.length), left.shape.slice(rows.length)];
    const n = right.shape.slice(summed.length);
    const product = matmul(
      reshapeTo(left, [numel(m), numel(summed)]),
      reshapeTo(right, [numel(summed), numel(n)]) as Tensor,
    ) as Tensor;
    return reshapeTo(product, [...m, ...n]);
  },
) as never;

/** The Kronecker product: every element of a times all of b. The tensor with fewer dims gets dims of size 1 in front. */
export const kron: (a: Tensor, b: Tensor) => Tensor = composite('kron', (a: Tensor, b: Tensor) => {
  requireSame('kron', a, b);
  const rank = Math.max(a.ndim, b.ndim);
  const [m, n] = [a, b].map(t => [...new Array<number>(rank - t.ndim).fill(1), ...t.shape]);
  const left = reshapeTo(
    a,
    m.flatMap(size => [size, 1]),
  );
  const right = reshapeTo(
    b,
    n.flatMap(size => [1, size]),
  );
  return reshapeTo(
    mul(left, right) as Tensor,
    m.map((size, i) => size * n[i]),
  );
});

/** y[..., o] = sum over i, j of x1[..., i] weight[o, i, j] x2[..., j], plus bias[o]; the leading dims of x1 and x2 are the same. */
export const bilinear: (x1: Tensor, x2: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor = composite(
  'bilinear',
  (x1: Tensor, x2: Tensor, weight: Tensor, bias?: Tensor | null) => {
    requireSame('bilinear', x1, x2);
    requireSame('bilinear', x1, weight);
    const lead = x1.ndim - 1;
    if (weight.ndim !== 3)
      throw new ShapeError(
        `bilinear: expected a weight of shape [out, in1, in2], got ${showShape(weight.shape)}.`,
      );
    if (lead < 0 || x2.ndim !== x1.ndim || x1.shape.slice(0, lead).some((size, i) => size !== x2.shape[i]))
      throw new ShapeError(
        `bilinear: inputs of shapes ${showShape(x1.shape)} and ${showShape(x2.shape)} differ before the last dim; expand or reshape one.`,
      );
    if (x1.shape[lead] !== weight.shape[1] || x2.shape[lead] !== weight.shape[2])
      throw new ShapeError(
        `bilinear: inputs of shapes ${showShape(x1.shape)} and ${showShape(x2.shape)} have ${x1.shape[lead]} and ${x2.shape[lead]} features, the ` +
          `weight ${showShape(weight.shape)} expects ${weight.shape[1]} and ${weight.shape[2]}. Its shape is [out, in1, in2].`,
      );
    if (bias != null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0]))
      throw new ShapeError(
        `bilinear: expected a bias of shape [${weight.shape[0]}], got ${showShape(bias.shape)}.`,
      );
    if (bias != null) requireSame('bilinear', x1, bias);
    const batch = Array.from({ length: lead }, (_, i) => i);
    const [i, j, o] = [lead, lead + 1, lead + 2];
    const y = contract(
      [x1, x2, weight],
      [
        [...batch, i],
        [...batch, j],
        [o, i, j],
      ],
      [...batch, o],
    );
    return bias == null ? y : (add(y, bias) as Tensor);
  },
);
