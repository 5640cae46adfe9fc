import { type DType, kernels, type RandomKind } from '@fluxion/kernels';
import { ArgumentError, DataError, ShapeError, show, showShape } from '../errors.js';
import { spans, watch } from '../graph/spans.js';
import { defaultGenerator, draw, Generator } from '../tensor/generator.js';
import { raw } from '../tensor/raw.js';
import { checkShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/shapeTypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { lt } from './binary.js';
import { requireFloating, withoutDerivative } from './define.js';
import { to } from './unary.js';

export interface DrawOptions {
  /** Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** The generator that was given, or the default one. */
export function generatorOf(op: string, generator: Generator | undefined): Generator {
  const chosen = generator ?? defaultGenerator;
  if (!(chosen instanceof Generator))
    throw new ArgumentError(`${op}: expected a Generator, got ${show(chosen)}: new Generator(seed).`);
  return chosen;
}

/** A tensor of the next numbers of the generator that was given, or of the default one. */
export function drawOf<S extends Shape>(
  op: string,
  kind: RandomKind,
  shape: S,
  dtype: DType,
  generator: Generator | undefined,
): Tensor<S> {
  checkShape(op, shape);
  const from = generatorOf(op, generator);
  const run = (): Tensor<S> => draw(op, from, kind, shape.slice() as unknown as S, dtype);
  const watcher = spans.current;
  return watcher === null ? run() : watch(watcher, 'op', op, [], run);
}

/** Why what is drawn has no derivative. */
export const drawsNumbers = 'it draws random numbers';

/** Throws unless every element is a probability, or a weight where they may be larger than 1. */
function checkProbabilities(op: string, values: ArrayLike<number>, shape: Shape, weights: boolean): void {
  for (let i = 0; i < values.length; i++) {
    const p = values[i];
    if (!(p >= 0 && (weights ? p < Number.POSITIVE_INFINITY : p <= 1)))
      throw new DataError(
        `${op}: element ${i} of the probabilities of shape ${showShape(shape)} is ${p}; expected ` +
          `${weights ? 'finite numbers from 0' : 'numbers from 0 to 1'}. Clamp or normalise them first.`,
      );
  }
}

/**
 * 1 with the probability that stands at the place, else 0, in the dtype of the probabilities (float32 or float64). Element i is 1 where the i-th
 * number of the uniform stream of that dtype is below the probability.
 */
export const bernoulli: <S extends Shape>(probabilities: Tensor<S>, options?: DrawOptions) => Tensor<S> = ((
  probabilities: Tensor,
  options: DrawOptions = {},
) => bernoulliOp([probabilities], options)) as never;

const bernoulliOp = withoutDerivative<DrawOptions>('bernoulli', drawsNumbers, (inputs, { generator }) => {
  const p = inputs[0] as Tensor;
  requireFloating('bernoulli', p);
  generatorOf('bernoulli', generator);
  checkProbabilities('bernoulli', kernels().read(p), p.shape, false);
  return to(lt(drawOf('bernoulli', 'uniform', p.shape, p.dtype, generator), p) as Tensor, p.dtype);
});

export interface MultinomialOptions extends DrawOptions {
  /** Whether a place may be drawn more than once. Default false. */
  readonly replacement?: boolean;
}

/**
 * `count` places drawn from each row of weights ([n] or [rows, n], float32 or float64; they need not add up to 1): int32, [count] or [rows, count].
 * With replacement, number k of row r is the first place at which the running sum of the weights exceeds u times their sum, u being number
 * r * count + k of the float64 uniform stream. Without, the places come in the order of E / weight, E being number r * n + i of the float64
 * exponential stream (Efraimidis and Spirakis 2006): drawn one after the other.
 */
export const multinomial = (weights: Tensor, count: number, options: MultinomialOptions = {}): Tensor =>
  multinomialOp([weights], { ...options, count });

const multinomialOp = withoutDerivative<MultinomialOptions & { readonly count: number }>(
  'multinomial',
  drawsNumbers,
  (inputs, { count, replacement = false, generator }) => {
    const weights = inputs[0] as Tensor;
    requireFloating('multinomial', weights);
    const { shape } = weights;
    if (shape.length !== 1 && shape.length !== 2)
      throw new ShapeError(
        `multinomial: the weights have shape ${showShape(shape)}; expected [n] or [rows, n]. Reshape them.`,
      );
    if (!Number.isInteger(count) || count < 1)
      throw new ArgumentError(`multinomial: count is ${show(count)}; expected a whole number from 1.`);
    generatorOf('multinomial', generator);
    const n = shape[shape.length - 1];
    const rows = shape.length === 2 ? shape[0] : 1;
    const values = kernels().read(weights);
    checkProbabilities('multinomial', values, shape, true);
    const list = Array.from({ length: rows }, (_, r) => Array.from(values.subarray(r * n, (r + 1) * n)));
    list.forEach((row, r) => {
      const positive = row.filter(w => w > 0).length;
      if (positive === 0)
        throw new DataError(
          `multinomial: the ${n} weights of row ${r} are all 0; expected at least one above it.`,
        );
      if (!replacement && count > positive)
        throw new DataError(
          `multinomial: ${count} of the ${positive} places with a weight above 0 in row ${r} cannot be drawn without replacement. ` +
            'Draw fewer, or set replacement: true.',
        );
    });
    const kind = replacement ? 'uniform' : 'exponential';
    const per = replacement ? count : n;
    const numbers = kernels().read(drawOf('multinomial', kind, [rows * per], 'float64', generator));
    const places = list.flatMap((row, r) => {
      const own = Array.from(numbers.subarray(r * per, (r + 1) * per));
      return replacement ? own.map(u => placeOf(row, u)) : order(row, own).slice(0, count);
    });
    const out = raw(shape.length === 2 ? [rows, count] : [count], 'int32');
    kernels().write(out, places);
    return out;
  },
);

function placeOf(weights: readonly number[], u: number): number {
  let total = 0;
  for (const w of weights) total += w;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i];
    last = i;
    if (sum > u * total) return i;
  }
  // Reached where the product was rounded up to the sum.
  return last;
}

function order(weights: readonly number[], exponentials: readonly number[]): number[] {
  const keys = weights.map((w, i) => exponentials[i] / w);
  return keys
    .map((_, i) => i)
    .filter(i => weights[i] > 0)
    .sort((a, b) => keys[a] - keys[b] || a - b);
}
