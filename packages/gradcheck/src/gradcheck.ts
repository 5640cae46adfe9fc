import {
  ArgumentError,
  DTypeError,
  enableGrad,
  Generator,
  grad,
  rand,
  show,
  Tensor,
} from '@fluxion/autograd';
import { compareSlopes, type Problem } from './compare.js';
import {
  asLeaves,
  type Check,
  checkForm,
  checkRepeatable,
  checkStrided,
  checkUnchanged,
  Failure,
  fromValues,
  isFloating,
  type Pass,
  pass,
  run,
} from './inspect.js';
import type { Differentiated, GradcheckOptions } from './options.js';
import { GradcheckError, type GradientReport, place } from './report.js';
import { tensorsIn, valuesOf } from './tensors.js';

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

/** Numbers of either sign that are not small: a zero among them would hide an error. */
function cotangentLike(y: Tensor, generator: Generator): Tensor {
  const u = rand(y.shape, { generator, dtype: 'float64' }).sub(0.5) as Tensor;
  return u.sign().mul(0.5).add(u.mul(2)).detach() as Tensor;
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
