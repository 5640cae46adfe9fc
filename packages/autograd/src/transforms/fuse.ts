import { kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { mode } from '../graph/modes.js';
import type { DifferentiableOp, Input } from '../graph/node.js';
import { observers, record } from '../graph/record.js';
import { abandonRegion, closeRegion, openRegion } from '../graph/region.js';
import { spanned, spans, watch } from '../graph/spans.js';
import { checkOperand } from '../ops/binary.js';
import { formulaOp, mostInputs, throughBody } from '../ops/fused.js';
import { markChanged } from '../ops/inPlace.js';
import type { Program } from '../ops/program.js';
import { reduceRows, spreadOver } from '../ops/rowwise.js';
import type { Body } from '../ops/trace.js';
import { numel, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import {
  broadcastOf,
  type Floating,
  operandsOf,
  overExtent,
  type Plan,
  planOf,
  type Summing,
  summingOf,
} from './fusePlan.js';

/** A function of tensors and numbers made of elementwise ops, and of sums and means at its end. */
export type Elementwise = (...inputs: never[]) => Tensor | readonly Tensor[];

/** The function as one kernel. */
export interface Fused<F extends Elementwise> {
  (...inputs: readonly Input[]): ReturnType<F>;
  /**
   * Writes the results over the elements of `targets`, one for each, in place and unrecorded. A target may be an input. Targets must be contiguous and have
   * the shape that the inputs broadcast to.
   */
  assign(targets: readonly Tensor[], ...inputs: readonly Input[]): void;
  /** The same with the arguments in a list, for a caller that has them so; the list is not kept. */
  assignList(targets: readonly Tensor[], inputs: readonly Input[]): void;
}

/**
 * Compiles a function of elementwise ops into one kernel that reads and writes every array once. It may end in sums or means, over all dims or some, and go on
 * with these and numbers alone: they are made in the same pass. It is traced at the first call with a given dtype and given kinds of arguments (tensor or
 * number): numbers that it captures are fixed then, so pass what changes as an argument. The result is differentiable, any number of times: of one result in
 * one kernel, and else through the function itself.
 */
export function fuse<F extends Elementwise>(fn: F): Fused<F> {
  if (typeof fn !== 'function')
    throw new ArgumentError(`fuse: expected a function of tensors, got ${show(fn)}.`);
  const call = fn as unknown as Body;
  const plans = new Map<string, Plan>();
  let last: Plan | null = null;
  const planFor = (inputs: readonly Input[]): Plan => {
    // Nearly always what came the last time comes again: then no key is put together.
    if (last !== null && fits(last, inputs)) return last;
    last = lookUp(inputs);
    return last;
  };
  const lookUp = (inputs: readonly Input[]): Plan => {
    const dtype = commonDType(inputs);
    let key: string = dtype;
    for (const x of inputs) key += typeof x === 'number' ? 'n' : 't';
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = planOf(call, inputs, dtype);
      plans.set(key, plan);
    }
    return plan;
  };

  // Of one result, with a derivative in one kernel too.
  const elementwise = formulaOp<Plan>('fuse', {
    traced: call,
    standIn: [],
    foreign: 'recorded',
    program: (_, { program }) => program,
    plainly: inputs => call(...inputs) as Tensor,
    run: (program, inputs) => program.run('fuse', inputs),
    spread: g => g,
  });
  const summing = formulaOp<Summing>('fuse', {
    traced: overExtent(call),
    standIn: [],
    foreign: 'recorded',
    program: (_, { program }) => program,
    plainly: inputs => call(...inputs.slice(0, -1)) as Tensor,
    run: (program, inputs, own) => sumUp(program, own, inputs),
    spread: (g, _, own) => spreadOver(g, own.shape, own),
  });
  const ops: DifferentiableOp<undefined>[] = [];
  const opFor = (index: number): DifferentiableOp<undefined> => {
    ops[index] ??= fusedOp(call, index);
    return ops[index];
  };

  /** One result. */
  const runOne = (plan: Plan, own: Summing | null, inputs: readonly Input[]): Tensor => {
    const mark = openRegion();
    let out: Tensor | null = null;
    try {
      out = own === null ? elementwise(inputs, plan) : summing([...inputs, own.count], own);
      return out;
    } finally {
      if (out === null) abandonRegion();
      else closeRegion(mark, 'fuse', out.storage);
    }
  };
  const run = (...inputs: readonly Input[]): Tensor | readonly Tensor[] => {
    // Of another function that is being traced, it is a part.
    if (observers.current !== null) return call(...inputs) as Tensor | readonly Tensor[];
    const plan = planFor(inputs);
    const own = plan.sums === null ? null : summingOf(plan, plan.sums, inputs);
    // Where there is nothing to sum, no kernel has anything to do.
    if (own !== null && numel(own.shape) === 0) return call(...inputs) as Tensor | readonly Tensor[];
    const { inputs: kinds, outputs: results } = plan.program.expression;
    if (plan.single && kinds.length <= mostInputs) return runOne(plan, own, inputs);
    const outputs =
      own === null
        ? plan.program.run('fuse', inputs)
        : sumUp(plan.program, own, [...inputs, own.count], results.length);
    // Computed together, but each recorded as an op of its own: a derivative may want one of them alone.
    outputs.forEach((out, i) => {
      record(opFor(i), inputs, undefined, [out]);
    });
    return plan.single ? outputs[0] : outputs;
  };
  const assign = (targets: readonly Tensor[], inputs: readonly Input[]): void => {
    const { program, sums } = planFor(inputs);
    if (sums !== null)
      throw new ArgumentError(
        'fuse: the function ends in a sum, and assign writes over all elements. Call it instead, and copy the result.',
      );
    checkTargets(targets, inputs, program);
    kernels().run(program.compiled, inputs as (Tensor | number)[], targets);
    for (let i = 0; i < targets.length; i++) markChanged(targets[i], 'fuse');
  };
  const assignList = (targets: readonly Tensor[], inputs: readonly Input[]): void => {
    const watcher = spans.current;
    if (watcher === null) assign(targets, inputs);
    else watch(watcher, 'op', 'fuse', [targets, ...inputs], () => assign(targets, inputs));
  };
  return Object.assign(spanned('fuse', run), {
    assign: (targets: readonly Tensor[], ...inputs: readonly Input[]) => assignList(targets, inputs),
    assignList,
  }) as unknown as Fused<F>;
}

/** Whether the arguments are of the kinds and the dtype that it was traced with. */
function fits({ arity, program }: Plan, inputs: readonly Input[]): boolean {
  const { dtype, inputs: kinds } = program.expression;
  if (inputs.length !== arity) return false;
  for (let i = 0; i < arity; i++) {
    const x = inputs[i];
    if (
      typeof x === 'number'
        ? kinds[i] !== 'scalar'
        : kinds[i] !== 'array' || !(x instanceof Tensor) || x.dtype !== dtype
    )
      return false;
  }
  return true;
}

function commonDType(inputs: readonly Input[]): Floating {
  let dtype: Floating | null = null;
  for (const x of inputs) {
    if (typeof x === 'number') continue;
    checkOperand('fuse', x);
    if (x.dtype !== 'float32' && x.dtype !== 'float64')
      throw new DTypeError(
        `fuse: expected float32 or float64 tensors, got ${x.dtype}. Convert it with to().`,
      );
    if (dtype !== null && x.dtype !== dtype)
      throw new DTypeError(
        `fuse: inputs have dtypes ${dtype} and ${x.dtype}; they must be the same. Convert one with to().`,
      );
    dtype = x.dtype;
  }
  if (dtype === null) throw new ArgumentError('fuse: expected at least one tensor among the arguments.');
  return dtype;
}

/** Runs over the arguments and, behind them, how many elements each sum adds up. */
function sumUp(program: Program, own: Summing, inputs: readonly Input[], sums: number = 1): Tensor[] {
  return reduceRows('fuse', program, own.shape, own, operandsOf(own.sums, inputs, own.shape), sums);
}

function checkTargets(targets: readonly Tensor[], inputs: readonly Input[], { expression }: Program): void {
  if (targets.length !== expression.outputs.length)
    throw new ArgumentError(
      `fuse: the function returns ${expression.outputs.length} tensors, ${targets.length} targets were given.`,
    );
  const shape = broadcastOf(inputs);
  for (const t of targets) {
    if (mode.recording && t.node !== null)
      throw new GraphError(
        `fuse: a target of shape ${showShape(t.shape)} requires a gradient, and changes in place are not recorded. Wrap the call in noGrad.`,
      );
    if (!sameShape(t.shape, shape))
      throw new ShapeError(
        `fuse: a target has shape ${showShape(t.shape)}, the result ${showShape(shape)}. They must be the same.`,
      );
    if (!t.contiguous || t.dtype !== expression.dtype)
      throw new ArgumentError(
        `fuse: a target must be contiguous and ${expression.dtype}: clone it, or convert it with to().`,
      );
  }
}

/** Output `index` of a fused function; its derivative is that of the function, run again as ordinary ops. */
function fusedOp(call: Body, index: number): DifferentiableOp<undefined> {
  return { name: 'fuse', foreign: true, vjp: (g, node) => throughBody(call, index, g, node) };
}
