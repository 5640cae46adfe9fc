import { kernels } from '@fluxion/kernels';
import { GraphError, showShape } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Node } from './node.js';

/** What a drawing knows of one node. */
export interface DrawnNode {
  readonly id: string;
  /** Lines of its label: op or name, shape, and the value or gradient where it is small. */
  readonly label: readonly string[];
  readonly kind: 'leaf' | 'op' | 'output';
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** Values of up to this many elements are written out. */
const SMALL = 4;

/** The recorded graph below a tensor, inputs before what is made of them. */
export function drawingOf(output: Tensor, caller: string): Drawing {
  if (output.node === null)
    throw new GraphError(
      `${caller}: the tensor of shape ${showShape(output.shape)} has no graph to draw: nothing it was made of requires a gradient.`,
    );
  const nodes: DrawnNode[] = [];
  const edges: (readonly [string, string])[] = [];
  const ids = new Map<Node, string>();
  const stack: { readonly node: Node; next: number }[] = [{ node: output.node, next: 0 }];
  ids.set(output.node, '');
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next < top.node.inputs.length) {
      const child = top.node.inputs[top.next++];
      if (child !== null && !ids.has(child)) {
        ids.set(child, '');
        stack.push({ node: child, next: 0 });
      }
      continue;
    }
    stack.pop();
    const { node } = top;
    const id = `n${nodes.length}`;
    ids.set(node, id);
    nodes.push({
      id,
      label: labelOf(node, node === output.node ? output : node.tensor),
      kind: kindOf(node, output),
    });
    for (const child of node.inputs) if (child !== null) edges.push([ids.get(child) as string, id]);
  }
  return { nodes, edges };
}

function kindOf(node: Node, output: Tensor): DrawnNode['kind'] {
  if (node.isLeaf) return 'leaf';
  return node === output.node ? 'output' : 'op';
}

function labelOf(node: Node, t: Tensor | null): string[] {
  const name = node.isLeaf ? (t?.name === undefined || t.name === '' ? 'leaf' : t.name) : node.op.name;
  const label = [name, node.outputShapes.map(showShape).join(', ')];
  if (t !== null && t.size <= SMALL) label.push(`= ${numbers(t)}`);
  const gradient = t?.gradient ?? null;
  if (gradient !== null && gradient.size <= SMALL) label.push(`grad ${numbers(gradient)}`);
  return label;
}

function numbers(t: Tensor): string {
  return Array.from(kernels().read(t), v => String(Number(v.toPrecision(4)))).join(', ');
}

/** The graph that made a tensor in the DOT language of Graphviz: `dot -Tsvg` draws it. */
export function toDot(output: Tensor): string {
  const { nodes, edges } = drawingOf(output, 'toDot');
  const style = {
    leaf: 'shape=box, style="rounded,filled", fillcolor="#e8f1fb"',
    op: 'shape=box, style=rounded',
    output: 'shape=box, style="rounded,filled", fillcolor="#fdf0d5"',
  };
  const lines = nodes.map(
    n => `  ${n.id} [label="${n.label.map(escapeDot).join('\\n')}", ${style[n.kind]}];`,
  );
  const arrows = edges.map(([from, to]) => `  ${from} -> ${to};`);
  return [
    'digraph fluxion {',
    '  rankdir=TB;',
    '  node [fontname="Helvetica", fontsize=11];',
    ...lines,
    ...arrows,
    '}',
    '',
  ].join('\n');
}

function escapeDot(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

/** The graph that made a tensor as a Mermaid flowchart, which GitHub and many editors draw. */
export function toMermaid(output: Tensor): string {
  const { nodes, edges } = drawingOf(output, 'toMermaid');
  const lines = nodes.map(n => {
    const label = n.label.map(escapeMermaid).join('<br/>');
    return n.kind === 'leaf' ? `  ${n.id}(["${label}"])` : `  ${n.id}["${label}"]`;
  });
  const arrows = edges.map(([from, to]) => `  ${from} --> ${to}`);
  return ['flowchart TB', ...lines, ...arrows, ''].join('\n');
}

function escapeMermaid(text: string): string {
  return text.replace(/"/g, '#quot;').replace(/[<>]/g, c => (c === '<' ? '#lt;' : '#gt;'));
}
