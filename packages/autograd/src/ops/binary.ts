import {
  type ArithmeticOp,
  type BinaryOp,
  type CompareOp,
  type DType,
  kernels,
  type LogicalOp,
} from '@fluxion/kernels';
import { ArgumentError, DTypeError } from '../errors.js';
import type { Input } from '../graph/node.js';
import { raw, rawLike } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import type { Broadcast, Fits, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { type Arithmetic, type BinaryRule, rules, tensors } from './arithmetic.js';
import { apply, notATensor, operand, type Primitive, savesNothing } from './define.js';
import type { BinaryFunction } from './types.js';

/** Throws unless an operand is a tensor or a number. */
export function checkOperand(op: string, x: Input): void {
  if (typeof x !== 'number' && !(x instanceof Tensor)) throw notATensor(op, x, operand);
}

/** The dtype both share; a number takes that of the other. */
function commonDType(op: string, a: Input, b: Input): DType {
  checkOperand(op, a);
  checkOperand(op, b);
  if (typeof a === 'number') {
    if (typeof b === 'number')
      throw new ArgumentError(
        `${op}: expected at least one tensor, got the numbers ${a} and ${b}. Wrap one: tensor(${a}).`,
      );
    return checkNumber(op, a, b.dtype);
  }
  if (typeof b === 'number') return checkNumber(op, b, a.dtype);
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${op}: operands have dtypes ${a.dtype} and ${b.dtype}; they must be the same. Convert one: x.to('${a.dtype}').`,
    );
  return a.dtype;
}

function checkNumber(op: string, value: number, dtype: DType): DType {
  if (dtype === 'int32' && (value | 0) !== value)
    throw new DTypeError(
      `${op}: the number ${value} does not fit an int32 tensor. Convert the tensor first: x.to('float32').`,
    );
  return dtype;
}

function binaryOutput(name: BinaryOp, a: Input, b: Input, dtype: DType): Tensor {
  if (typeof a === 'number') return rawLike(b as Tensor, dtype);
  if (typeof b === 'number' || sameShape(a.shape, b.shape)) return rawLike(a, dtype);
  return raw(broadcastShapes(name, a.shape, b.shape), dtype);
}

function binary(
  name: BinaryOp,
  accepts: (dtype: DType) => boolean,
  expected: string,
  result: DType | 'same',
  rule: Pick<Primitive, 'vjp' | 'savesInput' | 'savesOutput' | 'why'>,
): (a: Input, b: Input) => Tensor {
  const op: Primitive = {
    ...rule,
    name,
    elementwise: { kind: 'binary', kernel: name },
    forward: inputs => {
      const [a, b] = inputs;
      const dtype = commonDType(name, a, b);
      if (!accepts(dtype)) throw new DTypeError(`${name}: expected ${expected}, got ${dtype}.`);
      const out = binaryOutput(name, a, b, result === 'same' ? dtype : result);
      kernels().binary(name, a, b, out);
      return out;
    },
  };
  return (a, b) => apply(op, [a, b], undefined);
}

const isNumeric = (dtype: DType): boolean => dtype !== 'bool';
const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
const isBool = (dtype: DType): boolean => dtype === 'bool';
const isAny = (): boolean => true;

export const neither = (): boolean => false;
export const both = (): boolean => true;

/** Makes an op of a kernel and its rules, and enters these in the table. */
export function arithmetic<N extends ArithmeticOp>(
  name: N,
  integers: boolean,
  spec: BinaryRule,
): BinaryFunction<N> {
  const { saves, readsOutput, first, second } = spec;
  const rule: Pick<Primitive, 'vjp' | 'savesInput' | 'savesOutput'> = {
    // The two common answers need no asking, which every recorded op would pay for.
    savesInput:
      saves === neither
        ? savesNothing
        : saves === both
          ? undefined
          : (i, node) => saves(i, node.edge(1 - i) !== null, node.edge(i) !== null),
    savesOutput: readsOutput,
    vjp: (g, node) => {
      const a = node.savedInput(0) ?? 0;
      const b = node.savedInput(1) ?? 0;
      const y = readsOutput ? node.output() : g;
      return [
        node.needs(0) ? first(tensors, g, a, b, y) : null,
        node.needs(1) ? second(tensors, g, a, b, y) : null,
      ];
    },
  };
  const fn = integers
    ? binary(name, isNumeric, "numbers: convert a bool tensor with to('float32')", 'same', rule)
    : binary(name, isFloating, "float32 or float64: convert with to('float32')", 'same', rule);
  rules.set(fn, spec);
  return fn as BinaryFunction<N>;
}

/** Each derivative reads the other argument. */
const crossed = (_: number, needsOther: boolean): boolean => needsOther;

/** a + b, element by element; both derivatives are 1. */
export const add: BinaryFunction<'add'> = arithmetic('add', true, {
  saves: neither,
  readsOutput: false,
  first: (_, g) => g,
  second: (_, g) => g,
});
/** a - b, element by element. */
export const sub: BinaryFunction<'sub'> = arithmetic('sub', true, {
  saves: neither,
  readsOutput: false,
  first: (_, g) => g,
  second: (m, g) => m.neg(g),
});
/** a * b, element by element. */
export const mul: BinaryFunction<'mul'> = arithmetic('mul', true, {
  saves: crossed,
  readsOutput: false,
  first: (m, g, _, b) => m.mul(g, b),
  second: (m, g, a) => m.mul(g, a),
});
/** a / b of floating point tensors. */
export const div: BinaryFunction<'div'> = arithmetic('div', false, {
  saves: (i, needsOther) => i === 1 || needsOther,
  readsOutput: false,
  first: (m, g, _, b) => m.div(g, b),
  second: (m, g, a, b) => m.neg(m.mul(g, m.div(m.div(a, b), b))),
});

/**
 * a ** b, with 0 ** 0 = 1. Where the exponent is 0 the derivative by the base is 0; where the base is 0 and the exponent not negative,
 * that by the exponent is 0 (the limit of a**b ln a is no help to anybody there).
 */
export const pow: BinaryFunction<'pow'> = arithmetic('pow', false, {
  saves: both,
  readsOutput: true,
  first: (m, g, a, b) => {
    if (typeof b === 'number') {
      if (b === 0) return m.zero(g);
      if (b === 1) return g;
      return m.mul(g, m.mul(b === 2 ? a : m.pow(a, b - 1), b));
    }
    // The exponent is replaced before the power is taken: a masked infinity would come back as NaN in the second derivative.
    const isZero = m.eq(b, 0);
    return m.where(isZero, 0, m.mul(g, m.mul(b, m.pow(a, m.sub(m.where(isZero, 1, b), 1)))));
  },
  second: (m, g, a, b, y) => {
    const vanishes = m.and(m.eq(m.add(a, m.zero(g)), 0), m.ge(b, 0));
    return m.where(vanishes, 0, m.mul(g, m.mul(y, m.log(m.where(vanishes, 1, m.add(a, m.zero(g)))))));
  },
});

function extremum(loses: <T, M>(m: Arithmetic<T, M>, a: T | number, b: T | number) => M): BinaryRule {
  // A tie gives each side half.
  const half = <T, M>(m: Arithmetic<T, M>, g: T, a: T | number, b: T | number): T =>
    m.where(m.eq(a, b), m.mul(g, 0.5), g);
  return {
    saves: both,
    readsOutput: false,
    first: (m, g, a, b) => m.where(loses(m, a, b), 0, half(m, g, a, b)),
    second: (m, g, a, b) => m.where(loses(m, b, a), 0, half(m, g, a, b)),
  };
}

/** The larger one, NaN if either is; a tie gives each side half of the gradient. */
export const maximum: BinaryFunction<'maximum'> = arithmetic(
  'maximum',
  true,
  extremum((m, a, b) => m.lt(a, b)),
);
/** The smaller one, NaN if either is; a tie gives each side half of the gradient. */
export const minimum: BinaryFunction<'minimum'> = arithmetic(
  'minimum',
  true,
  extremum((m, a, b) => m.gt(a, b)),
);

function comparison<N extends CompareOp>(name: N): BinaryFunction<N> {
  return binary(name, isAny, 'any dtype', 'bool', {
    vjp: null,
    why: 'its output is bool',
  }) as BinaryFunction<N>;
}
/** bool: whether a = b; NaN equals nothing. */
export const eq: BinaryFunction<'eq'> = comparison('eq');
/** bool: whether a differs from b; NaN differs from everything, itself included. */
export const ne: BinaryFunction<'ne'> = comparison('ne');
/** bool: whether a < b; false where either is NaN. */
export const lt: BinaryFunction<'lt'> = comparison('lt');
/** bool: whether a <= b; false where either is NaN. */
export const le: BinaryFunction<'le'> = comparison('le');
/** bool: whether a > b; false where either is NaN. */
export const gt: BinaryFunction<'gt'> = comparison('gt');
/** bool: whether a >= b; false where either is NaN. */
export const ge: BinaryFunction<'ge'> = comparison('ge');

function logical<N extends LogicalOp>(name: N): BinaryFunction<N> {
  return binary(name, isBool, 'bool tensors: compare first, x.ne(0)', 'bool', {
    vjp: null,
    why: 'its output is bool',
  }) as BinaryFunction<N>;
}
/** bool in, bool out: whether both hold. */
export const logicalAnd: BinaryFunction<'logicalAnd'> = logical('logicalAnd');
/** bool in, bool out: whether at least one holds. */
export const logicalOr: BinaryFunction<'logicalOr'> = logical('logicalOr');
/** bool in, bool out: whether just one holds. */
export const logicalXor: BinaryFunction<'logicalXor'> = logical('logicalXor');

const whereOp: Primitive = {
  name: 'where',
  savesInput: i => i === 0,
  elementwise: { kind: 'where', kernel: 'where' },
  vjp: (g, n) => {
    const condition = n.tensorInput(0);
    return [null, n.needs(1) ? where(condition, g, 0) : null, n.needs(2) ? where(condition, 0, g) : null];
  },
  forward: inputs => {
    const [condition, a, b] = inputs;
    checkOperand('where', condition);
    if (typeof condition === 'number' || condition.dtype !== 'bool')
      throw new DTypeError(
        `where: expected a bool tensor as condition, got ${typeof condition === 'number' ? condition : condition.dtype}. Compare first: x.ne(0).`,
      );
    const dtype = commonDType('where', a, b);
    let shape: readonly number[] = condition.shape;
    if (typeof a !== 'number') shape = broadcastShapes('where', shape, a.shape);
    if (typeof b !== 'number') shape = broadcastShapes('where', shape, b.shape);
    const out = raw(shape, dtype);
    kernels().where(condition, a, b, out);
    return out;
  },
};

export interface WhereFunction {
  <C extends Shape, A extends Shape, B extends Shape>(
    condition: Tensor<C>,
    a: Tensor<A> & Fits<'where', C, A>,
    b: Tensor<B> & Fits<'where', Broadcast<C, A>, B>,
  ): Tensor<Broadcast<Broadcast<C, A>, B>>;
  <C extends Shape, A extends Shape>(
    condition: Tensor<C>,
    a: Tensor<A> & Fits<'where', C, A>,
    b: number,
  ): Tensor<Broadcast<C, A>>;
  <C extends Shape, B extends Shape>(
    condition: Tensor<C>,
    a: number,
    b: Tensor<B> & Fits<'where', C, B>,
  ): Tensor<Broadcast<C, B>>;
  (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor;
}
/** Elements of `a` where the condition (bool) holds, of `b` elsewhere; all broadcast against each other. */
export const where: WhereFunction = ((condition: Tensor, a: Input, b: Input) =>
  apply(whereOp, [condition, a, b], undefined)) as WhereFunction;
