import { ArgumentError, DTypeError, enableGrad, grad, noGrad, type Tensor, tensor } from '@fluxion/autograd';
import type { Differentiated, GradcheckOptions } from './options.js';
import type { GradcheckKind } from './report.js';
import { strided, tensorsIn, valuesOf } from './tensors.js';

export interface Check {
  readonly op: string;
  readonly fn: Differentiated<Tensor[]>;
  readonly inputs: readonly Tensor[];
  readonly names: readonly string[];
  readonly options: GradcheckOptions;
}

export const isFloating = (t: Tensor): boolean => t.dtype === 'float32' || t.dtype === 'float64';

/** The inputs, those of float64 as leaves of a graph; they share memory with the inputs and have their strides. */
export function asLeaves(inputs: readonly Tensor[]): Tensor[] {
  return inputs.map(x => (x.dtype === 'float64' ? (x.detach() as Tensor).requiresGrad_() : x));
}

/** The floating point outputs. */
export function run({ op, fn }: Check, inputs: readonly Tensor[]): Tensor[] {
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

export function fromValues(values: Float64Array, shape: readonly number[]): Tensor {
  return noGrad(() => tensor(values).reshape(shape as number[])) as Tensor;
}

/** One run, and the gradients of the float64 inputs. */
export interface Pass {
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

export function pass(
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
export class Failure extends Error {
  readonly kind: GradcheckKind;
  constructor(kind: GradcheckKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export function checkForm(c: Check, { leaves, grads }: Pass): void {
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

export function checkUnchanged(
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

export function checkRepeatable(c: Check, first: Pass, cotangents: readonly Tensor[]): void {
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

/**
 * Runs on other layouts of the same numbers. Kernels may add in another order, hence a tolerance; it has a floor, since what cancels leaves
 * rounding that is large beside the rest.
 */
export function checkStrided(
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
  const floor = (c.options.atol ?? 1e-8) * 1e-4;
  const compare = (what: string, a: readonly Float64Array[], b: readonly Float64Array[]): void => {
    a.forEach((values, i) => {
      const size = values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
      for (let j = 0; j < values.length; j++)
        if (!Object.is(values[j], b[i][j]) && !(Math.abs(values[j] - b[i][j]) <= 1e-10 * size + floor))
          throw new Failure(
            'layout',
            `${what} number ${i}, entry ${j}, is ${values[j]} for the inputs as given and ${b[i][j]} for strided copies of them.`,
          );
    });
  };
  compare('output', first.outputValues, other.outputValues);
  compare('gradient', first.gradValues, other.gradValues);
}
