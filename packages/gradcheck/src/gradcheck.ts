import {
  ArgumentError,
  DTypeError,
  enableGrad,
  Generator,
  grad,
  noGrad,
  rand,
  show,
  Tensor,
  tensor,
} from '@fluxion/autograd';
import { compareSlopes, type Problem } from './compare.js';
import { GradcheckError, type GradcheckKind, type GradientReport, place } from './report.js';
import { strided, tensorsIn, valuesOf } from './tensors.js';

export interface GradcheckOptions {
  /** Tolerated: atol + rtol * max(|analytic|, |numeric|), and what rounding may do to the differences. Default 1e-8. */
  readonly atol?: number;
  /** Default 1e-6. */
  readonly rtol?: number;
  /** Of the cotangents and directions: the same seed, the same check. Default 0. */
  readonly seed?: number;
  /** Inputs with more elements are checked along random directions instead of element by element. Default 100. */
  readonly maxElements?: number;
  /** How many of them, per input. Default 16. */
  readonly directions?: number;
  /** Whether to try strided copies of the inputs and cotangents as well. Default true. */
  readonly strided?: boolean;
  /** Names of the inputs for messages. Default: `input 0` and so on. */
  readonly names?: readonly string[];
}

/** A function under check: from tensors to a tensor, or to tensors in arrays and plain objects. */
export type Differentiated<T extends readonly Tensor[]> = (...inputs: Given<T>) => object;

/** `T` itself; conditional, so that the inputs alone decide what it is, and not the parameters of the function. */
type Given<T> = T extends readonly Tensor[] ? T : never;

interface Check {
  readonly op: string;
  readonly fn: Differentiated<Tensor[]>;
  readonly inputs: readonly Tensor[];
  readonly names: readonly string[];
  readonly options: GradcheckOptions;
}

/**
 * Checks the derivative of `fn` at `inputs` and throws a GradcheckError unless it is right. Returns the report otherwise.
 *
 * The gradient that reverse mode gives for random cotangents (one for every floating point output) is compared with differences of the function,
 * element by element. float64 inputs are differentiated, int32 and bool ones are constants, float32 is a DTypeError: its differences say
 * nothing. Checked besides: form of the gradients, inputs and cotangents left alone, a second backward through the same graph and
 * a second run, strided inputs. A point where the function has no slope does not pass, and is called a kink rather than a wrong derivative.
 * `fn` may capture what it likes; it must return the same for the same inputs.
 */
export function gradcheck<const T extends readonly Tensor[]>(
  fn: Differentiated<T>,
  inputs: T,
  options: GradcheckOptions = {},
): GradientReport {
  return passed(checkGradients(fn, inputs, options));
}

/** The same check of the derivative of the derivative: of the gradient for given cotangents, by the inputs and by the cotangents. */
export function gradgradcheck<const T extends readonly Tensor[]>(
  fn: Differentiated<T>,
  inputs: T,
  options: GradcheckOptions = {},
): GradientReport {
  return passed(checkSecondGradients(fn, inputs, options));
}

/** `gradcheck` that returns its report, whatever it is. Errors of `fn` itself, and of the arguments, are thrown. */
export function checkGradients<const T extends readonly Tensor[]>(
  fn: Differentiated<T>,
  inputs: T,
  options: GradcheckOptions = {},
): GradientReport {
  return check(prepare('gradcheck', fn, inputs, options));
}

/** `gradgradcheck` that returns its report, whatever it is. */
export function checkSecondGradients<const T extends readonly Tensor[]>(
  fn: Differentiated<T>,
  inputs: T,
  options: GradcheckOptions = {},
): GradientReport {
  const first = prepare('gradgradcheck', fn, inputs, options);
  const outputs = run(first, asLeaves(inputs));
  const generator = new Generator((options.seed ?? 0) + 1);
  const cotangents = outputs.map(y => cotangentLike(y, generator));
  const count = inputs.length;
  return check({
    ...first,
    inputs: [...inputs, ...cotangents],
    names: [
      ...first.names,
      ...cotangents.map((_, i) => (cotangents.length === 1 ? 'the cotangent' : `cotangent ${i}`)),
    ],
    fn: (...all) => {
      const given = all.slice(0, count);
      const recorded = given.some(x => x.requiresGrad);
      const leaves = enableGrad(() => (recorded ? given : asLeaves(given)));
      const again = enableGrad(() => tensorsIn(first.fn(...leaves)).filter(isFloating));
      const wanted = leaves.filter(x => x.dtype === 'float64');
      return grad(again, wanted, { gradOutputs: all.slice(count), createGraph: recorded, allowUnused: true });
    },
  });
}

function passed(report: GradientReport): GradientReport {
  if (!report.ok) throw new GradcheckError(report);
  return report;
}

const isFloating = (t: Tensor): boolean => t.dtype === 'float32' || t.dtype === 'float64';

function prepare(op: string, fn: unknown, inputs: readonly Tensor[], options: GradcheckOptions): Check {
  if (typeof fn !== 'function')
    throw new ArgumentError(`${op}: expected a function of tensors, got ${show(fn)}.`);
  if (!Array.isArray(inputs) || !inputs.every(x => x instanceof Tensor))
    throw new ArgumentError(`${op}: expected an array of tensors as inputs, got ${show(inputs)}.`);
  const names = inputs.map((x: Tensor, i) => options.names?.[i] ?? (x.name === '' ? `input ${i}` : x.name));
  inputs.forEach((x: Tensor, i) => {
    if (x.dtype === 'float32')
      throw new DTypeError(
        `${op}: ${names[i]} is float32, whose differences are too coarse to judge a derivative. Convert it: x.to('float64').`,
      );
  });
  if (!inputs.some((x: Tensor) => x.dtype === 'float64'))
    throw new DTypeError(`${op}: no input is float64, so there is nothing to differentiate by.`);
  return { op, fn: fn as Differentiated<Tensor[]>, inputs, names, options };
}

/** The inputs, those of float64 as leaves of a graph; they share memory with the inputs and have their strides. */
function asLeaves(inputs: readonly Tensor[]): Tensor[] {
  return inputs.map(x => (x.dtype === 'float64' ? (x.detach() as Tensor).requiresGrad_() : x));
}

/** The floating point outputs. */
function run({ op, fn }: Check, inputs: readonly Tensor[]): Tensor[] {
  const outputs = enableGrad(() => tensorsIn(fn(...inputs)).filter(isFloating));
  if (outputs.length === 0)
    throw new ArgumentError(
      `${op}: the function returned no floating point tensor, so it has no derivative to check.`,
    );
  for (const y of outputs)
    if (y.dtype !== 'float64')
      throw new DTypeError(
        `${op}: the function returned a ${y.dtype} tensor; expected float64 all the way. Remove the conversion inside.`,
      );
  return outputs;
}

/** Numbers of either sign that are not small: a zero among them would hide an error. */
function cotangentLike(y: Tensor, generator: Generator): Tensor {
  const u = rand(y.shape, { generator, dtype: 'float64' }).sub(0.5) as Tensor;
  return u.sign().mul(0.5).add(u.mul(2)).detach() as Tensor;
}

/** One run, and the gradients of the float64 inputs. */
interface Pass {
  readonly outputs: readonly Tensor[];
  readonly outputValues: readonly Float64Array[];
  readonly leaves: readonly Tensor[];
  readonly grads: readonly Tensor[];
  readonly gradValues: readonly Float64Array[];
}

function pull(
  outputs: readonly Tensor[],
  leaves: readonly Tensor[],
  cotangents: readonly Tensor[],
): Tensor[] {
  return grad(outputs, leaves, { gradOutputs: cotangents, retainGraph: true, allowUnused: true }) as Tensor[];
}

function pass(
  c: Check,
  inputs: readonly Tensor[],
  cotangents: (outputs: readonly Tensor[]) => readonly Tensor[],
): Pass {
  const all = asLeaves(inputs);
  const outputs = run(c, all);
  const outputValues = outputs.map(valuesOf);
  const leaves = all.filter(x => x.dtype === 'float64');
  let grads: Tensor[];
  try {
    grads = pull(outputs, leaves, cotangents(outputs));
  } catch (error) {
    throw new Failure('backward', `the backward pass failed: ${(error as Error).message}`);
  }
  return { outputs, outputValues, leaves, grads, gradValues: grads.map(valuesOf) };
}

/** Carries a verdict out of the middle of a check. */
class Failure extends Error {
  readonly kind: GradcheckKind;
  constructor(kind: GradcheckKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

function check(c: Check): GradientReport {
  try {
    return judge(c);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ok: false, kind: error.kind, message: `${c.op}: ${error.message}`, worst: null, compared: 0 };
  }
}

function judge(c: Check): GradientReport {
  const { options } = c;
  const before = c.inputs.map(valuesOf);
  const generator = new Generator(options.seed ?? 0);
  let cotangents: readonly Tensor[] = [];
  let given: readonly Float64Array[] = [];
  const first = pass(c, c.inputs, outputs => {
    cotangents = outputs.map(y => cotangentLike(y, generator));
    given = cotangents.map(valuesOf);
    return cotangents;
  });
  checkForm(c, first);
  checkUnchanged(c, before, cotangents, given);
  checkRepeatable(c, first, cotangents);
  checkUnchanged(c, before, cotangents, given);
  if (options.strided !== false) checkStrided(c, first, before, cotangents);

  // Differences are taken on plain copies: were the given layout at fault, it would not spoil both sides alike.
  const plain = c.inputs.map((x, i) => (x.dtype === 'float64' ? fromValues(before[i], x.shape) : x));
  const floating = c.inputs.flatMap((x, i) => (x.dtype === 'float64' ? [i] : []));
  const f = (input: number, values: Float64Array): { value: number; scale: number } => {
    const outputs = run(
      c,
      plain.map((x, i) => (i === input ? fromValues(values, x.shape) : x)),
    );
    return contract(c, outputs, given);
  };
  const outcome = compareSlopes({
    inputs: floating.map((i, at) => ({
      index: i,
      name: c.names[i],
      shape: c.inputs[i].shape,
      values: before[i],
      gradient: first.gradValues[at],
      f: values => f(i, values),
    })),
    generator,
    atol: options.atol ?? 1e-8,
    rtol: options.rtol ?? 1e-6,
    maxElements: options.maxElements ?? 100,
    directions: options.directions ?? 16,
  });
  const { worst, compared, problem } = outcome;
  if (problem === null)
    return { ok: true, kind: 'pass', message: `${c.op}: passed, ${compared} compared.`, worst, compared };
  return { ok: false, kind: problem.kind, message: describe(c, problem, first), worst: problem.at, compared };
}

function fromValues(values: Float64Array, shape: readonly number[]): Tensor {
  return noGrad(() => tensor(values).reshape(shape as number[])) as Tensor;
}

function contract(
  c: Check,
  outputs: readonly Tensor[],
  cotangents: readonly Float64Array[],
): { value: number; scale: number } {
  let value = 0;
  let scale = 0;
  outputs.forEach((y, i) => {
    const values = valuesOf(y);
    const v = cotangents[i];
    if (v?.length !== values.length)
      throw new ArgumentError(
        `${c.op}: the shapes of the outputs change with the values of the inputs; the function must be smooth.`,
      );
    for (let j = 0; j < values.length; j++) {
      value += v[j] * values[j];
      scale += Math.abs(v[j] * values[j]);
    }
  });
  return { value, scale };
}

function describe(c: Check, { kind, at, slope }: Problem, first: Pass): string {
  if (kind === 'kink')
    return (
      `${c.op}: kink or pole ${place(at)}: the slope is ${slope.left} on the left and ${slope.right} on the right, at a step of ${slope.step}. ` +
      `There the function has no derivative to compare with; the rule gives ${at.analytic}. Check it at another point.`
    );
  const cuts = [...new Set(first.outputs.map(y => y.cut).filter(cut => cut !== ''))];
  return (
    `${c.op}: wrong derivative ${place(at)}: the rule gives ${at.analytic}, differences give ${at.numeric}; ` +
    `they differ by ${at.error}, tolerated are ${at.tolerance}.` +
    (cuts.length === 0 ? '' : ` The output carries no graph: the chain broke at ${cuts.join('; at ')}.`)
  );
}

function checkForm(c: Check, { leaves, grads }: Pass): void {
  const names = c.names.filter((_, i) => c.inputs[i].dtype === 'float64');
  grads.forEach((g, i) => {
    const x = leaves[i];
    if (g.shape.join() !== x.shape.join() || g.dtype !== x.dtype)
      throw new Failure(
        'form',
        `the gradient of ${names[i]} is ${g.dtype} of shape [${g.shape.join(', ')}], expected ${x.dtype} of shape [${x.shape.join(', ')}].`,
      );
  });
}

/** Position of the first entry that is not the same to the last bit; -1 where all are. */
function firstDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

function checkUnchanged(
  c: Check,
  before: readonly Float64Array[],
  cotangents: readonly Tensor[],
  given: readonly Float64Array[],
): void {
  const look = (what: string, was: Float64Array, t: Tensor): void => {
    const now = valuesOf(t);
    const at = firstDifference(was, now);
    if (at >= 0)
      throw new Failure(
        'mutation',
        `${what} was changed in place: entry ${at} was ${was[at]} and is now ${now[at]}.`,
      );
  };
  c.inputs.forEach((x, i) => {
    look(c.names[i], before[i], x);
  });
  cotangents.forEach((v, i) => {
    look(`the gradient given for output ${i}`, given[i], v);
  });
}

function checkRepeatable(c: Check, first: Pass, cotangents: readonly Tensor[]): void {
  const compare = (what: string, a: readonly Float64Array[], b: readonly Float64Array[]): void => {
    a.forEach((values, i) => {
      const at = firstDifference(values, b[i]);
      if (at >= 0)
        throw new Failure(
          'nondeterminism',
          `${what} differ: number ${i}, entry ${at}, is ${values[at]} the first time and ${b[i][at]} the second.`,
        );
    });
  };
  let again: readonly Tensor[];
  try {
    again = pull(first.outputs, first.leaves, cotangents);
  } catch (error) {
    throw new Failure(
      'nondeterminism',
      `a second backward through the same graph failed: ${(error as Error).message}`,
    );
  }
  compare('two backward passes through the same graph', first.gradValues, again.map(valuesOf));
  const other = pass(c, c.inputs, () => cotangents);
  compare('the outputs of two runs', first.outputValues, other.outputValues);
  compare('the gradients of two runs', first.gradValues, other.gradValues);
}

/** Runs on other layouts of the same numbers; kernels may add in another order, hence a tolerance. */
function checkStrided(
  c: Check,
  first: Pass,
  before: readonly Float64Array[],
  cotangents: readonly Tensor[],
): void {
  const other = pass(
    c,
    c.inputs.map((x, i) => (x.dtype === 'float64' ? strided(fromValues(before[i], x.shape)) : x)),
    () => cotangents.map(strided),
  );
  const compare = (what: string, a: readonly Float64Array[], b: readonly Float64Array[]): void => {
    a.forEach((values, i) => {
      const size = values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
      for (let j = 0; j < values.length; j++)
        if (!Object.is(values[j], b[i][j]) && !(Math.abs(values[j] - b[i][j]) <= 1e-10 * size))
          throw new Failure(
            'layout',
            `${what} number ${i}, entry ${j}, is ${values[j]} for the inputs as given and ${b[i][j]} for strided copies of them.`,
          );
    });
  };
  compare('output', first.outputValues, other.outputValues);
  compare('gradient', first.gradValues, other.gradValues);
}
