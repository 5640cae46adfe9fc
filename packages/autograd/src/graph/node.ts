import { GraphError, showShape } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { mode } from './modes.js';
import { hold, release } from './region.js';

/** What an op takes: tensors, and numbers as constants. */
export type Input = Tensor | number;
/** What a rule gives for one input: null for none (zero). */
export type Cotangent = Tensor | null;

/**
 * The derivative of an op: from the gradient of its output (all of them, for an op with several outputs; null where nothing flowed in)
 * to the gradients of its inputs, written in differentiable ops. A rule never accumulates and never undoes broadcasting: the engine does.
 */
export type Vjp<A> = (
  gradOutput: Tensor,
  node: Node<A>,
  gradOutputs: readonly Cotangent[],
) => readonly Cotangent[];

/** What the engine knows of an op. It never asks for more, least of all for a name. */
export interface DifferentiableOp<A = unknown> {
  readonly name: string;
  /** Null together with a reason in `why`. */
  readonly vjp: Vjp<A> | null;
  /** Whether the rule reads input `i`; asked while recording. Default: every input. */
  readonly savesInput?: (i: number, node: Node<A>) => boolean;
  /** Whether the rule reads the outputs. Default: false. */
  readonly savesOutput?: boolean;
  /** Why there is no derivative, to end the sentence "no gradient flows through it: …". */
  readonly why?: string;
  /** The rule is the user's: what it creates is left alone, for it may keep it. */
  readonly foreign?: boolean;
}

/** Ticks at every change in place; a saved value is stale when its storage changed after it was saved. */
export const clock = { now: 0 };

let created = 0;

/** How many nodes there have been: nodes made from now on have this id or a later one. */
export function nodesCreated(): number {
  return created;
}

/** One recorded op. Its edges lead to the nodes of its inputs; it keeps only the values its rule reads. */
export class Node<A = unknown> {
  readonly id: number = created++;
  readonly op: DifferentiableOp<A>;
  readonly attributes: A;
  /** The node of each input; null where the input is a number or needs no gradient. */
  readonly inputs: readonly (Node | null)[];
  /** Which output of that node. */
  readonly inputIndices: readonly number[] | null;
  /** The shape of each input, [] for numbers. */
  readonly inputShapes: readonly (readonly number[])[];
  /** Inputs that the rule reads; null once released. */
  private saved: (Input | null)[] | null;
  private savedOutputs: readonly Tensor[] | null;
  private readonly savedAt: number = clock.now;
  /** Why inputs without a node have none; for the message when a gradient is missing. */
  readonly cuts: readonly string[] | null;
  readonly isLeaf: boolean;
  /** The leaf itself, or the output that was told to retain its gradient. */
  tensor: Tensor | null = null;
  hooks: GradHook[] | null = null;
  /** Shapes and dtype of the outputs. */
  readonly outputShapes: readonly (readonly number[])[];
  /** Where the op was called; kept under `detectAnomaly` only. */
  stack = '';
  /** Of the output, where the user gave one. */
  name = '';

  /** Whether an op, recorded or not, has taken an output of it. */
  used = false;

  /** Scratch of a walk in progress: which walk, its cotangents by output, whether a target lies below. */
  walk = 0;
  cotangent: Tensor | null = null;
  cotangents: (Tensor | null)[] | null = null;
  needed = false;

  constructor(
    op: DifferentiableOp<A>,
    inputs: readonly Input[],
    attributes: A,
    outputs: readonly Tensor[],
    isLeaf = false,
  ) {
    this.op = op;
    this.attributes = attributes;
    this.isLeaf = isLeaf;
    const n = inputs.length;
    const nodes = new Array<Node | null>(n);
    const shapes = new Array<readonly number[]>(n);
    let indices: number[] | null = null;
    let cuts: string[] | null = null;
    for (let i = 0; i < n; i++) {
      const x = inputs[i];
      if (typeof x === 'number') {
        nodes[i] = null;
        shapes[i] = [];
        continue;
      }
      nodes[i] = x.node;
      shapes[i] = x.shape;
      if (x.outputIndex !== 0) {
        indices ??= new Array<number>(n).fill(0);
        indices[i] = x.outputIndex;
      }
      if (x.cut !== '') {
        cuts ??= [];
        cuts.push(x.cut);
      }
    }
    this.inputs = nodes;
    this.inputIndices = indices;
    this.inputShapes = shapes;
    this.cuts = cuts;
    this.outputShapes = outputs.length === 1 ? [outputs[0].shape] : outputs.map(t => t.shape);

    this.saved = null;
    this.savedOutputs = null;
    if (!mode.saving && !isLeaf) return;
    let saved: (Input | null)[] | null = null;
    const saves = op.savesInput;
    for (let i = 0; i < n; i++) {
      if (saves !== undefined && !saves(i, this as Node<A>)) continue;
      const x = inputs[i];
      saved ??= new Array<Input | null>(n).fill(null);
      saved[i] = x;
      if (typeof x !== 'number') hold(x.storage);
    }
    this.saved = saved ?? none;
    if (op.savesOutput === true) {
      this.savedOutputs = outputs;
      for (const t of outputs) hold(t.storage);
    }
  }

  /** Whether input `i` wants a gradient. */
  needs(i: number): boolean {
    return this.inputs[i] !== null && (this.inputs[i] as Node).needed;
  }

  /** Input `i` as it was. Throws when the graph was freed or the value was changed in place since. */
  input(i: number): Input {
    if (this.saved === null) throw freedError(this);
    const x = this.saved[i];
    if (x == null)
      throw new GraphError(
        `${this.op.name}: its rule reads input ${i}, which it did not save: declare it in savesInput.`,
      );
    if (typeof x !== 'number') this.checkFresh(x, `input ${i}`);
    return x;
  }

  /** Input `i` if it was saved, else null. */
  savedInput(i: number): Input | null {
    if (this.saved === null) throw freedError(this);
    return this.saved[i] != null ? this.input(i) : null;
  }

  /** Input `i`, which the op knows to be a tensor. */
  tensorInput(i: number): Tensor {
    const x = this.input(i);
    if (typeof x === 'number')
      throw new GraphError(
        `${this.op.name}: its rule expects a tensor as input ${i}, which is the number ${x}.`,
      );
    return x;
  }

  /** Output `i`, for rules that are shortest in terms of it. */
  output(i = 0): Tensor {
    if (this.saved === null) throw freedError(this);
    if (this.savedOutputs === null)
      throw new GraphError(
        `${this.op.name}: its rule reads its output, which it did not save: declare savesOutput.`,
      );
    const y = this.savedOutputs[i];
    this.checkFresh(y, 'output');
    return y;
  }

  private checkFresh(t: Tensor, what: string): void {
    if (t.storage.version <= this.savedAt) return;
    throw new GraphError(
      `${this.op.name}: its ${what} of shape ${showShape(t.shape)} was saved for the derivative and has since been changed in place by ` +
        `${t.storage.changedBy}. Call backward before changing it, or change a clone: x.clone().${t.storage.changedBy}(…).`,
    );
  }

  /** Throws when the rule could not run: the graph was freed, or a saved value changed in place. */
  checkUsable(): void {
    if (this.saved === null) throw freedError(this);
    for (let i = 0; i < this.saved.length; i++) {
      const x = this.saved[i];
      if (x !== null && typeof x !== 'number') this.checkFresh(x, `input ${i}`);
    }
    if (this.savedOutputs !== null) for (const t of this.savedOutputs) this.checkFresh(t, 'output');
  }

  /** Whether what it saved was given back. */
  get released(): boolean {
    return this.saved === null;
  }

  /** Gives back what was saved. The edges stay, so that a second backward can say what happened. */
  release(): void {
    if (this.saved === null || this.isLeaf) return;
    const by = this.op.name;
    for (const x of this.saved) if (x !== null && typeof x !== 'number') release(x.storage, by);
    if (this.savedOutputs !== null) for (const t of this.savedOutputs) release(t.storage, by);
    this.saved = null;
    this.savedOutputs = null;
  }
}

const none: (Input | null)[] = [];

/** Sees the gradient of a tensor as it passes; may return another in its place. */
export interface GradHook {
  readonly outputIndex: number;
  readonly fn: (grad: Tensor) => Tensor | undefined;
}

export function freedError(
  node: Pick<Node<never>, 'outputShapes'> & { readonly op: { readonly name: string } },
): GraphError {
  const made = `${node.op.name} (output of shape ${node.outputShapes.map(showShape).join(', ')})`;
  return new GraphError(
    `backward: the graph through ${made} was freed by an earlier backward. Compute the loss anew for every backward; detach what you ` +
      'carry over from step to step (h = h.detach()); if you really need the same graph twice, give the first backward { retainGraph: true }. ' +
      '(Results of a checkpoint that are kept from inside it have no graph either.)',
  );
}

const leafOp: DifferentiableOp<undefined> = { name: 'leaf', vjp: null };

/** Makes a tensor a leaf that wants a gradient. */
export function markLeaf(t: Tensor): void {
  const node = new Node(leafOp, [], undefined, [t], true);
  node.tensor = t;
  t.node = node as Node;
}
