import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { broadcastsTo, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkGradient } from './anomaly.js';
import { engine } from './engine.js';
import { accumulateGradient } from './gradient.js';
import { mode } from './modes.js';
import type { Cotangent, GradHook, Node, Vjp } from './node.js';
import { abandonRegion, closeRegion, handOver, hold, openRegion, release } from './region.js';
import { spans } from './spans.js';

export interface WalkOptions {
  /** Record the derivative, so that it can be differentiated again. */
  readonly createGraph: boolean;
  /** Keep what the nodes saved, for another walk. */
  readonly retainGraph: boolean;
  /** The targets are all that the outputs were made of: nothing below them needs to be looked at. */
  readonly stopAtTargets?: boolean;
  /** Told which targets the outputs do not depend on, before anything is computed or freed. */
  readonly unreached?: (targets: readonly number[]) => void;
}

/** Where a walk starts: an output and the gradient that comes in there. */
export interface Seed {
  readonly output: Tensor;
  readonly grad: Tensor;
}

/** Scratch that a walk inside a walk (a hook that calls grad) has pushed aside. */
interface Displaced {
  readonly node: Node;
  readonly walk: number;
  readonly cotangent: Tensor | null;
  readonly cotangents: (Tensor | null)[] | null;
  readonly needed: boolean;
}

/** What the steps of one walk share. */
interface Walk {
  readonly options: WalkOptions;
  readonly targets: readonly Tensor[] | null;
  /** Which targets a node answers for. */
  readonly wanted: ReadonlyMap<Node, readonly number[]> | null;
  readonly results: (Tensor | null)[];
  /** Nodes whose gradient is to be accumulated. */
  readonly leaves: Node[];
}

let walks = 0;
const active: number[] = [];
const nothing = (): boolean => false;

/**
 * Walks the graph from the seeds, consumers before producers. With `targets`, returns the gradient of each (null where none arrived)
 * and touches no leaf; without, accumulates into every leaf. Iterative: the depth of the graph is no limit.
 */
export function walkBackward(
  seeds: readonly Seed[],
  targets: readonly Tensor[] | null,
  options: WalkOptions,
): (Tensor | null)[] {
  const id = ++walks;
  const displaced: Displaced[] = [];
  const wanted = targets === null ? null : indexTargets(targets);
  const recording = mode.recording;
  const watcher = spans.current;
  let order: Node[] = [];
  active.push(id);
  watcher?.enter('walk', 'backward');
  try {
    order = sortNodes(seeds, wanted, id, displaced, options.stopAtTargets === true);
    if (options.unreached !== undefined && targets !== null) {
      const missing = targets.flatMap((t, i) => (t.node?.walk === id ? [] : [i]));
      if (missing.length > 0) options.unreached(missing);
    }
    mode.recording = options.createGraph;
    for (const { output, grad } of seeds)
      if (output.node !== null) deliver(output.node, output.outputIndex, grad, options.createGraph);
    const results = new Array<Tensor | null>(targets === null ? 0 : targets.length).fill(null);
    const walk: Walk = { options, targets, wanted, results, leaves: [] };
    for (let i = order.length - 1; i >= 0; i--) step(order[i], walk);
    // Leaves come last, when nothing can fail any more: an error leaves every gradient as it was.
    for (const leaf of walk.leaves) finishLeaf(leaf);
    return results;
  } finally {
    active.pop();
    mode.recording = recording;
    for (const node of order) clear(node);
    for (const d of displaced) {
      d.node.walk = d.walk;
      d.node.cotangent = d.cotangent;
      d.node.cotangents = d.cotangents;
      d.node.needed = d.needed;
    }
    watcher?.exit();
  }
}

function indexTargets(targets: readonly Tensor[]): Map<Node, number[]> {
  const wanted = new Map<Node, number[]>();
  targets.forEach((t, i) => {
    if (t.node === null) return;
    const list = wanted.get(t.node);
    if (list === undefined) wanted.set(t.node, [i]);
    else list.push(i);
  });
  return wanted;
}

/** Nodes below the seeds, producers first (post-order of a depth-first search), marked where a target lies at or below them. */
function sortNodes(
  seeds: readonly Seed[],
  wanted: Map<Node, number[]> | null,
  id: number,
  displaced: Displaced[],
  stopAtTargets: boolean,
): Node[] {
  const order: Node[] = [];
  const path: Node[] = [];
  const next: number[] = [];
  const nested = active.length > 1;
  const enter = (node: Node): void => {
    if (nested && node.walk !== 0 && node.walk !== id && active.includes(node.walk)) {
      const { walk, cotangent, cotangents, needed } = node;
      displaced.push({ node, walk, cotangent, cotangents, needed });
    }
    node.walk = id;
    node.cotangent = null;
    node.cotangents = null;
    node.needed = wanted === null ? node.isLeaf : wanted.has(node);
    path.push(node);
    next.push(stopAtTargets && node.needed ? node.inputs.length : 0);
  };
  for (const { output } of seeds) {
    if (output.node === null || output.node.walk === id) continue;
    enter(output.node);
    while (path.length > 0) {
      const top = path.length - 1;
      const node = path[top];
      const i = next[top];
      if (i < node.inputs.length) {
        next[top]++;
        const child = node.inputs[i];
        if (child !== null && child.walk !== id) enter(child);
        continue;
      }
      path.pop();
      next.pop();
      if (!node.needed)
        for (const child of node.inputs)
          if (child?.needed) {
            node.needed = true;
            break;
          }
      const ends = stopAtTargets && wanted?.has(node) === true;
      if (node.needed && !node.isLeaf && !ends && leadsOn(node, id)) node.checkUsable();
      order.push(node);
    }
  }
  return order;
}

/** Whether the walk goes on through the node rather than ending at it. What another walk has noted in the children does not count. */
function leadsOn(node: Node, walk: number): boolean {
  for (const child of node.inputs) if (child?.needed && child.walk === walk) return true;
  return false;
}

function step(node: Node, walk: Walk): void {
  if (!node.needed || (node.cotangent === null && node.cotangents === null)) return;
  if (node.hooks !== null) runHooks(node, node.hooks);
  const { targets, wanted, results } = walk;
  const own = wanted?.get(node);
  if (own !== undefined && targets !== null)
    for (const i of own) {
      const grad = slot(node, targets[i].outputIndex);
      if (grad !== null) handOver(grad.storage);
      results[i] = grad;
    }
  if (node.isLeaf) {
    if (targets === null) walk.leaves.push(node);
    return;
  }
  if (node.tensor !== null && targets === null) walk.leaves.push(node);
  if (!(walk.options.stopAtTargets === true && own !== undefined) && leadsOn(node, node.walk)) {
    applyRule(node, walk.options.createGraph);
    if (!walk.options.retainGraph) node.release();
  }
  if (node.tensor === null) clear(node);
}

/** The gradient that output `index` has received so far. */
function slot(node: Node, index: number): Tensor | null {
  return node.cotangents === null ? (index === 0 ? node.cotangent : null) : node.cotangents[index];
}

function applyRule(node: Node, createGraph: boolean): void {
  const op = node.op;
  if (op.vjp === null) throw new GraphError(`${op.name}: has no derivative (${op.why}).`);
  const foreign = op.foreign === true;
  const watcher = spans.current;
  watcher?.enter('rule', op.name);
  const mark = foreign ? 0 : openRegion();
  let done = false;
  try {
    const first = node.cotangents === null ? node.cotangent : (node.cotangents.find(g => g !== null) ?? null);
    const grads = callRule(node, first as Tensor);
    checkRule(node, grads);
    for (let i = 0; i < node.inputs.length; i++) {
      const child = node.inputs[i];
      const grad = grads[i];
      if (child === null || !child.needed || grad == null) continue;
      if (!Array.isArray(grad.shape))
        throw new GraphError(
          `${op.name}: its rule returned ${show(grad)} as the gradient of input ${i}, expected a tensor, or null where there is none.`,
        );
      if (mode.anomaly) checkGradient(node, i, grad, first as Tensor);
      deliver(child, node.inputIndices === null ? 0 : node.inputIndices[i], grad, createGraph, node);
    }
    done = true;
  } finally {
    if (!foreign) {
      if (done) closeRegion(mark, op.name, nothing);
      else abandonRegion();
    }
    watcher?.exit();
  }
}

function callRule(node: Node, gradOutput: Tensor): readonly Cotangent[] {
  const { anomaly } = mode;
  // A rule may mask an infinity that it met on its way: what counts is what it returns.
  mode.anomaly = false;
  try {
    return (node.op.vjp as Vjp<unknown>)(gradOutput, node, node.cotangents ?? [node.cotangent]);
  } finally {
    mode.anomaly = anomaly;
  }
}

function checkRule(node: Node, grads: readonly Cotangent[]): void {
  if (!Array.isArray(grads) || grads.length !== node.inputs.length)
    throw new GraphError(
      `${node.op.name}: its rule returned ${Array.isArray(grads) ? `${grads.length} gradients` : typeof grads}, expected an array with one entry ` +
        `for each of its ${node.inputs.length} inputs (null where there is none).`,
    );
}

/** Adds a gradient to what output `index` of the node has received so far; undoes broadcasting. */
function deliver(node: Node, index: number, given: Tensor, createGraph: boolean, from?: Node): void {
  const shape = node.outputShapes[index];
  let grad = given;
  if (!sameShape(grad.shape, shape)) {
    if (!broadcastsTo(shape, grad.shape))
      throw new ShapeError(
        `${from?.op.name ?? 'backward'}: its rule returned a gradient of shape ${showShape(grad.shape)} for an input of shape ${showShape(shape)}.`,
      );
    grad = engine.sumTo(grad, shape);
  }
  const before = slot(node, index);
  if (before !== null && before.dtype !== grad.dtype)
    throw new DTypeError(
      `${from?.op.name ?? 'backward'}: its rule returned a ${grad.dtype} gradient where ${before.dtype} was expected.`,
    );
  if (before === null) put(node, index, grad);
  else if (
    !createGraph &&
    before.storage.engineOwned &&
    before.storage.holds === 1 &&
    before.storage.length === before.size &&
    before.contiguous
  )
    engine.addInPlace(before, grad);
  else {
    put(node, index, engine.add(before, grad));
    release(before.storage, node.op.name);
  }
}

function put(node: Node, index: number, grad: Tensor): void {
  hold(grad.storage);
  if (node.outputShapes.length === 1) node.cotangent = grad;
  else {
    node.cotangents ??= new Array<Tensor | null>(node.outputShapes.length).fill(null);
    node.cotangents[index] = grad;
  }
}

function runHooks(node: Node, hooks: readonly GradHook[]): void {
  for (const hook of hooks) {
    const grad = slot(node, hook.outputIndex);
    if (grad === null) continue;
    handOver(grad.storage);
    const other = hook.fn(grad);
    if (other == null) continue;
    if (!Array.isArray(other.shape))
      throw new ArgumentError(
        `hook: returned ${show(other)}. Return a tensor to replace the gradient, or nothing.`,
      );
    if (!sameShape(other.shape, grad.shape))
      throw new ShapeError(
        `hook: returned a gradient of shape ${showShape(other.shape)} for one of shape ${showShape(grad.shape)}. Return the same shape, or nothing.`,
      );
    if (other.dtype !== grad.dtype)
      throw new DTypeError(
        `hook: returned a ${other.dtype} gradient for one of ${grad.dtype}. Convert it with to('${grad.dtype}').`,
      );
    put(node, hook.outputIndex, other);
    release(grad.storage, 'hook');
  }
}

/** For a leaf, or an output that was told to retain its gradient. */
function finishLeaf(node: Node): void {
  const t = node.tensor as Tensor;
  const grad = slot(node, t.outputIndex);
  if (grad !== null) accumulateGradient(t, grad);
  clear(node);
}

/** Gives up the gradients a node still holds. */
function clear(node: Node): void {
  if (node.cotangent !== null) {
    const grad = node.cotangent;
    node.cotangent = null;
    release(grad.storage, node.op.name);
  }
  if (node.cotangents !== null) {
    for (const grad of node.cotangents) if (grad !== null) release(grad.storage, node.op.name);
    node.cotangents = null;
  }
}
