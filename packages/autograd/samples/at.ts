import * as ag from '../src/index.js';
import {
  ArgumentError,
  type AtIndex,
  DTypeError,
  IndexError,
  ShapeError,
  tensor,
  zeros,
} from '../src/index.js';
import { broadcast, build, Dense, dimOf } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const int32 = { dtype: 'int32' } as const;

type NaiveIndex = Dense | Exclude<AtIndex, ag.Tensor>;

/** What an index does with a dim: makes one, takes one entry or several, or asks a tensor. */
type Entry =
  | { readonly kind: 'new' }
  | { readonly kind: 'one'; readonly at: number }
  | { readonly kind: 'some'; readonly at: readonly number[] }
  /** A flag asks as well, but of no dim. */
  | { readonly kind: 'picked'; readonly at: Dense; readonly flag?: boolean };

const wrap = (i: number, size: number): number => (i < 0 ? i + size : i);

function rangeOf(index: string | ag.SliceOptions, size: number): number[] {
  const [start, end, step] =
    typeof index === 'string'
      ? index.split(':').map(part => (part === '' ? undefined : Number(part)))
      : [index.start, index.end, index.step];
  const all = Array.from({ length: size }, (_, i) => i);
  const part = all.slice(start ?? 0, end ?? size);
  return part.filter((_, i) => i % (step ?? 1) === 0);
}

/** The coordinates where a mask is true, dim by dim. */
function coordinates(mask: Dense): Dense[] {
  const found: (readonly number[])[] = [];
  build(mask.shape, index => {
    if (mask.at(index) !== 0) found.push(index);
    return 0;
  });
  return mask.shape.map(
    (_, d) =>
      new Dense(
        [found.length],
        found.map(index => index[d]),
      ),
  );
}

function entriesOf(x: Dense, indices: readonly NaiveIndex[]): Entry[] {
  const width = (index: NaiveIndex): number =>
    index === null || index === '...' ? 0 : index instanceof Dense && index.bool ? index.shape.length : 1;
  const spoken = indices.reduce<number>((n, index) => n + width(index), 0);
  const entries: Entry[] = [];
  let d = 0;
  const whole = (): void => {
    entries.push({ kind: 'some', at: Array.from({ length: x.shape[d++] }, (_, i) => i) });
  };
  for (const index of indices.includes('...') ? indices : [...indices, '...' as const]) {
    if (index === '...') for (let n = x.shape.length - spoken; n > 0; n--) whole();
    else if (index === null) entries.push({ kind: 'new' });
    else if (typeof index === 'number') entries.push({ kind: 'one', at: wrap(index, x.shape[d++]) });
    else if (index instanceof Dense) {
      if (index.bool && index.shape.length === 0)
        entries.push({ kind: 'picked', at: new Dense([index.data[0]], [0]), flag: true });
      else if (index.bool) for (const at of coordinates(index)) entries.push({ kind: 'picked', at });
      else if (index.shape.length === 0) entries.push({ kind: 'one', at: wrap(index.data[0], x.shape[d]) });
      else {
        const size = x.shape[d];
        entries.push({
          kind: 'picked',
          at: new Dense(
            index.shape,
            index.data.map(i => wrap(i, size)),
          ),
        });
      }
      d += width(index);
    } else if (Array.isArray(index)) {
      const list = index as readonly number[];
      const size = x.shape[d++];
      entries.push({
        kind: 'picked',
        at: new Dense(
          [list.length],
          list.map(i => wrap(i, size)),
        ),
      });
    } else entries.push({ kind: 'some', at: rangeOf(index as string | ag.SliceOptions, x.shape[d++]) });
  }
  return entries;
}

/** The shape that indices see, and where each of its elements comes from. */
function seen(
  x: Dense,
  indices: readonly NaiveIndex[],
): { shape: number[]; source: (index: readonly number[]) => number[] } {
  const entries = entriesOf(x, indices);
  const left = entries.filter(e => e.kind !== 'one');
  const picks = left.flatMap((e, i) => (e.kind === 'picked' ? [i] : []));
  const shared = broadcast([], ...entries.flatMap(e => (e.kind === 'picked' ? [e.at.shape] : [])));
  const together = picks.every((at, i) => i === 0 || at === picks[i - 1] + 1);
  const front = picks.length > 0 && together ? picks[0] : 0;
  const others = left.filter(e => e.kind !== 'picked');
  const sizes = others.map(e => (e.kind === 'some' ? e.at.length : 1));
  return {
    shape: [...sizes.slice(0, front), ...shared, ...sizes.slice(front)],
    source: index => {
      const own = index.slice(front, front + shared.length);
      const rest = [...index.slice(0, front), ...index.slice(front + shared.length)];
      const at: number[] = [];
      for (const e of entries) {
        if (e.kind === 'one') at.push(e.at);
        else if (e.kind === 'picked') {
          if (e.flag !== true) at.push(e.at.at(own));
        } else {
          const i = rest.shift() as number;
          if (e.kind === 'some') at.push(e.at[i]);
        }
      }
      return at;
    },
  };
}

function naivePut(
  x: Dense,
  indices: readonly NaiveIndex[],
  value: Dense | number,
  { accumulate = false }: ag.PutOptions = {},
): Dense {
  const { shape, source } = seen(x, indices);
  const out = new Map<string, number>();
  build(shape, index => {
    const key = source(index).join();
    const given = typeof value === 'number' ? value : value.at(index);
    out.set(key, accumulate ? (out.get(key) ?? 0) + given : given);
    return 0;
  });
  return build(x.shape, index => {
    const given = out.get(index.join());
    if (given === undefined) return x.at(index);
    return accumulate ? x.at(index) + given : given;
  });
}

function indexErrors(name: string, call: (x: ag.Tensor, ...indices: AtIndex[]) => unknown): ErrorCase[] {
  const x = (): ag.Tensor => zeros([2, 3]);
  const head = (text: string): RegExp => new RegExp(`^${name}: ${text}`);
  return [
    {
      label: 'a number outside',
      call: () => call(x(), 0, 3),
      error: IndexError,
      message: head('index 1 is 3, outside dim 1 of shape \\[2, 3\\]: expected a whole number from -3 to 2'),
    },
    {
      label: 'half a number',
      call: () => call(x(), 0.5),
      error: IndexError,
      message: head('index 0 is 0\\.5, outside dim 0 of shape \\[2, 3\\]'),
    },
    {
      label: 'an entry of a list outside',
      call: () => call(x(), [0, 2]),
      error: IndexError,
      message: head('index 0, entry 1, is 2, outside dim 0'),
    },
    {
      label: 'an entry of a tensor outside',
      call: () =>
        call(
          x(),
          ':',
          tensor(
            [
              [0, 1],
              [-4, 7],
            ],
            int32,
          ),
        ),
      error: IndexError,
      message: head(
        'index -4 \\(position 2 of an index of shape \\[2, 2\\]\\) is outside dim 1 \\(index 1\\) of 3 elements: expected -3 to 2',
      ),
    },
    {
      label: 'an entry of nothing',
      call: () => call(zeros([0, 3]), tensor([0], int32)),
      error: IndexError,
      message: head('index 0 .* of 0 elements: there is nothing to index'),
    },
    {
      label: 'too many',
      call: () => call(x(), 0, ':', 0),
      error: IndexError,
      message: head('the indices speak of 3 dims, but shape \\[2, 3\\] has 2'),
    },
    {
      label: 'two holes',
      call: () => call(x(), '...', '...'),
      error: ArgumentError,
      message: head("'\\.\\.\\.' stands 2 times"),
    },
    {
      label: 'a text that is no range',
      call: () => call(x(), '1.5:2' as ':'),
      error: ArgumentError,
      message: head("index 0 is '1\\.5:2'; expected a range such as"),
    },
    {
      label: 'a step backwards',
      call: () => call(x(), '::-1'),
      error: ArgumentError,
      message: head('step of index 0 is -1; expected a whole number from 1'),
    },
    {
      label: 'half a start',
      call: () => call(x(), { start: 0.5 }),
      error: IndexError,
      message: head('start of index 0 is 0\\.5; expected a whole number'),
    },
    {
      label: 'floats as index',
      call: () => call(x(), tensor([0])),
      error: DTypeError,
      message: head(
        "index 0 is a tensor of float32; expected int32 or bool\\. Convert it: index\\.to\\('int32'\\)",
      ),
    },
    {
      label: 'a mask of other sizes',
      call: () => call(x(), ':', tensor([true, false])),
      error: ShapeError,
      message: head('index 1 is a mask of shape \\[2\\] for dims of sizes \\[3\\] in shape \\[2, 3\\]'),
    },
    {
      label: 'tensors that do not broadcast',
      call: () => call(x(), tensor([0, 1], int32), tensor([0, 1, 2], int32)),
      error: ShapeError,
      message: head('the tensors among the indices: shapes \\[2\\] and \\[3\\] do not broadcast'),
    },
    {
      label: 'something else',
      call: () => call(x(), true as never),
      error: ArgumentError,
      message: head('index 0 is true; expected a number, a range'),
    },
    {
      label: 'an object that is no range',
      call: () => call(x(), { from: 1 } as never),
      error: ArgumentError,
      message: head('index 0 is Object; expected a number, a range'),
    },
  ];
}

export const atSamples = {
  at: {
    op: ag.at,
    calls: {
      'a number': d => [d.tensor([3, 2]), -1],
      'numbers to a scalar': d => [d.tensor([3, 2]), 1, -2],
      ranges: d => [d.tensor([5, 4]), { start: 1, step: 2 }, { start: -3, end: -1 }],
      'ranges as text': d => [d.tensor([5, 4]), '1::2', '-3:-1'],
      'a range beyond the end': d => [d.tensor([4]), '2:9'],
      'new dims and a hole': d => [d.tensor([2, 3, 2]), null, '...', null, 1],
      'nothing said': d => [d.tensor([2, 3])],
      'of a scalar': d => [d.tensor([]), null, '...'],
      'a tensor': d => [d.tensor([3, 2]), d.ints([d.size(), 2], -3, 2)],
      'a tensor in the last dim': d => [d.tensor([2, 3, 4]), '...', d.ints([3], -4, 3)],
      'neighbours that broadcast': d => [d.tensor([2, 3, 4]), ':', d.ints([2, 1], 0, 2), d.ints([3], 0, 3)],
      'tensors apart: dims in front': d => [d.tensor([2, 3, 4]), d.ints([2], 0, 1), '1:', d.ints([2], 0, 3)],
      'apart by a new dim': d => [d.tensor([2, 3, 4]), ':', d.ints([2], 0, 2), null, d.ints([2], 0, 3)],
      'neighbours when a number is gone': d => [d.tensor([2, 3, 4]), d.ints([2], 0, 1), 1, d.ints([2], 0, 3)],
      'a tensor of one number': d => [d.tensor([2, 3]), ':', d.ints([], -3, 2)],
      'a list': d => [d.tensor([4, 2]), [0, -1, 0]],
      'a mask': d => [d.tensor([3, 2]), d.bools([3, 2])],
      'a mask of two of three dims': d => [d.tensor([2, 3, 2]), ':', d.bools([3, 2])],
      'a mask and a number': d => [d.tensor([3, 2]), d.bools([3]), 0],
      'a mask and a tensor': d => [d.tensor([3, 4, 2]), d.of([1, 0, 1]).ne(0), d.ints([2], 0, 3)],
      'a mask of one flag': d => [d.tensor([2]), d.bools([])],
      transposed: d => [d.tensor([3, 4]).transpose(0, 1), d.ints([3], 0, 3), d.ints([3], 0, 2)],
      expanded: d => [d.tensor([1, 3]).expand([4, 3]), d.ints([3], 0, 3), d.ints([3], 0, 2)],
      'every second, from places': d => [
        d.tensor([6, 4]).slice(0, { step: 2 }),
        d.ints([2], 0, 2),
        d.ints([2], 0, 3),
      ],
      'no elements seen': d => [d.tensor([3, 2]), '3:'],
      'no elements there': d => [d.tensor([0, 2]), ':', d.ints([3], 0, 1)],
      'no index': d => [d.tensor([3, 2]), d.ints([0], 0, 2)],
    },
    edges: {
      'of int32': d => [d.ints([5, 3], -9, 9), d.ints([7], 0, 4), '1:'],
      'of bool': d => [d.bools([5, 3]), d.ints([7], 0, 4), d.ints([7], 0, 2)],
    },
    naive: (x: Dense, ...indices: NaiveIndex[]) => {
      const { shape, source } = seen(x, indices);
      return build(shape, index => x.at(source(index)));
    },
    errors: indexErrors('at', ag.at),
  },
  put: {
    op: ag.put,
    calls: {
      'a number in a row': d => [d.tensor([3, 2]), [1], 2.5],
      'a tensor in a range': d => [d.tensor([5, 2]), [{ start: 1, step: 2 }], d.tensor([2, 2])],
      'a value that broadcasts': d => [d.tensor([4, 3]), ['1:', [0, 2]], d.tensor([2])],
      'added to a range': d => [d.tensor([4, 3]), [':', '1:'], d.tensor([4, 1]), { accumulate: true }],
      'places, some twice': d => [d.tensor([3, 2]), [d.ints([4], -3, 2)], d.tensor([4, 2])],
      'places, some twice, added': d => [
        d.tensor([3, 2]),
        [d.ints([4], -3, 2)],
        d.tensor([4, 2]),
        { accumulate: true },
      ],
      'places behind a range': d => [
        d.tensor([3, 4, 2]),
        ['1:', d.ints([3, 2], 0, 3)],
        d.tensor([2, 3, 2, 2]),
      ],
      'places apart': d => [
        d.tensor([2, 3, 4]),
        [d.ints([5], 0, 1), ':', d.ints([5], 0, 3)],
        d.tensor([5, 3]),
      ],
      'a number at places': d => [d.tensor([3, 2]), [d.ints([4], 0, 2), 1], -1, { accumulate: true }],
      'a mask': d => [d.tensor([3, 2]), [d.bools([3, 2])], d.tensor([])],
      'a new dim': d => [d.tensor([3]), [null, '1:'], d.tensor([1, 2])],
      'of a scalar': d => [d.tensor([]), [], d.tensor([])],
      transposed: d => [
        d.tensor([2, 3]).transpose(0, 1),
        [d.ints([2], 0, 2)],
        d.tensor([2, 2]).transpose(0, 1),
      ],
      'no places': d => [d.tensor([3, 2]), [d.ints([0], 0, 2)], d.tensor([0, 2])],
      'no elements': d => [d.tensor([0, 2]), [':', 1], d.tensor([0])],
    },
    edges: {
      'of int32': d => [d.ints([5], -9, 9), [d.ints([7], 0, 4)], d.ints([7], 0, 9), { accumulate: true }],
      'of bool': d => [d.bools([5]), [d.ints([7], 0, 4)], d.bools([7])],
    },
    naive: naivePut,
    errors: [
      ...indexErrors('put', (x, ...indices) => ag.put(x, indices, 1)),
      {
        label: 'an index alone',
        call: () => ag.put(zeros([3]), tensor([0], int32) as never, 1),
        error: ArgumentError,
        message: /^put: expected a list of indices, got Tensor\. Write x\.put\(\[index\], value\)/,
      },
      {
        label: 'a value that does not broadcast',
        call: () => ag.put(zeros([3, 2]), [0], zeros([3])),
        error: ShapeError,
        message: /^put: shapes \[2\] and \[3\] do not broadcast/,
      },
      {
        label: 'a value that is larger',
        call: () => ag.put(zeros([3, 1]), ['...'], zeros([3, 2])),
        error: ShapeError,
        message: /^put: a value of shape \[3, 2\] does not broadcast to the \[3, 1\] that the indices name/,
      },
      {
        label: 'a value of another dtype',
        call: () => ag.put(zeros([3]), [0], zeros([], int32)),
        error: DTypeError,
        message: /^put: a source of int32 does not go into a tensor of float32/,
      },
      {
        label: 'half a number into whole ones',
        call: () => ag.put(zeros([3], int32), [0], 0.5),
        error: DTypeError,
        message: /^put: the number 0\.5 does not fit a tensor of int32/,
      },
      {
        label: 'sums of bool',
        call: () => ag.put(zeros([3], { dtype: 'bool' }), [0], 1, { accumulate: true }),
        error: DTypeError,
        message: /^put: expected numbers, got bool/,
      },
      {
        label: 'accumulate that is neither',
        call: () => ag.put(zeros([3]), [0], 1, { accumulate: 1 as never }),
        error: ArgumentError,
        message: /^put: accumulate is 1; expected true or false/,
      },
    ],
  },
  indexPut: {
    op: ag.indexPut,
    calls: {
      rows: d => [d.tensor([3, 2]), [d.ints([2], -3, 2)], d.tensor([2, 2])],
      'pairs, added': d => [
        d.tensor([3, 2]),
        [d.ints([5], 0, 2), d.ints([5], 0, 1)],
        d.tensor([5]),
        { accumulate: true },
      ],
      'null for the whole dim': d => [d.tensor([2, 3]), [null, d.ints([2], 0, 2)], d.tensor([2, 2])],
      'a mask and a number': d => [d.tensor([2, 3]), [d.bools([2, 3])], 3],
      'no places': d => [d.tensor([2, 3]), [d.ints([0], 0, 1)], d.tensor([0, 3])],
    },
    naive: (x: Dense, indices: readonly (Dense | null)[], values: Dense | number, options?: ag.PutOptions) =>
      naivePut(
        x,
        indices.map(index => index ?? ':'),
        values,
        options,
      ),
    errors: [
      {
        label: 'an entry outside',
        call: () => ag.indexPut(zeros([3]), [tensor([3], int32)], 1),
        error: IndexError,
        message: /^indexPut: index 3 \(position 0 .* outside dim 0 \(index 0\) of 3 elements/,
      },
      {
        label: 'a number as index',
        call: () => ag.indexPut(zeros([3]), [0] as never, 1),
        error: ArgumentError,
        message: /^indexPut: expected a list of tensors and null, got \[0\]\. Use put/,
      },
    ],
  },
  take: {
    op: ag.take,
    calls: {
      'of two dims': d => [d.tensor([3, 2]), d.ints([2, d.size()], -6, 5)],
      'of a scalar': d => [d.tensor([]), d.ints([2], -1, 0)],
      'a scalar index': d => [d.tensor([4]), d.ints([], -4, 3)],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.ints([4], 0, 5)],
      expanded: d => [d.tensor([3]).expand([2, 3]), d.ints([4], 0, 5)],
      'no index': d => [d.tensor([3]), d.ints([0], 0, 2)],
    },
    edges: { 'of bool': d => [d.bools([3, 2]), d.ints([4], 0, 5)] },
    naive: (x: Dense, index: Dense) => build(index.shape, i => x.data[wrap(index.at(i), x.data.length)]),
    errors: [
      {
        label: 'an index outside',
        call: () => ag.take(zeros([2, 3]), tensor([0, -7], int32)),
        error: IndexError,
        message:
          /^take: index -7 \(position 1 of an index of shape \[2\]\) is outside a tensor of 6 elements: expected -6 to 5/,
      },
      {
        label: 'a float index',
        call: () => ag.take(zeros([3]), tensor([0])),
        error: DTypeError,
        message: /^take: expected an int32 index, got float32/,
      },
    ],
  },
  takeAlongDim: {
    op: ag.takeAlongDim,
    calls: {
      'first dim': d => [d.tensor([3, 2]), d.ints([4, 2], 0, 2), 0],
      'index broadcast': d => [d.tensor([2, 3]), d.ints([1, 2], 0, 2), -1],
      'input broadcast': d => [d.tensor([1, 3]), d.ints([4, 2], 0, 2), 1],
      'without a dim': d => [d.tensor([2, 3]), d.ints([2, 2], 0, 5)],
      'of scalars': d => [d.tensor([]), d.ints([], 0, 0), 0],
      transposed: d => [d.tensor([2, 3]).transpose(0, 1), d.ints([1, 2], 0, 2), 0],
      'no index': d => [d.tensor([3, 2]), d.ints([0, 2], 0, 2), 0],
    },
    naive: (x: Dense, index: Dense, dim?: number) => {
      if (dim === undefined) return build([index.data.length], ([i]) => x.data[index.data[i]]);
      if (x.shape.length === 0) return x;
      const d = dimOf(dim, x.shape.length);
      const shape = broadcast(x.shape.with(d, 1), index.shape.with(d, 1)).with(d, index.shape[d]);
      const row = (t: Dense, i: readonly number[]): readonly number[] =>
        i.map((at, e) => (t.shape[e] === 1 ? 0 : at));
      return build(shape, i => x.at(row(x, i).with(d, index.at(row(index, i).with(d, i[d])))));
    },
    errors: [
      {
        label: 'an index outside',
        call: () => ag.takeAlongDim(zeros([2, 3]), tensor([[3]], int32), 1),
        error: IndexError,
        message:
          /^takeAlongDim: index 3 \(position 0 of an index of shape \[1, 1\]\) is outside dim 1 of 3 elements: expected 0 to 2/,
      },
      {
        label: 'an index of other dims',
        call: () => ag.takeAlongDim(zeros([2, 3]), tensor([0], int32), 1),
        error: ShapeError,
        message:
          /^takeAlongDim: an index of shape \[1\] for shape \[2, 3\]: the same number of dims is needed/,
      },
      {
        label: 'an index that does not broadcast',
        call: () => ag.takeAlongDim(zeros([2, 3]), zeros([3, 1], int32), 1),
        error: ShapeError,
        message: /^takeAlongDim: shapes \[2, 1\] and \[3, 1\] do not broadcast/,
      },
      {
        label: 'a float index',
        call: () => ag.takeAlongDim(zeros([3]), tensor([0]), 0),
        error: DTypeError,
        message: /^takeAlongDim: expected an int32 index, got float32/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
