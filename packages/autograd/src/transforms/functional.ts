import { ArgumentError, ShapeError, show, showShape } from '../errors.js';
import { walkBackward } from '../graph/backward.js';
import { enableGrad, mode, withMode } from '../graph/modes.js';
import { markLeaf, type Node } from '../graph/node.js';
import { zerosLike } from '../ops/create.js';
import { seedFor } from '../ops/graphMethods.js';
import { expand } from '../ops/shape.js';
import { view } from '../tensor/raw.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { scalarResult } from './gradients.js';
import { flattenTree, type Tree, unflattenTree } from './tree.js';

/** A run of a function on inputs of its own, and what is needed to differentiate it. */
export interface Trace<R> {
  readonly inputs: readonly Tensor[];
  readonly result: R;
  /** Whether the result depends on more than the inputs: on what an outer derivative follows, or on captured parameters. */
  readonly open: boolean;
}

/** Stands for the input within the trace: a leaf of its own, or a node over the input when something further out follows that. */
function shadow(x: Tensor): Tensor {
  if (x.dtype !== 'float32' && x.dtype !== 'float64') return x;
  if (x.node !== null) return expand(x, x.shape) as Tensor;
  const leaf = view(x, x.offset, x.shape, x.strides);
  markLeaf(leaf);
  return leaf;
}

/**
 * Runs `fn` on shadows of the inputs, recording, and saving too, also in the first run of a `checkpoint`: the derivative that is about to be taken reads it at
 * once, and gives it back.
 */
export function trace<R>(args: readonly Tree[], op: string, fn: (...args: Tree[]) => R): Trace<R> {
  const outer = mode.recording;
  return recordingAndSaving(() => {
    const inputs: Tensor[] = [];
    const shadows = args.map(tree => {
      const own = flattenTree(tree, op).leaves.map(x => shadow(outer ? x : detached(x)));
      inputs.push(...own);
      return unflattenTree(tree, own);
    });
    const result = fn(...shadows);
    return { inputs, result, open: outer && reachesBeyond(tensorsIn(result), inputs) };
  });
}

function recordingAndSaving<R>(fn: () => R): R {
  return mode.saving ? enableGrad(fn) : withMode('grad', 'saving', true, () => enableGrad(fn));
}

function detached(x: Tensor): Tensor {
  return x.node === null ? x : view(x, x.offset, x.shape, x.strides);
}

function tensorsIn(result: unknown): readonly Tensor[] {
  if (result instanceof Tensor) return [result];
  return Array.isArray(result) ? result.filter((t): t is Tensor => t instanceof Tensor) : [];
}

/** Whether the graph of the outputs has leaves other than the inputs, or the inputs have a graph of their own. */
function reachesBeyond(outputs: readonly Tensor[], inputs: readonly Tensor[]): boolean {
  if (inputs.some(x => !x.isLeaf)) return true;
  const own = new Set<Node | null>(inputs.map(x => x.node));
  const seen = new Set<Node>();
  const stack: Node[] = outputs.flatMap(t => (t.node === null ? [] : [t.node]));
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node) || own.has(node)) continue;
    if (node.isLeaf) return true;
    seen.add(node);
    for (const child of node.inputs) if (child !== null) stack.push(child);
  }
  return false;
}

/** Gradients of a traced output; zeros where it does not depend on an input. */
export function pull(
  output: Tensor,
  inputs: readonly Tensor[],
  gradOutput: Tensor | null,
  createGraph: boolean,
  // In the first run of a checkpoint nobody will come back to it.
  retainGraph: boolean = createGraph && mode.saving,
): Tensor[] {
  const wanted = inputs.filter(x => x.node !== null);
  const found =
    output.node === null
      ? wanted.map(() => null)
      : walkBackward([{ output, grad: seedFor('grad', output, gradOutput) }], wanted, {
          createGraph,
          retainGraph,
        });
  let at = 0;
  return inputs.map(x => (x.node === null ? null : found[at++]) ?? zerosLike(x));
}

/** Throws unless it is a function. */
export function requireFunction(op: string, fn: unknown): void {
  if (typeof fn !== 'function')
    throw new ArgumentError(`${op}: expected a function of tensors, got ${show(fn)}.`);
}

/** value and gradients of a function of trees; the gradients have the first tree's form. */
export function valueAndGradOf<T extends Tree, A extends readonly unknown[]>(
  op: string,
  fn: (params: T, ...rest: A) => Tensor,
): (params: T, ...rest: A) => { value: Tensor; grads: T } {
  requireFunction(op, fn);
  return (params, ...rest) => {
    const run = trace([params], op, p => scalarResult(op, fn(p as T, ...rest)));
    const grads = pull(run.result, run.inputs, null, run.open);
    const value = run.open ? run.result : detached(run.result);
    return { value, grads: unflattenTree(params, grads) };
  };
}

function checkLike(op: string, what: string, given: readonly Tensor[], expected: readonly Tensor[]): void {
  if (given.length !== expected.length)
    throw new ArgumentError(
      `${op}: ${what} has ${given.length} tensors, expected ${expected.length}: it must have the form of what it belongs to.`,
    );
  given.forEach((t, i) => {
    if (!sameShape(t.shape, expected[i].shape))
      throw new ShapeError(
        `${op}: ${what} has shape ${showShape(t.shape)}, expected ${showShape(expected[i].shape)}, that of what it belongs to.`,
      );
  });
}

/** The value of `fn(x)`, and the function that takes a gradient of the value to the gradient of x. It can be called any number of times. */
export function vjp<T extends Tree>(
  fn: (x: T) => Tensor,
  x: T,
): { value: Tensor; pullback: (gradOutput: Tensor) => T } {
  requireFunction('vjp', fn);
  const run = trace([x], 'vjp', p => tensorResult('vjp', fn(p as T)));
  return {
    value: run.open ? run.result : detached(run.result),
    pullback: gradOutput => {
      checkLike('vjp', 'the gradient of the output', [gradOutput], [run.result]);
      const again = mode.recording && (run.open || gradOutput.node !== null);
      return unflattenTree(x, pull(run.result, run.inputs, gradOutput, again, true));
    },
  };
}

function tensorResult(op: string, result: unknown): Tensor {
  if (!(result instanceof Tensor))
    throw new ArgumentError(`${op}: the function must return a tensor, it returned ${show(result)}.`);
  return result;
}

/**
 * The value of `fn(x)` and its derivative in the direction `tangent`, of the form of x: two reverse passes, since the gradient is linear in the
 * gradient that comes in, and its own derivative by that is what is sought.
 */
export function jvp<T extends Tree>(
  fn: (x: T) => Tensor,
  x: T,
  tangent: T,
): { value: Tensor; tangent: Tensor } {
  requireFunction('jvp', fn);
  const directions = flattenTree(tangent, 'jvp').leaves;
  checkLike('jvp', 'the tangent', directions, flattenTree(x, 'jvp').leaves);
  const run = trace([x], 'jvp', p => tensorResult('jvp', fn(p as T)));
  const value = run.open ? run.result : detached(run.result);
  const again = mode.recording && (run.open || directions.some(d => d.node !== null));
  const result = enableGrad(() => {
    const cotangent = zerosLike(run.result, { requiresGrad: true });
    const grads = pull(run.result, run.inputs, cotangent, true);
    const seeds = grads.flatMap((output, i) =>
      output.node === null ? [] : [{ output, grad: directions[i] }],
    );
    if (seeds.length === 0) return zerosLike(run.result);
    const [found] = walkBackward(seeds, [cotangent], { createGraph: again, retainGraph: again });
    return found ?? zerosLike(run.result);
  });
  return { value, tangent: result };
}

/** The Hessian of a scalar function at x times `v`, of the form of x, without forming the matrix. */
export function hvp<T extends Tree>(fn: (x: T) => Tensor, x: T, v: T): { value: Tensor; product: T } {
  requireFunction('hvp', fn);
  const directions = flattenTree(v, 'hvp').leaves;
  checkLike('hvp', 'the vector', directions, flattenTree(x, 'hvp').leaves);
  const run = trace([x], 'hvp', p => scalarResult('hvp', fn(p as T)));
  const value = run.open ? run.result : detached(run.result);
  const again = mode.recording && (run.open || directions.some(d => d.node !== null));
  const product = enableGrad(() => {
    const grads = pull(run.result, run.inputs, null, true);
    const seeds = grads.flatMap((output, i) =>
      output.node === null ? [] : [{ output, grad: directions[i] }],
    );
    if (seeds.length === 0) return run.inputs.map(t => zerosLike(t));
    const found = walkBackward(seeds, run.inputs, { createGraph: again, retainGraph: again });
    return found.map((g, i) => g ?? zerosLike(run.inputs[i]));
  });
  return { value, product: unflattenTree(x, product) };
}
