import type { CompiledExpression, Expression, Kernels, Operand } from '../../interface.js';
import { unsupported } from '../../reference/view.js';
import type { DType } from '../../storage.js';
import { Layout, layoutOf, Rows } from '../broadcast.js';
import { createCopy } from '../copy.js';
import { sizeOf } from '../layout.js';
import { servedByReference } from '../reference.js';
import type { Runtime } from '../runtime.js';
import { InputKind } from './frame.js';
import { generate } from './generate.js';
import { Groups } from './groups.js';
import { simplify, textOf } from './simplify.js';

type Kernel = (...args: number[]) => number;

/** An expression with the functions made from it so far, one for each way that its inputs came. */
class Program implements CompiledExpression {
  readonly expression: Expression;
  /** Without what is there twice or for nothing. */
  readonly simplified: Expression;
  readonly itemBytes: number;
  readonly kernels: Map<number | string, Kernel> = new Map();
  /** Whose memory they work on. */
  runtime: Runtime | null = null;
  readonly reduces: boolean;
  readonly isServed: boolean;
  readonly #reference: Pick<Kernels, 'compile'>;
  #byReference: CompiledExpression | null = null;

  constructor(expression: Expression, reference: Pick<Kernels, 'compile'>) {
    this.#reference = reference;
    this.isServed = isServed(expression);
    this.reduces = expression.nodes.some(node => node.op === 'sum' || node.op === 'max');
    this.expression = expression;
    this.itemBytes = expression.dtype === 'float32' ? 4 : 8;
    this.simplified = simplify(expression);
  }

  /** For an op that has no compiled code. */
  get byReference(): CompiledExpression {
    this.#byReference ??= this.#reference.compile(this.expression);
    return this.#byReference;
  }
}

/** What a node takes for an element, roughly. */
const nanoseconds = 0.25;
/** So many kinds, in base 5, are a number without rounding; more inputs than that are told apart by text. */
const kindsInNumber = 22;

/**
 * Expressions compiled at run time: each becomes a small WebAssembly module that reads and writes every array once. The results
 * are those of the ops one by one, bit for bit.
 */
export function createExpression(
  runtime: Runtime,
  reference: Pick<Kernels, 'compile' | 'run'>,
): Pick<Kernels, 'compile' | 'run'> {
  const { heap } = runtime;
  const programs = new Map<string, Program>();
  const copying = createCopy(runtime);
  const rows = new Rows(copying);
  const groups = new Groups(copying, heap);
  // Reused from call to call.
  const kinds: InputKind[] = [];
  const layouts: Layout[] = [];
  // With something in it once that is no number: a list of numbers alone would hold them as doubles, and each would be boxed for the call.
  const args: unknown[] = [null];

  /** Of an array of the expression's dtype, or of bool. */
  function addressOf(a: Operand, itemBytes: number): number {
    return heap.address(a.storage) + a.offset * (a.storage.dtype === 'bool' ? 1 : itemBytes);
  }

  /** `spills` and the bits of `whole` (with one above) say how the operands of an expression with reductions lie. */
  function kernelOf(program: Program, spills = false, whole = 1): Kernel {
    const count = program.expression.inputs.length;
    let key: number | string;
    if (count <= kindsInNumber - (program.reduces ? 6 : 0)) {
      let code = spills ? 1 : 0;
      for (let i = 0; i < count; i++) code = code * 5 + kinds[i];
      key = code * 256 + whole;
      if (!program.reduces) key = code;
    } else key = `${kinds.slice(0, count).join('')} ${spills} ${whole}`;
    if (program.runtime !== runtime) {
      program.kernels.clear();
      program.runtime = runtime;
    }
    let kernel = program.kernels.get(key);
    if (kernel === undefined) {
      const given = kinds.slice(0, count);
      const shared = !(runtime.memory.buffer instanceof ArrayBuffer);
      const generated = generate(program.simplified, given, shared, {
        spills,
        whole: program.expression.outputs.map((_, k) => ((whole >> k) & 1) === 1),
      });
      const math: Record<string, Kernel> = {};
      for (const name of generated.imports) math[name] = runtime.exports[name];
      const module = new WebAssembly.Module(generated.bytes);
      kernel = new WebAssembly.Instance(module, { env: { memory: runtime.memory }, math }).exports.run;
      if (runtime.threads !== null) {
        const { nodes, outputs } = program.simplified;
        const { itemBytes, reduces } = program;
        kernel = runtime.threads.expression(kernel, {
          ...{ bytes: generated.bytes, kinds: given, itemBytes, reduces },
          ...{ outputs: outputs.length, nodes: nodes.length },
        });
      }
      program.kernels.set(key, kernel);
    }
    return kernel;
  }

  /** Everything in one call: the arrays are contiguous, or one element. */
  function runFlat(
    program: Program,
    inputs: readonly (Operand | number)[],
    outputs: readonly Operand[],
    total: number,
  ): void {
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (typeof input === 'number') kinds[i] = InputKind.number;
      else kinds[i] = kindOf(input, layouts[i]);
    }
    const kernel = kernelOf(program);
    const itemBytes = program.itemBytes;
    let n = 2;
    args[0] = 1;
    args[1] = total;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (typeof input === 'number') args[n++] = input;
      else {
        args[n++] = addressOf(input, itemBytes);
        args[n++] = 0;
      }
    }
    for (let k = 0; k < outputs.length; k++) args[n++] = addressOf(outputs[k], itemBytes);
    if (args.length !== n) args.length = n;
    kernel.apply(null, args as number[]);
  }

  function runRows(
    program: Program,
    inputs: readonly (Operand | number)[],
    outputs: readonly Operand[],
  ): void {
    const mark = heap.mark();
    rows.clear();
    for (const input of inputs) if (typeof input !== 'number') rows.add(input);
    rows.prepare(outputs[0].shape, heap);
    let k = 0;
    inputs.forEach((input, i) => {
      kinds[i] = typeof input === 'number' ? InputKind.number : kindOf(input, rows.inner[k++] as Layout);
    });
    const kernel = kernelOf(program);
    const targets = outputs.map(output => addressOf(output, program.itemBytes));
    const block = rows.rows * rows.length * program.itemBytes;
    rows.each(runtime.threads, program.simplified.nodes.length * nanoseconds, () => {
      const list: number[] = [rows.rows, rows.length];
      k = 0;
      for (const input of inputs) {
        if (typeof input === 'number') list.push(input);
        else {
          list.push(rows.address[k], rows.row[k] * rows.itemBytes[k]);
          k++;
        }
      }
      for (let o = 0; o < targets.length; o++) {
        list.push(targets[o]);
        targets[o] += block;
      }
      kernel(...list);
    });
    heap.release(mark);
  }

  function runGroups(
    program: Program,
    inputs: readonly (Operand | number)[],
    outputs: readonly Operand[],
  ): void {
    if (!groups.measure(inputs, outputs)) return;
    const mark = heap.mark();
    groups.place(inputs, outputs);
    let spills = true;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (typeof input === 'number') {
        kinds[i] = InputKind.number;
        continue;
      }
      kinds[i] = kindOf(input, groups.repeats(i) ? Layout.repeated : Layout.contiguous);
      for (let k = 0; k < outputs.length; k++) if (outputs[k].storage === input.storage) spills = false;
    }
    let whole = 1;
    for (let k = outputs.length - 1; k >= 0; k--) whole = whole * 2 + (groups.isWhole(outputs[k]) ? 1 : 0);
    const kernel = kernelOf(program, spills, whole);
    do kernel.apply(null, groups.arguments() as number[]);
    while (groups.next());
    heap.release(mark);
  }

  function compile(expression: Expression): Program {
    const text = textOf(expression);
    let program = programs.get(text);
    if (program === undefined) {
      program = new Program(expression, reference);
      programs.set(text, program);
    }
    return program;
  }

  /** What was compiled by another tier has the expression all the same. */
  function programOf(compiled: CompiledExpression): Program {
    return compiled instanceof Program ? compiled : compile(compiled.expression);
  }

  return {
    compile,
    run(compiled, inputs, outputs) {
      const program = programOf(compiled);
      const { dtype } = program.expression;
      if (outputs.length === 0) return;
      for (let k = 0; k < outputs.length; k++) {
        const given = outputs[k].storage.dtype;
        if (given !== dtype) throw unsupported('run', given, `outputs of ${dtype} like the expression`);
      }
      if (program.reduces) {
        for (const input of inputs) if (typeof input !== 'number') checkInput(input.storage.dtype, dtype);
        if (program.isServed) reference.run(program.byReference, inputs, outputs);
        else runGroups(program, inputs, outputs);
        return;
      }
      const { shape } = outputs[0];
      let flat = true;
      for (let i = 0; i < inputs.length; i++) {
        const input = inputs[i];
        if (typeof input === 'number') continue;
        checkInput(input.storage.dtype, dtype);
        const layout = layoutOf(input, shape);
        layouts[i] = layout;
        if (layout === Layout.general) flat = false;
      }
      const total = sizeOf(shape);
      if (total === 0) return;
      if (program.isServed) {
        reference.run(program.byReference, inputs, outputs);
        return;
      }
      if (flat) runFlat(program, inputs, outputs, total);
      else runRows(program, inputs, outputs);
    },
  };
}

const served: ReadonlySet<string> = new Set([...servedByReference.unary, ...servedByReference.binary]);

function checkInput(given: DType, dtype: DType): void {
  if (given !== dtype && given !== 'bool') throw unsupported('run', given, `inputs of ${dtype} or bool`);
}

function isServed(expression: Expression): boolean {
  return expression.nodes.some(node => served.has(node.op));
}

function kindOf(input: Operand, layout: Layout): InputKind {
  if (input.storage.dtype === 'bool')
    return layout === Layout.repeated ? InputKind.boolRepeated : InputKind.boolArray;
  return layout === Layout.repeated ? InputKind.repeated : InputKind.array;
}
