import { lu as factorise, luSolve, triangularSolve as substitute } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Node } from '../../graph/node.js';
import { raw } from '../../tensor/raw.js';
import { broadcastShapes, sameShape } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { apply, composite, type Primitive, savesNothing } from '../define.js';
import { reshapeTo } from '../shape.js';
import {
  batchOf,
  identityLike,
  matrixError,
  requireMatrix,
  requireSameDType,
  requireSquare,
} from './support.js';
import type { Solution, Square } from './types.js';
import { matmul, mT, neg, tril, triu, unsqueeze } from './untyped.js';

/** LU factors for the kernels: float64 whatever the dtype, so that a solution is rounded once. Constants for the derivative. */
interface Factors {
  readonly packed: Tensor;
  readonly permutation: Tensor;
}

function factors(op: string, a: Tensor): Factors {
  const batch = batchOf(a);
  const n = a.shape[a.ndim - 1];
  const packed = raw(a.shape, 'float64');
  const permutation = raw([...batch, n], 'int32');
  const missing = factorise(a, packed, permutation, raw(batch, a.dtype));
  if (missing >= 0)
    throw matrixError(
      op,
      batch,
      Math.floor(missing / n),
      `is singular: pivot ${missing % n} of its ${n} is 0; expected an invertible matrix`,
      'Add a small multiple of the identity to it, or use pinv or lstsq.',
    );
  return { packed, permutation };
}

/** x = a^-1 b, or a^-T b, with inputs a, b and the factors of a, which the derivative uses again. */
const solveOp: Primitive<{ readonly adjoint: boolean }> = {
  name: 'solve',
  savesInput: i => i !== 1,
  savesOutput: true,
  forward: (inputs, { adjoint }) => {
    const [a, b, packed, permutation] = inputs as readonly Tensor[];
    const batch = broadcastShapes('solve', batchOf(a), batchOf(b));
    const out = raw([...batch, ...b.shape.slice(-2)], b.dtype);
    luSolve(packed, permutation, b, out, adjoint);
    return out;
  },
  vjp: (g, n) => {
    const [a, packed, permutation] = [0, 2, 3].map(i => n.tensorInput(i));
    const { adjoint } = n.attributes;
    const back = apply(solveOp, [a, g, packed, permutation], { adjoint: !adjoint });
    return [n.needs(0) ? gradOfMatrix(back, n.output(), adjoint) : null, back, null, null];
  },
};

/** The gradient of a, where a x = b (adjoint: a^T x = b), from that of b. */
function gradOfMatrix(back: Tensor, x: Tensor, adjoint: boolean): Tensor {
  return neg(adjoint ? matmul(x, mT(back)) : matmul(back, mT(x)));
}

/** The attribute is the op that errors name. */
const invOp: Primitive<string> = {
  name: 'inv',
  savesInput: savesNothing,
  savesOutput: true,
  forward: (inputs, op) => {
    const a = inputs[0] as Tensor;
    const { packed, permutation } = factors(op, a);
    const out = raw(a.shape, a.dtype);
    luSolve(packed, permutation, identityLike(a, a.shape[a.ndim - 1]), out, false);
    return out;
  },
  vjp: (g, n) => {
    const t = mT(n.output());
    return [neg(matmul(matmul(t, g), t))];
  },
};

/** The inverse of square matrices, for ops that need one; errors name `op`. */
export function inverse(op: string, a: Tensor): Tensor {
  return apply(invOp, [a], op);
}

/** The inverse of square matrices [..., n, n], by LU factors. Throws LinalgError where one is singular. */
export const inv: <S extends Shape>(a: Tensor<S> & Square<'inv', S>) => Tensor<S> = composite(
  'inv',
  (a: Tensor) => {
    requireSquare('inv', a);
    return inverse('inv', a);
  },
) as never;

/** Whether b holds vectors rather than matrices, by PyTorch's rule: one dim, or the shape of a without its last dim. */
export function holdsVectors(a: Tensor, b: Tensor): boolean {
  return b.ndim === 1 || (b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
}

/** Throws unless the sizes that a product or an equation joins are equal. */
export function requireRows(op: string, a: Tensor, size: number, b: Tensor, given: number): void {
  if (size !== given)
    throw new ShapeError(
      `${op}: matrices of shape ${showShape(a.shape)} and right sides of shape ${showShape(b.shape)} do not fit: ${size} and ${given} must be ` +
        'equal. Did you mean to transpose one?',
    );
}

export interface SolveOptions {
  /** Whether the unknown stands on the right of the matrix, a x = b; false: x a = b. Default true. */
  readonly left?: boolean;
}

/**
 * x with a x = b, for square a [..., n, n] and b [..., n, k], or vectors [n] or [..., n]; leading dims broadcast. By LU factors, which the
 * derivative uses again (Giles 2008). Throws LinalgError where a matrix is singular.
 */
export const solve: <A extends Shape, B extends Shape>(
  a: Tensor<A> & Square<'solve', A>,
  b: Tensor<B>,
  options?: SolveOptions,
) => Tensor<Solution<A, B>> = composite(
  'solve',
  (a: Tensor, b: Tensor, { left = true }: SolveOptions = {}) => {
    requireSquare('solve', a);
    requireSameDType('solve', a, b);
    const n = a.shape[a.ndim - 1];
    if (b.ndim === 0)
      throw new ShapeError('solve: expected right sides [n] or [..., n, k], got a scalar. Use div.');
    if (holdsVectors(a, b)) {
      if (!left)
        throw new ShapeError(
          `solve: right sides of shape ${showShape(b.shape)} are vectors, which with left: false are rows. Unsqueeze them: b.unsqueeze(-2).`,
        );
      requireRows('solve', a, n, b, b.shape[b.ndim - 1]);
      const x = run(a, unsqueeze(b, -1), false);
      return reshapeTo(x, x.shape.slice(0, -1));
    }
    requireRows('solve', a, n, b, b.shape[b.ndim - (left ? 2 : 1)]);
    return left ? run(a, b, false) : mT(run(a, mT(b), true));
  },
) as never;

function run(a: Tensor, b: Tensor, adjoint: boolean): Tensor {
  broadcastShapes('solve (batch dims)', batchOf(a), batchOf(b));
  const { packed, permutation } = factors('solve', a);
  return apply(solveOp, [a, b, packed, permutation], { adjoint });
}

interface Triangle {
  /** The op that errors name. */
  readonly op: string;
  readonly upper: boolean;
  /** Whether the diagonal counts as ones. */
  readonly unit: boolean;
}

const triangularOp: Primitive<Triangle> = {
  name: 'triangularSolve',
  savesInput: i => i === 0,
  savesOutput: true,
  forward: (inputs, { op, upper, unit }) => {
    const [a, b] = inputs as readonly Tensor[];
    const n = a.shape[a.ndim - 1];
    const batch = broadcastShapes(op, batchOf(a), batchOf(b));
    const out = raw([...batch, ...b.shape.slice(-2)], b.dtype);
    const missing = substitute(a, b, out, { upper, unit });
    if (missing >= 0)
      throw matrixError(
        op,
        batch,
        Math.floor(missing / n),
        `is singular: element ${missing % n} of the diagonal of a triangle of size ${n} is 0; expected other numbers there`,
        'Add a small multiple of the identity to the matrix, or use pinv or lstsq.',
      );
    return out;
  },
  vjp: (g, n: Node<Triangle>) => {
    const a = n.tensorInput(0);
    const { upper, unit } = n.attributes;
    const back = apply(triangularOp, [mT(a), g], { ...n.attributes, upper: !upper });
    if (!n.needs(0)) return [null, back];
    const full = gradOfMatrix(back, n.output(), false);
    const skipped = unit ? 1 : 0;
    return [upper ? triu(full, { diagonal: skipped }) : tril(full, { diagonal: -skipped }), back];
  },
};

/** t^-1 b for a triangle of t, for ops that need it: shapes [..., n, n] and [..., n, k] that fit. Errors name `op`. */
export function triangular(
  op: string,
  t: Tensor,
  b: Tensor,
  { upper, unit = false }: { readonly upper: boolean; readonly unit?: boolean },
): Tensor {
  return apply(triangularOp, [t, b], { op, upper, unit });
}

export interface TriangularOptions extends SolveOptions {
  /** Which triangle of a is read. */
  readonly upper: boolean;
  /** Whether the diagonal of a counts as ones and is not read. Default false. */
  readonly unitriangular?: boolean;
}

/**
 * x with a x = b where a [..., n, n] is triangular (its other triangle is not read) and b [..., n, k]; leading dims broadcast. Throws
 * LinalgError where there is a 0 on a diagonal.
 */
export const triangularSolve: <A extends Shape, B extends Shape>(
  a: Tensor<A> & Square<'triangularSolve', A>,
  b: Tensor<B>,
  options: TriangularOptions,
) => Tensor<Solution<A, B>> = composite(
  'triangularSolve',
  (a: Tensor, b: Tensor, options: TriangularOptions) => {
    requireSquare('triangularSolve', a);
    requireMatrix('triangularSolve', b);
    requireSameDType('triangularSolve', a, b);
    if (typeof options?.upper !== 'boolean')
      throw new ArgumentError(
        `triangularSolve: upper is ${show(options?.upper)}; expected true or false. Say which triangle is meant: { upper: true }.`,
      );
    const { upper, left = true, unitriangular: unit = false } = options;
    requireRows('triangularSolve', a, a.shape[a.ndim - 1], b, b.shape[b.ndim - (left ? 2 : 1)]);
    broadcastShapes('triangularSolve (batch dims)', batchOf(a), batchOf(b));
    return left
      ? triangular('triangularSolve', a, b, { upper, unit })
      : mT(triangular('triangularSolve', mT(a), mT(b), { upper: !upper, unit }));
  },
) as never;
