import { DTypeError } from '../../errors.js';
import type { Expression, ExpressionNode } from '../../interface.js';
import { Encoder, type LaneOps, laneOps, noResult, Op, V128, ValueType } from './encoder.js';
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

/** When a node is computed: once, once a row, for every vector. */
const Level = { call: 0, row: 1, vector: 2 } as const;

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
 * Products are never fused into sums, in the relaxed build either: what is left of a b - c after cancellation would be
 * another number than the ops one by one give, and its square root may be NaN. The loops wait for memory anyway.
 *
 * `shared` is for a memory that threads share, which must have a maximum.
 */
export function generate(expression: Expression, kinds: readonly InputKind[], shared = false): Generated {
  return new Generator(expression, kinds).module(shared);
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
  readonly #left: number;

  constructor(expression: Expression, kinds: readonly InputKind[]) {
    this.#ops = laneOps[expression.dtype];
    this.#nodes = expression.nodes;
    this.#outputs = expression.outputs;
    this.#kinds = kinds;
    this.#analyse();
    const types = this.#valueTypes;
    for (const kind of kinds) {
      this.#inputLocal.push(types.length);
      if (kind === InputKind.number) types.push(this.#ops.valueType);
      else types.push(ValueType.i32, ValueType.i32);
    }
    for (let k = 0; k < expression.outputs.length; k++) {
      this.#outputLocal.push(types.length);
      types.push(ValueType.i32);
    }
    const parameters = types.length;
    this.#left = parameters;
    // The cursors of arrays follow `left`; other inputs have none.
    let local = parameters + 1;
    for (const kind of kinds) this.#cursor.push(isStepped(kind) ? local++ : -1);
    for (let i = 0; i < this.#nodes.length; i++) this.#nodeLocal.push(local++);
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
      if (node.op === 'where' && this.#isMask[node.a] && this.#isMask[node.b]) this.#isMask[i] = true;
      this.#level[i] = level;
      if (imported.has(node.op)) {
        const name = `${node.op}_${this.#ops.suffix}`;
        if (!this.#imports.includes(name)) this.#imports.push(name);
      }
    });
  }

  module(shared: boolean): Generated {
    const body = this.#function();
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
    locals.unsigned(1 + this.#kinds.filter(isStepped).length).byte(i32);
    locals.unsigned(this.#nodes.length).byte(v128);
    const code = new Encoder().raw(locals.bytes).raw(body.bytes);
    const module = new Encoder().byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    module.section(1, types).section(2, imports).section(3, new Encoder().byte(1, 2));
    module.section(7, new Encoder().unsigned(1).text('run').byte(0).unsigned(this.#imports.length));
    module.section(10, new Encoder().unsigned(1).sized(code));
    return { bytes: new Uint8Array(module.bytes), imports: this.#imports };
  }

  #function(): Encoder {
    const code = this.#code;
    const vectorNodes = this.#level.filter(level => level === Level.vector).length;
    const left = this.#left;
    this.#nodesOf(Level.call, 0, false);
    code.byte(Op.loop, noResult);
    this.#kinds.forEach((kind, i) => {
      if (!isStepped(kind)) return;
      this.#get(this.#inputLocal[i]);
      this.#set(this.#cursor[i]);
    });
    this.#nodesOf(Level.row, 0, false);
    this.#get(1);
    this.#set(left);
    if (vectorNodes <= unrolledNodes) this.#mainLoop(2);
    this.#mainLoop(1);
    this.#get(left);
    code.byte(Op.if, noResult);
    this.#nodesOf(Level.vector, 0, true);
    for (let k = 0; k < this.#outputs.length; k++) this.#storePart(k);
    this.#advanceOutputs();
    code.byte(Op.end);
    this.#kinds.forEach((kind, i) => {
      if (kind === InputKind.number) return;
      this.#get(this.#inputLocal[i]);
      this.#get(this.#inputLocal[i] + 1);
      code.byte(Op.i32Add);
      this.#set(this.#inputLocal[i]);
    });
    this.#get(0);
    code.byte(Op.i32Const).signed(1).byte(Op.i32Sub, Op.localTee).unsigned(0);
    code.byte(Op.brIf, 0, Op.end, Op.end);
    return code;
  }

  /** While at least `count` vectors are left. */
  #mainLoop(count: number): void {
    const code = this.#code;
    const { lanes, itemBytes } = this.#ops;
    code.byte(Op.block, noResult, Op.loop, noResult);
    this.#get(this.#left);
    code
      .byte(Op.i32Const)
      .signed(count * lanes)
      .byte(Op.i32LtU, Op.brIf, 1);
    for (let k = 0; k < count; k++) {
      this.#nodesOf(Level.vector, k, false);
      this.#outputs.forEach((i, o) => {
        this.#get(this.#outputLocal[o]);
        this.#number(i);
        this.#simd(V128.store);
        this.#memory(k * 16);
      });
    }
    this.#kinds.forEach((kind, i) => {
      if (kind === InputKind.array) this.#increase(this.#cursor[i], count * 16);
      if (kind === InputKind.boolArray) this.#increase(this.#cursor[i], count * lanes);
    });
    for (const local of this.#outputLocal) this.#increase(local, count * lanes * itemBytes);
    this.#increase(this.#left, -count * lanes);
    code.byte(Op.br, 0, Op.end, Op.end);
  }

  #nodesOf(level: number, vector: number, part: boolean): void {
    this.#nodes.forEach((node, i) => {
      if (this.#level[i] !== level) return;
      this.#compute(node, i, vector, part);
      this.#set(this.#nodeLocal[i]);
    });
  }

  #compute(node: ExpressionNode, i: number, vector: number, part: boolean): void {
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

  #storePart(k: number): void {
    const store = (op: number, offset: number, lane: number): void => {
      this.#get(this.#outputLocal[k]);
      this.#number(this.#outputs[k]);
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
    for (const local of this.#outputLocal) {
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
