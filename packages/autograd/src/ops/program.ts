import {
  type CompiledExpression,
  type DType,
  type Expression,
  type ExpressionNode,
  kernels,
} from '@fluxion/kernels';
import type { Input } from '../graph/node.js';
import { raw, rawLike } from '../tensor/raw.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Body, reach, traceOps } from './trace.js';

type Floating = 'float32' | 'float64';

/** An expression, compiled when it is first run. */
export class Program {
  readonly expression: Expression;
  /** How many ops it consists of. */
  readonly length: number;
  /** For each output, whether it has a value for every element rather than one for all that is reduced together. */
  readonly whole: readonly boolean[];
  #compiled: CompiledExpression | null = null;

  constructor(expression: Expression) {
    // What no output needs may read an input that there is not: a forward pass has no gradient.
    const needed = reach(expression.nodes, expression.outputs, () => false);
    const nodes = expression.nodes.map((node, i) =>
      needed.has(i) ? node : ({ op: 'constant', value: 0 } as const),
    );
    this.expression = { ...expression, nodes };
    this.length = nodes.filter(node => node.op !== 'input' && node.op !== 'constant').length;
    this.whole = expression.outputs.map(i => isWhole(this.expression, i));
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

export const isReduction = (node: ExpressionNode): boolean => node.op === 'sum' || node.op === 'max';

/** Whether a node has a value for every element, rather than one for all that is reduced together. */
export function isWhole({ nodes, inputs }: Expression, node: number): boolean {
  return [...reach(nodes, [node], i => isReduction(nodes[i]))].some(i => {
    const found = nodes[i];
    return found.op === 'input' && inputs[found.index] === 'array';
  });
}

/** What the inputs are to an expression. */
export interface Kinds {
  readonly dtype: Floating;
  /** Of the stand-ins. */
  readonly dtypes: readonly DType[];
  readonly inputs: readonly ('array' | 'scalar')[];
}

export function kindsOf(inputs: readonly Input[]): Kinds {
  const dtype = (inputs.find(x => typeof x !== 'number' && x.dtype !== 'bool') as Tensor).dtype as Floating;
  return {
    dtype,
    dtypes: inputs.map(x => (typeof x === 'number' ? dtype : x.dtype)),
    inputs: inputs.map(x => (typeof x === 'number' ? 'scalar' : 'array')),
  };
}

/** The kinds of the inputs as a number in base 4; 0 where they cannot be those of one expression. */
export function keyOf(inputs: readonly Input[]): number {
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
  /** Of the stand-ins: see `traceOps`. */
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
      const { nodes, results } = traceOps(this.#name, this.#body, dtypes, this.#shape);
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
