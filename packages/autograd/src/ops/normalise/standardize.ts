import { ArgumentError, DTypeError, ShapeError, show, showShape } from '../../errors.js';
import { mode } from '../../graph/modes.js';
import type { DifferentiableOp, Input } from '../../graph/node.js';
import { record } from '../../graph/record.js';
import { numel } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { add, div, mul, sub } from '../binary.js';
import { elementwise } from '../fused.js';
import { sum } from '../reduce.js';
import { rowwise } from '../rowwise.js';
import { reshapeTo } from '../shape.js';
import { rsqrt, square } from '../unary.js';

/** How many elements of x the dims hold together. */
export function countOver(x: Tensor, dims: readonly number[]): number {
  return numel(dims.map(d => x.shape[d]));
}

/** The mean over the dims, kept. The mean of nothing is 0: NaN would come back in the gradient of a scale that nothing is multiplied with. */
export function meanOver(x: Tensor, dims: readonly number[]): Tensor {
  return meanOf(x, dims, Math.max(countOver(x, dims), 1));
}

const meanOf = (x: Tensor, dims: readonly number[], count: number): Tensor =>
  div(sum(x, dims, { keepdim: true }) as Tensor, count) as Tensor;

/** In two passes: the mean of the squares less the square of the mean has lost the digits where the mean is large. */
function momentsOf(x: Tensor, dims: readonly number[], count: number) {
  const mean = meanOf(x, dims, count);
  return { mean, variance: meanOf(square(sub(x, mean) as Tensor) as Tensor, dims, count) };
}

const rootOf = (variance: Tensor, eps: number): Tensor => rsqrt(add(variance, eps) as Tensor) as Tensor;

/** (x - mean) / sqrt(variance + eps) * weight + bias, and what was found of x. */
const forward = rowwise(
  'standardize',
  (dims, x: Tensor, weight: Input, bias: Input, count: number, eps: number) => {
    const { mean, variance } = momentsOf(x, dims, count);
    const y = mul(sub(x, mean) as Tensor, rootOf(variance, eps)) as Tensor;
    return [add(mul(y, weight) as Tensor, bias) as Tensor, mean, variance];
  },
);

/** The gradient of x, and what of the output's gradient falls to each weight. */
function gradientsOf(
  dims: readonly number[],
  g: Tensor,
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Input,
  count: number,
  eps: number,
): [Tensor, Tensor] {
  const root = rootOf(variance, eps);
  const y = mul(sub(x, mean) as Tensor, root) as Tensor;
  const scaled = mul(g, weight) as Tensor;
  const along = meanOf(mul(scaled, y) as Tensor, dims, count);
  const rest = sub(sub(scaled, meanOf(scaled, dims, count)) as Tensor, mul(y, along) as Tensor) as Tensor;
  return [mul(rest, root) as Tensor, mul(g, y) as Tensor];
}

const ofInput = rowwise('standardize', (...args: Parameters<typeof gradientsOf>) =>
  gradientsOf(...args).slice(0, 1),
);

/** With a weight for every element of what is standardised together. */
const ofElements = rowwise('standardize', gradientsOf);

/** With a weight and a bias for all of it. */
const ofGroups = rowwise(
  'standardize',
  (dims, g: Tensor, x: Tensor, mean: Tensor, variance: Tensor, weight: Input, count: number, eps: number) => {
    const root = rootOf(variance, eps);
    const y = mul(sub(x, mean) as Tensor, root) as Tensor;
    const [ofWeight, ofBias] = [mul(g, y) as Tensor, g].map(t => sum(t, dims, { keepdim: true }) as Tensor);
    const along = mul(y, div(ofWeight, count) as Tensor) as Tensor;
    const rest = sub(sub(g, div(ofBias, count) as Tensor) as Tensor, along) as Tensor;
    return [mul(rest, mul(root, weight) as Tensor) as Tensor, ofWeight, ofBias];
  },
);

interface Standardizing {
  readonly dims: readonly number[];
  readonly count: number;
  readonly eps: number;
  /** Whether weight and bias have one element for all that is standardised together. */
  readonly shared: boolean;
}

/**
 * A rule of its own, of x, weight, bias, and the moments of x, which are constants as long as the rule is not to be differentiated itself: then it makes them
 * anew, as functions of x.
 */
const standardizeOp: DifferentiableOp<Standardizing> = {
  name: 'standardize',
  savesInput: (i, n) =>
    i === 1 ? n.inputs[0] !== null : i !== 2 && (n.inputs[0] !== null || n.inputs[1] !== null),
  vjp: (g, n) => {
    if (!n.needs(0) && !n.needs(1)) return [null, null, g, null, null];
    const { dims, count, eps, shared } = n.attributes;
    const x = n.tensorInput(0);
    const { mean, variance } = mode.recording
      ? momentsOf(x, dims, count)
      : { mean: n.tensorInput(3), variance: n.tensorInput(4) };
    const args = [g, x, mean, variance, n.savedInput(1) ?? 1, count, eps] as const;
    if (shared) {
      const grads = ofGroups.derive(dims, ...args);
      // Without the dims of size 1; where one weight serves several groups, the engine adds up.
      const own = grads.map((t, i) =>
        t.size === numel(n.inputShapes[i]) ? reshapeTo(t, n.inputShapes[i]) : t,
      );
      return [...own, null, null];
    }
    const [ofX, ofWeight] = n.needs(1) ? ofElements.derive(dims, ...args) : ofInput.derive(dims, ...args);
    return [ofX, ofWeight ?? null, g, null, null];
  },
};

export interface Standardized {
  readonly y: Tensor;
  /** Unrecorded, with size 1 in the dims. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** (x - mean) / sqrt(variance + eps) * weight + bias with mean and variance over the dims. Weight and bias broadcast to x. */
export function standardize(
  x: Tensor,
  dims: readonly number[],
  eps: number,
  weight: Input = 1,
  bias: Input = 0,
): Standardized {
  const count = Math.max(countOver(x, dims), 1);
  const affine = [weight, bias].filter(t => typeof t !== 'number');
  const shared =
    affine.length > 0 &&
    affine.every(t => dims.every(d => d - x.ndim < -t.ndim || t.shape[d - x.ndim + t.ndim] === 1));
  const inputs = [x, weight, bias] as const;
  const [y, mean, variance] = forward.compute(dims, ...inputs, count, eps);
  record(standardizeOp, [...inputs, mean, variance], { dims, count, eps, shared }, [y]);
  return { y, mean, variance };
}

const scaledAndShifted = elementwise(
  'standardize',
  (y: Tensor, weight: Input, bias: Input) => add(mul(y, weight) as Tensor, bias) as Tensor,
);

/** y weight + bias, of what there is of them. */
export function scaleAndShift(y: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  return weight === undefined && bias === undefined ? y : scaledAndShifted(y, weight ?? 1, bias ?? 0);
}

/** [C] in a shape that broadcasts to [N, C, ...]. */
export function alongChannels(t: Tensor, rank: number): Tensor {
  return reshapeTo(t, [t.size, ...new Array<number>(rank - 2).fill(1)]);
}

/** Throws unless the option is a finite number. */
export function requireFinite(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ArgumentError(`${op}: ${name} is ${show(value)}; expected a finite number.`);
}

/** The tensors among the options, by name; throws where one is something else. null and undefined stand for none. */
export function tensorsAmong(
  op: string,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Tensor | undefined>> {
  for (const [name, t] of Object.entries(options))
    if (t != null && !(t instanceof Tensor))
      throw new ArgumentError(`${op}: ${name} is ${show(t)}; expected a tensor, or nothing.`);
  return Object.fromEntries(Object.entries(options).map(([name, t]) => [name, (t as Tensor) ?? undefined]));
}

/** Throws unless all are float32, or all float64. */
export function requireOneDType(
  op: string,
  input: Tensor,
  others: Readonly<Record<string, Tensor | undefined>>,
): void {
  if (!(input instanceof Tensor))
    throw new ArgumentError(`${op}: expected a tensor as input, got ${show(input)}.`);
  if (input.dtype !== 'float32' && input.dtype !== 'float64')
    throw new DTypeError(
      `${op}: expected a float32 or float64 input, got ${input.dtype}. Convert it first: x.to('float32').`,
    );
  for (const [name, t] of Object.entries(others))
    if (t !== undefined && t.dtype !== input.dtype)
      throw new DTypeError(
        `${op}: the input is ${input.dtype} and ${name} ${t.dtype}; they must be the same. Convert one with to().`,
      );
}

/** Throws unless each has one element for each channel of x [N, C, ...]. */
export function requireChannels(
  op: string,
  x: Tensor,
  others: Readonly<Record<string, Tensor | undefined>>,
): void {
  for (const [name, t] of Object.entries(others))
    if (t !== undefined && (t.ndim !== 1 || t.shape[0] !== x.shape[1]))
      throw new ShapeError(
        `${op}: ${name} has shape ${showShape(t.shape)}, the input ${showShape(x.shape)} with ${x.shape[1]} channels in dim 1; ` +
          `expected ${name} of shape [${x.shape[1]}].`,
      );
}

/** Throws unless x has at least `least` dims. */
export function requireRank(op: string, x: Tensor, least: number, layout: string): void {
  if (x.ndim < least)
    throw new ShapeError(
      `${op}: expected an input of shape ${layout}, got ${showShape(x.shape)}. Add the missing dims with unsqueeze.`,
    );
}
