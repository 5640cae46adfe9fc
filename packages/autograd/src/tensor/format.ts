import { kernels, type TypedArray } from '@fluxion/kernels';
import type { Tensor } from './tensor.js';

/** Larger tensors are summarised by the first and last entries of each dim. */
const THRESHOLD = 1000;
const EDGE = 3;
const LINE = 80;
const DIGITS = 4;
const INDENT = 'tensor('.length;

/** The tensor as PyTorch prints it: aligned values, then dtype and gradFn where they say something. */
export function format(t: Tensor): string {
  const values = kernels().read(t);
  if (t.size === 0) return suffixed('tensor([]', [`shape=[${t.shape.join(', ')}]`, ...notesOf(t)]);
  const indices = t.shape.map(size => shown(size, values.length > THRESHOLD));
  const write = numberFormat(t, valuesShown(t, values, indices));
  return suffixed(`tensor(${body(t, values, write, indices)}`, notesOf(t));
}

/** What stands behind the values; on a line of its own where the last one is full. */
function suffixed(text: string, notes: readonly string[]): string {
  let result = text;
  // One longer than the line is: PyTorch counts so, and this way both break at the same place.
  let used = text.length - text.lastIndexOf('\n') + 1;
  for (const note of notes) {
    const fits = used + note.length + 2 <= LINE;
    result += fits ? `, ${note}` : `,\n${' '.repeat(INDENT)}${note}`;
    used = fits ? used + note.length + 2 : INDENT + note.length;
  }
  return `${result})`;
}

function notesOf(t: Tensor): string[] {
  const parts: string[] = [];
  if (t.dtype === 'float64' || t.dtype === 'int32') parts.push(`dtype=${t.dtype}`);
  if (t.size > THRESHOLD) parts.push(`shape=[${t.shape.join(', ')}]`);
  if (t.gradFn !== null) parts.push(`gradFn=${t.gradFn.op.name}`);
  else if (t.requiresGrad) parts.push('requiresGrad=true');
  return parts;
}

/** Indices of a dim that are shown; -1 stands for the gap. */
function shown(size: number, summarise: boolean): number[] {
  if (!summarise || size <= 2 * EDGE) return Array.from({ length: size }, (_, i) => i);
  return [0, 1, 2, -1, size - 3, size - 2, size - 1];
}

/** The values that will be printed: they alone decide on the format. */
function valuesShown(
  t: Tensor,
  values: TypedArray,
  indices: readonly (readonly number[])[],
): ArrayLike<number> {
  if (values.length <= THRESHOLD) return values;
  let offsets = [0];
  t.shape.forEach((size, dim) => {
    offsets = offsets.flatMap(at => indices[dim].filter(i => i >= 0).map(i => at * size + i));
  });
  return offsets.map(at => values[at]);
}

function body(
  t: Tensor,
  values: TypedArray,
  write: (v: number) => string,
  indices: readonly (readonly number[])[],
): string {
  const { shape } = t;
  const build = (dim: number, offset: number, depth: number): string => {
    if (dim === shape.length) return write(values[offset]);
    let step = 1;
    for (let i = dim + 1; i < shape.length; i++) step *= shape[i];
    const last = dim === shape.length - 1;
    const gap = last ? ' ...' : '...';
    const entries = indices[dim].map(i => (i < 0 ? gap : build(dim + 1, offset + i * step, depth + 1)));
    const pad = ' '.repeat(depth + 1);
    if (last) return `[${wrap(entries, pad)}]`;
    // Matrices are separated by an empty line, and so on outwards, as PyTorch does.
    return `[${entries.join(`,${'\n'.repeat(shape.length - 1 - dim)}${pad}`)}]`;
  };
  return build(0, 0, INDENT);
}

function wrap(entries: readonly string[], pad: string): string {
  const width = (entries[0]?.length ?? 1) + 2;
  const perLine = Math.max(Math.floor((LINE - pad.length + 1) / width), 1);
  const lines: string[] = [];
  for (let i = 0; i < entries.length; i += perLine) lines.push(entries.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${pad}`);
}

/** One format for all values, so that columns align. */
function numberFormat(t: Tensor, values: ArrayLike<number>): (v: number) => string {
  let write: (v: number) => string;
  const counted: number[] = [];
  if (t.dtype === 'bool' || t.dtype === 'int32') {
    write = t.dtype === 'int32' ? String : v => (v !== 0 ? 'true' : 'false');
    counted.push(...Array.from(values));
  } else {
    let largest = 0;
    let smallest = Number.POSITIVE_INFINITY;
    let whole = true;
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      if (!Number.isFinite(v) || v === 0) continue;
      counted.push(v);
      largest = Math.max(largest, Math.abs(v));
      smallest = Math.min(smallest, Math.abs(v));
      if (!Number.isInteger(v)) whole = false;
    }
    const scientific = largest / smallest > 1e3 || largest > 1e8 || (!whole && smallest < 1e-4);
    write = v => {
      if (Number.isNaN(v)) return 'nan';
      if (!Number.isFinite(v)) return v > 0 ? 'inf' : '-inf';
      if (scientific) return exponential(v);
      const sign = Object.is(v, -0) ? '-' : '';
      return sign + (whole ? `${v}.` : v.toFixed(DIGITS));
    };
  }
  if (t.ndim === 0) return write;
  // Zeros and what is not finite do not count: that is how PyTorch aligns.
  let width = 0;
  for (const v of counted) width = Math.max(width, write(v).length);
  return v => write(v).padStart(width);
}

/** With an exponent of two digits or more: 1.0000e-05. */
function exponential(v: number): string {
  const text = v.toExponential(DIGITS).replace(/e([+-])(\d)$/, 'e$10$2');
  return Object.is(v, -0) ? `-${text}` : text;
}
