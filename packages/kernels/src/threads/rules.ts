import { InputKind } from '../wasm/expression/frame.js';
import type { ExpressionShape } from '../wasm/runtime.js';

type Args = readonly number[];

/**
 * How calls of a compiled function are divided: into parts of rows, columns, planes or elements, each a call of the same function. No part computes another
 * sum than the whole call does, or in another order; so results are the same to the last bit, whatever the number of threads.
 */
export interface Rule {
  /** How many there are of what is divided. */
  total(args: Args): number;
  /** Parts begin at multiples of this. */
  unit(args: Args): number;
  /** What the call takes on one thread, in nanoseconds: a rough figure, which only decides whether dividing it pays. */
  work(args: Args): number;
  /** Every part repeats some of the work, so there should be no more of them than threads. */
  readonly repeats?: boolean;
  /** The arguments for `count` of them, from number `from` on. */
  part(args: Args, from: number, count: number): number[];
}

/** Nanoseconds for an element, or a step of the inner loop. */
const cost = {
  cheap: 0.25,
  dear: 1.5,
  pow: 6,
  multiply: 0.05,
  reduce: 0.4,
  copy: 0.4,
  window: 1,
  random: 5,
  move: 2,
};

const one = (): number => 1;

/** f(n, a, out) */
function unary(bytes: number, each: number): Rule {
  return {
    total: a => a[0],
    unit: () => 16,
    work: a => a[0] * each,
    part: (a, from, count) => [count, a[1] + from * bytes, a[2] + from * bytes],
  };
}

/** f(rows, length, ...(address, row, inner of each operand), out): rows in elements, inner 1 or 0. */
function rowsOf(inBytes: readonly number[], outBytes: number, each: number): Rule {
  const byRows = (a: Args): boolean => a[0] > 1;
  return {
    total: a => (byRows(a) ? a[0] : a[1]),
    unit: a => (byRows(a) ? 1 : 16),
    work: a => a[0] * a[1] * each,
    part(a, from, count) {
      const part = [...a];
      const rows = byRows(a);
      part[rows ? 0 : 1] = count;
      inBytes.forEach((bytes, k) => {
        const at = 2 + 3 * k;
        part[at] += from * bytes * (rows ? a[at + 1] : a[at + 2]);
      });
      part[2 + 3 * inBytes.length] += from * outBytes * (rows ? a[1] : 1);
      return part;
    },
  };
}

/** f(...before, to, toRow, toColumn, from, fromRow, fromColumn, rows, columns) */
function copy(before: number): Rule {
  const rows = before + 6;
  const byRows = (a: Args): boolean => a[rows] > 1;
  return {
    total: a => (byRows(a) ? a[rows] : a[rows + 1]),
    unit: a => (byRows(a) ? 1 : 64),
    work: a => a[rows] * a[rows + 1] * cost.copy,
    part(a, from, count) {
      const part = [...a];
      const step = byRows(a) ? 1 : 2;
      part[before] += from * a[before + step];
      part[before + 3] += from * a[before + 3 + step];
      part[byRows(a) ? rows : rows + 1] = count;
      return part;
    },
  };
}

/** f(to, bytes) */
const zero: Rule = {
  total: a => a[1],
  unit: () => 4096,
  work: a => a[1] * 0.05,
  part: (a, from, count) => [a[0] + from, count],
};

/** f(op, count, a, row, n, stride, to, toStride, ...): `count` outputs. */
const reduce: Rule = {
  total: a => a[1],
  // Eight columns are summed at a time, in another order than those that are left.
  unit: () => 8,
  work: a => a[1] * a[4] * cost.reduce,
  part(a, from, count) {
    const part = [...a];
    part[1] = count;
    part[2] += from * a[3];
    part[6] += from * a[7];
    return part;
  },
};

/** f(code, before, size, after, reverse, from, to, where): where is 0 if nobody wants it. */
const scan = (bytes: number): Rule => ({
  total: a => a[1],
  unit: one,
  work: a => a[1] * a[2] * a[3] * cost.dear,
  part(a, from, count) {
    const part = [...a];
    const elements = from * a[2] * a[3];
    part[1] = count;
    part[5] += elements * bytes;
    part[6] += elements * bytes;
    if (a[7] !== 0) part[7] += elements * 4;
    return part;
  },
});

/** f(before, size, after, reverse, lag, factors, terms, to) */
const recurrence = (bytes: number): Rule => ({
  total: a => a[0],
  unit: one,
  work: a => a[0] * a[1] * a[2] * cost.dear,
  part(a, from, count) {
    const part = [...a];
    const offset = from * a[1] * a[2] * bytes;
    part[0] = count;
    for (let i = 5; i < 8; i++) part[i] += offset;
    return part;
  },
});

/** f(to, toRow, a, aRow, along, index, indexStride, count, bytes, outer, toOuter, aOuter, indexOuter) */
const gather: Rule = {
  total: a => (a[9] > 1 ? a[9] : a[7]),
  unit: a => (a[9] > 1 ? 1 : 16),
  work: a => a[9] * a[7] * (cost.move + a[8] * 0.1),
  part(a, from, count) {
    const part = [...a];
    const [number, to, source, index] = a[9] > 1 ? [9, 10, 11, 12] : [7, 1, 3, 6];
    part[number] = count;
    part[0] += from * a[to];
    part[2] += from * a[source];
    part[5] += from * a[index];
    return part;
  },
};

/**
 * f(...before, to, toRow, along, from, fromRow, index, indexStride, count, row, outer, toOuter, fromOuter, indexOuter). Two indices may mean the same
 * place, and then the order counts; but not where they were moved on along another dim than the one that is indexed.
 */
const scatter = (before: number, each: number): Rule => ({
  total: a => (a[before + 10] === 0 ? 1 : a[before + 9]),
  unit: one,
  work: a => a[before + 9] * a[before + 7] * (cost.move + a[before + 8] * each),
  part(a, from, count) {
    const part = [...a];
    part[before] += from * a[before + 10];
    part[before + 3] += from * a[before + 11];
    part[before + 5] += from * a[before + 12];
    part[before + 9] = count;
    return part;
  },
});

/** f(a, planes, depth, height, width, tables, out, indices); the tables begin with the number of windows along each dim. */
const maxPool = (bytes: number, words: () => Int32Array): Rule => ({
  total: a => a[1],
  unit: one,
  work: a => a[1] * a[2] * a[3] * a[4] * cost.window,
  part(a, from, count) {
    const [, , depth, height, width, tables] = a;
    const [d, h, w] = words().subarray(tables / 4, tables / 4 + 3);
    const part = [...a];
    part[0] += from * depth * height * width * bytes;
    part[1] = count;
    part[6] += from * d * h * w * bytes;
    part[7] += from * d * h * w * 4;
    return part;
  },
});

/** f(out, x, outer, rows, columns, inner, ...) */
const sparseAlong = (bytes: number): Rule => ({
  total: a => a[2],
  unit: one,
  work: a => a[2] * (a[3] + a[4]) * a[5] * cost.window,
  part(a, from, count) {
    const part = [...a];
    part[0] += from * a[3] * a[5] * bytes;
    part[1] += from * a[4] * a[5] * bytes;
    part[2] = count;
    return part;
  },
});

/** f(kind, key0, key1, counter, to, count) */
const random = (bytes: number): Rule => ({
  total: a => a[5],
  unit: () => 16,
  work: a => a[5] * cost.random,
  part: (a, from, count) => [a[0], a[1], a[2], a[3] + from, a[4] + from * bytes, count],
});

/** f(m, k, a, aRow, x, c, cStride) */
const gemv: Rule = {
  total: a => a[0],
  // Two rows at a time.
  unit: () => 16,
  work: a => a[0] * a[1] * cost.cheap,
  part(a, from, count) {
    const part = [...a];
    part[0] = count;
    part[2] += from * a[3];
    part[5] += from * a[6];
    return part;
  },
};

/** f(n, k, x, xStride, b, bRow, c, cStride, tile) */
const gevm = (bytes: number): Rule => ({
  total: a => a[0],
  unit: () => 32,
  work: a => a[0] * a[1] * cost.cheap,
  part(a, from, count) {
    const part = [...a];
    part[0] = count;
    part[4] += from * bytes;
    part[6] += from * a[7];
    return part;
  },
});

/**
 * f(m, n, k, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, flags, scratch): by rows, which packs B once for each thread, or where there are
 * few by columns, which packs A as often. 12 rows are whole tiles of either build, 32 columns are whole panels.
 */
const gemm = (bytes: number): Rule => {
  const byRows = (a: Args): boolean => a[0] >= 240 || a[0] >= 2 * a[1];
  return {
    total: a => (byRows(a) ? a[0] : a[1]),
    unit: a => (byRows(a) ? 12 : 32),
    repeats: true,
    work: a => a[0] * a[1] * a[2] * cost.multiply * (bytes / 4),
    part(a, from, count) {
      const part = [...a];
      if (byRows(a)) {
        part[0] = count;
        part[3] += from * a[4];
        part[9] += from * a[10];
      } else {
        part[1] = count;
        part[6] += from * a[8];
        part[9] += from * bytes;
        if (a[11] !== 0) part[11] += from * bytes;
      }
      return part;
    },
  };
};

const dear = new Set(['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'sigmoid', 'erf']);
const unaryNames = [
  ...[
    'neg',
    'abs',
    'sign',
    'square',
    'relu',
    'sqrt',
    'rsqrt',
    'reciprocal',
    'floor',
    'ceil',
    'round',
    'trunc',
  ],
  ...dear,
];
const arithmetic = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'];
const comparisons = ['eq', 'ne', 'lt', 'le'];

/** The rules by the names of the exports. `words` is the memory, as it is now. */
export function rulesOf(words: () => Int32Array): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const [suffix, bytes] of [['f32', 4] as const, ['f64', 8] as const, ['i32', 4] as const]) {
    for (const op of unaryNames)
      rules.set(`${op}_${suffix}`, unary(bytes, dear.has(op) ? cost.dear : cost.cheap));
    for (const op of arithmetic)
      rules.set(`${op}_${suffix}`, rowsOf([bytes, bytes], bytes, op === 'pow' ? cost.pow : cost.cheap));
    for (const op of comparisons) rules.set(`${op}_${suffix}`, rowsOf([bytes, bytes], 1, cost.cheap));
  }
  for (const op of ['and', 'or', 'xor', 'same', 'less', 'lessOrSame'])
    rules.set(`${op}_bytes`, rowsOf([1, 1], 1, cost.cheap));
  for (const bytes of [1, 4, 8])
    rules.set(`where_${8 * bytes}`, rowsOf([1, bytes, bytes], bytes, 2 * cost.cheap));
  for (const bytes of [4, 8]) {
    const byBytes = { scan, recurrence, sparseAlong, random, gevm, gemm };
    for (const [name, rule] of Object.entries(byBytes)) rules.set(`${name}${bytes}`, rule(bytes));
    rules.set(`maxPool${bytes}`, maxPool(bytes, words));
    rules.set(`reduce${bytes}`, reduce).set(`argmax${bytes}`, reduce).set(`gemv${bytes}`, gemv);
  }
  for (const bytes of [1, 4, 8]) rules.set(`copy${bytes}`, copy(0));
  rules.set('cast', copy(1)).set('gatherRows', gather).set('zeroBytes', zero);
  rules.set('scatterRows', scatter(2, 0.4)).set('assignRows', scatter(0, 0.1));
  return rules;
}

/**
 * f(rows, length, ...inputs, ...outputs): a number is its value, an array an address and the bytes between rows, an output an address. With reductions
 * f(groups, segments, length, ...), where every array and output is an address, the bytes between groups and those between segments; groups alone are divided.
 */
export function expressionRule({ kinds, outputs, itemBytes, nodes, reduces }: ExpressionShape): Rule {
  const byRows = (a: Args): boolean => reduces || a[0] > 1;
  const first = reduces ? 3 : 2;
  return {
    total: a => (byRows(a) ? a[0] : a[1]),
    unit: a => (byRows(a) ? 1 : 16),
    work: a => a[0] * a[1] * (reduces ? a[2] : 1) * nodes * cost.cheap,
    part(a, from, count) {
      const part = [...a];
      const rows = byRows(a);
      part[rows ? 0 : 1] = count;
      let at = first;
      for (const kind of kinds) {
        if (kind === InputKind.number) {
          at++;
          continue;
        }
        if (rows) part[at] += from * a[at + 1];
        else if (kind === InputKind.array) part[at] += from * itemBytes;
        else if (kind === InputKind.boolArray) part[at] += from;
        at += first;
      }
      for (let k = 0; k < outputs; k++)
        if (reduces) {
          part[at] += from * a[at + 1];
          at += 3;
        } else part[at++] += from * itemBytes * (rows ? a[1] : 1);
      return part;
    },
  };
}
