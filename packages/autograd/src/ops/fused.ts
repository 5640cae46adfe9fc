import { type DType, kernels } from '@fluxion/kernels';
import { walkBackward } from '../graph/backward.js';
import { takeDropped } from '../graph/dropped.js';
import { enableGrad, mode } from '../graph/modes.js';
import type { DifferentiableOp, Input, Node } from '../graph/node.js';
import { observers, record } from '../graph/record.js';
import { raw, view } from '../tensor/raw.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { Fused, isReduction, type Kinds, keyOf, kindsOf, Program } from './program.js';
import { type Body, derivativeOf, reach, traceOps } from './trace.js';

/** Runs ops unrecorded, inside a forward function. */
export function unrecorded<R>(fn: () => R): R {
  const before = mode.recording;
  mode.recording = false;
  try {
    return fn();
  } finally {
    mode.recording = before;
  }
}

/** While a graph is recorded, and while somebody traces, the ops one by one are wanted. */
const oneByOne = (): boolean => mode.recording || observers.current !== null;

/**
 * A part of a derivative rule, made of elementwise ops: in one pass when the rule runs unrecorded, else by the ops it is written in, so that it records
 * itself. Where that is a single op there is nothing to be gained. The first input must be a tensor.
 */
export function fusedRule<I extends readonly Input[]>(
  name: string,
  rule: (...inputs: I) => Tensor,
): (...inputs: I) => Tensor {
  const fused = new Fused(name, rule as unknown as Body);
  return (...inputs) => {
    if (oneByOne()) return rule(...inputs);
    const program = fused.program(inputs);
    return program === null || program.length < 2 ? rule(...inputs) : program.run(name, inputs)[0];
  };
}

/** Such a rule of two arguments, of which the gradient comes first: written over it where the walk drops it. */
export function fusedRuleOver(
  name: string,
  rule: (g: Tensor, value: Tensor) => Tensor,
): (g: Tensor, value: Tensor) => Tensor {
  const fused = new Fused(name, rule as unknown as Body);
  return (g, value) => {
    if (oneByOne()) return rule(g, value);
    const program = fused.program([g, value]);
    if (program === null || program.length < 2) return rule(g, value);
    if (!sameShape(g.shape, value.shape) || !takeDropped(g)) return program.run(name, [g, value])[0];
    kernels().run(program.compiled, [g, value], [g]);
    return g;
  };
}

/** A forward pass that also gives what was dear and is needed again, and the derivative that takes it. */
interface Passes {
  readonly forward: Program;
  /** Of the inputs, what the forward pass kept, and the gradient. */
  readonly backward: Program;
  /** For each wanted input, whether it has a gradient. */
  readonly present: readonly boolean[];
  /** For each input, whether the gradients depend on it. */
  readonly reads: readonly boolean[];
}

/** Ops that cost as much as several loads: their results are kept for the derivative rather than computed again. */
const dear: ReadonlySet<string> = new Set([
  ...(['exp', 'expm1', 'log', 'log1p', 'tanh', 'sigmoid', 'erf', 'sin', 'cos', 'pow'] as const),
]);

/** Both passes, seen in one run of the body on stand-ins and a walk back from its result. */
function passesOf(
  name: string,
  body: Body,
  { dtype, dtypes, inputs }: Kinds,
  wanted: number,
  shape: readonly number[],
): Passes {
  const count = inputs.length;
  const joint = derivativeOf(
    body,
    inputs.map((_, i) => (wanted & (1 << i)) !== 0),
  );
  const { nodes, results } = traceOps(name, joint, [...dtypes, dtype], shape);
  const value = results[0] as number;
  const grads = results.slice(1);
  const present = grads.map(i => i !== null);
  const outputs = grads.filter(i => i !== null);
  const inForward = reach(nodes, [value], () => false);
  const isKept = (i: number): boolean => inForward.has(i) && (dear.has(nodes[i].op) || isReduction(nodes[i]));
  const kept = [...reach(nodes, outputs, isKept)].filter(isKept);
  const place = new Map(kept.map((i, k) => [i, count + k]));
  const read = reach(nodes, outputs, () => false);
  return {
    present,
    // The nodes of the inputs are the first.
    reads: inputs.map((_, i) => read.has(i)),
    forward: new Program({ dtype, inputs, nodes, outputs: [value, ...kept] }),
    backward: new Program({
      dtype,
      inputs: [...inputs, ...kept.map(() => 'array' as const), 'array'],
      nodes: nodes.map((node, i) => {
        const index = place.get(i);
        if (index !== undefined) return { op: 'input', index };
        return node.op === 'input' && node.index === count
          ? { op: 'input', index: count + kept.length }
          : node;
      }),
      outputs,
    }),
  };
}

/** An op given by a formula of its inputs, and of attributes that change how it is run but not what is traced. */
export interface Formula<A> {
  /** The formula, for the stand-ins; with their shape: see `traceOps`. */
  readonly traced: Body;
  readonly standIn: readonly number[];
  /** See `DifferentiableOp`. */
  readonly foreign?: 'recorded';
  /** The formula compiled, for a caller that has done so. */
  program?(inputs: readonly Input[], attributes: A): Program | null;
  /** By the ops one by one. */
  plainly(inputs: readonly Input[], attributes: A): Tensor;
  /** By a program: the result, and what is kept for the derivative. Null where the kernel cannot take the inputs as they lie. */
  run(program: Program, inputs: readonly Input[], attributes: A): Tensor[] | null;
  /** The gradient of the result as one of the elements, whose shape is that of the first input. */
  spread(g: Tensor, shape: readonly number[], attributes: A): Tensor;
}

/**
 * The op of a formula, computed in one pass. So is its derivative, traced through the ops of the formula; a derivative that is to be differentiated
 * again is that of the ops one by one. Numbers among the inputs may be others at every call, so the formula must not ask for their values.
 */
export function formulaOp<A>(
  name: string,
  formula: Formula<A>,
): (inputs: readonly Input[], own: A) => Tensor {
  const { traced, standIn } = formula;
  const fused = new Fused(name, traced, standIn);
  const programFor = formula.program ?? ((inputs: readonly Input[]) => fused.program(inputs));
  /** By the kinds of the inputs and which of them want a gradient. */
  const passes = new Map<number, Passes>();
  const passesFor = (inputs: readonly Input[], wanted: number): Passes => {
    const key = keyOf(inputs) * (1 << inputs.length) + wanted;
    let found = passes.get(key);
    if (found === undefined) {
      found = passesOf(name, traced, kindsOf(inputs), wanted, standIn);
      passes.set(key, found);
    }
    return found;
  };
  /** Records the inputs and, after them, what was kept. */
  const op: DifferentiableOp<{ readonly count: number; readonly passes: Passes | null; readonly own: A }> = {
    name,
    foreign: formula.foreign,
    savesInput: (i, node) => {
      const { count, passes } = node.attributes;
      return passes === null || i >= count || passes.reads[i];
    },
    vjp: (g, node) => {
      const { count, passes, own } = node.attributes;
      if (oneByOne() || passes === null)
        return throughBody((...inputs) => formula.plainly(inputs, own), 0, g, node, count);
      const inputs = node.inputs.map((_, i) => node.savedInput(i) ?? 0);
      inputs.push(formula.spread(g, node.inputShapes[0], own));
      const grads = passes.backward.run(name, inputs);
      let target = 0;
      let at = 0;
      return node.inputs.map(input => (input !== null && passes.present[target++] ? grads[at++] : null));
    },
  };
  return (inputs, own) => {
    if (observers.current !== null) return formula.plainly(inputs, own);
    const count = inputs.length;
    let wanted = 0;
    if (mode.recording && mode.saving)
      for (let i = 0; i < count; i++) {
        const x = inputs[i];
        if (typeof x !== 'number' && x.node !== null) wanted |= 1 << i;
      }
    const program = programFor(inputs, own);
    if (program === null) return formula.plainly(inputs, own);
    const both = wanted === 0 ? null : passesFor(inputs, wanted);
    const results = formula.run(both === null ? program : both.forward, inputs, own);
    if (results === null) return formula.plainly(inputs, own);
    const [out, ...kept] = results;
    record(op, both === null ? inputs : [...inputs, ...kept], { count, passes: both, own }, [out]);
    return out;
  };
}

/** An op made of elementwise ops. */
export function elementwise(
  name: string,
  body: (...inputs: never[]) => Tensor,
  foreign?: 'recorded',
): (...inputs: readonly Input[]) => Tensor {
  const traced = body as unknown as (...inputs: readonly Input[]) => Tensor;
  const op = formulaOp<undefined>(name, {
    traced,
    foreign,
    standIn: [],
    plainly: inputs => traced(...inputs),
    run: (program, inputs) => program.run(name, inputs),
    spread: g => g,
  });
  return (...inputs) => op(inputs, undefined);
}

/** More inputs than this have no number for which of them want a gradient. */
export const mostInputs = 16;

/**
 * The gradients of the inputs of a node by running its body again as ordinary ops, and walking back from result `index`. The body takes the first `count`
 * inputs.
 */
export function throughBody(
  body: Body,
  index: number,
  g: Tensor,
  node: Pick<Node, 'inputs' | 'inputIndices' | 'inputShapes' | 'savedInput'>,
  count: number = node.inputs.length,
): (Tensor | null)[] {
  const again = mode.recording;
  // What was not saved makes no difference to the gradients, but may want one.
  const inputs = Array.from(
    { length: count },
    (_, i) => node.savedInput(i) ?? zeros(node.inputShapes[i], g.dtype),
  );
  // Aliases of the inputs, so that the walk ends at them.
  const own = inputs.map((x, i) => {
    if (typeof x === 'number' || node.inputs[i] === null) return x;
    const alias = view(x, x.offset, x.shape, x.strides);
    alias.node = node.inputs[i];
    alias.outputIndex = node.inputIndices?.[i] ?? 0;
    return alias;
  });
  const result = enableGrad(() => body(...own));
  const output = result instanceof Tensor ? result : (result as readonly Tensor[])[index];
  if (output.node === null) return node.inputs.map(() => null);
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
  return node.inputs.map((_, i) => (wanted[i] == null ? null : grads[at++]));
}

function zeros(shape: readonly number[], dtype: DType): Tensor {
  const zero = raw([], dtype);
  kernels().fill(zero, 0);
  return view(zero, 0, shape, new Array<number>(shape.length).fill(0));
}

/** Whether an earlier input is the same place in the graph: the walk adds up the gradients of both there, and one of them must report it. */
function isRepeated(inputs: readonly Input[], i: number): boolean {
  const x = inputs[i] as Tensor;
  return inputs
    .slice(0, i)
    .some(y => typeof y !== 'number' && y.node === x.node && y.outputIndex === x.outputIndex);
}
