import { kernels, type TypedArray } from '@fluxion/kernels';
import type { Tensor } from './tensor.js';

/** Larger tensors are summarised by the first and last entries of each dim. */
const THRESHOLD = 1000;
const EDGE = 3;
const LINE = 80;
const DIGITS = 4;

/** The tensor as PyTorch prints it: aligned values, then dtype and gradFn where they say something. */
export function format(t: Tensor): string {
  const values = kernels().read(t);
  const write = numberFormat(t, values);
  const indent = 'tensor('.length;
  const suffix = suffixOf(t);
  if (t.size === 0) return `tensor([], shape=[${t.shape.join(', ')}]${suffix})`;
  return `tensor(${body(t, values, write, indent)}${suffix})`;
}

function suffixOf(t: Tensor): string {
  const parts: string[] = [];
  if (t.dtype === 'float64' || t.dtype === 'int32') parts.push(`dtype=${t.dtype}`);
  if (t.size > THRESHOLD) parts.push(`shape=[${t.shape.join(', ')}]`);
  if (t.gradFn !== null) parts.push(`gradFn=${t.gradFn.op.name}`);
  else if (t.requiresGrad) parts.push('requiresGrad=true');
  return parts.map(p => `, ${p}`).join('');
}

/** Indices of a dim that are shown; -1 stands for the gap. */
function shown(size: number, summarise: boolean): number[] {
  if (!summarise || size <= 2 * EDGE) return Array.from({ length: size }, (_, i) => i);
  return [0, 1, 2, -1, size - 3, size - 2, size - 1];
}

function body(t: Tensor, values: TypedArray, write: (v: number) => string, indent: number): string {
  const { shape } = t;
  const summarise = values.length > THRESHOLD;
  const build = (dim: number, offset: number, depth: number): string => {
    if (dim === shape.length) return write(values[offset]);
    let step = 1;
    for (let i = dim + 1; i < shape.length; i++) step *= shape[i];
    const entries = shown(shape[dim], summarise).map(i => (i < 0 ? '...' : build(dim + 1, offset + i * step, depth + 1)));
    const pad = ' '.repeat(depth + 1);
    if (dim === shape.length - 1) return `[${wrap(entries, pad)}]`;
    // Matrices are separated by an empty line, and so on outwards, as PyTorch does.
    return `[${entries.join(`,${'\n'.repeat(shape.length - 1 - dim)}${pad}`)}]`;
  };
  return build(0, 0, indent);
}

function wrap(entries: readonly string[], pad: string): string {
  const width = (entries[0]?.length ?? 1) + 2;
  const perLine = Math.max(Math.floor((LINE - pad.length) / width), 1);
  const lines: string[] = [];
  for (let i = 0; i < entries.length; i += perLine) lines.push(entries.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${pad}`);
}

/** One format for all values, so that columns align. */
function numberFormat(t: Tensor, values: TypedArray): (v: number) => string {
  let write: (v: number) => string;
  if (t.dtype === 'bool') write = v => (v !== 0 ? 'true' : 'false');
  else if (t.dtype === 'int32') write = String;
  else {
    let largest = 0;
    let smallest = Number.POSITIVE_INFINITY;
    let whole = true;
    for (const v of values) {
      if (!Number.isFinite(v)) continue;
      const a = Math.abs(v);
      largest = Math.max(largest, a);
      if (a > 0) smallest = Math.min(smallest, a);
      if (!Number.isInteger(v)) whole = false;
    }
    const scientific = largest >= 1e8 || (largest > 0 && !whole && (smallest < 1e-4 || largest / smallest > 1e3));
    write = v => {
      if (Number.isNaN(v)) return 'nan';
      if (!Number.isFinite(v)) return v > 0 ? 'inf' : '-inf';
      if (scientific) return v.toExponential(DIGITS);
      return whole ? `${v}.` : v.toFixed(DIGITS);
    };
  }
  if (t.ndim === 0) return write;
  let width = 0;
  for (const v of values) width = Math.max(width, write(v).length);
  return v => write(v).padStart(width);
}
