import * as ag from '../src/index.js';
import { ArgumentError, DataError, DTypeError, IndexError, ShapeError, tensor, zeros } from '../src/index.js';
import { build, Dense, dimOf } from './naive.js';
import type { ErrorCase, OpInfo } from './types.js';

const int32 = { dtype: 'int32' } as const;
const nan = Number.NaN;

const noTensor = (name: string, call: (x: never) => unknown): ErrorCase => ({
  label: 'no tensor',
  call: () => call(3 as never),
  error: ArgumentError,
  message: new RegExp(`^${name}: expected a tensor, got 3`),
});

/** How many of a sorted list come before a value; NaN comes last. */
function rank(sorted: readonly number[], value: number, right: boolean): number {
  return sorted.filter(x => (Number.isNaN(value) ? true : right ? x < value || x === value : x < value))
    .length;
}

/** Elements or slices, as lists of numbers, and the shape of a slice. */
function items(
  x: Dense,
  dim: number | undefined,
): { list: number[][]; join: (list: readonly number[][]) => Dense; inverse: number[] } {
  if (dim === undefined || x.shape.length === 0)
    return {
      list: x.data.map(v => [v]),
      join: list => new Dense([list.length], list.flat()),
      inverse: [...x.shape],
    };
  const d = dimOf(dim, x.shape.length);
  const rest = x.shape.with(d, 1);
  const list = Array.from({ length: x.shape[d] }, (_, i) => [...build(rest, at => x.at(at.with(d, i))).data]);
  return {
    list,
    join: slices =>
      build(x.shape.with(d, slices.length), at => new Dense(rest, slices[at[d]]).at(at.with(d, 0))),
    inverse: [x.shape[d]],
  };
}

const same = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => v === b[i]);

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] < b[i] || (Number.isNaN(b[i]) && !Number.isNaN(a[i]))) return -1;
    if (a[i] > b[i] || (Number.isNaN(a[i]) && !Number.isNaN(b[i]))) return 1;
  }
  return 0;
}

const naiveUnique =
  (consecutive: boolean) =>
  (x: Dense, { dim, returnInverse = false, returnCounts = false }: ag.UniqueOptions = {}): Dense[] => {
    const { list, join, inverse } = items(x, dim);
    const order = list.map((_, i) => i);
    if (!consecutive) order.sort((i, j) => compare(list[i], list[j]) || i - j);
    const groups: number[][] = [];
    for (const i of order) {
      const last = groups[groups.length - 1];
      if (last !== undefined && same(list[last[0]], list[i])) last.push(i);
      else groups.push([i]);
    }
    const values = join(groups.map(g => list[g[0]]));
    const of = list.map((_, i) => groups.findIndex(g => g.includes(i)));
    return [
      values,
      ...(returnInverse ? [new Dense(inverse, of)] : []),
      ...(returnCounts
        ? [
            new Dense(
              [groups.length],
              groups.map(g => g.length),
            ),
          ]
        : []),
    ];
  };

function coordinates(x: Dense): Dense {
  const found: (readonly number[])[] = [];
  build(x.shape, at => {
    if (x.at(at) !== 0) found.push(at);
    return 0;
  });
  return new Dense([found.length, x.shape.length], found.flat());
}

const uniqueErrors = (name: string, op: ag.UniqueFunction): ErrorCase[] => [
  noTensor(name, op as never),
  {
    label: 'no such dim',
    call: () => op(zeros([2, 3]), { dim: 2 }),
    error: IndexError,
    message: new RegExp(`^${name}: dim 2 is outside the range of a tensor with 2 dims`),
  },
  {
    label: 'a flag that is none',
    call: () => op(zeros([3]), { returnCounts: 1 as never }),
    error: ArgumentError,
    message: new RegExp(`^${name}: returnCounts is 1; expected true or false`),
  },
];

const padded = (table: Dense, i: number): readonly number[] =>
  table.data.slice(i * table.shape[1], (i + 1) * table.shape[1]);

function naiveBag(
  index: Dense,
  weight: Dense,
  o: { [K in keyof ag.EmbeddingBagOptions]: ag.EmbeddingBagOptions[K] | Dense },
): Dense {
  const { mode = 'mean', includeLastOffset = false } = o;
  const offsets = o.offsets as unknown as Dense | undefined;
  const factors = o.perSampleWeights as unknown as Dense | undefined;
  const rows = weight.shape[0];
  const pad = typeof o.paddingIdx === 'number' ? (o.paddingIdx + rows) % rows : -1;
  const starts = offsets?.data ?? Array.from({ length: index.shape[0] }, (_, i) => i * index.shape[1]);
  const count = includeLastOffset ? starts.length - 1 : starts.length;
  return build([count, weight.shape[1]], ([bag, j]) => {
    const end = starts[bag + 1] ?? index.data.length;
    const inBag = index.data
      .map((_, i) => i)
      .filter(i => i >= starts[bag] && i < end && index.data[i] !== pad);
    const values = inBag.map(i => weight.at([index.data[i], j]) * (factors?.data[i] ?? 1));
    if (values.length === 0) return 0;
    if (mode === 'max') return Math.max(...values);
    const sum = values.reduce((a, b) => a + b, 0);
    return mode === 'sum' ? sum : sum / values.length;
  });
}

const table = (): ag.Tensor => zeros([4, 2]);
const entries = (...values: number[]): ag.Tensor => tensor(values, int32);

type Lookup = (index: ag.Tensor, weight: ag.Tensor, options?: object) => unknown;

const lookupErrors = (name: string, fn: unknown): ErrorCase[] => {
  const op = fn as Lookup;
  const bags = name === 'embeddingBag' ? { offsets: entries(0) } : {};
  const head = (text: string): RegExp => new RegExp(`^${name}: ${text}`);
  return [
    {
      label: 'an index outside',
      call: () => op(entries(0, 4), table(), bags),
      error: IndexError,
      message: head(
        'index 4 \\(position 1 of an index of shape \\[2\\]\\) is outside the weight of 4 rows: expected 0 to 3',
      ),
    },
    {
      label: 'a float index',
      call: () => op(zeros([2]), table(), bags),
      error: DTypeError,
      message: head('expected an int32 index, got float32'),
    },
    {
      label: 'a weight of one dim',
      call: () => op(entries(0), zeros([4]), bags),
      error: ShapeError,
      message: head('the weight has shape \\[4\\]; expected \\[rows, features\\]'),
    },
    {
      label: 'no weight',
      call: () => op(entries(0), 3 as never, bags),
      error: ArgumentError,
      message: head('expected a tensor as weight, got 3'),
    },
    {
      label: 'padding outside',
      call: () => op(entries(0), table(), { ...bags, paddingIdx: 4 }),
      error: ArgumentError,
      message: head('paddingIdx is 4; expected a whole number from -4 to 3 for a weight of 4 rows'),
    },
    {
      label: 'a largest norm',
      call: () => op(entries(0), table(), { ...bags, maxNorm: 1 }),
      error: ArgumentError,
      message: head('there is no maxNorm\\. Scale the weight before the call'),
    },
  ];
};

export const countingSamples = {
  nonzero: {
    op: ag.nonzero,
    calls: {
      matrix: d => [d.ints([3, 4], 0, 1)],
      'of bool, as a list': d => [d.bools([2, 3]), { asTuple: true }],
      floats: d => [d.tensor([3])],
      'a list of a scalar': d => [d.tensor([]), { asTuple: true }],
      scalar: d => [d.tensor([])],
      'no elements': d => [d.tensor([0, 2])],
    },
    edges: { 'zeros and NaN': d => [d.of([0, -0, nan, 1])] },
    naive: (x: Dense, { asTuple = false }: ag.NonzeroOptions = {}) => {
      if (!asTuple) return coordinates(x);
      const vector = x.shape.length === 0 ? new Dense([1], x.data) : x;
      const all = coordinates(vector);
      return vector.shape.map((_, d) => build([all.shape[0]], ([i]) => all.at([i, d])));
    },
    noDerivative: 'its output is int32',
    errors: [noTensor('nonzero', ag.nonzero as never)],
  },
  argwhere: {
    op: ag.argwhere,
    calls: {
      matrix: d => [d.ints([3, 4], 0, 1)],
      floats: d => [d.tensor([3])],
      'no elements': d => [d.tensor([0, 2])],
    },
    naive: coordinates,
    noDerivative: 'its output is int32',
    errors: [noTensor('argwhere', ag.argwhere as never)],
  },
  unique: {
    op: ag.unique,
    calls: {
      values: d => [d.ints([3, 4], 0, 3)],
      'all of floats': d => [d.tensor([2, 2]), { returnInverse: true, returnCounts: true }],
      'inverse alone': d => [d.ints([7], 0, 3), { returnInverse: true }],
      'counts of rows': d => [d.ints([6, 2], 0, 1), { dim: 0, returnCounts: true }],
      'columns, all': d => [d.ints([2, 6], 0, 1), { dim: -1, returnInverse: true, returnCounts: true }],
      scalar: d => [d.tensor([]), { returnInverse: true }],
      'a dim of a scalar': d => [d.tensor([]), { dim: 0, returnInverse: true }],
      'no elements': d => [d.tensor([0, 2])],
    },
    edges: {
      'NaN equals nothing': d => [d.of([nan, 1, nan, 1, 0, -0]), { returnInverse: true, returnCounts: true }],
      'rows with NaN': d => [d.of([nan, 1, nan, 1, 0, nan, 0, 2], [4, 2]), { dim: 0, returnCounts: true }],
      'of bool': d => [d.bools([9])],
    },
    naive: naiveUnique(false),
    noDerivative: 'equal elements share a value',
    errors: uniqueErrors('unique', ag.unique),
  },
  uniqueConsecutive: {
    op: ag.uniqueConsecutive,
    calls: {
      values: d => [d.ints([3, 4], 0, 1)],
      'all of floats': d => [d.tensor([4]), { returnInverse: true, returnCounts: true }],
      'rows, all': d => [d.ints([8, 1], 0, 1), { dim: 0, returnInverse: true, returnCounts: true }],
      'no elements': d => [d.tensor([0])],
    },
    edges: { 'NaN equals nothing': d => [d.of([nan, nan, 1, 1]), { returnCounts: true }] },
    naive: naiveUnique(true),
    noDerivative: 'equal elements share a value',
    errors: uniqueErrors('uniqueConsecutive', ag.uniqueConsecutive),
  },
  searchsorted: {
    op: ag.searchsorted,
    calls: {
      'one sequence': d => [d.of([-1.5, -0.5, 0.5, 0.5, 1.5]), d.tensor([2, 3])],
      'from the right': d => [d.of([-1, 0, 0, 1]), d.of([0, -1, 2]), { right: true }],
      'row by row': d => [d.of([-1, 0, 1, -2, -1, 2], [2, 3]), d.tensor([2, 4])],
      'a number': d => [d.of([-1, 0, 1]), 0.5],
      'with a sorter': d => [
        d.of([3, 1, 2]),
        d.tensor([4], { min: 0, max: 4 }),
        { sorter: entries(1, 2, 0) },
      ],
      'an empty sequence': d => [d.tensor([0]), d.tensor([3])],
      'no values': d => [d.of([-1, 0, 1]), d.tensor([0])],
    },
    edges: {
      'NaN and ties': d => [d.of([1, 1, nan]), d.of([nan, 1, 0])],
      'of int32': d => [d.ints([1], 3, 3), d.ints([9], 0, 6), { right: true }],
    },
    naive: (sequence: Dense, values: Dense | number, o: { right?: boolean; sorter?: Dense } = {}) => {
      const n = sequence.shape[sequence.shape.length - 1];
      const wanted = typeof values === 'number' ? new Dense([], [values]) : values;
      const width = sequence.shape.length === 1 ? wanted.data.length : wanted.shape[wanted.shape.length - 1];
      return new Dense(
        wanted.shape,
        wanted.data.map((value, i) => {
          const row = sequence.data.slice(Math.floor(i / width) * n, Math.floor(i / width) * n + n);
          return rank(o.sorter === undefined ? row : o.sorter.data.map(j => row[j]), value, o.right ?? false);
        }),
      );
    },
    noDerivative: 'an index moves in jumps',
    noMethod: 'the sequence comes first, and PyTorch has none either',
    errors: [
      noTensor('searchsorted', x => ag.searchsorted(x, 1)),
      {
        label: 'rows for other rows',
        call: () => ag.searchsorted(zeros([2, 3]), zeros([3, 4])),
        error: ShapeError,
        message: /^searchsorted: a sequence of shape \[2, 3\] does not fit values of shape \[3, 4\]/,
      },
      {
        label: 'a scalar as sequence',
        call: () => ag.searchsorted(zeros([]), zeros([3])),
        error: ShapeError,
        message: /^searchsorted: the sequence has shape \[\]; expected a dim at least/,
      },
      {
        label: 'values of another dtype',
        call: () => ag.searchsorted(zeros([3]), zeros([3], int32)),
        error: DTypeError,
        message: /^searchsorted: the boundaries are float32 and the values int32; they must be the same/,
      },
      {
        label: 'a sorter of another shape',
        call: () => ag.searchsorted(zeros([3]), 1, { sorter: entries(0, 1) }),
        error: ShapeError,
        message: /^searchsorted: the sorter has shape \[2\] and the sequence \[3\]; they must be the same/,
      },
      {
        label: 'a sorter that goes outside',
        call: () => ag.searchsorted(zeros([3]), 1, { sorter: entries(0, 1, 3) }),
        error: IndexError,
        message:
          /^searchsorted: index 3 \(position 2 of a sorter of shape \[3\]\) is outside the sequence: expected 0 to 2/,
      },
      {
        label: 'a sorter that is none',
        call: () => ag.searchsorted(zeros([3]), 1, { sorter: [0, 1, 2] as never }),
        error: ArgumentError,
        message: /^searchsorted: the sorter is \[0, 1, 2\]; expected int32 indices, as argsort gives them/,
      },
      {
        label: 'right that is neither',
        call: () => ag.searchsorted(zeros([3]), 1, { right: 'left' as never }),
        error: ArgumentError,
        message: /^searchsorted: right is 'left'; expected true or false/,
      },
      {
        label: 'bools',
        call: () => ag.searchsorted(zeros([3], { dtype: 'bool' }), 1),
        error: DTypeError,
        message: /^searchsorted: expected numbers, got bool/,
      },
    ],
  },
  bucketize: {
    op: ag.bucketize,
    calls: {
      matrix: d => [d.tensor([2, 3]), d.of([-1, 0, 1])],
      'from the right': d => [d.of([0, -1, 2]), d.of([-1, 0, 0, 1]), { right: true }],
      'no boundaries': d => [d.tensor([2]), d.tensor([0])],
      'no values': d => [d.tensor([0]), d.of([1])],
    },
    edges: { 'NaN and ties': d => [d.of([nan, 1, 0]), d.of([1, 1, 2])] },
    naive: (values: Dense, boundaries: Dense, { right = false }: ag.BucketizeOptions = {}) =>
      new Dense(
        values.shape,
        values.data.map(v => rank(boundaries.data, v, right)),
      ),
    noDerivative: 'an index moves in jumps',
    noMethod: 'PyTorch has none',
    errors: [
      noTensor('bucketize', x => ag.bucketize(x, zeros([2]))),
      {
        label: 'rows of boundaries',
        call: () => ag.bucketize(zeros([3]), zeros([3, 2])),
        error: ShapeError,
        message: /^bucketize: the boundaries have shape \[3, 2\]; expected one dim/,
      },
      {
        label: 'values of another dtype',
        call: () => ag.bucketize(zeros([3], int32), zeros([3])),
        error: DTypeError,
        message: /^bucketize: the boundaries are float32 and the values int32/,
      },
    ],
  },
  bincount: {
    op: ag.bincount,
    calls: {
      weights: d => [d.ints([7], 0, 4), { weights: d.tensor([7]) }],
      'at least so many': d => [d.ints([3], 0, 2), { minlength: 6, weights: d.tensor([3]) }],
      'no elements': d => [d.ints([0], 0, 2), { minlength: 2, weights: d.tensor([0]) }],
    },
    edges: {
      counts: d => [d.ints([7], 0, 4)],
      'of nothing': d => [d.ints([0], 0, 2), { minlength: 2 }],
      'nothing at all': d => [d.ints([0], 0, 2)],
    },
    naive: (x: Dense, o: { weights?: Dense; minlength?: number } = {}) => {
      const n = Math.max(o.minlength ?? 0, ...x.data.map(v => v + 1));
      return build([n], ([v]) =>
        x.data.reduce((sum, at, i) => sum + (at === v ? (o.weights?.data[i] ?? 1) : 0), 0),
      );
    },
    errors: [
      noTensor('bincount', ag.bincount as never),
      {
        label: 'a negative number',
        call: () => ag.bincount(entries(0, -2)),
        error: DataError,
        message: /^bincount: element 1 is -2; expected whole numbers from 0/,
      },
      {
        label: 'two dims',
        call: () => ag.bincount(zeros([2, 2], int32)),
        error: ShapeError,
        message: /^bincount: expected one dim, got shape \[2, 2\]\. Flatten it/,
      },
      {
        label: 'floats',
        call: () => ag.bincount(zeros([2])),
        error: DTypeError,
        message: /^bincount: expected an int32 index, got float32/,
      },
      {
        label: 'weights of another size',
        call: () => ag.bincount(entries(0, 1), { weights: zeros([3]) }),
        error: ShapeError,
        message: /^bincount: weights of shape \[3\] for an input of shape \[2\]; they must be the same/,
      },
      {
        label: 'less than nothing',
        call: () => ag.bincount(entries(0), { minlength: -1 }),
        error: ArgumentError,
        message: /^bincount: minlength is -1; expected a whole number from 0/,
      },
    ],
  },
  histc: {
    op: ag.histc,
    calls: {
      'given borders': d => [d.tensor([3, 4]), { bins: 4, min: -1, max: 1.5 }],
      'from the smallest to the largest': d => [d.tensor([9]), { bins: 3 }],
      'all equal': d => [d.of([2, 2]), { bins: 2 }],
      'no elements': d => [d.tensor([0]), { bins: 2, min: 0, max: 1 }],
      'no elements and no borders': d => [d.tensor([0]), { bins: 2 }],
    },
    edges: { 'at the borders, and NaN': d => [d.of([0, 1, 2, 3, 3, -1, nan]), { bins: 3, min: 0, max: 3 }] },
    naive: (x: Dense, { bins = 100, min = 0, max = 0 }: ag.HistcOptions = {}) => {
      let [low, high] =
        min === max && x.data.length > 0 ? [Math.min(...x.data), Math.max(...x.data)] : [min, max];
      if (low === high) [low, high] = [low - 1, high + 1];
      const inside = x.data.filter(v => v >= low && v <= high);
      const bin = (v: number): number => Math.min(Math.floor(((v - low) / (high - low)) * bins), bins - 1);
      return build([bins], ([i]) => inside.filter(v => bin(v) === i).length);
    },
    noDerivative: 'a count moves in jumps',
    errors: [
      noTensor('histc', ag.histc as never),
      {
        label: 'no bins',
        call: () => ag.histc(zeros([3]), { bins: 0 }),
        error: ArgumentError,
        message: /^histc: bins is 0; expected a whole number from 1/,
      },
      {
        label: 'borders the wrong way round',
        call: () => ag.histc(zeros([3]), { min: 2, max: 1 }),
        error: ArgumentError,
        message: /^histc: min is 2 and max 1; expected finite numbers, min at most max/,
      },
      {
        label: 'infinite data without borders',
        call: () => ag.histc(tensor([0, Number.POSITIVE_INFINITY])),
        error: DataError,
        message: /^histc: the elements go from 0 to Infinity; expected finite numbers\. Give min and max/,
      },
      {
        label: 'whole numbers',
        call: () => ag.histc(zeros([3], int32)),
        error: DTypeError,
        message: /^histc: expected a float32 or float64 tensor, got int32/,
      },
    ],
  },
  embedding: {
    op: ag.embedding,
    calls: {
      matrix: d => [d.ints([2, d.size()], 0, 3), d.tensor([4, 3])],
      scalar: d => [d.ints([], 0, 3), d.tensor([4, 3])],
      // At a row of padding the gradient is 0 by decree: test/ops/indexing.test.ts.
      'padding that does not occur': d => [d.ints([5], 0, 2), d.tensor([4, 3]), { paddingIdx: -1 }],
      transposed: d => [d.ints([3, 2], 0, 3).transpose(0, 1), d.tensor([3, 4]).transpose(0, 1)],
      'no index': d => [d.ints([0], 0, 3), d.tensor([4, 3])],
    },
    edges: { padding: d => [d.ints([9], 0, 3), d.tensor([4, 3]), { paddingIdx: 1, scaleGradByFreq: true }] },
    naive: (index: Dense, weight: Dense) =>
      new Dense(
        [...index.shape, weight.shape[1]],
        index.data.flatMap(i => padded(weight, i)),
      ),
    noMethod: 'PyTorch has none: it is a function of nn.functional',
    errors: lookupErrors('embedding', ag.embedding),
  },
  embeddingBag: {
    op: ag.embeddingBag,
    calls: {
      'mean by default': d => [d.ints([6], 0, 3), d.tensor([4, 2]), { offsets: entries(0, 2, 3) }],
      'sum, a bag empty': d => [
        d.ints([6], 0, 3),
        d.tensor([4, 2]),
        { mode: 'sum', offsets: entries(0, 2, 2, 6) },
      ],
      'sum, weighted': d => [
        d.ints([2, 3], 0, 3),
        d.tensor([4, 2]),
        { mode: 'sum', perSampleWeights: d.tensor([2, 3]) },
      ],
      'max, a bag empty': d => [
        d.ints([5], 0, 3),
        d.distinct([4, 2]),
        { mode: 'max', offsets: entries(0, 0, 2) },
      ],
      'mean of rows': d => [d.ints([2, 3], 0, 3), d.tensor([4, 2]), { mode: 'mean' }],
      'the last offset is the end': d => [
        d.ints([6], 0, 3),
        d.tensor([4, 2]),
        { mode: 'mean', offsets: entries(0, 2, 4), includeLastOffset: true },
      ],
      'padding left out': d => [
        d.ints([6], 0, 3),
        d.tensor([4, 2]),
        { mode: 'mean', offsets: entries(0, 1, 4), paddingIdx: 2 },
      ],
      'no index': d => [d.ints([0], 0, 3), d.tensor([4, 2]), { mode: 'max', offsets: entries(0) }],
      'no bags': d => [d.ints([0], 0, 3), d.tensor([4, 2]), { offsets: d.ints([0], 0, 0) }],
    },
    naive: naiveBag,
    noMethod: 'PyTorch has none: it is a function of nn.functional',
    errors: [
      ...lookupErrors('embeddingBag', ag.embeddingBag),
      {
        label: 'no offsets',
        call: () => ag.embeddingBag(entries(0), table()),
        error: ArgumentError,
        message: /^embeddingBag: an index of one dim needs offsets, got undefined/,
      },
      {
        label: 'offsets for rows',
        call: () => ag.embeddingBag(zeros([2, 2], int32), table(), { offsets: entries(0) }),
        error: ArgumentError,
        message: /^embeddingBag: an index of two dims has a bag in each row; offsets are for one dim/,
      },
      {
        label: 'offsets that descend',
        call: () => ag.embeddingBag(entries(0, 1), table(), { offsets: entries(0, 2, 1) }),
        error: ArgumentError,
        message: /^embeddingBag: offset 2 is 1; expected offsets that ascend from 0 to at most the 2 entries/,
      },
      {
        label: 'offsets that begin late',
        call: () => ag.embeddingBag(entries(0, 1), table(), { offsets: entries(1) }),
        error: ArgumentError,
        message: /^embeddingBag: offset 0 is 1; expected offsets that ascend from 0/,
      },
      {
        label: 'another mode',
        call: () => ag.embeddingBag(entries(0), table(), { offsets: entries(0), mode: 'min' as never }),
        error: ArgumentError,
        message: /^embeddingBag: mode is 'min'; expected 'sum', 'mean' or 'max'/,
      },
      {
        label: 'weights of a mean',
        call: () =>
          ag.embeddingBag(entries(0), table(), { offsets: entries(0), perSampleWeights: zeros([1]) }),
        error: ArgumentError,
        message: /^embeddingBag: perSampleWeights are for the mode 'sum', not 'mean'/,
      },
      {
        label: 'weights of another shape',
        call: () =>
          ag.embeddingBag(entries(0), table(), {
            offsets: entries(0),
            mode: 'sum',
            perSampleWeights: zeros([2]),
          }),
        error: ShapeError,
        message:
          /^embeddingBag: perSampleWeights have shape \[2\] and the index \[1\]; they must be the same/,
      },
      {
        label: 'weights of another dtype',
        call: () =>
          ag.embeddingBag(entries(0), table(), {
            offsets: entries(0),
            mode: 'sum',
            perSampleWeights: zeros([1], { dtype: 'float64' }),
          }),
        error: DTypeError,
        message: /^embeddingBag: perSampleWeights are float64 and the weight float32/,
      },
      {
        label: 'a maximum scaled by frequency',
        call: () =>
          ag.embeddingBag(entries(0), table(), { offsets: entries(0), mode: 'max', scaleGradByFreq: true }),
        error: ArgumentError,
        message: /^embeddingBag: scaleGradByFreq is not for the mode 'max'/,
      },
      {
        label: 'an index of three dims',
        call: () => ag.embeddingBag(zeros([1, 1, 1], int32), table()),
        error: ShapeError,
        message: /^embeddingBag: the index has shape \[1, 1, 1\]; expected one dim, or two/,
      },
    ],
  },
} satisfies Record<string, OpInfo>;
