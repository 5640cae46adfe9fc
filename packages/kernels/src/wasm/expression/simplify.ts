import { DTypeError } from '../../errors.js';
import type { Expression, ExpressionNode } from '../../interface.js';

/** Ops that are functions of the ahead-of-time build. */
export const calls: ReadonlySet<string> = new Set([
  ...(['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'sigmoid', 'erf', 'pow'] as const),
]);

export function isReduction(node: ExpressionNode): boolean {
  return node.op === 'sum' || node.op === 'max';
}

/** -0 and NaN are told apart from 0 and from nothing, which JSON would not do. */
function constantText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The nodes that a node is computed from. */
export function argumentsOf(node: ExpressionNode): readonly number[] {
  if (node.op === 'input' || node.op === 'constant') return [];
  if (node.op === 'where') return [node.condition, node.a, node.b];
  return 'b' in node ? [node.a, node.b] : [node.a];
}

function nodeText(node: ExpressionNode, name: (i: number) => number): string {
  if (node.op === 'input') return `input ${node.index}`;
  if (node.op === 'constant') return `constant ${constantText(node.value)}`;
  return `${node.op} ${argumentsOf(node).map(name).join(' ')}`;
}

/** What the cache goes by. */
export function textOf(expression: Expression): string {
  const nodes = expression.nodes.map(node => nodeText(node, i => i));
  return `${expression.dtype}; ${expression.inputs.join(' ')}; ${nodes.join('; ')}; ${expression.outputs.join(' ')}`;
}

function renumber(node: ExpressionNode, name: (i: number) => number): ExpressionNode {
  if (node.op === 'input') return node;
  if (node.op === 'constant') return node;
  if (node.op === 'where') {
    return { op: node.op, condition: name(node.condition), a: name(node.a), b: name(node.b) };
  }
  return 'b' in node ? { ...node, a: name(node.a), b: name(node.b) } : { ...node, a: name(node.a) };
}

/**
 * Formulas mask before they compute and after, where(c, 0, sqrt(where(c, 1, x))), for the sake of their derivatives. The outer mask alone gives the same
 * values. The inner one goes where nothing else uses what lies between, and where no function does: those have slower ways for numbers that are not ordinary.
 */
function unmask(nodes: ExpressionNode[], outputs: readonly number[]): void {
  const uses = new Uint32Array(nodes.length);
  for (const i of outputs) uses[i]++;
  for (const node of nodes) for (const k of argumentsOf(node)) uses[k]++;
  const strip = (i: number, condition: number, side: 'a' | 'b'): number => {
    const node = nodes[i];
    if (uses[i] > 1 || calls.has(node.op) || isReduction(node)) return i;
    if (node.op === 'where' && node.condition === condition) return strip(node[side], condition, side);
    nodes[i] = renumber(node, k => strip(k, condition, side));
    return i;
  };
  nodes.forEach((node, i) => {
    if (node.op !== 'where') return;
    const { condition } = node;
    nodes[i] = { ...node, a: strip(node.a, condition, 'a'), b: strip(node.b, condition, 'b') };
  });
}

/** The same program with every subexpression once and nothing that no output needs. */
export function simplify(expression: Expression): Expression {
  const once = prune(expression);
  const nodes = [...once.nodes];
  unmask(nodes, once.outputs);
  return prune({ ...once, nodes });
}

function prune(expression: Expression): Expression {
  const { nodes, outputs } = expression;
  const needed = new Uint8Array(nodes.length);
  for (const i of outputs) {
    if (nodes[i] === undefined)
      throw new DTypeError(`compile: output ${i} of ${nodes.length} nodes; give an index of a node.`);
    needed[i] = 1;
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (needed[i] === 0) continue;
    for (const k of argumentsOf(nodes[i])) {
      if (!(k >= 0 && k < i)) {
        throw new DTypeError(
          `compile: node ${i} (${nodes[i].op}) uses node ${k}; a node may use nodes before it only.`,
        );
      }
      needed[k] = 1;
    }
  }
  const renamed: number[] = [];
  const name = (i: number): number => renamed[i];
  const kept: ExpressionNode[] = [];
  const known = new Map<string, number>();
  nodes.forEach((node, i) => {
    if (needed[i] === 0) return;
    const text = nodeText(node, name);
    let at = known.get(text);
    if (at === undefined) {
      at = kept.length;
      kept.push(renumber(node, name));
      known.set(text, at);
    }
    renamed[i] = at;
  });
  return { ...expression, nodes: kept, outputs: outputs.map(name) };
}
