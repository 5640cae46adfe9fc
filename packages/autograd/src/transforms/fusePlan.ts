import type { ExpressionNode } from '@fluxion/kernels';
import { ArgumentError, GraphError, ShapeError, show, showShape } from '../errors.js';
import type { Input } from '../graph/node.js';
import { withExtent } from '../ops/extent.js';
import { isReduction, Program } from '../ops/program.js';
import type { Dims } from '../ops/reduce.js';
import { inShape, type Reduced } from '../ops/rowwise.js';
import { type Body, reach, type Traced, traceOps } from '../ops/trace.js';
import { broadcastShapes, normalizeDims, numel, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

export type Floating = 'float32' | 'float64';

/** What `fuse` saw a function do. */
export interface Plan {
  /** How many arguments there are. */
  readonly arity: number;
  /** Of the arguments, and behind them, where it ends in sums, how many elements each adds up. */
  readonly program: Program;
  /** Whether the function returned a tensor rather than a list. */
  readonly single: boolean;
  /** Null where it works element by element alone. */
  readonly sums: Sums | null;
}

/** The sums that a function ends in. */
export interface Sums {
  /** Over which dims, as they were asked for. */
  readonly asked: readonly Dims[];
  readonly keepdim: boolean;
  /** For each sum, the arguments whose elements it adds up. */
  readonly reads: readonly (readonly number[])[];
}

/** How the sums of a plan go over given arguments. */
export interface Summing extends Reduced {
  readonly program: Program;
  readonly sums: Sums;
  /** What the arguments broadcast to. */
  readonly shape: readonly number[];
  /** How many elements each sum adds up. */
  readonly count: number;
}

/** Sums in it go over what its calls say; the last argument is the number of elements. */
export function overExtent(call: Body): Body {
  return (...args) => {
    const count = args[args.length - 1] as Tensor;
    return withExtent({ asked: () => {}, count }, () => call(...args.slice(0, -1)));
  };
}

/** Sees the function at work with arguments of these kinds. */
export function planOf(call: Body, inputs: readonly Input[], dtype: Floating): Plan {
  const asked: Asked[] = [];
  const seen = look(call, inputs.length, dtype, [], asked);
  requireSame(seen, () => look(call, inputs.length, dtype, [2], []));
  const kinds = inputs.map(x => (typeof x === 'number' ? 'scalar' : 'array'));
  const all = new Program({
    dtype,
    inputs: [...kinds, 'scalar'],
    nodes: seen.nodes,
    outputs: seen.results as readonly number[],
  });
  const sums = sumsOf(all, asked);
  const program = sums === null ? new Program({ ...all.expression, inputs: kinds }) : all;
  return { arity: inputs.length, program, single: seen.single, sums };
}

interface Asked {
  readonly dim: Dims;
  readonly keepdim: boolean;
}

function look(call: Body, arity: number, dtype: Floating, shape: readonly number[], asked: Asked[]): Traced {
  const body: Body = (...args) => {
    const extent = {
      count: args[arity] as Tensor,
      asked: (dim: Dims, keepdim: boolean) => {
        // An op of the library that looked at the dims of the stand-in.
        if (Array.isArray(dim) && dim.length === 0)
          throw new GraphError(
            'fuse: the function calls an op that sums over dims of its own choice. Call it outside, or write it with sum and mean.',
          );
        asked.push({ dim, keepdim });
      },
    };
    const result = withExtent(extent, () => call(...args.slice(0, arity)));
    const outputs = Array.isArray(result) ? (result as readonly Tensor[]) : [result];
    if (!outputs.every(t => t instanceof Tensor))
      throw new ArgumentError(
        `fuse: the function must return a tensor or a list of tensors, it returned ${show(result)}.`,
      );
    return result;
  };
  return traceOps('fuse', body, new Array<Floating>(arity + 1).fill(dtype), shape);
}

/** Throws unless stand-ins of another size lead to the same: what was computed from the size would be wrong at every other one. */
function requireSame(seen: Traced, lookAgain: () => Traced): void {
  let cause: unknown;
  try {
    if (isSame(seen, lookAgain())) return;
  } catch (error) {
    // Such as item(), which two elements have not.
    cause = error;
  }
  throw new GraphError(
    'fuse: the function computes a number from the shape of a tensor, or computes another one at each call. It would be fixed from the first call on: pass it as an argument.',
    { cause },
  );
}

function isSame(a: Traced, b: Traced): boolean {
  const same = (x: ExpressionNode, y: ExpressionNode | undefined): boolean =>
    y !== undefined &&
    Object.entries(x).every(([key, value]) =>
      Object.is(value, (y as unknown as Record<string, unknown>)[key]),
    );
  return (
    a.nodes.length === b.nodes.length &&
    a.nodes.every((node, i) => same(node, b.nodes[i])) &&
    a.results.length === b.results.length &&
    a.results.every((node, k) => node === b.results[k])
  );
}

/** The sums that the results of a program are made of; null where there are none. */
function sumsOf({ expression, whole }: Program, asked: readonly Asked[]): Sums | null {
  const { nodes, inputs, outputs } = expression;
  const isSum = (i: number): boolean => isReduction(nodes[i]);
  const summed = outputs.map(i => [...reach(nodes, [i], isSum)].some(isSum));
  if (!summed.includes(true)) {
    if (asked.length > 0)
      throw new GraphError('fuse: the function has a sum that no result is made of. Leave it out.');
    return null;
  }
  if (summed.includes(false) || whole.includes(true))
    throw new GraphError(
      'fuse: the function uses a tensor beside or after a sum: sums must be the last that is made of whole tensors. Call the rest outside.',
    );
  const reads = nodes.flatMap((node, i) => {
    if (!isSum(i)) return [];
    const found = [...reach(nodes, [(node as { readonly a: number }).a], () => false)];
    if (found.some(isSum))
      throw new GraphError(
        'fuse: the function sums what was summed before. Name all dims in one sum, or call the second one outside.',
      );
    const read = found.flatMap(j => {
      const input = nodes[j];
      return input.op === 'input' && inputs[input.index] === 'array' ? [input.index] : [];
    });
    if (read.length === 0)
      throw new GraphError(
        'fuse: the function sums what is made of numbers alone. Multiply by how many there are instead.',
      );
    return [read];
  });
  const [{ keepdim }] = asked;
  if (asked.some(other => other.keepdim !== keepdim))
    throw new GraphError('fuse: the function has sums with keepdim and without. Give all of them the same.');
  const dims = new Map(asked.map(({ dim }) => [JSON.stringify(dim), dim]));
  return { asked: [...dims.values()], keepdim, reads };
}

export function summingOf({ program }: Plan, sums: Sums, inputs: readonly Input[]): Summing {
  const { asked, keepdim, reads } = sums;
  let shape: readonly number[] | null = null;
  for (const own of reads) {
    const found = broadcastOf(own.map(i => inputs[i]));
    if (shape !== null && !sameShape(shape, found))
      throw new ShapeError(
        `fuse: the function sums tensors of shapes ${showShape(shape)} and ${showShape(found)}; in one pass they must be the same. Fuse them apart.`,
      );
    shape = found;
  }
  const over = shape as readonly number[];
  const [dims, ...others] = asked.map(dim => normalizeDims('fuse', dim, over.length));
  for (const other of others)
    if (!sameShape(dims, other))
      throw new ShapeError(
        `fuse: the function sums over dims ${showShape(dims)} and ${showShape(other)} of shape ${showShape(over)}; in one pass they must be the same. Fuse them apart.`,
      );
  return { program, sums, shape: over, dims, keepdim, count: numel(dims.map(d => over[d])) };
}

/** The arguments as sums take them: the first tensor in the whole shape, and nothing where no sum reads it. */
export function operandsOf({ reads }: Sums, inputs: readonly Input[], shape: readonly number[]): Input[] {
  let isFirst = true;
  return inputs.map((x, i) => {
    if (typeof x === 'number') return x;
    if (!reads.some(own => own.includes(i))) return 0;
    if (!isFirst) return x;
    isFirst = false;
    return sameShape(x.shape, shape) ? x : inShape(x, shape);
  });
}

export function broadcastOf(inputs: readonly Input[]): readonly number[] {
  let shape: readonly number[] | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x !== 'number') shape = shape === null ? x.shape : broadcastShapes('fuse', shape, x.shape);
  }
  return shape as readonly number[];
}
