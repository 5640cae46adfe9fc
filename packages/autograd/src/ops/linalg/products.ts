import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { reshapeTo } from '../shape.js';
import { inverse } from './solve.js';
import { identityLike, requireSameDType, requireSquare } from './support.js';
import type { Square } from './types.js';
import { add, clone, expand, matmul, slice, sum, unsqueeze } from './untyped.js';

/** The sum of the diagonal of a matrix [m, n]; int32 for int32 and bool. */
export const trace: (x: Tensor) => Tensor<[]> = composite('trace', (x: Tensor) => {
  if (x.ndim !== 2)
    throw new ShapeError(
      `trace: expected a matrix, got shape ${showShape(x.shape)}. Select one, or use einsum('...ii->...', x) for batches.`,
    );
  const [m, n] = x.shape;
  const flat = reshapeTo(x, [m * n]);
  return sum(slice(flat, 0, { end: Math.min(m, n) * (n + 1), step: n + 1 }));
}) as never;

/**
 * a times itself `n` times, for square a [..., k, k]: by squaring, in at most 2 log2 n products. A negative n multiplies inverses (LinalgError
 * where a matrix is singular); 0 gives identities.
 */
export const matrixPower: <S extends Shape>(a: Tensor<S> & Square<'matrixPower', S>, n: number) => Tensor<S> =
  composite('matrixPower', (a: Tensor, n: number) => {
    requireSquare('matrixPower', a);
    if (!Number.isSafeInteger(n))
      throw new ArgumentError(
        `matrixPower: n is ${show(n)}; expected a whole number. For others, take powers of the eigenvalues of eigh.`,
      );
    if (n === 0) {
      // Constant, but its gradient is there: zeros.
      const nothing = sum(slice(reshapeTo(a, [a.size]), 0, { end: 0 }));
      const ones = add(identityLike(a, a.shape[a.ndim - 1]), nothing);
      return a.ndim === 2 ? ones : clone(expand(ones, a.shape));
    }
    // From the highest bit of n down: square, and multiply where the bit is set.
    const base = n < 0 ? inverse('matrixPower', a) : a;
    const bits = Math.abs(n).toString(2).slice(1);
    if (bits === '') return n < 0 ? base : clone(a);
    let result = base;
    for (const bit of bits) {
      result = matmul(result, result);
      if (bit === '1') result = matmul(result, base);
    }
    return result;
  }) as never;

/**
 * The cheapest order of multiplying factors whose sizes are `sizes[i]` by `sizes[i + 1]`: where to split factors i to j, for all i < j
 * (Cormen, Leiserson, Rivest and Stein 2009, section 15.2).
 */
function splits(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const split = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++)
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Number.POSITIVE_INFINITY;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total < cost[i][j]) [cost[i][j], split[i][j]] = [total, k];
      }
    }
  return split;
}

/**
 * The product of two or more matrices in the order that takes the fewest multiplications. The first may be a vector that counts as a row, and
 * the last one that counts as a column.
 */
export const multiDot: (tensors: readonly Tensor[]) => Tensor = composite(
  'multiDot',
  (tensors: readonly Tensor[]) => {
    if (!Array.isArray(tensors) || tensors.length < 2 || !tensors.every(t => t instanceof Tensor))
      throw new ArgumentError(
        `multiDot: got ${show(tensors)}; expected a list of two tensors or more: multiDot([a, b, c]).`,
      );
    const last = tensors.length - 1;
    const factors = tensors.map((t, i) => {
      requireSameDType('multiDot', tensors[0], t);
      const vector = t.ndim === 1 && (i === 0 || i === last);
      if (t.ndim !== 2 && !vector)
        throw new ShapeError(
          `multiDot: tensor ${i} has shape ${showShape(t.shape)}; expected a matrix${i === 0 || i === last ? ' or a vector' : ''}. Use matmul for ` +
            'batches.',
        );
      return vector ? unsqueeze(t, i === 0 ? 0 : 1) : t;
    });
    for (let i = 0; i < last; i++)
      if (factors[i].shape[1] !== factors[i + 1].shape[0])
        throw new ShapeError(
          `multiDot: tensors ${i} and ${i + 1} of shapes ${showShape(tensors[i].shape)} and ${showShape(tensors[i + 1].shape)} do not fit: ` +
            `${factors[i].shape[1]} and ${factors[i + 1].shape[0]} must be equal. Did you mean to transpose one?`,
        );
    const split = splits([factors[0].shape[0], ...factors.map(f => f.shape[1])]);
    const multiply = (i: number, j: number): Tensor =>
      i === j ? factors[i] : matmul(multiply(i, split[i][j]), multiply(split[i][j] + 1, j));
    const result = multiply(0, last);
    const shape = [...tensors[0].shape.slice(0, -1), ...tensors[last].shape.slice(1)];
    return reshapeTo(result, shape);
  },
);
