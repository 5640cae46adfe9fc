import {
  type Arguments,
  Dense,
  Draw,
  infoOf,
  mapTensors,
  type OpInfo,
  type OpName,
} from '../../samples/index.js';
import type { Tensor } from '../../src/index.js';

/** The tensors in arrays and plain objects, in order. */
export function tensorsOf(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(value, t => found.push(t));
  return found;
}

export const isFloating = (t: Tensor): boolean => t.dtype === 'float32' || t.dtype === 'float64';

export function call(op: OpInfo['op'], args: Arguments): unknown {
  return (op as (...args: Arguments) => unknown)(...args);
}

/** An op as a function of the floating point tensors among its arguments, the rest being captured. */
export interface Bound {
  readonly inputs: readonly Tensor[];
  /** The tensors it returns. */
  readonly fn: (...inputs: Tensor[]) => Tensor[];
}

export function bind({ op, symmetric }: Pick<OpInfo, 'op' | 'symmetric'>, args: Arguments): Bound {
  // One tensor in two places is one input.
  const inputs = [...new Set(tensorsOf(args).filter(isFloating))];
  // Of a symmetric matrix this is the matrix itself, and of its changes the symmetric part.
  const through = (t: Tensor): Tensor =>
    symmetric === true ? (t.add(t.transpose(-1, -2)).mul(0.5) as Tensor) : t;
  return {
    inputs,
    fn: (...given) =>
      tensorsOf(
        call(
          op,
          mapTensors(args, t => (inputs.includes(t) ? through(given[inputs.indexOf(t)]) : t)) as Arguments,
        ),
      ),
  };
}

/** Ways of calling an op, as pairs of op and label. */
export function callsOf(name: OpName, withEdges = false): readonly string[] {
  const info = infoOf(name);
  return [...Object.keys(info.calls), ...(withEdges ? Object.keys(info.edges ?? {}) : [])];
}

export function argumentsOf(name: OpName, label: string, draw: Draw): Arguments {
  const info = infoOf(name);
  const make = info.calls[label] ?? info.edges?.[label];
  if (make === undefined) throw new Error(`${name} has no samples '${label}'`);
  return make(draw);
}

/** What a test compares: shape, dtype and elements. */
export interface Plain {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

export function plain(t: Tensor): Plain {
  return { shape: [...t.shape], dtype: t.dtype, data: Array.from(t.toTypedArray()) };
}

export function plainDense(x: Dense): Omit<Plain, 'dtype'> {
  return { shape: [...x.shape], data: [...x.data] };
}

/**
 * Null, or what is wrong: shapes that differ, a NaN or an infinity where the other is a number, or elements further apart than
 * `tolerance` times the larger of 1 and the largest finite element.
 */
export function difference(
  actual: { readonly shape: readonly number[]; readonly data: readonly number[] },
  expected: { readonly shape: readonly number[]; readonly data: readonly number[] },
  tolerance: number,
): string | null {
  if (actual.shape.join() !== expected.shape.join())
    return `shape [${actual.shape.join(', ')}], expected [${expected.shape.join(', ')}]`;
  if (actual.data.length !== expected.data.length)
    return `${actual.data.length} elements, expected ${expected.data.length}`;
  const scale = expected.data.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i], expected.data[i]];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= tolerance * scale)) return `element ${i} is ${a}, expected ${b}`;
  }
  return null;
}

/** The first thing that is wrong in a list of results. */
export function firstDifference(
  actual: readonly Pick<Plain, 'shape' | 'data'>[],
  expected: readonly Pick<Plain, 'shape' | 'data'>[],
  tolerance: number,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} results, expected ${expected.length}`;
  for (let i = 0; i < actual.length; i++) {
    const found = difference(actual[i], expected[i], tolerance);
    if (found !== null) return `result ${i}: ${found}`;
  }
  return null;
}

export { Dense, Draw };
