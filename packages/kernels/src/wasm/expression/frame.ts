import { DTypeError } from '../../errors.js';
import type { Expression, ExpressionNode } from '../../interface.js';
import { type LaneOps, laneOps, ValueType } from './encoder.js';
import { type Grouping, Level, type Plan, planOf } from './plan.js';
import { argumentsOf, calls, isReduction } from './simplify.js';

/**
 * How an input comes: a number; an array whose rows are contiguous, or one element repeated; the same of bool bytes.
 */
export const InputKind = { number: 0, array: 1, repeated: 2, boolArray: 3, boolRepeated: 4 } as const;
export type InputKind = (typeof InputKind)[keyof typeof InputKind];

/** Whether an input moves on from vector to vector. */
export function isStepped(kind: InputKind): boolean {
  return kind === InputKind.array || kind === InputKind.boolArray;
}

const masks: ReadonlySet<string> = new Set([
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'logicalAnd', 'logicalOr', 'logicalXor', 'logicalNot'] as const),
]);

/** As many vectors as the loops take at a time, at most. */
export const unrolled = 4;

/** Locals of the loop over segments: what is left, and where each array is; -1 for what is not stepped through. */
export interface Segments {
  readonly left: number;
  readonly inputs: number[];
  readonly outputs: number[];
}

/** What an expression with reductions has besides. */
export interface Reducing {
  readonly plan: Plan;
  readonly segments: Segments;
  /** The first of four accumulators of each reduction: of a sum two for every other vector, of a maximum one. */
  readonly accumulators: ReadonlyMap<number, number>;
  /** The first of three vectors. */
  readonly temporary: number;
}

/** What is known of an expression before any code: the types of its nodes, and the local of everything. */
export class Frame {
  readonly ops: LaneOps;
  readonly nodes: readonly ExpressionNode[];
  readonly outputs: readonly number[];
  readonly kinds: readonly InputKind[];
  /** Functions of the ahead-of-time build that are called, by number. */
  readonly imports: string[] = [];
  /** For each node: Level, and whether it is a mask. */
  readonly level: number[] = [];
  readonly isMask: boolean[] = [];
  /** Of the parameters. */
  readonly valueTypes: number[] = [ValueType.i32, ValueType.i32];
  /** Local of a number's value or an array's row address; the bytes between rows are in the next local. */
  readonly inputLocal: number[] = [];
  readonly outputLocal: number[] = [];
  /** Where the row of an array begins: its parameter itself, or what moves from segment to segment. */
  readonly inputRow: readonly number[];
  readonly outputRow: readonly number[];
  /** Of nodes of the level of vectors, the first of `unrolled`. */
  readonly #nodeLocal: number[] = [];
  readonly length: number;
  /** Elements of the row that are done. One number counts through all arrays, for there are few registers for addresses. */
  readonly index: number;
  /** Of the last vector of the row, how many there are. */
  readonly left: number;
  readonly integerLocals: number;
  readonly vectorLocals: number;
  readonly reducing: Reducing | null = null;

  constructor(expression: Expression, kinds: readonly InputKind[], grouping: Grouping) {
    this.ops = laneOps[expression.dtype];
    this.nodes = expression.nodes;
    this.outputs = expression.outputs;
    this.kinds = kinds;
    this.#analyse();
    const plan = planOf(expression, this.level, calls, grouping);
    const types = this.valueTypes;
    if (plan !== null) types.push(ValueType.i32);
    this.length = types.length - 1;
    this.#addParameters(plan === null ? 1 : 2, plan === null ? 0 : 2);
    const parameters = types.length;
    this.index = parameters;
    this.left = parameters + 1;
    let local = parameters + 2;
    let segments: Segments | null = null;
    if (plan !== null) {
      segments = { left: local++, inputs: [], outputs: [] };
      for (const kind of kinds) segments.inputs.push(isStepped(kind) ? local++ : -1);
      for (let k = 0; k < this.outputs.length; k++) segments.outputs.push(local++);
    }
    this.inputRow = segments?.inputs ?? this.inputLocal;
    this.outputRow = segments?.outputs ?? this.outputLocal;
    this.integerLocals = local - parameters;
    const vectors = local;
    for (const level of this.level) {
      this.#nodeLocal.push(local);
      local += level === Level.vector ? unrolled : 1;
    }
    if (plan !== null && segments !== null) {
      const accumulators = new Map<number, number>();
      for (const i of plan.passes.flatMap(pass => pass.reductions)) {
        accumulators.set(i, local);
        local += 4;
      }
      this.reducing = { plan, segments, accumulators, temporary: local };
      local += 3;
    }
    this.vectorLocals = local - vectors;
  }

  /** Whether a node is 0, not -0, in every lane: no bit is set. */
  isZero(i: number): boolean {
    const node = this.nodes[i];
    return node.op === 'constant' && Object.is(node.value, 0);
  }

  /** Where the value of a node is; `vector` counts within a turn of the loop. */
  localOf(i: number, vector: number): number {
    return this.#nodeLocal[i] + (this.level[i] === Level.vector ? vector : 0);
  }

  /** Nodes that are computed as often as that. */
  ofLevel(level: number): number[] {
    return this.nodes.flatMap((_, i) => (this.level[i] === level ? [i] : []));
  }

  /** Every array is an address and so many steps. */
  #addParameters(inputSteps: number, outputSteps: number): void {
    const types = this.valueTypes;
    const addArray = (steps: number): void => {
      for (let k = 0; k <= steps; k++) types.push(ValueType.i32);
    };
    for (const kind of this.kinds) {
      this.inputLocal.push(types.length);
      if (kind === InputKind.number) types.push(this.ops.valueType);
      else addArray(inputSteps);
    }
    for (let k = 0; k < this.outputs.length; k++) {
      this.outputLocal.push(types.length);
      addArray(outputSteps);
    }
  }

  #analyse(): void {
    this.nodes.forEach((node, i) => {
      let level: number = Level.call;
      for (const k of argumentsOf(node)) level = Math.max(level, this.level[k]);
      this.isMask[i] = masks.has(node.op);
      if (node.op === 'input') {
        const kind = this.kinds[node.index];
        if (kind === undefined) {
          throw new DTypeError(
            `compile: node ${i} reads input ${node.index} of ${this.kinds.length}; declare it in inputs.`,
          );
        }
        if (isStepped(kind)) level = Level.vector;
        else if (kind !== InputKind.number) level = Level.row;
        this.isMask[i] = kind === InputKind.boolArray || kind === InputKind.boolRepeated;
      }
      if (isReduction(node)) level = Level.row;
      if (node.op === 'where' && this.isMask[node.a] && this.isMask[node.b]) this.isMask[i] = true;
      this.level[i] = level;
      if (calls.has(node.op)) {
        const name = `${node.op}_${this.ops.suffix}`;
        if (!this.imports.includes(name)) this.imports.push(name);
      }
    });
  }
}
