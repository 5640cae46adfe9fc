import type { Broadcast, Fits, Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as elementwise from '../composite/elementwise.js';
import * as gates from '../composite/gates.js';
import * as rectifiers from '../composite/rectifiers.js';
import * as shrink from '../composite/shrink.js';
import * as triangles from '../composite/triangles.js';
import * as random from '../random.js';
import * as special from '../special.js';
import type { BinaryMethod, UnaryMethod } from '../types.js';

/** Special functions, further elementwise ops and activations, triangles, and what draws from a tensor of probabilities. */
export const elementwiseMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  exp2: special.exp2,
  log2: special.log2,
  log10: special.log10,
  tan: special.tan,
  asin: special.asin,
  acos: special.acos,
  atan: special.atan,
  sinh: special.sinh,
  cosh: special.cosh,
  asinh: special.asinh,
  acosh: special.acosh,
  atanh: special.atanh,
  erfc: special.erfc,
  erfinv: special.erfinv,
  lgamma: special.lgamma,
  digamma: special.digamma,
  remainder: special.remainder,
  fmod: special.fmod,
  atan2: special.atan2,
  hypot: special.hypot,
  logaddexp: special.logaddexp,
  xlogy: special.xlogy,
  frac: elementwise.frac,
  isnan: elementwise.isnan,
  isinf: elementwise.isinf,
  isfinite: elementwise.isfinite,
  round: elementwise.round,
  div: elementwise.div,
  nanToNum: elementwise.nanToNum,
  lerp: elementwise.lerp,
  addcmul: elementwise.addcmul,
  addcdiv: elementwise.addcdiv,
  maskedFill: elementwise.maskedFill,
  isclose: elementwise.isclose,
  allclose: elementwise.allclose,
  equal: elementwise.equal,
  relu6: rectifiers.relu6,
  hardsigmoid: rectifiers.hardsigmoid,
  hardswish: rectifiers.hardswish,
  selu: rectifiers.selu,
  hardshrink: shrink.hardshrink,
  hardtanh: rectifiers.hardtanh,
  elu: rectifiers.elu,
  celu: rectifiers.celu,
  prelu: rectifiers.prelu,
  mish: gates.mish,
  softsign: gates.softsign,
  logsigmoid: gates.logsigmoid,
  glu: gates.glu,
  softmin: gates.softmin,
  gumbelSoftmax: gates.gumbelSoftmax,
  tril: triangles.tril,
  triu: triangles.triu,
  diag: triangles.diag,
  bernoulli: random.bernoulli,
  multinomial: random.multinomial,
};

/** Ops of a tensor and two operands, all broadcast. */
type TernaryMethod<Name extends string, Options extends readonly unknown[] = []> = <
  A extends Shape,
  B extends Shape = [],
  C extends Shape = [],
>(
  this: Tensor<A>,
  a: number | (Tensor<B> & Fits<Name, A, B>),
  b: number | (Tensor<C> & Fits<Name, Broadcast<A, B>, C>),
  ...options: Options
) => Tensor<Broadcast<Broadcast<A, B>, C>>;

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    readonly exp2: UnaryMethod;
    readonly log2: UnaryMethod;
    readonly log10: UnaryMethod;
    readonly tan: UnaryMethod;
    readonly asin: UnaryMethod;
    readonly acos: UnaryMethod;
    readonly atan: UnaryMethod;
    readonly sinh: UnaryMethod;
    readonly cosh: UnaryMethod;
    readonly asinh: UnaryMethod;
    readonly acosh: UnaryMethod;
    readonly atanh: UnaryMethod;
    readonly erfc: UnaryMethod;
    readonly erfinv: UnaryMethod;
    readonly lgamma: UnaryMethod;
    readonly digamma: UnaryMethod;
    readonly frac: UnaryMethod;
    readonly isnan: UnaryMethod;
    readonly isinf: UnaryMethod;
    readonly isfinite: UnaryMethod;
    readonly relu6: UnaryMethod;
    readonly hardsigmoid: UnaryMethod;
    readonly hardswish: UnaryMethod;
    readonly selu: UnaryMethod;
    hardshrink<A extends Shape>(this: Tensor<A>, lambda?: number): Tensor<A>;
    readonly mish: UnaryMethod;
    readonly softsign: UnaryMethod;
    readonly logsigmoid: UnaryMethod;

    readonly remainder: BinaryMethod<'remainder'>;
    readonly fmod: BinaryMethod<'fmod'>;
    readonly atan2: BinaryMethod<'atan2'>;
    readonly hypot: BinaryMethod<'hypot'>;
    readonly logaddexp: BinaryMethod<'logaddexp'>;
    readonly xlogy: BinaryMethod<'xlogy'>;

    round<A extends Shape>(this: Tensor<A>, options?: elementwise.RoundOptions): Tensor<A>;
    /** Floating point tensors only; rounded to a whole number if asked for. */
    div<A extends Shape, B extends Shape = []>(
      this: Tensor<A>,
      b: number | (Tensor<B> & Fits<'div', A, B>),
      options?: elementwise.DivOptions,
    ): Tensor<Broadcast<A, B>>;
    nanToNum<A extends Shape>(this: Tensor<A>, options?: elementwise.NanToNumOptions): Tensor<A>;
    readonly lerp: TernaryMethod<'lerp'>;
    readonly addcmul: TernaryMethod<'addcmul', [options?: elementwise.ScaleOptions]>;
    readonly addcdiv: TernaryMethod<'addcdiv', [options?: elementwise.ScaleOptions]>;
    maskedFill<A extends Shape, M extends Shape>(
      this: Tensor<A>,
      mask: Tensor<M> & Fits<'maskedFill', A, M>,
      value: number | Tensor,
    ): Tensor<Broadcast<A, M>>;
    isclose<A extends Shape, B extends Shape>(
      this: Tensor<A>,
      b: Tensor<B> & Fits<'isclose', A, B>,
      options?: elementwise.CloseOptions,
    ): Tensor<Broadcast<A, B>>;
    allclose(this: Tensor, b: Tensor, options?: elementwise.CloseOptions): boolean;
    equal(this: Tensor, b: Tensor): boolean;

    hardtanh<A extends Shape>(this: Tensor<A>, options?: rectifiers.HardtanhOptions): Tensor<A>;
    elu<A extends Shape>(this: Tensor<A>, options?: rectifiers.AlphaOptions): Tensor<A>;
    celu<A extends Shape>(this: Tensor<A>, options?: rectifiers.AlphaOptions): Tensor<A>;
    prelu<A extends Shape>(this: Tensor<A>, weight: Tensor): Tensor<A>;
    glu(this: Tensor, dim?: number): Tensor;
    softmin<A extends Shape>(this: Tensor<A>, dim: number): Tensor<A>;
    gumbelSoftmax<A extends Shape>(this: Tensor<A>, options?: gates.GumbelSoftmaxOptions): Tensor<A>;

    tril<A extends Shape>(this: Tensor<A>, options?: triangles.DiagonalOptions): Tensor<A>;
    triu<A extends Shape>(this: Tensor<A>, options?: triangles.DiagonalOptions): Tensor<A>;
    diag(this: Tensor, options?: triangles.DiagonalOptions): Tensor;

    bernoulli<A extends Shape>(this: Tensor<A>, options?: random.DrawOptions): Tensor<A>;
    multinomial(this: Tensor, count: number, options?: random.MultinomialOptions): Tensor;
  }
}
