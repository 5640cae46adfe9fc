import { ArgumentError, DTypeError, GraphError, ShapeError, show, showShape } from '../errors.js';
import { walkBackward } from '../graph/backward.js';
import { engine } from '../graph/engine.js';
import { type GradHook, markLeaf } from '../graph/node.js';
import { spans } from '../graph/spans.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { requireDifferentiable } from './define.js';

export interface BackwardOptions {
  /** Keep what the graph saved, so that backward can run through it again. Default false. */
  readonly retainGraph?: boolean;
}

/** The gradient that comes in at an output: given, or 1 for a single element. */
export function seedFor(op: string, output: Tensor, given: Tensor | null | undefined): Tensor {
  if (output.node === null)
    throw new GraphError(
      `${op}: the tensor of shape ${showShape(output.shape)} has no graph: ` +
        (output.cut === ''
          ? 'nothing it was made of requires a gradient. Create its inputs with { requiresGrad: true }.'
          : `the chain broke at ${output.cut}. Compute it without that.`),
    );
  if (given == null) {
    if (output.size !== 1)
      throw new GraphError(
        `${op}: the output has shape ${showShape(output.shape)}, and only a single number has a gradient by itself. ` +
          'Reduce it first (sum, mean), or give the gradient of the output.',
      );
    const one = engine.full(output.shape, 1, output.dtype);
    // Nobody else sees it: the walk frees it.
    one.storage.engineOwned = true;
    return one;
  }
  if (!sameShape(given.shape, output.shape))
    throw new ShapeError(
      `${op}: the gradient given has shape ${showShape(given.shape)}, the output ${showShape(output.shape)}. They must be the same.`,
    );
  if (given.dtype !== output.dtype)
    throw new DTypeError(
      `${op}: the gradient given is ${given.dtype}, the output ${output.dtype}. Convert it: g.to('${output.dtype}').`,
    );
  return given;
}

/**
 * Adds the derivative of this tensor to the `grad` of every leaf it was made of. `gradOutput` is the gradient that comes in
 * (needed unless there is one element). Frees the graph, unless told to retain it.
 */
export function backward(output: Tensor, gradOutput?: Tensor | null, options: BackwardOptions = {}): void {
  const watcher = spans.current;
  // The walk has a span of this name: this one takes the seed in.
  watcher?.enter('walk', 'backward');
  try {
    const grad = seedFor('backward', output, gradOutput);
    walkBackward([{ output, grad }], null, { createGraph: false, retainGraph: options.retainGraph === true });
  } finally {
    watcher?.exit();
  }
}

/** Makes a leaf want gradients, or stop wanting them. */
export function setRequiresGrad<T extends Tensor>(t: T, wanted = true): T {
  if (!t.isLeaf)
    throw new GraphError(
      `requiresGrad_: the output of ${t.node?.op.name} is no leaf; it requires a gradient because its inputs do. Detach it first.`,
    );
  if (!wanted) t.node = null;
  else if (t.node === null) {
    requireDifferentiable('requiresGrad_', t.dtype);
    markLeaf(t);
    t.cut = '';
  }
  return t;
}

/** Keeps the gradient of an intermediate result in its `grad` when backward passes. */
export function retainGrad<T extends Tensor>(t: T): T {
  if (t.node === null)
    throw new GraphError(
      `retainGrad: the tensor of shape ${showShape(t.shape)} is in no graph, so no gradient will pass.`,
    );
  if (!t.node.isLeaf) t.node.tensor = t;
  return t;
}

/**
 * Calls `fn` with the gradient of this tensor when a backward walk passes; what it returns, if anything, goes on in its place.
 * Returns a function that takes the hook away.
 */
export function registerHook(t: Tensor, fn: (grad: Tensor) => Tensor | undefined | void): () => void {
  if (typeof fn !== 'function')
    throw new ArgumentError(`registerHook: expected a function, got ${show(fn)}.`);
  const node = t.node;
  if (node === null)
    throw new GraphError(
      `registerHook: the tensor of shape ${showShape(t.shape)} is in no graph, so no gradient will pass.`,
    );
  const hook: GradHook = { outputIndex: t.outputIndex, fn: fn as GradHook['fn'] };
  node.hooks = [...(node.hooks ?? []), hook];
  return () => {
    node.hooks = node.hooks?.filter(h => h !== hook) ?? null;
    if (node.hooks?.length === 0) node.hooks = null;
  };
}
