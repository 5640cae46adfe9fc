import type { Expression } from '../../interface.js';
import { Encoder, noResult, Op, V128, ValueType } from './encoder.js';
import { Frame, InputKind, isStepped, type Reducing, unrolled } from './frame.js';
import { NodeWriter } from './nodes.js';
import { storePart } from './partial.js';
import { type Grouping, Level, type Pass } from './plan.js';
import { ReductionWriter } from './reductions.js';
import { calls } from './simplify.js';
import { Writer } from './writer.js';

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions of the ahead-of-time build that the module imports from `math`. */
  readonly imports: readonly string[];
}

/** Bodies longer than this are not unrolled: there is enough to do at a time, and the code would only grow. */
const unrolledNodes = 40;

/**
 * How many vectors a loop takes at a time. The functions are chains of a hundred cycles, of which the machine sees little more than one ahead: it has to be
 * given the same function of several vectors, one after the other, before the function of its result.
 */
function vectorsAtOnce({ nodes }: Frame, pass: Pass): number {
  const few = pass.nodes.length <= unrolledNodes;
  if (pass.nodes.some(i => calls.has(nodes[i].op))) return few ? unrolled : 2;
  if (few && pass.reductions.some(i => nodes[i].op === 'max')) return unrolled;
  return few ? 2 : 1;
}

/**
 * The module of an expression, for one way that its inputs come. It exports
 * `run(rows, length, ...inputs, ...outputs)`: for a number its value, for an array its address and the bytes between rows;
 * an output is an address. Outputs are contiguous; rows and length are at least 1.
 *
 * An expression with reductions exports `run(groups, segments, length, ...)` instead; an array then has an address, the bytes between groups, and those
 * between segments, and so has an output.
 *
 * Products are never fused into sums, in the relaxed build either: what is left of a b - c after cancellation would be
 * another number than the ops one by one give, and its square root may be NaN. The loops wait for memory anyway.
 *
 * `shared` is for a memory that threads share, which must have a maximum.
 */
export function generate(
  expression: Expression,
  kinds: readonly InputKind[],
  shared = false,
  grouping: Grouping = { spills: false, whole: [] },
): Generated {
  const frame = new Frame(expression, kinds, grouping);
  return { bytes: moduleOf(frame, new Loops(expression, frame).code, shared), imports: frame.imports };
}

function moduleOf(frame: Frame, body: Encoder, shared: boolean): Uint8Array<ArrayBuffer> {
  const { v128, i32 } = ValueType;
  const { valueTypes, imports } = frame;
  const types = new Encoder().unsigned(3);
  types.byte(0x60, 1, v128, 1, v128);
  types.byte(0x60, 2, v128, v128, 1, v128);
  types.byte(0x60).unsigned(valueTypes.length).raw(valueTypes).byte(0);
  const imported = new Encoder().unsigned(imports.length + 1);
  imported.text('env').text('memory').byte(2);
  if (shared) imported.byte(3, 1).unsigned(65_536);
  else imported.byte(0, 1);
  for (const name of imports)
    imported
      .text('math')
      .text(name)
      .byte(0, name.startsWith('pow_') ? 1 : 0);
  const locals = new Encoder().unsigned(2);
  locals.unsigned(frame.integerLocals).byte(i32);
  locals.unsigned(frame.vectorLocals).byte(v128);
  const code = new Encoder().raw(locals.bytes).raw(body.bytes);
  const module = new Encoder().byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  module.section(1, types).section(2, imported).section(3, new Encoder().byte(1, 2));
  module.section(7, new Encoder().unsigned(1).text('run').byte(0).unsigned(imports.length));
  module.section(10, new Encoder().unsigned(1).sized(code));
  return new Uint8Array(module.bytes);
}

/** The function of an expression: loops over rows or groups, and within them over vectors. */
class Loops {
  readonly code: Writer;
  readonly #frame: Frame;
  readonly #nodes: NodeWriter;
  readonly #reductions: ReductionWriter;

  constructor({ dtype }: Expression, frame: Frame) {
    this.code = new Writer(dtype);
    this.#frame = frame;
    this.#nodes = new NodeWriter(this.code, frame);
    this.#reductions = new ReductionWriter(this.code, frame, this.#nodes);
    if (frame.reducing === null) this.#rows();
    else this.#groups(frame.reducing);
  }

  #rows(): void {
    const frame = this.#frame;
    const nodes = this.#nodes;
    const { code } = this;
    const pass: Pass = {
      nodes: frame.ofLevel(Level.vector),
      reductions: [],
      stores: frame.outputs.map((_, k) => k),
      spill: null,
    };
    nodes.compute(frame.ofLevel(Level.call), 0, false);
    code.byte(Op.loop, noResult);
    nodes.compute(frame.ofLevel(Level.row), 0, false);
    this.#row(pass);
    this.#nextInputs();
    for (const local of frame.outputLocal) {
      code.address(local, frame.length, code.ops.itemShift);
      code.set(local);
    }
    code.again(0);
    code.byte(Op.end);
  }

  /**
   * `run(groups, segments, length, ...)`, with the address and the bytes between groups and between segments of every array: for each group pass after
   * pass over its segments, each with the reductions of those before.
   */
  #groups({ plan, segments }: Reducing): void {
    const frame = this.#frame;
    const nodes = this.#nodes;
    const reductions = this.#reductions;
    const { code } = this;
    nodes.compute(frame.ofLevel(Level.call), 0, false);
    code.byte(Op.loop, noResult);
    plan.passes.forEach((pass, p) => {
      nodes.compute(plan.between[p], 0, false);
      for (const i of pass.reductions) reductions.clear(i);
      this.#arrays((addresses, moving) => {
        code.get(addresses);
        code.set(moving);
      });
      code.get(1);
      code.set(segments.left);
      code.byte(Op.loop, noResult);
      this.#row(pass);
      this.#arrays((addresses, moving) => code.move(moving, addresses + 2));
      code.again(segments.left);
      for (const i of pass.reductions) reductions.finish(i);
    });
    nodes.compute(plan.between[plan.passes.length], 0, false);
    frame.outputs.forEach((i, k) => {
      if (plan.stored.includes(k)) return;
      code.get(frame.outputLocal[k]);
      nodes.number(i);
      code.simd(code.ops.lanes === 4 ? V128.store32Lane : V128.store64Lane);
      code.memory(0);
      code.byte(0);
    });
    this.#nextInputs();
    for (const local of frame.outputLocal) code.move(local, local + 1);
    code.again(0);
    code.byte(Op.end);
  }

  /** On to the next row or group. */
  #nextInputs(): void {
    const { kinds, inputLocal } = this.#frame;
    kinds.forEach((kind, i) => {
      if (kind !== InputKind.number) this.code.move(inputLocal[i], inputLocal[i] + 1);
    });
  }

  /** Every array that is stepped through: its parameters, and what moves from segment to segment. */
  #arrays(each: (parameters: number, moving: number) => void): void {
    const frame = this.#frame;
    const { segments } = frame.reducing as Reducing;
    frame.kinds.forEach((kind, i) => {
      if (isStepped(kind)) each(frame.inputLocal[i], segments.inputs[i]);
    });
    frame.outputs.forEach((_, k) => {
      each(frame.outputLocal[k], segments.outputs[k]);
    });
  }

  /** All elements of a row. */
  #row(pass: Pass): void {
    const frame = this.#frame;
    const { code } = this;
    code.byte(Op.i32Const).signed(0);
    code.set(frame.index);
    const count = vectorsAtOnce(frame, pass);
    if (count > 1) this.#mainLoop(count, pass);
    this.#mainLoop(1, pass);
    this.#rest();
    code.byte(Op.localTee).unsigned(frame.left).byte(Op.if, noResult);
    this.#nodes.compute(pass.nodes, 0, true, pass.spill);
    for (const i of pass.reductions) this.#reductions.accumulatePart(i);
    this.#stores(pass, (output, node) =>
      storePart(
        code,
        frame.left,
        () => this.#place(output),
        () => this.#nodes.number(node),
      ),
    );
    code.byte(Op.end);
  }

  /** How many elements are left. */
  #rest(): void {
    this.code.get(this.#frame.length);
    this.code.get(this.#frame.index);
    this.code.byte(Op.i32Sub);
  }

  /** Where an output is written. */
  #place(output: number): void {
    this.code.address(this.#frame.outputRow[output], this.#frame.index, this.code.ops.itemShift);
  }

  /** What a pass writes. */
  #stores({ stores, spill }: Pass, store: (output: number, node: number) => void): void {
    for (const output of stores) store(output, this.#frame.outputs[output]);
    if (spill?.loads === false) store(spill.output, spill.node);
  }

  /** While at least `count` vectors are left. */
  #mainLoop(count: number, pass: Pass): void {
    const frame = this.#frame;
    const nodes = this.#nodes;
    const { code } = this;
    const { lanes } = code.ops;
    code.byte(Op.block, noResult, Op.loop, noResult);
    this.#rest();
    code
      .byte(Op.i32Const)
      .signed(count * lanes)
      .byte(Op.i32LtU, Op.brIf, 1);
    for (const i of pass.nodes) for (let k = 0; k < count; k++) nodes.compute([i], k, false, pass.spill);
    for (const i of pass.reductions) this.#reductions.accumulate(i, count);
    for (let k = 0; k < count; k++) {
      this.#stores(pass, (output, node) => {
        this.#place(output);
        nodes.number(node, k);
        code.simd(V128.store);
        code.memory(k * 16);
      });
    }
    code.increase(frame.index, count * lanes);
    code.byte(Op.br, 0, Op.end, Op.end);
  }
}
