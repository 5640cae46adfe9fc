import { kernels, type Operand } from '@fluxion/kernels';
import { mode } from '../graph/modes.js';
import type { Input } from '../graph/node.js';
import { observers } from '../graph/record.js';
import { raw, view } from '../tensor/raw.js';
import { contiguousStrides, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Fused, formulaOp, type Program, unrecorded } from './fused.js';
import { finish, keptShape } from './reduce.js';
import type { Body } from './trace.js';

/** Elementwise ops, and `sum` and `amax` over the dims it is given, which stay. The first input has the whole shape. */
export type RowBody<I extends readonly Input[]> = (
  dims: readonly number[],
  ...inputs: I
) => readonly Tensor[];

/** What an output is as large as: all elements, or those of the first input with size 1 in the dims of the reductions. */
export type Extent = 'whole' | 'kept';

export interface Rowwise<I extends readonly Input[]> {
  /** Unrecorded. */
  compute(dims: readonly number[], ...inputs: I): readonly Tensor[];
  /** Unrecorded, and over the elements of the first input, which was just computed and which nobody else has seen, where that can be. */
  over(dims: readonly number[], ...inputs: I): readonly Tensor[];
  /** For a derivative rule: recorded, by the ops it is written in, where the rule is. */
  derive(dims: readonly number[], ...inputs: I): readonly Tensor[];
}

/**
 * A function with reductions as one kernel, pass after pass over what a reduction covers, while that is in the cache. Where the elements that are reduced do not
 * lie in runs, copies are made in which they do.
 */
export function rowwise<I extends readonly [Tensor, ...Input[]]>(
  name: string,
  extents: readonly Extent[],
  body: RowBody<I>,
): Rowwise<I> {
  const fused = new Fused(name, ((...inputs: I) => body([0], ...inputs)) as unknown as Body, [1]);
  const run = (dims: readonly number[], inputs: I, over: boolean): readonly Tensor[] => {
    const [x] = inputs;
    const program = observers.current === null && x.size > 0 ? fused.program(inputs) : null;
    if (program !== null) {
      const { dtype } = program.expression;
      const own = over && !mode.anomaly && x.contiguous && x.storage.length === x.size;
      const outputs = extents.map((extent, k) =>
        own && k === 0
          ? view(x, 0, x.shape, x.strides)
          : raw(extent === 'whole' ? x.shape : keptShape(x.shape, dims), dtype),
      );
      if (runRows(name, program, x.shape, dims, inputs, outputs)) return outputs;
    }
    return unrecorded(() => body(dims, ...inputs));
  };
  return {
    compute: (dims, ...inputs) => run(dims, inputs, false),
    over: (dims, ...inputs) => run(dims, inputs, true),
    derive: (dims, ...inputs) => (mode.recording ? body(dims, ...inputs) : run(dims, inputs, false)),
  };
}

/** Which dims are reduced, and whether they stay with size 1. */
interface Reduced {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/**
 * An op of elementwise ops that ends in reductions, whose results meet no whole input again: losses and norms. Forward is one pass, and backward another; see
 * `formulaOp`.
 */
export function reducing(
  name: string,
  body: (dims: readonly number[], ...inputs: never[]) => Tensor,
): (reduced: Reduced, ...inputs: Input[]) => Tensor {
  const call = body as unknown as (dims: readonly number[], ...inputs: readonly Input[]) => Tensor;
  const op = formulaOp<Reduced>(name, {
    traced: (...inputs) => call([0], ...inputs),
    standIn: [1],
    plainly: (inputs, { dims, keepdim }) => finish(call(dims, ...inputs), dims, keepdim),
    run: (program, inputs, { dims, keepdim }) => {
      const { shape, size } = inputs[0] as Tensor;
      if (size === 0) return null;
      const kept = keptShape(shape, dims);
      const outputs = program.whole.map(whole => raw(whole ? shape : kept, program.expression.dtype));
      if (!runRows(name, program, shape, dims, inputs, outputs)) return null;
      if (!keepdim) {
        const dropped = shape.filter((_, d) => !dims.includes(d));
        outputs[0] = view(outputs[0], 0, dropped, contiguousStrides(dropped));
      }
      return outputs;
    },
    spread: (g, shape, { dims, keepdim }) => {
      let at = 0;
      const strides = shape.map((_, d) => (dims.includes(d) ? 0 : g.strides[keepdim ? d : at++]));
      return view(g, g.offset, shape, strides);
    },
  });
  return (reduced, ...inputs) => op(inputs, reduced);
}

/** Runs the kernel, on copies if need be; false where no copies help. */
function runRows(
  name: string,
  program: Program,
  shape: readonly number[],
  dims: readonly number[],
  inputs: readonly Input[],
  outputs: readonly Tensor[],
): boolean {
  return launch(program, shape, dims, inputs, outputs) || turned(name, program, shape, dims, inputs, outputs);
}

/** Runs the kernel, if the operands lie as it wants them. */
function launch(
  program: Program,
  shape: readonly number[],
  dims: readonly number[],
  inputs: readonly Input[],
  outputs: readonly Tensor[],
): boolean {
  const operands = grouped(shape, dims, [...inputs, ...outputs]);
  if (operands === null) return false;
  const targets = operands.slice(inputs.length) as Operand[];
  kernels().run(program.compiled, operands.slice(0, inputs.length), targets);
  return true;
}

/** The same on copies in which the dims of the reductions come last. */
function turned(
  name: string,
  program: Program,
  shape: readonly number[],
  dims: readonly number[],
  inputs: readonly Input[],
  outputs: readonly Tensor[],
): boolean {
  const rank = shape.length;
  const order = shape.map((_, d) => d).filter(d => !dims.includes(d));
  const first = order.length;
  order.push(...dims);
  /** The tensor with its dims in that order. */
  const turn = (t: Tensor): Tensor => {
    const lead = rank - t.ndim;
    const sizes = order.map(d => (d < lead ? 1 : t.shape[d - lead]));
    return view(
      t,
      t.offset,
      sizes,
      order.map(d => (d < lead ? 0 : t.strides[d - lead])),
    );
  };
  const backend = kernels();
  const whole = order.map(d => shape[d]);
  const copies = inputs.map(x => {
    if (typeof x === 'number') return x;
    const own = turn(x);
    const copy = raw(own.shape, x.dtype);
    backend.copy(own, copy);
    return copy;
  });
  const results = outputs.map(out => raw(turn(out).shape, out.dtype));
  const last = whole.map((_, d) => d).slice(first);
  const done = launch(program, whole, last, copies, results);
  results.forEach((result, k) => {
    if (done) backend.copy(result, turn(outputs[k]));
    backend.free(result.storage, name);
  });
  for (const copy of copies) if (typeof copy !== 'number') backend.free(copy.storage, name);
  return done;
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
    // The first says how much is reduced, also where it repeats one element.
    const own = i === 0 ? sizes : sizes.map((size, d) => (order[i][d] === 0 ? 1 : size));
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
  const operands: (Operand | number)[] = [];
  for (const x of given) {
    if (typeof x === 'number') {
      operands.push(x);
      continue;
    }
    const own = x.size === size ? size / count : 1;
    const fits =
      x.size === size ||
      x.size === 1 ||
      (x.size === count && numel(x.shape.slice(first - shape.length)) === 1);
    if (!fits || !x.contiguous) return null;
    const { storage, offset } = x;
    operands.push({ storage, offset, shape: [x.size / own, 1, own], strides: [own, own, 1] });
  }
  return operands;
}

/** The strides of x in a shape that it broadcasts to. */
function stridesIn(shape: readonly number[], x: Tensor): number[] {
  const lead = shape.length - x.ndim;
  return shape.map((size, d) =>
    d < lead || (x.shape[d - lead] === 1 && size !== 1) ? 0 : x.strides[d - lead],
  );
}
