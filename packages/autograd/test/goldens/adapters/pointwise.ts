import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

type Operand = f.Tensor | number;

function unary(fn: (x: f.Tensor) => f.Tensor): Adapter {
  return adapter('input', p => fn(p.tensor('input')));
}

/** Both operands; the library does not promote dtypes, and two numbers make no tensor. */
function operands(p: Params, first = 'input', second = 'other'): [Operand, Operand] {
  const a = p.operand(first);
  const b = p.operand(second);
  if (typeof a !== 'number' && typeof b !== 'number' && a.dtype !== b.dtype)
    throw new NotSupported(`operands of dtypes ${a.dtype} and ${b.dtype}`);
  return [a, b];
}

function binary(fn: (a: Operand, b: Operand) => f.Tensor): Adapter {
  return adapter('input other', p => fn(...operands(p)));
}

/** a ± alpha b. */
function withAlpha(fn: (a: Operand, b: Operand) => f.Tensor): Adapter {
  return adapter('input other alpha', p => {
    const [a, b] = operands(p);
    const alpha = p.maybeNumber('alpha');
    return fn(a, alpha === undefined ? b : typeof b === 'number' ? b * alpha : b.mul(alpha));
  });
}

const add = withAlpha((a, b) => f.add(a, b));
const sub = withAlpha((a, b) => f.sub(a, b));
const mul = binary((a, b) => f.mul(a, b));
const neg = unary(f.neg);

const div = adapter('input other rounding_mode', p => {
  const [a, b] = operands(p);
  const mode = p.text('rounding_mode');
  if (mode !== undefined && mode !== 'trunc' && mode !== 'floor')
    throw new NotSupported(`rounding_mode ${mode}`);
  return f.div(a, b, { rounding: mode });
});

const clamp = adapter('input min max', p =>
  f.clamp(p.tensor('input'), { min: p.maybeOperand('min'), max: p.maybeOperand('max') }),
);

export const pointwise: AdapterTable = {
  abs: unary(f.abs),
  absolute: unary(f.abs),
  ceil: unary(f.ceil),
  cos: unary(f.cos),
  erf: unary(f.erf),
  exp: unary(f.exp),
  expm1: unary(f.expm1),
  floor: unary(f.floor),
  log: unary(f.log),
  log1p: unary(f.log1p),
  logical_not: unary(f.logicalNot),
  neg,
  negative: neg,
  reciprocal: unary(f.reciprocal),
  rsqrt: unary(f.rsqrt),
  sigmoid: unary(f.sigmoid),
  sign: unary(f.sign),
  sin: unary(f.sin),
  sqrt: unary(f.sqrt),
  square: unary(f.square),
  tanh: unary(f.tanh),
  trunc: unary(f.trunc),
  round: adapter('input decimals', p => f.round(p.tensor('input'), { decimals: p.maybeNumber('decimals') })),

  add,
  sub,
  subtract: sub,
  mul,
  multiply: mul,
  div,
  divide: div,
  true_divide: binary((a, b) => f.div(a, b)),
  pow: adapter('input exponent', p => f.pow(...operands(p, 'input', 'exponent'))),
  maximum: binary((a, b) => f.maximum(a, b)),
  minimum: binary((a, b) => f.minimum(a, b)),
  eq: binary((a, b) => f.eq(a, b)),
  ne: binary((a, b) => f.ne(a, b)),
  lt: binary((a, b) => f.lt(a, b)),
  le: binary((a, b) => f.le(a, b)),
  gt: binary((a, b) => f.gt(a, b)),
  ge: binary((a, b) => f.ge(a, b)),
  logical_and: binary((a, b) => f.logicalAnd(a, b)),
  logical_or: binary((a, b) => f.logicalOr(a, b)),
  logical_xor: binary((a, b) => f.logicalXor(a, b)),
  clamp,
  clip: clamp,
  where: adapter('condition input other', p => f.where(p.tensor('condition'), ...operands(p))),
};
