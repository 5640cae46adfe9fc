import { type ExpressionNode, kernels, type Operand } from '@fluxion/kernels';
import { takeDropped } from '../graph/dropped.js';
import { mode } from '../graph/modes.js';
import type { Input } from '../graph/node.js';
import { observers } from '../graph/record.js';
import { raw, view } from '../tensor/raw.js';
import { contiguousStrides, droppedShape, keptShape, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { formulaOp, unrecorded } from './fused.js';
import { Fused, isReduction, isWhole, Program } from './program.js';
import { reshapeTo } from './shape.js';
import { type Body, reach, rowStandIn } from './trace.js';

/** Elementwise ops, and `sum` and `amax` over the dims it is given, which stay. The first input has the whole shape. */
export type RowBody<I extends readonly Input[]> = (
  dims: readonly number[],
  ...inputs: I
) => readonly Tensor[];

export interface Rowwise<I extends readonly Input[]> {
  /** Unrecorded. */
  compute(dims: readonly number[], ...inputs: I): readonly Tensor[];
  /** Unrecorded, and over the elements of the first input, which was just computed and which nobody else has seen, where that can be. */
  over(dims: readonly number[], ...inputs: I): readonly Tensor[];
  /** For a derivative rule: recorded, by the ops it is written in, where the rule is. */
  derive(dims: readonly number[], ...inputs: I): readonly Tensor[];
  /** The same, over the elements of the first input where that is a gradient which the walk drops: the rule must not read it again. */
  deriveOver(dims: readonly number[], ...inputs: I): readonly Tensor[];
}

/**
 * A function with reductions as one kernel, pass after pass over what a reduction covers, while that is in the cache; where the elements that are reduced lie in
 * runs.
 */
export function rowwise<I extends readonly [Tensor, ...Input[]]>(name: string, body: RowBody<I>): Rowwise<I> {
  const fused = new Fused(name, ((...inputs: I) => body([0], ...inputs)) as unknown as Body, rowStandIn);
  const run = (dims: readonly number[], inputs: I, over: boolean): readonly Tensor[] => {
    const [x] = inputs;
    const program = observers.current === null && x.size > 0 ? fused.program(inputs) : null;
    if (program !== null) {
      const own = over && !mode.anomaly && x.contiguous && x.storage.length === x.size;
      const outputs = outputsFor(program, x.shape, dims, own ? view(x, 0, x.shape, x.strides) : null);
      runRows(name, program, x.shape, dims, inputs, outputs);
      return outputs;
    }
    return unrecorded(() => body(dims, ...inputs));
  };
  return {
    compute: (dims, ...inputs) => run(dims, inputs, false),
    over: (dims, ...inputs) => run(dims, inputs, true),
    derive: (dims, ...inputs) => (mode.recording ? body(dims, ...inputs) : run(dims, inputs, false)),
    deriveOver: (dims, ...inputs) =>
      mode.recording ? body(dims, ...inputs) : run(dims, inputs, takeDropped(inputs[0])),
  };
}

/** Which dims are reduced, and whether they stay with size 1. */
export interface Reduced {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/**
 * An op of elementwise ops that ends in sums, which meet no whole input again: losses and norms. Forward is one pass, and backward another; see `formulaOp`.
 * `amax` is for what is a constant of the derivative.
 */
export function reducing(
  name: string,
  body: (dims: readonly number[], ...inputs: never[]) => Tensor,
): (reduced: Reduced, ...inputs: Input[]) => Tensor {
  const call = body as unknown as (dims: readonly number[], ...inputs: readonly Input[]) => Tensor;
  const op = formulaOp<Reduced>(name, {
    traced: (...inputs) => call([0], ...inputs),
    standIn: rowStandIn,
    plainly: (inputs, { dims, keepdim }) => {
      const y = call(dims, ...inputs);
      return keepdim ? y : reshapeTo(y, droppedShape(y.shape, dims));
    },
    run: (program, inputs, reduced) => {
      const { shape, size } = inputs[0] as Tensor;
      return size === 0 ? null : reduceRows(name, program, shape, reduced, inputs);
    },
    spread: (g, shape, reduced) => spreadOver(g, shape, reduced),
  });
  return (reduced, ...inputs) => op(inputs, reduced);
}

/** The outputs of a program, of which the first ones are sums and drop the dims unless they are to stay. The first tensor among the inputs has the whole shape. */
export function reduceRows(
  name: string,
  program: Program,
  shape: readonly number[],
  { dims, keepdim }: Reduced,
  inputs: readonly Input[],
  sums: number = 1,
): Tensor[] {
  const outputs = outputsFor(program, shape, dims);
  runRows(name, program, shape, dims, inputs, outputs);
  if (keepdim) return outputs;
  const dropped = droppedShape(shape, dims);
  for (let k = 0; k < sums; k++) outputs[k] = view(outputs[k], 0, dropped, contiguousStrides(dropped));
  return outputs;
}

/** The gradient of a sum as one of the elements. */
export function spreadOver(g: Tensor, shape: readonly number[], { dims, keepdim }: Reduced): Tensor {
  let at = 0;
  const strides = shape.map((_, d) => (dims.includes(d) ? 0 : g.strides[keepdim ? d : at++]));
  return view(g, g.offset, shape, strides);
}

/** Tensors for the outputs; `first` for the first one, where there is one already. */
const outputsFor = (
  { whole, expression }: Program,
  shape: readonly number[],
  dims: readonly number[],
  first: Tensor | null = null,
): Tensor[] =>
  whole.map((all, k) =>
    k === 0 && first !== null ? first : raw(all ? shape : keptShape(shape, dims), expression.dtype),
  );

function runRows(
  name: string,
  program: Program,
  shape: readonly number[],
  dims: readonly number[],
  inputs: readonly Input[],
  outputs: readonly Tensor[],
): void {
  const operands = grouped(shape, dims, [...inputs, ...outputs]);
  if (operands === null) {
    runStages(name, program, shape, dims, inputs, outputs);
    return;
  }
  const targets = operands.slice(inputs.length) as Operand[];
  kernels().run(program.compiled, operands.slice(0, inputs.length), targets);
}

/** One pass, and the reductions of what it makes. */
interface Stage {
  readonly program: Program;
  /** Whether it goes through all elements, or makes one for all that is reduced together. */
  readonly whole: boolean;
  /** By their nodes. */
  readonly reads: readonly number[];
  readonly makes: readonly number[];
  /** Null where it makes outputs. */
  readonly reductions: readonly number[] | null;
}

const stages = new WeakMap<Program, readonly Stage[]>();

/** An expression with reductions as several without. */
function stagesOf({ expression, whole }: Program): readonly Stage[] {
  const { dtype, nodes, outputs } = expression;
  const known = new Set(nodes.flatMap((node, i) => (node.op === 'input' ? [i] : [])));
  const isKnown = (i: number): boolean => known.has(i);
  const wholes = nodes.map((_, i) => isWhole(expression, i));
  const list: Stage[] = [];
  const push = (makes: readonly number[], whole: boolean, reductions: Stage['reductions']): void => {
    // What is the same for all that is reduced together is not computed for every element.
    const shared = [...reach(nodes, makes, i => isKnown(i) || !wholes[i])].filter(
      i => whole && !wholes[i] && !isKnown(i) && nodes[i].op !== 'constant',
    );
    if (shared.length > 0) push(shared, false, []);
    const found = reach(nodes, makes, isKnown);
    const reads = [...known].filter(i => found.has(i));
    const inputs = reads.map(i => {
      const node = nodes[i];
      return node.op === 'input' ? expression.inputs[node.index] : 'array';
    });
    const own = nodes.map((node, i) =>
      isKnown(i) ? ({ op: 'input', index: reads.indexOf(i) } as const) : node,
    );
    const program = new Program({ dtype, inputs, nodes: own, outputs: makes });
    list.push({ program, whole, reads, makes, reductions });
    for (const i of [...makes, ...(reductions ?? [])]) known.add(i);
  };
  const isOpen = (i: number): boolean => isReduction(nodes[i]) && !isKnown(i);
  for (;;) {
    const ready = nodes.flatMap((_, i) =>
      isOpen(i) && ![...reach(nodes, [argumentOf(nodes[i])], isKnown)].some(isOpen) ? [i] : [],
    );
    if (ready.length === 0) break;
    const makes = new Set(ready.map(i => argumentOf(nodes[i])).filter(i => !isKnown(i)));
    push([...makes], true, ready);
  }
  for (const side of [false, true]) {
    const makes = outputs.filter((_, k) => whole[k] === side);
    if (makes.length > 0) push(makes, side, null);
  }
  return list;
}

const argumentOf = (node: ExpressionNode): number => (node as { readonly a: number }).a;

/** Where the elements that are reduced do not lie in runs: pass by pass, with what is reduced in tensors of its own. */
function runStages(
  name: string,
  program: Program,
  shape: readonly number[],
  dims: readonly number[],
  inputs: readonly Input[],
  outputs: readonly Tensor[],
): void {
  const { dtype, nodes } = program.expression;
  const kept = keptShape(shape, dims);
  const left = droppedShape(shape, dims);
  const backend = kernels();
  let list = stages.get(program);
  if (list === undefined) {
    list = stagesOf(program);
    stages.set(program, list);
  }
  const values = nodes.map(node => (node.op === 'input' ? inputs[node.index] : 0));
  const own: Tensor[] = [];
  const make = (of: readonly number[]): Tensor => {
    const t = raw(of, dtype);
    own.push(t);
    return t;
  };
  for (const { program: part, whole, reads, makes, reductions } of list) {
    const targets =
      reductions === null
        ? outputs.filter((_, k) => program.whole[k] === whole)
        : makes.map(() => make(whole ? shape : kept));
    const given = reads.map(i => values[i]);
    if (targets.length > 0) backend.run(part.compiled, given, targets);
    makes.forEach((i, k) => {
      values[i] = targets[k];
    });
    for (const i of reductions ?? []) {
      const x = values[argumentOf(nodes[i])] as Tensor;
      const out = make(kept);
      const bare = view(out, 0, left, contiguousStrides(left));
      backend.reduce(nodes[i].op as 'sum' | 'max', inShape(x, shape), dims, bare);
      values[i] = out;
    }
  }
  for (const t of own) backend.free(t.storage, name);
}

/** Runs shorter than this cost more than they save. */
const shortest = 8;

/**
 * The tensors as the kernel wants them: dims that are kept first, and those that are reduced in two, segments and elements side by side. Null where that cannot
 * be had.
 */
function grouped(
  shape: readonly number[],
  dims: readonly number[],
  given: readonly Input[],
): (Operand | number)[] | null {
  const first = shape.length - dims.length;
  if (first === 0 || dims[0] === first) {
    const plain = plainRows(shape, first, given);
    if (plain !== null) return plain;
  }
  const strides = given.map(x => (typeof x === 'number' ? [] : stridesIn(shape, x)));
  const leader = leaderOf(given);
  const sizes: number[] = [];
  const order: number[][] = given.map(() => []);
  const push = (size: number, step: (own: readonly number[]) => number): void => {
    sizes.push(size);
    for (let i = 0; i < given.length; i++) order[i].push(step(strides[i]));
  };
  shape.forEach((size, d) => {
    if (size !== 1 && !dims.includes(d)) push(size, own => own[d]);
  });
  if (sizes.length === 0) push(1, () => 0);
  const kept = sizes.length;
  shape.forEach((size, d) => {
    if (size === 1 || !dims.includes(d)) return;
    const last = sizes.length - 1;
    const even =
      last >= kept && given.every((x, i) => typeof x === 'number' || order[i][last] === strides[i][d] * size);
    if (!even) {
      push(size, own => own[d]);
      return;
    }
    sizes[last] *= size;
    for (let i = 0; i < given.length; i++) order[i][last] = strides[i][d];
  });
  if (sizes.length - kept > 2) return null;
  while (sizes.length - kept < 2) {
    sizes.splice(kept, 0, 1);
    for (const own of order) own.splice(kept, 0, 0);
  }
  const [segments, length] = sizes.slice(-2);
  if (segments > 1 && length < shortest) return null;
  // Inputs are packed if need be, but outputs have to be written in runs.
  const inner = shape.findLastIndex((size, d) => size !== 1 && dims.includes(d));
  if (inner >= 0 && shape.slice(inner + 1).some(size => size !== 1)) return null;
  return given.map((x, i) => {
    if (typeof x === 'number') return x;
    // It says how much is reduced, also where it repeats one element.
    const own = x === leader ? sizes : sizes.map((size, d) => (order[i][d] === 0 ? 1 : size));
    return { storage: x.storage, offset: x.offset, shape: own, strides: order[i] };
  });
}

/** Of the dims from `first` on, where all hold the rows one after the other, or one element for each, or one element. */
function plainRows(
  shape: readonly number[],
  first: number,
  given: readonly Input[],
): (Operand | number)[] | null {
  const size = numel(shape);
  const count = numel(shape.slice(0, first));
  const leader = leaderOf(given);
  const operands: (Operand | number)[] = [];
  for (const x of given) {
    if (typeof x === 'number') {
      operands.push(x);
      continue;
    }
    // It says how much is reduced, also where it repeats one element.
    const one = x.size === 1 || (x !== leader && x.strides.every(step => step === 0));
    const own = !one && x.size === size ? size / count : 1;
    const fits =
      one || x.size === size || (x.size === count && numel(x.shape.slice(first - shape.length)) === 1);
    if (!fits || (!one && !x.contiguous)) return null;
    const { storage, offset } = x;
    operands.push({ storage, offset, shape: [one ? 1 : x.size / own, 1, own], strides: [own, own, 1] });
  }
  return operands;
}

/** The first tensor, which has the whole shape. */
const leaderOf = (given: readonly Input[]): Tensor => given.find(x => typeof x !== 'number') as Tensor;

/** A tensor in a shape that it broadcasts to; unrecorded. */
export const inShape = (x: Tensor, shape: readonly number[]): Tensor =>
  view(x, x.offset, shape, stridesIn(shape, x));

/** The strides of x in a shape that it broadcasts to. */
function stridesIn(shape: readonly number[], x: Tensor): number[] {
  const lead = shape.length - x.ndim;
  return shape.map((size, d) =>
    d < lead || (x.shape[d - lead] === 1 && size !== 1) ? 0 : x.strides[d - lead],
  );
}
