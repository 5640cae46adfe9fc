import { DTypeError } from '../../errors.js';
import type { ExpressionNode } from '../../interface.js';
import { Op, V128 } from './encoder.js';
import { type Frame, InputKind } from './frame.js';
import { loadBytesPart, loadPart } from './partial.js';
import type { Pass } from './plan.js';
import { argumentsOf, calls } from './simplify.js';
import type { Writer } from './writer.js';

type Where = Extract<ExpressionNode, { readonly op: 'where' }>;

/** The code of single nodes: a vector of each goes to its local. */
export class NodeWriter {
  readonly #code: Writer;
  readonly #frame: Frame;

  constructor(code: Writer, frame: Frame) {
    this.#code = code;
    this.#frame = frame;
  }

  /** Vector number `vector` from the cursors on, or the part of one that is left at the end of the row. */
  compute(nodes: readonly number[], vector: number, part: boolean, spill: Pass['spill'] = null): void {
    const frame = this.#frame;
    for (const i of nodes) {
      if (spill?.loads === true && spill.node === i) this.#load(frame.outputRow[spill.output], vector, part);
      else this.#one(frame.nodes[i], i, vector, part);
      this.#code.set(frame.localOf(i, vector));
    }
  }

  /** The value of a node as numbers: a mask counts as 0 and 1. */
  number(i: number, vector = 0): void {
    const code = this.#code;
    code.get(this.#frame.localOf(i, vector));
    if (!this.#frame.isMask[i]) return;
    code.constant(1);
    code.simd(V128.and);
  }

  /** The value of a node as a mask: numbers but 0 are true. */
  #mask(i: number, vector: number): void {
    const code = this.#code;
    code.get(this.#frame.localOf(i, vector));
    if (this.#frame.isMask[i]) return;
    code.constant(0);
    code.simd(code.ops.ne);
  }

  #one(node: ExpressionNode, i: number, vector: number, part: boolean): void {
    const code = this.#code;
    const frame = this.#frame;
    const { ops } = code;
    switch (node.op) {
      case 'input':
        this.#input(node.index, vector, part);
        return;
      case 'constant':
        code.constant(node.value);
        return;
      case 'where':
        this.#where(node, frame.isMask[i], vector);
        return;
      case 'logicalNot':
        this.#mask(node.a, vector);
        code.simd(V128.not);
        return;
      case 'logicalAnd':
      case 'logicalOr':
      case 'logicalXor':
        this.#mask(node.a, vector);
        this.#mask(node.b, vector);
        code.simd(node.op === 'logicalAnd' ? V128.and : node.op === 'logicalOr' ? V128.or : V128.xor);
        return;
      case 'sign':
        // 0 for NaN and -0: no comparison holds.
        for (const side of [ops.gt, ops.lt]) {
          this.number(node.a, vector);
          code.constant(0);
          code.simd(side);
          code.constant(1);
          code.simd(V128.and);
        }
        code.simd(ops.sub);
        return;
      case 'square':
        this.number(node.a, vector);
        this.number(node.a, vector);
        code.simd(ops.mul);
        return;
      case 'relu':
        // Keeps NaN, as no comparison with it holds.
        this.number(node.a, vector);
        this.number(node.a, vector);
        code.constant(0);
        code.simd(ops.le);
        code.simd(V128.andnot);
        return;
      case 'rsqrt':
      case 'reciprocal':
        code.constant(1);
        this.number(node.a, vector);
        if (node.op === 'rsqrt') code.simd(ops.sqrt);
        code.simd(ops.div);
        return;
    }
    for (const k of argumentsOf(node)) this.number(k, vector);
    if (calls.has(node.op)) code.byte(Op.call).unsigned(frame.imports.indexOf(`${node.op}_${ops.suffix}`));
    else code.simd(this.#instruction(node.op));
  }

  #where(node: Where, isMask: boolean, vector: number): void {
    const code = this.#code;
    const frame = this.#frame;
    const value = (i: number): void => {
      if (isMask) code.get(frame.localOf(i, vector));
      else this.number(i, vector);
    };
    // A selection is three instructions of most machines, and one if the other side is 0.
    const [a, b] = [frame.isZero(node.a), frame.isZero(node.b)];
    if (!a) value(node.a);
    if (!b || a) value(node.b);
    this.#mask(node.condition, vector);
    code.simd(a ? V128.andnot : b ? V128.and : V128.bitselect);
  }

  #instruction(op: ExpressionNode['op']): number {
    const { ops } = this.#code;
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
    const code = this.#code;
    const frame = this.#frame;
    const { ops } = code;
    const kind = frame.kinds[index];
    if (kind === InputKind.array) {
      this.#load(frame.inputRow[index], vector, part);
      return;
    }
    if (kind === InputKind.boolArray) {
      const address = (): void => code.address(frame.inputRow[index], frame.index, 0);
      if (part) loadBytesPart(code, frame.left, address);
      else {
        address();
        code.simd(ops.lanes === 4 ? V128.load32Zero : V128.load16Splat);
        code.memory(vector * ops.lanes);
      }
      this.#widen();
      return;
    }
    code.get(frame.inputLocal[index]);
    if (kind === InputKind.number) code.simd(ops.splat);
    else {
      code.simd(kind === InputKind.repeated ? ops.loadSplat : V128.load8Splat);
      code.memory(0);
      if (kind === InputKind.boolRepeated) this.#widen();
    }
  }

  #load(row: number, vector: number, part: boolean): void {
    const code = this.#code;
    const frame = this.#frame;
    const address = (): void => code.address(row, frame.index, code.ops.itemShift);
    if (part) {
      loadPart(code, frame.left, address);
      return;
    }
    address();
    code.simd(V128.load);
    code.memory(vector * 16);
  }

  /** Bytes of 0 and 1 in the lowest lanes become masks of full lanes. */
  #widen(): void {
    const code = this.#code;
    code.simd(V128.extendLow8);
    code.simd(V128.extendLow16);
    if (code.ops.lanes === 2) code.simd(V128.extendLow32);
    code.simd(code.ops.negateInteger);
  }
}
