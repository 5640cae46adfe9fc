import { kernels } from '@fluxion/kernels';
import { DTypeError, ShapeError, showShape } from '../errors.js';
import { mode } from '../graph/modes.js';
import { raw, view } from '../tensor/raw.js';
import { broadcastShapes, numel } from '../tensor/shape.js';
import type { Linear, LinearFits, MatMul, MatMulFits, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { addBias } from './bias.js';
import { apply, composite, type Primitive, requireFloating, savesFactors, savesOthers } from './define.js';
import {
  type ActivationOption,
  activate,
  complete,
  type FinishingActivation,
  finishOf,
  requireActivation,
  throughActivation,
} from './finish.js';
import { permuteTo } from './shape/permute.js';
import { reshapeTo, transpose, unsqueeze } from './shape.js';

/** Which operands came transposed. */
interface Layouts {
  readonly a: boolean;
  readonly b: boolean;
}

/** [..., m, k] times [..., k, n]. */
const matmulOp: Primitive<Layouts> = {
  name: 'matmul',
  savesInput: savesOthers,
  // The gradient of an operand that came transposed is made in its layout: undoing the transpose then gives one in C order, which a
  // parameter can have as it is, without a copy.
  vjp: (g, n) => [
    n.needs(0) ? productIn(n.attributes.a, g, turn(n.tensorInput(1))) : null,
    n.needs(1) ? productIn(n.attributes.b, turn(n.tensorInput(0)), g) : null,
  ],
  forward: inputs => {
    const [a, b] = inputs as readonly Tensor[];
    const batch =
      a.ndim === 2 && b.ndim === 2
        ? []
        : broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
    const out = raw([...batch, a.shape[a.ndim - 2], b.shape[b.ndim - 1]], a.dtype);
    kernels().gemm(a, b, out);
    return out;
  },
};

const turn = (t: Tensor): Tensor => (t.ndim === 2 ? permuteTo(t, matrixTurn) : transpose(t, -1, -2));
const matrixTurn = [1, 0];

function isTransposed(t: Tensor): boolean {
  return t.strides[t.ndim - 2] === 1 && t.strides[t.ndim - 1] > 1;
}

const product = (a: Tensor, b: Tensor): Tensor =>
  apply(matmulOp, [a, b], { a: isTransposed(a), b: isTransposed(b) });

/** a b, laid out as its transpose if so wanted. */
function productIn(transposed: boolean, a: Tensor, b: Tensor): Tensor {
  return transposed ? turn(product(turn(b), turn(a))) : product(a, b);
}

/**
 * The matrix product [..., m, k] x [..., k, n] -> [..., m, n]; leading dims broadcast. A vector on the left counts as a row, one on the
 * right as a column, and that dim goes away again.
 */
export const matmul: <A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & MatMulFits<A, B>,
) => Tensor<MatMul<A, B>> = composite('matmul', (a: Tensor, b: Tensor) => {
  check('matmul', a, b);
  if (a.ndim === 2 && b.ndim === 2) return product(a, b);
  if (b.ndim === 1) {
    const column = matmul(a, unsqueeze(b, 1) as Tensor) as Tensor;
    return reshapeTo(column, column.shape.slice(0, -1));
  }
  if (a.ndim === 1) {
    const row = matmul(unsqueeze(a, 0) as Tensor, b) as Tensor;
    return reshapeTo(row, [...row.shape.slice(0, -2), row.shape[row.ndim - 1]]);
  }
  if (b.ndim === 2 && a.contiguous) {
    // One tall matrix instead of a batch: the gradient of b then sums over the batch inside the product.
    const rows = numel(a.shape.slice(0, -1));
    return reshapeTo(product(reshapeTo(a, [rows, a.shape[a.ndim - 1]]), b), [
      ...a.shape.slice(0, -1),
      b.shape[1],
    ]);
  }
  return product(a, b);
}) as never;

function check(op: string, a: Tensor, b: Tensor): void {
  requireFloating(op, a);
  requireFloating(op, b);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${op}: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one with to().`,
    );
  if (a.ndim === 0 || b.ndim === 0)
    throw new ShapeError(
      `${op}: expected operands of 1 dim or more, got shapes ${showShape(a.shape)} and ${showShape(b.shape)}. Use mul for scalars.`,
    );
  const k = a.shape[a.ndim - 1];
  const dim = Math.max(b.ndim - 2, 0);
  if (k !== b.shape[dim])
    throw new ShapeError(
      `${op}: inner sizes differ: ${showShape(a.shape)} x ${showShape(b.shape)} has ${k} in dim ${a.ndim - 1} of the first and ${b.shape[dim]} in dim ` +
        `${dim} of the second. They must be equal: did you mean to transpose one?`,
    );
  if (a.ndim > 2 || b.ndim > 2)
    broadcastShapes(`${op} (batch dims)`, a.shape.slice(0, -2), b.shape.slice(0, -2));
}

type Activation = FinishingActivation | undefined;

/** x [n, in] times weight [out, in] transposed, plus bias [out], through an activation: one node, one pass over the result. */
const linearOp: Primitive<Activation> = {
  name: 'linear',
  savesInput: savesFactors,
  vjp: (gradOutput, n) => {
    const activation = n.attributes;
    const g = activation === undefined ? gradOutput : throughActivation[activation](gradOutput, n.output());
    const x = n.needs(0) ? product(g, n.tensorInput(1)) : null;
    const weight = n.needs(1) ? product(turn(g), n.tensorInput(0)) : null;
    return n.arity === 2 ? [x, weight] : [x, weight, g];
  },
  forward: (inputs, activation) => {
    const [x, weight] = inputs as readonly Tensor[];
    const { shape, strides } = weight;
    const bias = inputs.length > 2 ? (inputs[2] as Tensor) : null;
    const out = raw([x.shape[0], shape[0]], x.dtype);
    const turned = view(weight, weight.offset, [shape[1], shape[0]], [strides[1], strides[0]]);
    kernels().gemm(x, turned, out, finishOf(bias, activation));
    complete(out, activation);
    return out;
  },
};

const activatedLinearOp: Primitive<Activation> = { ...linearOp, savesOutput: true };

/**
 * Whether `linearOp` takes them as they are. The others, wrong ones among them, are left to the composition, and so is everything under `detectAnomaly`, which
 * tells the product from the sum.
 */
function isPlain(x: Tensor, weight: Tensor, bias: Tensor | null | undefined): boolean {
  if (mode.anomaly) return false;
  if (!(x instanceof Tensor && weight instanceof Tensor) || x.ndim !== 2 || weight.ndim !== 2) return false;
  const { dtype } = x;
  if ((dtype !== 'float32' && dtype !== 'float64') || weight.dtype !== dtype) return false;
  if (x.shape[1] !== weight.shape[1]) return false;
  if (bias == null) return true;
  if (!(bias instanceof Tensor) || bias.dtype !== dtype) return false;
  return bias.ndim === 1 && bias.shape[0] === weight.shape[0] && bias.contiguous;
}

/** x [..., in] times weight [out, in] transposed, plus bias [out]: [..., out]. */
export const linear: <X extends Shape, W extends Shape, B extends Shape = [number]>(
  x: Tensor<X>,
  weight: Tensor<W> & LinearFits<X, W>,
  bias?: (Tensor<B> & LinearFits<X, W, B>) | null,
  options?: ActivationOption,
) => Tensor<Linear<X, W>> = ((
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  { activation }: ActivationOption = {},
) => {
  requireActivation('linear', activation);
  if (!isPlain(x, weight, bias)) return composed(x, weight, bias, activation);
  const op = activation === undefined ? linearOp : activatedLinearOp;
  return apply(op, bias == null ? [x, weight] : [x, weight, bias], activation);
}) as never;

const composed = composite(
  'linear',
  (x: Tensor, weight: Tensor, bias: Tensor | null | undefined, activation: Activation) => {
    if (weight.ndim === 2 && x.ndim > 0 && x.shape[x.ndim - 1] !== weight.shape[1])
      throw new ShapeError(
        `linear: an input of shape ${showShape(x.shape)} has ${x.shape[x.ndim - 1]} features, the weight ${showShape(weight.shape)} expects ` +
          `${weight.shape[1]}. The weight's shape is [out, in].`,
      );
    if (weight.ndim !== 1 && weight.ndim !== 2)
      throw new ShapeError(`linear: expected a weight of shape [out, in], got ${showShape(weight.shape)}.`);
    if (weight.ndim === 2 && x.ndim > 2 && x.contiguous) {
      const rows = reshapeTo(x, [numel(x.shape.slice(0, -1)), weight.shape[1]]);
      if (isPlain(rows, weight, bias))
        return reshapeTo(linear(rows, weight as Tensor, bias as Tensor, { activation }), [
          ...x.shape.slice(0, -1),
          weight.shape[0],
        ]);
    }
    const y = matmul(x, weight.ndim === 1 ? weight : (transpose(weight, 0, 1) as Tensor)) as Tensor;
    return activate(bias == null ? y : addBias(y, bias), activation);
  },
);
