import { type CompiledExpression, kernels } from '@fluxion/kernels';
import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { mode } from '../graph/modes.js';
import type { DifferentiableOp, Input } from '../graph/node.js';
import { observers, record } from '../graph/record.js';
import { abandonRegion, closeRegion, openRegion } from '../graph/region.js';
import { spanned, spans, watch } from '../graph/spans.js';
import { checkOperand } from '../ops/binary.js';
import { elementwise, mostInputs, throughBody } from '../ops/fused.js';
import { markChanged } from '../ops/inPlace.js';
import { type Body, trace } from '../ops/trace.js';
import { raw } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

type Floating = 'float32' | 'float64';

/** A function of tensors and numbers made of elementwise ops alone. */
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

/** A traced function. */
interface Program {
  readonly compiled: CompiledExpression;
  readonly single: boolean;
}

/**
 * Compiles a function of elementwise ops into one kernel that reads and writes every array once. It is traced at the first call with a given dtype and given
 * kinds of arguments (tensor or number): numbers that it captures are fixed then, so pass what changes as an argument. The result is differentiable, any
 * number of times: of one result in one kernel, and else through the function itself.
 */
export function fuse<F extends Elementwise>(fn: F): Fused<F> {
  if (typeof fn !== 'function')
    throw new ArgumentError(`fuse: expected a function of tensors, got ${show(fn)}.`);
  const call = fn as unknown as Body;
  const programs = new Map<string, Program>();
  let last: Program | null = null;
  const programFor = (inputs: readonly Input[]): Program => {
    // Nearly always what came the last time comes again: then no key is put together.
    if (last !== null && fits(last, inputs)) return last;
    last = lookUp(inputs);
    return last;
  };
  const lookUp = (inputs: readonly Input[]): Program => {
    const dtype = commonDType(inputs);
    let key: string = dtype;
    for (const x of inputs) key += typeof x === 'number' ? 'n' : 't';
    let program = programs.get(key);
    if (program === undefined) {
      program = programOf(call, inputs, dtype);
      programs.set(key, program);
    }
    return program;
  };

  /** Of one result, with a derivative in one kernel too. */
  const derived = elementwise('fuse', call as (...inputs: never[]) => Tensor, 'recorded');
  const ops: DifferentiableOp<undefined>[] = [];
  const opFor = (index: number): DifferentiableOp<undefined> => {
    ops[index] ??= fusedOp(call, index);
    return ops[index];
  };

  const run = (...inputs: readonly Input[]): Tensor | readonly Tensor[] => {
    // Of another function that is being traced, it is a part.
    if (observers.current !== null) return call(...inputs) as Tensor | readonly Tensor[];
    const program = programFor(inputs);
    if (program.single && inputs.length <= mostInputs) {
      const mark = openRegion();
      let out: Tensor | null = null;
      try {
        out = derived(...inputs);
        return out;
      } finally {
        if (out === null) abandonRegion();
        else closeRegion(mark, 'fuse', out.storage);
      }
    }
    const outputs = compute(program, inputs);
    // Computed together, but each recorded as an op of its own: a derivative may want one of them alone.
    outputs.forEach((out, i) => {
      record(opFor(i), inputs, undefined, [out]);
    });
    return program.single ? outputs[0] : outputs;
  };
  const assign = (targets: readonly Tensor[], inputs: readonly Input[]): void => {
    const program = programFor(inputs);
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
function fits(program: Program, inputs: readonly Input[]): boolean {
  const { dtype, inputs: kinds } = program.compiled.expression;
  if (inputs.length !== kinds.length) return false;
  for (let i = 0; i < kinds.length; i++) {
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

/** The function, seen at work with arguments of these kinds. */
function programOf(call: Body, inputs: readonly Input[], dtype: Floating): Program {
  const { nodes, results, single } = trace(
    'fuse',
    (...standIns) => {
      const result = call(...standIns);
      const outputs = Array.isArray(result) ? (result as readonly Tensor[]) : [result];
      if (!outputs.every(t => t instanceof Tensor))
        throw new ArgumentError(
          `fuse: the function must return a tensor or a list of tensors, it returned ${show(result)}.`,
        );
      return result;
    },
    inputs.map(() => dtype),
    [],
  );
  const expression = {
    dtype,
    inputs: inputs.map(x => (typeof x === 'number' ? 'scalar' : 'array')) as ('array' | 'scalar')[],
    nodes,
    outputs: results as readonly number[],
  };
  return { compiled: kernels().compile(expression), single };
}

function outputShape(inputs: readonly Input[]): readonly number[] {
  let shape: readonly number[] | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x !== 'number') shape = shape === null ? x.shape : broadcastShapes('fuse', shape, x.shape);
  }
  return shape as readonly number[];
}

function compute(program: Program, inputs: readonly Input[]): Tensor[] {
  const { expression } = program.compiled;
  const shape = outputShape(inputs);
  const outputs = expression.outputs.map(() => raw(shape, expression.dtype));
  kernels().run(program.compiled, inputs as (Tensor | number)[], outputs);
  return outputs;
}

function checkTargets(targets: readonly Tensor[], inputs: readonly Input[], program: Program): void {
  const { expression } = program.compiled;
  if (targets.length !== expression.outputs.length)
    throw new ArgumentError(
      `fuse: the function returns ${expression.outputs.length} tensors, ${targets.length} targets were given.`,
    );
  const shape = outputShape(inputs);
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
