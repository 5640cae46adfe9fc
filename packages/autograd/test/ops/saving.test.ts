import { describe, expect, test } from 'vitest';
import { infoOf, opNames } from '../../samples/index.js';
import type { Node } from '../../src/graph/node.js';
import { logicalNot, noGrad, type Tensor, zerosLike } from '../../src/index.js';
import { argumentsOf, bind, callsOf, Draw, isFloating, plain } from './support.js';

/** The private side of a node. */
interface Keeper {
  readonly saved: (Tensor | number | null)[] | null;
  savedOutputs: readonly Tensor[] | null;
}
const keeper = (node: Node): Keeper => node as unknown as Keeper;

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
    return JSON.stringify(gradients?.map(t => (t === null ? null : plain(t).data.map(v => String(v + 0)))));
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
  it.saved?.forEach((x, i, list) => {
    if (x === null || typeof x === 'number') return;
    list[i] = changed(x);
    found.set(`input ${i}`, derivative(node, gradient) !== before);
    list[i] = x;
  });
  if (it.savedOutputs !== null) {
    const outputs = it.savedOutputs;
    it.savedOutputs = outputs.map(changed);
    found.set('output', derivative(node, gradient) !== before);
    it.savedOutputs = outputs;
  }
  for (const input of node.inputs) if (input !== null) input.needed = false;
  return found;
}

const exponent =
  'read by the derivative by the exponent, of which there is none: whether an output is kept is said for an op, not for a call';

/** What is kept in vain, by the exported op and the primitive in it, and why it is. */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gelu: { 'pow(0, number): output': exponent },
  lpPool1d: { 'pow(0, number): output': exponent, 'relu(0): output': 'it is never 0 there' },
  lpPool2d: { 'pow(0, number): output': exponent, 'relu(0): output': 'it is never 0 there' },
  pow: { 'pow(0, number): output': exponent, 'pow(0): output': exponent },
};

const differentiable = opNames.filter(name => infoOf(name).noDerivative === undefined);

describe('no op keeps what makes no difference to its derivative', () => {
  test.each(differentiable)('%s', name => {
    const info = infoOf(name);
    /** By primitive, inputs that want a gradient, and what it kept: whether that made a difference in some call. */
    const matters = new Map<string, boolean>();
    for (const label of callsOf(name, true)) {
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
              const numbers = keeper(node).saved?.some(x => typeof x === 'number') === true ? ', number' : '';
              for (const [what, differs] of differences(node, draw.tensor(node.outputShapes[0]))) {
                const key = `${node.op.name}(${by.join(', ')}${numbers}): ${what}`;
                matters.set(key, differs || matters.get(key) === true);
              }
            }
          });
        }
    }
    const vain = [...matters].flatMap(([key, differs]) =>
      differs || known[name]?.[key] !== undefined ? [] : [key],
    );
    expect(vain).toEqual([]);
  });
});
