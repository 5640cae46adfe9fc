import * as ag from '../src/index.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import { build, type Dense } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

type PerDim = number | readonly number[];

const each = (value: PerDim | null | undefined, dims: number, fallback: PerDim): number[] =>
  Array.from({ length: dims }, (_, d) => {
    const list = value ?? fallback;
    return typeof list === 'object' ? (list[d] ?? list[0]) : list;
  });

interface Options {
  readonly stride?: PerDim | null;
  readonly padding?: PerDim;
  readonly dilation?: PerDim;
  readonly ceilMode?: boolean;
}

/** Positions that window i of a dim reads, those in the padding included; null for what lies beyond the padding. */
function windowsOf(
  size: number,
  k: number,
  s: number,
  p: number,
  dilation: number,
  ceil: boolean,
): number[][] {
  const span = (size + 2 * p - dilation * (k - 1) - 1) / s;
  let count = (ceil ? Math.ceil(span) : Math.floor(span)) + 1;
  if (ceil && (count - 1) * s >= size + p) count--;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: k }, (_, j) => i * s - p + j * dilation).filter(at => at < size + p),
  );
}

function poolWindows(x: Dense, dims: number, kernel: PerDim, o: Options): number[][][] {
  const k = each(kernel, dims, 1);
  const s = each(o.stride, dims, kernel);
  const p = each(o.padding, dims, 0);
  const dilation = each(o.dilation, dims, 1);
  return k.map((_, d) =>
    windowsOf(x.shape[x.shape.length - dims + d], k[d], s[d], p[d], dilation[d], o.ceilMode ?? false),
  );
}

/** All combinations of one entry from each list, the last changing fastest. */
function product(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>((all, list) => all.flatMap(head => list.map(i => [...head, i])), [[]]);
}

/** A value from the elements of each window: their positions (those in the padding too) and what x holds there. */
function pool(
  x: Dense,
  windows: number[][][],
  fn: (values: readonly number[], counted: number, flat: readonly number[]) => number,
): Dense {
  const dims = windows.length;
  const lead = x.shape.length - dims;
  const sizes = x.shape.slice(lead);
  return build([...x.shape.slice(0, lead), ...windows.map(w => w.length)], index => {
    const all = product(windows.map((w, d) => w[index[lead + d]]));
    const inside = all.filter(at => at.every((i, d) => i >= 0 && i < sizes[d]));
    const flat = inside.map(at => at.reduce((sum, i, d) => sum * sizes[d] + i, 0));
    return fn(
      inside.map(at => x.at([...index.slice(0, lead), ...at])),
      all.length,
      flat,
    );
  });
}

const largest = (values: readonly number[]): number => Math.max(...values);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Values, or values and indices, of a max pool. */
function maxima(x: Dense, windows: number[][][], both: boolean | undefined): Dense | Dense[] {
  const values = pool(x, windows, largest);
  if (both !== true) return values;
  return [values, pool(x, windows, (list, _, flat) => flat[list.indexOf(largest(list))])];
}

const maxPool =
  (dims: number) =>
  (x: Dense, kernel: PerDim, o: ag.MaxPoolOptions = {}): Dense | Dense[] =>
    maxima(x, poolWindows(x, dims, kernel, o), o.returnIndices);

const avgPool =
  (dims: number) =>
  (x: Dense, kernel: PerDim, o: ag.AvgPoolOptions = {}): Dense =>
    pool(x, poolWindows(x, dims, kernel, o), (values, counted) => {
      const elements = o.countIncludePad === false ? values.length : counted;
      return sum(values) / (o.divisorOverride ?? elements);
    });

const lpPool =
  (dims: number) =>
  (x: Dense, p: number, kernel: PerDim, o: ag.LpPoolOptions = {}): Dense =>
    pool(x, poolWindows(x, dims, kernel, o), (values, counted) => {
      const size = each(kernel, dims, 1).reduce((a, b) => a * b, 1);
      return ((sum(values.map(v => v ** p)) / counted) * size) ** (1 / p);
    });

function adaptive(x: Dense, dims: number, size: ag.AdaptiveSize): number[][][] {
  return Array.from({ length: dims }, (_, d) => {
    const n = x.shape[x.shape.length - dims + d];
    const count = (typeof size === 'number' ? size : size[d]) ?? n;
    return Array.from({ length: count }, (_, i) => {
      const start = Math.floor((i * n) / count);
      return Array.from({ length: Math.ceil(((i + 1) * n) / count) - start }, (_, j) => start + j);
    });
  });
}

const adaptiveAvg =
  (dims: number) =>
  (x: Dense, size: ag.AdaptiveSize): Dense =>
    pool(x, adaptive(x, dims, size), values => sum(values) / values.length);

const adaptiveMax =
  (dims: number) =>
  (x: Dense, size: ag.AdaptiveSize, o: ag.AdaptiveMaxPoolOptions = {}): Dense | Dense[] =>
    maxima(x, adaptive(x, dims, size), o.returnIndices);

function unpool(x: Dense, indices: Dense, kernel: PerDim, o: ag.MaxUnpoolOptions = {}): Dense {
  const k = each(kernel, 2, 1);
  const s = each(o.stride, 2, kernel);
  const p = each(o.padding, 2, 0);
  const [h, w] = x.shape.slice(-2);
  const sizes = o.outputSize?.slice(-2) ?? [
    (h - 1) * s[0] - 2 * p[0] + k[0],
    (w - 1) * s[1] - 2 * p[1] + k[1],
  ];
  const lead = x.shape.slice(0, -2);
  return build([...lead, ...sizes], index => {
    const at = index[lead.length] * sizes[1] + index[lead.length + 1];
    let value = 0;
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) {
        const from = [...index.slice(0, lead.length), i, j];
        if (indices.at(from) === at) value = x.at(from);
      }
    return value;
  });
}

type Loose = (x: ag.Tensor, ...args: readonly unknown[]) => unknown;

const shapes = [[], [2, 5], [2, 5, 5], [2, 5, 5, 5]] as const;

function inputErrors(name: string, fn: unknown, dims: number, ...rest: readonly unknown[]): ErrorCase[] {
  const op = fn as Loose;
  return [
    {
      label: 'whole numbers',
      call: () => op(zeros(shapes[dims], { dtype: 'int32' }) as ag.Tensor, ...rest),
      error: DTypeError,
      message: new RegExp(`^${name}: expected a float32 or float64 input, got int32`),
    },
    {
      label: 'other dims',
      call: () => op(zeros([5]) as ag.Tensor, ...rest),
      error: ShapeError,
      message: new RegExp(`^${name}: expected an input of shape \\[N, C, .*\\] or \\[C, .*\\], got \\[5\\]`),
    },
    {
      label: 'no elements in a plane',
      call: () => op(zeros([2, 0, 5, 5].slice(0, dims + 1)) as ag.Tensor, ...rest),
      error: ShapeError,
      message: new RegExp(`^${name}: the spatial sizes of an input of shape \\[2, 0.*\\] must be at least 1`),
    },
  ];
}

function windowErrors(name: string, fn: unknown, dims: number, ...before: readonly unknown[]): ErrorCase[] {
  const op = fn as Loose;
  const x = (): ag.Tensor => zeros(shapes[dims]) as ag.Tensor;
  const list = (n: number): string => new Array<number>(dims).fill(n).join(', ');
  const head = (text: string): RegExp => new RegExp(`^${name}: ${text}`);
  return [
    ...inputErrors(name, fn, dims, ...before, 2),
    {
      label: 'a kernel larger than the input',
      call: () => op(x(), ...before, 6),
      error: ShapeError,
      message: head(
        `a kernel of \\[${list(6)}\\] with dilation \\[${list(1)}\\] reaches over \\[${list(6)}\\] elements, .* only \\[${list(5)}\\]`,
      ),
    },
    {
      label: 'kernel 0',
      call: () => op(x(), ...before, 0),
      error: ArgumentError,
      message: head('kernelSize is 0; expected whole numbers from 1'),
    },
    {
      label: 'stride 0',
      call: () => op(x(), ...before, 2, { stride: 0 }),
      error: ArgumentError,
      message: head('stride is 0; expected whole numbers from 1'),
    },
    {
      label: 'kernel of other dims',
      call: () => op(x(), ...before, [2, 2, 2, 2]),
      error: ArgumentError,
      message: head(`kernelSize is \\[2, 2, 2, 2\\]; expected one number, or ${dims} of them`),
    },
  ];
}

function paddedErrors(name: string, fn: unknown, dims: number): ErrorCase[] {
  const op = fn as Loose;
  const list = (n: number): string => new Array<number>(dims).fill(n).join(', ');
  return [
    ...windowErrors(name, fn, dims),
    {
      label: 'padding of more than half the kernel',
      call: () => op(zeros(shapes[dims]) as ag.Tensor, 3, { padding: 2 }),
      error: ArgumentError,
      message: new RegExp(
        `^${name}: padding \\[${list(2)}\\] is more than half of the kernel \\[${list(3)}\\]`,
      ),
    },
    {
      label: 'negative padding',
      call: () => op(zeros(shapes[dims]) as ag.Tensor, 3, { padding: -1 }),
      error: ArgumentError,
      message: new RegExp(`^${name}: padding is -1; expected whole numbers from 0`),
    },
  ];
}

function maxErrors(name: string, fn: unknown, dims: number): ErrorCase[] {
  const op = fn as Loose;
  return [
    ...paddedErrors(name, fn, dims),
    {
      label: 'a window without elements',
      call: () =>
        op(zeros([1, 1, 1, 1, 1].slice(0, dims + 1)) as ag.Tensor, 3, {
          padding: 1,
          dilation: 2,
          stride: 3,
          ceilMode: true,
        }),
      error: ShapeError,
      message: new RegExp(`^${name}: window 0 of spatial dim 0 holds no element of an input of shape \\[1`),
    },
  ];
}

function avgErrors(name: string, fn: unknown, dims: number): ErrorCase[] {
  return [
    ...paddedErrors(name, fn, dims),
    {
      label: 'divisor 0',
      call: () => (fn as Loose)(zeros(shapes[dims]) as ag.Tensor, 2, { divisorOverride: 0 }),
      error: ArgumentError,
      message: new RegExp(`^${name}: divisorOverride is 0; expected a number other than 0`),
    },
  ];
}

function lpErrors(name: string, fn: unknown, dims: number): ErrorCase[] {
  return [
    ...windowErrors(name, fn, dims, 2),
    {
      label: 'norm 0',
      call: () => (fn as Loose)(zeros(shapes[dims]) as ag.Tensor, 0, 2),
      error: ArgumentError,
      message: new RegExp(`^${name}: normType is 0; expected a finite number other than 0`),
    },
  ];
}

function adaptiveErrors(name: string, fn: unknown, dims: number): ErrorCase[] {
  const op = fn as Loose;
  return [
    ...inputErrors(name, fn, dims, 2),
    {
      label: 'half a size',
      call: () => op(zeros(shapes[dims]) as ag.Tensor, 1.5),
      error: ArgumentError,
      message: new RegExp(`^${name}: outputSize is .*1\\.5.*; expected whole numbers from 0`),
    },
    {
      label: 'sizes of other dims',
      call: () => op(zeros(shapes[dims]) as ag.Tensor, [1, 2, 3, 4]),
      error: ArgumentError,
      message: new RegExp(
        `^${name}: outputSize is \\[1, 2, 3, 4\\]; expected one number, or ${dims} of them`,
      ),
    },
  ];
}

export const poolingSamples = {
  maxPool1d: {
    op: ag.maxPool1d,
    calls: {
      plain: d => [d.distinct([2, 2, 5]), 2],
      'all options, with indices': d => [
        d.distinct([1, 2, 7]),
        3,
        { stride: 2, padding: 1, dilation: 2, ceilMode: true, returnIndices: true },
      ],
      'without batch, overlapping': d => [d.distinct([1, 5]), [3], { stride: 1 }],
      'empty batch': d => [d.distinct([0, 2, 4]), 2, { returnIndices: true }],
    },
    edges: {
      'equals: the first': d => [d.of([1, 1, 0, 2, 2, 2], [1, 6]), 3, { returnIndices: true }],
      'nothing but -Infinity': d => [d.of([-Infinity, -Infinity], [1, 2]), 2, { returnIndices: true }],
    },
    naive: maxPool(1),
    errors: maxErrors('maxPool1d', ag.maxPool1d, 1),
  },
  maxPool2d: {
    op: ag.maxPool2d,
    calls: {
      plain: d => [d.distinct([2, 1, 4, 4]), 2],
      'stride, padding and dilation': d => [
        d.distinct([1, 2, 5, 6]),
        [3, 2],
        { stride: [2, 1], padding: [1, 0], dilation: [1, 2], returnIndices: true },
      ],
      'ceil mode': d => [d.distinct([2, 5, 4]), 3, { stride: 2, padding: 1, ceilMode: true }],
      transposed: d => [d.distinct([4, 5, 1]).transpose(0, 2), 2, { stride: 1 }],
      'empty batch': d => [d.distinct([0, 2, 4, 4]), 2],
    },
    edges: {
      'equals: the first in C order': d => [d.of([0, 3, 3, 3], [1, 2, 2]), 2, { returnIndices: true }],
    },
    naive: maxPool(2),
    errors: maxErrors('maxPool2d', ag.maxPool2d, 2),
  },
  maxPool3d: {
    op: ag.maxPool3d,
    calls: {
      plain: d => [d.distinct([1, 1, 2, 4, 2]), 2],
      'all options': d => [
        d.distinct([1, 3, 4, 3]),
        [2, 3, 2],
        { stride: [1, 2, 1], padding: [1, 1, 0], dilation: [1, 1, 2], ceilMode: true, returnIndices: true },
      ],
      'empty batch': d => [d.distinct([0, 1, 2, 2, 2]), 2],
    },
    naive: maxPool(3),
    errors: maxErrors('maxPool3d', ag.maxPool3d, 3),
  },
  avgPool1d: {
    op: ag.avgPool1d,
    calls: {
      plain: d => [d.tensor([2, 2, 5]), 2],
      'padding counts': d => [d.tensor([1, 2, 6]), 3, { stride: 2, padding: 1, ceilMode: true }],
      'padding does not count': d => [d.tensor([2, 6]), 3, { stride: 1, padding: 1, countIncludePad: false }],
      'empty batch': d => [d.tensor([0, 2, 4]), 2],
    },
    naive: avgPool(1),
    errors: avgErrors('avgPool1d', ag.avgPool1d, 1),
  },
  avgPool2d: {
    op: ag.avgPool2d,
    calls: {
      plain: d => [d.tensor([1, 2, 4, 5]), 2],
      'padding counts, but not beyond it': d => [
        d.tensor([1, 1, 5, 4]),
        [3, 4],
        { stride: 2, padding: [1, 2], ceilMode: true },
      ],
      'padding does not count': d => [
        d.tensor([2, 4, 4]),
        3,
        { stride: [1, 2], padding: 1, countIncludePad: false },
      ],
      'another divisor': d => [d.tensor([1, 1, 4, 4]), 2, { divisorOverride: -3, stride: null }],
      'empty batch': d => [d.tensor([0, 2, 4, 4]), 2],
    },
    naive: avgPool(2),
    errors: avgErrors('avgPool2d', ag.avgPool2d, 2),
  },
  avgPool3d: {
    op: ag.avgPool3d,
    calls: {
      plain: d => [d.tensor([1, 1, 2, 4, 3]), 2],
      'all options': d => [
        d.tensor([1, 3, 3, 4]),
        [2, 2, 3],
        { stride: [1, 2, 2], padding: 1, ceilMode: true, countIncludePad: false },
      ],
      'empty batch': d => [d.tensor([0, 1, 2, 2, 2]), 2],
    },
    naive: avgPool(3),
    errors: avgErrors('avgPool3d', ag.avgPool3d, 3),
  },
  lpPool1d: {
    op: ag.lpPool1d,
    calls: {
      squares: d => [d.tensor([2, 2, 5], { avoid: [0] }), 2, 2],
      'any norm, ceil mode': d => [
        d.tensor([1, 6], { min: 0.5, max: 2 }),
        2.5,
        3,
        { stride: 2, ceilMode: true },
      ],
      'empty batch': d => [d.tensor([0, 2, 4]), 2, 2],
    },
    naive: lpPool(1),
    errors: lpErrors('lpPool1d', ag.lpPool1d, 1),
  },
  lpPool2d: {
    op: ag.lpPool2d,
    calls: {
      squares: d => [d.tensor([1, 1, 4, 4], { avoid: [0] }), 2, 2],
      'any norm, ceil mode': d => [
        d.tensor([1, 5, 4], { min: 0.5, max: 2 }),
        3,
        [2, 3],
        { stride: [2, 1], ceilMode: true },
      ],
      'empty batch': d => [d.tensor([0, 2, 4, 4]), 2, 2],
    },
    naive: lpPool(2),
    errors: lpErrors('lpPool2d', ag.lpPool2d, 2),
  },
  adaptiveAvgPool1d: {
    op: ag.adaptiveAvgPool1d,
    calls: {
      smaller: d => [d.tensor([2, 2, 5]), 3],
      larger: d => [d.tensor([1, 3]), [5]],
      'empty batch': d => [d.tensor([0, 2, 4]), 2],
      'no windows': d => [d.tensor([1, 2, 4]), 0],
    },
    naive: adaptiveAvg(1),
    errors: adaptiveErrors('adaptiveAvgPool1d', ag.adaptiveAvgPool1d, 1),
  },
  adaptiveAvgPool2d: {
    op: ag.adaptiveAvgPool2d,
    calls: {
      'one mean': d => [d.tensor([2, 2, 3, 4]), 1],
      'one size kept': d => [d.tensor([2, 5, 3]), [3, null]],
      'empty batch': d => [d.tensor([0, 2, 4, 4]), [2, 3]],
    },
    naive: adaptiveAvg(2),
    errors: adaptiveErrors('adaptiveAvgPool2d', ag.adaptiveAvgPool2d, 2),
  },
  adaptiveAvgPool3d: {
    op: ag.adaptiveAvgPool3d,
    calls: {
      smaller: d => [d.tensor([1, 1, 3, 4, 2]), [2, 3, 1]],
      'empty batch': d => [d.tensor([0, 1, 2, 2, 2]), 1],
    },
    naive: adaptiveAvg(3),
    errors: adaptiveErrors('adaptiveAvgPool3d', ag.adaptiveAvgPool3d, 3),
  },
  adaptiveMaxPool1d: {
    op: ag.adaptiveMaxPool1d,
    calls: {
      smaller: d => [d.distinct([2, 2, 5]), 3],
      'larger, with indices': d => [d.distinct([1, 3]), [5], { returnIndices: true }],
      'empty batch': d => [d.distinct([0, 2, 4]), 2],
    },
    naive: adaptiveMax(1),
    errors: adaptiveErrors('adaptiveMaxPool1d', ag.adaptiveMaxPool1d, 1),
  },
  adaptiveMaxPool2d: {
    op: ag.adaptiveMaxPool2d,
    calls: {
      'one maximum': d => [d.distinct([2, 2, 3, 4]), 1],
      'one size kept, with indices': d => [d.distinct([2, 5, 3]), [3, null], { returnIndices: true }],
      'empty batch': d => [d.distinct([0, 2, 4, 4]), [2, 3]],
    },
    naive: adaptiveMax(2),
    errors: adaptiveErrors('adaptiveMaxPool2d', ag.adaptiveMaxPool2d, 2),
  },
  adaptiveMaxPool3d: {
    op: ag.adaptiveMaxPool3d,
    calls: {
      smaller: d => [d.distinct([1, 1, 3, 4, 2]), [2, 3, 1], { returnIndices: true }],
      'empty batch': d => [d.distinct([0, 1, 2, 2, 2]), 1],
    },
    naive: adaptiveMax(3),
    errors: adaptiveErrors('adaptiveMaxPool3d', ag.adaptiveMaxPool3d, 3),
  },
  maxUnpool2d: {
    op: ag.maxUnpool2d,
    calls: {
      'what maxPool2d found': d => {
        const found = ag.maxPool2d(d.distinct([2, 1, 4, 4]), 2, { returnIndices: true });
        return [d.tensor([2, 1, 2, 2]), found.indices, 2];
      },
      'indices that are equal: the last': d => [
        d.tensor([1, 2, 2]),
        d.ints([1, 2, 2], 0, 2),
        2,
        { stride: 1 },
      ],
      'a size of its own': d => [
        d.tensor([1, 2, 2]),
        d.ints([1, 2, 2], 0, 19),
        [2, 3],
        { stride: 2, padding: [0, 1], outputSize: [1, 5, 4] },
      ],
      'empty batch': d => [d.tensor([0, 1, 2, 2]), d.ints([0, 1, 2, 2], 0, 1), 2],
    },
    naive: unpool,
    errors: [
      ...inputErrors('maxUnpool2d', ag.maxUnpool2d, 2, zeros([2, 5, 5], { dtype: 'int32' }), 2),
      {
        label: 'an index outside',
        call: () => ag.maxUnpool2d(zeros([1, 1, 2]), tensor([[[0, 8]]], { dtype: 'int32' }), 2),
        error: IndexError,
        message:
          /^maxUnpool2d: index 8 \(position 1 of indices of shape \[1, 1, 2\]\) is outside the output: expected 0 to 7 for the sizes \[2, 4\]/,
      },
      {
        label: 'indices of another shape',
        call: () => ag.maxUnpool2d(zeros([1, 1, 2]), zeros([1, 2, 1], { dtype: 'int32' }), 2),
        error: ShapeError,
        message: /^maxUnpool2d: the input has shape \[1, 1, 2\], the indices have \[1, 2, 1\]/,
      },
      {
        label: 'float indices',
        call: () => ag.maxUnpool2d(zeros([1, 1, 2]), zeros([1, 1, 2]), 2),
        error: DTypeError,
        message: /^maxUnpool2d: expected int32 indices, got float32\. Take them from maxPool2d/,
      },
      {
        label: 'a size that no pool has',
        call: () =>
          ag.maxUnpool2d(zeros([1, 1, 2]), zeros([1, 1, 2], { dtype: 'int32' }), 2, { outputSize: [2, 6] }),
        error: ShapeError,
        message:
          /^maxUnpool2d: outputSize is \[2, 6\]; expected sizes less than the stride \[2, 2\] away from \[2, 4\]/,
      },
      {
        label: 'nothing left',
        call: () => ag.maxUnpool2d(zeros([1, 1, 1]), zeros([1, 1, 1], { dtype: 'int32' }), 2, { padding: 1 }),
        error: ShapeError,
        message: /^maxUnpool2d: .*would give the sizes \[0, 0\]; they must be at least 1/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
