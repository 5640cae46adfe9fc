import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { broadcastsTo, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkGradient } from './anomaly.js';
import { dropped, isUnshared } from './dropped.js';
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
const none: (Tensor | null)[] = [];

/** The lists of a search. */
interface Lists {
  readonly path: Node[];
  /** For each node on the path, which input comes next. */
  readonly next: number[];
  readonly order: Node[];
}

/** Those of the walk before, empty again: most graphs are small, and new lists would grow step by step in every walk. A walk inside a walk makes its own. */
let spare: Lists | null = null;
/** Longer ones would keep too much memory. */
const longestSpare = 4096;

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
  // Only a walk inside a walk can push another one's scratch aside.
  const displaced: Displaced[] | null = active.length > 0 ? [] : null;
  const wanted = targets === null ? null : indexTargets(targets);
  const recording = mode.recording;
  const watcher = spans.current;
  const lists = spare ?? { path: [], next: [], order: [] };
  const { order } = lists;
  spare = null;
  active.push(id);
  watcher?.enter('walk', 'backward');
  try {
    sortNodes(seeds, wanted, id, displaced, options.stopAtTargets === true, lists);
    if (options.unreached !== undefined && targets !== null) {
      const missing = targets.flatMap((t, i) => (t.node?.walk === id ? [] : [i]));
      if (missing.length > 0) options.unreached(missing);
    }
    mode.recording = options.createGraph;
    for (const { output, grad } of seeds)
      if (output.node !== null) deliver(output.node, output.outputIndex, grad, options.createGraph, null);
    const results = targets === null ? none : targets.map(() => null);
    const walk: Walk = { options, targets, wanted, results, leaves: [] };
    for (let i = order.length - 1; i >= 0; i--) step(order[i], walk);
    // Leaves come last, when nothing can fail any more: an error leaves every gradient as it was.
    for (const leaf of walk.leaves) finishLeaf(leaf);
    return results;
  } finally {
    active.pop();
    mode.recording = recording;
    if (order.length <= longestSpare && lists.path.length === 0) spare = lists;
    for (let i = 0; i < order.length; i++) clear(order[i]);
    while (spare === lists && order.length > 0) order.pop();
    if (displaced !== null)
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
  displaced: Displaced[] | null,
  stopAtTargets: boolean,
  { path, next, order }: Lists,
): void {
  for (const { output } of seeds) {
    if (output.node === null || output.node.walk === id) continue;
    enter(output.node, wanted, id, displaced);
    path.push(output.node);
    next.push(stopAtTargets && output.node.needed ? output.node.arity : 0);
    while (path.length > 0) {
      const top = path.length - 1;
      const node = path[top];
      const i = next[top];
      if (i < node.arity) {
        next[top] = i + 1;
        const child = node.edge(i);
        if (child !== null && child.walk !== id) {
          enter(child, wanted, id, displaced);
          path.push(child);
          next.push(stopAtTargets && child.needed ? child.arity : 0);
        }
        continue;
      }
      path.pop();
      next.pop();
      if (!node.needed)
        for (let j = 0; j < node.arity; j++)
          if (node.needs(j)) {
            node.needed = true;
            break;
          }
      const ends = stopAtTargets && wanted?.has(node) === true;
      if (node.needed && !node.isLeaf && !ends && leadsOn(node, id)) node.checkUsable();
      order.push(node);
    }
  }
}

/** Makes the scratch of a node ready for a walk. */
function enter(
  node: Node,
  wanted: Map<Node, number[]> | null,
  id: number,
  displaced: Displaced[] | null,
): void {
  if (displaced !== null && node.walk !== 0 && node.walk !== id && active.includes(node.walk)) {
    const { walk, cotangent, cotangents, needed } = node;
    displaced.push({ node, walk, cotangent, cotangents, needed });
  }
  node.walk = id;
  node.cotangent = null;
  node.cotangents = null;
  node.needed = wanted === null ? node.isLeaf : wanted.has(node);
}

/** Whether the walk goes on through the node rather than ending at it. What another walk has noted in the children does not count. */
function leadsOn(node: Node, walk: number): boolean {
  for (let i = 0; i < node.arity; i++) {
    const child = node.edge(i);
    if (child?.needed && child.walk === walk) return true;
  }
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
  const { op } = node;
  const vjp = op.vjp as Vjp<unknown> | null;
  if (vjp === null) throw new GraphError(`${op.name}: has no derivative (${op.why}).`);
  const foreign = op.foreign === true;
  const watcher = spans.current;
  watcher?.enter('rule', op.name);
  const mark = foreign ? 0 : openRegion();
  const { anomaly } = mode;
  let done = false;
  try {
    const { cotangent, cotangents } = node;
    // A rule may mask an infinity that it met on its way: what counts is what it returns.
    mode.anomaly = false;
    const first = cotangents === null ? cotangent : (cotangents.find(g => g !== null) ?? null);
    // Not one that a tensor retains, nor one that a message might show.
    const drops = cotangent !== null && node.tensor === null && !createGraph && !anomaly;
    dropped.gradient = drops && isUnshared(cotangent) ? cotangent : null;
    const grads = vjp(first as Tensor, node, cotangents ?? [cotangent]);
    mode.anomaly = anomaly;
    checkRule(node, grads);
    for (let i = 0; i < node.arity; i++) {
      const child = node.edge(i);
      const grad = grads[i];
      if (child === null || !child.needed || grad == null) continue;
      if (!Array.isArray(grad.shape))
        throw new GraphError(
          `${op.name}: its rule returned ${show(grad)} as the gradient of input ${i}, expected a tensor, or null where there is none.`,
        );
      if (anomaly) checkGradient(node, i, grad, first as Tensor);
      deliver(child, node.inputIndices === null ? 0 : node.inputIndices[i], grad, createGraph, node);
    }
    done = true;
  } finally {
    mode.anomaly = anomaly;
    dropped.gradient = null;
    if (!foreign) {
      if (done) closeRegion(mark, op.name, null);
      else abandonRegion();
    }
    watcher?.exit();
  }
}

function checkRule(node: Node, grads: readonly Cotangent[]): void {
  if (!Array.isArray(grads) || grads.length !== node.arity)
    throw new GraphError(
      `${node.op.name}: its rule returned ${Array.isArray(grads) ? `${grads.length} gradients` : typeof grads}, expected an array with one entry ` +
        `for each of its ${node.arity} inputs (null where there is none).`,
    );
}

/** Adds a gradient to what output `index` of the node has received so far; undoes broadcasting. */
function deliver(node: Node, index: number, given: Tensor, createGraph: boolean, from: Node | null): void {
  const shape = node.outputShape(index);
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
  else if (!createGraph && isUnshared(before)) engine.addInPlace(before, grad);
  else {
    put(node, index, engine.add(before, grad));
    release(before.storage, node.op.name);
  }
}

function put(node: Node, index: number, grad: Tensor): void {
  hold(grad.storage);
  const count = node.outputCount;
  if (count === 1) node.cotangent = grad;
  else {
    node.cotangents ??= new Array<Tensor | null>(count).fill(null);
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
