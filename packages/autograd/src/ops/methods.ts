import { type DType, kernels, type TypedArray } from '@fluxion/kernels';
import { provideArithmetic } from '../graph/engine.js';
import type { Input } from '../graph/node.js';
import { format } from '../tensor/format.js';
import { raw } from '../tensor/raw.js';
import type {
  DimFits,
  Expand,
  ExpandFits,
  Flatten,
  IndexSelect,
  Linear,
  LinearFits,
  MatMul,
  MatMulFits,
  OneHot,
  Permute,
  Reshape,
  ReshapeFits,
  Select,
  Shape,
  Slice,
  Squeeze,
  Transpose,
  Unsqueeze,
} from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { type Arithmetic, provideTensorArithmetic } from './arithmetic.js';
import * as binary from './binary.js';
import { type ClampOptions, clamp } from './clamp.js';
import * as activations from './composite/activations.js';
import * as extrema from './composite/extrema.js';
import type { ActivationOption } from './finish.js';
import * as graph from './graphMethods.js';
import * as indexing from './indexing.js';
import * as inPlace from './inPlace.js';
import * as matmul from './matmul.js';
import { convolutionMethods } from './methods/convolution.js';
import { elementwiseMethods } from './methods/elementwise.js';
import { indexingMethods, longIndexingMethods } from './methods/indexing.js';
import { productMethods } from './methods/products.js';
import { reductionMethods } from './methods/reductions.js';
import { shapeMethods } from './methods/shape.js';
import * as read from './read.js';
import * as reduce from './reduce.js';
import { binaryOps, unaryOps } from './ruled.js';
import * as shape from './shape.js';
import * as softmax from './softmax.js';
import { type SoftplusOptions, softplus } from './softplus.js';
import * as special from './special.js';
import type { BinaryMethod, UnaryMethod } from './types.js';
import * as unary from './unary.js';

/** Ops whose first argument becomes `this`; a new op joins the list and the interface below. */
const functions = {
  ...elementwiseMethods,
  neg: unary.neg,
  abs: unary.abs,
  sign: unary.sign,
  exp: unary.exp,
  expm1: unary.expm1,
  log: unary.log,
  log1p: unary.log1p,
  sqrt: unary.sqrt,
  rsqrt: unary.rsqrt,
  square: unary.square,
  reciprocal: unary.reciprocal,
  sin: unary.sin,
  cos: unary.cos,
  tanh: unary.tanh,
  sigmoid: unary.sigmoid,
  erf: unary.erf,
  relu: unary.relu,
  floor: unary.floor,
  ceil: unary.ceil,
  trunc: unary.trunc,
  logicalNot: unary.logicalNot,
  to: unary.to,
  clone: unary.clone,
  detach: unary.detach,
  add: binary.add,
  sub: binary.sub,
  mul: binary.mul,
  pow: binary.pow,
  maximum: binary.maximum,
  minimum: binary.minimum,
  eq: binary.eq,
  ne: binary.ne,
  lt: binary.lt,
  le: binary.le,
  gt: binary.gt,
  ge: binary.ge,
  logicalAnd: binary.logicalAnd,
  logicalOr: binary.logicalOr,
  logicalXor: binary.logicalXor,
  leakyRelu: activations.leakyRelu,
  gelu: activations.gelu,
  silu: activations.silu,
  softplus,
  clamp,
  sum: reduce.sum,
  mean: reduce.mean,
  var: reduce.variance,
  std: reduce.std,
  amax: reduce.amax,
  amin: reduce.amin,
  argmax: reduce.argmax,
  argmin: reduce.argmin,
  max: extrema.max,
  min: extrema.min,
  logsumexp: softmax.logsumexp,
  softmax: softmax.softmax,
  logSoftmax: softmax.logSoftmax,
  matmul: matmul.matmul,
  linear: matmul.linear,
  ...productMethods,
  ...shapeMethods,
  ...reductionMethods,
  reshape: shape.reshape,
  transpose: shape.transpose,
  permute: shape.permute,
  expand: shape.expand,
  squeeze: shape.squeeze,
  unsqueeze: shape.unsqueeze,
  flatten: shape.flatten,
  slice: shape.slice,
  select: shape.select,
  split: shape.split,
  gather: indexing.gather,
  scatterAdd: indexing.scatterAdd,
  indexSelect: indexing.indexSelect,
  oneHot: indexing.oneHot,
  item: read.item,
  toArray: read.toArray,
  toTypedArray: read.toTypedArray,
  backward: graph.backward,
  requiresGrad_: graph.setRequiresGrad,
  retainGrad: graph.retainGrad,
  registerHook: graph.registerHook,
  assign: inPlace.assign,
  add_: inPlace.addInPlace,
  sub_: inPlace.subInPlace,
  mul_: inPlace.mulInPlace,
  div_: inPlace.divInPlace,
  fill_: inPlace.fillInPlace,
  ...convolutionMethods,
  ...indexingMethods,
};

declare module '../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    readonly neg: UnaryMethod;
    readonly abs: UnaryMethod;
    readonly sign: UnaryMethod;
    readonly exp: UnaryMethod;
    readonly expm1: UnaryMethod;
    readonly log: UnaryMethod;
    readonly log1p: UnaryMethod;
    readonly sqrt: UnaryMethod;
    readonly rsqrt: UnaryMethod;
    readonly square: UnaryMethod;
    readonly reciprocal: UnaryMethod;
    readonly sin: UnaryMethod;
    readonly cos: UnaryMethod;
    readonly tanh: UnaryMethod;
    readonly sigmoid: UnaryMethod;
    readonly erf: UnaryMethod;
    readonly relu: UnaryMethod;
    readonly floor: UnaryMethod;
    readonly ceil: UnaryMethod;
    readonly trunc: UnaryMethod;
    readonly logicalNot: UnaryMethod;
    readonly clone: UnaryMethod;
    /** The same elements outside the graph; shares memory. */
    readonly detach: UnaryMethod;
    readonly silu: UnaryMethod;
    /** In another dtype; the tensor itself when it has that one. */
    to<A extends Shape>(this: Tensor<A>, dtype: DType): Tensor<A>;

    readonly add: BinaryMethod<'add'>;
    readonly sub: BinaryMethod<'sub'>;
    readonly mul: BinaryMethod<'mul'>;
    readonly pow: BinaryMethod<'pow'>;
    readonly maximum: BinaryMethod<'maximum'>;
    readonly minimum: BinaryMethod<'minimum'>;
    readonly eq: BinaryMethod<'eq'>;
    readonly ne: BinaryMethod<'ne'>;
    readonly lt: BinaryMethod<'lt'>;
    readonly le: BinaryMethod<'le'>;
    readonly gt: BinaryMethod<'gt'>;
    readonly ge: BinaryMethod<'ge'>;
    readonly logicalAnd: BinaryMethod<'logicalAnd'>;
    readonly logicalOr: BinaryMethod<'logicalOr'>;
    readonly logicalXor: BinaryMethod<'logicalXor'>;

    leakyRelu<A extends Shape>(this: Tensor<A>, slope?: number): Tensor<A>;
    gelu<A extends Shape>(this: Tensor<A>, options?: activations.GeluOptions): Tensor<A>;
    softplus<A extends Shape>(this: Tensor<A>, options?: SoftplusOptions): Tensor<A>;
    clamp<A extends Shape>(this: Tensor<A>, options: ClampOptions): Tensor<A>;

    readonly sum: reduce.ReduceMethod;
    readonly mean: reduce.ReduceMethod;
    readonly var: reduce.VarMethod;
    readonly std: reduce.VarMethod;
    readonly amax: reduce.ReduceMethod;
    readonly amin: reduce.ReduceMethod;
    readonly argmax: reduce.ArgReduceMethod;
    readonly argmin: reduce.ArgReduceMethod;
    readonly max: extrema.ExtremumMethod;
    readonly min: extrema.ExtremumMethod;
    readonly logsumexp: reduce.ReduceMethod;
    softmax<A extends Shape>(this: Tensor<A>, dim: number): Tensor<A>;
    logSoftmax<A extends Shape>(this: Tensor<A>, dim: number): Tensor<A>;

    matmul<A extends Shape, B extends Shape>(
      this: Tensor<A>,
      b: Tensor<B> & MatMulFits<A, B>,
    ): Tensor<MatMul<A, B>>;
    linear<A extends Shape, W extends Shape, B extends Shape = [number]>(
      this: Tensor<A>,
      weight: Tensor<W> & LinearFits<A, W>,
      bias?: (Tensor<B> & LinearFits<A, W, B>) | null,
      options?: ActivationOption,
    ): Tensor<Linear<A, W>>;

    reshape<A extends Shape, const T extends Shape>(
      this: Tensor<A>,
      shape: T & ReshapeFits<A, T>,
    ): Tensor<Reshape<A, T>>;
    transpose<A extends Shape, const D0 extends number, const D1 extends number>(
      this: Tensor<A>,
      dim0: D0 & DimFits<'transpose', A, D0>,
      dim1: D1 & DimFits<'transpose', A, D1>,
    ): Tensor<Transpose<A, D0, D1>>;
    permute<A extends Shape, const P extends readonly number[]>(
      this: Tensor<A>,
      dims: P,
    ): Tensor<Permute<A, P>>;
    expand<A extends Shape, const T extends Shape>(
      this: Tensor<A>,
      shape: T & ExpandFits<A, T>,
    ): Tensor<Expand<A, T>>;
    squeeze<A extends Shape, const D extends number | readonly number[] | undefined = undefined>(
      this: Tensor<A>,
      dim?: D,
    ): Tensor<Squeeze<A, D>>;
    unsqueeze<A extends Shape, const D extends number>(this: Tensor<A>, dim: D): Tensor<Unsqueeze<A, D>>;
    flatten<A extends Shape, const B extends number = 0, const E extends number = -1>(
      this: Tensor<A>,
      start?: B,
      end?: E,
    ): Tensor<Flatten<A, B, E>>;
    slice<A extends Shape, const D extends number>(
      this: Tensor<A>,
      dim: D,
      options?: shape.SliceOptions,
    ): Tensor<Slice<A, D>>;
    select<A extends Shape, const D extends number>(
      this: Tensor<A>,
      dim: D,
      index: number,
    ): Tensor<Select<A, D>>;
    split<A extends Shape, const D extends number = 0>(
      this: Tensor<A>,
      sizes: number | readonly number[],
      dim?: D,
    ): Tensor<Slice<A, D>>[];
    gather<I extends Shape>(this: Tensor, dim: number, index: Tensor<I>): Tensor<I>;
    scatterAdd<A extends Shape>(this: Tensor<A>, dim: number, index: Tensor, source: Tensor): Tensor<A>;
    indexSelect<A extends Shape, const D extends number, I extends Shape>(
      this: Tensor<A>,
      dim: D,
      index: Tensor<I>,
    ): Tensor<IndexSelect<A, D, I[0]>>;
    oneHot<A extends Shape, const N extends number = number>(
      this: Tensor<A>,
      classes?: N,
    ): Tensor<OneHot<A, N>>;

    /** The value of a tensor with one element. */
    item(this: Tensor): number;
    /** The elements in nested arrays; a number for a scalar. */
    toArray<A extends Shape>(this: Tensor<A>): read.NestedNumbers<A>;
    /** A copy of the elements in C order. */
    toTypedArray(this: Tensor): TypedArray;
    /** A copy of the elements in C order; every present and later device has this way of reading. */
    data(this: Tensor): Promise<TypedArray>;
    toString(this: Tensor): string;

    /** Adds the derivative of this tensor to the `grad` of every leaf. */
    backward(this: Tensor, gradOutput?: Tensor | null, options?: graph.BackwardOptions): void;
    requiresGrad_<T extends Tensor>(this: T, wanted?: boolean): T;
    retainGrad<T extends Tensor>(this: T): T;
    registerHook(this: Tensor, fn: (grad: Tensor) => Tensor | undefined | void): () => void;

    /** Overwrites the elements; bumps the version, so that a derivative that needs the old ones fails. */
    assign<T extends Tensor>(this: T, value: Input): T;
    add_<T extends Tensor>(this: T, value: Input): T;
    sub_<T extends Tensor>(this: T, value: Input): T;
    mul_<T extends Tensor>(this: T, value: Input): T;
    div_<T extends Tensor>(this: T, value: Input): T;
    fill_<T extends Tensor>(this: T, value: number): T;
    zero_<T extends Tensor>(this: T): T;
  }
}

let attached = false;

/**
 * Attaches the ops to Tensor. The packages say `sideEffects: false`, so a bundler drops a module that is imported for its effects alone:
 * creation functions call this instead, and without them there is no tensor to call a method of.
 */
export function ensureMethods(): void {
  if (attached) return;
  attached = true;
  provideArithmetic({
    add: (a, b) => binary.add(a, b) as Tensor,
    addInPlace: (a, b) => kernels().binary('add', a, b, a),
    sumTo: reduce.sumTo,
    full: (s, value, dtype) => {
      const out = raw(s, dtype);
      kernels().fill(out, value);
      return out;
    },
    clone: t => unary.clone(t) as Tensor,
  });
  provideTensorArithmetic({
    ...unaryOps,
    ...binaryOps,
    polygamma: special.polygamma,
    eq: binary.eq,
    lt: binary.lt,
    le: binary.le,
    gt: binary.gt,
    ge: binary.ge,
    and: binary.logicalAnd,
    where: binary.where,
    zero: unary.zerosOf,
  } satisfies Record<keyof Arithmetic<Tensor>, unknown> as unknown as Arithmetic<Tensor, Tensor>);
  const prototype = Tensor.prototype as unknown as Record<string, unknown>;
  for (const [name, fn] of Object.entries(functions)) {
    const call = fn as (...args: unknown[]) => unknown;
    // Written out for up to three arguments: collecting them into an array would cost every call.
    prototype[name] = function (this: Tensor, a?: unknown, b?: unknown, c?: unknown): unknown {
      return call(this, a, b, c);
    };
  }
  for (const [name, fn] of Object.entries(longIndexingMethods)) {
    const call = fn as (...args: unknown[]) => unknown;
    prototype[name] = function (this: Tensor, ...args: unknown[]): unknown {
      return call(this, ...args);
    };
  }
  prototype.data = async function (this: Tensor): Promise<TypedArray> {
    return read.toTypedArray(this);
  };
  prototype.zero_ = function (this: Tensor): Tensor {
    return inPlace.zeroInPlace(this);
  };
  prototype.toString = function (this: Tensor): string {
    return format(this);
  };
  prototype[Symbol.for('nodejs.util.inspect.custom') as unknown as string] = prototype.toString;
}
