import type { DType, Storage, TypedArray } from './storage.js';

/**
 * The one interface between numbers and everything above. It speaks of buffers with strides and
 * knows neither tensors nor graphs.
 *
 * Conventions, for every kernel of every tier:
 * - `out` is freshly allocated, contiguous in C order (`offset` 0 unless said otherwise), and shares no memory with
 *   an input, except where a kernel says "may alias".
 * - Inputs may have any strides, 0 (broadcast) and negative ones included.
 * - Shapes have been checked by the caller: a kernel never throws for a shape, only for a dtype or op that it does not have.
 * - Sizes of 0 are legal everywhere.
 */
export interface Operand {
  readonly storage: Storage;
  /** In elements, as are the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Maps of floating point elements; `neg abs sign square relu` also take int32. Out has the input's dtype. */
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'relu'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | SpecialOp;

/** The rarer maps of floating point elements. */
export type SpecialOp =
  | 'exp2'
  | 'log2'
  | 'log10'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erfc'
  | 'erfinv'
  | 'lgamma'
  | 'digamma';

/** Out has the inputs' dtype. `maximum` and `minimum` propagate NaN. int32 `div` is not here: divide floats. */
export type ArithmeticOp = 'add' | 'sub' | 'mul' | 'pow' | 'maximum' | 'minimum' | FloatBinaryOp;
/** Floating dtypes only. `polygamma` takes the order of the derivative first. */
export type FloatBinaryOp = 'div' | SpecialBinaryOp;
export type SpecialBinaryOp =
  | 'floorDiv'
  | 'remainder'
  | 'fmod'
  | 'atan2'
  | 'hypot'
  | 'logaddexp'
  | 'xlogy'
  | 'polygamma';
/** Out is bool. NaN compares as in IEEE 754: everything false but `ne`. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
/** bool in, bool out. */
export type LogicalOp = 'logicalAnd' | 'logicalOr' | 'logicalXor';
export type BinaryOp = ArithmeticOp | CompareOp | LogicalOp;

/**
 * `sum` and `prod` of int32 and bool give int32; `max`/`min` keep the dtype and propagate NaN; `any`/`all` take bool and
 * give bool; `argmax`/`argmin` give int32, the first of equals (a NaN counts as the extreme), and take one dim or all.
 * The empty reduction: sum 0, prod 1, any false, all true; the others are never called with nothing to reduce.
 */
export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin' | 'any' | 'all';

/** What a scatter does with the element that is there; `max` and `min` propagate NaN, and of what is assigned the last stays. */
export type ScatterMode = 'add' | 'assign' | 'max' | 'min';

/**
 * Running reductions. `sum` and `prod` of int32 and bool give int32; `max` and `min` keep the dtype and propagate NaN; `logsumexp` is
 * ln of the running sum of e**x, without overflow, of floating dtypes only.
 */
export type ScanOp = 'sum' | 'prod' | 'max' | 'min' | 'logsumexp';

/** Which way a linear recurrence runs, and whose factor it takes. */
export interface RecurrenceDirection {
  /** From the last element to the first. */
  readonly reverse: boolean;
  /** The factor is that of the element before (as the recurrence runs) rather than that of the element itself. */
  readonly lag: boolean;
}

/**
 * Over the last two dims of the shape that the operands broadcast to: the same for all elements there. Sums as `reduce` makes them. An expression with one
 * takes operands of one rank, three at least; its outputs have that shape, or size 1 in the last two dims where all elements are the same. There is
 * something to reduce.
 */
export type ExpressionReduction = 'sum' | 'max';

/** A straight-line program over elements: node i may use nodes before it. */
export type ExpressionNode =
  | { readonly op: 'input'; readonly index: number }
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: UnaryOp; readonly a: number }
  | { readonly op: ArithmeticOp | CompareOp; readonly a: number; readonly b: number }
  | { readonly op: LogicalOp; readonly a: number; readonly b: number }
  | { readonly op: 'logicalNot'; readonly a: number }
  | { readonly op: ExpressionReduction; readonly a: number }
  | { readonly op: 'where'; readonly condition: number; readonly a: number; readonly b: number };

export interface Expression {
  readonly dtype: 'float32' | 'float64';
  /** `array` inputs are operands broadcast to the shape of the outputs; `scalar` inputs are numbers, rounded to dtype. */
  readonly inputs: readonly ('array' | 'scalar')[];
  readonly nodes: readonly ExpressionNode[];
  /** Nodes that are written, one output each; all of dtype, so none of them a comparison. */
  readonly outputs: readonly number[];
}

/** An expression made ready by `compile`; opaque to the caller. */
export interface CompiledExpression {
  readonly expression: Expression;
}

/** Uniform in [0, 1), standard normal, or exponential of rate 1 (above 0). */
/**
 * Which input element tap k of output position p reads, in each spatial dim: p * stride - padding + k * dilation. Outside the input there
 * are zeros; so padding at the end follows from the sizes. Strides and dilations are at least 1.
 */
export interface ConvolutionGeometry {
  readonly stride: readonly number[];
  /** Before the first element. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** The windows of a pool along one dim: output i reads start[i], start[i] + step, … below end[i]; all of them exist, and there is one at least. */
export interface PoolWindows {
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly step: number;
}

/** A sparse matrix by rows: row i holds weights[j] in column indices[j] for offsets[i] <= j < offsets[i + 1]. */
export interface SparseRows {
  /** One more than there are rows. */
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  /** Rounded to the dtype of the operands. */
  readonly weights: Float64Array;
}

export type RandomKind = 'uniform' | 'normal' | 'exponential';

export interface MemoryStats {
  /** Storages and bytes in WebAssembly memory by generation. */
  youngCount: number;
  youngBytes: number;
  oldCount: number;
  oldBytes: number;
  /** Size of the WebAssembly memory. */
  reservedBytes: number;
  /** Since the start: */
  allocations: number;
  allocatedBytes: number;
  evacuations: number;
  evacuatedBytes: number;
  reloads: number;
  reloadedBytes: number;
}

/** What becomes of the sums of a product while they are in the cache. */
export interface Finish {
  /** Added, an element to each column or channel: contiguous, as many as there are, of out's dtype. */
  readonly bias: Operand | null;
  /** Then the largest of it and 0, as `relu`. */
  readonly relu: boolean;
}

export interface Kernels {
  readonly name: 'reference' | 'wasm' | 'wasm-relaxed';

  /**
   * New storage with undefined contents. The one place where an evacuation may happen: addresses stay
   * as they are during every other call. Throws MemoryError when the 4 GiB are exhausted.
   */
  allocate(dtype: DType, length: number): Storage;
  /** Gives the bytes back at once. `by` names who did it, for the message of a later use. Freeing twice does nothing. */
  free(storage: Storage, by: string): void;
  /** Says that the storage will live long (parameters, optimizer state). */
  tenure(storage: Storage): void;
  /** A copy of the elements in C order. */
  read(a: Operand): TypedArray;
  /** Overwrites the operand (any strides without overlap), in C order. */
  write(out: Operand, values: ArrayLike<number>): void;
  memory(): MemoryStats;

  fill(out: Operand, value: number): void;
  /**
   * Strided copy with broadcasting of `a` to out's shape, and conversion where the dtypes differ
   * (float to int32 truncates; anything to bool is `!= 0`, NaN true). `out` may have any strides without overlap.
   */
  copy(a: Operand, out: Operand): void;
  unary(op: UnaryOp, a: Operand, out: Operand): void;
  /** `a` and `b` broadcast to out's shape; at most one may be a number. `out` may alias an operand of the same layout. */
  binary(op: BinaryOp, a: Operand | number, b: Operand | number, out: Operand): void;
  logicalNot(a: Operand, out: Operand): void;
  /** `condition` is bool. All three broadcast to out's shape. */
  where(condition: Operand, a: Operand | number, b: Operand | number, out: Operand): void;
  /** Reduces the dims in `axes` (sorted, no duplicates); out's shape is a's without them. No axes: a copy (argmax: zeros). */
  reduce(op: ReduceOp, a: Operand, axes: readonly number[], out: Operand): void;
  /**
   * out[i] is the reduction of a[0..i] along `dim`, of a[i..] if `reverse`; out has a's shape. `max` and `min` also write where the value
   * stands along the dim to `indices` (int32, of a's shape): the last of equals, or the last NaN so far. Otherwise that is null.
   */
  scan(op: ScanOp, a: Operand, dim: number, reverse: boolean, out: Operand, indices: Operand | null): void;
  /**
   * out[i] = b[i] + a[i] * out[i - 1] along `dim`, and the first one b's; see RecurrenceDirection for the other ways. All of one shape.
   * Carried in double precision. Floating dtypes only.
   */
  recurrence(a: Operand, b: Operand, dim: number, direction: RecurrenceDirection, out: Operand): void;
  /**
   * out[..., m, n] = sum over k of a[..., m, k] * b[..., k, n], finished by columns. Leading dims of a and b broadcast to
   * out's. Transposes are strides. k of 0 gives sums of 0. Floating dtypes only.
   */
  gemm(a: Operand, b: Operand, out: Operand, finish?: Finish): void;
  /**
   * out[i][j][k] = a[i][index[i][j][k]][k] for dim 1, and so on; index is int32 of out's shape.
   * Returns -1 when done, or the position (C order) of the first index outside 0 <= i < a.shape[dim], and then has written nothing.
   */
  gather(a: Operand, dim: number, index: Operand, out: Operand): number;
  /**
   * out[i][index[i][j][k]][k] = combine(itself, source[i][j][k]), in C order of the source; out (any strides without overlap) is read and written, so it has been filled
   * before. bool is for `assign` alone. If `fresh`, out is contiguous and counts as zero, whatever it holds; not for `assign`. Returns as gather does.
   */
  scatter(
    mode: ScatterMode,
    out: Operand,
    dim: number,
    index: Operand,
    source: Operand,
    fresh?: boolean,
  ): number;
  /**
   * The elements along a dim in ascending or descending order, equal ones in the order they had, NaN counted as larger than everything: values (null where
   * nobody wants them) and int32 indices. The outputs may be shorter than a along the dim, and then hold the first ones. a has a dim at least.
   */
  sort(a: Operand, dim: number, descending: boolean, values: Operand | null, indices: Operand): void;
  /**
   * out[n, o, p] = sum over c, k of x[n, c, p * stride - padding + k * dilation] * weight[o, c, k], for x [N, C, ...spatial], weight
   * [O, C / groups, ...kernel] and out [N, O, ...positions]; each group of O / groups outputs reads its C / groups channels. Finished by channels. One to
   * three spatial dims, floating dtypes only. This and the next two are the derivatives of one trilinear form of x, weight and gradOutput.
   */
  convolution(
    x: Operand,
    weight: Operand,
    out: Operand,
    geometry: ConvolutionGeometry,
    finish?: Finish,
  ): void;
  /** The gradient of x, of out's shape: what `gradOutput` puts back through the windows (a transposed convolution). */
  convolutionInputGrad(
    gradOutput: Operand,
    weight: Operand,
    out: Operand,
    geometry: ConvolutionGeometry,
  ): void;
  /** The gradient of the weight, of out's shape. */
  convolutionWeightGrad(x: Operand, gradOutput: Operand, out: Operand, geometry: ConvolutionGeometry): void;
  /** out[n, c, ...k, ...p] = x[n, c, p * stride - padding + k * dilation]: the windows side by side. `groups` is 1. */
  unfold(x: Operand, out: Operand, geometry: ConvolutionGeometry): void;
  /** The transpose of unfold: every element of columns [N, C, ...kernel, ...positions] is added where it came from in out [N, C, ...spatial]. */
  fold(columns: Operand, out: Operand, geometry: ConvolutionGeometry): void;
  /**
   * The largest element of each window of the last dims (as many as there are windows; one to three), and its position in C order of those
   * dims of a (int32): the first of equals, but a NaN wins, and the last of several. Floating dtypes only.
   */
  maxPool(a: Operand, windows: readonly PoolWindows[], out: Operand, indices: Operand): void;
  /** The matrix times every vector along dim `dim` of a; no row names a column twice. Floating dtypes only. */
  sparseAlong(a: Operand, dim: number, matrix: SparseRows, out: Operand): void;
  /**
   * Element i of out is number `counter + i` of the stream with key (`key0`, `key1`): unsigned 32-bit keys, counter a whole number below 2**53.
   * The stream is the same in every tier to the last bit: see random.ts.
   */
  random(kind: RandomKind, key0: number, key1: number, counter: number, out: Operand): void;
  /** Cached by the text of the expression. */
  compile(expression: Expression): CompiledExpression;
  /** Outputs may alias array inputs of the same layout (that is how update rules work in place). */
  run(compiled: CompiledExpression, inputs: readonly (Operand | number)[], outputs: readonly Operand[]): void;
}
