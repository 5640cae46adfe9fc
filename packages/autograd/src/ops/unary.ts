import { type DType, kernels, type UnaryOp } from '@fluxion/kernels';
import { DTypeError, show, showShape } from '../errors.js';
import { observers } from '../graph/record.js';
import { contiguousCopy, raw, rawLike, view } from '../tensor/raw.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { rules, tensors, type UnaryRule } from './arithmetic.js';
import { apply, type Primitive, requireFloating, requireTensor, savesNothing } from './define.js';
import { fusedRuleOver } from './fused.js';
import type { UnaryFunction } from './types.js';

export interface UnarySpec extends UnaryRule {
  /** Whether int32 is accepted as well. */
  readonly int32?: boolean;
}

/** Makes an op of a kernel and a rule, and enters the rule in the table. */
export function unary(name: UnaryOp, spec: UnarySpec): UnaryFunction {
  const { reads } = spec;
  const rule = fusedRuleOver(name, (g, value) => spec.rule(tensors, g, value));
  const op: Primitive = {
    name,
    savesInput: reads === 'input' ? undefined : savesNothing,
    savesOutput: reads === 'output',
    elementwise: { kind: 'unary', kernel: name },
    vjp: (g, node) => [
      rule(g, reads === 'input' ? node.tensorInput(0) : reads === 'output' ? node.output() : g),
    ],
    forward: inputs => {
      const x = inputs[0] as Tensor;
      if (x.dtype !== 'int32' || spec.int32 !== true) requireFloating(name, x);
      const out = rawLike(x);
      kernels().unary(name, x, out);
      return out;
    },
  };
  const fn: UnaryFunction = <S extends Shape>(x: Tensor<S>) => apply(op, [x], undefined) as Tensor<S>;
  rules.set(fn, spec);
  return Object.defineProperty(fn, 'forgets', { value: true });
}

/** A gradient that is zero everywhere, whatever comes in (0 times an infinity would be NaN). */
const flat: UnaryRule = { reads: 'nothing', rule: (m, g) => m.zero(g) };

/** -x. */
export const neg: UnaryFunction = unary('neg', { int32: true, reads: 'nothing', rule: (m, g) => m.neg(g) });
/** |x|; the derivative at 0 is 0. */
export const abs: UnaryFunction = unary('abs', {
  int32: true,
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.sign(x)),
});
/** -1, 0 or 1; its derivative is 0 everywhere. */
export const sign: UnaryFunction = unary('sign', { int32: true, ...flat });
/** e**x. */
export const exp: UnaryFunction = unary('exp', { reads: 'output', rule: (m, g, y) => m.mul(g, y) });
/** e**x - 1, accurate near 0. */
export const expm1: UnaryFunction = unary('expm1', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.add(y, 1)),
});
/** ln x: -Infinity at 0, NaN below. */
export const log: UnaryFunction = unary('log', { reads: 'input', rule: (m, g, x) => m.div(g, x) });
/** ln(1 + x), accurate near 0. */
export const log1p: UnaryFunction = unary('log1p', {
  reads: 'input',
  rule: (m, g, x) => m.div(g, m.add(x, 1)),
});
/** The square root of x: NaN below 0; its derivative at 0 is infinite. */
export const sqrt: UnaryFunction = unary('sqrt', {
  reads: 'output',
  rule: (m, g, y) => m.div(g, m.mul(y, 2)),
});
/** 1 / sqrt(x). */
export const rsqrt: UnaryFunction = unary('rsqrt', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.mul(m.mul(y, m.square(y)), -0.5)),
});
/** x * x. */
export const square: UnaryFunction = unary('square', {
  int32: true,
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.mul(x, 2)),
});
/** 1 / x. */
export const reciprocal: UnaryFunction = unary('reciprocal', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.neg(m.square(y))),
});
/** sin x, x in radians. */
export const sin: UnaryFunction = unary('sin', { reads: 'input', rule: (m, g, x) => m.mul(g, m.cos(x)) });
/** cos x, x in radians. */
export const cos: UnaryFunction = unary('cos', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.neg(m.sin(x))),
});
/** tanh x = (e**x - e**-x) / (e**x + e**-x). */
export const tanh: UnaryFunction = unary('tanh', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.sub(1, m.square(y))),
});
/** 1 / (1 + e**-x). */
export const sigmoid: UnaryFunction = unary('sigmoid', {
  reads: 'output',
  rule: (m, g, y) => m.mul(g, m.mul(y, m.sub(1, y))),
});
/** The error function, 2/sqrt(pi) times the integral of e**-t**2 from 0 to x (DLMF 7.2.1). */
export const erf: UnaryFunction = unary('erf', {
  reads: 'input',
  rule: (m, g, x) => m.mul(g, m.mul(m.exp(m.neg(m.square(x))), 2 / Math.sqrt(Math.PI))),
});
/** max(x, 0); the derivative at 0 is 0. */
export const relu: UnaryFunction = unary('relu', {
  int32: true,
  reads: 'output',
  // Masking rather than multiplying: 0 times an infinite gradient would be NaN. Asking for 0, not for > 0: a NaN passes the gradient on.
  rule: (m, g, y) => m.where(m.eq(y, 0), 0, g),
});
/** The largest whole number up to x; its derivative is 0 everywhere. */
export const floor: UnaryFunction = unary('floor', flat);
/** The smallest whole number from x on; its derivative is 0 everywhere. */
export const ceil: UnaryFunction = unary('ceil', flat);
/** To the nearest whole number, halves to the even one. */
export const round: UnaryFunction = unary('round', flat);
/** Towards 0. */
export const trunc: UnaryFunction = unary('trunc', flat);

const logicalNotOp: Primitive = {
  name: 'logicalNot',
  vjp: null,
  why: 'its output is bool',
  elementwise: { kind: 'logicalNot', kernel: 'logicalNot' },
  forward: inputs => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== 'bool')
      throw new DTypeError(
        `logicalNot: expected a bool tensor, got ${x.dtype}. Compare first: x.ne(0).logicalNot().`,
      );
    const out = rawLike(x);
    kernels().logicalNot(x, out);
    return out;
  },
};
/** bool in, bool out. */
export const logicalNot: UnaryFunction = <S extends Shape>(x: Tensor<S>) =>
  apply(logicalNotOp, [x], undefined) as Tensor<S>;

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool'];

/** Throws unless `dtype` is one of ours. */
export function checkDType(op: string, dtype: DType): void {
  if (!dtypes.includes(dtype))
    throw new DTypeError(`${op}: unknown dtype ${show(dtype)}: expected one of ${dtypes.join(', ')}.`);
}

const toOp: Primitive<{ readonly from: DType; readonly to: DType }> = {
  name: 'to',
  savesInput: savesNothing,
  vjp: (g, n) => [to(g, n.attributes.from)],
  forward: (inputs, { to }) => {
    const x = inputs[0] as Tensor;
    const out = rawLike(x, to);
    kernels().copy(x, out);
    return out;
  },
};

/** The elements in another dtype: float to int32 truncates, anything to bool is `!= 0`. The tensor itself when it has that dtype. */
export function to<S extends Shape>(x: Tensor<S>, dtype: DType): Tensor<S> {
  requireTensor('to', x);
  checkDType('to', dtype);
  if (dtype === x.dtype) return x;
  return apply(toOp, [x], { from: x.dtype, to: dtype }) as Tensor<S>;
}

const cloneOp: Primitive = {
  name: 'clone',
  savesInput: savesNothing,
  vjp: g => [g],
  forward: inputs => contiguousCopy(inputs[0] as Tensor),
};
/** A contiguous copy; the gradient flows through. */
export const clone: UnaryFunction = <S extends Shape>(x: Tensor<S>) =>
  apply(cloneOp, [x], undefined) as Tensor<S>;

/** The tensor itself when its elements lie in C order, else a copy in which they do. */
export const contiguous: UnaryFunction = <S extends Shape>(x: Tensor<S>) => {
  requireTensor('contiguous', x);
  return x.contiguous ? x : clone(x);
};

/** The same elements outside the graph: no gradient flows back through it. Shares memory. */
export const detach: UnaryFunction = <S extends Shape>(x: Tensor<S>) => {
  requireTensor('detach', x);
  const out = view(x, x.offset, x.shape, x.strides);
  if (x.node !== null) {
    x.node.used = true;
    out.cut = x.node.isLeaf
      ? `a detach of ${x.name === '' ? `a leaf of shape ${showShape(x.shape)}` : x.name}`
      : `a detach of the output of ${x.node.op.name}`;
  }
  return out;
};

/** Zeros in the form of x. */
export function zerosOf(x: Tensor): Tensor {
  const out = raw(x.shape, x.dtype);
  kernels().fill(out, 0);
  observers.current?.filled(out, 0);
  return out;
}
