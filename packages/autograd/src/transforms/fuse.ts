import { type CompiledExpression, type ExpressionNode, kernels, type Storage } from '@fluxion/kernels';
import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { walkBackward } from '../graph/backward.js';
import { enableGrad, mode } from '../graph/modes.js';
import type { DifferentiableOp, Input } from '../graph/node.js';
import { type Observer, observers, record } from '../graph/record.js';
import { spanned, spans, watch } from '../graph/spans.js';
import { checkOperand } from '../ops/binary.js';
import type { ElementwiseKernel } from '../ops/define.js';
import { markChanged } from '../ops/inPlace.js';
import { raw, view } from '../tensor/raw.js';
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
 * number of times, through the function itself.
 */
export function fuse<F extends Elementwise>(fn: F): Fused<F> {
  if (typeof fn !== 'function')
    throw new ArgumentError(`fuse: expected a function of tensors, got ${show(fn)}.`);
  const call = fn as unknown as (...inputs: Input[]) => Tensor | readonly Tensor[];
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
      program = traceProgram(call, inputs, dtype);
      programs.set(key, program);
    }
    return program;
  };

  const ops: DifferentiableOp<undefined>[] = [];
  const opFor = (index: number): DifferentiableOp<undefined> => {
    ops[index] ??= fusedOp(call, index);
    return ops[index];
  };

  const run = (...inputs: readonly Input[]): Tensor | readonly Tensor[] => {
    const program = programFor(inputs);
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

/** Runs the function on one-element stand-ins and writes down what it does. */
function traceProgram(
  call: (...inputs: Input[]) => Tensor | readonly Tensor[],
  inputs: readonly Input[],
  dtype: Floating,
): Program {
  const nodes: ExpressionNode[] = [];
  // By storage: in stand-ins of one element, a view is the same value.
  const known = new Map<Storage, number>();
  const standIns = inputs.map((_, index) => {
    const t = raw([], dtype);
    kernels().fill(t, 1);
    known.set(t.storage, nodes.push({ op: 'input', index }) - 1);
    return t;
  });
  const indexOf = (x: Input): number => {
    if (typeof x === 'number') return nodes.push({ op: 'constant', value: x }) - 1;
    const index = known.get(x.storage);
    if (index === undefined)
      throw new GraphError(
        `fuse: the function uses a tensor of shape ${showShape(x.shape)} that is not among its arguments. Pass it as an argument.`,
      );
    return index;
  };
  const observer: Observer = {
    applied: (op: DifferentiableOp<never>, given, _, [out]) => {
      if (known.has(out.storage) && out.ndim === 0) return;
      const how = (op as { readonly elementwise?: ElementwiseKernel }).elementwise;
      if (how === undefined)
        throw new GraphError(
          `fuse: the function calls ${op.name}, which does not work element by element. Call it outside.`,
        );
      const at = given.map(indexOf);
      const node =
        how.kind === 'where'
          ? { op: 'where', condition: at[0], a: at[1], b: at[2] }
          : how.kind === 'binary'
            ? { op: how.kernel, a: at[0], b: at[1] }
            : { op: how.kernel, a: at[0] };
      known.set(out.storage, nodes.push(node as ExpressionNode) - 1);
    },
  };
  const before = { observer: observers.current, recording: mode.recording, anomaly: mode.anomaly };
  observers.current = observer;
  mode.recording = false;
  mode.anomaly = false;
  try {
    const result = call(...standIns);
    const outputs = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
    if (!outputs.every(t => t instanceof Tensor))
      throw new ArgumentError(
        `fuse: the function must return a tensor or a list of tensors, it returned ${show(result)}.`,
      );
    const expression = {
      dtype,
      inputs: inputs.map(x => (typeof x === 'number' ? 'scalar' : 'array')) as ('array' | 'scalar')[],
      nodes,
      outputs: outputs.map(indexOf),
    };
    return { compiled: kernels().compile(expression), single: !Array.isArray(result) };
  } finally {
    observers.current = before.observer;
    mode.recording = before.recording;
    mode.anomaly = before.anomaly;
  }
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
function fusedOp(
  call: (...inputs: Input[]) => Tensor | readonly Tensor[],
  index: number,
): DifferentiableOp<undefined> {
  return {
    name: 'fuse',
    foreign: true,
    vjp: (g, node) => {
      const again = mode.recording;
      const inputs = node.inputs.map((_, i) => node.input(i));
      // Aliases of the inputs, so that the walk ends at them.
      const own = inputs.map((x, i) => {
        if (typeof x === 'number' || node.inputs[i] === null) return x;
        const alias = view(x, x.offset, x.shape, x.strides);
        alias.node = node.inputs[i];
        alias.outputIndex = node.inputIndices?.[i] ?? 0;
        return alias;
      });
      const result = enableGrad(() => call(...own));
      const output = Array.isArray(result) ? (result as readonly Tensor[])[index] : (result as Tensor);
      if (output.node === null) return inputs.map(() => null);
      const wanted = own.map((x, i) =>
        typeof x === 'number' || x.node === null || isRepeated(own, i) ? null : x,
      );
      const targets = wanted.filter(x => x !== null);
      const grads = walkBackward([{ output, grad: g }], targets, {
        createGraph: again,
        retainGraph: again,
        stopAtTargets: true,
      });
      let at = 0;
      return wanted.map(x => (x === null ? null : grads[at++]));
    },
  };
}

/** Whether an earlier input is the same place in the graph: the walk adds up the gradients of both there, and one of them must report it. */
function isRepeated(inputs: readonly Input[], i: number): boolean {
  const x = inputs[i] as Tensor;
  return inputs
    .slice(0, i)
    .some(y => typeof y !== 'number' && y.node === x.node && y.outputIndex === x.outputIndex);
}
