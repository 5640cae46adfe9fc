import { ArgumentError, GraphError, show, showShape } from '../errors.js';
import { walkBackward } from '../graph/backward.js';
import { enableGrad, mode, withMode } from '../graph/modes.js';
import { clock, type Node, nodesCreated } from '../graph/node.js';
import { apply, type Primitive, savesNothing } from '../ops/define.js';
import { drawing, type Generator, type GeneratorState } from '../tensor/generator.js';
import { view } from '../tensor/raw.js';
import { Tensor } from '../tensor/tensor.js';

interface Segment {
  readonly value: Tensor;
  readonly rerun: () => Tensor;
}

const checkpointOp: Primitive<Segment> = {
  name: 'checkpoint',
  foreign: true,
  savesInput: savesNothing,
  forward: (_, { value }) => view(value, value.offset, value.shape, value.strides),
  vjp: (g, node) => {
    const output = node.attributes.rerun();
    const targets = node.inputs.map((input, i) => edge(output, input as Node, node.inputIndices?.[i] ?? 0));
    const again = mode.recording;
    return walkBackward([{ output, grad: g }], targets, {
      createGraph: again,
      retainGraph: again,
      stopAtTargets: true,
    });
  },
};

/** A stand-in for an output of a node whose tensor may be gone: shape and place in the graph, no elements of its own. */
function edge(any: Tensor, node: Node, index: number): Tensor {
  const shape = node.outputShape(index);
  const t = new Tensor(any.storage, 0, shape, new Array<number>(shape.length).fill(0));
  t.node = node;
  t.outputIndex = index;
  return t;
}

/**
 * `fn(...inputs)` without keeping what its ops save: they run again when backward comes to them. What `fn` captures gets its gradient too, and
 * generators draw the same numbers again. `fn` must do the same both times.
 */
export function checkpoint<I extends readonly unknown[]>(fn: (...inputs: I) => Tensor, ...inputs: I): Tensor {
  if (typeof fn !== 'function') throw new ArgumentError(`checkpoint: expected a function, got ${show(fn)}.`);
  if (!mode.recording) return fn(...inputs);
  const before = nodesCreated();
  const draws = new Map<Generator, GeneratorState>();
  const value = withMode('checkpoint', 'saving', false, () => witnessing(draws, () => fn(...inputs)));
  if (!(value instanceof Tensor))
    throw new ArgumentError(`checkpoint: the function must return a tensor, it returned ${show(value)}.`);
  if (value.node === null || value.node.id < before) return value;
  const edges = frontier(value, before);
  const leaves = edges.flatMap(e =>
    e.node?.isLeaf === true && e.node.tensor !== null ? [e.node.tensor] : [],
  );
  const watched = [...inputs.filter(x => x instanceof Tensor), ...leaves];
  const ranAt = clock.now;
  const rerun = (): Tensor => {
    checkUnchanged(watched, ranAt);
    return enableGrad(() =>
      withMode('checkpoint', 'saving', true, () => replaying(draws, () => fn(...inputs))),
    );
  };
  return apply(checkpointOp, edges, { value, rerun });
}

/** Throws when a tensor that the segment starts from has other elements now: the second run would differentiate something else. */
function checkUnchanged(watched: readonly Tensor[], ranAt: number): void {
  for (const t of watched)
    if (t.storage.version > ranAt)
      throw new GraphError(
        `checkpoint: ${t.name === '' ? 'a tensor' : t.name} of shape ${showShape(t.shape)}, which the function uses, has since been changed in place by ` +
          `${t.storage.changedBy}, so that running it again would give other values. Call backward before changing it.`,
      );
}

/** What the segment took from outside: the edges from its nodes to older ones. */
function frontier(value: Tensor, before: number): Tensor[] {
  const edges: Tensor[] = [];
  const known = new Map<Node, Set<number>>();
  const stack: Node[] = [value.node as Node];
  const seen = new Set(stack);
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    node.inputs.forEach((child, i) => {
      if (child === null) return;
      if (child.id >= before) {
        if (!seen.has(child)) stack.push(child);
        seen.add(child);
        return;
      }
      const index = node.inputIndices?.[i] ?? 0;
      const indices = known.get(child) ?? new Set<number>();
      known.set(child, indices);
      if (!indices.has(index)) edges.push(edge(value, child, index));
      indices.add(index);
    });
  }
  return edges;
}

/** Notes the state of every generator before its first draw. */
function witnessing<R>(draws: Map<Generator, GeneratorState>, fn: () => R): R {
  const before = drawing.witness;
  drawing.witness = generator => {
    before?.(generator);
    if (!draws.has(generator)) draws.set(generator, generator.state);
  };
  try {
    return fn();
  } finally {
    drawing.witness = before;
  }
}

/** Sets the generators back for the time of a second run. */
function replaying<R>(draws: Map<Generator, GeneratorState>, fn: () => R): R {
  const now = [...draws.keys()].map(generator => [generator, generator.state] as const);
  for (const [generator, state] of draws) generator.state = state;
  try {
    return fn();
  } finally {
    for (const [generator, state] of now) generator.state = state;
  }
}
