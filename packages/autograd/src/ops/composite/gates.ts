import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import type { Generator } from '../../tensor/generator.js';
import { raw } from '../../tensor/raw.js';
import { normalizeDim } from '../../tensor/shape.js';
import type { Shape } from '../../tensor/shapeTypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add, div, eq, mul, sub } from '../binary.js';
import { composite, requireFloating } from '../define.js';
import { elementwise } from '../fused.js';
import { log1pexp } from '../log1pexp.js';
import { drawOf } from '../random.js';
import { argmax } from '../reduce.js';
import { reshapeTo, slice } from '../shape.js';
import { type SoftmaxFunction, softmax } from '../softmax.js';
import { softplus } from '../softplus.js';
import type { UnaryFunction } from '../types.js';
import { abs, detach, log, neg, sigmoid, tanh, to } from '../unary.js';

// From 20 on the hyperbolic tangent is 1 to all digits, and softplus need not be exact.
const mishOf = elementwise('mish', (x: Tensor) => mul(x, tanh(softplus(x))) as Tensor);

/** x tanh(ln(1 + e**x)) (Misra 2019). */
export const mish: UnaryFunction = composite('mish', (x: Tensor) => {
  requireFloating('mish', x);
  return mishOf(x);
}) as never;

const softsignOf = elementwise('softsign', (x: Tensor) => div(x, add(abs(x), 1) as Tensor) as Tensor);

/** x / (1 + |x|) (Bergstra et al. 2009). */
export const softsign: UnaryFunction = composite('softsign', (x: Tensor) => {
  requireFloating('softsign', x);
  return softsignOf(x);
}) as never;

/** ln(1 / (1 + e**-x)), without overflow. */
export const logsigmoid: UnaryFunction = composite('logsigmoid', (x: Tensor) => {
  requireFloating('logsigmoid', x);
  return neg(log1pexp(neg(x)));
}) as never;

const gated = elementwise('glu', (x: Tensor, gate: Tensor) => mul(x, sigmoid(gate)) as Tensor);

/** The first half of x along a dim (default the last) times the sigmoid of the second (Dauphin et al. 2017). */
export const glu: (x: Tensor, dim?: number) => Tensor = composite('glu', (x: Tensor, dim: number = -1) => {
  requireFloating('glu', x);
  if (x.ndim === 0)
    throw new ShapeError('glu: a tensor of shape [] has no dim to halve. Give one with a dim.');
  const d = normalizeDim('glu', dim, x.ndim);
  const size = x.shape[d];
  if (size % 2 !== 0)
    throw new ShapeError(
      `glu: dim ${dim} of shape ${showShape(x.shape)} has the odd size ${size}; expected an even one, to halve it.`,
    );
  const half = size / 2;
  return gated(slice(x, d, { end: half }) as Tensor, slice(x, d, { start: half }) as Tensor);
});

/** softmax of -x along a dim. */
export const softmin: SoftmaxFunction = composite('softmin', (x: Tensor, dim: number) => {
  requireFloating('softmin', x);
  return softmax(neg(x), dim);
}) as never;

export interface GumbelSoftmaxOptions {
  /** Temperature, above 0. Default 1. */
  readonly tau?: number;
  /** Whether the result is one-hot, with the gradient of the soft one (straight-through). Default false. */
  readonly hard?: boolean;
  /** Default -1. */
  readonly dim?: number;
  readonly generator?: Generator;
}

/** 1 at the largest element along a dim (the first of equals), 0 elsewhere. */
function oneHotAlong(x: Tensor, dim: number): Tensor {
  const size = x.ndim === 0 ? 1 : x.shape[dim];
  const places = raw([size], 'int32');
  kernels().write(
    places,
    Int32Array.from({ length: size }, (_, i) => i),
  );
  const along = reshapeTo(places, x.ndim === 0 ? [] : x.shape.map((_, d) => (d === dim ? size : 1)));
  return to(eq(along, argmax(x, dim, { keepdim: true }) as Tensor) as Tensor, x.dtype);
}

/**
 * softmax((logits + G) / tau) with G drawn from the Gumbel distribution, -ln of `exponential` (Jang, Gu and Poole 2017). With `hard` the one-hot vector of its
 * largest element, through which the gradient passes as if it were the soft one.
 */
export const gumbelSoftmax: <S extends Shape>(
  logits: Tensor<S>,
  options?: GumbelSoftmaxOptions,
) => Tensor<S> = composite(
  'gumbelSoftmax',
  (logits: Tensor, { tau = 1, hard = false, dim = -1, generator }: GumbelSoftmaxOptions = {}) => {
    requireFloating('gumbelSoftmax', logits);
    if (!(tau > 0) || tau === Number.POSITIVE_INFINITY)
      throw new ArgumentError(`gumbelSoftmax: tau is ${show(tau)}; expected a finite number above 0.`);
    const d = normalizeDim('gumbelSoftmax', dim, logits.ndim);
    const dtype = logits.dtype;
    const noise = neg(log(drawOf('gumbelSoftmax', 'exponential', logits.shape, dtype, generator)));
    const soft = softmax(div(add(logits, noise) as Tensor, tau) as Tensor, d);
    if (!hard || logits.size === 0) return soft;
    return add(oneHotAlong(detach(soft), d), sub(soft, detach(soft)) as Tensor) as Tensor;
  },
) as never;
