import type { Expression } from '../../interface.js';
import { argumentsOf, isReduction } from './simplify.js';

/** When a node is computed: once, once a row (a group, where there are reductions), for every vector. */
export const Level = { call: 0, row: 1, vector: 2 } as const;

/** One way through the elements of a group. */
export interface Pass {
  /** What is computed for every vector, in order. */
  readonly nodes: readonly number[];
  /** Reductions that are made of it. */
  readonly reductions: readonly number[];
  /** Outputs that are written. */
  readonly stores: readonly number[];
  /** A node that waits in the place of an output from one pass to the next: this pass stores it, or loads it. */
  readonly spill: { readonly node: number; readonly output: number; readonly loads: boolean } | null;
}

/** What an expression with reductions is told of its operands. */
export interface Grouping {
  /** Whether a value may wait in the place of an output: no output lies where an input does. */
  readonly spills: boolean;
  /** For each output, whether it has an element for every element rather than one for each group. */
  readonly whole: readonly boolean[];
}

export interface Plan {
  /** The outputs that have an element for every element. */
  readonly stored: readonly number[];
  readonly passes: readonly Pass[];
  /** What is computed once a group before each pass, and after the last. */
  readonly between: readonly (readonly number[])[];
}

/**
 * Divides an expression into passes: a reduction is there in the passes after the one that makes it. Nodes are computed again in every pass that needs them,
 * for a load costs as much; but one that is `dear` is kept where an output will be, if the passes to come need no input that may lie in that place. All outputs
 * are written by the last pass, so that they may lie where inputs do. Null for an expression without reductions.
 */
export function planOf(
  { nodes, outputs }: Expression,
  level: readonly number[],
  dear: ReadonlySet<string>,
  { spills, whole }: Grouping,
): Plan | null {
  if (!nodes.some(isReduction)) return null;
  /** The first pass in which a node can be computed; of a reduction, that after the one that makes it. */
  const stage: number[] = [];
  nodes.forEach((node, i) => {
    const latest = argumentsOf(node).reduce((max, k) => Math.max(max, stage[k]), 0);
    stage[i] = isReduction(node) ? latest + 1 : latest;
  });
  const stored = outputs.flatMap((_, k) => (whole[k] ? [k] : []));
  const writes = stored.length === 0 ? -1 : Math.max(...stored.map(k => stage[outputs[k]]));
  const made = nodes.flatMap((node, i) => (isReduction(node) ? [i] : []));
  const count = Math.max(writes, ...made.map(i => stage[i] - 1)) + 1;
  const reductions = (p: number): number[] => made.filter(i => stage[i] - 1 === p);

  const needed = (p: number, given: number): Set<number> => {
    const found = new Set<number>();
    const visit = (i: number): void => {
      if (level[i] !== Level.vector || found.has(i)) return;
      found.add(i);
      if (i !== given) for (const k of argumentsOf(nodes[i])) visit(k);
    };
    for (const i of reductions(p)) for (const k of argumentsOf(nodes[i])) visit(k);
    if (p === writes) for (const k of stored) visit(outputs[k]);
    return found;
  };

  let node = -1;
  let from = count;
  for (let p = 0; p < writes && node < 0; p++) {
    const later = [...needed(writes, -1)].filter(i => dear.has(nodes[i].op) && needed(p, -1).has(i));
    if (later.length === 0) continue;
    const last = Math.max(...later);
    const readsInputs = nodes.some((n, i) => {
      if (n.op !== 'input') return false;
      for (let q = p + 1; q < count; q++) if (needed(q, last).has(i)) return true;
      return false;
    });
    if (spills || !readsInputs) {
      node = last;
      from = p;
    }
  }
  const passes: Pass[] = [];
  for (let p = 0; p < count; p++) {
    const used = [...needed(p, p > from ? node : -1)].sort((a, b) => a - b);
    const spill = p < from || !used.includes(node) ? null : { node, output: stored[0], loads: p > from };
    passes.push({
      nodes: used,
      reductions: reductions(p),
      stores: p === writes ? stored : [],
      spill,
    });
  }
  const between = Array.from({ length: count + 1 }, (_, p) =>
    nodes.flatMap((n, i) => (level[i] === Level.row && !isReduction(n) && stage[i] === p ? [i] : [])),
  );
  return { stored, passes, between };
}
