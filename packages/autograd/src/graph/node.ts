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
  /** The rule is the user's: what it creates is left alone, for it may keep it. 'recorded': only where it is to be differentiated again. */
  readonly foreign?: boolean | 'recorded';
}

/** Ticks at every change in place; a saved value is stale when its storage changed after it was saved. */
export const clock = { now: 0 };

let created = 0;

/** How many nodes there have been: nodes made from now on have this id or a later one. */
export function nodesCreated(): number {
  return created;
}

const scalarShape: readonly number[] = [];
const noEdges: readonly (Node | null)[] = [];

/**
 * One recorded op. Its edges lead to the nodes of its inputs; it keeps only the values its rule reads.
 *
 * Most ops have one or two inputs and one output, and these have fields of their own: an array for each of the lists would double what a node takes,
 * and what costs most in a large graph is that the collector moves it. Everything is set in the constructor, always in this order.
 */
export class Node<A = unknown> {
  readonly id: number;
  readonly op: DifferentiableOp<A>;
  readonly attributes: A;
  readonly isLeaf: boolean;
  /** How many inputs there are. */
  readonly arity: number;
  private readonly edge0: Node | null;
  private readonly edge1: Node | null;
  /** From the third on. */
  private readonly edges: readonly (Node | null)[];
  /** Which output of its node each input is; null where all are the first. */
  readonly inputIndices: readonly number[] | null;
  private readonly shape0: readonly number[];
  private readonly shape1: readonly number[];
  /** Of all inputs, where there are more than two. */
  private readonly shapes: readonly (readonly number[])[] | null;
  private readonly outputShape0: readonly number[];
  /** Of all outputs, where there are several. */
  private readonly severalShapes: readonly (readonly number[])[] | null;
  /** Inputs that the rule reads. */
  private saved0: Input | null;
  private saved1: Input | null;
  /** From the third on. */
  private saved: (Input | null)[] | null;
  private savedOutput: Tensor | null;
  /** All outputs, where there are several. */
  private savedOutputs: readonly Tensor[] | null;
  private readonly savedAt: number;
  /** Whether what the rule reads is there: not where it was never saved, and not once it was given back. */
  private usable: boolean;
  /** Why inputs without a node have none; for the message when a gradient is missing. */
  readonly cuts: readonly string[] | null;
  /** The leaf itself, or the output that was told to retain its gradient. */
  tensor: Tensor | null;
  hooks: GradHook[] | null;
  /** Where the op was called; kept under `detectAnomaly` only. */
  stack: string;
  /** Of the output, where the user gave one. */
  name: string;

  /** Whether an op, recorded or not, has taken an output of it. */
  used: boolean;

  /** Scratch of a walk in progress: which walk, its cotangents by output, whether a target lies below. */
  walk: number;
  cotangent: Tensor | null;
  cotangents: (Tensor | null)[] | null;
  needed: boolean;

  /** `output` is the first output, and `outputs` all of them where there are several, else null. */
  constructor(
    op: DifferentiableOp<A>,
    inputs: readonly Input[],
    attributes: A,
    output: Tensor,
    outputs: readonly Tensor[] | null,
    isLeaf: boolean,
  ) {
    const arity = inputs.length;
    const a = arity > 0 ? inputs[0] : 0;
    const b = arity > 1 ? inputs[1] : 0;
    this.id = created++;
    this.op = op;
    this.attributes = attributes;
    this.isLeaf = isLeaf;
    this.arity = arity;
    this.edge0 = typeof a === 'number' ? null : a.node;
    this.edge1 = typeof b === 'number' ? null : b.node;
    this.edges = arity > 2 ? inputs.slice(2).map(x => (typeof x === 'number' ? null : x.node)) : noEdges;
    this.inputIndices = indicesOf(inputs);
    this.shape0 = typeof a === 'number' ? scalarShape : a.shape;
    this.shape1 = typeof b === 'number' ? scalarShape : b.shape;
    this.shapes = arity > 2 ? inputs.map(x => (typeof x === 'number' ? scalarShape : x.shape)) : null;
    this.outputShape0 = output.shape;
    this.severalShapes = outputs === null ? null : outputs.map(t => t.shape);
    this.saved0 = null;
    this.saved1 = null;
    this.saved = null;
    this.savedOutput = null;
    this.savedOutputs = null;
    this.savedAt = clock.now;
    this.usable = mode.saving || isLeaf;
    this.cuts = cutsOf(inputs);
    this.tensor = null;
    this.hooks = null;
    this.stack = '';
    this.name = '';
    this.used = false;
    this.walk = 0;
    this.cotangent = null;
    this.cotangents = null;
    this.needed = false;
    if (mode.saving && !isLeaf) this.save(inputs, output, outputs);
  }

  private save(inputs: readonly Input[], output: Tensor, outputs: readonly Tensor[] | null): void {
    const { savesInput, savesOutput } = this.op;
    for (let i = 0; i < inputs.length; i++) {
      if (savesInput !== undefined && !savesInput(i, this as Node<A>)) continue;
      const x = inputs[i];
      if (i === 0) this.saved0 = x;
      else if (i === 1) this.saved1 = x;
      else {
        this.saved ??= new Array<Input | null>(inputs.length - 2).fill(null);
        this.saved[i - 2] = x;
      }
      if (typeof x !== 'number') hold(x.storage);
    }
    if (savesOutput !== true) return;
    if (outputs === null) {
      this.savedOutput = output;
      hold(output.storage);
    } else {
      this.savedOutputs = outputs;
      for (const t of outputs) hold(t.storage);
    }
  }

  /** The node of input `i`; null where that is a number or needs no gradient. */
  edge(i: number): Node | null {
    return i === 0 ? this.edge0 : i === 1 ? this.edge1 : this.edges[i - 2];
  }

  /** The nodes of all inputs, in a list made for the caller. */
  get inputs(): (Node | null)[] {
    return Array.from({ length: this.arity }, (_, i) => this.edge(i));
  }

  /** The shape of input `i`, [] for a number. */
  inputShape(i: number): readonly number[] {
    return this.shapes !== null ? this.shapes[i] : i === 0 ? this.shape0 : this.shape1;
  }

  /** The shapes of all inputs, in a list made for the caller. */
  get inputShapes(): (readonly number[])[] {
    return Array.from({ length: this.arity }, (_, i) => this.inputShape(i));
  }

  /** How many outputs there are. */
  get outputCount(): number {
    return this.severalShapes === null ? 1 : this.severalShapes.length;
  }

  outputShape(i: number): readonly number[] {
    return this.severalShapes === null ? this.outputShape0 : this.severalShapes[i];
  }

  /** The shapes of all outputs, in a list made for the caller. */
  get outputShapes(): (readonly number[])[] {
    return Array.from({ length: this.outputCount }, (_, i) => this.outputShape(i));
  }

  /** Whether input `i` wants a gradient. */
  needs(i: number): boolean {
    return this.edge(i)?.needed === true;
  }

  private savedAs(i: number): Input | null {
    if (!this.usable) throw freedError(this);
    if (i < 2) return i === 0 ? this.saved0 : this.saved1;
    return this.saved === null ? null : this.saved[i - 2];
  }

  /** Input `i` as it was. Throws when the graph was freed or the value was changed in place since. */
  input(i: number): Input {
    const x = this.savedInput(i);
    if (x == null)
      throw new GraphError(
        `${this.op.name}: its rule reads input ${i}, which it did not save: declare it in savesInput.`,
      );
    return x;
  }

  /** Input `i` if it was saved, else null. */
  savedInput(i: number): Input | null {
    const x = this.savedAs(i);
    if (x !== null && typeof x !== 'number') this.checkFresh(x, i);
    return x;
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
    if (!this.usable) throw freedError(this);
    const y = this.savedOutputs !== null ? this.savedOutputs[i] : this.savedOutput;
    if (y === null)
      throw new GraphError(
        `${this.op.name}: its rule reads its output, which it did not save: declare savesOutput.`,
      );
    this.checkFresh(y, -1);
    return y;
  }

  /** Input `i`, or an output (-1). */
  private checkFresh(t: Tensor, i: number): void {
    if (t.storage.version > this.savedAt) throw this.staleError(t, i);
  }

  private staleError(t: Tensor, i: number): GraphError {
    return new GraphError(
      `${this.op.name}: its ${i < 0 ? 'output' : `input ${i}`} of shape ${showShape(t.shape)} was saved for the derivative and has since been changed in place by ` +
        `${t.storage.changedBy}. Call backward before changing it, or change a clone: x.clone().${t.storage.changedBy}(…).`,
    );
  }

  /** Throws when the rule could not run: the graph was freed, or a saved value changed in place. */
  checkUsable(): void {
    if (!this.usable) throw freedError(this);
    const { saved0, saved1, saved, savedOutput, savedOutputs } = this;
    if (saved0 !== null && typeof saved0 !== 'number') this.checkFresh(saved0, 0);
    if (saved1 !== null && typeof saved1 !== 'number') this.checkFresh(saved1, 1);
    if (saved !== null)
      for (let i = 0; i < saved.length; i++) {
        const x = saved[i];
        if (x !== null && typeof x !== 'number') this.checkFresh(x, i + 2);
      }
    if (savedOutput !== null) this.checkFresh(savedOutput, -1);
    if (savedOutputs !== null) for (const t of savedOutputs) this.checkFresh(t, -1);
  }

  /** Whether what it saved was given back. */
  get released(): boolean {
    return !this.usable;
  }

  /** Gives back what was saved. The edges stay, so that a second backward can say what happened. */
  release(): void {
    if (!this.usable || this.isLeaf) return;
    const by = this.op.name;
    const { saved0, saved1, saved, savedOutput, savedOutputs } = this;
    this.usable = false;
    if (saved0 !== null) {
      this.saved0 = null;
      if (typeof saved0 !== 'number') release(saved0.storage, by);
    }
    if (saved1 !== null) {
      this.saved1 = null;
      if (typeof saved1 !== 'number') release(saved1.storage, by);
    }
    if (saved !== null) {
      this.saved = null;
      for (const x of saved) if (x !== null && typeof x !== 'number') release(x.storage, by);
    }
    if (savedOutput !== null) {
      this.savedOutput = null;
      release(savedOutput.storage, by);
    }
    if (savedOutputs !== null) {
      this.savedOutputs = null;
      for (const t of savedOutputs) release(t.storage, by);
    }
  }
}

/** Which output of its node each input is; null where all are the first. */
function indicesOf(inputs: readonly Input[]): number[] | null {
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x !== 'number' && x.outputIndex !== 0)
      return inputs.map(t => (typeof t === 'number' ? 0 : t.outputIndex));
  }
  return null;
}

function cutsOf(inputs: readonly Input[]): string[] | null {
  let cuts: string[] | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number' || x.cut === '') continue;
    cuts ??= [];
    cuts.push(x.cut);
  }
  return cuts;
}

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
  const node = new Node(leafOp, [], undefined, t, null, true);
  node.tensor = t;
  t.node = node as Node;
}
