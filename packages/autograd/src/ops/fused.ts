import { type CompiledExpression, type DType, type Expression, type Kernels, kernels } from '@fluxion/kernels';
import { walkBackward } from '../graph/backward.js';
import { enableGrad, mode } from '../graph/modes.js';
import type { Input, Node } from '../graph/node.js';
import { observers } from '../graph/record.js';
import { raw, rawLike, view } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { apply, type Primitive } from './define.js';
import { type Body, derivativeOf, trace } from './trace.js';

/** A body compiled for one dtype and given kinds of inputs. */
class Program {
  readonly expression: Expression;
  /** Which results there are. */
  readonly present: readonly boolean[];
  /** How many ops it consists of. */
  readonly length: number;
  #backend: Kernels | null = null;
  #compiled: CompiledExpression | null = null;

  constructor(name: string, body: Body, dtypes: readonly (DType | 'number')[], dtype: 'float32' | 'float64') {
    const { nodes, results } = trace(
      name,
      body,
      dtypes.map(t => (t === 'number' ? dtype : t)),
      [],
    );
    this.present = results.map(i => i !== null);
    this.length = nodes.filter(node => node.op !== 'input' && node.op !== 'constant').length;
    this.expression = {
      dtype,
      inputs: dtypes.map(t => (t === 'number' ? 'scalar' : 'array')),
      nodes,
      outputs: results.filter(i => i !== null),
    };
  }

  /** For the kernels in use, which tests change. */
  get compiled(): CompiledExpression {
    const backend = kernels();
    if (this.#compiled === null || this.#backend !== backend) {
      this.#compiled = backend.compile(this.expression);
      this.#backend = backend;
    }
    return this.#compiled;
  }
}

/** The kinds of the inputs as a number in base 4; 0 where they cannot be those of one expression. */
function kindsOf(inputs: readonly Input[]): number {
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
  readonly #programs: Map<number, Program> = new Map();
  #lastKey = 0;
  #last: Program | null = null;

  constructor(name: string, body: Body) {
    this.#name = name;
    this.#body = body;
  }

  /** The program for the inputs; null where there can be none. */
  program(inputs: readonly Input[]): Program | null {
    const key = kindsOf(inputs);
    if (key === this.#lastKey) return this.#last;
    let program = this.#programs.get(key) ?? null;
    if (program === null && key !== 0) {
      const dtypes = inputs.map(x => (typeof x === 'number' ? 'number' : x.dtype));
      const dtype = dtypes.find(t => t === 'float32' || t === 'float64') as 'float32' | 'float64';
      program = new Program(this.#name, this.#body, dtypes, dtype);
      this.#programs.set(key, program);
    }
    this.#lastKey = key;
    this.#last = program;
    return program;
  }

  /** The results in one pass, unrecorded, each of the shape that the inputs broadcast to. */
  run(program: Program, inputs: readonly Input[]): Tensor[] {
    const outputs: Tensor[] = [];
    for (let i = 0; i < program.expression.outputs.length; i++)
      outputs.push(outputFor(this.#name, inputs, program.expression.dtype));
    kernels().run(program.compiled, inputs as (Tensor | number)[], outputs);
    return outputs;
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
    return program === null || program.length < 2 ? rule(...inputs) : fused.run(program, inputs)[0];
  };
}

/**
 * An op made of elementwise ops, computed in one pass. So is its derivative, traced through the ops of the body; a derivative that is to be differentiated
 * again is that of the ops one by one. Numbers among the inputs may be others at every call, so the body must not ask for their values.
 */
export function elementwise(name: string, body: (...inputs: never[]) => Tensor): (...inputs: Input[]) => Tensor {
  const call = body as unknown as Body;
  const forward = new Fused(name, call);
  /** By which inputs want a gradient. */
  const backward: Fused[] = [];
  const op: Primitive = {
    name,
    forward: inputs => {
      const program = forward.program(inputs);
      if (program !== null) return forward.run(program, inputs)[0];
      const before = mode.recording;
      mode.recording = false;
      try {
        return call(...inputs) as Tensor;
      } finally {
        mode.recording = before;
      }
    },
    vjp: (g, node) => {
      if (oneByOne()) return throughBody(call, 0, g, node);
      const inputs = node.inputs.map((_, i) => node.input(i));
      let wanted = 0;
      for (let i = 0; i < inputs.length; i++) if (node.needs(i)) wanted |= 1 << i;
      backward[wanted] ??= new Fused(
        name,
        derivativeOf(
          call,
          inputs.map((_, i) => node.needs(i)),
        ),
      );
      const fused = backward[wanted];
      inputs.push(g);
      const program = fused.program(inputs);
      if (program === null) return throughBody(call, 0, g, node);
      const grads = fused.run(program, inputs);
      let target = 0;
      let at = 0;
      return node.inputs.map((_, i) =>
        (wanted & (1 << i)) !== 0 && program.present[target++] ? grads[at++] : null,
      );
    },
  };
  return (...inputs) => (observers.current === null ? apply(op, inputs, undefined) : (call(...inputs) as Tensor));
}

/** The gradients of the inputs of a node by running its body again as ordinary ops, and walking back from result `index`. */
export function throughBody(body: Body, index: number, g: Tensor, node: Node<undefined>): (Tensor | null)[] {
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
  const result = enableGrad(() => body(...own));
  const output = result instanceof Tensor ? result : (result as readonly Tensor[])[index];
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
}

/** Whether an earlier input is the same place in the graph: the walk adds up the gradients of both there, and one of them must report it. */
function isRepeated(inputs: readonly Input[], i: number): boolean {
  const x = inputs[i] as Tensor;
  return inputs
    .slice(0, i)
    .some(y => typeof y !== 'number' && y.node === x.node && y.outputIndex === x.outputIndex);
}
