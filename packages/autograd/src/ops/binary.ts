import { type ArithmeticOp, type BinaryOp, type CompareOp, type DType, kernels, type LogicalOp } from '@fluxion/kernels';
import { ArgumentError, DTypeError, show } from '../errors.js';
import type { Input, Node, Vjp } from '../graph/node.js';
import { raw, rawLike } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import type { Broadcast, Fits, Shape } from '../tensor/shapeTypes.js';
import { Tensor } from '../tensor/tensor.js';
import { apply, type Primitive, savesNothing, savesOthers } from './define.js';
import type { BinaryFunction } from './types.js';

/** Throws unless an operand is a tensor or a number. */
export function checkOperand(op: string, x: Input): void {
  if (typeof x !== 'number' && !(x instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor or a number, got ${show(x)}. Make it a tensor first: tensor(…).`);
}

/** The dtype both share; a number takes that of the other. */
function commonDType(op: string, a: Input, b: Input): DType {
  checkOperand(op, a);
  checkOperand(op, b);
  if (typeof a === 'number') {
    if (typeof b === 'number')
      throw new ArgumentError(`${op}: expected at least one tensor, got the numbers ${a} and ${b}. Wrap one: tensor(${a}).`);
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
    throw new DTypeError(`${op}: the number ${value} does not fit an int32 tensor. Convert the tensor first: x.to('float32').`);
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

export interface Rule {
  readonly vjp: Vjp<undefined>;
  readonly saves: (i: number, node: Node<undefined>) => boolean;
  readonly savesOutput?: boolean;
}

export function arithmetic<N extends ArithmeticOp>(name: N, rule: Rule, integers: boolean): BinaryFunction<N> {
  const parts = { vjp: rule.vjp, savesInput: rule.saves, savesOutput: rule.savesOutput };
  return (
    integers
      ? binary(name, isNumeric, "numbers: convert a bool tensor with to('float32')", 'same', parts)
      : binary(name, isFloating, "float32 or float64: convert with to('float32')", 'same', parts)
  ) as BinaryFunction<N>;
}

const always = (): boolean => true;

export const add: BinaryFunction<'add'> = arithmetic('add', { saves: savesNothing, vjp: g => [g, g] }, true);
export const sub: BinaryFunction<'sub'> = arithmetic(
  'sub',
  { saves: savesNothing, vjp: (g, n) => [g, n.needs(1) ? mul(g, -1) : null] },
  true,
);
export const mul: BinaryFunction<'mul'> = arithmetic(
  'mul',
  {
    saves: savesOthers,
    vjp: (g, n) => [n.needs(0) ? mul(g, n.input(1)) : null, n.needs(1) ? mul(g, n.input(0)) : null],
  },
  true,
);
/** a / b of floating point tensors. */
export const div: BinaryFunction<'div'> = arithmetic(
  'div',
  {
    saves: (i, n) => i === 1 || n.inputs[1] !== null,
    vjp: (g, n) => [
      n.needs(0) ? div(g, n.input(1)) : null,
      n.needs(1) ? mul(g, div(div(n.input(0), n.input(1)), mul(n.input(1) as Tensor, -1))) : null,
    ],
  },
  false,
);

const extremum = (loses: (a: Input, b: Input) => Tensor): Rule => ({
  saves: always,
  vjp: (g, n) => {
    const a = n.input(0);
    const b = n.input(1);
    // A tie gives each side half.
    const half = where(eq(a as Tensor, b as Tensor), mul(g, 0.5), g);
    return [n.needs(0) ? where(loses(a, b), 0, half) : null, n.needs(1) ? where(loses(b, a), 0, half) : null];
  },
});

/** The larger one, NaN if either is; a tie gives each side half of the gradient. */
export const maximum: BinaryFunction<'maximum'> = arithmetic('maximum', extremum((a, b) => lt(a, b)), true);
/** The smaller one, NaN if either is; a tie gives each side half of the gradient. */
export const minimum: BinaryFunction<'minimum'> = arithmetic('minimum', extremum((a, b) => gt(a, b)), true);

function comparison<N extends CompareOp>(name: N): BinaryFunction<N> {
  return binary(name, isAny, 'any dtype', 'bool', { vjp: null, why: 'its output is bool' }) as BinaryFunction<N>;
}
/** bool: whether a = b; NaN equals nothing. */
export const eq: BinaryFunction<'eq'> = comparison('eq');
export const ne: BinaryFunction<'ne'> = comparison('ne');
export const lt: BinaryFunction<'lt'> = comparison('lt');
export const le: BinaryFunction<'le'> = comparison('le');
export const gt: BinaryFunction<'gt'> = comparison('gt');
export const ge: BinaryFunction<'ge'> = comparison('ge');

function logical<N extends LogicalOp>(name: N): BinaryFunction<N> {
  return binary(name, isBool, 'bool tensors: compare first, x.ne(0)', 'bool', {
    vjp: null,
    why: 'its output is bool',
  }) as BinaryFunction<N>;
}
export const logicalAnd: BinaryFunction<'logicalAnd'> = logical('logicalAnd');
export const logicalOr: BinaryFunction<'logicalOr'> = logical('logicalOr');
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
  <C extends Shape, A extends Shape>(condition: Tensor<C>, a: Tensor<A> & Fits<'where', C, A>, b: number): Tensor<Broadcast<C, A>>;
  <C extends Shape, B extends Shape>(condition: Tensor<C>, a: number, b: Tensor<B> & Fits<'where', C, B>): Tensor<Broadcast<C, B>>;
  (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor;
}
/** Elements of `a` where the condition (bool) holds, of `b` elsewhere; all broadcast against each other. */
export const where: WhereFunction = ((condition: Tensor, a: Input, b: Input) =>
  apply(whereOp, [condition, a, b], undefined)) as WhereFunction;

