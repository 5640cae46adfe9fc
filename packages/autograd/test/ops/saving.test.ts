import { describe, expect, test } from 'vitest';
import { infoOf, opNames } from '../../samples/index.js';
import type { Node } from '../../src/graph/node.js';
import { logicalNot, noGrad, type Tensor, zerosLike } from '../../src/index.js';
import { argumentsOf, bind, callsOf, Draw, isFloating, plain } from './support.js';

/** The private side of a node. */
interface Keeper {
  saved0: Tensor | number | null;
  saved1: Tensor | number | null;
  /** From the third on. */
  readonly saved: (Tensor | number | null)[] | null;
  savedOutput: Tensor | null;
  savedOutputs: readonly Tensor[] | null;
}
const keeper = (node: Node): Keeper => node as unknown as Keeper;

/** The inputs that a node has saved, by number. */
function savedInputs({ saved0, saved1, saved }: Keeper): (Tensor | number | null)[] {
  return [saved0, saved1, ...(saved ?? [])];
}

function replaceSaved(it: Keeper, i: number, x: Tensor): void {
  if (i === 0) it.saved0 = x;
  else if (i === 1) it.saved1 = x;
  else if (it.saved !== null) it.saved[i - 2] = x;
}

function nodesBelow(results: readonly Tensor[]): Node[] {
  const found = new Set<Node>();
  const open = results.flatMap(t => (t.node === null ? [] : [t.node]));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node) || node.isLeaf) continue;
    found.add(node);
    for (const input of node.inputs) if (input !== null) open.push(input);
  }
  return [...found];
}

/** Other elements in the same form; of an index, still inside. */
function changed(t: Tensor): Tensor {
  if (t.dtype === 'bool') return logicalNot(t);
  return t.dtype === 'int32' ? (zerosLike(t) as Tensor) : (t.mul(-0.35).add(0.1) as Tensor);
}

/** What the rule of a node says when all inputs that have a node want a gradient. */
function derivative(node: Node, gradient: Tensor): string {
  try {
    const gradients = node.op.vjp?.(
      gradient,
      node,
      node.outputShapes.map((_, i) => (i === 0 ? gradient : null)),
    );
    // What nobody wants makes no difference.
    const wanted = gradients?.map((t, i) => (node.inputs[i] === null ? null : t));
    return JSON.stringify(wanted?.map(t => (t == null ? null : plain(t).data.map(v => String(v + 0)))));
  } catch (error) {
    // Something else did not fit: it was read.
    return String(error);
  }
}

/** For what a node has saved, whether it makes a difference to its derivative. */
function differences(node: Node, gradient: Tensor): Map<string, boolean> {
  const it = keeper(node);
  const found = new Map<string, boolean>();
  for (const input of node.inputs) if (input !== null) input.needed = true;
  const before = derivative(node, gradient);
  savedInputs(it).forEach((x, i) => {
    if (x === null || typeof x === 'number') return;
    replaceSaved(it, i, changed(x));
    found.set(`input ${i}`, derivative(node, gradient) !== before);
    replaceSaved(it, i, x);
  });
  if (it.savedOutput !== null) {
    const output = it.savedOutput;
    it.savedOutput = changed(output);
    found.set('output', derivative(node, gradient) !== before);
    it.savedOutput = output;
  }
  if (it.savedOutputs !== null) {
    const outputs = it.savedOutputs;
    it.savedOutputs = outputs.map(changed);
    found.set('output', derivative(node, gradient) !== before);
    it.savedOutputs = outputs;
  }
  for (const input of node.inputs) if (input !== null) input.needed = false;
  return found;
}

const perOp =
  'whether an output is kept is said for an op, not for a call: the derivative by the other input reads it';
const place = 'the rule works with the factors of it, but a second derivative needs its place in the graph';
const again = 'a derivative that is to be differentiated again runs the op once more';

/** What is kept in vain, by the primitive, and why it is. */
const known: Readonly<Record<string, string>> = {
  'pow(0, number): output': perOp,
  'pow(0): output': perOp,
  'solve(1): output': perOp,
  'triangularSolve(1): output': perOp,
  'solve(0): input 0': place,
  'solve(1): input 0': place,
  'solve(0, 1): input 0': place,
  'slogdet(0): input 0': place,
  'glu(0, 1): input 1': again,
  'tanhshrink(0): input 0': again,
  'poissonNllLoss(0): input 0': again,
  'logsumexp(0): input 0': again,
};
/** The same for what makes a difference in other ops than these. */
const knownIn: Readonly<Record<string, readonly string[]>> = {
  // What is compared stays on its side in the samples.
  l1Loss: ['l1Loss(0, number): input 1', 'l1Loss(1, number): input 1', 'l1Loss(0, 1, number): input 1'],
  smoothL1Loss: ['l1Loss(0, number): input 1', 'l1Loss(1, number): input 1', 'l1Loss(0, 1, number): input 1'],
  hingeEmbeddingLoss: ['hingeEmbeddingLoss(2, number): input 0', 'hingeEmbeddingLoss(0, 2, number): input 0'],
  marginRankingLoss: [
    'marginRankingLoss(0, number): input 1',
    'marginRankingLoss(1, number): input 1',
    ...[0, 1, 2].map(i => `marginRankingLoss(3, number): input ${i}`),
  ],
  poissonNllLoss: [
    'poissonNllLoss(1): input 1',
    'poissonNllLoss(1): input 3',
    'poissonNllLoss(0, 1): input 3',
  ],
  // What ties with the largest shares its gradient, and nothing does in the samples.
  scatterReduce: ['scatterReduce(0): input 2', 'scatterReduce(2): input 0'],
  // Sums of absolute values are never 0 in the samples, and one of two distances always is far the larger.
  lpPool1d: ['relu(0): output'],
  lpPool2d: ['relu(0): output'],
  tripletMarginLoss: ['minimum(0): input 1', 'minimum(1): input 1', 'minimum(0, 1): input 1'],
  tripletMarginWithDistanceLoss: ['minimum(0): input 1', 'minimum(1): input 1', 'minimum(0, 1): input 1'],
};

const differentiable = opNames.filter(name => infoOf(name).noDerivative === undefined);

describe('no op keeps what makes no difference to its derivative', () => {
  test.each(differentiable)('%s', name => {
    const info = infoOf(name);
    /** By primitive, inputs that want a gradient, and what it kept: whether that made a difference in some call. */
    const matters = new Map<string, boolean>();
    // The edges of an op that reads one triangle have something else in the other, which `bind` would mix in.
    for (const label of callsOf(name, info.symmetric !== true)) {
      const count = bind(info, argumentsOf(name, label, new Draw(1))).inputs.length;
      const choices = [...Array(count).keys()].map(i => [i]);
      if (count > 1) choices.push([...Array(count).keys()]);
      for (const wanted of choices)
        for (const seed of [1, 2]) {
          const draw = new Draw(seed);
          const { inputs, fn } = bind(info, argumentsOf(name, label, draw));
          const leaves = inputs.map((x, i) => {
            const leaf = x.detach() as Tensor;
            return wanted.includes(i) ? leaf.requiresGrad_() : leaf;
          });
          const nodes = nodesBelow(fn(...leaves).filter(isFloating));
          noGrad(() => {
            for (const node of nodes) {
              const sizes = [...node.inputShapes, ...node.outputShapes].map(shape =>
                shape.reduce((a, b) => a * b, 1),
              );
              if (sizes.includes(0)) continue;
              const by = node.inputs.flatMap((input, i) => (input === null ? [] : [i]));
              const numbers = savedInputs(keeper(node)).some(x => typeof x === 'number') ? ', number' : '';
              for (const [what, differs] of differences(node, draw.tensor(node.outputShapes[0]))) {
                const key = `${node.op.name}(${by.join(', ')}${numbers}): ${what}`;
                matters.set(key, differs || matters.get(key) === true);
              }
            }
          });
        }
    }
    const vain = [...matters].flatMap(([key, differs]) =>
      differs || known[key] !== undefined || knownIn[name]?.includes(key) ? [] : [key],
    );
    expect(vain).toEqual([]);
  });
});
