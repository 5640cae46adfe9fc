import { ArgumentError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { type Seed, walkBackward } from '../graph/backward.js';
import type { Node } from '../graph/node.js';
import { zerosLike } from '../ops/create.js';
import { seedFor } from '../ops/graphMethods.js';
import { Tensor } from '../tensor/tensor.js';
import { flattenTree, type Tree, unflattenTree } from './tree.js';

export interface GradOptions {
  /** Make the gradients graph nodes, to be differentiated again. Default false. */
  readonly createGraph?: boolean;
  /** Keep what the graph saved. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Give zeros for inputs that the outputs do not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean;
  /** The gradients that come in at the outputs; needed unless an output has one element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[];
}

/** The gradients of `outputs` (their sum, if several) with respect to `inputs`, any tree of tensors. Leaves' `grad` stay as they are. */
export function gradientsOf<T extends Tree>(
  outputs: Tensor | readonly Tensor[],
  inputs: T,
  options: GradOptions = {},
): T {
  const list = outputs instanceof Tensor ? [outputs] : outputs;
  if (!Array.isArray(list) || list.length === 0 || !list.every(t => t instanceof Tensor))
    throw new ArgumentError(
      `grad: expected a tensor, or a list of tensors, to differentiate, got ${show(outputs)}.`,
    );
  const given = options.gradOutputs instanceof Tensor ? [options.gradOutputs] : options.gradOutputs;
  if (given !== undefined && given.length !== list.length)
    throw new ArgumentError(
      `grad: got ${given.length} gradOutputs for ${list.length} outputs. Give one for each, or null.`,
    );
  const { leaves, paths } = flattenTree(inputs, 'grad');
  leaves.forEach((t, i) => {
    if (t.node === null && options.allowUnused !== true)
      throw new GraphError(
        `grad: input ${nameOf(t, paths[i], i)} does not require a gradient, so nothing was recorded for it. Create it with { requiresGrad: true }.`,
      );
  });
  const seeds: Seed[] = [];
  list.forEach((output, i) => {
    if (output.node === null && options.allowUnused === true) return;
    seeds.push({ output, grad: seedFor('grad', output, given?.[i]) });
  });
  const createGraph = options.createGraph === true;
  const refuse = (missing: readonly number[]): void => {
    if (missing.length === 0 || options.allowUnused === true) return;
    const names = missing.map(i => nameOf(leaves[i], paths[i], i)).join(', ');
    throw new GraphError(
      `grad: the output does not depend on ${names}. ${whereItBroke(
        list,
        missing.map(i => leaves[i]),
      )} Pass { allowUnused: true } to get zeros instead.`,
    );
  };
  const retainGraph = options.retainGraph ?? createGraph;
  const found = walkBackward(seeds, leaves, { createGraph, retainGraph, unreached: refuse });
  // Rules may give no gradient even so.
  refuse(found.flatMap((g, i) => (g === null ? [i] : [])));
  return unflattenTree(
    inputs,
    found.map((g, i) => g ?? zerosLike(leaves[i])),
  );
}

function nameOf(t: Tensor, path: string, i: number): string {
  const name = t.name !== '' ? t.name : path === '' || /^\d+$/.test(path) ? `number ${i}` : path;
  return `${name} (shape ${showShape(t.shape)})`;
}

/**
 * Says at which ops below the outputs the recording stopped although a gradient was wanted. Which inputs these had is not known any more: so it says no
 * more than that the inputs in question come in there if anywhere, and leaves out what was there before them.
 */
function whereItBroke(outputs: readonly Tensor[], missing: readonly Tensor[]): string {
  const never = 'It was never used on the way to the output.';
  if (missing.every(t => t.node?.used === false)) return never;
  const oldest = missing.reduce((id, t) => Math.min(id, t.node?.id ?? 0), Number.POSITIVE_INFINITY);
  const cuts = new Set<string>();
  const seen = new Set<Node>();
  const stack: Node[] = [];
  for (const t of outputs) {
    if (t.cut !== '') cuts.add(t.cut);
    if (t.node !== null) stack.push(t.node);
  }
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.id > oldest) for (const cut of node.cuts ?? []) cuts.add(cut);
    for (const child of node.inputs) if (child !== null) stack.push(child);
  }
  if (cuts.size === 0) return never;
  return `If it was used on the way to the output, the chain broke at ${[...cuts].slice(0, 5).join('; at ')}.`;
}

/** The one scalar that a function under `grad` must return. */
export function scalarResult(op: string, result: unknown): Tensor {
  if (!(result instanceof Tensor))
    throw new ArgumentError(`${op}: the function must return a tensor, it returned ${show(result)}.`);
  if (result.size !== 1)
    throw new ShapeError(
      `${op}: the function must return a single number, it returned shape ${showShape(result.shape)}. Reduce it (sum, mean), or use jacobian or vjp.`,
    );
  return result;
}
