import { DTypeError } from '../../errors.js';
import type { Expression, ExpressionNode } from '../../interface.js';
import { Encoder, type LaneOps, laneOps, noResult, Op, V128, ValueType } from './encoder.js';
import { type Grouping, Level, type Pass, type Plan, planOf } from './plan.js';
import { argumentsOf } from './simplify.js';

/**
 * How an input comes: a number; an array whose rows are contiguous, or one element repeated; the same of bool bytes.
 */
export const InputKind = { number: 0, array: 1, repeated: 2, boolArray: 3, boolRepeated: 4 } as const;
export type InputKind = (typeof InputKind)[keyof typeof InputKind];

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions of the ahead-of-time build that the module imports from `math`. */
  readonly imports: readonly string[];
}

/** Bodies longer than this are not unrolled: there is enough to do at a time, and the code would only grow. */
const unrolledNodes = 40;

const imported = new Set(['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'sigmoid', 'erf', 'pow']);
const masks = new Set([
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
  'logicalNot',
]);

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
  return new Generator(expression, kinds, grouping).module(shared);
}

/** Locals of the loop over segments: what is left, and where each array is; -1 for what is not stepped through. */
interface Segments {
  readonly left: number;
  readonly inputs: number[];
  readonly outputs: number[];
}

interface Reducing {
  readonly plan: Plan;
  readonly segments: Segments;
  /** The first of four accumulators of each reduction: two for each vector of the unrolled loop. */
  readonly accumulators: ReadonlyMap<number, number>;
  /** The first of three vectors. */
  readonly temporary: number;
}

class Generator {
  readonly #ops: LaneOps;
  readonly #nodes: readonly ExpressionNode[];
  readonly #outputs: readonly number[];
  readonly #kinds: readonly InputKind[];
  readonly #imports: string[] = [];
  /** For each node: Level, and whether it is a mask. */
  readonly #level: number[] = [];
  readonly #isMask: boolean[] = [];
  readonly #code: Encoder = new Encoder();
  readonly #valueTypes: number[] = [ValueType.i32, ValueType.i32];
  /** Local of a number's value or an array's row address; the bytes between rows are in the next local. */
  readonly #inputLocal: number[] = [];
  readonly #outputLocal: number[] = [];
  readonly #cursor: number[] = [];
  readonly #nodeLocal: number[] = [];
  /** Where an output is written next: in an expression without reductions its parameter itself. */
  readonly #outputCursor: number[] = [];
  readonly #length: number;
  readonly #left: number;
  readonly #integerLocals: number;
  readonly #vectorLocals: number;
  /** For an expression with reductions. */
  readonly #reducing: Reducing | null;

  constructor(expression: Expression, kinds: readonly InputKind[], grouping: Grouping) {
    this.#ops = laneOps[expression.dtype];
    this.#nodes = expression.nodes;
    this.#outputs = expression.outputs;
    this.#kinds = kinds;
    this.#analyse();
    const plan = planOf(expression, this.#level, imported, grouping);
    const steps = plan === null ? 1 : 2;
    const types = this.#valueTypes;
    if (plan !== null) types.push(ValueType.i32);
    this.#length = types.length - 1;
    for (const kind of kinds) {
      this.#inputLocal.push(types.length);
      if (kind === InputKind.number) types.push(this.#ops.valueType);
      else for (let k = 0; k <= steps; k++) types.push(ValueType.i32);
    }
    for (let k = 0; k < expression.outputs.length; k++) {
      this.#outputLocal.push(types.length);
      for (let j = plan === null ? steps : 0; j <= steps; j++) types.push(ValueType.i32);
    }
    const parameters = types.length;
    this.#left = parameters;
    // The cursors of arrays follow `left`; other inputs have none.
    let local = parameters + 1;
    for (const kind of kinds) this.#cursor.push(isStepped(kind) ? local++ : -1);
    for (const own of this.#outputLocal) this.#outputCursor.push(plan === null ? own : local++);
    let segments: Segments | null = null;
    if (plan !== null) {
      segments = { left: local++, inputs: [], outputs: [] };
      for (const kind of kinds) segments.inputs.push(isStepped(kind) ? local++ : -1);
      for (let k = 0; k < this.#outputs.length; k++) segments.outputs.push(local++);
    }
    this.#integerLocals = local - parameters;
    const vectors = local;
    for (let i = 0; i < this.#nodes.length; i++) this.#nodeLocal.push(local++);
    this.#reducing = null;
    if (plan !== null && segments !== null) {
      const accumulators = new Map<number, number>();
      for (const i of plan.passes.flatMap(pass => pass.reductions)) {
        accumulators.set(i, local);
        local += 4;
      }
      this.#reducing = { plan, segments, accumulators, temporary: local };
      local += 3;
    }
    this.#vectorLocals = local - vectors;
  }

  #analyse(): void {
    this.#nodes.forEach((node, i) => {
      let level: number = Level.call;
      for (const k of argumentsOf(node)) level = Math.max(level, this.#level[k]);
      this.#isMask[i] = masks.has(node.op);
      if (node.op === 'input') {
        const kind = this.#kinds[node.index];
        if (kind === undefined) {
          throw new DTypeError(
            `compile: node ${i} reads input ${node.index} of ${this.#kinds.length}; declare it in inputs.`,
          );
        }
        if (isStepped(kind)) level = Level.vector;
        else if (kind !== InputKind.number) level = Level.row;
        this.#isMask[i] = kind === InputKind.boolArray || kind === InputKind.boolRepeated;
      }
      if (node.op === 'sum' || node.op === 'max') level = Level.row;
      if (node.op === 'where' && this.#isMask[node.a] && this.#isMask[node.b]) this.#isMask[i] = true;
      this.#level[i] = level;
      if (imported.has(node.op)) {
        const name = `${node.op}_${this.#ops.suffix}`;
        if (!this.#imports.includes(name)) this.#imports.push(name);
      }
    });
  }

  module(shared: boolean): Generated {
    const body = this.#reducing === null ? this.#function() : this.#groups(this.#reducing);
    const { v128, i32 } = ValueType;
    const types = new Encoder().unsigned(3);
    types.byte(0x60, 1, v128, 1, v128);
    types.byte(0x60, 2, v128, v128, 1, v128);
    const parameters = this.#valueTypes;
    types.byte(0x60).unsigned(parameters.length).raw(parameters).byte(0);
    const imports = new Encoder().unsigned(this.#imports.length + 1);
    imports.text('env').text('memory').byte(2);
    if (shared) imports.byte(3, 1).unsigned(65_536);
    else imports.byte(0, 1);
    for (const name of this.#imports) {
      imports
        .text('math')
        .text(name)
        .byte(0, name.startsWith('pow_') ? 1 : 0);
    }
    const locals = new Encoder().unsigned(2);
    locals.unsigned(this.#integerLocals).byte(i32);
    locals.unsigned(this.#vectorLocals).byte(v128);
    const code = new Encoder().raw(locals.bytes).raw(body.bytes);
    const module = new Encoder().byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    module.section(1, types).section(2, imports).section(3, new Encoder().byte(1, 2));
    module.section(7, new Encoder().unsigned(1).text('run').byte(0).unsigned(this.#imports.length));
    module.section(10, new Encoder().unsigned(1).sized(code));
    return { bytes: new Uint8Array(module.bytes), imports: this.#imports };
  }

  #function(): Encoder {
    const code = this.#code;
    const pass: Pass = {
      nodes: this.#ofLevel(Level.vector),
      reductions: [],
      stores: this.#outputs.map((_, k) => k),
      spill: null,
    };
    this.#compute(this.#ofLevel(Level.call), 0, false);
    code.byte(Op.loop, noResult);
    this.#kinds.forEach((kind, i) => {
      if (!isStepped(kind)) return;
      this.#get(this.#inputLocal[i]);
      this.#set(this.#cursor[i]);
    });
    this.#compute(this.#ofLevel(Level.row), 0, false);
    this.#row(pass);
    this.#kinds.forEach((kind, i) => {
      if (kind === InputKind.number) return;
      this.#move(this.#inputLocal[i], this.#inputLocal[i] + 1);
    });
    this.#again(0);
    code.byte(Op.end);
    return code;
  }

  #ofLevel(level: number): number[] {
    return this.#nodes.flatMap((_, i) => (this.#level[i] === level ? [i] : []));
  }

  /**
   * `run(groups, segments, length, ...)`, with the address and the bytes between groups and between segments of every array: for each group pass after
   * pass over its segments, each with the reductions of those before.
   */
  #groups({ plan, segments, accumulators, temporary }: Reducing): Encoder {
    const code = this.#code;
    this.#compute(this.#ofLevel(Level.call), 0, false);
    code.byte(Op.loop, noResult);
    plan.passes.forEach((pass, p) => {
      this.#compute(plan.between[p], 0, false);
      for (const i of pass.reductions) this.#clear(i, accumulators.get(i) as number);
      this.#arrays((addresses, _, moving) => {
        this.#get(addresses);
        this.#set(moving);
      });
      this.#get(1);
      this.#set(segments.left);
      code.byte(Op.loop, noResult);
      this.#arrays((_, cursor, moving) => {
        this.#get(moving);
        this.#set(cursor);
      });
      this.#row(pass);
      this.#arrays((addresses, _, moving) => this.#move(moving, addresses + 2));
      this.#again(segments.left);
      for (const i of pass.reductions) this.#finish(i, accumulators.get(i) as number, temporary);
    });
    this.#compute(plan.between[plan.passes.length], 0, false);
    this.#outputs.forEach((i, k) => {
      if (plan.stored.includes(k)) return;
      this.#get(this.#outputLocal[k]);
      this.#number(i);
      this.#simd(this.#ops.lanes === 4 ? V128.store32Lane : V128.store64Lane);
      this.#memory(0);
      code.byte(0);
    });
    this.#kinds.forEach((kind, i) => {
      if (kind !== InputKind.number) this.#move(this.#inputLocal[i], this.#inputLocal[i] + 1);
    });
    for (const local of this.#outputLocal) this.#move(local, local + 1);
    this.#again(0);
    code.byte(Op.end);
    return code;
  }

  /** Every array that is stepped through: its parameters, its cursor within a segment, and what moves from segment to segment. */
  #arrays(each: (parameters: number, cursor: number, moving: number) => void): void {
    const { segments } = this.#reducing as Reducing;
    this.#kinds.forEach((kind, i) => {
      if (isStepped(kind)) each(this.#inputLocal[i], this.#cursor[i], segments.inputs[i]);
    });
    this.#outputs.forEach((_, k) => {
      each(this.#outputLocal[k], this.#outputCursor[k], segments.outputs[k]);
    });
  }

  /** local += step */
  #move(local: number, step: number): void {
    this.#get(local);
    this.#get(step);
    this.#code.byte(Op.i32Add);
    this.#set(local);
  }

  /** Counts down, and goes back to the beginning of the loop until nothing is left. */
  #again(counter: number): void {
    this.#get(counter);
    this.#code.byte(Op.i32Const).signed(1).byte(Op.i32Sub, Op.localTee).unsigned(counter);
    this.#code.byte(Op.brIf, 0, Op.end);
  }

  /** All elements of a row. */
  #row(pass: Pass): void {
    const code = this.#code;
    this.#get(this.#length);
    this.#set(this.#left);
    if (pass.nodes.length <= unrolledNodes) this.#mainLoop(2, pass);
    this.#mainLoop(1, pass);
    this.#get(this.#left);
    code.byte(Op.if, noResult);
    this.#compute(pass.nodes, 0, true, pass.spill);
    for (const i of pass.reductions) this.#accumulate(i, 0, true);
    for (const k of pass.stores) this.#storePart(k, this.#outputs[k]);
    if (pass.spill?.loads === false) this.#storePart(pass.spill.output, pass.spill.node);
    this.#advanceOutputs();
    code.byte(Op.end);
  }

  /** While at least `count` vectors are left. */
  #mainLoop(count: number, pass: Pass): void {
    const code = this.#code;
    const { lanes, itemBytes } = this.#ops;
    code.byte(Op.block, noResult, Op.loop, noResult);
    this.#get(this.#left);
    code
      .byte(Op.i32Const)
      .signed(count * lanes)
      .byte(Op.i32LtU, Op.brIf, 1);
    const store = (output: number, node: number, k: number): void => {
      this.#get(this.#outputCursor[output]);
      this.#number(node);
      this.#simd(V128.store);
      this.#memory(k * 16);
    };
    for (let k = 0; k < count; k++) {
      this.#compute(pass.nodes, k, false, pass.spill);
      for (const i of pass.reductions) this.#accumulate(i, k, false);
      for (const o of pass.stores) store(o, this.#outputs[o], k);
      if (pass.spill?.loads === false) store(pass.spill.output, pass.spill.node, k);
    }
    this.#kinds.forEach((kind, i) => {
      if (kind === InputKind.array) this.#increase(this.#cursor[i], count * 16);
      if (kind === InputKind.boolArray) this.#increase(this.#cursor[i], count * lanes);
    });
    for (const local of this.#outputCursor) this.#increase(local, count * lanes * itemBytes);
    this.#increase(this.#left, -count * lanes);
    code.byte(Op.br, 0, Op.end, Op.end);
  }

  #compute(nodes: readonly number[], vector: number, part: boolean, spill: Pass['spill'] = null): void {
    for (const i of nodes) {
      if (spill?.loads === true && spill.node === i) {
        const cursor = this.#outputCursor[spill.output];
        if (part) this.#loadPart(cursor);
        else {
          this.#get(cursor);
          this.#simd(V128.load);
          this.#memory(vector * 16);
        }
      } else this.#one(this.#nodes[i], i, vector, part);
      this.#set(this.#nodeLocal[i]);
    }
  }

  /** Accumulators of a reduction with nothing in them. */
  #clear(i: number, first: number): void {
    for (let k = 0; k < 4; k++) {
      this.#constant(this.#nodes[i].op === 'max' ? Number.NEGATIVE_INFINITY : 0);
      this.#set(first + k);
    }
  }

  /**
   * One vector more. Sums of float32 are made in double precision, in two accumulators for its halves; those of float64 with what every addition rounds off
   * in an accumulator of its own (Knuth 1969).
   */
  #accumulate(i: number, vector: number, part: boolean): void {
    const ops = this.#ops;
    const { accumulators, temporary } = this.#reducing as Reducing;
    const node = this.#nodes[i] as { readonly op: 'sum' | 'max'; readonly a: number };
    const first = (accumulators.get(i) as number) + 2 * vector;
    const f64 = laneOps.float64;
    this.#number(node.a);
    if (part) {
      if (node.op === 'max') this.#constant(Number.NEGATIVE_INFINITY);
      this.#lanesLeft();
      this.#simd(node.op === 'max' ? V128.bitselect : V128.and);
    }
    this.#set(temporary);
    const into = (local: number, instruction: number, value: () => void): void => {
      this.#get(local);
      value();
      this.#simd(instruction);
      this.#set(local);
    };
    const difference = (a: number, b: number): void => {
      this.#get(a);
      this.#get(b);
      this.#simd(f64.sub);
    };
    if (node.op === 'max') into(first, ops.max, () => this.#get(temporary));
    else if (ops.lanes === 4)
      for (let half = 0; half < 2; half++)
        into(first + half, f64.add, () => {
          this.#get(temporary);
          if (half === 1) this.#upperHalf(temporary);
          this.#simd(V128.promoteLow);
        });
    else {
      const [next, added] = [temporary + 1, temporary + 2];
      this.#get(first);
      this.#get(temporary);
      this.#simd(f64.add);
      this.#set(next);
      difference(next, first);
      this.#set(added);
      into(first + 1, f64.add, () => {
        this.#get(first);
        difference(next, added);
        this.#simd(f64.sub);
        difference(temporary, added);
        this.#simd(f64.add);
      });
      this.#get(next);
      this.#set(first);
    }
  }

  /** From the accumulators to the value in every lane. */
  #finish(i: number, first: number, temporary: number): void {
    const code = this.#code;
    const ops = this.#ops;
    const f64 = laneOps.float64;
    const lane = (of: LaneOps, k: number): void => {
      this.#get(temporary);
      this.#simd(of.extract);
      code.byte(k);
    };
    if (this.#nodes[i].op === 'max') {
      this.#get(first);
      this.#get(first + 2);
      this.#simd(ops.max);
      this.#set(temporary);
      lane(ops, 0);
      for (let k = 1; k < ops.lanes; k++) {
        lane(ops, k);
        code.byte(ops.scalarMax);
      }
    } else {
      const narrow = ops.lanes === 4;
      for (const k of [0, 2]) {
        this.#get(first + k);
        this.#get(first + k + 1);
        if (!narrow) {
          // What was lost beside a sum that is not finite is NaN.
          this.#get(first + k);
          this.#get(first + k);
          this.#simd(f64.sub);
          this.#constant(0);
          this.#simd(f64.eq);
          this.#simd(V128.and);
        }
        this.#simd(f64.add);
      }
      this.#simd(f64.add);
      this.#set(temporary);
      lane(f64, 0);
      lane(f64, 1);
      code.byte(Op.f64Add);
      if (narrow) code.byte(Op.f32Demote);
    }
    this.#simd(ops.splat);
    this.#set(this.#nodeLocal[i]);
  }

  /** On the stack already; lanes 2 and 3 of it in the place of 0 and 1. */
  #upperHalf(local: number): void {
    this.#get(local);
    this.#simd(V128.shuffle);
    for (let k = 0; k < 16; k++) this.#code.byte(8 + (k % 8));
  }

  /** A mask of the lanes that hold the elements left. */
  #lanesLeft(): void {
    const { lanes, itemBytes } = this.#ops;
    const view = new DataView(new ArrayBuffer(16));
    for (let lane = 0; lane < lanes; lane++) {
      if (itemBytes === 4) view.setFloat32(lane * 4, lane, true);
      else view.setFloat64(lane * 8, lane, true);
    }
    this.#bytes(view);
    this.#get(this.#left);
    this.#code.byte(itemBytes === 4 ? Op.f32Convert : Op.f64Convert);
    this.#simd(this.#ops.splat);
    this.#simd(this.#ops.lt);
  }

  #one(node: ExpressionNode, i: number, vector: number, part: boolean): void {
    const ops = this.#ops;
    switch (node.op) {
      case 'input':
        this.#input(node.index, vector, part);
        return;
      case 'constant':
        this.#constant(node.value);
        return;
      case 'where':
        if (this.#isMask[i]) {
          this.#get(this.#nodeLocal[node.a]);
          this.#get(this.#nodeLocal[node.b]);
        } else {
          this.#number(node.a);
          this.#number(node.b);
        }
        this.#mask(node.condition);
        this.#simd(V128.bitselect);
        return;
      case 'logicalNot':
        this.#mask(node.a);
        this.#simd(V128.not);
        return;
      case 'logicalAnd':
      case 'logicalOr':
      case 'logicalXor':
        this.#mask(node.a);
        this.#mask(node.b);
        this.#simd(node.op === 'logicalAnd' ? V128.and : node.op === 'logicalOr' ? V128.or : V128.xor);
        return;
      case 'sign':
        // 0 for NaN and -0: no comparison holds.
        for (const side of [ops.gt, ops.lt]) {
          this.#number(node.a);
          this.#constant(0);
          this.#simd(side);
          this.#constant(1);
          this.#simd(V128.and);
        }
        this.#simd(ops.sub);
        return;
      case 'square':
        this.#number(node.a);
        this.#number(node.a);
        this.#simd(ops.mul);
        return;
      case 'relu':
        // Keeps NaN, as no comparison with it holds.
        this.#number(node.a);
        this.#number(node.a);
        this.#constant(0);
        this.#simd(ops.le);
        this.#simd(V128.andnot);
        return;
      case 'rsqrt':
      case 'reciprocal':
        this.#constant(1);
        this.#number(node.a);
        if (node.op === 'rsqrt') this.#simd(ops.sqrt);
        this.#simd(ops.div);
        return;
    }
    for (const k of argumentsOf(node)) this.#number(k);
    if (imported.has(node.op)) {
      this.#code.byte(Op.call).unsigned(this.#imports.indexOf(`${node.op}_${ops.suffix}`));
      return;
    }
    this.#simd(this.#instruction(node.op));
  }

  #instruction(op: ExpressionNode['op']): number {
    const ops = this.#ops;
    switch (op) {
      case 'neg':
      case 'abs':
      case 'sqrt':
      case 'floor':
      case 'ceil':
      case 'trunc':
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'eq':
      case 'ne':
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        return ops[op];
      case 'round':
        return ops.nearest;
      case 'maximum':
        return ops.max;
      case 'minimum':
        return ops.min;
      default:
        throw new DTypeError(`compile: unknown op ${op} in the expression; use the ops of ExpressionNode.`);
    }
  }

  #input(index: number, vector: number, part: boolean): void {
    const ops = this.#ops;
    const kind = this.#kinds[index];
    if (kind === InputKind.number) {
      this.#get(this.#inputLocal[index]);
      this.#simd(ops.splat);
    } else if (kind === InputKind.repeated) {
      this.#get(this.#inputLocal[index]);
      this.#simd(ops.loadSplat);
      this.#memory(0);
    } else if (kind === InputKind.boolRepeated) {
      this.#get(this.#inputLocal[index]);
      this.#simd(V128.load8Splat);
      this.#memory(0);
      this.#widen();
    } else if (kind === InputKind.boolArray) {
      if (part) this.#loadBytesPart(this.#cursor[index]);
      else {
        this.#get(this.#cursor[index]);
        this.#simd(ops.lanes === 4 ? V128.load32Zero : V128.load16Splat);
        this.#memory(vector * ops.lanes);
      }
      this.#widen();
    } else if (part) this.#loadPart(this.#cursor[index]);
    else {
      this.#get(this.#cursor[index]);
      this.#simd(V128.load);
      this.#memory(vector * 16);
    }
  }

  /** Bytes of 0 and 1 in the lowest lanes become masks of full lanes. */
  #widen(): void {
    this.#simd(V128.extendLow8);
    this.#simd(V128.extendLow16);
    if (this.#ops.lanes === 2) this.#simd(V128.extendLow32);
    this.#simd(this.#ops.negateInteger);
  }

  /** if (left < bound) { first } else { second }, which leave a vector each. */
  #choose(bound: number, first: () => void, second: () => void): void {
    this.#get(this.#left);
    this.#code.byte(Op.i32Const).signed(bound).byte(Op.i32LtU, Op.if, ValueType.v128);
    first();
    this.#code.byte(Op.else);
    second();
    this.#code.byte(Op.end);
  }

  /** The 1 to 3 (for float64: 1) elements that are left; the other lanes are 0. */
  #loadPart(cursor: number): void {
    const load = (op: number): void => {
      this.#get(cursor);
      this.#simd(op);
      this.#memory(0);
    };
    if (this.#ops.lanes === 2) {
      load(V128.load64Zero);
      return;
    }
    this.#choose(
      2,
      () => load(V128.load32Zero),
      () =>
        this.#choose(
          3,
          () => load(V128.load64Zero),
          () => {
            this.#get(cursor);
            load(V128.load64Zero);
            this.#simd(V128.load32Lane);
            this.#memory(8);
            this.#code.byte(2);
          },
        ),
    );
  }

  #loadBytesPart(cursor: number): void {
    const lane = (k: number): void => {
      this.#get(cursor);
      if (k === 0) this.#constant(0);
      else lane(k - 1);
      this.#simd(V128.load8Lane);
      this.#memory(k);
      this.#code.byte(k);
    };
    if (this.#ops.lanes === 2) lane(0);
    else
      this.#choose(
        2,
        () => lane(0),
        () =>
          this.#choose(
            3,
            () => lane(1),
            () => lane(2),
          ),
      );
  }

  #storePart(k: number, node: number): void {
    const store = (op: number, offset: number, lane: number): void => {
      this.#get(this.#outputCursor[k]);
      this.#number(node);
      this.#simd(op);
      this.#memory(offset);
      this.#code.byte(lane);
    };
    if (this.#ops.lanes === 2) {
      store(V128.store64Lane, 0, 0);
      return;
    }
    const code = this.#code;
    this.#get(this.#left);
    code.byte(Op.i32Const).signed(2).byte(Op.i32LtU, Op.if, noResult);
    store(V128.store32Lane, 0, 0);
    code.byte(Op.else);
    store(V128.store64Lane, 0, 0);
    this.#get(this.#left);
    code.byte(Op.i32Const).signed(3).byte(Op.i32GeU, Op.if, noResult);
    store(V128.store32Lane, 8, 2);
    code.byte(Op.end, Op.end);
  }

  /** Past the elements of a part. */
  #advanceOutputs(): void {
    for (const local of this.#outputCursor) {
      this.#get(local);
      this.#get(this.#left);
      this.#code.byte(Op.i32Const).signed(this.#ops.itemBytes).byte(Op.i32Mul, Op.i32Add);
      this.#set(local);
    }
  }

  /** The value of a node as numbers: a mask counts as 0 and 1. */
  #number(i: number): void {
    this.#get(this.#nodeLocal[i]);
    if (!this.#isMask[i]) return;
    this.#constant(1);
    this.#simd(V128.and);
  }

  /** The value of a node as a mask: numbers but 0 are true. */
  #mask(i: number): void {
    this.#get(this.#nodeLocal[i]);
    if (this.#isMask[i]) return;
    this.#constant(0);
    this.#simd(this.#ops.ne);
  }

  #constant(value: number): void {
    const { lanes, itemBytes } = this.#ops;
    const view = new DataView(new ArrayBuffer(16));
    for (let lane = 0; lane < lanes; lane++) {
      if (itemBytes === 4) view.setFloat32(lane * 4, value, true);
      else view.setFloat64(lane * 8, value, true);
    }
    this.#bytes(view);
  }

  #bytes(view: DataView): void {
    this.#simd(V128.const);
    for (let k = 0; k < 16; k++) this.#code.byte(view.getUint8(k));
  }

  #simd(op: number): void {
    this.#code.byte(0xfd).unsigned(op);
  }

  /** Alignment (none is promised) and offset of a load or store. */
  #memory(offset: number): void {
    this.#code.byte(0).unsigned(offset);
  }

  #get(local: number): void {
    this.#code.byte(Op.localGet).unsigned(local);
  }

  #set(local: number): void {
    this.#code.byte(Op.localSet).unsigned(local);
  }

  #increase(local: number, by: number): void {
    this.#get(local);
    this.#code.byte(Op.i32Const).signed(by).byte(Op.i32Add);
    this.#set(local);
  }
}

/** Whether an input moves on from vector to vector. */
function isStepped(kind: InputKind): boolean {
  return kind === InputKind.array || kind === InputKind.boolArray;
}
