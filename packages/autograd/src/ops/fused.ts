import { type CompiledExpression, type DType, type Expression, kernels } from '@fluxion/kernels';
import { walkBackward } from '../graph/backward.js';
import { takeDropped } from '../graph/dropped.js';
import { enableGrad, mode } from '../graph/modes.js';
import type { DifferentiableOp, Input, Node } from '../graph/node.js';
import { observers, record } from '../graph/record.js';
import { raw, rawLike, view } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type Body, derivativeOf, reach, trace } from './trace.js';

type Floating = 'float32' | 'float64';

/** An expression, compiled when it is first run. */
export class Program {
  readonly expression: Expression;
  /** How many ops it consists of. */
  readonly length: number;
  #compiled: CompiledExpression | null = null;

  constructor(expression: Expression) {
    // What no output needs may read an input that there is not: a forward pass has no gradient.
    const needed = reach(expression.nodes, expression.outputs, () => false);
    const nodes = expression.nodes.map((node, i) =>
      needed.has(i) ? node : ({ op: 'constant', value: 0 } as const),
    );
    this.expression = { ...expression, nodes };
    this.length = nodes.filter(node => node.op !== 'input' && node.op !== 'constant').length;
  }

  get compiled(): CompiledExpression {
    this.#compiled ??= kernels().compile(this.expression);
    return this.#compiled;
  }

  /** The results in one pass, unrecorded, each of the shape that the inputs broadcast to. */
  run(name: string, inputs: readonly Input[]): Tensor[] {
    const outputs: Tensor[] = [];
    for (let i = 0; i < this.expression.outputs.length; i++)
      outputs.push(outputFor(name, inputs, this.expression.dtype));
    kernels().run(this.compiled, inputs as (Tensor | number)[], outputs);
    return outputs;
  }
}

/** What the inputs are to an expression. */
interface Kinds {
  readonly dtype: Floating;
  /** Of the stand-ins. */
  readonly dtypes: readonly DType[];
  readonly inputs: readonly ('array' | 'scalar')[];
}

function kindsOf(inputs: readonly Input[]): Kinds {
  const dtype = (inputs.find(x => typeof x !== 'number' && x.dtype !== 'bool') as Tensor).dtype as Floating;
  return {
    dtype,
    dtypes: inputs.map(x => (typeof x === 'number' ? dtype : x.dtype)),
    inputs: inputs.map(x => (typeof x === 'number' ? 'scalar' : 'array')),
  };
}

/** The kinds of the inputs as a number in base 4; 0 where they cannot be those of one expression. */
function keyOf(inputs: readonly Input[]): number {
  let key = 1;
  let floating: DType | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number') {
      key = key * 4;
      continue;
    }
    const { dtype } = x;
    if (dtype === 'bool') {
      key = key * 4 + 1;
      continue;
    }
    if (dtype === 'int32' || (floating !== null && floating !== dtype)) return 0;
    floating = dtype;
    key = key * 4 + (dtype === 'float32' ? 2 : 3);
  }
  return floating === null ? 0 : key;
}

/** A body, compiled when it is first run with inputs of given kinds. */
export class Fused {
  readonly #name: string;
  readonly #body: Body;
  /** Of the stand-ins: see `trace`. */
  readonly #shape: readonly number[];
  readonly #programs: Map<number, Program> = new Map();
  #lastKey = 0;
  #last: Program | null = null;

  constructor(name: string, body: Body, shape: readonly number[] = []) {
    this.#name = name;
    this.#body = body;
    this.#shape = shape;
  }

  /** The program for the inputs; null where there can be none. */
  program(inputs: readonly Input[]): Program | null {
    const key = keyOf(inputs);
    if (key === this.#lastKey) return this.#last;
    let program = this.#programs.get(key) ?? null;
    if (program === null && key !== 0) {
      const { dtype, dtypes, inputs: kinds } = kindsOf(inputs);
      const { nodes, results } = trace(this.#name, this.#body, dtypes, this.#shape);
      program = new Program({ dtype, inputs: kinds, nodes, outputs: results as readonly number[] });
      this.#programs.set(key, program);
    }
    this.#lastKey = key;
    this.#last = program;
    return program;
  }

  /** Writes the one result over the elements of a tensor of its shape, which may be an input. */
  assign(target: Tensor, inputs: readonly Input[]): void {
    const program = this.program(inputs) as Program;
    if (target.contiguous) {
      kernels().run(program.compiled, inputs as (Tensor | number)[], [target]);
      return;
    }
    const [out] = program.run(this.#name, inputs);
    kernels().copy(out, target);
    kernels().free(out.storage, this.#name);
  }
}

function outputFor(op: string, inputs: readonly Input[], dtype: DType): Tensor {
  let first: Tensor | null = null;
  let shape: readonly number[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number') continue;
    if (first === null) {
      first = x;
      shape = x.shape;
    } else if (!sameShape(shape, x.shape)) shape = broadcastShapes(op, shape, x.shape);
  }
  const like = first as Tensor;
  return sameShape(shape, like.shape) ? rawLike(like, dtype) : raw(shape, dtype);
}

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
function passesOf(name: string, body: Body, { dtype, dtypes, inputs }: Kinds, wanted: number): Passes {
  const count = inputs.length;
  const joint = derivativeOf(
    body,
    inputs.map((_, i) => (wanted & (1 << i)) !== 0),
  );
  const { nodes, results } = trace(name, joint, [...dtypes, dtype], []);
  const value = results[0] as number;
  const grads = results.slice(1);
  const present = grads.map(i => i !== null);
  const outputs = grads.filter(i => i !== null);
  const inForward = reach(nodes, [value], () => false);
  const isKept = (i: number): boolean => inForward.has(i) && dear.has(nodes[i].op);
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

/**
 * An op made of elementwise ops, computed in one pass. So is its derivative, traced through the ops of the body; a derivative that is to be differentiated
 * again is that of the ops one by one. Numbers among the inputs may be others at every call, so the body must not ask for their values.
 */
export function elementwise(
  name: string,
  body: (...inputs: never[]) => Tensor,
): (...inputs: Input[]) => Tensor {
  const call = body as unknown as Body;
  const plain = new Fused(name, call);
  /** By the kinds of the inputs and which of them want a gradient. */
  const passes = new Map<number, Passes>();
  const passesFor = (inputs: readonly Input[], wanted: number): Passes => {
    const key = keyOf(inputs) * (1 << inputs.length) + wanted;
    let found = passes.get(key);
    if (found === undefined) {
      found = passesOf(name, call, kindsOf(inputs), wanted);
      passes.set(key, found);
    }
    return found;
  };
  /** Records the inputs and, after them, what was kept. */
  const op: DifferentiableOp<{ readonly count: number; readonly passes: Passes | null }> = {
    name,
    savesInput: (i, node) => {
      const { count, passes } = node.attributes;
      return passes === null || i >= count || passes.reads[i];
    },
    vjp: (g, node) => {
      const { count, passes } = node.attributes;
      if (oneByOne() || passes === null) return throughBody(call, 0, g, node, count);
      const inputs = node.inputs.map((_, i) => node.savedInput(i) ?? 0);
      inputs.push(g);
      const grads = passes.backward.run(name, inputs);
      let target = 0;
      let at = 0;
      return node.inputs.map(input => (input !== null && passes.present[target++] ? grads[at++] : null));
    },
  };
  return (...inputs) => {
    if (observers.current !== null) return call(...inputs) as Tensor;
    const count = inputs.length;
    let wanted = 0;
    if (mode.recording && mode.saving)
      for (let i = 0; i < count; i++) {
        const x = inputs[i];
        if (typeof x !== 'number' && x.node !== null) wanted |= 1 << i;
      }
    const program = plain.program(inputs);
    if (program === null) return call(...inputs) as Tensor;
    if (wanted === 0) {
      const [out] = program.run(name, inputs);
      record(op, inputs, { count, passes: null }, [out]);
      return out;
    }
    const both = passesFor(inputs, wanted);
    const [out, ...kept] = both.forward.run(name, inputs);
    record(op, [...inputs, ...kept], { count, passes: both }, [out]);
    return out;
  };
}

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
