import { kernels, type Operand } from '@fluxion/kernels';
import { takeDropped } from '../graph/dropped.js';
import { mode } from '../graph/modes.js';
import type { Input } from '../graph/node.js';
import { observers } from '../graph/record.js';
import { raw, view } from '../tensor/raw.js';
import type { Tensor } from '../tensor/tensor.js';
import { Fused, type Program, unrecorded } from './fused.js';
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
  /** The same, over the elements of the first input where that is a gradient which the walk drops: the rule must not read it again. */
  deriveOver(dims: readonly number[], ...inputs: I): readonly Tensor[];
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
          : raw(
              extent === 'whole' ? x.shape : x.shape.map((size, d) => (dims.includes(d) ? 1 : size)),
              dtype,
            ),
      );
      if (
        launch(program, x.shape, dims, inputs, outputs) ||
        turned(name, program, x.shape, dims, inputs, outputs)
      )
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
  const last = shape.length - 1;
  if (dims.length === 1 && dims[0] === last && given.every(x => typeof x === 'number' || isPlain(shape, x)))
    return given.map(x => (typeof x === 'number' ? x : rowsOf(x, shape[last])));
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
  const first = sizes.length;
  shape.forEach((size, d) => {
    if (size === 1 || !dims.includes(d)) return;
    const last = sizes.length - 1;
    const even =
      last >= first &&
      given.every((x, i) => typeof x === 'number' || order[i][last] === strides[i][d] * size);
    if (!even) {
      push(size, own => own[d]);
      return;
    }
    sizes[last] *= size;
    for (let i = 0; i < given.length; i++) order[i][last] = strides[i][d];
  });
  if (sizes.length - first > 2) return null;
  while (sizes.length - first < 2) {
    sizes.splice(first, 0, 1);
    for (const own of order) own.splice(first, 0, 0);
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

/** Whether x holds all rows one after the other, or one element for each. */
function isPlain(shape: readonly number[], x: Tensor): boolean {
  if (!x.contiguous || x.ndim !== shape.length) return false;
  for (let d = 0; d < shape.length - 1; d++) if (x.shape[d] !== shape[d]) return false;
  return true;
}

function rowsOf(x: Tensor, length: number): Operand {
  const own = x.shape[x.ndim - 1];
  const count = length === 0 ? 0 : x.size / own;
  return { storage: x.storage, offset: x.offset, shape: [count, 1, own], strides: [own, own, 1] };
}

/** The strides of x in a shape that it broadcasts to. */
function stridesIn(shape: readonly number[], x: Tensor): number[] {
  const lead = shape.length - x.ndim;
  return shape.map((size, d) =>
    d < lead || (x.shape[d - lead] === 1 && size !== 1) ? 0 : x.strides[d - lead],
  );
}
