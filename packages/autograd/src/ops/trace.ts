import { type DType, type ExpressionNode, kernels, type Storage } from '@fluxion/kernels';
import { GraphError, showShape } from '../errors.js';
import { walkBackward } from '../graph/backward.js';
import { enableGrad, mode } from '../graph/modes.js';
import { type DifferentiableOp, type Input, markLeaf } from '../graph/node.js';
import { type Observer, observers } from '../graph/record.js';
import { spans } from '../graph/spans.js';
import { raw } from '../tensor/raw.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ElementwiseKernel } from './define.js';
import { extents } from './extent.js';

/** A function of tensors and numbers made of elementwise ops, and of reductions where its caller says so. */
export type Body = (...inputs: Input[]) => Tensor | readonly (Tensor | null)[];

/** What a function was seen to do. */
export interface Traced {
  readonly nodes: readonly ExpressionNode[];
  /** The node of each result; null where there was none. */
  readonly results: readonly (number | null)[];
  /** Whether the function returned a tensor rather than a list. */
  readonly single: boolean;
}

/** What an op says of itself to be traced: the kernel that it is, element by element or over the dims of a row. */
export interface Traceable {
  readonly elementwise?: ElementwiseKernel;
  readonly reduction?: 'sum' | 'max';
}

/** The shape of stand-ins for rows, which can be reduced. */
export const rowStandIn: readonly number[] = [1];

/**
 * Runs a function on stand-ins of one element (or of two, to see whether that makes a difference) and writes down which ops it calls, those of derivatives
 * that it takes included. Composites are seen through. `shape` is that of the stand-ins: `rowStandIn` admits reductions over dim 0 that keep it, any other elementwise ops alone, and sums over an extent.
 */
export function traceOps(op: string, body: Body, dtypes: readonly DType[], shape: readonly number[]): Traced {
  const nodes: ExpressionNode[] = [];
  // By storage: a view of so few elements in the same shape is the same value.
  const known = new Map<Storage, number>();
  const standIns = dtypes.map((dtype, index) => {
    const t = raw(shape, dtype);
    kernels().fill(t, 1);
    known.set(t.storage, nodes.push({ op: 'input', index }) - 1);
    return t;
  });
  const indexOf = (x: Input): number => {
    if (typeof x === 'number') return nodes.push({ op: 'constant', value: x }) - 1;
    const index = known.get(x.storage);
    if (index === undefined)
      throw new GraphError(
        `${op}: the function uses a tensor of shape ${showShape(x.shape)} that is not among its arguments. Pass it as an argument.`,
      );
    return index;
  };
  const observer: Observer = {
    applied: (applied: DifferentiableOp<never>, given, _, [out]) => {
      if (known.has(out.storage) && sameShape(out.shape, shape)) return;
      const { elementwise: how, reduction } = applied as Traceable;
      const reduces =
        sameShape(out.shape, shape) &&
        (shape === rowStandIn || (extents.current !== null && reduction === 'sum'));
      const name = reduces ? (reduction ?? how?.kernel) : how?.kernel;
      if (name === undefined)
        throw new GraphError(
          `${op}: the function calls ${applied.name}, which does not work element by element. Call it outside.`,
        );
      const at = given.map(indexOf);
      const node =
        how?.kind === 'where'
          ? { op: 'where', condition: at[0], a: at[1], b: at[2] }
          : how?.kind === 'binary'
            ? { op: name, a: at[0], b: at[1] }
            : { op: name, a: at[0] };
      known.set(out.storage, nodes.push(node as ExpressionNode) - 1);
    },
    filled: (out, value) => {
      known.set(out.storage, nodes.push({ op: 'constant', value }) - 1);
    },
  };
  const before = { observer: observers.current, watcher: spans.current, ...mode };
  observers.current = observer;
  spans.current = null;
  Object.assign(mode, { recording: false, saving: true, anomaly: false });
  try {
    const result = body(...standIns);
    const list = Array.isArray(result) ? (result as readonly (Tensor | null)[]) : [result as Tensor];
    return {
      nodes,
      results: list.map(t => (t === null ? null : indexOf(t))),
      single: !Array.isArray(result),
    };
  } finally {
    const { observer: outer, watcher, ...modes } = before;
    observers.current = outer;
    spans.current = watcher;
    Object.assign(mode, modes);
  }
}

/**
 * A body of one result followed by the gradients of the inputs that are wanted, from the inputs and the gradient of the result: by a walk through the
 * body, so that what is traced of it is the derivative that the ops of the body have.
 */
export function derivativeOf(body: Body, wanted: readonly boolean[]): Body {
  return (...args) => {
    const inputs = args.slice(0, -1) as Tensor[];
    const targets = inputs.filter((_, i) => wanted[i]);
    for (const x of targets) markLeaf(x);
    const output = enableGrad(() => body(...inputs)) as Tensor;
    const grad = args[args.length - 1] as Tensor;
    // Recorded, so that nothing is done in place or in one kernel, which could not be seen.
    return [output, ...walkBackward([{ output, grad }], targets, { createGraph: true, retainGraph: true })];
  };
}

/** The nodes that the given ones are computed from, themselves included, no further than where `ends` says so. */
export function reach(
  nodes: readonly ExpressionNode[],
  from: readonly number[],
  ends: (i: number) => boolean,
): Set<number> {
  const found = new Set<number>();
  const open = [...from];
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    if (found.has(i)) continue;
    found.add(i);
    if (ends(i)) continue;
    const node = nodes[i];
    if (node.op === 'where') open.push(node.condition);
    if ('a' in node) open.push(node.a);
    if ('b' in node) open.push(node.b);
  }
  return found;
}
