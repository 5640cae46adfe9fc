import type { ArithmeticOp, UnaryOp } from '../../src/interface.js';
import type { DType } from '../../src/storage.js';

/**
 * How far a tier may be from the reference. `value` is equality that lets -0 be 0 (where IEEE 754 or PyTorch leave the sign open),
 * `bits` also wants the sign of zero; `ulp` counts the floating point numbers between the two; `scaled` is absolute, in units of
 * eps(dtype) times a scale that the test computes for every element. No bound lets a NaN stand for a number or an infinity for a finite one.
 */
export type Bound =
  | { readonly kind: 'bits' }
  | { readonly kind: 'value' }
  | { readonly kind: 'ulp'; readonly ulp: number }
  | { readonly kind: 'scaled'; readonly eps: number };

const bits: Bound = { kind: 'bits' };
const value: Bound = { kind: 'value' };
const transcendental = (dtype: DType): Bound => ({ kind: 'ulp', ulp: dtype === 'float32' ? 2 : 4 });

/** 'ulp' stands for 2 ulp in float32 and 4 ulp in float64. */
const unary: Readonly<Record<UnaryOp, 'bits' | 'value' | 'ulp'>> = {
  neg: 'bits',
  abs: 'bits',
  sign: 'value',
  square: 'bits',
  relu: 'value',
  exp: 'ulp',
  expm1: 'ulp',
  log: 'ulp',
  log1p: 'ulp',
  sqrt: 'bits',
  rsqrt: 'ulp',
  reciprocal: 'bits',
  sin: 'ulp',
  cos: 'ulp',
  tanh: 'ulp',
  sigmoid: 'ulp',
  erf: 'ulp',
  floor: 'bits',
  ceil: 'bits',
  round: 'bits',
  trunc: 'bits',
  exp2: 'ulp',
  log2: 'ulp',
  log10: 'ulp',
  tan: 'ulp',
  asin: 'ulp',
  acos: 'ulp',
  atan: 'ulp',
  sinh: 'ulp',
  cosh: 'ulp',
  asinh: 'ulp',
  acosh: 'ulp',
  atanh: 'ulp',
  erfc: 'ulp',
  erfinv: 'ulp',
  lgamma: 'ulp',
  digamma: 'ulp',
};

const arithmetic: Readonly<Record<ArithmeticOp, 'bits' | 'value' | 'ulp'>> = {
  add: 'bits',
  sub: 'bits',
  mul: 'bits',
  div: 'bits',
  pow: 'ulp',
  maximum: 'value',
  minimum: 'value',
  floorDiv: 'value',
  remainder: 'value',
  fmod: 'bits',
  atan2: 'ulp',
  hypot: 'ulp',
  logaddexp: 'ulp',
  xlogy: 'ulp',
  polygamma: 'ulp',
};

function boundOf(kind: 'bits' | 'value' | 'ulp', dtype: DType): Bound {
  if (kind === 'ulp') return transcendental(dtype);
  return kind === 'bits' ? bits : value;
}

/** The one table of accuracy. */
export const bounds = {
  bits,
  value,
  unary: (op: UnaryOp, dtype: DType): Bound => boundOf(unary[op], dtype),
  arithmetic: (op: ArithmeticOp, dtype: DType): Bound => boundOf(arithmetic[op], dtype),
  /** In units of sum |a|, for n terms: what summing in pairs, or in blocks that are added with compensation, stays below. */
  sum: (n: number): Bound => ({ kind: 'scaled', eps: 8 + Math.log2(n + 1) }),
  /** In units of |product|, for n factors. */
  prod: (n: number): Bound => ({ kind: 'scaled', eps: n + 1 }),
  /** In units of the running sum of |a|, however many terms: carried with compensation, or a float32 sum in double precision. */
  scanSum: { kind: 'scaled', eps: 1 } as Bound,
  /** In units of 1 + |out| (+ the largest |a| that is finite), for runs of n terms. */
  scanLogarithm: (n: number): Bound => ({ kind: 'scaled', eps: n + 8 }),
  /** In units of sum |a| |b| (+ |out| when accumulating), for k terms. */
  gemm: (k: number): Bound => ({ kind: 'scaled', eps: k + 1 }),
  /** In units of the sum of |products|, for n terms, which may be summed in any order. */
  products: (n: number): Bound => ({ kind: 'scaled', eps: n + 1 }),
  /** In units of |a b| + |c|, for a * b + c with one rounding or two. */
  fused: { kind: 'scaled', eps: 1 } as Bound,
  /** In units of 16, which no number in that test exceeds. */
  fusedAdam: { kind: 'scaled', eps: 2 } as Bound,
  /** In units of |out| + sum |source|, for n terms at most. */
  scatterAdd: (n: number): Bound => ({ kind: 'scaled', eps: n + 1 }),
} as const;

/** How a bound is told in the name of a test. */
export function describeBound(bound: Bound): string {
  switch (bound.kind) {
    case 'bits':
      return 'exact, sign of zero included';
    case 'value':
      return 'exact';
    case 'ulp':
      return `within ${bound.ulp} ulp`;
    case 'scaled':
      return `within ${bound.eps} eps of the scale`;
  }
}
