import { type DType, kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, show, showShape } from '../../errors.js';
import { noGrad } from '../../graph/modes.js';
import type { Input } from '../../graph/node.js';
import { raw } from '../../tensor/raw.js';
import { broadcastShapes, sameShape } from '../../tensor/shape.js';
import type { Broadcast, Fits, Shape } from '../../tensor/shapeTypes.js';
import { Tensor } from '../../tensor/tensor.js';
import {
  add,
  checkOperand,
  eq,
  le,
  logicalAnd,
  logicalOr,
  lt,
  mul,
  ne,
  div as quotient,
  sub,
  where,
} from '../binary.js';
import {
  apply,
  composite,
  type Primitive,
  requireFloating,
  requireTensor,
  savesNothing,
  withoutDerivative,
} from '../define.js';
import { floorDiv } from '../special.js';
import type { UnaryFunction } from '../types.js';
import { abs, clone, round as nearest, to, trunc, zerosOf } from '../unary.js';

const isFloating = (x: Tensor): boolean => x.dtype === 'float32' || x.dtype === 'float64';
/** The largest finite number. */
const largest = (dtype: DType): number => (dtype === 'float32' ? 3.4028234663852886e38 : Number.MAX_VALUE);

export interface RoundOptions {
  /** Digits to keep after the point; negative ones count before it. Default 0. */
  readonly decimals?: number;
}

/** To the nearest number with so many decimals, halves of whole numbers to the even one. The derivative is 0. */
export const round: <S extends Shape>(x: Tensor<S>, options?: RoundOptions) => Tensor<S> = ((
  x: Tensor,
  options?: RoundOptions,
): Tensor => {
  const decimals = options?.decimals ?? 0;
  if (!Number.isInteger(decimals))
    throw new ArgumentError(`round: decimals is ${show(decimals)}; expected a whole number.`);
  return decimals === 0 ? (nearest(x) as Tensor) : roundDecimals(x, decimals);
}) as never;

const roundDecimals = composite('round', (x: Tensor, decimals: number) => {
  requireFloating('round', x);
  const power = 10 ** Math.abs(decimals);
  // Multiplying by 10 and dividing by it: a tenth is no double.
  return decimals > 0
    ? (quotient(nearest(mul(x, power) as Tensor), power) as Tensor)
    : (mul(nearest(quotient(x, power) as Tensor), power) as Tensor);
});

/** x - trunc(x), with the sign of x. */
export const frac: UnaryFunction = composite('frac', (x: Tensor) => {
  requireFloating('frac', x);
  return sub(x, trunc(x)) as Tensor;
}) as never;

function predicate(name: string, test: (x: Tensor) => Tensor): UnaryFunction {
  const op = withoutDerivative<undefined>(name, 'its output is bool', ([x]) => test(x as Tensor));
  return ((x: Tensor) => {
    requireTensor(name, x);
    return op([x], undefined);
  }) as never;
}
/** bool: where x is NaN. */
export const isnan: UnaryFunction = predicate('isnan', x => ne(x, x) as Tensor);
/** bool: where x is an infinity. */
export const isinf: UnaryFunction = predicate(
  'isinf',
  x => (isFloating(x) ? eq(abs(x), Number.POSITIVE_INFINITY) : ne(x, x)) as Tensor,
);
/** bool: where x is neither NaN nor an infinity. */
export const isfinite: UnaryFunction = predicate(
  'isfinite',
  x => (isFloating(x) ? lt(abs(x), Number.POSITIVE_INFINITY) : eq(x, x)) as Tensor,
);

export interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  readonly nan?: number;
  /** In place of Infinity. Default the largest number of the dtype. */
  readonly posinf?: number;
  /** In place of -Infinity. Default the smallest number of the dtype. */
  readonly neginf?: number;
}

/** x with finite numbers in place of NaN and infinities, where the derivative is 0. A copy of int32 and bool tensors. */
export const nanToNum: <S extends Shape>(x: Tensor<S>, options?: NanToNumOptions) => Tensor<S> = composite(
  'nanToNum',
  (x: Tensor, options: NanToNumOptions = {}) => {
    if (!isFloating(x)) return clone(x);
    const { nan = 0, posinf = largest(x.dtype), neginf = -largest(x.dtype) } = options;
    for (const [name, value] of Object.entries({ nan, posinf, neginf }))
      if (typeof value !== 'number')
        throw new ArgumentError(`nanToNum: ${name} is ${show(value)}; expected a number.`);
    const y = where(ne(x, x), nan, x) as Tensor;
    const z = where(eq(x, Number.POSITIVE_INFINITY), posinf, y) as Tensor;
    return where(eq(x, Number.NEGATIVE_INFINITY), neginf, z) as Tensor;
  },
) as never;

export interface DivOptions {
  /** `trunc`: the quotient towards 0. `floor`: the largest whole number that b goes into a. Default: the quotient itself. */
  readonly rounding?: 'floor' | 'trunc';
}

export type DivFunction = <A extends Shape = [], B extends Shape = []>(
  a: number | Tensor<A>,
  b: number | (Tensor<B> & Fits<'div', A, B>),
  options?: DivOptions,
) => Tensor<Broadcast<A, B>>;

/** Its rule states the 0 that the derivative is: that of the quotient may be infinite. */
const truncatedOp: Primitive = {
  name: 'div',
  savesInput: savesNothing,
  vjp: (g, n) => [n.needs(0) ? zerosOf(g) : null, n.needs(1) ? zerosOf(g) : null],
  forward: ([a, b]) => noGrad(() => trunc(quotient(a as Tensor, b as Tensor) as Tensor) as Tensor),
};
const truncated = composite('div', (a: Input, b: Input) => apply(truncatedOp, [a, b], undefined));

/** a / b of floating point tensors, rounded if asked for: then the derivative is 0. */
export const div: DivFunction = ((a: Input, b: Input, options?: DivOptions): Tensor => {
  checkOperand('div', a);
  checkOperand('div', b);
  const rounding = options?.rounding;
  if (rounding === undefined) return quotient(a as Tensor, b as Tensor) as Tensor;
  if (rounding === 'floor') return floorDiv(a as Tensor, b as Tensor) as Tensor;
  if (rounding === 'trunc') return truncated(a, b);
  throw new ArgumentError(`div: rounding is ${show(rounding)}; expected 'floor' or 'trunc'.`);
}) as DivFunction;

/** Ops of a tensor and two operands, all broadcast. */
export type TernaryFunction<Name extends string, Options extends readonly unknown[] = []> = <
  A extends Shape,
  B extends Shape = [],
  C extends Shape = [],
>(
  x: Tensor<A>,
  a: number | (Tensor<B> & Fits<Name, A, B>),
  b: number | (Tensor<C> & Fits<Name, Broadcast<A, B>, C>),
  ...options: Options
) => Tensor<Broadcast<Broadcast<A, B>, C>>;

/** x + weight (end - x), from x at weight 0 to exactly end at weight 1. All three broadcast. float32 or float64. */
export const lerp: TernaryFunction<'lerp'> = composite('lerp', (x: Tensor, end: Input, weight: Input) => {
  checkOperand('lerp', x);
  requireFloating('lerp', x);
  checkOperand('lerp', weight);
  const way = sub(end as Tensor, x) as Tensor;
  const near = (): Tensor => add(x, mul(way, weight as Tensor) as Tensor) as Tensor;
  const far = (): Tensor =>
    sub(
      end as Tensor,
      mul(way, typeof weight === 'number' ? 1 - weight : (sub(1, weight) as Tensor)) as Tensor,
    );
  if (typeof weight === 'number') return weight < 0.5 ? near() : far();
  return where(lt(weight, 0.5), near(), far()) as Tensor;
}) as never;

export interface ScaleOptions {
  /** Factor of the product or quotient. Default 1. */
  readonly value?: number;
}

function scaled(name: string, y: Tensor, { value = 1 }: ScaleOptions): Tensor {
  if (typeof value !== 'number')
    throw new ArgumentError(`${name}: value is ${show(value)}; expected a number.`);
  return value === 1 ? y : (mul(y, value) as Tensor);
}

/** x + value a b; all three broadcast. float32 or float64. */
export const addcmul: TernaryFunction<'addcmul', [options?: ScaleOptions]> = composite(
  'addcmul',
  (x: Tensor, a: Input, b: Input, options: ScaleOptions = {}) => {
    checkOperand('addcmul', x);
    requireFloating('addcmul', x);
    return add(x, scaled('addcmul', mul(a as Tensor, b as Tensor) as Tensor, options)) as Tensor;
  },
) as never;

/** x + value a / b; all three broadcast. float32 or float64. */
export const addcdiv: TernaryFunction<'addcdiv', [options?: ScaleOptions]> = composite(
  'addcdiv',
  (x: Tensor, a: Input, b: Input, options: ScaleOptions = {}) => {
    checkOperand('addcdiv', x);
    requireFloating('addcdiv', x);
    return add(x, scaled('addcdiv', quotient(a as Tensor, b as Tensor) as Tensor, options)) as Tensor;
  },
) as never;

/** x with a value (a number, or a tensor of one element) where the mask holds. Both broadcast. */
export const maskedFill: <A extends Shape, M extends Shape>(
  x: Tensor<A>,
  mask: Tensor<M> & Fits<'maskedFill', A, M>,
  value: number | Tensor,
) => Tensor<Broadcast<A, M>> = composite('maskedFill', (x: Tensor, mask: Tensor, value: Input) => {
  if (!(mask instanceof Tensor) || mask.dtype !== 'bool')
    throw new DTypeError(
      `maskedFill: expected a bool tensor as mask, got ${mask instanceof Tensor ? mask.dtype : show(mask)}. Compare first: x.ne(0).`,
    );
  checkOperand('maskedFill', value);
  if (typeof value !== 'number' && value.ndim !== 0)
    throw new ArgumentError(
      `maskedFill: the value has shape ${showShape(value.shape)}; expected a number or a tensor of shape []. Use where for more.`,
    );
  return where(mask, value as Tensor, x) as Tensor;
}) as never;

export interface CloseOptions {
  /** Relative to |b|. Default 1e-5. */
  readonly rtol?: number;
  /** Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNan?: boolean;
}

const exact = (x: Tensor): Tensor => (isFloating(x) ? x : to(x, 'float64'));

function close(name: string, a: Tensor, b: Tensor, options: CloseOptions = {}): Tensor {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  for (const [key, value] of Object.entries({ rtol, atol }))
    if (!(value >= 0))
      throw new ArgumentError(`${name}: ${key} is ${show(value)}; expected a number from 0.`);
  for (const x of [a, b])
    if (!(x instanceof Tensor))
      throw new ArgumentError(`${name}: expected two tensors, got ${show(x)}. Make it a tensor first.`);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${name}: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one: x.to('${a.dtype}').`,
    );
  broadcastShapes(name, a.shape, b.shape);
  const x = exact(a);
  const y = exact(b);
  // An infinity is close to itself alone: the difference of two is NaN, and infinitely much is allowed beside one.
  const distance = abs(sub(x, y) as Tensor);
  const near = logicalAnd(
    le(distance, add(mul(abs(y), rtol), atol) as Tensor),
    lt(distance, Number.POSITIVE_INFINITY),
  );
  const result = logicalOr(eq(x, y) as Tensor, near as Tensor) as Tensor;
  return equalNan
    ? (logicalOr(result, logicalAnd(ne(x, x) as Tensor, ne(y, y) as Tensor) as Tensor) as Tensor)
    : result;
}

const iscloseOp = withoutDerivative<CloseOptions | undefined>(
  'isclose',
  'its output is bool',
  ([a, b], options) => close('isclose', a as Tensor, b as Tensor, options),
);
/** bool: where |a - b| <= atol + rtol |b|, or a = b. */
export const isclose: <A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Fits<'isclose', A, B>,
  options?: CloseOptions,
) => Tensor<Broadcast<A, B>> = ((a: Tensor, b: Tensor, options?: CloseOptions) =>
  iscloseOp([a, b], options)) as never;

/** Whether the elements are all true, as bool of shape []. */
function allOf(x: Tensor): Tensor {
  const out = raw([], 'bool');
  const dims = x.shape.map((_, i) => i);
  kernels().reduce('all', x, dims, out);
  return out;
}
const allCloseTo = withoutDerivative<CloseOptions | undefined>(
  'allclose',
  'its output is bool',
  ([a, b], options) => allOf(close('allclose', a as Tensor, b as Tensor, options)),
);
const allEqualTo = withoutDerivative<undefined>('equal', 'its output is bool', ([a, b]) =>
  allOf(eq(a as Tensor, b as Tensor) as Tensor),
);

/** Whether all elements are close; see `isclose`. */
export function allclose(a: Tensor, b: Tensor, options?: CloseOptions): boolean {
  return kernels().read(allCloseTo([a, b], options))[0] === 1;
}

/** Whether two tensors of one dtype have the same shape and the same elements. NaN equals nothing. */
export function equal(a: Tensor, b: Tensor): boolean {
  for (const x of [a, b])
    if (!(x instanceof Tensor))
      throw new ArgumentError(`equal: expected two tensors, got ${show(x)}. Make it a tensor first.`);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `equal: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one: x.to('${a.dtype}').`,
    );
  return sameShape(a.shape, b.shape) && kernels().read(allEqualTo([a, b], undefined))[0] === 1;
}
